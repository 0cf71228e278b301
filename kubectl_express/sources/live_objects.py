"""The live counterparts of a rendering's objects other than nodes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.objects import Identity, as_deployed
from kubectl_express.core.parameters import compare
from kubectl_express.core.values import Object, Value, at, mapping, objects, text, without
from kubectl_express.errors import ServerError
from kubectl_express.sources.discovery import ServedKind, served_kind
from kubectl_express.sources.paths import is_segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kubectl_express.sources.cluster import Cluster

_GET_AT_MOST = 3
_FORBIDDEN = 403
_DRY_RUN_MANAGER = "kubectl-express-diff"


@dataclass(frozen=True, slots=True)
class LiveObjects:
    """What was found, as far as its deployer spoke; and one line for each that could not be read.

    Those of a kind that were read in one request share theirs.
    """

    found: dict[Identity, Object]
    unreadable: dict[Identity, str]


def read_objects(cluster: Cluster, namespace: str, wanted: Mapping[Identity, Object]) -> LiveObjects:
    """Return the live counterparts of objects: one request a kind, or one an object where a kind has few.

    They are read in the system's namespace, or in their own where they name one.

    An object that is equal but for what the API server normalises (`500m` for `0.5`) is given as wanted: the server
    is asked about it by a dry run of a server-side apply, where that is allowed. It is asked once of all objects of a
    kind that differ in the same way, as those of all nodes do where the chart writes one for each.
    """
    result = LiveObjects({}, {})
    by_kind: dict[tuple[str, str, str], dict[str, Identity]] = defaultdict(dict)
    for key, manifest in wanted.items():
        place = text(at(manifest, "/metadata/namespace")) or namespace
        by_kind[text(manifest.get("apiVersion")) or "", key[1], place][_name(manifest)] = key
    for (api_version, kind, place), keys in by_kind.items():
        try:
            served = served_kind(cluster, api_version, kind)
            if served is None or not is_segment(place):
                continue
            items, refused = _read_kind(cluster, served, place, list(keys))
            result.unreadable.update({keys[name]: problem for name, problem in refused.items()})
            normalising = _Normalising(cluster, served, place)
            for item in items:
                if _name(item) in keys:
                    key = keys[_name(item)]
                    live: Object = {**item, "apiVersion": api_version, "kind": kind}
                    result.found[key] = normalising.as_deployed(live, wanted[key])
        except ServerError as error:
            result.unreadable.update(dict.fromkeys(keys.values(), str(error)))
    return result


def _name(manifest: Object) -> str:
    return text(at(manifest, "/metadata/name")) or ""


def _read_kind(
    cluster: Cluster, kind: ServedKind, namespace: str, names: list[str]
) -> tuple[Iterable[Object], dict[str, str]]:
    """Return the objects of a kind, and of those that are refused by name what the API server says."""
    if len(names) > _GET_AT_MOST:
        return objects(cluster.get(kind.collection(namespace)).get("items")), {}
    found: list[Object] = []
    refused: dict[str, str] = {}
    # What no object can be called is not there.
    for name in filter(is_segment, names):
        try:
            live = _get(cluster, kind.item(namespace, name))
        except ServerError as error:
            if error.status != _FORBIDDEN:
                raise
            # A right may be for some names only, and the server's words name the object.
            refused[name] = str(error)
        else:
            found += [live] if live is not None else []
    return found, refused


def _get(cluster: Cluster, path: str) -> Object | None:
    try:
        return cluster.get(path)
    except ServerError as error:
        if error.status == 404:
            return None
        raise


class _Normalising:
    """Tells what the API server normalises in objects of one kind and namespace from what changes them."""

    def __init__(self, cluster: Cluster, kind: ServedKind, namespace: str) -> None:
        self._cluster = cluster
        self._kind = kind
        self._namespace = namespace
        self._answers: dict[tuple[tuple[str, str, str], ...], bool] = {}
        """Whether what differs is the same to the server, by what that is."""

    def as_deployed(self, live: Object, wanted: Object) -> Object:
        """Return a live object as far as its deployer spoke; as wanted where the server holds the two for the same."""
        comparable = as_deployed(live, wanted)
        if comparable is wanted:
            return comparable
        different = tuple((each.path, repr(each.old), repr(each.new)) for each in compare(comparable, wanted))
        if different not in self._answers:
            self._answers[different] = self._same(live, wanted)
        # kubectl notes the namespace and empty annotations as applied, which no chart has to say.
        has_more = _has_more(without(comparable, "/metadata/namespace"), wanted)
        return {**wanted} if self._answers[different] and not has_more else comparable

    def _same(self, live: Object, wanted: Object) -> bool:
        """Ask the server by a dry run. What it refuses, or may not be asked, counts as a change."""
        path = self._kind.item(self._namespace, _name(live))
        query = {"dryRun": "All", "force": "true", "fieldManager": _DRY_RUN_MANAGER}
        manifest = {**wanted, "metadata": {**mapping(wanted.get("metadata")), "namespace": self._namespace}}
        try:
            body = gojson.encode(manifest).encode()
            applied = self._cluster.send("PATCH", path, query, body, "application/apply-patch+yaml")
        except ServerError:
            return False
        told = {**applied, "apiVersion": live["apiVersion"], "kind": live["kind"]}
        return not compare(_lasting(live), _lasting(told))


def _lasting(live: Object) -> Object:
    for pointer in ("/metadata/managedFields", "/metadata/resourceVersion", "/metadata/generation"):
        live = without(live, pointer)
    return live


def _has_more(live: Value, wanted: Value) -> bool:
    """Whether an object has something that its deployer applied before and the target dropped."""
    if isinstance(live, dict) and isinstance(wanted, dict):
        return any(
            _has_more(value, wanted[key]) if key in wanted else value not in (None, {}, [])
            for key, value in live.items()
        )
    if isinstance(live, list) and isinstance(wanted, list):
        return len(live) > len(wanted) or any(map(_has_more, live, wanted))
    return False
