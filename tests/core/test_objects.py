from __future__ import annotations

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.objects import as_deployed, deployed, object_changes
from kubectl_express.core.settings import ResourceSettings
from kubectl_express.core.values import Object, Value, mapping
from tests.core.rendered import LAST_APPLIED, resource

SETTINGS = ResourceSettings()


def settings_map(name: str = "settings", namespace: str | None = None, **data: Value) -> Object:
    metadata: Object = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def changed(baseline: list[Object], target: list[Object]) -> list[tuple[str, str, str]]:
    found = object_changes(deployed(baseline, SETTINGS), deployed(target, SETTINGS), SETTINGS)
    return [(each.change, each.kind, each.name) for each in found]


def with_metadata(manifest: Object, **members: Value) -> Object:
    return {**manifest, "metadata": {**mapping(manifest["metadata"]), **members}}


def test_other_objects_are_new_removed_or_changed() -> None:
    baseline = [settings_map("a", x="1"), settings_map("b"), settings_map("c")]
    target = [settings_map("a", x="2"), settings_map("b"), settings_map("d")]
    assert changed(baseline, target) == [
        ("changed", "ConfigMap", "a"),
        ("removed", "ConfigMap", "c"),
        ("new", "ConfigMap", "d"),
    ]


def test_a_node_s_parameters_and_revision_are_its_own_business_its_labels_are_not() -> None:
    node = resource("be1", {"image": "x"})
    assert changed([node], [resource("be1", {"image": "y"})]) == []
    assert changed([node], [with_metadata(node, labels={"team": "a"})]) == [("changed", "Backend", "be1")]
    assert changed([node], []) == []
    assert changed([], [node]) == []


def test_helm_s_hooks_are_left_out() -> None:
    hook = with_metadata(settings_map(), annotations={"helm.sh/hook": "test"})
    assert changed([], [hook]) == []


def test_an_object_is_the_same_in_another_version_of_its_group_only() -> None:
    def ingress(api_version: str) -> Object:
        return {"apiVersion": api_version, "kind": "Ingress", "metadata": {"name": "i"}}

    assert changed([ingress("networking.k8s.io/v1")], [ingress("networking.k8s.io/v1beta1")]) == [
        ("changed", "Ingress", "i")
    ]
    assert changed([ingress("networking.k8s.io/v1")], [ingress("extensions/v1beta1")]) == [
        ("new", "Ingress", "i"),
        ("removed", "Ingress", "i"),
    ]


def test_objects_of_one_name_in_two_namespaces_are_two_objects() -> None:
    node = with_metadata(resource("be1", {}), namespace="express")
    here, there = settings_map(namespace="express", x="1"), settings_map(namespace="monitoring", x="1")
    elsewhere = settings_map(namespace="monitoring", x="2")
    assert changed([node, here, there], [node, here, elsewhere]) == [("changed", "ConfigMap", "monitoring/settings")]


def test_the_namespace_that_the_side_implies_may_be_named_or_not() -> None:
    named = [with_metadata(resource("be1", {}), namespace="express"), settings_map(namespace="express", x="1")]
    assert changed([resource("be1", {}), settings_map(x="1")], named) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"a": None}, {}),
        ({"a": {}}, {}),
        ({"a": {"b": {"c": None}}}, {}),
        ({"a": []}, {}),
        ({"a": 1000000.0}, {"a": 1000000}),
        ({"a": [{"b": None}]}, {"a": [{}]}),
    ],
)
def test_what_an_apply_would_not_change_is_no_change(old: Object, new: Object) -> None:
    kind: Object = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}
    assert changed([{**kind, "spec": {"x": 1, **old}}], [{**kind, "spec": {"x": 1, **new}}]) == []


@pytest.mark.parametrize(
    ("old", "new"), [({"a": 0}, {}), ({"a": False}, {}), ({"a": ""}, {}), ({"a": [None]}, {"a": []})]
)
def test_zero_false_and_the_empty_text_are_values(old: Object, new: Object) -> None:
    kind: Object = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}
    assert changed([{**kind, "spec": old}], [{**kind, "spec": new}]) == [("changed", "Service", "s")]


def test_the_last_applied_annotation_that_every_apply_renews_is_neither_compared_nor_shown() -> None:
    before = with_metadata(settings_map(x="1"), annotations={LAST_APPLIED: "secret", "kept": "1"})
    (change,) = object_changes(deployed([before], SETTINGS), deployed([settings_map(x="2")], SETTINGS), SETTINGS)
    assert "secret" not in repr(change)
    assert changed([before], [with_metadata(settings_map(x="1"), annotations={"kept": "1"})]) == []


def live(wanted: Object, **managed: Object) -> Object:
    """Return the object with managed fields, a manager each: `helm_Apply={"f:data": …}`."""
    entries: list[Value] = [
        {"manager": name.partition("_")[0], "operation": name.partition("_")[2], "fieldsV1": fields}
        for name, fields in managed.items()
    ]
    return with_metadata(wanted, managedFields=entries, uid="1", resourceVersion="7")


def dropped(manifest: Object, target: Object) -> bool:
    return as_deployed(manifest, target) != target


def test_what_the_server_and_controllers_added_is_left_out_of_a_live_object() -> None:
    wanted: Object = {"kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}], "selector": {}}}
    there: Object = {
        "kind": "Service",
        "metadata": {"name": "s", "uid": "1", "annotations": {"controller": "x"}},
        "spec": {"ports": [{"port": 80, "protocol": "TCP"}], "selector": {}, "clusterIP": "10.0.0.1"},
        "status": {"loadBalancer": {}},
    }
    # Not only as much: of ten thousand nodes, most are no different, and none is to be kept twice.
    assert as_deployed(there, wanted) is wanted


def test_a_member_that_is_different_or_gone_is_given_as_it_is() -> None:
    assert as_deployed(settings_map(a="1"), settings_map(a="2", b="3")) == settings_map(a="1")


def test_a_list_of_another_length_is_given_as_it_is() -> None:
    assert as_deployed({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}, {"b": 2}]}) == {"a": [{"b": 1, "c": 2}]}


