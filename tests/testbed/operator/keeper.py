"""Keeping the pods of one node as its CR and its behaviour want them."""

from __future__ import annotations

import threading
import time
from itertools import count
from typing import TYPE_CHECKING

from tests.testbed.operator import diary, pods

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.testbed.api import Api, Object
    from tests.testbed.operator.behaviour import Behaviour
    from tests.testbed.operator.mirror import Mirror


class Keeper:
    """Looks at a node, does what is due, and says when to look again."""

    def __init__(self, api: Api, namespace: str, mirror: Mirror, told: Callable[[str], Behaviour]) -> None:
        self._api = api
        self._path = f"/api/v1/namespaces/{namespace}/pods"
        self._mirror = mirror
        self._told = told
        self._noticed: dict[str, tuple[str, float]] = {}
        """The revision that a CR was last changed to and when that was seen, by uid: what `late` counts from."""
        self._made: dict[str, float] = {}
        """When a pod was made, or relabelled, by uid: what `slow` and `flap` count from."""
        self._relabelled: set[str] = set()
        """The uids of the pods that have a new label and run on as they were."""
        self._declared: dict[str, list[tuple[str, int]]] = {}
        """The revisions that are worked through, by the CR's uid, each with the generation that last declared it."""
        self._lock = threading.Lock()

    def note(self, cr: Object) -> None:
        """Take note of what a CR declares now."""
        revision, generation = str(cr["spec"]["deploymentRevision"]), cr["metadata"]["generation"]
        with self._lock:
            declared = self._declared.setdefault(cr["metadata"]["uid"], [])
            if declared and declared[-1][0] == revision:
                declared.pop()
            else:
                diary.write(cr["metadata"]["name"], "declares", revision, f"generation {generation}")
            declared.append((revision, generation))

    def working_on(self, cr: Object) -> tuple[str, int]:
        """Return the revision that the node's pods are brought to, and the generation that declared it."""
        with self._lock:
            return self._declared[cr["metadata"]["uid"]][0]

    def keep(self, node: str, cr: Object | None) -> float | None:
        """Bring the pods of `node` where they belong; return in how many seconds to look again, None for never."""
        found = [one for one in self._mirror.all() if one["metadata"]["labels"].get(pods.NODE_LABEL) == node]
        if cr is None:
            self._remove_all(found)
            return None
        told = self._told(node)
        uid = cr["metadata"]["uid"]
        found = self._remove_all([one for one in found if pods.owner(one) != uid], found)
        revision = self._next(node, uid, found)
        old = [one for one in found if pods.revision_of(one) != revision]
        if [one for one in old if not pods.terminating(one)]:
            early = told.late - self._known_for(uid, revision)
            if early > 0:
                return early
            if told.old_pod == "ignore":
                return None
        found = self._retire(old, found, told, revision)
        current = [one for one in found if pods.revision_of(one) == revision and not pods.terminating(one)]
        found = self._remove_all(current[told.pods :], found)
        current = current[: told.pods]
        while len(current) < told.pods:
            current.append(self._make(cr, revision, {one["metadata"]["name"] for one in (*found, *current)}, told))
        waits = [self._show(one, told) for one in current]
        return min((seconds for seconds in waits if seconds is not None), default=None)

    def pods_of(self, cr: Object) -> list[Object]:
        """Return the pods that belong to `cr`, at whatever revision."""
        return [one for one in self._mirror.all() if pods.owner(one) == cr["metadata"]["uid"]]

    def _next(self, node: str, uid: str, found: list[Object]) -> str:
        """Return the revision to bring the pods to: the last one declared, or in order, the first not yet reached."""
        with self._lock:
            declared = self._declared[uid]
            # Asked now: it may have been told since this look at the node began, and before the last was declared.
            in_order = self._told(node).in_order
            while len(declared) > 1 and (not in_order or _all_ready_at(found, declared[0][0])):
                declared.pop(0)
            return declared[0][0]

    def _known_for(self, uid: str, revision: str) -> float:
        """Return for how many seconds the CR has wanted this revision."""
        now = time.monotonic()
        if self._noticed.get(uid, ("", now))[0] != revision:
            self._noticed[uid] = (revision, now)
        return now - self._noticed[uid][1]

    def _retire(self, old: list[Object], found: list[Object], told: Behaviour, revision: str) -> list[Object]:
        """Do with the pods of another revision what the behaviour says; return those of `found` that stay."""
        if told.old_pod == "keep":
            return found
        if told.relabel:
            return [one for one in found if one not in old] + [self._relabel(one, revision) for one in old]
        if told.old_pod == "linger":
            for one in old:
                if not pods.terminating(one):
                    self._hold(one)
            return found
        return self._remove_all(old, found)

    def _remove_all(self, these: list[Object], found: list[Object] | None = None) -> list[Object]:
        for one in these:
            self._remove(one)
        gone = {one["metadata"]["uid"] for one in these}
        return [one for one in found or () if one["metadata"]["uid"] not in gone]

    def _remove(self, pod: Object) -> None:
        path = f"{self._path}/{pod['metadata']['name']}"
        if pods.FINALIZER in pod["metadata"].get("finalizers", ()):
            self._api.patch(path, {"metadata": {"finalizers": None, "uid": pod["metadata"]["uid"]}})
        if not pods.terminating(pod):
            self._api.delete(path, _now(pod))
            diary.write(_node(pod), "removed", pods.revision_of(pod), pod["metadata"]["name"])
        self._mirror.drop(pod)

    def _relabel(self, pod: Object, revision: str) -> Object:
        self._relabelled.add(pod["metadata"]["uid"])
        self._made[pod["metadata"]["uid"]] = time.monotonic()
        labels = {"uid": pod["metadata"]["uid"], "labels": {pods.REVISION_LABEL: revision}}
        relabelled = self._api.patch(f"{self._path}/{pod['metadata']['name']}", {"metadata": labels})
        self._mirror.put(relabelled)
        return relabelled

    def _hold(self, pod: Object) -> None:
        path = f"{self._path}/{pod['metadata']['name']}"
        self._api.patch(path, {"metadata": {"finalizers": [pods.FINALIZER], "uid": pod["metadata"]["uid"]}})
        self._mirror.put(self._api.delete(path, _now(pod)))

    def _make(self, cr: Object, revision: str, taken: set[str], told: Behaviour) -> Object:
        names = (f"{cr['metadata']['name']}-{number}" for number in count())
        name = next(name for name in names if name not in taken)
        pod = self._api.create(self._path, pods.manifest(cr, name, revision, told.text))
        diary.write(_node(pod), "made", revision, name)
        self._made[pod["metadata"]["uid"]] = time.monotonic()
        self._mirror.put(pod)
        return pod

    def _show(self, pod: Object, told: Behaviour) -> float | None:
        """Give the pod the status that it should have now; return in how many seconds that changes, if it does."""
        uid = pod["metadata"]["uid"]
        if uid in self._relabelled:
            runs_on = told.relabel - self._age(pod)
            if runs_on > 0:
                return runs_on
            self._relabelled.discard(uid)
            self._write_status(pod, pods.new_status(pod, "starting", ready=False))
            return 0
        spared = told.next_pod and pod["metadata"].get("annotations", {}).get(pods.BORN_UNDER) != told.text
        fault, ready, again = ("", True, None) if spared else _health(told, self._age(pod))
        self._write_status(pod, pods.new_status(pod, fault, ready))
        return again

    def _write_status(self, pod: Object, status: Object | None) -> None:
        if status is None:
            return
        self._mirror.put(self._api.patch(f"{self._path}/{pod['metadata']['name']}/status", {"status": status}))
        ready = pods.is_ready({"status": status})
        if ready != pods.is_ready(pod):
            diary.write(_node(pod), "Ready" if ready else "not Ready", pods.revision_of(pod), pod["metadata"]["name"])

    def _age(self, pod: Object) -> float:
        now = time.monotonic()
        return now - self._made.setdefault(pod["metadata"]["uid"], now)


def _all_ready_at(found: list[Object], revision: str) -> bool:
    ready = [pods.is_ready(one) and pods.revision_of(one) == revision and not pods.terminating(one) for one in found]
    return bool(ready) and all(ready)


def _node(pod: Object) -> str:
    return str(pod["metadata"]["labels"][pods.NODE_LABEL])


def _now(pod: Object) -> Object:
    """Return the options that delete this very pod at once: by now its name may be its successor's."""
    return {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}}


def _health(told: Behaviour, age: float) -> tuple[str, bool, float | None]:
    """Return the fault and readiness of a pod of that age in seconds, and in how many seconds they change, if ever."""
    if age < told.slow:
        return "starting", False, told.slow - age
    if told.fault:
        return told.fault, False, None
    if told.flap:
        turns, into = divmod(age - told.slow, told.flap)
        return "", turns % 2 == 0, told.flap - into
    return "", True, None
