from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.deployer import approach, body, merge_patch, overridden
from kubectl_express.core.last_applied import ANNOTATION
from kubectl_express.core.settings import Settings
from kubectl_express.core.values import Object, Value, at, mapping

if TYPE_CHECKING:
    from kubectl_express.core.deployer import Approach

SETTINGS = Settings()
SPEC: Object = {"zone": "a", "deploymentRevision": "1"}
OWNED: Object = {"f:spec": {"f:zone": {}, "f:deploymentRevision": {}}}
NOTED: Object = {"f:metadata": {"f:annotations": {".": {}, f"f:{ANNOTATION}": {}}}}
HELM: Object = {
    "f:metadata": {
        "f:annotations": {"f:meta.helm.sh/release-name": {}},
        "f:labels": {"f:app.kubernetes.io/managed-by": {}},
    }
}


def backend(spec: Object, **metadata: Value) -> Object:
    return {
        "apiVersion": "express.example.com/v1",
        "kind": "Backend",
        "metadata": {"name": "be1", **metadata},
        "spec": spec,
    }


def entry(manager: str, operation: str, fields: Object, time: str = "2024-01-01T00:00:00Z", **more: Value) -> Value:
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": "express.example.com/v1",
        "time": time,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        **more,
    }


def live(*entries: Value, spec: Object = SPEC, **metadata: Value) -> Object:
    return backend(spec, namespace="sys", resourceVersion="7", managedFields=list(entries), **metadata)


def noted(*entries: Value, spec: Object = SPEC, of: Object | None = None) -> Object:
    note = gojson.encode(of or backend(spec, annotations={}, namespace="sys")) + "\n"
    return live(*entries, spec=spec, annotations={ANNOTATION: note})


def chosen(resource: Object, target: Object | None = None) -> Approach:
    return approach(target or backend(SPEC), resource, "sys", SETTINGS)


def fields_of(way: Approach) -> dict[tuple[str, str], Object]:
    entries = [mapping(each) for each in way.managed_fields or []]
    return {(str(each["manager"]), str(each["operation"])): mapping(each["fieldsV1"]) for each in entries}


def test_a_client_side_deployer_with_its_note_is_acted_for_by_a_merge_patch_and_nothing_is_migrated() -> None:
    for manager in ("kubectl-client-side-apply", "argocd-controller"):
        way = chosen(noted(entry(manager, "Update", {**OWNED, **NOTED})))
        assert (way.manager, way.patches, way.managed_fields) == (manager, True, None)


def test_one_that_applies_is_acted_for_by_a_server_side_apply_under_its_name() -> None:
    for manager in ("kubectl", "helm", "argocd-controller", "ci"):
        way = chosen(live(entry(manager, "Apply", OWNED)))
        assert (way.manager, way.patches, way.managed_fields) == (manager, False, None)


@pytest.mark.parametrize(
    ("manager", "name"),
    [
        ("helm", "helm"),
        ("argocd-controller", "argocd-controller"),
        ("kubectl-create", "kubectl"),
        ("kubectl-replace", "kubectl"),
        ("kubectl-client-side-apply", "kubectl"),
        ("some-client", "kubectl"),
    ],
)
def test_one_that_has_only_updated_is_made_to_have_applied_first(manager: str, name: str) -> None:
    way = chosen(live(entry(manager, "Update", OWNED)))
    assert (way.manager, way.patches) == (name, False)
    assert fields_of(way) == {(name, "Apply"): OWNED}


def test_the_deployer_is_who_owns_the_revision_whatever_else_others_own() -> None:
    other: Object = {"f:spec": {"f:zone": {}}}
    way = chosen(live(entry("helm", "Apply", other), entry("ci", "Apply", OWNED)))
    assert way.manager == "ci"
    assert fields_of(way) == {("ci", "Apply"): OWNED}, "what the other deployer owns is folded in"


def test_a_hand_that_changed_the_revision_is_no_deployer() -> None:
    by_hand: Object = {"f:spec": {"f:deploymentRevision": {}}}
    way = chosen(live(entry("helm", "Apply", {"f:spec": {"f:zone": {}}}), entry("kubectl-edit", "Update", by_hand)))
    assert way.manager == "helm"
    assert fields_of(way) == {("helm", "Apply"): OWNED}


def test_signatures_stay_with_those_who_signed() -> None:
    way = chosen(live(entry("helm", "Update", {**OWNED, **HELM})))
    assert fields_of(way) == {("helm", "Apply"): OWNED, ("helm", "Update"): HELM}


def test_a_server_side_apply_repeats_what_its_manager_has_signed_and_nothing_else() -> None:
    labels: Object = {"app.kubernetes.io/managed-by": "Helm", "other": "x"}
    annotations: Object = {"meta.helm.sh/release-name": "foo"}
    resource = live(entry("helm", "Apply", {**OWNED, **HELM}), labels=labels, annotations=annotations)
    said = body(backend(SPEC), resource, "helm")
    assert said["spec"] == SPEC
    assert said["metadata"] == {
        "name": "be1",
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": annotations,
    }
    unsigned = backend(SPEC)
    assert body(unsigned, live(entry("kubectl", "Apply", OWNED)), "kubectl") is unsigned


