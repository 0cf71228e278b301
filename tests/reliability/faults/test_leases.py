"""Leases that expire, are stolen, or are judged by clocks ten minutes apart: never two rollouts at work at once.

The clocks: the program's own is put ten minutes forward or back by a few lines that run before it, in the process that
it becomes. What judges a lease is the API server's, told in `Date` and stamped into the lease; where several servers
differ, the two differ, and a proxy that shifts `Date` is such a pair of servers.
"""

from __future__ import annotations

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_system import SmallSystem, SmallSystems, manifest, tagged, yaml_of
from tests.e2e.started import Started
from tests.reliability.faults.proofs import PART, PROGRAM, Since
from tests.reliability.faults.proxy import Told, proxy_before
from tests.reliability.ledger import Row, tell
from tests.testbed.waiting import remains

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.reliability.faults.proxy import Answer, Asked, Harm
    from tests.testbed.api import Object
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Outcome

NODES = ("be1", "fe1")
BEFORE = tagged(**dict.fromkeys(NODES, "0"))
AFTER = tagged(**dict.fromkeys(NODES, "1"))
MINUTES = 10
SKEWED = """
import datetime, runpy, sys, time
by, sys.argv = datetime.timedelta(minutes=float(sys.argv[1])), sys.argv[2:]
real, sys.executable = time.time, ""  # Without knowing where Python is, it does not begin again in a new process.
class Skewed(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + by
datetime.datetime, time.time = Skewed, lambda: real() + by.total_seconds()
runpy.run_path(sys.argv[0], run_name="__main__")
"""


# What takes its time, all at once


def test_never_two_rollouts_are_at_work_whatever_becomes_of_a_lease(
    systems: SmallSystems, control_plane: ControlPlane
) -> None:
    halts = "halts, and writes nothing more, once another has taken it"
    waits = "is refused until the server's clock says so, then takes it over"
    troubles: dict[str, tuple[Callable[[SmallSystem, ControlPlane], object], str, int]] = {
        "a holder suspended for 20 s, whose lease another takes": (_suspended_and_taken, halts, 1),
        "a holder suspended for 20 s, whose lease nobody takes": (_suspended, "says so, and goes on", 1),
        "a lease left by a machine that died, own clocks ten minutes off either way": (_died, waits, 2),
        "own clocks ten minutes apart, both rolling": (_skewed, "the second is refused as with true clocks", 2),
    }
    made = [systems(BEFORE) for _ in troubles]
    with ThreadPoolExecutor() as pool:
        waiting = [
            pool.submit(trouble, system, control_plane)
            for (trouble, _, _), system in zip(troubles.values(), made, strict=True)
        ]
    for (what, (_, does, tried)), wait in zip(troubles.items(), waiting, strict=True):
        wait.result()
        tell(Row(PART, what, does, tried))


def _suspended_and_taken(system: SmallSystem, plane: ControlPlane) -> None:
    since, first = Since(system, plane), _hanging(system)
    first.signal(signal.SIGSTOP)
    remains(lambda: first.running, "it is suspended", 16)
    second = system.start("--yes", target=AFTER)
    try:
        second.line("be1: pod be1-0 is not Ready (ContainerCreating)")
    finally:
        first.signal(signal.SIGCONT)
    ended = first.end()
    assert ended.code == 5, ended
    assert "halted: the lease is lost: it is held by " in ended.stdout
    assert since.begun() == ["be1"]
    system.operator.tell("be1", "ok")
    assert second.end().code == 0
    since.assert_done(NODES)
    written = [each for each in since.requests() if each.agent == PROGRAM and each.name == "fe1" and each.writes]
    assert len([each for each in written if each.resource == "frontends"]) == 1, "both have written"


def _suspended(system: SmallSystem, plane: ControlPlane) -> None:
    since, rollout = Since(system, plane), _hanging(system)
    rollout.signal(signal.SIGSTOP)
    remains(lambda: rollout.running, "it is suspended", 20)
    system.operator.tell("be1", "ok")
    rollout.signal(signal.SIGCONT)
    assert rollout.end().code == 0
    since.assert_done(NODES)


def _died(system: SmallSystem, plane: ControlPlane) -> None:
    since = Since(system, plane)
    now = datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
    spec: Object = {"holderIdentity": "host9-1-0", "leaseDurationSeconds": 15, "acquireTime": now, "renewTime": now}
    lease = {"metadata": {"name": "express-rollout"}, "spec": spec}
    system.api.create(system.collection("leases", "/apis/coordination.k8s.io/v1"), lease)
    for minutes in (MINUTES, -MINUTES):
        refused = _start_skewed(system, minutes, AFTER).end()
        assert refused.code == 2, refused
        assert "is held by somebody on host9-1-0" in refused.stderr
    since.assert_untouched()
    remains(lambda: not since.begun(), "nobody is at work", 16)
    for minutes, tag in ((MINUTES, "1"), (-MINUTES, "2")):
        taken = _start_skewed(system, minutes, tagged(**dict.fromkeys(NODES, tag))).end()
        assert taken.code == 0, taken


