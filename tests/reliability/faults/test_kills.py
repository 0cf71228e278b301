"""A rollout that is killed after each single request in turn, and gone on with."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_system import tagged
from tests.reliability.faults.proofs import PART, Since
from tests.reliability.faults.proxy import ResetError, proxy_before
from tests.reliability.ledger import Row, tell

if TYPE_CHECKING:
    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.reliability.faults.proxy import Answer, Asked, Told
    from tests.testbed.control_plane import ControlPlane

NODES = ("be1", "fe1")
SHARES = 4
"""Systems that share the requests between them, so that all cores have work."""


@pytest.mark.parametrize("share", range(SHARES))
def test_a_rollout_killed_after_any_request_goes_on_in_order_and_restarts_nothing_twice(
    systems: SmallSystems, control_plane: ControlPlane, share: int
) -> None:
    system = systems(tagged(**dict.fromkeys(NODES, "0")))
    # A pod takes its time, so that most kills find one on its way.
    system.operator.tell("default", "slow: 0.3")
    number, killed = share + 1, 0
    while _killed_after(number, system, control_plane):
        killed += 1
        number += SHARES
    assert killed > 5
    does = "the same command goes on: order kept, one node in flight, no finished node restarted"
    tell(Row(PART, "kill -9 after each single request of a rollout in turn", does, killed, varies=True))


def _killed_after(number: int, system: SmallSystem, plane: ControlPlane) -> bool:
    """Kill a rollout to a tag of its own once its request of a number was answered; False where it sends fewer."""
    target, since = tagged(**dict.fromkeys(NODES, str(number))), Since(system, plane)
    with proxy_before(plane) as proxy:
        rollout = system.start("--yes", *proxy.flags, target=target)

        def kill(asked: Asked, answer: Answer) -> Told:
            told = answer()
            if asked.number == number:
                # The server has done what was asked, and the program never hears of it.
                rollout.signal(signal.SIGKILL)
                raise ResetError
            return told

        proxy.harm = kill
        ended = rollout.end()
        if ended.code == 0:
            since.assert_done(NODES)
            return False
        assert ended.code == -signal.SIGKILL, ended.stderr
        if not any(asked.writes for asked in proxy.asked):
            # The next one finds everything as this one did.
            since.assert_untouched()
            return True
    again = system.run("--yes", target=target)
    assert again.code == 0, again.stderr
    since.assert_done(NODES)
    return True
