"""A client-side `kubectl apply` of a custom resource: what it sends, and what it notes in the object.

The rules are those of k8s.io/kubectl: GetModifiedConfiguration in pkg/util, and the patcher of pkg/cmd/apply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.field_trees import spoken_of, united
from kubectl_express.core.last_applied import ANNOTATION as LAST_APPLIED
from kubectl_express.core.last_applied import last_applied
from kubectl_express.core.managed_fields import owners
from kubectl_express.core.signatures import signature_fields, with_signatures
from kubectl_express.core.three_way import three_way_patch
from kubectl_express.core.values import Object, Value, at, mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterable

_ANNOTATIONS_AT_MOST = 256 * 1024
"""Bytes of all annotations of an object, keys included: TotalAnnotationSizeLimitB of the API server."""


def note(target: Object, live: Object, namespace: str | None) -> str:
    """Return the last-applied annotation of an apply of the target, byte for byte as the object's deployer writes it.

    Argo CD signs what it applies, so that its own note holds its signatures.
    """
    return gojson.encode(_configuration(target, live, namespace)) + "\n"


def fits(target: Object, live: Object, namespace: str | None) -> bool:
    """Return whether the live object can hold the note of an apply beside its other annotations."""
    annotations = mapping(at(live, "/metadata/annotations")) | mapping(at(target, "/metadata/annotations"))
    annotations[LAST_APPLIED] = note(target, live, namespace)
    size = sum(len(key.encode()) + len((text(value) or "").encode()) for key, value in annotations.items())
    return size <= _ANNOTATIONS_AT_MOST


def merge_patch(before: Iterable[Object], target: Object, live: Object, namespace: str | None) -> Object:
    """Return the three-way merge patch; what is in one of the objects `before` is taken out.

    The note is renewed where the live object has one.
    """
    modified = target
    if LAST_APPLIED in mapping(at(live, "/metadata/annotations")):
        modified = _configuration(target, live, namespace)
        metadata = mapping(modified["metadata"])
        annotations = {**mapping(metadata["annotations"]), LAST_APPLIED: note(target, live, namespace)}
        modified = {**modified, "metadata": {**metadata, "annotations": annotations}}
    original: Object = {}
    for each in before:
        original = _united(original, each)
    return three_way_patch(original, modified, live)


def _configuration(target: Object, live: Object, namespace: str | None) -> Object:
    noted = last_applied(live) or {}
    signed = united(spoken_of(signature_fields(owner), noted) for owner in owners(live))
    target = with_signatures(target, live, signed)
    metadata = dict(mapping(target.get("metadata")))
    annotations = mapping(metadata.get("annotations"))
    metadata["annotations"] = {key: value for key, value in annotations.items() if key != LAST_APPLIED}
    if namespace is not None:
        metadata["namespace"] = namespace
    return {**target, "metadata": metadata}


def _united(one: Object, other: Object) -> Object:
    """Return an object with all members of both, at any depth; of two values the first."""
    result = {**other, **one}
    for key, value in one.items():
        second = other.get(key)
        if isinstance(value, dict) and isinstance(second, dict):
            result[key] = _united(value, second)
    return result


def without_nulls(value: Value) -> Value:
    """Return a value without the nulls in its objects, at any depth: as a client-side apply creates what is new."""
    if isinstance(value, dict):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value
