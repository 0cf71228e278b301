"""What the API server records of who set what, on a kind whose schema has all that makes it hard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.values import Object, Value, at, mapping, without
from tests.live.looking import METHOD, Kinds, Looked, look, same_data

if TYPE_CHECKING:
    from tests.testbed.programs import Kubectl

PLAIN: Object = {
    "image": "registry/app:1",
    "size": 1000000,
    "strategy": {},
    "ports": [{"port": 53}, {"port": 53, "protocol": "UDP"}],
    "env": [{"name": "a"}, {"name": "b", "value": "1"}],
    "zones": ["b", "a"],
    "affinity": {"zone": "x"},
    "settings": {"small": 1e-7, "large": 1e21, "list": [1, {"deep": []}], "empty": {}},
}
"""Data of which nothing is a null, or a default written out."""

AWKWARD: Object = {
    **PLAIN,
    "nullable": None,
    "nullableWithDefault": None,
    "pull": None,
    "ports": [{"port": 53}, {"port": 80, "protocol": "TCP", "name": "http"}],
    "env": [{"name": "a", "value": None}],
    "zones": [],
    "settings": {"null": None, "list": [{"null": None}], "beyond": 18446744073709551615.0, "inner": {"null": None}},
}

EXPLICIT: Object = {"image": "x", "replicas": 1, "strategy": {"type": "Rolling"}}
"""Defaults written out beside defaults left to the server."""

CLIENT_SIDE = ("apply",)
SERVER_SIDE = ("apply", "--server-side")
OF_CI = ("apply", "--server-side", "--field-manager=ci")


def manifest(data: Object, revision: str | None = None) -> str:
    revision = revision or METHOD.revision(gojson.encode(data))
    return gojson.encode(
        {
            "apiVersion": "live.example.com/v1",
            "kind": "Specimen",
            "metadata": {"name": "one"},
            "spec": {**data, "deploymentRevision": revision},
        }
    )


def deploy(kubectl: Kubectl, data: Object, *way: str, revision: str | None = None) -> None:
    kubectl(*way, "-f", "-", stdin=manifest(data, revision))


def one(specimens: Kinds) -> Object:
    return specimens.objects("specimens")[0]


def merge_patch(kubectl: Kubectl, spec: Object, *more: str) -> None:
    kubectl("patch", "specimens", "one", "--type=merge", "-p", gojson.encode({"spec": spec}), *more)


def looked(specimens: Kinds, data: Object | None = None) -> Looked:
    known = [] if data is None else [("ConfigMap", gojson.encode(data))]
    return look(one(specimens), specimens, known)


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE, OF_CI], ids=" ".join)
@pytest.mark.parametrize("data", [PLAIN, AWKWARD, EXPLICIT], ids=["plain", "awkward", "explicit"])
def test_whatever_the_data_an_applied_node_proves_itself(
    kubectl: Kubectl, specimens: Kinds, data: Object, way: tuple[str, ...]
) -> None:
    deploy(kubectl, data, *way)
    seen = looked(specimens)
    assert same_data(seen.proof, data)
    assert seen.drift == []


def test_a_created_or_replaced_node_proves_itself_with_a_default_or_two_written_out(
    kubectl: Kubectl, specimens: Kinds
) -> None:
    deploy(kubectl, {"image": "old", "pull": "Never"}, "create")
    assert same_data(looked(specimens).proof, {"image": "old", "pull": "Never"})
    for data in (PLAIN, EXPLICIT):
        deploy(kubectl, data, "replace")
        seen = looked(specimens)
        assert same_data(seen.proof, data)
        assert seen.drift == []


def test_nulls_for_which_defaults_stepped_in_leave_no_trace_and_take_the_stored_text_to_prove(
    kubectl: Kubectl, specimens: Kinds
) -> None:
    deploy(kubectl, AWKWARD, "create")
    assert looked(specimens).proof is None
    seen = looked(specimens, AWKWARD)
    assert seen.proof is not None
    assert seen.proof.source == "ConfigMap"
    assert seen.drift == []


def test_a_node_that_last_applied_or_the_stored_text_proves_costs_no_request_for_the_schema(
    kubectl: Kubectl, specimens: Kinds
) -> None:
    deploy(kubectl, AWKWARD, "apply")
    looked(specimens)
    kubectl("delete", "specimens", "one")
    deploy(kubectl, PLAIN, "create")
    looked(specimens, PLAIN)
    assert specimens.asked == []


def test_last_applied_is_stale_after_a_server_side_apply_and_the_owned_fields_prove(
    kubectl: Kubectl, specimens: Kinds
) -> None:
    deploy(kubectl, {**PLAIN, "image": "old"}, "apply")
    deploy(kubectl, PLAIN, *OF_CI, "--force-conflicts")
    seen = looked(specimens)
    assert seen.proof is not None
    # kubectl hands what was owned by updating, defaults included, to the one who applies now.
    assert seen.proof.source == "fields owned by ci, without defaults"
    assert seen.drift == []


def test_a_parameter_dropped_on_the_way_to_server_side_apply_is_drift_where_kubectl_leaves_it(
    kubectl: Kubectl, specimens: Kinds
) -> None:
    # kubectl applies, takes over what was owned by updating, and applies again. The second time, the API server turns
    # an empty object whose members go into null, and refuses that where null is not allowed: a warning, no failure.
    cases: list[tuple[Object, list[tuple[str, str]]]] = [
        ({"image": "x"}, []),
        ({"image": "x", "strategy": {}}, [("/replicas", "kubectl")]),
    ]
    for data, paths in cases:
        deploy(kubectl, {**data, "replicas": 2}, "apply")
        deploy(kubectl, data, *SERVER_SIDE)
        assert looked(specimens, data).paths == paths
        kubectl("delete", "specimens", "one")


def test_a_parameter_that_another_deployer_left_behind_is_drift(kubectl: Kubectl, specimens: Kinds) -> None:
    deploy(kubectl, {**PLAIN, "replicas": 2}, *SERVER_SIDE)
    deploy(kubectl, PLAIN, *OF_CI, "--force-conflicts")
    seen = looked(specimens)
    assert same_data(seen.proof, PLAIN)
    assert seen.paths == [("/replicas", "kubectl")]


def test_two_managers_that_share_the_fields_leave_the_data_proved(kubectl: Kubectl, specimens: Kinds) -> None:
    deploy(kubectl, AWKWARD, *SERVER_SIDE)
    deploy(kubectl, AWKWARD, *OF_CI, "--force-conflicts")
    seen = looked(specimens)
    assert same_data(seen.proof, AWKWARD)
    assert seen.drift == []


def test_controllers_may_add_fields_and_items_by_updating_and_by_applying(kubectl: Kubectl, specimens: Kinds) -> None:
    deploy(kubectl, PLAIN, *SERVER_SIDE)
    ports: list[Value] = [{"port": 9, "protocol": "TCP"}]
    mesh = without(mapping(gojson.decode(manifest({"ports": ports, "replicas": 4}))), "/spec/deploymentRevision")
    kubectl("apply", "--server-side", "--field-manager=mesh", "-f", "-", stdin=gojson.encode(mesh))
    merge_patch(kubectl, {"settings": {"controlled": True}}, "--field-manager=controller")
    seen = looked(specimens)
    assert same_data(seen.proof, PLAIN)
    assert seen.drift == []


EDITS: list[tuple[Object, list[str]]] = [
    ({"image": "edited"}, ["/image"]),
    ({"image": None}, ["/image"]),
    ({"replicas": 3}, ["/replicas"]),
    ({"replicas": 1}, []),
    ({"strategy": {"surge": 9}}, ["/strategy/surge"]),
    ({"strategy": None}, ["/strategy"]),
    ({"settings": {"own": {"a": None, "b": 1}, "small": 2}}, ["/settings/own", "/settings/small"]),
    ({"env": [{"name": "a"}, {"name": "b", "value": "2"}]}, ["/env/1/value"]),
    ({"env": [{"name": "a", "value": "new"}, {"name": "b", "value": "1"}]}, ["/env/0/value"]),
    ({"env": [{"name": "a"}]}, ["/env"]),
    ({"ports": [{"port": 53}, {"port": 53, "protocol": "UDP"}, {"port": 99}]}, ["/ports/2"]),
    ({"ports": [{"port": 53, "name": "dns"}, {"port": 53, "protocol": "UDP"}]}, ["/ports/0/name"]),
    ({"ports": [{"port": 53, "protocol": "UDP"}]}, ["/ports/0"]),
    ({"zones": ["b", "c"]}, ["/zones/2", "/zones/1"]),
    ({"affinity": {"zone": "y"}}, ["/affinity/zone"]),
    ({"affinity": {"weight": 8}}, ["/affinity/weight"]),
    ({"volumes": [{"name": "v"}]}, ["/volumes"]),
]


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE], ids=" ".join)
def test_an_edit_by_hand_is_drift_at_its_place_and_none_once_taken_back(
    kubectl: Kubectl, specimens: Kinds, way: tuple[str, ...]
) -> None:
    deploy(kubectl, PLAIN, *way)
    before, restore = at(one(specimens), "/spec"), {"op": "replace", "path": "/spec"}
    for edit, paths in EDITS:
        merge_patch(kubectl, edit)
        seen = looked(specimens, PLAIN)
        assert [path for path, _ in seen.paths] == paths, edit
        assert {manager for _, manager in seen.paths} <= {"kubectl-patch", None}, edit
        kubectl("patch", "specimens", "one", "--type=json", "-p", gojson.encode([{**restore, "value": before}]))
        assert looked(specimens, PLAIN).drift == [], edit


def test_an_edit_that_was_taken_back_leaves_a_node_that_proves_itself(kubectl: Kubectl, specimens: Kinds) -> None:
    deploy(kubectl, PLAIN, *SERVER_SIDE)
    merge_patch(kubectl, {"image": "edited", "env": []})
    assert looked(specimens).proof is None
    merge_patch(kubectl, {"image": PLAIN["image"], "env": PLAIN["env"]})
    seen = looked(specimens)
    assert same_data(seen.proof, PLAIN)
    assert seen.drift == []


def test_an_edited_revision_leaves_the_node_unproved_until_it_is_that_of_known_data(
    kubectl: Kubectl, specimens: Kinds
) -> None:
    deploy(kubectl, PLAIN, "apply")
    merge_patch(kubectl, {"deploymentRevision": "0123456789"})
    assert looked(specimens, PLAIN).proof is None
    old: Object = {**PLAIN, "image": "old"}
    merge_patch(kubectl, {"deploymentRevision": METHOD.revision(gojson.encode(old))})
    assert looked(specimens, old).paths == [("/image", "kubectl-client-side-apply")]


def test_labels_and_annotations_are_no_parameters(kubectl: Kubectl, specimens: Kinds) -> None:
    deploy(kubectl, PLAIN, *SERVER_SIDE)
    kubectl("label", "specimens", "one", "a=b")
    kubectl("annotate", "specimens", "one", "a=b")
    seen = looked(specimens)
    assert same_data(seen.proof, PLAIN)
    assert seen.drift == []


def test_scaling_leaves_the_owner_as_it_was_and_is_drift_where_the_data_sets_the_size(
    kubectl: Kubectl, specimens: Kinds
) -> None:
    deploy(kubectl, {**PLAIN, "replicas": 2}, *SERVER_SIDE)
    kubectl("scale", "specimens", "one", "--replicas=3")
    assert looked(specimens, {**PLAIN, "replicas": 2}).paths == [("/replicas", "kubectl")]


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE], ids=" ".join)
def test_another_text_deployed_by_hand_under_the_same_revision_is_drift(
    kubectl: Kubectl, specimens: Kinds, way: tuple[str, ...]
) -> None:
    deploy(kubectl, PLAIN, *way)
    env: list[Value] = [{"name": "a", "value": "new"}, {"name": "b", "value": "1"}]
    edited: Object = {**PLAIN, "replicas": 3, "env": env}
    deploy(kubectl, edited, *way, revision=METHOD.revision(gojson.encode(PLAIN)))
    seen = looked(specimens, PLAIN)
    assert [path for path, _ in seen.paths] == ["/env/0/value", "/replicas"]


def test_without_managed_fields_and_annotation_the_parameters_without_defaults_prove(
    kubectl: Kubectl, specimens: Kinds
) -> None:
    deploy(kubectl, PLAIN, "create")
    stripped = gojson.encode({"metadata": {"managedFields": [{}]}})
    kubectl("patch", "specimens", "one", "--type=merge", "-p", stripped)
    assert at(one(specimens), "/metadata/managedFields") is None
    seen = looked(specimens)
    assert seen.proof is not None
    assert seen.proof.source == "its parameters without defaults"
    merge_patch(kubectl, {"image": "edited"})
    # The API server keeps no record for an object that has none, until somebody applies it.
    assert looked(specimens, PLAIN).paths == [("/image", None)]
