"""A rollout of which each single request fails in turn, in one way or another."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_system import tagged
from tests.reliability.faults.harms import half_answered, refusing, reset_after, reset_before
from tests.reliability.faults.proofs import PART, Since
from tests.reliability.faults.proxy import proxy_before
from tests.reliability.ledger import Row, scale, tell

if TYPE_CHECKING:
    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.reliability.faults.proxy import Answer, Asked, Harm, Told
    from tests.testbed.control_plane import ControlPlane

NODES = ("be1", "fe1")
SHARES = 4
SEED = 8
HARMS: dict[str, Harm] = {
    "500": refusing(500),
    "503": refusing(503),
    "504": refusing(504),
    "429": refusing(429, Retry_After="1"),
    "reset before": reset_before,
    "reset after": reset_after,
    "half an answer": half_answered,
}


@pytest.mark.parametrize("share", range(SHARES))
def test_a_rollout_goes_on_whichever_request_fails_or_has_applied_nothing(
    systems: SmallSystems, control_plane: ControlPlane, share: int
) -> None:
    system = systems(tagged(**dict.fromkeys(NODES, "0")))
    tried = 0
    for turn in range(scale()):
        chance = random.Random(f"{SEED} {share} {turn}")  # noqa: S311
        number = share + 1
        while True:
            name = chance.choice(list(HARMS))
            if not _harmed(f"{turn} {number}", number, HARMS[name], system, control_plane):
                break
            tried += 1
            number += SHARES
    assert tried > 5
    does = "goes on as if it had not; before the first write it refuses, and has applied nothing"
    what = "each single request in turn answered 500, 503, 504 or 429, reset, or broken off"
    tell(Row(PART, what, does, tried, seed=SEED, varies=True))


def _harmed(tag: str, number: int, harm: Harm, system: SmallSystem, plane: ControlPlane) -> bool:
    """Roll out a tag while the request of a number fails; return False where there are fewer."""
    target, since = tagged(**dict.fromkeys(NODES, tag)), Since(system, plane)
    with proxy_before(plane) as proxy:

        def once(asked: Asked, answer: Answer) -> Told:
            return harm(asked, answer) if asked.number == number else answer()

        proxy.harm = once
        ended = system.run("--yes", *proxy.flags, target=target)
        if ended.code == 2:
            assert since.begun() == [], ended.stderr
            ended = system.run("--yes", target=target)
        assert ended.code == 0, (proxy.asked[number - 1 : number], ended)
    since.assert_done(NODES)
    return len(proxy.asked) >= number
