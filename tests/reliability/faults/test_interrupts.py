"""Ctrl-C again and again while a request is not answered: the rollout ends, with what it knows."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from tests.e2e.small_system import tagged
from tests.reliability.faults.proofs import PART, Since
from tests.reliability.ledger import Row, tell
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from tests.e2e.small_system import SmallSystems
    from tests.e2e.started import Started
    from tests.reliability.faults.proxy import Answer, Asked, Proxy, Told
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Outcome

PAIR = ("be1", "fe1")
WHY = "stopped by Ctrl-C while a request hung"
TARGET = tagged(**dict.fromkeys(PAIR, "1"))


def test_ctrl_c_again_and_again_leaves_the_node_in_progress_and_says_so(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy
) -> None:
    system = systems(tagged(**dict.fromkeys(PAIR, "0")))
    since = Since(system, control_plane)
    system.operator.tell("be1", "next, hang")
    rollout = system.start("--yes", *proxy.flags, target=TARGET)
    rollout.line("be1: pod be1-0 is not Ready (ContainerCreating)")
    with proxy.silence():
        ended = interrupted(rollout)
    assert (ended.code, "Traceback" in ended.stderr) == (4, False), ended
    *_, why, current, untouched, go_on = ended.stdout.splitlines()
    assert (why, current, untouched) == (WHY, "in progress (1): be1", "untouched (1): fe1")
    assert go_on.startswith("go on with: ")
    system.operator.tell("be1", "ok")
    assert system.run("--yes", target=TARGET).code == 0
    since.assert_done(PAIR)
    _tell()


def test_some_ctrl_cs_in_a_row_are_heard_once_the_request_is_answered(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy
) -> None:
    system, answered, presses = systems(tagged(**dict.fromkeys(PAIR, "0"))), threading.Event(), 0
    since = Since(system, control_plane)
    system.operator.tell("be1", "next, hang")
    rollout = system.start("--yes", *proxy.flags, target=TARGET)
    rollout.line("be1: pod be1-0 is not Ready (ContainerCreating)")

    def hold(asked: Asked, answer: Answer) -> Told:
        if asked.writes and "/secrets/" in asked.path:
            answered.wait()
        return answer()

    def pressed() -> bool:
        nonlocal presses
        rollout.signal(signal.SIGINT)
        presses += 1
        return presses == 5

    proxy.harm = hold
    rollout.signal(signal.SIGINT)
    rollout.line("stopping, by Ctrl-C: be1 is seen through")
    try:
        eventually(pressed, "Ctrl-C is pressed some times, while that is put on record")
    finally:
        answered.set()
    ended = rollout.end()
    assert (ended.code, ended.stdout.splitlines()[-3:-1]) == (4, ["in progress (1): be1", "untouched (1): fe1"]), ended
    system.operator.tell("be1", "ok")
    assert system.run("--yes", target=TARGET).code == 0
    since.assert_done(PAIR)


def test_ctrl_c_again_and_again_before_the_first_write_says_that_nothing_was_applied(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy
) -> None:
    system, over = systems(tagged(**dict.fromkeys(PAIR, "0"))), threading.Event()
    since = Since(system, control_plane)

    def hang(asked: Asked, answer: Answer) -> Told:
        if "accessreviews" in asked.path or "rulesreviews" in asked.path:
            over.wait()
        return answer()

    proxy.harm = hang
    rollout = system.start("--yes", *proxy.flags, target=TARGET)
    try:
        eventually(lambda: [each for each in proxy.asked if "reviews" in each.path], "it asks what it may do")
        ended = interrupted(rollout)
    finally:
        over.set()
    assert (ended.code, ended.stderr.splitlines()[-1]) == (4, f"{WHY}: nothing was applied"), ended
    since.assert_untouched()
    _tell()


def test_a_ctrl_c_during_a_dry_run_is_heard_once_the_request_is_answered(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy
) -> None:
    system, answered = systems(tagged(**dict.fromkeys(PAIR, "0"))), threading.Event()
    since = Since(system, control_plane)

    def hold(asked: Asked, answer: Answer) -> Told:
        if held(asked):
            answered.wait()
        return answer()

    def held(asked: Asked) -> bool:
        return asked.path == system.path("be1") and "dryRun" in asked.query

    proxy.harm = hold
    rollout = system.start("--dry-run=server", *proxy.flags, target=TARGET)
    try:
        eventually(lambda: [each for each in proxy.asked if held(each)], "the server is asked")
        rollout.signal(signal.SIGINT)
    finally:
        answered.set()
    ended = rollout.end()
    assert (ended.code, ended.stderr.splitlines()[-1]) == (4, "stopped by Ctrl-C: nothing was applied"), ended
    assert "would be taken" not in ended.stdout + ended.stderr
    since.assert_untouched()


def interrupted(rollout: Started) -> Outcome:
    """Press Ctrl-C until it has ended."""

    def pressed() -> bool:
        if rollout.running:
            rollout.signal(signal.SIGINT)
        return not rollout.running

    eventually(pressed, "it ends")
    return rollout.end()


def _tell() -> None:
    does = "ends within seconds, and says what is in progress or that nothing was applied"
    tell(Row(PART, "Ctrl-C again and again on a dead link", does, 1))
