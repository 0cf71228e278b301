"""An API server in memory: as much of the real one as a rollout uses. `test_server.py` holds it to the real one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from kubectl_express.errors import ServerError
from tests.reliability.model.field_sets import (
    Managers,
    drop,
    entries,
    fields,
    managers_of,
    put,
    refused_apply,
    times_of,
)
from tests.reliability.model.patches import copied, patched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.testbed.api import Object

EPOCH = datetime(2030, 1, 1, tzinfo=timezone.utc)
KINDS = {
    "configmaps": ("v1", "ConfigMap"),
    "events": ("v1", "Event"),
    "pods": ("v1", "Pod"),
    "secrets": ("v1", "Secret"),
    "leases": ("coordination.k8s.io/v1", "Lease"),
    "backends": ("express.example.com/v1", "Backend"),
    "frontends": ("express.example.com/v1", "Frontend"),
}
_PATH = re.compile(r"(/api/v1|/apis/[^/]+/v1)/namespaces/[^/]+/([a-z]+)(?:/([^/]+))?")
_UNCOUNTED = frozenset({"metadata", "status"})
"""What may change without a new generation."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an object, as watches tell of it."""

    version: int
    type: str
    collection: str
    object: Object


class Server:
    """The objects of one namespace. Every request is atomic, and takes no time."""

    def __init__(self, now: Callable[[], float], on_change: Callable[[Change, Object | None], None]) -> None:
        """Take the seconds since EPOCH, and what is called with each change and what the object was before."""
        self.changes: list[Change] = []
        self._now = now
        self._on_change = on_change
        self._objects: dict[str, dict[str, Object]] = {plural: {} for plural in KINDS}
        self._version = 1
        self._made = 0

    @property
    def date(self) -> datetime:
        """The server's own time, in whole seconds as headers have it."""
        return (EPOCH + timedelta(seconds=self._now())).replace(microsecond=0)

    def of(self, plural: str, name: str) -> Object | None:
        """Return an object as it is now; None where there is none."""
        return self._objects[plural].get(name)

    def every(self, plural: str) -> list[Object]:
        """Return all objects of a kind, by name."""
        return [self._objects[plural][name] for name in sorted(self._objects[plural])]

    def put(self, plural: str, name: str, changed: Object | None) -> None:
        """Have an object be so, None for not at all, as kubelets and controllers do by requests of no interest here."""
        before = self.of(plural, name)
        if changed is None:
            if before is not None:
                self._delete(plural, before)
        elif changed != before:
            self._keep(plural, copied(changed), before)

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes | None, content_type: str) -> Object:
        """Return what the server answers to a request. Raises ServerError where it refuses."""
        found = _PATH.fullmatch(path)
        if found is None:
            return _other(path)
        plural, name = found[2], found[3]
        if plural not in KINDS:
            raise ServerError("NotFound", "the server could not find the requested resource", 404)
        if method == "GET":
            return copied(self._get(plural, name)) if name else self._list(plural, query)
        manager = query.get("fieldManager", "kubectl-express")  # As its user agent is called.
        if method == "PATCH":
            return self._patch(plural, name, body or b"", content_type, manager, query)
        said = json.loads(body or b"{}")
        if method == "DELETE":
            return self._deleted(plural, name, said)
        return self._created(plural, said, manager) if method == "POST" else self._replaced(plural, name, said, manager)

    def _patch(
        self, plural: str, name: str, body: bytes, content_type: str, manager: str, query: Mapping[str, str]
    ) -> Object:
        dry, said = query.get("dryRun") == "All", json.loads(body)  # An apply may be YAML: the program sends JSON.
        if content_type.startswith("application/apply-patch"):
            return self._applied(plural, name, said, manager, force=query.get("force") == "true", dry=dry)
        live = self._get(plural, name)
        return self._updated(plural, live, patched(copied(live), said), manager, dry=dry)

    # Reading

    def _get(self, plural: str, name: str) -> Object:
        found = self.of(plural, name)
        if found is None:
            raise ServerError("NotFound", f'{_resource(plural)} "{name}" not found', 404)
        return found

    def _list(self, plural: str, query: Mapping[str, str]) -> Object:
        def fits(item: Object) -> bool:
            label, _, value = query.get("labelSelector", "").partition("=")
            labels = item["metadata"].get("labels", {})
            named = query.get("fieldSelector", "").removeprefix("metadata.name=")
            return (not label or (label in labels and value in {"", labels[label]})) and (
                not named or item["metadata"]["name"] == named
            )

        items = [item for item in self.every(plural) if fits(item)]
        return {"metadata": {"resourceVersion": str(self._version)}, "items": copied(items)}

    # Writing

    def _created(self, plural: str, said: Object, manager: str) -> Object:
        metadata = said["metadata"]
        if "generateName" in metadata:
            metadata["name"] = f"{metadata['generateName']}{self._uid()}"
        if self.of(plural, metadata["name"]) is not None:
            raise ServerError("AlreadyExists", f'{_resource(plural)} "{metadata["name"]}" already exists', 409)
        return self._updated(plural, None, said, manager)

    def _replaced(self, plural: str, name: str, said: Object, manager: str) -> Object:
        live = self.of(plural, name)
        if live is None:
            if said["metadata"].get("uid") or plural != "leases":
                raise _conflict(plural, name) if plural == "leases" else _absent(plural, name)
            return self._updated(plural, None, said, manager)
        if "resourceVersion" not in said["metadata"]:
            raise ServerError("Invalid", "metadata.resourceVersion: must be specified for an update", 422)
        return self._updated(plural, live, said, manager)

    def _updated(self, plural: str, live: Object | None, said: Object, manager: str, *, dry: bool = False) -> Object:
        """Store what a manager said of a whole object, and that it has what differs."""
        name = said["metadata"]["name"]
        for key in ("uid", "resourceVersion"):
            if live and said["metadata"].get(key) not in {None, live["metadata"][key]}:
                raise _conflict(plural, name)
        before, after = fields(live or {}), fields(said)
        changed = {path for path, value in after.items() if path not in before or before[path] != value}
        gone = before.keys() - after.keys()
        said_fields = said["metadata"].get("managedFields")
        if live and said_fields not in (None, live["metadata"]["managedFields"]):
            managers = managers_of(said)
        else:
            managers = {
                who: kept
                for who, entry in managers_of(live or {}).items()
                if (kept := (entry[0] - changed - gone, entry[1]))[0]
            }
        if changed or gone:
            own = managers.get((manager, "Update"), (set(), ""))[0]
            managers[manager, "Update"] = (own | changed, _time(self.date))
        return self._stored(plural, live, said, managers, dry=dry)

    def _applied(self, plural: str, name: str, said: Object, manager: str, *, force: bool, dry: bool) -> Object:
        """Store a server-side apply."""
        live = self.of(plural, name)
        managers = managers_of(live or {})
        ours, _ = managers.pop((manager, "Apply"), (set(), ""))
        wanted, known = fields(said), fields(live or {})
        conflicts = {
            who: found
            for who, entry in managers.items()
            if (found := {path for path in entry[0] & wanted.keys() if known.get(path) != wanted[path]})
        }
        if conflicts and not force:
            raise refused_apply(conflicts)
        managers = {
            who: (left, time) for who, (had, time) in managers.items() if (left := had - conflicts.get(who, set()))
        }
        changed: Object = copied(live) if live else {**said, "metadata": {"name": name}}
        others = set().union(*(had for had, _ in managers.values()))
        for path in ours - wanted.keys() - others:
            drop(changed, path)
        for path, value in wanted.items():
            put(changed, path, value)
        same = live is not None and ours == set(wanted) and fields(changed) == known
        then = times_of(live or {}).get((manager, "Apply"), "") if same else _time(self.date)
        managers[manager, "Apply"] = (set(wanted), then)
        return self._stored(plural, live, changed, managers, dry=dry)

    def _stored(
        self,
        plural: str,
        live: Object | None,
        said: Object,
        managers: Managers,
        *,
        dry: bool,
    ) -> Object:
        api_version, kind = KINDS[plural]
        changed = {**copied(said), "apiVersion": api_version, "kind": kind}
        kept: Object = live["metadata"] if live else {"uid": self._uid(), "creationTimestamp": _time(self.date)}
        own = {key: kept[key] for key in ("uid", "creationTimestamp", "generation", "resourceVersion") if key in kept}
        metadata = {key: value for key, value in changed["metadata"].items() if value != {}}
        changed["metadata"] = {**metadata, **own, "managedFields": entries(managers, api_version)}
        if "spec" in changed and plural != "leases":
            content = [{key: each.get(key) for key in each.keys() - _UNCOUNTED} for each in (live or {}, changed)]
            changed["metadata"]["generation"] = kept.get("generation", 0) + int(content[0] != content[1])
        if dry or changed == live:
            return changed
        return self._keep(plural, changed, live)

    def _keep(self, plural: str, changed: Object, before: Object | None) -> Object:
        self._version += 1
        name = changed["metadata"]["name"]
        changed["metadata"]["resourceVersion"] = str(self._version)
        if "uid" not in changed["metadata"]:
            changed["metadata"]["uid"] = self._uid()
        self._objects[plural][name] = changed
        self._tell(plural, "MODIFIED" if before else "ADDED", changed, before)
        answer: Object = copied(changed)
        return answer

    def _uid(self) -> str:
        self._made += 1
        return f"{self._made:05}"

    def _deleted(self, plural: str, name: str, options: Object) -> Object:
        live = self._get(plural, name)
        for key, value in options.get("preconditions", {}).items():
            if live["metadata"][key] != value:
                raise _conflict(plural, name)
        self._delete(plural, live)
        return {"kind": "Status", "status": "Success"}

    def _delete(self, plural: str, live: Object) -> None:
        self._version += 1
        del self._objects[plural][live["metadata"]["name"]]
        metadata = {**live["metadata"], "resourceVersion": str(self._version)}
        self._tell(plural, "DELETED", {**live, "metadata": metadata}, live)

    def _tell(self, plural: str, kind: str, item: Object, before: Object | None) -> None:
        change = Change(self._version, kind, plural, copied(item))
        self.changes.append(change)
        self._on_change(change, before)


def _other(path: str) -> Object:
    """Answer what is asked of the server itself: what it serves, and whether one may do something."""
    if path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":
        return {"status": {"allowed": True}}
    served = [
        {"name": name, "kind": kind, "namespaced": True}
        for plural, (version, kind) in KINDS.items()
        for name in (plural, *((f"{plural}/status",) if version.startswith("express") else ()))
        if path == (f"/apis/{version}" if "/" in version else f"/api/{version}")
    ]
    if not served:
        raise ServerError("NotFound", "the server could not find the requested resource", 404)
    return {"kind": "APIResourceList", "resources": served}


def _conflict(plural: str, name: str) -> ServerError:
    return ServerError("Conflict", f'Operation cannot be fulfilled on {_resource(plural)} "{name}"', 409)


def _absent(plural: str, name: str) -> ServerError:
    return ServerError("NotFound", f'{_resource(plural)} "{name}" not found', 404)


def _resource(plural: str) -> str:
    group = KINDS[plural][0].rpartition("/")[0]
    return f"{plural}.{group}" if group else plural


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
