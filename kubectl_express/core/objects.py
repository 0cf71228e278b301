"""Which objects other than nodes' parameters a deployment changes."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.field_trees import minus
from kubectl_express.core.last_applied import ANNOTATION as LAST_APPLIED
from kubectl_express.core.last_applied import last_applied
from kubectl_express.core.managed_fields import Reading, is_leaf, merged, owned, owners
from kubectl_express.core.manifests import is_node
from kubectl_express.core.parameters import compare
from kubectl_express.core.signatures import signature_fields
from kubectl_express.core.values import Object, Value, at, mapping, text, without

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubectl_express.core.settings import ResourceSettings

Identity = tuple[str, str, str]
"""API group, kind and name: what tells the objects of a system apart, whatever their version.

The name of an object outside the system's own namespace has that before it: `monitoring/express`.
"""

_HOOK = "helm.sh/hook"
_SIGNATURES = frozenset({LAST_APPLIED, "argocd.argoproj.io/tracking-id", "argocd.argoproj.io/installation-id"})
"""Annotations that deployers add of their own, and that no chart's target would take away."""
_WITHOUT_DEFAULTS = {"ConfigMap": ("f:data", "f:binaryData"), "Secret": ("f:data",)}
"""Fields that the API server fills nothing into, so that whoever updates owns only what it wrote."""


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object that is created, removed or changed; of a node's resource, all but its parameters and revision."""

    kind: str
    name: str
    old: Object | None
    new: Object | None

    @property
    def change(self) -> str:
        """`new`, `removed` or `changed`."""
        if self.old is None:
            return "new"
        return "removed" if self.new is None else "changed"


def is_hook(manifest: Object) -> bool:
    """Whether an object is one of Helm's hooks or tests, which no apply of a rendering is about."""
    return _HOOK in mapping(at(manifest, "/metadata/annotations"))


def deployed(objects: Sequence[Object], settings: ResourceSettings) -> dict[Identity, Object]:
    """Return the objects that an apply of a rendering is about, without nodes' parameters; Helm's hooks are not."""
    return {
        identity: _shell(manifest, settings)
        for identity, manifest in zip(identities(objects, settings), objects, strict=True)
        if not is_hook(manifest)
    }


def identities(objects: Sequence[Object], settings: ResourceSettings) -> list[Identity]:
    """Return what tells each of the objects apart.

    The system's own namespace is that of its nodes; an object that names none goes there too.
    """
    nodes = (manifest for manifest in objects if is_node(manifest, settings))
    home = next((namespace for node in nodes if (namespace := text(at(node, "/metadata/namespace")))), None)
    return [_identity(manifest, home) for manifest in objects]


def _identity(manifest: Object, home: str | None) -> Identity:
    group = (text(manifest.get("apiVersion")) or "").rpartition("/")[0]
    name, namespace = text(at(manifest, "/metadata/name")) or "", text(at(manifest, "/metadata/namespace"))
    own = namespace in {None, "", home}
    return group, text(manifest.get("kind")) or "", name if own else f"{namespace}/{name}"


def as_stored(manifest: Object) -> Object:
    """Return a Secret with its `stringData` where the API server puts it; any other object as it is."""
    if not is_secret(manifest) or "stringData" not in manifest:
        return manifest
    texts = {key: text(each) or "" for key, each in mapping(manifest["stringData"]).items()}
    encoded: Object = {
        key: base64.b64encode(each.encode("utf-8", "surrogatepass")).decode() for key, each in texts.items()
    }
    rest = {key: member for key, member in manifest.items() if key != "stringData"}
    return {**rest, "data": {**mapping(manifest.get("data")), **encoded}}


def is_secret(manifest: Object) -> bool:
    """Whether an object is a Secret of Kubernetes' own."""
    return (manifest.get("apiVersion"), manifest.get("kind")) == ("v1", "Secret")


def _shell(manifest: Object, settings: ResourceSettings) -> Object:
    if not is_node(manifest, settings):
        return as_stored(manifest)
    return without(without(manifest, settings.revision_path), settings.data_path)


