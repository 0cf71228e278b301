"""The foreign fleet's operator, as far as a test needs one: it keeps two pods of each node, by looking often."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.testbed.api import RequestFailedError

if TYPE_CHECKING:
    from tests.testbed.api import Api, Object

PLURALS = ("brokers", "gateways")
REVISION = "fleet.example.org/revision"
UNIT, RUNNING = "fleet.example.org/unit", "fleet.example.org/running"
_EVERY = 0.05
"""Seconds between two looks."""


class FleetOperator:
    """Replaces a node's pods if and only if the revision in its annotation changes; it writes no status."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._pods = f"/api/v1/namespaces/{namespace}/pods"
        self._nodes = f"/apis/fleet.example.org/v2/namespaces/{namespace}"
        self._hanging: set[str] = set()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it, once it has done what it is about."""
        self._ending.set()
        self._thread.join()

    def hang(self, node: str) -> None:
        """Make no pod of a node Ready from now on, those that are so apart."""
        self._hanging.add(node)

    def go_on(self, node: str) -> None:
        """Make pods of a node Ready again, those that were left as they were too."""
        self._hanging.discard(node)

    def revisions(self) -> dict[str, str]:
        """Return the revision that each node declares."""
        found = [item for plural in PLURALS for item in self._api.get(f"{self._nodes}/{plural}")["items"]]
        return {item["metadata"]["name"]: item["metadata"]["annotations"][REVISION] for item in found}

    def running(self) -> dict[str, list[tuple[str, str, bool]]]:
        """Return each node's pods: uid, revision, and whether it is Ready."""
        found: dict[str, list[tuple[str, str, bool]]] = {}
        for pod in sorted(self._api.get(self._pods)["items"], key=lambda pod: str(pod["metadata"]["name"])):
            labels = pod["metadata"]["labels"]
            found.setdefault(labels[UNIT], []).append((pod["metadata"]["uid"], labels[RUNNING], _is_ready(pod)))
        return found

    def all_ready(self) -> bool:
        """Return whether each node has its two pods, Ready at what it declares."""
        wanted = {node: [(revision, True)] * 2 for node, revision in self.revisions().items()}
        return wanted == {node: [pod[1:] for pod in pods] for node, pods in self.running().items()}

    def _run(self) -> None:
        while not self._ending.wait(_EVERY):
            try:
                self._keep()
            except RequestFailedError as failure:
                # Somebody else was faster, or the kinds are not served yet: the next look will tell.
                if failure.status not in {404, 409, 429}:
                    raise

    def _keep(self) -> None:
        wanted = {(node, n): revision for node, revision in self.revisions().items() for n in (0, 1)}
        there = {}
        for pod in self._api.get(self._pods)["items"]:
            labels, name = pod["metadata"]["labels"], pod["metadata"]["name"]
            place = (labels[UNIT], int(name.rpartition("-")[2]))
            if wanted.get(place) == labels[RUNNING]:
                there[place] = pod
            else:
                self._api.delete(f"{self._pods}/{name}", {"gracePeriodSeconds": 0})
        for (node, number), revision in wanted.items():
            pod = there.get((node, number)) or self._made(f"{node}-{number}", {UNIT: node, RUNNING: revision})
            if not _is_ready(pod) and node not in self._hanging:
                status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
                self._api.patch(f"{self._pods}/{pod['metadata']['name']}/status", {"status": status})

    def _made(self, name: str, labels: dict[str, str]) -> Object:
        containers = [{"name": "fleet", "image": "fleet"}]
        return self._api.create(
            self._pods, {"metadata": {"name": name, "labels": labels}, "spec": {"containers": containers}}
        )


def _is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
