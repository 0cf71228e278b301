from __future__ import annotations

import pytest

from kubectl_express.core.changes import ChangeKind, changes
from kubectl_express.core.helm_order import in_helm_order
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.objects import deployed, object_changes
from kubectl_express.core.plan import Action, Plan
from kubectl_express.core.planning import Choice, backwards, make_plan
from kubectl_express.core.values import Object, mapping
from kubectl_express.core.verdict import Comparison
from kubectl_express.errors import ExpressError
from tests.core.rendered import (
    SETTINGS,
    applied_by_kubectl,
    config_map,
    entry,
    live_of,
    resource,
    revision_of,
    side_of,
    system,
)

DATA: Object = {"image": "x"}
NEWER: Object = {"image": "y", "cache": 1}


def compared(baseline: list[Object], target: list[Object]) -> Comparison:
    """Return the comparison of what is live, applied by kubectl, with a file."""
    old, new = live_of([applied_by_kubectl(each) for each in baseline]), side_of(target)
    settings = SETTINGS.resources
    others = object_changes(deployed(old.objects, settings), deployed(new.objects, settings), settings)
    # As where the live counterparts of a target's objects are read: what it does not name is not looked at.
    others = [each for each in others if each.new is not None]
    return Comparison(old, new, tuple(changes(old, new, settings.kinds)), tuple(others))


def planned(baseline: list[Object], target: list[Object], choice: Choice | None = None) -> Plan:
    return make_plan(compared(baseline, target), SETTINGS, choice)


def nodes(plan: Plan) -> list[str]:
    return [step.node for step in plan.steps]


def test_only_what_changes_is_planned_in_the_order_of_a_rollout() -> None:
    plan = planned(
        system(be1=DATA, be2=DATA, be10=DATA, same=DATA),
        [*system(be10=NEWER, be2=NEWER, be1=NEWER, same=DATA), resource("fe1", DATA, kind="Frontend")],
    )
    assert nodes(plan) == ["be1", "be2", "be10", "fe1"]
    assert [step.change for step in plan.steps] == [ChangeKind.UPDATE] * 3 + [ChangeKind.NEW]
    first = plan.steps[0]
    assert (first.action, first.revision, first.reason) == (
        Action.APPLY,
        revision_of(NEWER),
        "/cache and 1 more change",
    )
    assert [manifest.name for manifest in plan.objects] == ["express-revisions-0"]


def test_an_annotation_overrides_the_order_and_a_change_of_annotations_alone_is_a_step_without_restart() -> None:
    wave = {"argocd.argoproj.io/sync-wave": "-1"}
    target = [config_map({**entry("be1", DATA), **entry("be2", NEWER)}), resource("be1", DATA)]
    plan = planned(system(be1=DATA, be2=DATA), [*target, resource("be2", NEWER, **wave)])
    assert nodes(plan) == ["be2"]
    plan = planned(
        system(be1=DATA, be2=DATA), [*system(be1=DATA)[:1], resource("be1", DATA), resource("be2", DATA, **wave)]
    )
    assert [(step.node, step.change, step.reason) for step in plan.steps] == [
        ("be2", ChangeKind.SAME, "labels or annotations change")
    ]


def test_a_node_changed_by_hand_is_put_back() -> None:
    drifted = applied_by_kubectl(resource("be1", DATA))
    drifted = {**drifted, "spec": {**mapping(drifted["spec"]), "image": "by hand"}}
    old, new = live_of([config_map(entry("be1", DATA)), drifted]), side_of(system(be1=DATA))
    comparison = Comparison(old, new, tuple(changes(old, new, SETTINGS.resources.kinds)), ())
    (step,) = make_plan(comparison, SETTINGS).steps
    assert (step.change, step.revision) == (ChangeKind.SAME, revision_of(DATA))
    assert step.reason.startswith("to be put back: /image")


@pytest.mark.parametrize("proven", [True, False])
def test_a_node_that_has_its_new_parameters_already_and_not_its_revision_is_rolled(proven: bool) -> None:
    there = applied_by_kubectl(resource("be1", DATA))
    there = {**there, "spec": {**mapping(there["spec"]), "image": "y"}}  # by hand
    if not proven:
        there = {**there, "spec": {"image": "y", "deploymentRevision": "ffffffffff"}}
    old, new = live_of([config_map(entry("be1", DATA)), there]), side_of(system(be1={"image": "y"}))
    comparison = Comparison(old, new, tuple(changes(old, new, SETTINGS.resources.kinds)), ())
    assert [change.change for change in comparison.nodes] == [ChangeKind.UPDATE]
    (step,) = make_plan(comparison, SETTINGS).steps
    assert (step.revision, step.reason) == (
        revision_of({"image": "y"}),
        "its revision changes; its parameters are changed already",
    )


def test_removed_nodes_are_only_named_unless_they_are_to_be_deleted_and_then_they_come_last_in_reverse() -> None:
    before, after = system(be1=DATA, be2=DATA, be3=DATA), system(be1=NEWER)
    plan = planned(before, after)
    assert (nodes(plan), plan.removed) == (["be1"], ("be2", "be3"))
    plan = planned(before, after, Choice(prune=True))
    assert [(step.node, step.action) for step in plan.steps] == [
        ("be1", Action.APPLY),
        ("be3", Action.DELETE),
        ("be2", Action.DELETE),
    ]
    assert plan.removed == ()


def test_a_configmap_of_revisions_that_is_no_longer_rendered_goes_with_the_removed_nodes() -> None:
    before = [*system(be1=DATA), config_map(entry("be1", DATA), name="express-revisions-1")]
    assert planned(before, system(be1=DATA)).removed == ("ConfigMap/express-revisions-1",)
    plan = planned(before, system(be1=DATA), Choice(prune=True))
    assert [manifest.name for manifest in plan.deleted] == ["express-revisions-1"]


