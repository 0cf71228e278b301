from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.changes import changes
from kubectl_express.core.lease import Holder
from kubectl_express.core.objects import deployed, object_changes
from kubectl_express.core.planning import Choice, make_plan
from kubectl_express.core.values import Object, at, mapping
from kubectl_express.core.verdict import Comparison
from kubectl_express.rollout.recording import Past, Undertaking, new_record, touched_objects
from tests.core.rendered import SETTINGS, applied_by_kubectl, live_of, side_of, system

if TYPE_CHECKING:
    from kubectl_express.core.plan import Plan
    from kubectl_express.core.record import Touched

OLD: Object = {"image": "old"}
NEW: Object = {"image": "new"}
NEWEST: Object = {"image": "newest"}
HOLDER = Holder("one-run", "alice", "host7", 4711, "boot-start", step=False, plan="f00")
GO_ON = ("kubectl", "express", "rollout", "--yes")


class Attempt:
    """One run of a rollout: what is live then, what is to be, and what it puts on record."""

    def __init__(
        self,
        live: list[Object],
        target: list[Object],
        past: Past | None = None,
        *,
        action: str = "rollout",
        only: str = "",
    ) -> None:
        noted = [each if mapping(each["metadata"]).get("annotations") else applied_by_kubectl(each) for each in live]
        by_name = {at(each, "/metadata/name"): each for each in noted}
        baseline, wanted = live_of(list(by_name.values())), side_of(target)
        resources = SETTINGS.resources
        others = object_changes(deployed(baseline.objects, resources), deployed(wanted.objects, resources), resources)
        comparison = Comparison(
            baseline,
            wanted,
            tuple(changes(baseline, wanted, resources.kinds)),
            tuple(each for each in others if each.new is not None),
        )
        self.plan: Plan = make_plan(comparison, SETTINGS, Choice(only=(only,) if only else (), prune=True))
        self.undertaking = Undertaking(action, "yul1", "s", baseline, wanted, SETTINGS, "abc", None, past)
        there = {(each["kind"], at(each, "/metadata/name")): each for each in baseline.objects}
        self.touched = touched_objects(
            self.undertaking, self.plan, lambda named: there.get((named["kind"], at(named, "/metadata/name")))
        )
        last = past.record.number if past else 0
        self.record, self.progress = new_record(self.undertaking, self.plan, last, HOLDER, GO_ON)

    def ended(self, state: str, done: int, current: str | None = None) -> Past:
        """Return the record of it once it has ended so."""
        return Past(self.record, replace(self.progress, state=state, done=done, current=current), self.touched)

    def of(self, name: str) -> Touched:
        """Return what is on record of an object."""
        return next(each for each in self.touched if each.name == name)


def first(*, action: str = "rollout") -> Attempt:
    """Return the first run that rolls three nodes."""
    return Attempt(system(be1=OLD, be2=OLD, be3=OLD), system(be1=NEW, be2=NEW, be3=NEW), action=action)


def after(*names: str) -> list[Object]:
    """Return what is live once the ConfigMap and these nodes were rolled."""
    old, new = system(be1=OLD, be2=OLD, be3=OLD), system(be1=NEW, be2=NEW, be3=NEW)
    rolled = [one if at(one, "/metadata/name") in names else other for one, other in zip(new, old, strict=True)]
    return [new[0], *rolled[1:]]


TARGET = system(be1=NEW, be2=NEW, be3=NEW)


def test_the_first_rollout_is_number_one_and_later_ones_count_on() -> None:
    one = first()
    assert one.record.number == 1
    assert (one.record.action, one.record.by, one.record.commit) == ("rollout", "alice@host7", "abc")
    assert (one.record.steps, one.record.plan, one.record.go_on) == (("be1", "be2", "be3"), one.plan.digest, GO_ON)
    assert (one.progress.state, one.progress.done, one.progress.current) == ("running", 0, None)

    another = Attempt(after("be1", "be2", "be3"), system(be1=NEWEST, be2=NEW, be3=NEW), one.ended("finished", 3))
    assert (another.record.number, another.record.steps) == (2, ("be1",))


