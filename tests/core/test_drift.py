from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.drift import Drifted, drift
from kubectl_express.core.parameters import ABSENT, ParameterChange, applied

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.values import Object

SCHEMA: Object = {
    "properties": {
        "spec": {
            "properties": {
                "replicas": {"type": "integer", "default": 1},
                "strategy": {"properties": {"surge": {"type": "integer", "default": 2}}},
                "env": {"type": "array", "items": {"properties": {"kind": {"type": "string", "default": "plain"}}}},
                "ports": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["port", "protocol"],
                    "items": {"properties": {"protocol": {"type": "string", "default": "TCP"}}},
                },
            }
        }
    }
}
REVISION: Object = {"f:deploymentRevision": {}}


def manager(name: str, tree: Object, operation: str = "Update") -> Object:
    return {"manager": name, "operation": operation, "fieldsV1": {"f:spec": tree}}


def found(
    data: Object,
    live: Object,
    *managers: Object,
    schema: Callable[[], Object | None] = lambda: SCHEMA,
    last_applied: Object | None = None,
) -> list[Drifted]:
    annotations: Object = {}
    if last_applied is not None:
        annotations["kubectl.kubernetes.io/last-applied-configuration"] = gojson.encode({"spec": last_applied})
    resource: Object = {
        "metadata": {"managedFields": list(managers), "annotations": annotations},
        "spec": {**live, "deploymentRevision": "abc"},
    }
    return drift(resource, data, data_path="/spec", revision_path="/spec/deploymentRevision", schema=schema)


def no_schema() -> Object | None:
    raise AssertionError("the schema costs a request that was not needed")


def test_a_changed_parameter_is_drift_and_names_who_owns_it_now() -> None:
    hand = manager("kubectl-edit", {"f:image": {}})
    assert found({"image": "x"}, {"image": "y"}, hand, schema=no_schema) == [
        Drifted("/image", "x", "y", True, True, "kubectl-edit")
    ]


def test_a_parameter_that_a_controller_changed_is_drift_too() -> None:
    assert found({"replicas": 2}, {"replicas": 5}, manager("autoscaler", {"f:replicas": {}})) == [
        Drifted("/replicas", 2, 5, True, True, "autoscaler")
    ]


def test_a_parameter_that_is_gone_is_drift() -> None:
    assert found({"a": {"b~/c": 1}}, {"a": {}}, schema=no_schema) == [Drifted("/a/b~0~1c", 1, None, True, False, None)]


def test_a_parameter_that_went_back_to_its_default_is_drift() -> None:
    hand = manager("kubectl-edit", {"f:replicas": {}})
    assert found({"replicas": 3}, {"replicas": 1}, hand) == [Drifted("/replicas", 3, 1, True, True, "kubectl-edit")]


def test_a_parameter_that_a_hand_added_is_drift_with_all_that_is_in_it() -> None:
    hand = manager("kubectl-patch", {"f:extra": {".": {}, "f:a": {}}})
    assert found({}, {"extra": {"a": 1}}, hand) == [Drifted("/extra", None, {"a": 1}, False, True, "kubectl-patch")]


def test_a_hand_that_set_a_default_to_its_own_value_changed_nothing() -> None:
    assert found({}, {"replicas": 1}, manager("kubectl-edit", {"f:replicas": {}})) == []


def test_a_hand_that_set_a_default_to_another_value_is_drift() -> None:
    hand = manager("kubectl-edit", {"f:replicas": {}})
    assert found({}, {"replicas": 4}, hand) == [Drifted("/replicas", None, 4, False, True, "kubectl-edit")]


def test_what_a_hand_added_is_drift_where_the_schema_cannot_be_had() -> None:
    hand = manager("kubectl-edit", {"f:replicas": {}})
    assert len(found({}, {"replicas": 1}, hand, schema=lambda: None)) == 1


def test_a_value_that_was_edited_and_restored_is_no_drift() -> None:
    hand = manager("kubectl-edit", {"f:image": {}, "f:env": {}})
    live: Object = {"image": "x", "env": [{"name": "a", "kind": "plain"}]}
    assert found({"image": "x", "env": [{"name": "a"}]}, live, hand) == []


def test_defaults_and_fields_of_controllers_are_no_drift_and_need_no_schema() -> None:
    live: Object = {"image": "x", "replicas": 1, "strategy": {"surge": 2}, "weight": {"now": 5}}
    managers = [
        manager("helm", {**REVISION, "f:image": {}, "f:replicas": {}, "f:strategy": {".": {}, "f:surge": {}}}),
        manager("scheduler", {"f:weight": {".": {}, "f:now": {}}}),
    ]
    assert found({"image": "x", "strategy": {}}, live, *managers, schema=no_schema) == []
    assert found({"image": "x", "strategy": {}}, live, schema=no_schema) == []


