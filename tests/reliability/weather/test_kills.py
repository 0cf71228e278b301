"""A rollout that is killed after each single request in turn, and gone on with."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_system import tagged
from tests.reliability.ledger import Row, tell
from tests.reliability.weather.proxy import Cut, passing
from tests.testbed.audit import readiness, requests, steps
from tests.testbed.operator import diary

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.reliability.weather.proxy import Asked, Proxy, Told
    from tests.testbed.control_plane import ControlPlane

NODES = ("be1", "fe1")
WORKERS = 4
"""Systems that share the requests between them, so that both cores have work."""


@pytest.mark.parametrize("share", range(WORKERS))
def test_a_rollout_killed_after_any_request_goes_on_in_order_and_restarts_nothing_twice(
    systems: SmallSystems, control_plane: ControlPlane, share: int
) -> None:
    system = systems(tagged(**dict.fromkeys(NODES, "0")))
    number, tried = share + 1, 0
    while _killed_after(system, control_plane, number):
        tried += 1
        number += WORKERS
    assert tried > 5
    tell(
        Row(
            "Rollout under faults",
            "kill -9 after each single request in turn, then the same command again",
            "goes on where it was: order kept, one node in flight, no finished node restarted",
            tried,
        )
    )


def _killed_after(system: SmallSystem, plane: ControlPlane, number: int) -> bool:
    """Kill a rollout to a tag of its own once its request of a number was answered; false where it sends fewer."""
    target = tagged(**dict.fromkeys(NODES, str(number)))
    since = plane.audit_log.stat().st_size
    lived = len(diary.entries(system.operator.log))
    with passing(plane) as proxy:
        rollout = system.start("--yes", *proxy.flags, target=target)
        _kill_at(proxy, number, lambda: rollout.signal(signal.SIGKILL))
        ended = rollout.end()
    if ended.code == 0:
        return False
    assert ended.code == -signal.SIGKILL, ended.stderr
    again = system.run("--yes", target=target)
    assert again.code == 0, again.stderr
    _assert_as_if_never_killed(system, plane, since, lived)
    return True


def _kill_at(proxy: Proxy, number: int, kill: Callable[[], None]) -> None:
    """Kill once the server has done what was asked, and before the program hears of it."""

    def weather(asked: Asked, answer: Callable[[], Told]) -> Told:
        told = answer()
        if asked.number == number:
            kill()
            raise Cut
        return told

    proxy.weather = weather


def _assert_as_if_never_killed(system: SmallSystem, plane: ControlPlane, since: int, lived: int) -> None:
    found = requests(plane.audit_log, system.name, since)
    assert [each.name for each in steps(found, "kubectl-express")] == list(NODES)
    ready = readiness(found)
    first = {each.name: each.received for each in steps(found, "kubectl-express")}
    assert ready[NODES[0]] < first[NODES[1]], "two nodes were in flight"
    made = [each.node for each in diary.entries(system.operator.log)[lived:] if each.what == "made"]
    assert sorted(made) == sorted(NODES), "a node was restarted twice, or not at all"