def object_changes(
    baseline: Mapping[Identity, Object], target: Mapping[Identity, Object], settings: ResourceSettings
) -> list[ObjectChange]:
    """Return what changes among objects; a node that is new or removed is not named again here."""
    found = []
    for key in sorted({*baseline, *target}):
        old, new = _without_last_applied(baseline.get(key)), _without_last_applied(target.get(key))
        if (old is None or new is None) and is_node(old or new or {}, settings):
            continue
        if old is None or new is None or differ(old, new):
            found.append(ObjectChange(key[1], key[2], old, new))
    return found


def _without_last_applied(manifest: Object | None) -> Object | None:
    """Return the object without the annotation that every apply renews, and that repeats what else is to be hidden."""
    annotations = mapping(at(manifest, "/metadata/annotations"))
    if manifest is None or LAST_APPLIED not in annotations:
        return manifest
    kept = {key: value for key, value in annotations.items() if key != LAST_APPLIED}
    return {**manifest, "metadata": {**mapping(manifest["metadata"]), "annotations": kept}}


def differ(old: Object, new: Object) -> bool:
    """Whether an apply of one object in the place of the other changes anything."""
    return old is not new and repr(old) != repr(new) and bool(compare(_comparable(old), _comparable(new)))


def _comparable(manifest: Object) -> Object:
    """Return the object as far as an apply changes it: no null or empty members, and no namespace, which is implied."""
    pruned = _pruned(without(manifest, "/metadata/namespace"))
    return pruned if isinstance(pruned, dict) else {}


def _pruned(value: Value) -> Value:
    if isinstance(value, dict):
        members = {key: _pruned(member) for key, member in value.items()}
        return {key: member for key, member in members.items() if member is not None and member not in ({}, [])}
    if isinstance(value, list):
        return [_pruned(item) for item in value]
    return value


def as_deployed(live: Object, wanted: Object) -> Object:
    """Return a live object as far as its deployer spoke: the members the target has, and those it applied before.

    What the API server defaulted or a controller set is left out, so that the result can be compared with the target.
    Where an apply would change nothing it is the target itself: of most objects, nothing is kept a second time.
    """
    deployed = _as_deployed(live, wanted, _applied_before(live))
    return deployed if differ(deployed, wanted) else wanted


def _applied_before(live: Object) -> Object:
    """Return what the object's deployer applied: its last-applied annotation, else the fields that it owns."""
    if LAST_APPLIED in mapping(at(live, "/metadata/annotations")):
        return last_applied(live) or {}
    return _owned_by_deployers(live)


def _owned_by_deployers(live: Object) -> Object:
    certain = _WITHOUT_DEFAULTS.get(text(live.get("kind")) or "", ())
    trees: list[Object] = []
    for owner in owners(live):
        if owner.is_known_deployer:
            fields = minus(owner.fields, signature_fields(owner))
            metadata = mapping(fields.pop("f:metadata", None))
            said = {key: inner for key, inner in fields.items() if owner.applies or key in certain}
            # The API server fills in none of these. What is left of signatures alone stands for no key, not for all.
            named: Object = {
                key: metadata[key]
                for key in ("f:labels", "f:annotations")
                if key in metadata and not is_leaf(mapping(metadata[key]))
            }
            trees.append({**said, "f:metadata": named} if named else said)
    tree = merged(trees)
    return mapping(owned(live, tree, Reading())) if tree else {}


def _as_deployed(live: Object, wanted: Object, before: Object) -> Object:
    result = {key: _value_as_deployed(live[key], want, before.get(key)) for key, want in wanted.items() if key in live}
    for key, value in before.items():
        if key in live and key not in wanted and key not in _SIGNATURES:
            result[key] = _value_as_deployed(live[key], {} if isinstance(value, dict) else value, value)
    return result


def _value_as_deployed(live: Value, wanted: Value, before: Value) -> Value:
    if isinstance(live, dict) and isinstance(wanted, dict):
        return _as_deployed(live, wanted, mapping(before))
    if isinstance(live, list) and isinstance(wanted, list) and len(live) == len(wanted):
        earlier = before if isinstance(before, list) and len(before) == len(live) else [None] * len(live)
        return [_value_as_deployed(*items) for items in zip(live, wanted, earlier, strict=True)]
    return live
