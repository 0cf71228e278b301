"""Kubernetes Events on nodes' resources, posted beside the rollout and never in its way."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from queue import SimpleQueue
from typing import TYPE_CHECKING

from kubectl_express.core import gojson, moments
from kubectl_express.core.values import Object, at
from kubectl_express.errors import ExpressError
from kubectl_express.sources.paths import segment

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.sources.cluster import Cluster

_COMPONENT = "kubectl-express"
_PATIENCE = 5.0
"""Seconds that the last Events may take when a rollout ends."""


class Announcer:
    """Posts Events from a thread of its own; the first that cannot be posted is told, and no more."""

    def __init__(self, cluster: Cluster, namespace: str, on_failure: Callable[[str], None]) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._on_failure = on_failure
        self._failed = False
        self._events: SimpleQueue[Object | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._post_all, daemon=True)
        self._thread.start()

    def announce(self, resource: Object, reason: str, message: str, *, warning: bool = False) -> None:
        """Post an Event about a resource, soon."""
        self._events.put(_event(resource, self._namespace, reason, message, warning=warning))

    def close(self) -> None:
        """Wait for what is still to be posted, for a while."""
        self._events.put(None)
        self._thread.join(_PATIENCE)

    def _post_all(self) -> None:
        path = f"/api/v1/namespaces/{segment(self._namespace)}/events"
        while (event := self._events.get()) is not None:
            try:
                body = gojson.encode(event).encode("utf-8", "replace")
                self._cluster.send("POST", path, (), body, "application/json", within=_PATIENCE)
            except ExpressError as error:
                if not self._failed:
                    self._on_failure(f"Events cannot be posted: {error}")
                self._failed = True


def _event(resource: Object, namespace: str, reason: str, message: str, *, warning: bool) -> Object:
    now = moments.time(datetime.now(timezone.utc))
    about = {key: at(resource, f"/metadata/{key}") for key in ("name", "uid", "resourceVersion")}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{at(resource, '/metadata/name')}.", "namespace": namespace},
        "involvedObject": {
            "apiVersion": resource.get("apiVersion"),
            "kind": resource.get("kind"),
            "namespace": namespace,
            **{key: value for key, value in about.items() if value is not None},
        },
        "reason": reason,
        "message": message[:1024],
        "type": "Warning" if warning else "Normal",
        "source": {"component": _COMPONENT},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
