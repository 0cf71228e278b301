"""Between two turns of a real tool a rollout in its place: what was dropped disappears, and nobody finds a conflict."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.client_side import without_nulls
from kubectl_express.core.kubectl_yaml import read_documents
from kubectl_express.core.last_applied import last_applied
from kubectl_express.core.manifests import manifests
from kubectl_express.core.values import Object, at, mapping
from tests.testbed.parts import part
from tests.testbed.programs import run, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kubectl_express.core.manifest import Manifest
    from kubectl_express.core.values import Value
    from tests.conftest import StartOperator
    from tests.testbed.api import Api
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl

CHART = "master_charts/express"
TRACKING = "argocd.argoproj.io/tracking-id"
SIGNED = (TRACKING, "meta.helm.sh/release-name", "meta.helm.sh/release-namespace")

OLDER = ("defaults.image.tag=24.2.9",)
FIRST = ("backends.be1.cacheBytes=1", "backends.be1.maxMessages=2", "backends.be99.zone=yul1-z")
"""What the tool deploys: two parameters that go one after the other, and a node that goes."""
OURS = ("backends.be1.maxMessages=2", "backends.be1.samplingRate=2", "defaults.image.tag=24.9.9")
"""What is applied in its place: it drops a parameter and the node's entries, and adds a parameter."""
NEXT = ("defaults.image.tag=24.9.10",)
"""What the tool deploys then: it drops a parameter of its own, and the one that it has not added."""
LAST = ("defaults.image.tag=24.9.11", "backends.be1.priority=7")


class World:
    """The example's system, deployed by real tools, and rolled out in their place."""

    def __init__(self, example: Path, system: str, kubectl: Kubectl, express: Express, api: Api, home: Path) -> None:
        self.example, self.system, self.kubectl, self._home = example, system, kubectl, home
        self._express, self._api = express, api

    def helm(self, version: str, *words: str, sets: tuple[str, ...]) -> str:
        environment = {"HOME": str(self._home), "KUBECONFIG": str(self.kubectl.kubeconfig), "PATH": os.defpath}
        values = ("--values", f"overlays/yul1/{self.system}/values.yaml", "--set", ",".join(sets))
        command: list[str | Path] = [part(version), *words, self.system, CHART, "--namespace", self.system, *values]
        return succeeded(run(command, environment, self.example), " ".join(words)).stdout

    def rendered(self, sets: tuple[str, ...]) -> list[Manifest]:
        return list(manifests(read_documents(self.helm("helm4", "template", sets=sets), "output.yaml")))

    def helm_deploys(self, version: str, sets: tuple[str, ...]) -> None:
        installed = self.kubectl("get", "secret", "-l", f"owner=helm,name={self.system}", "-o", "name").stdout
        self.helm(version, "upgrade" if installed else "install", *(() if installed else ("--skip-crds",)), sets=sets)

    def kubectl_does(self, sets: tuple[str, ...], *words: str) -> None:
        self.kubectl(*words, "-f", "-", stdin=self.helm("helm4", "template", sets=sets))

    def argo_cd_does(self, sets: tuple[str, ...], *options: str) -> None:
        """Apply as Argo CD's controller does: through kubectl's own code, under its name, each object signed."""
        items = []
        for each in self.rendered(sets):
            metadata = mapping(each.object["metadata"])
            signed = {**mapping(metadata.get("annotations")), TRACKING: f"foo:{each.kind}/{each.name}"}
            items.append({**each.object, "metadata": {**metadata, "annotations": signed}})
        listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        self.kubectl("apply", "--field-manager=argocd-controller", *options, "-f", "-", stdin=listed)

    def roll_out(self, sets: tuple[str, ...]) -> None:
        """Roll out with the built program; no node gets more than one new generation by that."""
        target = self._home / "target.yaml"
        target.write_text(self.helm("helm4", "template", sets=sets))
        before = self.generations()
        # The tool has only just deployed: of the nodes that stay, some may have no pod that is Ready yet.
        words = ("--yes", "--ignore-unhealthy", "--context", "yul1", "--system", self.system)
        done = self._express("rollout", "-f", target, *words, cwd=self.example)
        assert done.code == 0, done
        for name, generation in self.generations().items():
            assert generation in (before.get(name, 0), before.get(name, 0) + 1), "at most one new generation"

    def generations(self) -> dict[str, int]:
        nodes = self.kubectl.json("get", "backends,frontends")["items"]
        return {node["metadata"]["name"]: node["metadata"]["generation"] for node in nodes}

    def live(self, manifest: Manifest) -> Object:
        found: Object = self.kubectl.json("get", manifest.kind.lower(), manifest.name, "--show-managed-fields")
        return found

    def assert_live(self, sets: tuple[str, ...]) -> None:
        """Assert that what is live is what was rendered, and what the server fills in."""
        for each in self.rendered(sets):
            live = self.live(each)
            if each.kind == "ConfigMap":
                assert live["data"] == each.object["data"], each.name
            elif each.kind in ("Backend", "Frontend"):
                assert without_nulls(live["spec"]) == self.fresh(each), each.name

    def fresh(self, manifest: Manifest) -> Value:
        """Return the spec of an object that had never been there, without nulls: client-side applies drop them."""
        new: Object = {**manifest.object, "metadata": {"name": f"{manifest.name}-fresh"}}
        path = f"/apis/express.example.com/v1/namespaces/{self.system}/{manifest.kind.lower()}s?dryRun=All"
        spec: Value = self._api.create(path, mapping(without_nulls(new)))["spec"]
        return spec

    def signatures(self) -> dict[str, Object]:
        return {
            f"{each.kind}/{each.name}": {key: value for key, value in annotations.items() if key in SIGNED}
            for each in self.rendered(OURS)
            if (annotations := mapping(at(self.live(each), "/metadata/annotations"))) is not None
        }


