"""A whole rollout with the rights that the documents hand out and no others; and none at all without one of them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.testbed.roles import Single, called, documented, grant, rules
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.conftest import StartOperator
    from tests.testbed.api import Api, Object
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl, Outcome

EXPRESS = "/apis/express.example.com/v1"
OF_OTHERS: set[Single] = {("patch", "coordination.k8s.io", "leases"), ("delete", "", "services")}
"""What a rollout never does itself: to ask a running one to stop, and to take back a Service that it created."""


def rendered(config_maps: Mapping[str, Mapping[str, str]], services: Mapping[str, int]) -> str:
    """Return manifests: of each ConfigMap, the image tags of the nodes that it is about; and Services' ports."""
    objects: list[Object] = []
    for config_map, nodes in config_maps.items():
        stored: dict[str, str] = {}
        for node, tag in nodes.items():
            spec: Object = {"image": {"repository": "registry.example.com/express", "tag": tag}}
            data = json.dumps(spec, separators=(",", ":"))
            revision = hashlib.sha256(data.encode()).hexdigest()[:10]
            stored |= {f"{node}.json": data, f"{node}.revision": revision}
            kind = "Backend" if node.startswith("be") else "Frontend"
            resource = manifest("express.example.com/v1", kind, node, spec={**spec, "deploymentRevision": revision})
            objects.append(resource)
        objects.append(manifest("v1", "ConfigMap", config_map, data=stored))
        objects[-1]["metadata"]["labels"] = {"express.example.com/revisions": "true"}
    for service, port in services.items():
        objects.append(manifest("v1", "Service", service, spec={"ports": [{"name": "http", "port": port}]}))
    return "".join(f"---\n{json.dumps(each)}\n" for each in objects)


def manifest(api_version: str, kind: str, name: str, **content: Any) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **content}


BEFORE = rendered({"stay": {"be1": "a", "fe1": "a"}, "go": {"be9": "a", "fe9": "a"}}, {"one": 80})
AFTER = rendered({"stay": {"be1": "b", "fe1": "b"}, "come": {"be2": "a", "fe2": "a"}}, {"one": 81, "two": 80})
"""Of each kind of node one is new, one changes and one goes; so do ConfigMaps, and no Service goes."""


@pytest.fixture
def roll_out(
    express: Express,
    control_plane: ControlPlane,
    operator: StartOperator,
    kubectl: Kubectl,
    namespace: str,
    tmp_path: Path,
) -> Callable[[], Outcome]:
    """Deploy what is before, and return what has alice roll out what comes after."""
    operator()
    kubectl("apply", "-f", "-", stdin=BEFORE)
    eventually(lambda: ready(kubectl), "every node is ready", every=0.2)
    target = tmp_path / "after.yaml"
    target.write_text(AFTER)
    alice = control_plane.kubeconfig(tmp_path / "alice", {"yul1": namespace}, user="alice")

    def run() -> Outcome:
        words = ("--context", "yul1", "-n", namespace, "-f", target, "--prune", "--yes")
        return express("rollout", *words, env={"KUBECONFIG": str(alice)})

    return run


def ready(kubectl: Kubectl) -> bool:
    nodes = kubectl.json("get", "backends,frontends")["items"]
    return all(
        node.get("status", {}).get("ready")
        and node["status"].get("observedGeneration") == node["metadata"]["generation"]
        for node in nodes
    )


def objects(api: Api, namespace: str) -> dict[str, str]:
    """Return the version of every object that a rollout could touch."""
    collections = [f"{EXPRESS}/namespaces/{namespace}/{kind}" for kind in ("backends", "frontends")]
    collections += [f"/api/v1/namespaces/{namespace}/{kind}" for kind in ("configmaps", "services", "secrets")]
    collections += [f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"]
    return {
        f"{path}/{item['metadata']['name']}": item["metadata"]["resourceVersion"]
        for path in collections
        for item in api.get(path)["items"]
    }


def test_a_rollout_takes_the_documented_rights_and_without_one_of_them_applies_nothing(
    roll_out: Callable[[], Outcome], api: Api, namespace: str
) -> None:
    before = objects(api, namespace)
    for missing in documented():
        if missing not in OF_OTHERS:
            grant(api, namespace, "alice", rules(right for right in documented() if right != missing))
            refused = roll_out()
            assert refused.code == 2, (missing, refused)
            assert called(missing) in refused.stderr, (missing, refused)
            assert objects(api, namespace) == before, (missing, refused)
    grant(api, namespace, "alice", rules(right for right in documented() if right not in OF_OTHERS))
    finished = roll_out()
    assert finished.code == 0, finished
    after = {path.rpartition("/")[2] for path in objects(api, namespace)}
    assert after >= {"be1", "be2", "fe1", "fe2", "stay", "come", "one", "two"}
    assert after.isdisjoint({"be9", "fe9", "go"})
