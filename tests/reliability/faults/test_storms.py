"""Storms: all troubles at once, and the program killed again and again, until a rollout is through."""

from __future__ import annotations

import random
import signal
from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_system import tagged
from tests.reliability.faults.harms import Sometimes, half_answered, one_of, refusing, reset_after, reset_before
from tests.reliability.faults.proofs import PART, Since
from tests.reliability.faults.proxy import ResetError, proxy_before
from tests.reliability.ledger import Row, scale, tell

if TYPE_CHECKING:
    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.reliability.faults.proxy import Answer, Asked, Told
    from tests.testbed.control_plane import ControlPlane

SEED = 8
NODES = ("be1", "be2", "fe1")
SHARES = 2
STORMS = 3
"""In each share, at the usual scale."""


@pytest.mark.parametrize("share", range(SHARES))
def test_a_rollout_gets_through_a_storm_in_order_with_one_node_in_flight(
    systems: SmallSystems, control_plane: ControlPlane, share: int
) -> None:
    system = systems(tagged(**dict.fromkeys(NODES, "0")))
    system.operator.tell("default", "slow: 0.2")
    for number in range(STORMS * scale()):
        since = Since(system, control_plane)
        target = tagged(**dict.fromkeys(NODES, f"{number + 1}"))
        chance = random.Random(f"{SEED} {share} {number}")  # noqa: S311
        runs = 1
        while not _is_through(system, control_plane, target, chance, since):
            runs += 1
        since.assert_done(NODES)
        what = "storms: every tenth request fails in one of seven ways, and the program is killed at random"
        tell(Row(PART, what, "the same command, given again, gets through", runs, seed=SEED, varies=True))


def _is_through(system: SmallSystem, plane: ControlPlane, target: str, chance: random.Random, since: Since) -> bool:
    """Roll out once more; return whether it came to its end. Whatever it refuses, it has touched no further node."""
    harms = [refusing(status) for status in (500, 503, 504)] + [refusing(429, Retry_After="1")]
    harms += [reset_before, reset_after, half_answered]
    chance.shuffle(harms)
    sometimes = Sometimes(chance.random(), one_of(*harms), rate=0.1)
    last = chance.randrange(10, 120)
    before = since.begun()
    with proxy_before(plane) as proxy:
        proxy.watches_last = chance.choice([0.3, 3600.0])
        rollout = system.start("--yes", *proxy.flags, target=target)
        asked_since: list[Asked] = []

        def storm(asked: Asked, answer: Answer) -> Told:
            # Before it takes the lease it refuses at the first failure, as other tests have it.
            if not asked_since and not (asked.about_the_lease and asked.writes):
                return answer()
            asked_since.append(asked)
            if len(asked_since) >= last:
                rollout.signal(signal.SIGKILL)
                raise ResetError
            return sometimes(asked, answer)

        proxy.harm = storm
        ended = rollout.end(120)
    assert ended.code in {0, 2, -signal.SIGKILL}, ended
    assert ended.code != 2 or since.begun() == before, ended
    return ended.code == 0