def _skewed(system: SmallSystem, plane: ControlPlane) -> None:
    for minutes, tag in ((MINUTES, "1"), (-MINUTES, "2")):
        since, target = Since(system, plane), tagged(**dict.fromkeys(NODES, tag))
        system.operator.tell("be1", "next, hang")
        first = _start_skewed(system, minutes, target)
        first.line("be1: pod be1-0 is not Ready (ContainerCreating)")
        renewed = datetime.fromisoformat(system.api.get(system.lease)["spec"]["renewTime"].replace("Z", "+00:00"))
        off = renewed - datetime.now(timezone.utc) - timedelta(minutes=minutes)
        assert abs(off) < timedelta(minutes=1), "its clock is not what it should be"
        second = _start_skewed(system, -minutes, target).end()
        assert second.code == 2, second
        assert " is held by " in second.stderr
        system.operator.tell("be1", "ok")
        assert first.end().code == 0
        since.assert_done(NODES)


def _start_skewed(system: SmallSystem, minutes: int, target: str) -> Started:
    """Start a rollout whose own clock is so many minutes ahead."""
    system.target.write_text(target)
    python: list[str] = [sys.executable, "-E", "-S", "-c", SKEWED, str(minutes)]
    where = ["-f", str(system.target), "--context", "yul1", "-n", system.name]
    command = [*python, str(system.express.zipapp), "rollout", "--yes", *where]
    started = Started([*command], system.express.environment(), system.folder)
    system._ending.callback(started.close)
    return started


# What is seen at once


@pytest.mark.parametrize("minutes", [MINUTES, -MINUTES])
def test_a_lease_that_is_renewed_is_not_taken_over_whatever_time_another_server_tells(
    systems: SmallSystems, control_plane: ControlPlane, minutes: int
) -> None:
    system = systems(BEFORE)
    since = Since(system, control_plane)
    with proxy_before(control_plane) as proxy:
        proxy.harm = _dated(minutes)
        system.operator.tell("be1", "next, hang")
        first = system.start("--yes", *proxy.flags, target=AFTER)
        first.line("be1: pod be1-0 is not Ready (ContainerCreating)")
        second = system.run("--yes", *proxy.flags, target=AFTER)
        assert second.code == 2, second
        why = "the clocks of the API servers differ" if minutes > 0 else "comes free in 15 s unless renewed"
        assert " is held by " in second.stderr
        assert why in second.stderr.splitlines()[-1]
        system.operator.tell("be1", "ok")
        assert first.end().code == 0
    since.assert_done(NODES)
    what = "API servers whose clocks are ten minutes apart"
    tell(Row(PART, what, "a lease that is still renewed is not taken over, however old it looks", 1))


def _dated(minutes: int) -> Harm:
    def harm(_: Asked, answer: Answer) -> Told:
        told = answer()
        if "Date" not in told.headers:
            return told
        date = format_datetime(parsedate_to_datetime(told.headers["Date"]) + timedelta(minutes=minutes), usegmt=True)
        return Told(told.status, told.body, {**told.headers, "Date": date})

    return harm


def test_a_lease_that_is_stolen_or_deleted_halts_the_rollout(
    systems: SmallSystems, control_plane: ControlPlane
) -> None:
    thieves: dict[str, Callable[[SmallSystem], object]] = {
        "it is held by somebody on thief": lambda system: system.api.patch(
            system.lease, {"spec": {"holderIdentity": "thief"}}
        ),
        "it was deleted": lambda system: system.api.delete(system.lease),
    }
    for said, steal in thieves.items():
        system = systems(BEFORE)
        since, rollout = Since(system, control_plane), _hanging(system)
        steal(system)
        ended = rollout.end()
        assert ended.code == 5, ended
        assert f"halted: the lease is lost: {said}" in ended.stdout
        assert since.begun() == ["be1"]
    tell(Row(PART, "the lease stolen or deleted", "halts, and names who has it", len(thieves)))


def _hanging(system: SmallSystem) -> Started:
    system.operator.tell("be1", "next, hang")
    rollout = system.start("--yes", target=AFTER)
    rollout.line("be1: pod be1-0 is not Ready (ContainerCreating)")
    return rollout


def test_a_rollout_that_was_at_work_between_plan_and_start_is_not_written_over(
    systems: SmallSystems, control_plane: ControlPlane
) -> None:
    system = systems(BEFORE)
    more = yaml_of(manifest("v1", "ConfigMap", "motd", data={"text": "hello"}))
    with proxy_before(control_plane) as proxy:
        between: list[Outcome] = []

        def harm(asked: Asked, answer: Answer) -> Told:
            if asked.about_the_lease and asked.writes and not between:
                # Another one comes and goes, and what it leaves of the nodes is what there was before.
                between.append(system.run("--yes", target=BEFORE + more))
                system.target.write_text(AFTER)
            return answer()

        proxy.harm = harm
        refused = system.run("--yes", *proxy.flags, target=AFTER)
    assert [each.code for each in between] == [0], between
    assert refused.code == 2, refused
    assert "another rollout has been at work since the plan was shown" in refused.stderr
    assert system.run("--yes", target=AFTER).code == 0
    what = "another rollout at work between plan and start"
    tell(Row(PART, what, "refuses, and leaves the other's record as it is", 1))
