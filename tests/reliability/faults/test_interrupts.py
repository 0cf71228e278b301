"""Ctrl-C again and again while a request is not answered: the rollout ends, with what it knows."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.e2e.small_system import tagged
from tests.reliability.faults.proofs import PART, Since
from tests.reliability.ledger import Row, tell
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    system, presses = systems(tagged(**dict.fromkeys(PAIR, "0"))), 0
    since = Since(system, control_plane)
    system.operator.tell("be1", "next, hang")
    rollout = system.start("--yes", *proxy.flags, target=TARGET)
    rollout.line("be1: pod be1-0 is not Ready (ContainerCreating)")

    def on_record(asked: Asked) -> bool:
        return asked.writes and "/secrets/" in asked.path

    def pressed() -> bool:
        nonlocal presses
        rollout.signal(signal.SIGINT)
        presses += 1
        return presses == 5

    with unanswered(proxy, on_record):
        rollout.signal(signal.SIGINT)
        rollout.line("stopping, by Ctrl-C: be1 is seen through")
        eventually(pressed, "Ctrl-C is pressed some times, while that is put on record")
    ended = rollout.end()
    assert (ended.code, ended.stdout.splitlines()[-3:-1]) == (4, ["in progress (1): be1", "untouched (1): fe1"]), ended
    system.operator.tell("be1", "ok")
    assert system.run("--yes", target=TARGET).code == 0
    since.assert_done(PAIR)


def test_ctrl_c_again_and_again_before_the_first_write_says_that_nothing_was_applied(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy
) -> None:
    system = systems(tagged(**dict.fromkeys(PAIR, "0")))
    since = Since(system, control_plane)

    def rights(asked: Asked) -> bool:
        return "accessreviews" in asked.path

    with unanswered(proxy, rights):
        rollout = system.start("--yes", *proxy.flags, target=TARGET)
        eventually(lambda: [each for each in proxy.asked if rights(each)], "it asks what it may do")
        ended = interrupted(rollout)
    assert (ended.code, ended.stderr.splitlines()[-1]) == (4, f"{WHY}: nothing was applied"), ended
    since.assert_untouched()
    _tell()


def test_a_ctrl_c_during_a_dry_run_is_heard_once_the_request_is_answered(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy
) -> None:
    system = systems(tagged(**dict.fromkeys(PAIR, "0")))
    since = Since(system, control_plane)

    def tried(asked: Asked) -> bool:
        return asked.path == system.path("be1") and "dryRun" in asked.query

    with unanswered(proxy, tried):
        rollout = system.start("--dry-run=server", *proxy.flags, target=TARGET)
        eventually(lambda: [each for each in proxy.asked if tried(each)], "the server is asked")
        rollout.signal(signal.SIGINT)
    ended = rollout.end()
    assert (ended.code, ended.stderr.splitlines()[-1]) == (4, "stopped by Ctrl-C: nothing was applied"), ended
    assert "would be taken" not in ended.stdout + ended.stderr
    since.assert_untouched()


@contextmanager
def unanswered(proxy: Proxy, which: Callable[[Asked], bool]) -> Iterator[None]:
    """Have some requests not be answered while the context lasts; then they are."""
    over = threading.Event()

    def hold(asked: Asked, answer: Answer) -> Told:
        if which(asked):
            over.wait()
        return answer()

    proxy.harm = hold
    try:
        yield
    finally:
        over.set()


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
