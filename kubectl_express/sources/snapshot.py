"""What a cluster holds of an Express system: read with a handful of LISTs, and followed by watching from them."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from functools import partial
from queue import Empty, Queue
from typing import TYPE_CHECKING

from kubectl_express.errors import ExpressError
from kubectl_express.sources.discovery import group_path, plurals
from kubectl_express.sources.following import Follower
from kubectl_express.sources.listing import Listed, Listing, object_name, read_list
from kubectl_express.sources.threads import together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kubectl_express.core.values import Object
    from kubectl_express.sources.cluster import Cluster

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""What Kubernetes takes for a namespace's name."""
_LONGEST_BATCH = 1.0
"""Seconds after which changes are shown even though more keep coming."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A namespace's custom resources of all kinds, ConfigMaps and pods, each in the order of their names.

    Each object has its apiVersion and kind, which the items of a list lack. `versions` holds the resourceVersion of
    the LIST at each path, to watch from; `listings` are those LISTs.
    """

    namespace: str
    resources: list[Object]
    config_maps: list[Object]
    pods: list[Object]
    versions: dict[str, str]
    listings: tuple[Listing, ...] = ()


def read(
    cluster: Cluster,
    namespace: str,
    *,
    group: str,
    version: str,
    kinds: Sequence[str],
    config_map_selector: str,
    pod_selector: str,
) -> Snapshot:
    """Return what the namespace holds now: one LIST per kind, one of ConfigMaps, one of pods, all at the same time.

    They are read afresh from the store, not from the API server's cache. Raises ServerError where one is refused,
    pods included: nothing true could be said of what is running. Raises ExpressError where a kind is not installed.
    """
    if not _LABEL.fullmatch(namespace):
        raise ExpressError(f'invalid namespace "{namespace}": lower case letters, digits and dashes make one')
    core = f"/api/v1/namespaces/{namespace}"
    config_maps = Listing(f"{core}/configmaps", config_map_selector, "v1", "ConfigMap")
    pods = Listing(f"{core}/pods", pod_selector, "v1", "Pod")

    def custom() -> list[tuple[Listing, Listed]]:
        known = plurals(cluster, group, version)
        if missing := [kind for kind in kinds if kind not in known]:
            where = f"context {cluster.context}" if cluster.context else cluster.server
            raise ExpressError(
                f"the CRDs of {group}/{version} in {where} have no kind {', '.join(missing)}: apply the missing CRD, "
                "or correct the kinds in .express.yaml"
            )
        base = f"{group_path(group, version)}/namespaces/{namespace}"
        api_version = f"{group}/{version}" if group else version
        return listed([Listing(f"{base}/{known[kind]}", "", api_version, kind) for kind in kinds])

    def listed(listings: list[Listing]) -> list[tuple[Listing, Listed]]:
        return list(zip(listings, together([partial(read_list, cluster, each) for each in listings]), strict=True))

    reading: list[Callable[[], list[tuple[Listing, Listed]]]] = [custom, partial(listed, [config_maps, pods])]
    answers = [answer for part in together(reading) for answer in part]
    content = {listing: listed.items for listing, listed in answers}
    versions = {listing.path: listed.version for listing, listed in answers}
    return _snapshot(namespace, content, versions)


def follow(cluster: Cluster, snapshot: Snapshot, settle: float = 0.2) -> Iterator[Snapshot]:
    """Yield a new Snapshot after each batch of changes: those that come with at most `settle` seconds between them.

    A watch that ends is taken up where it ended, and a list that has grown too old for that is read again. Ends when
    the iterator is closed; raises what a LIST or watch raises that cannot be taken up.
    """
    content: dict[Listing, dict[str, Object]] = {listing: {} for listing in snapshot.listings}
    for item in [*snapshot.resources, *snapshot.config_maps, *snapshot.pods]:
        for listing, items in content.items():
            if (listing.api_version, listing.kind) == (item["apiVersion"], item["kind"]):
                items[object_name(item)] = item
    followers = [
        Follower(cluster, listing, snapshot.versions[listing.path], _Items(items)) for listing, items in content.items()
    ]
    news: Queue[Callable[[], bool]] = Queue()
    for follower in followers:
        threading.Thread(target=follower.run, args=(news.put,), daemon=True).start()
    try:
        while True:
            if _batch(news, settle):
                versions = {follower.listing.path: follower.version for follower in followers}
                yield _snapshot(snapshot.namespace, content, versions)
    finally:
        for follower in followers:
            follower.stop()


class _Items:
    """Keeps a list's objects by name."""

    def __init__(self, items: dict[str, Object]) -> None:
        self._items = items

    def change(self, name: str, item: Object | None, version: str) -> bool:  # noqa: ARG002 - as it is called
        if item is None:
            self._items.pop(name, None)
        else:
            self._items[name] = item
        return True

    def replace(self, items: dict[str, Object], version: str) -> bool:  # noqa: ARG002 - as it is called
        before = dict(self._items)
        self._items.clear()
        self._items.update(items)
        return before != items


def _batch(news: Queue[Callable[[], bool]], settle: float) -> bool:
    """Take in what the followers have heard, until they are quiet; return whether that changed anything."""
    changed = news.get()()
    deadline = time.monotonic() + _LONGEST_BATCH
    try:
        while time.monotonic() < deadline:
            changed = news.get(timeout=settle)() or changed
    except Empty:
        pass
    return changed


def _snapshot(namespace: str, content: dict[Listing, dict[str, Object]], versions: dict[str, str]) -> Snapshot:
    *kinds, config_maps, pods = ([items[name] for name in sorted(items)] for items in content.values())
    resources = [item for items in kinds for item in items]
    return Snapshot(namespace, resources, config_maps, pods, versions, tuple(content))