def test_what_was_applied_before_and_dropped_since_is_kept() -> None:
    before = settings_map(kept="1", gone="2")
    there = with_metadata(
        {**before, "data": {"kept": "1", "gone": "2", "added": "3"}}, annotations={LAST_APPLIED: gojson.encode(before)}
    )
    assert as_deployed(there, settings_map(kept="1"))["data"] == {"kept": "1", "gone": "2"}


def test_argo_cd_s_mark_in_what_it_applied_is_no_change_where_the_chart_has_no_annotation_either() -> None:
    mark: Object = {"argocd.argoproj.io/tracking-id": "yul1-a:/ConfigMap:a/settings"}
    wanted = settings_map(a="1")
    applied = with_metadata(wanted, annotations=mark)
    there = with_metadata(wanted, annotations={**mark, LAST_APPLIED: gojson.encode(applied)})
    assert changed([as_deployed(there, wanted)], [wanted]) == []
    noted = with_metadata(applied, annotations={**mark, "team": "a"})
    there = with_metadata(wanted, annotations={**mark, "team": "a", LAST_APPLIED: gojson.encode(noted)})
    assert changed([as_deployed(there, wanted)], [wanted]) == [("changed", "ConfigMap", "settings")]


@pytest.mark.parametrize(
    ("manager", "seen"),
    [
        ("helm_Apply", True),
        ("kubectl_Apply", True),
        ("helm_Update", True),
        ("argocd-controller_Apply", True),
        ("kubectl-edit_Update", False),
        ("some-controller_Update", False),
        ("some-controller_Apply", False),
    ],
)
def test_a_dropped_key_shows_where_its_deployer_owned_it_without_an_annotation(manager: str, seen: bool) -> None:
    owned: Object = {"f:data": {"f:kept": {}, "f:gone": {}}}
    assert dropped(live(settings_map(kept="1", gone="2"), **{manager: owned}), settings_map(kept="1")) is seen


@pytest.mark.parametrize("manager", ["helm_Apply", "kubectl-client-side-apply_Update", "helm_Update"])
@pytest.mark.parametrize("member", ["labels", "annotations"])
def test_a_dropped_label_or_annotation_shows_where_a_deployer_had_set_it(member: str, manager: str) -> None:
    wanted: Object = {"kept": "x"}
    there_is: Object = {"kept": "x", "gone": "x", "controllers": "x"}
    target = with_metadata(settings_map(a="1"), **{member: wanted})
    there = with_metadata(target, **{member: there_is})
    fields: Object = {"f:metadata": {f"f:{member}": {".": {}, "f:kept": {}, "f:gone": {}}}}
    shown = as_deployed(live(there, **{manager: fields}), target)
    assert mapping(shown["metadata"])[member] == {"kept": "x", "gone": "x"}


def test_a_default_that_an_updating_deployer_owns_too_is_left_out() -> None:
    wanted: Object = {"kind": "Service", "metadata": {"name": "s"}, "spec": {"selector": {"a": "b"}}}
    there: Object = {**wanted, "spec": {"selector": {"a": "b"}, "type": "ClusterIP"}}
    fields: Object = {"f:spec": {"f:selector": {}, "f:type": {}}}
    assert not dropped(live(there, helm_Update=fields), wanted)
    assert dropped(live(there, helm_Apply=fields), wanted)


@pytest.mark.parametrize(
    "signature",
    [
        {"annotations": {"argocd.argoproj.io/tracking-id": "app"}},
        {"annotations": {"meta.helm.sh/release-name": "x"}},
        {"labels": {"app.kubernetes.io/managed-by": "Helm"}},
    ],
)
def test_what_a_deployer_signs_with_is_no_part_of_the_chart(signature: Object) -> None:
    target = with_metadata(settings_map(a="1"), annotations={}, labels={})
    signed = with_metadata(settings_map(a="1"), **{"annotations": {}, "labels": {}, **signature})
    own: Object = {
        f"f:{member}": {".": {}, **{f"f:{key}": {} for key in mapping(each)}} for member, each in signature.items()
    }
    fields: Object = {"f:metadata": own, "f:data": {"f:a": {}}}
    assert not dropped(live(signed, helm_Apply=fields), target)
    if "argocd" in repr(signature):
        annotations = {**mapping(signature["annotations"]), LAST_APPLIED: gojson.encode(signed)}
        assert not dropped(with_metadata(signed, annotations=annotations), target)


@pytest.mark.parametrize("annotation", ["{", "", "[]", "null"])
def test_a_broken_annotation_tells_of_nothing(annotation: str) -> None:
    there = with_metadata(settings_map(a="1", b="2"), annotations={LAST_APPLIED: annotation})
    assert as_deployed(there, settings_map(a="1")) == settings_map(a="1")


def test_a_secret_s_texts_are_compared_as_the_server_stores_them() -> None:
    named: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    said: Object = {**named, "data": {"a": "eA==", "b": "eA=="}, "stringData": {"b": "é"}}
    stored: Object = {**named, "data": {"a": "eA==", "b": "w6k="}}
    assert changed([stored], [said]) == []
    assert changed([stored], [{**said, "stringData": {"b": "e"}}]) == [("changed", "Secret", "s")]