def test_each_object_is_on_record_as_it_was_and_as_it_becomes() -> None:
    attempt = Attempt(system(be1=OLD, gone=OLD), system(be1=NEW, made=NEW))
    changed, made, gone = attempt.of("be1"), attempt.of("made"), attempt.of("gone")
    assert (changed.data_before, changed.data_after) == (gojson.encode(OLD), gojson.encode(NEW))
    assert changed.former is not None
    assert at(gojson.decode_object(changed.former), "/spec") == at(system(be1=OLD)[1], "/spec")
    assert (made.live, made.former, made.data_before, made.data_after) == (None, None, None, gojson.encode(NEW))
    assert (gone.applied, gone.data_before, gone.data_after) == (None, gojson.encode(OLD), None)
    assert gone.former is not None
    assert [each.node for each in attempt.touched] == [each.kind != "ConfigMap" for each in attempt.touched]
    assert attempt.of("express-revisions-0").applied is not None


@pytest.mark.parametrize("state", ["running", "paused", "stopping", "stopped", "halted"])
def test_a_rollout_of_the_same_target_goes_on_with_one_that_has_nodes_left(state: str) -> None:
    past = first().ended(state, 1, "be2")
    again = Attempt(after("be1", "be2"), TARGET, past)
    assert again.undertaking.continues == past
    assert again.record.number == past.record.number
    assert again.record.started == past.record.started
    assert again.record.steps == ("be1", "be2", "be3")
    assert (again.progress.done, again.progress.current) == (1, "be2"), "be2 has yet to pass"
    assert again.undertaking.in_progress == "be2"


def test_what_was_touched_before_keeps_what_it_was_before_the_first_run() -> None:
    one = first()
    again = Attempt(after("be1"), TARGET, one.ended("stopped", 1))
    assert {each.name for each in again.touched} == {"be1", "be2", "be3", "express-revisions-0"}
    for each in one.touched:
        kept = again.of(each.name)
        assert (kept.former, kept.live, kept.data_before) == (each.former, each.live, each.data_before)
    nothing_left = Attempt(after("be1", "be2", "be3"), TARGET, again.ended("halted", 2, "be3"))
    assert nothing_left.plan.steps == ()
    assert nothing_left.touched == again.touched
    assert (nothing_left.record.steps, nothing_left.progress.done) == (("be1", "be2", "be3"), 2)


def test_a_node_that_was_left_before_its_apply_has_its_turn_again() -> None:
    again = Attempt(after("be1"), TARGET, first().ended("running", 1, "be2"))
    assert again.record.steps == ("be1", "be2", "be3")
    assert (again.progress.done, again.progress.current) == (1, None)


def test_a_finished_node_that_was_changed_by_hand_since_has_another_turn_and_is_remembered_as_it_first_was() -> None:
    one = first()
    again = Attempt([*after("be2"), edited(after("be1")[1])], TARGET, one.ended("stopped", 2))
    assert [step.reason for step in again.plan.steps][:1] == ["to be put back: /image is not what was deployed"]
    assert again.record.steps == ("be2", "be1", "be3")
    assert again.progress.done == 1
    assert (again.of("be1").former, again.of("be1").live) == (one.of("be1").former, one.of("be1").live)


def edited(manifest: Object) -> Object:
    """Return what is live of a node that kubectl applied and that somebody has changed by hand since."""
    live = applied_by_kubectl(manifest)
    return {**live, "spec": {**mapping(live["spec"]), "image": "by hand"}}


@pytest.mark.parametrize(
    ("state", "target", "action"),
    [
        ("finished", TARGET, "rollout"),
        ("stopped", system(be1=NEW, be2=NEWEST, be3=NEW), "rollout"),
        ("stopped", TARGET, "undo"),
    ],
    ids=["finished", "another target", "another action"],
)
def test_whatever_is_not_the_same_begins_anew(state: str, target: list[Object], action: str) -> None:
    past = first().ended(state, 1)
    another = Attempt(after("be1"), target, past, action=action)
    assert another.undertaking.continues is None
    assert another.record.number == 2
    assert another.progress.done == 0
    assert "be1" not in another.record.steps
    assert {each.name for each in another.touched} == {*another.record.steps} | (
        {"express-revisions-0"} if another.plan.objects else set()
    )


