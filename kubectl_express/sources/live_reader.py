"""Reading systems from a cluster: their snapshots, and the live sides that these are."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING

from kubectl_express.core.node import State
from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubectl_express.core.node import Side
    from kubectl_express.core.settings import ResourceSettings, Settings
    from kubectl_express.core.values import Object
    from kubectl_express.sources.cluster import Cluster
    from kubectl_express.sources.snapshot import Snapshot


class Schemas:
    """The OpenAPI schemas of the kinds of nodes, each read once. Safe to use from several threads."""

    def __init__(self, cluster: Cluster, resources: ResourceSettings) -> None:
        self._cluster = cluster
        self._resources = resources
        self._lock = RLock()
        self._read: dict[str, Object | None] = {}

    def __call__(self, kind: str) -> Object | None:
        """Return the schema of a kind; None where the server has none."""
        from kubectl_express.sources.discovery import schema

        with self._lock:
            if kind not in self._read:
                self._read[kind] = schema(self._cluster, self._resources.group, self._resources.version, kind)
            return self._read[kind]


class LiveReader:
    """Reads systems of one cluster. Safe to use from several threads."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._settings = settings
        self._schemas = Schemas(cluster, settings.resources)

    def snapshot(self, namespace: str) -> Snapshot:
        """Return what a namespace holds of a system now: a handful of LISTs, whatever the number of nodes."""
        from kubectl_express.sources.paths import segment
        from kubectl_express.sources.snapshot import read

        resources, revisions, pods = self._settings.resources, self._settings.revisions, self._settings.pods
        return read(
            self._cluster,
            segment(namespace),
            group=resources.group,
            version=resources.version,
            kinds=resources.kinds,
            config_map_selector=revisions.selector,
            pod_selector=pods.node_label,
        )

    def side(self, snapshot: Snapshot, known: Mapping[str, Sequence[tuple[str, str]]]) -> Side:
        """Return the live side that a snapshot is; `known` are texts that nodes' data may have been, with their source.

        Where nothing proves a node's data, the records of rollouts are looked into, as far as one may: after a stop
        midway, what the nodes not yet reached were deployed with stands nowhere else.
        """
        side = self._proved(snapshot, known)
        if all(node.live is None or node.live.state is not State.UNVERIFIED for node in side.nodes.values()):
            return side
        recorded = self._recorded(snapshot.namespace)
        if not recorded:
            return side
        return self._proved(snapshot, {name: [*known.get(name, ()), *recorded.get(name, ())] for name in side.nodes})

    def _proved(self, snapshot: Snapshot, known: Mapping[str, Sequence[tuple[str, str]]]) -> Side:
        from kubectl_express.core.live import live_side

        items = [*snapshot.config_maps, *snapshot.resources]
        return live_side(items, snapshot.pods, self._settings, schema=self._schemas, known=known)

    def _recorded(self, namespace: str) -> dict[str, list[tuple[str, str]]]:
        from kubectl_express.sources.records import Records

        records = Records(self._cluster, namespace)
        try:
            return records.known_texts(*(record.number for record, _ in records.heads()))
        except ExpressError:
            # Secrets are not everybody's to read, and without them the node is merely unverified.
            return {}