def test_defaults_filled_into_an_empty_object_that_was_applied_are_no_drift() -> None:
    tree: Object = {**REVISION, "f:strategy": {}}
    assert found({"strategy": {}}, {"strategy": {"surge": 2}}, manager("kubectl", tree, "Apply")) == []


def test_what_a_hand_wrote_into_a_controllers_object_is_drift() -> None:
    managers = [
        manager("scheduler", {"f:weight": {".": {}, "f:now": {}}}),
        manager("kubectl-edit", {"f:weight": {"f:by": {}}}),
    ]
    assert found({}, {"weight": {"now": 5, "by": 1}}, *managers) == [
        Drifted("/weight/by", None, 1, False, True, "kubectl-edit")
    ]


def test_items_that_a_hand_put_into_a_default_list_are_drift_of_that_list() -> None:
    hand = manager("kubectl-edit", {"f:volumes": {'k:{"name":"v"}': {".": {}, "f:name": {}}}})
    assert found({}, {"volumes": [{"name": "v"}]}, hand) == [
        Drifted("/volumes", None, [{"name": "v"}], False, True, "kubectl-edit")
    ]


def test_what_a_controller_applies_as_well_is_not_the_hands_any_more() -> None:
    managers = [manager("kubectl-edit", {"f:weight": {}}), manager("scheduler", {"f:weight": {}}, "Apply")]
    assert found({}, {"weight": 5}, *managers) == []


@pytest.mark.parametrize(
    ("data", "live"),
    [
        pytest.param({"a": None}, {}, id="a null that was dropped"),
        pytest.param({"replicas": None}, {"replicas": 1}, id="a null for which the default stepped in"),
        pytest.param({"a": {"b": None}}, {"a": {}}, id="a null inside"),
        pytest.param({"l": [{"b": None}]}, {"l": [{}]}, id="a null inside a list"),
        pytest.param({"a": None}, {"a": None}, id="a null that was kept"),
        pytest.param({}, {"a": None}, id="a null that means nothing"),
        pytest.param({"a": 1000000.0}, {"a": 1000000}, id="a float that became an integer"),
        pytest.param({"a": -0.0}, {"a": 0}, id="a zero that lost its sign"),
    ],
)
def test_what_the_server_drops_or_writes_differently_is_no_drift(data: Object, live: Object) -> None:
    tree: Object = {**REVISION, **{f"f:{key}": {} for key in data}}
    assert found(data, live, manager("kubectl", tree, "Apply")) == []


def test_a_hand_that_set_what_was_null_is_drift() -> None:
    hand = manager("kubectl-edit", {"f:a": {}})
    assert found({"a": None}, {"a": 2}, hand) == [Drifted("/a", None, 2, True, True, "kubectl-edit")]


def test_a_hand_that_emptied_a_default_is_drift() -> None:
    hand = manager("kubectl-edit", {"f:replicas": {}})
    assert found({}, {"replicas": None}, hand) == [Drifted("/replicas", None, None, False, True, "kubectl-edit")]


def test_an_edit_inside_a_list_with_one_owner_names_the_place_and_not_the_defaults() -> None:
    live: Object = {"env": [{"name": "a", "value": "2", "kind": "plain"}, {"name": "b", "own": 1, "kind": "plain"}]}
    data: Object = {"env": [{"name": "a", "value": "1"}, {"name": "b"}]}
    assert found(data, live, manager("kubectl-edit", {"f:env": {}})) == [
        Drifted("/env/0/value", "1", "2", True, True, "kubectl-edit"),
        Drifted("/env/1/own", None, 1, False, True, "kubectl-edit"),
    ]


def test_an_item_more_or_less_in_a_list_with_one_owner_is_drift_of_the_list() -> None:
    hand = manager("kubectl-edit", {"f:env": {}})
    assert found({"env": [1, 2]}, {"env": [2]}, hand) == [Drifted("/env", [1, 2], [2], True, True, "kubectl-edit")]


TCP_53, UDP_53 = 'k:{"port":53,"protocol":"TCP"}', 'k:{"port":53,"protocol":"UDP"}'


