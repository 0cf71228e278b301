"""The nodes of the model: what is deployed, and an operator and kubelets that go on only as they are told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.e2e.small_system import GROUP, IMAGE, NODE, REVISION, encoded, kind, rendered, revision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.reliability.model.server import Server
    from tests.testbed.api import Object

NODES = ("be1", "be2", "fe1")
"""In the order in which they are rolled."""


def data(tag: str, node: str = "be1") -> Object:
    """Return a node's data; everything that its CRD has a default for is said."""
    probe = {"periodSeconds": 10, "failureThreshold": 3}
    backend = {"priority": 100, "samplingRate": 1} if node.startswith("be") else {}
    return {
        "image": {**IMAGE, "tag": tag, "pullPolicy": "IfNotPresent"},
        "probes": {"readiness": probe, "liveness": probe},
        "terminationGracePeriodSeconds": 60,
        **backend,
    }


def target(tags: Mapping[str, str]) -> str:
    """Return the manifests of nodes that differ in their images' tags."""
    return rendered({node: data(tag, node) for node, tag in tags.items()})


def plural(node: str) -> str:
    """Return how paths name a node's kind."""
    return f"{kind(node).lower()}s"


def path_of(node: str) -> str:
    """Return the path of a node's resource."""
    return f"{GROUP}/namespaces/model/{plural(node)}/{node}"


def declared(tag: str, node: str) -> str:
    """Return the revision that a node has at a tag."""
    return revision(encoded(data(tag, node)))


class Fleet:
    """NODES, deployed at tag 0 and healthy."""

    def __init__(self, server: Server) -> None:
        """Take where they are to be."""
        self.server = server
        self.broken: set[str] = set()
        """Tags whose pods crash."""
        for each in target(dict.fromkeys(NODES, "0")).split("---\n")[1:]:
            made = json.loads(each)
            name = made["metadata"]["name"]
            path = path_of(name) if "spec" in made else f"/api/v1/namespaces/model/configmaps/{name}"
            server.answer("PATCH", path, {"fieldManager": "kubectl"}, each.encode(), "application/apply-patch+yaml")
        self.settle()

    def of(self, node: str) -> Object | None:
        """Return a node's resource; None where there is none."""
        return self.server.of(plural(node), node)

    def pods(self, node: str) -> list[Object]:
        """Return a node's pods."""
        return [pod for pod in self.server.every("pods") if pod["metadata"]["labels"][NODE] == node]

    def operate(self) -> bool:
        """Let each node come one step further; return whether any did."""
        return any(list(map(self.operate_on, NODES)))

    def settle(self) -> None:
        """Let all nodes come as far as they can."""
        while self.operate():
            pass

    def operate_on(self, node: str) -> bool:
        """Let a node come one step further towards what its resource declares; return whether there was one."""
        resource, pods = self.of(node), self.pods(node)
        wanted = resource["spec"]["deploymentRevision"] if resource else None
        for pod in pods:
            name, metadata = pod["metadata"]["name"], pod["metadata"]
            if "deletionTimestamp" in metadata:
                return self._put("pods", name, None)
            if metadata["labels"][REVISION] != wanted:
                return self._put(
                    "pods", name, {**pod, "metadata": {**metadata, "deletionTimestamp": "2030-01-01T00:00:00Z"}}
                )
        return resource is not None and self._bring_up(node, resource, pods)

    def _bring_up(self, node: str, resource: Object, pods: list[Object]) -> bool:
        wanted = resource["spec"]["deploymentRevision"]
        made = {
            "metadata": {"name": f"{node}-0", "labels": {NODE: node, REVISION: wanted}},
            "status": status("Pending"),
        }
        if not pods:
            return self._put("pods", f"{node}-0", made)
        state = "crash" if resource["spec"]["image"]["tag"] in self.broken else "Running"
        if pods[0]["status"] != status(state):
            return self._put("pods", f"{node}-0", {**pods[0], "status": status(state)})
        seen = {"observedGeneration": resource["metadata"]["generation"], "deploymentRevision": wanted}
        return resource.get("status") != seen and self._put(plural(node), node, {**resource, "status": seen})

    def _put(self, where: str, name: str, changed: Object | None) -> bool:
        self.server.put(where, name, changed)
        return True

    def edit(self, node: str, tag: str) -> None:
        """Have somebody change a node's parameters by hand; its revision stays."""
        if self.of(node):
            patch = json.dumps({"spec": {"image": {"tag": tag}}}).encode()
            self.server.answer(
                "PATCH", path_of(node), {"fieldManager": "kubectl-edit"}, patch, "application/merge-patch+json"
            )

    def lose_pod(self, node: str) -> None:
        """Have a node's pod go, as with its machine."""
        for pod in self.pods(node):
            self.server.put("pods", pod["metadata"]["name"], None)

    def flap(self, node: str) -> None:
        """Have a node's pod be not Ready for a while."""
        for pod in self.pods(node):
            self.server.put("pods", pod["metadata"]["name"], {**pod, "status": status("unready")})


def status(state: str) -> Object:
    """Return a pod's status: Pending, Running (and Ready), unready, or crash."""
    ready = "True" if state == "Running" else "False"
    status: Object = {
        "phase": "Pending" if state == "Pending" else "Running",
        "conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": "2030-01-01T00:00:00Z"}],
    }
    if state in {"Pending", "crash"}:
        reason = "ContainerCreating" if state == "Pending" else "CrashLoopBackOff"
        status["containerStatuses"] = [{"name": "express", "restartCount": 0, "state": {"waiting": {"reason": reason}}}]
    return status
