"""What had been deployed before a rollout: the text that brings an object back, which an `undo` applies.

The live object is not that text: it holds defaults, what controllers set and what hands changed. Taken is the first
that is known to be what is deployed: what an earlier rollout applied; what a client-side `kubectl apply` noted; else
what those own who deploy the object. A node's parameters are those that hash to the revision it declares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.field_trees import minus
from kubectl_express.core.kubectl_yaml import InvalidYAML, read_documents
from kubectl_express.core.last_applied import ANNOTATION as LAST_APPLIED
from kubectl_express.core.last_applied import last_applied
from kubectl_express.core.live_data import parameters
from kubectl_express.core.managed_fields import Owner, Reading, merged, owned, owners
from kubectl_express.core.manifests import is_node, manifests
from kubectl_express.core.objects import as_deployed, as_stored, is_secret, object_changes
from kubectl_express.core.parameters import ParameterChange, applied, compare
from kubectl_express.core.signatures import signature_fields
from kubectl_express.core.values import Object, at, mapping, text, without

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kubectl_express.core.node import Node
    from kubectl_express.core.record import Touched
    from kubectl_express.core.settings import Settings

_SERVER_SET = ("managedFields", "creationTimestamp", "uid", "resourceVersion", "generation", "selfLink")
"""Members of the metadata that nobody deploys."""
_KUBECTL = frozenset({"kubectl", "kubectl-client-side-apply", "before-first-apply"})
"""The deployers that keep the last-applied annotation true, the API server helping `kubectl apply --server-side`."""


def former_text(live: Object | None, node: Node | None, earlier: Iterable[Touched], settings: Settings) -> str | None:
    """Return what to apply to bring a live object back as it was deployed, as YAML or JSON; None where it is not there.

    `node` is the live node that the object is the resource of, if it is one; `earlier` is what earlier rollouts
    touched, the latest first, other objects included.
    """
    if live is None:
        return None
    for touched in earlier:
        said = touched.applied
        if said is not None and _is_of(touched, live) and _is_deployed(said, live, node, settings):
            return said
    former = _noted(live, settings) or _owned(live, settings)
    if is_node(live, settings.resources) and node is not None and node.data is not None:
        former = _with_parameters(former, node.data, live, settings)
    return gojson.encode(former)


def _is_of(touched: Touched, live: Object) -> bool:
    group = touched.api_version.rpartition("/")[0]
    named = (group, touched.kind, touched.name)
    place = text(at(live, "/metadata/namespace"))
    return named == (_group(live), live.get("kind"), _name(live)) and touched.namespace in {"", place}


def _is_deployed(content: str, live: Object, node: Node | None, settings: Settings) -> bool:
    """Return whether a text is what is deployed: a node's revision and parameters are, and all else of the object."""
    try:
        found = list(manifests(read_documents(content, "record")))
    except InvalidYAML:
        return False
    if len(found) != 1:
        return False
    said, resources = as_stored(found[0].object), settings.resources
    if is_node(live, resources):
        same = at(said, resources.revision_path) == at(live, resources.revision_path)
        data = parameters(said, resources.data_path, resources.revision_path)
        if not same or (node is not None and node.data is not None and compare(node.data, data)):
            return False
        # The live parameters hold defaults besides; what they are is proved by the revision.
        said, live = (without(without(each, resources.revision_path), resources.data_path) for each in (said, live))
    key = (_group(live), text(live.get("kind")) or "", _name(live))
    changes = object_changes({key: as_deployed(live, said)}, {key: said}, resources)
    return not changes and not _labelled_with_more(live, said, settings)


def _labelled_with_more(live: Object, said: Object, settings: Settings) -> bool:
    """Return whether a deployer owns labels or annotations of the live object that a text does not say."""
    for owner in _deployers(live, settings):
        own = minus(owner.fields, signature_fields(owner))
        for member in ("labels", "annotations"):
            fields = mapping(at(own, f"/f:metadata/f:{member}"))
            known = mapping(at(said, f"/metadata/{member}"))
            if any(field[2:] not in known for field in fields if field not in {".", f"f:{LAST_APPLIED}"}):
                return True
    return False