SERVER_SIDE = ("apply", "--server-side")
TOOLS: dict[str, Callable[[World, tuple[str, ...]], None]] = {
    "kubectl apply": lambda world, sets: world.kubectl_does(sets, "apply"),
    "kubectl apply --server-side": lambda world, sets: world.kubectl_does(sets, *SERVER_SIDE),
    "another manager": lambda world, sets: world.kubectl_does(sets, *SERVER_SIDE, "--field-manager=ci"),
    "helm 3": lambda world, sets: world.helm_deploys("helm3", sets),
    "helm 4": lambda world, sets: world.helm_deploys("helm4", sets),
    "Argo CD, server-side": lambda world, sets: world.argo_cd_does(sets, "--server-side", "--force-conflicts"),
    "Argo CD, client-side": lambda world, sets: world.argo_cd_does(sets),
}


@pytest.fixture
def world(
    example: Path,
    system: str,
    kubectl: Kubectl,
    express: Express,
    api: Api,
    operator: StartOperator,
    tmp_path: Path,
) -> World:
    operator()
    return World(example, system, kubectl, express, api, tmp_path)


@pytest.mark.parametrize("tool", TOOLS)
def test_what_is_dropped_disappears_whoever_applied_it_and_the_tool_goes_on_as_if_nothing_had_been(
    world: World, tool: str
) -> None:
    deploy = TOOLS[tool]
    deploy(world, OLDER)
    deploy(world, FIRST)
    signed = world.signatures()

    world.roll_out(OURS)
    world.assert_live(OURS)
    assert world.signatures() == signed, "last-applied, Argo CD's and Helm's own metadata survive"
    assert any(signed["Backend/be1"]) == (tool.startswith(("helm", "Argo")))

    deploy(world, NEXT)
    if tool == "helm 3":
        be1 = next(each for each in world.rendered(NEXT) if each.name == "be1" and each.kind == "Backend")
        left = {**mapping(world.fresh(be1)), "samplingRate": 2}
        assert without_nulls(world.live(be1)["spec"]) == left, (
            "the known limit: it takes out what it knows of, and no more"
        )
    else:
        world.assert_live(NEXT)
    assert world.signatures() == signed

    world.roll_out(LAST)
    world.assert_live(LAST)
    deploy(world, NEXT)
    if tool != "helm 3":
        world.assert_live(NEXT)


@pytest.mark.parametrize("tool", ["kubectl apply", "Argo CD, client-side"])
def test_the_note_of_a_client_side_apply_is_kept_fresh_in_every_object(world: World, tool: str) -> None:
    deploy = TOOLS[tool]
    deploy(world, FIRST)
    world.roll_out(OURS)
    ours = {(each.kind, each.name): last_applied(world.live(each)) for each in world.rendered(OURS)}
    deploy(world, OURS)
    theirs = {(each.kind, each.name): last_applied(world.live(each)) for each in world.rendered(OURS)}
    assert {key: _said(note) for key, note in ours.items()} == {key: _said(note) for key, note in theirs.items()}


def _said(note: Object | None) -> Object:
    """Return what a note says but for the namespace, and annotations where there are none, which kubectl notes."""
    assert note is not None
    metadata = {key: value for key, value in mapping(note["metadata"]).items() if key != "namespace" and value != {}}
    return {**note, "metadata": metadata}


@pytest.mark.parametrize("way", ["create", "replace"])
def test_what_kubectl_created_or_replaced_loses_what_is_dropped(world: World, way: str) -> None:
    world.kubectl_does(FIRST, "create")
    if way == "replace":
        world.kubectl_does(FIRST, "replace")
    world.roll_out(OURS)
    world.assert_live(OURS)
    world.kubectl_does(NEXT, *SERVER_SIDE)
    world.assert_live(NEXT)
