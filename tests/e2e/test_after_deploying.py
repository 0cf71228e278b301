"""`diff` right after deploying is empty, however it was deployed; an edit by hand is drift of that node alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.testbed.audit import requests
from tests.testbed.parts import part
from tests.testbed.programs import run, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl, Outcome

CHART = "master_charts/express"
OLDER = ("--set", "defaults.image.tag=24.2.9,backends.be2.storage.size=1Gi")
"""An earlier state of the system, to be upgraded from."""


class Deployment:
    """The example's system as a test deploys it, in its own namespace, with real tools."""

    def __init__(self, example: Path, system: str, kubectl: Kubectl, home: Path) -> None:
        self.example, self.system, self.kubectl, self._home = example, system, kubectl, home
        self.values = f"overlays/yul1/{system}/values.yaml"

    def helm(self, version: str, *words: str) -> Outcome:
        environment = {"HOME": str(self._home), "KUBECONFIG": str(self.kubectl.kubeconfig), "PATH": os.defpath}
        command: list[str | Path] = [part(version), *words, "--namespace", self.system, "--values", self.values]
        return succeeded(run(command, environment, self.example), " ".join(words))

    def rendered(self, *options: str) -> str:
        return self.helm("helm4", "template", self.system, CHART, *options).stdout

    def apply(self, *flags: str) -> None:
        self.kubectl("apply", *flags, "-f", "-", stdin=self.rendered())

    def upgrade(self, version: str) -> None:
        self.helm(version, "install", self.system, CHART, "--skip-crds", *OLDER)
        self.helm(version, "upgrade", self.system, CHART, "--skip-crds")


WAYS: dict[str, Callable[[Deployment], object]] = {
    "kubectl apply": lambda deployed: deployed.apply(),
    "kubectl apply --server-side": lambda deployed: deployed.apply("--server-side"),
    "an apply of another manager": lambda deployed: deployed.apply("--server-side", "--field-manager=ci"),
    "helm 3 install": lambda deployed: deployed.helm("helm3", "install", deployed.system, CHART, "--skip-crds"),
    "helm 4 install": lambda deployed: deployed.helm("helm4", "install", deployed.system, CHART, "--skip-crds"),
    "helm 3 upgrade": lambda deployed: deployed.upgrade("helm3"),
    "helm 4 upgrade": lambda deployed: deployed.upgrade("helm4"),
}


@pytest.fixture
def deployment(example: Path, system: str, kubectl: Kubectl, tmp_path: Path) -> Deployment:
    return Deployment(example, system, kubectl, tmp_path)


@pytest.mark.parametrize("way", WAYS)
def test_diff_right_after_deploying_is_empty_and_an_edit_drifts_that_node_alone(
    way: str, deployment: Deployment, express: Express
) -> None:
    where = ("--context", "yul1", "--system", deployment.system)
    cwd = deployment.example
    WAYS[way](deployment)

    empty = express("diff", *where, "-o", "json", cwd=cwd)
    assert (empty.code, empty.stderr) == (0, "")
    (system,) = empty.json()["systems"]
    assert {node["change"] for node in system["nodes"]} == {"same"}
    assert [node["changes"] for node in system["nodes"]] == [[]] * 8
    assert system["objects"] == []
    assert "0 of 8 nodes will restart; nothing is wrong." in express("diff", *where, cwd=cwd).stdout

    patch = '{"spec": {"cacheBytes": 1, "logging": {"level": "DEBUG"}}}'
    deployment.kubectl("patch", "backend", "be2", "--type", "merge", "-p", patch)
    drifted = express("diff", *where, "-o", "json", cwd=cwd)
    assert drifted.code == 1
    (system,) = drifted.json()["systems"]
    nodes = {node["node"]: node for node in system["nodes"]}
    assert [name for name, node in nodes.items() if node["baseline"]["state"] == "drifted"] == ["be2"]
    assert [change["path"] for change in nodes["be2"]["changes"]] == ["/cacheBytes", "/logging/level"]
    assert not nodes["be2"]["restart"]
    assert [node for node, each in nodes.items() if each["changes"]] == ["be2"]

    judged = express("verify", "--live", *where, cwd=cwd)
    assert judged.code == 3
    assert "be2: drifted: " in judged.stdout
    assert "1 of 8 nodes cannot be trusted" in judged.stdout


def test_a_live_configmap_entry_that_was_edited_is_a_live_mismatch(deployment: Deployment, express: Express) -> None:
    deployment.apply()
    patch = '{"data": {"be2.json": "{\\"edited\\":true}"}}'
    deployment.kubectl("patch", "configmap", "express-revisions-0", "--type", "merge", "-p", patch)
    where = ("--context", "yul1", "--system", deployment.system)

    listed = express("revisions", *where, "-o", "json", cwd=deployment.example)
    assert listed.code == 0
    faults = {node["node"]: node["integrity"] for node in listed.json()["systems"][0]["nodes"] if node["integrity"]}
    assert faults == {"be2": ["mismatch"]}

    judged = express("verify", "--live", *where, cwd=deployment.example)
    assert judged.code == 3
    assert "be2: mismatch: stored " in judged.stdout
    assert "the data was edited: the resource's own parameters have the stored revision" in judged.stdout


def test_a_stop_midway_leaves_a_split_system_whose_other_nodes_are_pending(
    deployment: Deployment, express: Express
) -> None:
    """The ConfigMap is applied first, so it is ahead of the nodes not yet reached."""
    deployment.apply()
    newer = deployment.rendered("--set", "defaults.image.tag=24.9.9")
    parts = newer.split("\n---\n")
    reached = [part for part in parts if "kind: ConfigMap" in part or 'name: "be1"' in part]
    deployment.kubectl("apply", "-f", "-", stdin="\n---\n".join(reached))
    where = ("--context", "yul1", "--system", deployment.system)

    listed = express("revisions", *where, "-o", "json", cwd=deployment.example)
    states = {node["node"]: node["state"] for node in listed.json()["systems"][0]["nodes"]}
    assert states.pop("be1") == "unhealthy", "no operator runs here, so it has no pod"
    assert set(states.values()) == {"pending"}
    assert "split: 1 of 8 nodes at the stored revisions" in listed.stderr
    assert express("verify", "--live", *where, cwd=deployment.example).code == 0, "that is no fault"


def test_a_live_system_is_read_with_a_handful_of_requests_whatever_the_number_of_nodes(
    deployment: Deployment, express: Express, control_plane: ControlPlane
) -> None:
    many = [f"  be{number}: {{}}" for number in range(100)]
    (deployment.example / deployment.values).write_text("\n".join(["backends:", *many, ""]))
    deployment.apply("--server-side")
    where = ("--context", "yul1", "--system", deployment.system)
    began = control_plane.audit_log.stat().st_size
    assert express("diff", *where, cwd=deployment.example).code == 0
    found = requests(control_plane.audit_log, deployment.system, began)
    assert sorted(each.resource for each in found if each.verb == "list") == [
        "backends",
        "configmaps",
        "frontends",
        "pods",
    ]
    assert len(found) <= 8, found