def test_items_of_a_merged_list_are_matched_by_keys_their_defaults_included_in_any_order() -> None:
    live: Object = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}
    data: Object = {"ports": [{"port": 53}, {"port": 53, "protocol": "UDP"}]}
    deployer = manager("kubectl", {**REVISION, "f:ports": {TCP_53: {}, UDP_53: {}}}, "Apply")
    assert found(data, live, deployer, schema=no_schema) == []
    assert found(data, live) == []


def test_items_that_a_controller_added_to_a_merged_list_are_no_drift_and_a_hands_are() -> None:
    live: Object = {"ports": [{"port": 1}, {"port": 53, "protocol": "TCP"}, {"port": 2}]}
    managers = [
        manager("kubectl", {**REVISION, "f:ports": {TCP_53: {".": {}, "f:port": {}}}}, "Apply"),
        manager("mesh", {"f:ports": {'k:{"port":1}': {".": {}, "f:port": {}}}}),
        manager("kubectl-edit", {"f:ports": {'k:{"port":2}': {".": {}, "f:port": {}}}}),
    ]
    assert found({"ports": [{"port": 53}]}, live, *managers) == [
        Drifted("/ports/1", None, {"port": 2}, False, True, "kubectl-edit")
    ]


def test_members_and_order_of_a_set_are_told_by_value() -> None:
    managers = [
        manager("kubectl", {**REVISION, "f:zones": {'v:"a"': {}, 'v:"b"': {}}}, "Apply"),
        manager("kubectl-edit", {"f:zones": {'v:"c"': {}}}),
        manager("mesh", {"f:zones": {'v:"d"': {}}}),
    ]
    assert found({"zones": ["a", "b"]}, {"zones": ["b", "d", "a"]}, *managers) == []
    assert found({"zones": ["a", "b"]}, {"zones": ["c", "b", "d"]}, *managers) == [
        Drifted("/zones/2", None, "c", False, True, "kubectl-edit"),
        Drifted("/zones/0", "a", None, True, False, None),
    ]


def test_the_changes_lead_from_the_data_to_what_is_live() -> None:
    data: Object = {"gone": 1, "ports": [{"port": 1}, {"port": 2}, {"port": 3, "name": "x"}], "env": [1, 2]}
    live: Object = {"ports": [{"port": 3, "name": "y"}, {"port": 4}, {"port": 5}], "env": [2], "more": {"a": 1}}
    trees: Object = {f'k:{{"port":{port}}}': {".": {}, "f:port": {}} for port in (3, 4, 5)}
    hand = manager("kubectl-edit", {"f:ports": trees, "f:env": {}, "f:more": {".": {}, "f:a": {}}})
    changes = [
        ParameterChange(
            each.path, each.expected if each.has_expected else ABSENT, each.actual if each.has_actual else ABSENT
        )
        for each in found(data, live, hand)
    ]
    assert applied(data, changes) == live


def test_what_was_deployed_again_by_hand_under_the_same_revision_is_drift() -> None:
    tree: Object = {**REVISION, "f:more": {}, "f:env": {}, "f:replicas": {}}
    live: Object = {"more": 1, "env": [{"own": 1, "kind": "plain"}], "replicas": 1}
    expected = [("/env/0/own", 1), ("/more", 1)]
    by_apply = found({"env": [{}]}, live, manager("kubectl", tree, "Apply"))
    client_side = manager("kubectl-client-side-apply", tree)
    by_client = found({"env": [{}]}, live, client_side, last_applied={"more": 1, "env": [{"own": 1}]})
    assert [(each.path, each.actual) for each in by_apply] == expected
    assert [(each.path, each.actual) for each in by_client] == expected


def test_what_a_deployer_owns_by_updating_may_be_a_webhooks() -> None:
    tree: Object = {**REVISION, "f:injected": {}}
    live: Object = {"injected": 1}
    assert found({}, live, manager("helm", tree)) == []
    assert found({}, live, manager("kubectl-client-side-apply", tree), last_applied={"other": 1}) == []


def test_without_managed_fields_a_changed_parameter_is_drift_of_unknown_hand_and_an_extra_one_is_not() -> None:
    assert found({"image": "x"}, {"image": "y", "extra": 1}) == [Drifted("/image", "x", "y", True, True, None)]


def test_an_edit_of_the_revision_or_of_metadata_alone_is_no_drift() -> None:
    hand: Object = {
        "manager": "kubectl-edit",
        "operation": "Update",
        "fieldsV1": {"f:metadata": {"f:labels": {"f:a": {}}}, "f:spec": {"f:deploymentRevision": {}}},
    }
    assert found({"image": "x"}, {"image": "x"}, hand, schema=no_schema) == []
