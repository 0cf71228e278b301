"""Everything that halts a rollout which has begun: nothing further is applied, and the last lines say why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.rollouts import groups
from tests.e2e.small_system import SmallSystem, SmallSystems, tagged
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.started import Started

NODES = ("be1", "be2", "fe1")
BEFORE = tagged(be1="a", be2="a", fe1="a")
AFTER = tagged(be1="b", be2="b", fe1="b")
HANG = "next, hang"
BACK_OFF = "CrashLoopBackOff"


def hanging(system: SmallSystem, node: str, *flags: str, target: str = AFTER) -> Started:
    """Start a rollout, and return it when it waits for a node whose pod does not get Ready."""
    system.operator.tell(node, HANG)
    started = system.start("--yes", *flags, target=target)
    started.line(f"{node}: pod {node}-0 is not Ready (ContainerCreating)")
    return started


def halted(system: SmallSystem, started: Started, **where: list[str]) -> str:
    """Return why a rollout halted; `where` says where the nodes are then, by the last lines and in the cluster."""
    outcome = started.end()
    assert outcome.code == 5, outcome
    told = groups(outcome.stdout)
    assert {title.replace(" ", "_"): names for title, names in told.items()} == where
    untouched = where.get("untouched", [])
    assert {node: system.tag(node) for node in untouched} == dict.fromkeys(untouched, "a")
    (line,) = [line for line in outcome.stdout.splitlines() if line.startswith("halted: ")]
    return line.removeprefix("halted: ")


# What somebody else does

OTHERS: dict[str, tuple[Callable[[SmallSystem], object], str]] = {
    "another revision": (
        lambda system: system.set("be1", deploymentRevision="third"),
        "be1: its Backend was changed by somebody else: it is at generation 3, not 2, and declares third, not ",
    ),
    "another parameter": (
        lambda system: system.set("be1", jvm={"heapFraction": 0.5}),
        "be1: its Backend was changed by somebody else: it is at generation 3, not 2",
    ),
    "deleted": (
        lambda system: system.api.delete(system.path("be1")),
        "be1: its resource is gone: somebody else deleted it",
    ),
    "the lease, deleted": (
        lambda system: system.api.delete(system.lease),
        "the lease is lost: it was deleted; nothing more is applied",
    ),
    "the lease, taken": (
        lambda system: system.api.patch(system.lease, {"spec": {"holderIdentity": "somebody"}}),
        "the lease is lost: it is held by somebody on somebody (pid 0, plan ",
    ),
}


@pytest.mark.parametrize("what", OTHERS)
def test_somebody_else_who_lays_hands_on_the_node_in_progress_or_the_lease_halts_it(
    systems: SmallSystems, what: str
) -> None:
    system = systems(BEFORE)
    started = hanging(system, "be1")
    act, said = OTHERS[what]
    act(system)
    assert halted(system, started, in_progress=["be1"], untouched=["be2", "fe1"]).startswith(said)


def test_a_later_node_that_somebody_changes_is_left_as_it_is(systems: SmallSystems) -> None:
    system = systems(BEFORE)
    started = hanging(system, "be1")
    changed = system.set("be2", jvm={"heapFraction": 0.5})["metadata"]["generation"]
    system.operator.tell("be1", "ok")
    said = halted(system, started, updated=["be1"], untouched=["be2", "fe1"])
    assert said.startswith("be2 was changed by somebody else since the plan was shown")
    assert system.api.get(system.path("be2"))["metadata"]["generation"] == changed


def test_a_controller_s_own_field_changes_no_node(systems: SmallSystems) -> None:
    system = systems(BEFORE)
    system.scale("be2", 0.25)
    started = hanging(system, "be1")
    system.scale("be2", 0.5)
    system.operator.tell("be1", "ok")
    assert started.end().code == 0
    assert system.api.get(system.path("be2"))["spec"]["jvm"]["heapFraction"] == 0.5


# Nodes that are not well


def test_a_finished_node_that_no_longer_passes_halts_it_before_the_next(systems: SmallSystems) -> None:
    system = systems(BEFORE)
    started = hanging(system, "be2")
    system.make_crash("be1")
    system.operator.tell("be2", "ok")
    said = halted(system, started, updated=["be1", "be2"], untouched=["fe1"])
    assert said == f"be1 is finished and no longer passes: pod be1-0 is not Ready ({BACK_OFF})"


def test_a_node_outside_the_plan_that_becomes_unhealthy_halts_it_before_the_next(systems: SmallSystems) -> None:
    system = systems(BEFORE)
    started = hanging(system, "be1", target=tagged(be1="b", be2="b", fe1="a"))
    system.make_crash("fe1")
    system.operator.tell("be1", "ok")
    said = halted(system, started, updated=["be1"], untouched=["be2"])
    assert said.startswith(f"fe1 is not part of this plan and has become unhealthy: pod fe1-0 is not Ready ({BACK_OFF}")


def test_a_node_of_the_plan_that_crashes_is_what_the_rollout_mends(systems: SmallSystems) -> None:
    system = systems(BEFORE)
    system.operator.tell("be2", "crash")
    eventually(lambda: BACK_OFF in str(system.pod("be2")), "be2 crashes")
    started = hanging(system, "be1")
    system.operator.tell("be1", "ok")
    started.line("be2: applied at revision")
    system.operator.tell("be2", "ok")
    assert started.end().code == 0
    assert [system.tag(node) for node in NODES] == ["b", "b", "b"]


def test_a_node_that_does_not_get_there_in_time_halts_it_and_the_event_says_why(systems: SmallSystems) -> None:
    system = systems(BEFORE)
    started = hanging(system, "be1", "--timeout", "2s")
    said = halted(system, started, in_progress=["be1"], untouched=["be2", "fe1"])
    assert said == "be1: not there after 2 s: pod be1-0 is not Ready (ContainerCreating)"
    (event,) = system.events("RolloutHalted")
    assert (event["type"], event["involvedObject"]["name"]) == ("Warning", "be1")
    assert f"be1: {event['message']}" == said


@pytest.mark.parametrize(
    ("ailment", "reason"), [("crash", BACK_OFF), ("image", "ImagePullBackOff"), ("unschedulable", "Unschedulable")]
)
def test_to_fail_fast_is_to_halt_at_the_first_reason_that_a_pod_hardly_gets_over(
    systems: SmallSystems, ailment: str, reason: str
) -> None:
    system = systems(BEFORE)
    system.operator.tell("be1", f"next, {ailment}")
    started = system.start("--yes", "--fail-fast", target=AFTER)
    said = halted(system, started, in_progress=["be1"], untouched=["be2", "fe1"])
    assert said == f"be1: pod be1-0 is not Ready ({reason})"


def test_a_reason_is_told_as_soon_as_it_shows_and_waited_out_without_fail_fast(systems: SmallSystems) -> None:
    system = systems(BEFORE)
    system.operator.tell("be1", "next, crash")
    started = system.start("--yes", target=AFTER)
    started.line(f"be1: pod be1-0 is not Ready ({BACK_OFF})")
    system.operator.tell("be1", "ok")
    assert started.end().code == 0


def test_a_smoke_test_that_fails_halts_it_with_what_it_said(systems: SmallSystems) -> None:
    system = systems(BEFORE)
    started = system.start("--yes", "--after-node", "echo $NODE is cold; test $NODE != be2", target=AFTER)
    said = halted(system, started, updated=["be1"], in_progress=["be2"], untouched=["fe1"])
    assert said == "be2: --after-node failed with exit code 1: be2 is cold"