def _noted(live: Object, settings: Settings) -> Object | None:
    """Return what a client-side apply noted; None where another deployer came later."""
    noted = last_applied(live)
    if noted is None or (_name(noted), noted.get("kind")) != (_name(live), live.get("kind")):
        return None
    times = {True: "", False: ""}
    for entry, owner in _entries(live):
        if owner in _deployers(live, settings):
            kubectl = owner.name in _KUBECTL
            times[kubectl] = max(times[kubectl], text(entry.get("time")) or "")
    if times[True] < times[False]:
        return None
    revision = settings.resources.revision_path
    node = is_node(live, settings.resources)
    return None if node and at(noted, revision) != at(live, revision) else noted


def _entries(live: Object) -> list[tuple[Object, Owner]]:
    entries = at(live, "/metadata/managedFields")
    raw = [entry for entry in (entries if isinstance(entries, list) else []) if isinstance(entry, dict)]
    return list(zip(raw, owners(live), strict=True))


def _deployers(live: Object, settings: Settings) -> list[Owner]:
    """Return who deploys an object: by their names, or since a node's revision is theirs; else whoever applies."""
    managers = [owner for owner in owners(live) if not owner.subresource and not owner.is_hand]
    revision = settings.resources.revision_path if is_node(live, settings.resources) else None
    known = [owner for owner in managers if owner.is_known_deployer or (revision and owner.owns(revision))]
    return known or [owner for owner in managers if owner.applies]


def _owned(live: Object, settings: Settings) -> Object:
    """Return what deployers own of an object, and hands: what those changed is no longer owned by who deployed it."""
    deployers = _deployers(live, settings)
    hands = [owner for owner in owners(live) if owner.is_hand and not owner.subresource]
    tree = merged(owner.fields for owner in (*deployers, *hands))
    kept = mapping(owned(live, tree, Reading())) if deployers else live
    metadata = {key: each for key, each in mapping(kept.get("metadata")).items() if key not in _SERVER_SET}
    annotations = mapping(metadata.pop("annotations", None))
    if rest := {key: each for key, each in annotations.items() if key != LAST_APPLIED}:
        metadata["annotations"] = rest
    metadata["name"] = _name(live)
    if place := text(at(live, "/metadata/namespace")):
        metadata["namespace"] = place
    said: Object = {"apiVersion": live.get("apiVersion"), "kind": live.get("kind"), "metadata": metadata}
    if is_secret(live):
        # What was said as stringData is owned as that, and is stored as data.
        kept = {key: member for key, member in kept.items() if key not in ("data", "stringData")}
        said["data"] = _secret_data(live, [*deployers, *hands])
    return {**without(kept, "/status"), **said}


def _secret_data(live: Object, ours: list[Owner]) -> Object:
    """Return what a Secret holds, but for the keys that only others own: the API server adds none by itself."""
    others = merged(owner.fields for owner in owners(live) if owner not in ours)
    foreign = {field[2:] for field in mapping(others.get("f:data"))}
    own = {field[2:] for field in mapping(merged(owner.fields for owner in ours).get("f:data"))}
    return {key: member for key, member in mapping(live.get("data")).items() if key in own or key not in foreign}


def _with_parameters(former: Object, data: Object, live: Object, settings: Settings) -> Object:
    """Return the former with the parameters as they were hashed, and the revision that they hash to."""
    resources = settings.resources
    revision = ParameterChange(resources.revision_path, None, at(live, resources.revision_path))
    return applied(former, [ParameterChange(resources.data_path, None, data), revision])


def _group(live: Object) -> str:
    return (text(live.get("apiVersion")) or "").rpartition("/")[0]


def _name(live: Object) -> str:
    return text(at(live, "/metadata/name")) or ""
