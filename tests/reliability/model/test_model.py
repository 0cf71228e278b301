"""Hundreds of searches for a rollout that does what it must not; and proof that they would find one."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RULE_MARKER, run_state_machine_as_test

from kubectl_express.core.planning import make_plan
from kubectl_express.rollout.wishes import Wishes
from tests.reliability.ledger import DERANDOMIZED, Row, scale, tell
from tests.reliability.model.machine import Rollouts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kubectl_express.core.plan import Plan

PART = "A model and a search"
DOES = "the six rules hold after each step; in the end another rollout comes through"
SEARCHES, STEPS = 250, 40
REQUEST = Wishes.request


class Broken(NamedTuple):
    """What stands for functions of the program, how that comes to light, and what is found then."""

    instead: Mapping[str, Callable[..., object]]
    """By the path of each function."""
    rules: tuple[str, ...]
    found: str


_PLANNING = "kubectl_express.commands.rollout.make_plan"
_TURN, _WISHES = "kubectl_express.rollout.turn", "kubectl_express.rollout.wishes.Wishes"
BLIND_GATE = {f"{_TURN}.await_arrival": lambda *_, **__: None}


def _deaf_to_stop(wishes: Wishes, action: str, by: str) -> None:
    if action != "stop":
        REQUEST(wishes, action, by)


def _reversed_plan(*arguments: Any) -> Plan:
    plan = make_plan(*arguments)
    return replace(plan, steps=plan.steps[::-1])


BROKEN = {
    "the gate lets everything pass": Broken(BLIND_GATE, ("roll", "go"), "is finished and no longer passes"),
    "the gate lets everything pass, and nobody looks at finished nodes": Broken(
        {**BLIND_GATE, "kubectl_express.rollout.between.Between._look_at": lambda *_: None},
        ("roll", "go"),
        r"\w+ was applied while \w+ was in flight",
    ),
    "nodes are rolled from the last to the first": Broken(
        {_PLANNING: _reversed_plan}, ("roll", "go_on"), r"out of order: \['fe1', 'be\d'"
    ),
    "a signal to stop is not heard": Broken(
        {f"{_WISHES}.interrupt": lambda *_: None}, ("roll", "ask", "go_on"), "its turn began after the stop"
    ),
    "a stop from another machine is not heard": Broken(
        {f"{_WISHES}.request": _deaf_to_stop}, ("roll", "ask", "go_on"), "its turn began after the stop"
    ),
    "the lease is not looked at before a write": Broken(
        {"kubectl_express.rollout.lease.Lease.within": lambda _: 60.0},
        ("roll", "overtake", "go_on"),
        "by one who does not hold the lease",
    ),
    "a node is applied that is not on record": Broken(
        {"kubectl_express.rollout.journal.Journal.applying": lambda *_: None},
        ("roll", "go_on"),
        "before that was on record",
    ),
    "faults of integrity are passed over": Broken(
        {"kubectl_express.commands.rollout.integrity_problems": lambda _: []},
        ("roll_what_is_not_to_be_trusted", "roll", "go_on"),
        "revisions are not trusted",
    ),
}


def search(machine: type[Rollouts], count: int, *phases: Phase) -> None:
    """Search so often. Raises AssertionError with the shortest way to what must not be."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=count,
            stateful_step_count=STEPS,
            database=None,
            derandomize=True,
            deadline=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_comes_in_between_a_rollout_keeps_to_its_rules_and_can_be_gone_on_with() -> None:
    Rollouts.counted.clear()
    search(Rollouts, SEARCHES * scale(), Phase.generate, Phase.shrink)
    counted = dict(Rollouts.counted)
    tell(Row(PART, "searches of 40 steps each", DOES, SEARCHES * scale(), seed=DERANDOMIZED))
    for what, tried in counted.items():
        # Hypothesis draws now and then a number that it found in what has been imported.
        tell(Row(PART, f"… with {what}", "likewise", tried, seed=DERANDOMIZED, varies=True))


@pytest.mark.parametrize("what", BROKEN)
def test_the_search_finds_what_is_broken_on_purpose(what: str) -> None:
    broken = BROKEN[what]
    with ExitStack() as stack:
        for path, instead in broken.instead.items():
            stack.enter_context(mock.patch(path, instead))
        stack.enter_context(pytest.raises(AssertionError, match=broken.found))
        search(_with(broken.rules), SEARCHES, Phase.generate)


def _with(rules: tuple[str, ...]) -> type[Rollouts]:
    """Return the machine with these rules alone: what it looks for is the same, and sooner found."""
    others = [name for name, rule in vars(Rollouts).items() if hasattr(rule, RULE_MARKER) and name not in rules]
    return type("Few", (Rollouts,), dict.fromkeys(others))
