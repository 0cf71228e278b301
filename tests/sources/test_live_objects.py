from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.objects import deployed, object_changes
from kubectl_express.core.settings import ResourceSettings
from kubectl_express.core.values import Object, mapping
from kubectl_express.sources.cluster import Cluster
from kubectl_express.sources.kubeconfig import ConnectionOptions, resolve
from kubectl_express.sources.live_objects import LiveObjects, read_objects
from tests.testbed.audit import requests

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.api import Api
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Kubectl

RESOURCES = ResourceSettings()
SERVICE: Object = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "express"},
    "spec": {"selector": {"app": "express"}, "ports": [{"port": 80}]},
}
SETTINGS: Object = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings"},
    "data": {"kept": "1", "gone": "2"},
}
DEPLOYMENT: Object = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "helper"},
    "spec": {
        "selector": {"matchLabels": {"app": "helper"}},
        "template": {
            "metadata": {"labels": {"app": "helper"}},
            "spec": {
                "containers": [{"name": "c", "image": "i", "resources": {"limits": {"cpu": "0.5", "memory": "1024Mi"}}}]
            },
        },
    },
}
CLIENT_SIDE = ("apply",)
SERVER_SIDE = ("apply", "--server-side")


@pytest.fixture
def cluster(kubeconfig: Path) -> Cluster:
    return Cluster(resolve(ConnectionOptions(kubeconfig=str(kubeconfig)), {}), {})


def apply(kubectl: Kubectl, way: tuple[str, ...], *manifests: Object) -> None:
    for manifest in manifests:
        kubectl(*way, "-f", "-", stdin=gojson.encode(manifest))


def changed(cluster: Cluster, namespace: str, *target: Object) -> list[tuple[str, str, str]]:
    wanted = deployed(target, RESOURCES)
    found = read_objects(cluster, namespace, wanted)
    assert found.unreadable == {}
    return [(each.change, each.kind, each.name) for each in object_changes(found.found, wanted, RESOURCES)]


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE], ids=" ".join)
def test_right_after_an_apply_nothing_differs_whatever_the_server_filled_in_or_normalised(
    cluster: Cluster, kubectl: Kubectl, namespace: str, way: tuple[str, ...]
) -> None:
    apply(kubectl, way, SERVICE, SETTINGS, DEPLOYMENT)
    assert changed(cluster, namespace, SERVICE, SETTINGS, DEPLOYMENT) == []


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE], ids=" ".join)
def test_what_the_target_changes_adds_or_drops_differs(
    cluster: Cluster, kubectl: Kubectl, namespace: str, way: tuple[str, ...]
) -> None:
    apply(kubectl, way, SERVICE, SETTINGS, DEPLOYMENT)
    fewer: Object = {**SETTINGS, "data": {"kept": "1"}}
    port = _on_port(SERVICE, 81)
    scaled: Object = {**DEPLOYMENT, "spec": {**mapping(DEPLOYMENT["spec"]), "replicas": 2}}
    fresh: Object = {**SETTINGS, "metadata": {"name": "fresh"}}
    assert changed(cluster, namespace, fewer, port, scaled, fresh) == [
        ("new", "ConfigMap", "fresh"),
        ("changed", "ConfigMap", "settings"),
        ("changed", "Service", "express"),
        ("changed", "Deployment", "helper"),
    ]


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE], ids=" ".join)
def test_what_the_target_drops_inside_a_list_s_item_differs(
    cluster: Cluster, kubectl: Kubectl, namespace: str, way: tuple[str, ...]
) -> None:
    apply(kubectl, way, DEPLOYMENT)
    without_limits = gojson.decode(
        gojson.encode(DEPLOYMENT).replace('"resources":{"limits":{"cpu":"0.5","memory":"1024Mi"}}', '"tty":false')
    )
    assert changed(cluster, namespace, mapping(without_limits)) == [("changed", "Deployment", "helper")]


def test_asking_changes_nothing(cluster: Cluster, kubectl: Kubectl, namespace: str) -> None:
    apply(kubectl, CLIENT_SIDE, DEPLOYMENT)
    before = kubectl.json("get", "deployment", "helper", "--show-managed-fields")
    scaled: Object = {**DEPLOYMENT, "spec": {**mapping(DEPLOYMENT["spec"]), "replicas": 2}}
    assert changed(cluster, namespace, scaled) == [("changed", "Deployment", "helper")]
    assert kubectl.json("get", "deployment", "helper", "--show-managed-fields") == before


def test_a_hand_made_addition_is_no_change_of_the_chart_s_and_a_hand_made_change_is(
    cluster: Cluster, kubectl: Kubectl, namespace: str
) -> None:
    apply(kubectl, CLIENT_SIDE, SETTINGS)
    kubectl("patch", "configmap", "settings", "--type=merge", "-p", '{"data": {"added": "by hand"}}')
    assert changed(cluster, namespace, SETTINGS) == []
    kubectl("patch", "configmap", "settings", "--type=merge", "-p", '{"data": {"kept": "by hand"}}')
    assert changed(cluster, namespace, SETTINGS) == [("changed", "ConfigMap", "settings")]


def test_more_objects_of_a_kind_are_found_with_one_list(cluster: Cluster, kubectl: Kubectl, namespace: str) -> None:
    many: list[Object] = [{**SETTINGS, "metadata": {"name": f"settings-{number}"}} for number in range(5)]
    apply(kubectl, SERVER_SIDE, *many[:4])
    assert changed(cluster, namespace, *many) == [("new", "ConfigMap", "settings-4")]


