"""The requests by which an object is written, each once, and what their refusals mean in one line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from kubectl_express.core import gojson
from kubectl_express.core.values import Object, Value, at, mapping, without
from kubectl_express.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.sources.cluster import Cluster

_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"
_ATTEMPTS = 5
"""How often a write is made whose object has changed meanwhile in what is none of its business, as a status is."""
_CONFLICT = re.compile(r'conflicts? with "([^"]*)".*?(?:: (\..*))?$')

Answer = TypeVar("Answer")


class ConflictError(ServerError):
    """Fields of other managers would be changed. The message names both, in one line."""

    def __init__(self, name: str, fields: dict[str, list[str]]) -> None:
        whose = "; ".join(f"{', '.join(places)} of {manager}" for manager, places in sorted(fields.items()))
        super().__init__(
            "Conflict",
            f"{name} has fields of other managers: {whose}; "
            "leave them out of the chart, or take them over with --force-conflicts",
            409,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object is in the API."""

    path: str
    namespace: str | None
    """None of an object of the cluster's own."""
    title: str
    """What it is called in messages: `Backend/be1`."""


class Writer:
    """Sends what is written, with the fields checked strictly, and only as long as `within` gives time or raises."""

    def __init__(self, cluster: Cluster, within: Callable[[], float]) -> None:
        """Take the cluster, and what gives the seconds in which writing is allowed."""
        self._cluster = cluster
        self._within = within

    def apply_patch(self, place: Place, content: str, manager: str, *, force: bool, dry_run: bool = False) -> Object:
        """Send a server-side apply of a manifest's text; return the answer. Raises ConflictError."""
        query = {"force": "true"} if force else {}
        try:
            return self._send("PATCH", place, {**query, **_query(manager, dry_run=dry_run)}, content, _APPLY)
        except ServerError as error:
            if error.status == 409 and str(error).startswith("Apply failed with"):
                raise ConflictError(place.title, _conflicts(str(error))) from None
            raise

    def merge_patch(self, place: Place, patch: Object, live: Object, manager: str, *, dry_run: bool = False) -> Object:
        """Send a merge patch that holds for the object as it was read, and for no other; return the answer."""
        metadata: Object = {**mapping(patch.get("metadata")), "resourceVersion": at(live, "/metadata/resourceVersion")}
        content = gojson.encode({**patch, "metadata": metadata})
        return self._send("PATCH", place, _query(manager, dry_run=dry_run), content, _MERGE)

    def json_patch(
        self, place: Place, operations: list[Value], live: Object, manager: str, *, dry_run: bool = False
    ) -> Object:
        """Send operations that hold for the object as it was read, and for no other; return the answer."""
        # As kubectl does it: the server answers 409 to another resourceVersion, where a `test` would give 422.
        version: Object = {
            "op": "replace",
            "path": "/metadata/resourceVersion",
            "value": at(live, "/metadata/resourceVersion"),
        }
        content = gojson.encode([*operations, version])
        return self._send("PATCH", place, _query(manager, dry_run=dry_run), content, _JSON_PATCH)

    def delete(self, place: Place, live: Object) -> None:
        """Delete the object as it was read, and no other; what it owns goes in the background, as kubectl has it."""
        preconditions: Object = {key: at(live, f"/metadata/{key}") for key in ("uid", "resourceVersion")}
        options: Object = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": preconditions,
        }
        self._send("DELETE", place, {}, gojson.encode(options), "application/json")

    def repeated(self, write: Callable[[Object], Answer], live: Object, place: Place) -> Answer:
        """Return what `write` makes of the live object, read again for it where only its status has changed since.

        Raises ServerError where the object is gone (404) or otherwise not as it was read (409).
        """
        for _ in range(_ATTEMPTS):
            try:
                return write(live)
            except ConflictError:
                raise
            except ServerError as error:
                if error.status not in (404, 409):
                    raise
                live = self._same_but_for_status(live, place)
        raise _changed(place)

    def _same_but_for_status(self, live: Object, place: Place) -> Object:
        try:
            fresh = self._cluster.get(place.path)
        except ServerError as error:
            if error.status != 404:
                raise
            raise ServerError(
                "NotFound", f"{place.title} was deleted since it was read: look at it, and run it again", 404
            ) from None
        if _lasting(fresh) != _lasting(live):
            raise _changed(place) from None
        return fresh

    def _send(self, method: str, place: Place, query: dict[str, str], content: str, content_type: str) -> Object:
        within = self._within()
        return self._cluster.send(method, place.path, query, content.encode(), content_type, within=within)


def _query(manager: str, *, dry_run: bool) -> dict[str, str]:
    query = {"fieldManager": manager, "fieldValidation": "Strict"}
    return {**query, "dryRun": "All"} if dry_run else query


def _conflicts(message: str) -> dict[str, list[str]]:
    """Return the fields of each manager that the API server's refusal of an apply names."""
    found: dict[str, list[str]] = {}
    manager = ""
    for line in message.splitlines():
        named = _CONFLICT.search(line)
        if named:
            manager = named[1]
            found.setdefault(manager, []).extend([named[2]] if named[2] else [])
        elif line.startswith("- "):
            found.setdefault(manager, []).append(line[2:])
    return found


def _lasting(live: Object) -> Object:
    for pointer in ("/metadata/resourceVersion", "/metadata/managedFields", "/status"):
        live = without(live, pointer)
    return live


def _changed(place: Place) -> ServerError:
    return ServerError("Conflict", f"{place.title} has changed since it was read: look at it, and run it again", 409)
