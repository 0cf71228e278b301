"""What is seen of a system's nodes while time goes on: their resources and pods, as the API server tells of changes."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from kubectl_express.core.gate import Facts
from kubectl_express.core.pods import read_pod
from kubectl_express.core.values import Object, at, mapping, text
from kubectl_express.rollout.sightings import Sightings
from kubectl_express.sources.following import Follower
from kubectl_express.sources.listing import Listing, object_name, read_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kubectl_express.core.node import Pod
    from kubectl_express.core.settings import Settings
    from kubectl_express.sources.cluster import Cluster
    from kubectl_express.sources.snapshot import Snapshot

_Run = tuple[str | None, tuple[str, ...]]
"""What stays the same while a pod is Ready without a break: since when, and the run of its containers."""


class Observer:
    """Follows a namespace's resources and pods with one watch a type, and hands on each change as it comes.

    One thread owns what is seen: it alone calls the methods and runs the functions that the watches give to `tell`.
    Such a function raises what its watch could not get over.
    """

    def __init__(
        self,
        cluster: Cluster,
        snapshot: Snapshot,
        settings: Settings,
        tell: Callable[[Callable[[], object]], None],
        clock: Callable[[], float] = time.monotonic,
        *,
        for_ever: bool = False,
    ) -> None:
        """Take where to begin; `for_ever` has the watches try again however long the server is out of reach."""
        self._cluster = cluster
        self._for_ever = for_ever
        self._settings = settings
        self._tell = tell
        self._clock = clock
        self._began = clock()
        self._changed: dict[str, float] = {}
        self._news: set[str] = set()
        self._ready: dict[str, dict[str, tuple[_Run, float]]] = {}
        self._pods = Sightings(self._node_of_pod)
        self._resources: dict[Listing, Sightings] = {}
        self._followers: list[Follower] = []
        for listing in snapshot.listings:
            if (listing.api_version, listing.kind) == ("v1", "Pod"):
                self._pod_listing = listing
                self._begin(listing, self._pods, snapshot.pods, snapshot.versions[listing.path])
            elif (listing.api_version, listing.kind) != ("v1", "ConfigMap"):
                sightings = self._resources[listing] = Sightings(object_name)
                own = [item for item in snapshot.resources if item["kind"] == listing.kind]
                self._begin(listing, sightings, own, snapshot.versions[listing.path])
        self._changed.clear()
        self._news.clear()

    def _begin(self, listing: Listing, sightings: Sightings, items: Iterable[Object], version: str) -> None:
        self._touch(sightings.take_all({object_name(item): item for item in items}, version))
        kept = _Sighted(sightings, self._touch)
        self._followers.append(Follower(self._cluster, listing, version, kept, for_ever=self._for_ever))

    def start(self) -> None:
        """Begin to follow, from the snapshot on without a gap."""
        for follower in self._followers:
            threading.Thread(target=follower.run, args=(self._tell,), daemon=True).start()

    def close(self) -> None:
        """End the watches."""
        for follower in self._followers:
            follower.stop()

    def names(self) -> list[str]:
        """Return the names of the nodes that have a resource."""
        return [name for sightings in self._resources.values() for name in sightings.nodes()]

    def take_changed(self) -> set[str]:
        """Return the names of the nodes that changed since this was last asked, or since the snapshot."""
        news, self._news = self._news, set()
        return news

    def resource(self, name: str) -> Object | None:
        """Return a node's resource as it was last seen; None where there is none."""
        return next((item for sightings in self._resources.values() for item in sightings.of(name)), None)

    def node(self, name: str) -> Facts:
        """Return what was last seen of a node, and for how long it has been so."""
        now = self._clock()
        ready = {uid: now - since for uid, (_, since) in self._ready.get(name, {}).items()}
        return Facts(self.resource(name), self._pods_of(name), now - self._changed.get(name, self._began), ready)

    def pods_afresh(self, name: str) -> dict[str, Pod]:
        """Return a node's pods by uid, read from the store now; what is seen of the node is left as it is."""
        items, _ = self._list_pods(name)
        pods = [read_pod(item, self._settings.pods) for item in items.values()]
        return {pod.uid: pod for pod in pods}

    def refresh(self, name: str, resource: Object | None = None) -> Facts:
        """Read a node's pods from the store, and return what is seen of the node now.

        Its resource is the one given, an apply's answer, or is read from the store too. What the watches tell later of
        the node and is older than that is passed over.
        """
        for listing, sightings in self._resources.items():
            if resource is None:
                items, version = self._list(listing, {"fieldSelector": f"metadata.name={name}"})
            elif listing.kind == resource.get("kind"):
                items, version = {name: resource}, text(at(resource, "/metadata/resourceVersion")) or ""
            else:
                continue
            self._take(sightings, name, items, version)
        self._take(self._pods, name, *self._list_pods(name))
        return self.node(name)

    def _take(self, sightings: Sightings, name: str, items: dict[str, Object], version: str) -> None:
        if sightings.take(name, items, version):
            self._touch({name})

    def _list_pods(self, name: str) -> tuple[dict[str, Object], str]:
        return self._list(self._pod_listing, {"labelSelector": f"{self._settings.pods.node_label}={name}"})

    def _list(self, listing: Listing, query: dict[str, str]) -> tuple[dict[str, Object], str]:
        listed = read_list(self._cluster, listing, query)
        return listed.items, listed.version

    def _pods_of(self, name: str) -> tuple[Pod, ...]:
        return tuple(read_pod(item, self._settings.pods) for item in self._pods.of(name))

    def _node_of_pod(self, pod: Object) -> str | None:
        return text(mapping(at(pod, "/metadata/labels")).get(self._settings.pods.node_label))

    def _touch(self, names: set[str]) -> None:
        """Note that nodes look otherwise from now on, and which of their pods go on being Ready."""
        now = self._clock()
        self._news |= names
        for name in names:
            self._changed[name] = now
            before = self._ready.get(name, {})
            runs = {pod.uid: (pod.ready_since, pod.containers) for pod in self._pods_of(name) if pod.ready}
            self._ready[name] = {
                uid: before[uid] if uid in before and before[uid][0] == run else (run, now) for uid, run in runs.items()
            }


class _Sighted:
    """Keeps sightings up to date, and says which nodes look otherwise."""

    def __init__(self, sightings: Sightings, touch: Callable[[set[str]], None]) -> None:
        self._sightings = sightings
        self._touch = touch

    def change(self, name: str, item: Object | None, version: str) -> bool:
        return self._heard(self._sightings.hear(name, item, version))

    def replace(self, items: dict[str, Object], version: str) -> bool:
        return self._heard(self._sightings.take_all(items, version))

    def _heard(self, nodes: set[str]) -> bool:
        self._touch(nodes)
        return bool(nodes)