def test_the_server_is_asked_once_of_all_objects_of_a_kind_that_differ_in_the_same_way(
    control_plane: ControlPlane, cluster: Cluster, kubectl: Kubectl, namespace: str
) -> None:
    names = ("a", "b", "c", "d", "e")
    deployments: list[Object] = [{**DEPLOYMENT, "metadata": {"name": name}} for name in names]
    services: list[Object] = [{**SERVICE, "metadata": {"name": name}} for name in names]
    apply(kubectl, CLIENT_SIDE, *deployments, *services)
    ports = {"a": 81, "b": 81, "c": 81, "d": 82, "e": 80}
    moved = [_on_port(service, port) for service, port in zip(services, ports.values(), strict=True)]
    before = control_plane.audit_log.stat().st_size
    expected = [("changed", "Service", name) for name in ("a", "b", "c", "d")]
    assert changed(cluster, namespace, *deployments, *moved) == expected
    asked = [each for each in requests(control_plane.audit_log, namespace, before) if each.dry_run]
    assert [(each.resource, each.name) for each in asked] == [
        ("deployments", "a"),
        ("services", "a"),
        ("services", "d"),
    ]


def test_of_objects_that_differ_in_the_same_way_one_that_drops_something_besides_differs(
    cluster: Cluster, kubectl: Kubectl, namespace: str
) -> None:
    deployments: list[Object] = [{**DEPLOYMENT, "metadata": {"name": name}} for name in ("a", "b", "c", "d")]
    labelled: Object = {**deployments[1], "metadata": {"name": "b", "labels": {"own": "b"}}}
    apply(kubectl, CLIENT_SIDE, deployments[0], labelled, *deployments[2:])
    assert changed(cluster, namespace, *deployments) == [("changed", "Deployment", "b")]


def _on_port(service: Object, port: int) -> Object:
    return {**service, "spec": {**mapping(service["spec"]), "ports": [{"port": port}]}}


def test_an_object_of_another_namespace_is_looked_for_there(
    cluster: Cluster, api: Api, kubectl: Kubectl, namespace: str
) -> None:
    other = f"{namespace}-other"
    api.create("/api/v1/namespaces", {"metadata": {"name": other}})
    there: Object = {**SETTINGS, "metadata": {"name": "settings", "namespace": other}}
    apply(kubectl, SERVER_SIDE, there)
    assert changed(cluster, namespace, there) == []
    assert changed(cluster, namespace, there, SETTINGS) == [("new", "ConfigMap", "settings")]


def test_a_cluster_wide_object_is_found_whatever_the_namespace(
    cluster: Cluster, kubectl: Kubectl, namespace: str
) -> None:
    name = f"express-{secrets.token_hex(4)}"
    role: Object = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    }
    assert changed(cluster, namespace, role) == [("new", "ClusterRole", name)]
    apply(kubectl, CLIENT_SIDE, role)
    assert changed(cluster, namespace, role) == []


def test_a_kind_that_is_not_installed_is_new(cluster: Cluster, namespace: str) -> None:
    monitor: Object = {"apiVersion": "monitoring.example.com/v1", "kind": "Monitor", "metadata": {"name": "m"}}
    assert changed(cluster, namespace, monitor) == [("new", "Monitor", "m")]


def test_what_may_not_be_read_is_named_and_hides_nothing_else(
    control_plane: ControlPlane, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    apply(kubectl, CLIENT_SIDE, SETTINGS)
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=configmaps")
    kubectl("create", "rolebinding", "reader", "--role=reader", "--user=viewer")
    config = control_plane.kubeconfig(tmp_path / "viewer", {"yul1": namespace})
    access = resolve(ConnectionOptions(kubeconfig=str(config), as_user="viewer"), {})
    wanted = deployed([SETTINGS, SERVICE], RESOURCES)
    found: LiveObjects = read_objects(Cluster(access, {}), namespace, wanted)
    assert list(found.found) == [("", "ConfigMap", "settings")]
    ((key, problem),) = found.unreadable.items()
    assert key == ("", "Service", "express")
    assert "forbidden" in problem


def test_each_object_that_is_refused_has_words_of_its_own_and_a_right_for_one_name_is_used(
    control_plane: ControlPlane, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    services: list[Object] = [{**SERVICE, "metadata": {"name": name}} for name in ("a", "b", "c", "d")]
    apply(kubectl, CLIENT_SIDE, *services)
    kubectl("create", "role", "one", "--verb=get", "--resource=services", "--resource-name=b")
    kubectl("create", "rolebinding", "one", "--role=one", "--user=of-one")
    config = control_plane.kubeconfig(tmp_path / "of-one", {"yul1": namespace})
    access = resolve(ConnectionOptions(kubeconfig=str(config), as_user="of-one"), {})
    few = read_objects(Cluster(access, {}), namespace, deployed(services[:3], RESOURCES))
    assert list(few.found) == [("", "Service", "b")]
    assert {name: f'services "{name}" is forbidden' in said for (_, _, name), said in few.unreadable.items()} == {
        "a": True,
        "c": True,
    }
    many = read_objects(Cluster(access, {}), namespace, deployed(services, RESOURCES))
    assert [name for _, _, name in many.unreadable] == ["a", "b", "c", "d"]
    assert len(set(many.unreadable.values())) == 1