def test_of_hands_what_the_target_says_and_all_parameters_are_taken_over_but_no_label_of_theirs() -> None:
    by_hand: Object = {"f:spec": {"f:added": {}}, "f:metadata": {"f:labels": {"f:mine": {}, "f:theirs": {}}}}
    resource = live(entry("kubectl", "Apply", OWNED), entry("kubectl-edit", "Update", by_hand))
    fields = fields_of(chosen(resource, backend(SPEC, labels={"theirs": "1"})))
    assert fields["kubectl", "Apply"] == {
        "f:spec": {**mapping(OWNED["f:spec"]), "f:added": {}},
        "f:metadata": {"f:labels": {"f:theirs": {}}},
    }
    assert fields["kubectl-edit", "Update"] == {"f:metadata": {"f:labels": {"f:mine": {}}}}


def test_controllers_and_the_status_are_left_alone() -> None:
    status = entry("operator", "Update", {"f:status": {"f:ready": {}}}, subresource="status")
    theirs = entry("autoscaler", "Update", {"f:spec": {"f:zone": {}}})
    way = chosen(live(entry("helm", "Update", OWNED), status, theirs))
    assert (way.managed_fields or [])[1:] == [status, theirs]


def test_a_node_too_big_for_its_note_is_applied_server_side_from_now_on() -> None:
    big: Object = {**SPEC, "blob": "x" * 300_000}
    for manager, name in (("kubectl-client-side-apply", "kubectl"), ("argocd-controller", "argocd-controller")):
        way = chosen(noted(entry(manager, "Update", {**OWNED, **NOTED})), backend(big))
        assert (way.manager, way.patches, way.renews) == (name, False, None)
        assert at(fields_of(way)[name, "Apply"], "/f:metadata/f:annotations") == {".": {}, f"f:{ANNOTATION}": {}}


def test_an_object_that_is_emptied_is_set_by_a_merge_patch_and_taken_for_applied_after_it() -> None:
    resource = live(
        entry("helm", "Apply", {"f:spec": {"f:deploymentRevision": {}, "f:extra": {"f:a": {}}}}),
        spec={"deploymentRevision": "1", "extra": {"a": 1}},
    )
    target = backend({"deploymentRevision": "2", "extra": {}})
    way = chosen(resource, target)
    assert (way.manager, way.patches, way.applies_next) == ("helm", True, True)
    assert merge_patch(target, resource, "sys", SETTINGS) == {"spec": {"deploymentRevision": "2", "extra": {"a": None}}}
    filled = live(
        entry("helm", "Apply", {"f:spec": {"f:deploymentRevision": {}, "f:extra": {}}}),
        spec={**SPEC, "extra": {"d": 1}},
    )
    assert not chosen(filled, target).applies_next, "what the server fills in is not the deployer's"


def test_the_merge_patch_takes_out_what_was_dropped_and_what_hands_added_and_renews_the_note() -> None:
    client_side = entry("kubectl-client-side-apply", "Update", {**OWNED, **NOTED})
    by_hand = entry("kubectl-patch", "Update", {"f:spec": {"f:added": {}}})
    resource = noted(client_side, by_hand)
    resource["spec"] = {**SPEC, "added": True, "defaulted": 1}
    target = backend({"deploymentRevision": "2"})
    patch = merge_patch(target, resource, "sys", SETTINGS)
    assert patch["spec"] == {"zone": None, "added": None, "deploymentRevision": "2"}
    note = mapping(at(patch, "/metadata/annotations"))[ANNOTATION]
    assert note == (
        '{"apiVersion":"express.example.com/v1","kind":"Backend",'
        '"metadata":{"annotations":{},"name":"be1","namespace":"sys"},"spec":{"deploymentRevision":"2"}}\n'
    )


def test_the_note_keeps_what_argo_cd_signs_and_so_does_the_object() -> None:
    tracking = "argocd.argoproj.io/tracking-id"
    signed: Object = {"f:metadata": {"f:annotations": {f"f:{ANNOTATION}": {}, f"f:{tracking}": {}}}}
    resource = noted(
        entry("argocd-controller", "Update", {**OWNED, **signed}),
        of=backend(SPEC, annotations={tracking: "t"}, namespace="sys"),
    )
    mapping(at(resource, "/metadata/annotations"))[tracking] = "t"
    patch = merge_patch(backend({"deploymentRevision": "2"}), resource, "sys", SETTINGS)
    annotations = mapping(at(patch, "/metadata/annotations"))
    assert tracking not in annotations, "it stays as it is"
    assert f'"annotations":{{"{tracking}":"t"}}' in str(annotations[ANNOTATION])


def test_fields_of_other_managers_that_change_or_go_are_told_by_manager_and_place() -> None:
    resource = live(
        entry("kubectl", "Apply", OWNED),
        entry("autoscaler", "Update", {"f:spec": {"f:zone": {}, "f:extra": {"f:a": {}, "f:b": {}}}}),
        entry("kubectl-edit", "Update", {"f:spec": {"f:added": {}}}),
        spec={**SPEC, "added": 1, "extra": {"a": 1, "b": 2}},
    )
    answer = live(spec={"zone": "b", "deploymentRevision": "2", "extra": {"b": 2}})
    assert overridden(backend(SPEC), resource, answer, SETTINGS) == {"autoscaler": ["/spec/extra/a", "/spec/zone"]}
    assert overridden(backend(SPEC), resource, resource, SETTINGS) == {}
