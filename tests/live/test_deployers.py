"""The example's nodes, deployed in every way people deploy: proved without the ConfigMap, and drifted after an edit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.values import Object, at, text
from tests.live.looking import Kinds, Looked, look
from tests.testbed.parts import part
from tests.testbed.programs import Kubectl, run, succeeded

if TYPE_CHECKING:
    from tests.testbed.api import Api

EXAMPLES = Path(__file__).parents[2] / "examples"
CHART = EXAMPLES / "master_charts" / "express"
VALUES = EXAMPLES / "overlays" / "yul1" / "systemdcrtest3" / "values.yaml"
SYSTEM = "systemdcrtest3"

NEW = ("--values", str(VALUES))
OLD = (
    *NEW,
    "--set",
    "defaults.image.tag=24.2.9,defaults.terminationGracePeriodSeconds=30,backends.be2.storage.size=1Gi",
)
"""An earlier state of the system: another image, and parameters that the chart has dropped since."""

Step = tuple[str, ...]
WAYS: dict[str, tuple[Step, ...]] = {
    "kubectl apply": (("kubectl", "apply"), ("kubectl", "apply")),
    "kubectl apply --server-side": (("kubectl", "apply", "--server-side"), ("kubectl", "apply", "--server-side")),
    "client-side, then server-side": (
        ("kubectl", "apply"),
        ("kubectl", "apply", "--server-side", "--force-conflicts"),
    ),
    "another field manager": (
        ("kubectl", "apply", "--server-side", "--field-manager=ci"),
        ("kubectl", "apply", "--server-side", "--field-manager=ci"),
    ),
    "kubectl create": (("kubectl", "create"),),
    "kubectl replace": (("kubectl", "create"), ("kubectl", "replace")),
    "helm 3 install": (("helm3", "install"),),
    "helm 3 upgrade": (("helm3", "install"), ("helm3", "upgrade")),
    "helm 4 install": (("helm4", "install"),),
    "helm 4 upgrade": (("helm4", "install"), ("helm4", "upgrade")),
    "helm 4 upgrade, client-side": (
        ("helm4", "install", "--server-side=false"),
        ("helm4", "upgrade", "--server-side=false"),
    ),
    "helm 3, then helm 4": (("helm3", "install"), ("helm4", "upgrade")),
}


@dataclass(frozen=True, slots=True)
class System:
    """The example's system in a test's namespace."""

    kubectl: Kubectl
    kinds: Kinds
    api: Api
    home: Path

    def deploy(self, *way: Step) -> None:
        """Take each step of a way, all but the last one with the old state."""
        for number, (tool, verb, *options) in enumerate(way, start=1):
            values = NEW if number == len(way) else OLD
            if tool == "kubectl":
                rendered = self.run(part("helm4"), "template", SYSTEM, CHART, *values)
                self.kubectl(verb, *options, "-f", "-", stdin=rendered)
            else:
                namespace = ("--namespace", self.kinds.namespace, "--skip-crds")
                self.run(part(tool), verb, SYSTEM, CHART, *values, *namespace, *options)

    def edit(self, node: str, script: str) -> None:
        """Run `kubectl edit` with a sed script for an editor."""
        self.run(self.kubectl.program, "edit", node, EDITOR=f"sed -i {script}")

    def run(self, *command: str | Path, **environment: str) -> str:
        """Run a program with the test's kubeconfig, and nobody else's settings; return what it prints."""
        own = {"HOME": str(self.home), "KUBECONFIG": str(self.kubectl.kubeconfig), "PATH": "/usr/bin:/bin"}
        return succeeded(run([*command], {**own, **environment}), str(command)).stdout

    def stored(self) -> dict[str, str]:
        """Return the data of each node as the ConfigMaps hold it."""
        path = f"/api/v1/namespaces/{self.kinds.namespace}/configmaps?labelSelector=express.example.com/revisions=true"
        entries = [item for each in self.api.get(path)["items"] for item in each["data"].items()]
        return {key.removesuffix(".json"): data for key, data in entries if key.endswith(".json")}

    def nodes(self) -> dict[str, Object]:
        """Return each node's live object."""
        live = [*self.kinds.objects("backends"), *self.kinds.objects("frontends")]
        return {text(at(each, "/metadata/name")) or "": each for each in live}

    def look(self, known: dict[str, str]) -> dict[str, Looked]:
        """Return what is known of every node, with a text for those that have one."""
        return {
            name: look(node, self.kinds, [("ConfigMap", known[name])] if name in known else [])
            for name, node in self.nodes().items()
        }


@pytest.fixture
def system(kubectl: Kubectl, express: Kinds, api: Api, tmp_path: Path) -> System:
    return System(kubectl, express, api, tmp_path)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_node_proves_its_own_data_and_only_edited_ones_drift_at_the_edited_place(
    system: System, way: tuple[Step, ...]
) -> None:
    system.deploy(*way)
    stored = system.stored()
    assert {name: seen.proof.text if seen.proof else None for name, seen in system.look({}).items()} == stored
    assert {name: seen.paths for name, seen in system.look({}).items() if seen.drift} == {}

    edit_by_hand(system)
    assert {name: seen.paths for name, seen in system.look(stored).items() if seen.drift} == {
        "be1": [("/image/tag", "kubectl-edit")],
        "be2": [("/zone", None)],
        "be3": [("/priority", "kubectl-patch")],
        "be10": [("/extra/added", "kubectl-edit")],
        "fe1": [("/environment/0/value", "kubectl-patch")],
    }


def edit_by_hand(system: System) -> None:
    """Change, remove and add a parameter, and change one in a list; what the other nodes undergo is no drift."""
    system.edit("backend/be1", "s/24.3.1/edited/")
    patch(system, "backend/be2", '[{"op": "remove", "path": "/spec/zone"}]')
    patch(system, "backend/be3", '[{"op": "add", "path": "/spec/priority", "value": 7}]')
    system.edit("backend/be10", r"'s/^    weights:/    added: true\n&/'")
    patch(system, "frontend/fe1", '[{"op": "replace", "path": "/spec/environment/0/value", "value": "edited"}]')
    system.kubectl("label", "frontend", "fe3", "edited=true")
    for level in ("DEBUG", "INFO"):
        patch(system, "frontend/fe4", f'[{{"op": "replace", "path": "/spec/logging/level", "value": "{level}"}}]')


def patch(system: System, node: str, operations: str) -> None:
    system.kubectl("patch", node, "--type=json", "-p", operations)
