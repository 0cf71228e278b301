"""Hundreds of searches for a rollout that does what it must not; and proof that they would find one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from kubectl_express.rollout.journal import Journal
from kubectl_express.rollout.lease import Lease
from kubectl_express.rollout.wishes import Wishes
from tests.reliability.ledger import Row, scale, tell
from tests.reliability.model.machine import Rollouts

if TYPE_CHECKING:
    from collections.abc import Callable

PART = "A model and a search"
DOES = "the six rules hold after each step; in the end another rollout comes through"
SEARCHES, STEPS = 250, 40

BROKEN: dict[str, tuple[object, str, Callable[..., object]]] = {
    "the gate lets everything pass": ("kubectl_express.rollout.turn", "await_arrival", lambda *_, **__: None),
    "a stop is not heard": (Wishes, "interrupt", lambda *_: None),
    "the lease is not looked at before a write": (Lease, "within", lambda _: 60.0),
    "a node is applied that is not on record": (Journal, "applying", lambda *_: None),
    "faults of integrity are passed over": ("kubectl_express.commands.rollout", "integrity_problems", lambda _: []),
}
"""What is broken on purpose, and where."""


def search(count: int, *phases: Phase) -> None:
    """Search so often. Raises AssertionError with the shortest way to what must not be."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Rollouts,
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
    search(SEARCHES * scale(), Phase.generate, Phase.shrink)
    counted = dict(Rollouts.counted)
    tell(Row(PART, "searches of 40 steps each", DOES, SEARCHES * scale(), seed=0))
    for what, tried in counted.items():
        tell(Row(PART, f"… with {what}", "likewise", tried, seed=0))


@pytest.mark.parametrize("what", BROKEN)
def test_the_search_finds_what_is_broken_on_purpose(what: str) -> None:
    where, name, instead = BROKEN[what]
    patch = (
        mock.patch(f"{where}.{name}", instead) if isinstance(where, str) else mock.patch.object(where, name, instead)
    )
    with patch, pytest.raises(AssertionError):
        search(SEARCHES, Phase.generate)