def test_nodes_that_had_finished_and_that_another_plan_restarts_are_named() -> None:
    past = first().ended("stopped", 2)
    another = Attempt(after("be1", "be2"), system(be1=NEW, be2=NEWEST, be3=NEWEST), past)
    assert another.undertaking.restarted_again(another.plan) == ["be2"]
    finished = Attempt(after("be1", "be2"), system(be1=NEW, be2=NEWEST, be3=NEWEST), first().ended("finished", 3))
    assert finished.undertaking.restarted_again(finished.plan) == []
    same = Attempt(after("be1", "be2"), TARGET, past)
    assert same.undertaking.restarted_again(same.plan) == []


def test_a_plan_of_some_nodes_leaves_the_others_of_the_rollout_it_goes_on_with_on_record() -> None:
    past = first().ended("stopped", 1)
    past = replace(past, record=replace(past.record, go_on=("the whole",)))
    some = Attempt(after("be1"), TARGET, past, only="be3")
    assert some.record.steps == ("be1", "be3", "be2")
    assert some.progress.done == 1
    assert some.record.go_on == ("the whole",)
    rest = Attempt(after("be1", "be3"), TARGET, some.ended("stopped", 2))
    assert (rest.record.steps, rest.record.go_on) == (("be1", "be3", "be2"), GO_ON)
    there = Attempt(after("be1", "be2"), TARGET, past, only="be3")
    assert (there.record.steps, there.progress.done) == (("be1", "be2", "be3"), 2), "be2 is there by now"


def test_a_node_that_somebody_else_brought_there_meanwhile_stays_on_record_as_one_that_is_done() -> None:
    again = Attempt(after("be1", "be2"), TARGET, first().ended("stopped", 1))
    assert [step.node for step in again.plan.steps] == ["be3"]
    assert (again.record.steps, again.progress.done, again.progress.current) == (("be1", "be2", "be3"), 2, None)
    both = Attempt(after("be1", "be2", "be3"), TARGET, first().ended("stopped", 1, "be2"))
    assert (both.record.steps, both.progress.done, both.progress.current) == (("be1", "be3", "be2"), 2, "be2")


def test_a_node_that_is_finished_and_in_progress_again_is_on_record_once() -> None:
    again = Attempt(after("be1", "be2"), TARGET, first().ended("stopped", 2, "be1"))
    assert (again.record.steps, again.progress.done, again.progress.current) == (("be1", "be2", "be3"), 2, None)


def test_a_node_in_progress_that_is_not_there_yet_and_not_chosen_has_its_turn_later() -> None:
    again = Attempt(after("be1"), TARGET, first().ended("stopped", 1, "be2"), only="be3")
    assert (again.record.steps, again.progress.done, again.progress.current) == (("be1", "be3", "be2"), 1, None)
    live = [each for each in after("be1") if at(each, "/metadata/name") != "be3"]
    gone = Attempt(live, TARGET, first().ended("stopped", 1, "be3"), only="be2")
    assert (gone.record.steps, gone.progress.done, gone.progress.current) == (("be1", "be2", "be3"), 1, None)


def test_a_node_whose_deletion_was_left_and_has_come_to_its_end_is_done() -> None:
    """Its resource is gone, so that nothing waits for it any more."""
    three, one = system(be1=OLD, be2=OLD, be3=OLD), system(be1=OLD)
    begun = Attempt(three, one)
    assert begun.record.steps == ("be3", "be2")
    past = begun.ended("running", 0, "be3")
    assert Attempt(three, one, past).record.steps == ("be3", "be2"), "it is still there: it has its turn again"
    rest = [each for each in three if at(each, "/metadata/name") != "be3"]
    again = Attempt(rest, one, past)
    assert (again.record.steps, again.progress.done, again.progress.current) == (("be3", "be2"), 1, None)
    nothing_left = Attempt(
        [each for each in rest if at(each, "/metadata/name") != "be2"], one, again.ended("halted", 1, "be2")
    )
    assert (nothing_left.record.steps, nothing_left.progress.done) == (("be3", "be2"), 2)


@pytest.mark.parametrize(("state", "current"), [("finished", None), ("stopped", None), ("stopped", "gone")], ids=str)
def test_no_node_is_in_progress_after_a_rollout_that_left_none(state: str, current: str | None) -> None:
    past = first().ended(state, 1, current)
    assert Attempt(after("be1"), TARGET, past).undertaking.in_progress is None
    assert first().undertaking.in_progress is None