def test_hooks_and_tests_of_the_chart_are_named_and_not_applied() -> None:
    hook = config_map({"a": "b"}, name="migration")
    hook = {**hook, "metadata": {"name": "migration", "annotations": {"helm.sh/hook": "pre-upgrade"}}}
    plan = planned(system(be1=DATA), [*system(be1=NEWER), hook])
    assert plan.hooks == ("ConfigMap/migration",)
    assert "migration" not in [manifest.name for manifest in plan.objects]


def test_an_object_that_could_not_be_compared_is_applied_to_be_sure() -> None:
    service: Object = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "express"}}
    comparison = compared(system(be1=DATA), [*system(be1=DATA), service])
    blind = Comparison(comparison.baseline, comparison.target, comparison.nodes, (), (("Service", "express"),))
    assert [manifest.name for manifest in make_plan(blind, SETTINGS).objects] == ["express"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(only=("be2",)), ["be2"]),
        (Choice(start="be2"), ["be2", "be3"]),
        (Choice(only=("be1", "be3"), start="be2"), ["be3"]),
    ],
)
def test_a_choice_of_nodes_leaves_the_others_alone(choice: Choice, expected: list[str]) -> None:
    plan = planned(system(be1=DATA, be2=DATA, be3=DATA), system(be1=NEWER, be2=NEWER, be3=NEWER), choice)
    assert nodes(plan) == expected


def test_it_starts_from_a_node_that_is_done_already_as_well() -> None:
    plan = planned(system(be1=NEWER, be2=NEWER, be3=DATA), system(be1=NEWER, be2=NEWER, be3=NEWER), Choice(start="be2"))
    assert nodes(plan) == ["be3"]


@pytest.mark.parametrize(
    ("choice", "flag"),
    [
        (Choice(only=("be9",)), "--only"),
        (Choice(start="be9"), "--from"),
        (Choice(pause_after=("be9",)), "--pause-after"),
    ],
)
def test_a_choice_of_a_node_that_is_not_there_is_refused_with_the_nearest(choice: Choice, flag: str) -> None:
    with pytest.raises(ExpressError, match=f'{flag}: node "be9" not found; did you mean be2 or be1?'):
        planned(system(be1=DATA, be2=DATA), system(be1=NEWER, be2=NEWER), choice)


def test_it_pauses_after_the_nodes_named() -> None:
    plan = planned(system(be1=DATA, be2=DATA), system(be1=NEWER, be2=NEWER), Choice(pause_after=("be1",)))
    assert [step.pause_after for step in plan.steps] == [True, False]


def test_backwards_only_the_nodes_turn_round_in_the_order_of_the_turns_that_they_had() -> None:
    plan = planned(system(be1=DATA, be2=DATA), system(be1=NEWER, be2=NEWER))
    assert nodes(backwards(plan, ["be1", "gone", "be2"])) == ["be2", "be1"]
    assert nodes(backwards(plan, ["be2", "be1"])) == ["be1", "be2"]
    assert nodes(backwards(plan, ["be2"])) == ["be2", "be1"], "one that is not known to have had a turn is last"
    assert backwards(plan, ["be1", "be2"]).objects == plan.objects


def test_the_hash_is_of_what_is_applied_and_in_which_order_and_not_of_what_is_live_or_of_pauses() -> None:
    plan = planned(system(be1=DATA, be2=DATA), system(be1=NEWER, be2=NEWER))
    older: Object = {"image": "older"}
    assert planned(system(be1=older, be2=DATA), system(be1=NEWER, be2=NEWER)).digest == plan.digest
    paused = planned(system(be1=DATA, be2=DATA), system(be1=NEWER, be2=NEWER), Choice(pause_after=("be1",)))
    assert paused.digest == plan.digest
    others = {
        backwards(plan, ["be1", "be2"]).digest,
        planned(system(be1=DATA, be2=NEWER), system(be1=NEWER, be2=NEWER)).digest,
        planned(system(be1=DATA, be2=DATA), system(be1=NEWER, be2={"image": "z"})).digest,
        plan.digest,
    }
    assert len(others) == 4
    assert all(len(each) == 12 for each in others)


def test_objects_stand_in_helms_order_by_kind_then_by_name_and_unknown_kinds_last() -> None:
    kinds = ["Widget", "Service", "ConfigMap", "Namespace", "Anything", "ServiceAccount", "Secret"]
    manifests = [Manifest({"kind": kind, "metadata": {"name": name}}) for kind in kinds for name in ("b", "a")]
    ordered = in_helm_order(manifests)
    expected = ["Namespace", "ServiceAccount", "Secret", "ConfigMap", "Service", "Anything", "Widget"]
    assert [each.kind for each in ordered][::2] == expected
    assert [each.name for each in ordered] == ["a", "b"] * len(kinds)


def test_nodes_are_chosen_as_kubectl_names_them_too() -> None:
    old, new = system(be1=DATA, be2=DATA, be3=DATA), system(be1=NEWER, be2=NEWER, be3=NEWER)
    plan = planned(old, new, Choice(only=("Backend/be1", "backend/be3"), start="backend.express.example.com/be2"))
    assert nodes(plan) == ["be3"]
    plan = planned(old, new, Choice(pause_after=("backend/be1",)))
    assert [step.pause_after for step in plan.steps] == [True, False, False]


@pytest.mark.parametrize("data", [DATA, NEWER])
def test_a_node_that_is_live_as_another_kind_has_no_turn(data: Object) -> None:
    moved = [config_map(entry("be1", data)), resource("be1", data, kind="Frontend")]
    with pytest.raises(ExpressError, match="be1 is a Backend, and a Frontend in output"):
        planned(system(be1=DATA), moved)
