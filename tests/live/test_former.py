"""What had been deployed, by whatever tool, comes back by its former text, whatever was applied meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.former import former_text
from kubectl_express.core.kubectl_yaml import read_documents
from kubectl_express.core.live import live_side
from kubectl_express.core.manifests import manifests
from kubectl_express.core.record import Touched
from kubectl_express.core.settings import Settings
from kubectl_express.core.values import Object, Value, at, mapping
from kubectl_express.rollout.applying import Applier
from tests.live.test_deployers import CHART, NEW, OLD, SYSTEM, WAYS, Step, System
from tests.sources.test_cluster import cluster
from tests.testbed.parts import part

if TYPE_CHECKING:
    from pathlib import Path

    from kubectl_express.core.manifest import Manifest
    from kubectl_express.core.node import Side
    from tests.live.looking import Kinds
    from tests.testbed.api import Api
    from tests.testbed.programs import Kubectl

SETTINGS = Settings()
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
Name = tuple[str, str]


@pytest.fixture
def system(kubectl: Kubectl, express: Kinds, api: Api, tmp_path: Path) -> System:
    return System(kubectl, express, api, tmp_path)


@pytest.fixture
def applier(kubeconfig: Path, namespace: str) -> Applier:
    return Applier(cluster(kubeconfig), namespace, SETTINGS, within=lambda: 30.0)


def live(system: System) -> Side:
    """Return the live side of the system, every object that its chart renders included."""
    objects = list(system.nodes().values())
    for kind in ("ConfigMap", "Service"):
        path = f"/api/v1/namespaces/{system.kinds.namespace}/{kind.lower()}s"
        items = at(gojson.decode(system.api.text(path)), "/items")
        assert isinstance(items, list)
        objects += [{"apiVersion": "v1", "kind": kind, **mapping(item)} for item in items]
    return live_side(objects, [], SETTINGS, schema=system.kinds.schema)


def formers(side: Side, earlier: tuple[Touched, ...] = ()) -> dict[Name, str]:
    found = {}
    for manifest in side.manifests:
        node = side.nodes.get(manifest.name)
        former = former_text(manifest.object, node, earlier, SETTINGS)
        assert former is not None
        found[manifest.kind, manifest.name] = former
    return found


def substance(side: Side) -> dict[Name, dict[str, Value]]:
    """Return of each object what people deployed of it, and what the API server filled in."""
    found: dict[Name, dict[str, Value]] = {}
    for manifest in side.manifests:
        said = {key: manifest.object.get(key) for key in ("spec", "data", "binaryData")}
        said["labels"] = at(manifest.object, "/metadata/labels")
        annotations = mapping(at(manifest.object, "/metadata/annotations"))
        said["annotations"] = {key: value for key, value in annotations.items() if key != LAST_APPLIED}
        found[manifest.kind, manifest.name] = said
    return found


def proven(side: Side) -> dict[str, str | None]:
    return {name: node.text for name, node in side.nodes.items()}


def applied(applier: Applier, text: str) -> None:
    for manifest in manifests(read_documents(text, "applied")):
        applier.apply(manifest, applier.live(manifest.object))


def otherwise(system: System) -> str:
    """Return the system in another state: other parameters, and labels and keys of ConfigMaps that were not there."""
    rendered = system.run(part("helm4"), "template", SYSTEM, CHART, *OLD)
    return "\n".join(f"---\n{gojson.encode(_with_more(each))}" for each in manifests(read_documents(rendered, "chart")))


def _with_more(manifest: Manifest) -> Object:
    metadata = mapping(manifest.object["metadata"])
    labels = {**mapping(metadata.get("labels")), "added": "x"}
    changed: Object = {**manifest.object, "metadata": {**metadata, "labels": labels}}
    if manifest.kind == "ConfigMap":
        changed["data"] = {**mapping(changed.get("data")), "added": "x"}
    return changed


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_was_deployed_comes_back_by_its_former_text(
    system: System, applier: Applier, way: tuple[Step, ...]
) -> None:
    system.deploy(*way)
    before = live(system)
    former = formers(before)

    applied(applier, otherwise(system))
    assert all(node.declared != before.nodes[name].declared for name, node in live(system).nodes.items())

    for text in former.values():
        applied(applier, text)
    after = live(system)
    assert substance(after) == substance(before)
    assert proven(after) == proven(before)


def test_what_an_earlier_rollout_applied_is_its_own_former_unless_somebody_deployed_anything_else(
    system: System, applier: Applier
) -> None:
    rendered = system.run(part("helm4"), "template", SYSTEM, CHART, *NEW)
    applied(applier, rendered)
    earlier = [touched_by(each) for each in manifests(read_documents(rendered, "chart"))]
    stale = [replace(each, applied=each.applied.replace("24.3.1", "24.2.9")) for each in earlier if each.applied]
    texts = {(each.kind, each.name): each.applied for each in earlier}
    assert formers(live(system), (*stale, *earlier)) == texts

    names = [("Backend", "be1"), ("ConfigMap", "express-shared"), ("Service", "express-backend")]
    for _kind, name in names:
        later = _with_more(next(each for each in manifests(read_documents(rendered, "chart")) if each.name == name))
        system.kubectl("apply", "--server-side", "--field-manager=kubectl", "-f", "-", stdin=gojson.encode(later))
    former = formers(live(system), tuple(earlier))
    assert {name for name, text in former.items() if text != texts[name]} == set(names)
    assert all('"added":"x"' in former[name] for name in names)


def touched_by(manifest: Manifest) -> Touched:
    """Return what a rollout puts on record of an object that it creates."""
    api_version = str(manifest.object["apiVersion"])
    return Touched(api_version, manifest.kind, manifest.name, "", False, manifest.text, None, None, None, None)


def test_a_node_edited_by_hand_is_brought_back_as_it_was_deployed(system: System, applier: Applier) -> None:
    system.deploy(("kubectl", "apply", "--server-side"))
    before = live(system)
    system.kubectl("patch", "backend/be1", "--type=merge", "-p", '{"spec": {"image": {"tag": "edited"}}}')
    assert substance(live(system)) != substance(before)
    for text in formers(live(system)).values():
        applied(applier, text)
    assert substance(live(system)) == substance(before)
