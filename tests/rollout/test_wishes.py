from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from kubectl_express.rollout.inbox import Inbox
from kubectl_express.rollout.wishes import Wishes, signals_heard

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_first_signal_stops_after_the_node_in_progress_and_a_ctrl_c_behind_it_leaves_that_one() -> None:
    wishes = Wishes()
    wishes.interrupt("SIGTERM")
    assert (wishes.stop, wishes.leave) == ("SIGTERM", False)
    wishes.interrupt("SIGHUP")
    assert not wishes.leave, "a terminal that is closed may hang up twice"
    wishes.interrupt("Ctrl-C")
    assert (wishes.stop, wishes.leave) == ("SIGTERM", True)


def test_a_ctrl_c_after_a_remote_stop_leaves_the_node_in_progress() -> None:
    wishes = Wishes()
    wishes.request("stop", "alice@host7")
    wishes.interrupt("Ctrl-C")
    assert wishes.stop == "alice@host7"
    assert wishes.leave


def test_a_pause_holds_until_it_is_resumed_and_a_stop_for_ever() -> None:
    wishes = Wishes()
    wishes.request("pause", "alice")
    assert (wishes.pause, wishes.resumed) == ("alice", None)
    wishes.request("resume", "bob")
    assert [wishes.pause, wishes.resumed] == [None, "bob"]
    wishes.request("stop", "alice")
    wishes.request("resume", "bob")
    assert wishes.stop == "alice"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_wishes_that_are_heard_in_the_thread_that_decides(number: signal.Signals) -> None:
    inbox, wishes = Inbox(), Wishes()
    before = signal.getsignal(number)
    with signals_heard(inbox.tell, wishes):
        os.kill(os.getpid(), number)
        inbox.hear(5.0)
        assert wishes.stop is not None
        assert not wishes.leave
    assert signal.getsignal(number) is before


def ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_a_third_ctrl_c_ends_a_rollout_that_has_not_heard_the_first_two_for_a_second() -> None:
    now = [0.0]
    with signals_heard(lambda _: None, Wishes(), lambda: now[0]):
        ctrl_c()
        now[0] = 0.5
        ctrl_c()
        now[0] = 1.0
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()


def test_a_second_ctrl_c_is_a_wish_however_long_the_first_is_not_heard() -> None:
    now, told = [0.0], list[object]()
    with signals_heard(told.append, Wishes(), lambda: now[0]):
        ctrl_c()
        now[0] = 60.0
        ctrl_c()
    assert len(told) == 2


def test_any_number_of_ctrl_cs_at_once_are_wishes_until_nobody_has_heard_them_for_a_second() -> None:
    inbox, wishes, now = Inbox(), Wishes(), [0.0]
    with signals_heard(inbox.tell, wishes, lambda: now[0]):
        for _ in range(5):
            ctrl_c()
        now[0] = 0.9
        ctrl_c()
        inbox.catch_up()
        assert wishes.leave
        now[0] = 60.0
        ctrl_c()  # All before it were heard.
        now[0] = 61.0
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()


def test_a_rollout_that_has_ended_hears_no_ctrl_c() -> None:
    wishes, told = Wishes(), list[object]()
    wishes.ended = True
    before = signal.getsignal(signal.SIGINT)
    try:
        with signals_heard(told.append, wishes, lambda: float(len(told))):
            for _ in range(5):
                ctrl_c()
        ctrl_c()  # The process is about to end.
        assert told == []
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_signal_that_is_ignored_stays_ignored_as_nohup_has_it() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_heard(lambda _: pytest.fail("it was heard"), Wishes()):
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_inbox_runs_all_that_was_handed_over_in_its_order_and_waits_no_longer_than_asked() -> None:
    inbox, seen = Inbox(), list[int]()
    for number in range(3):
        inbox.tell(_noting(seen, number))
    inbox.hear()
    assert seen == [0, 1, 2]
    inbox.hear(0.01)
    inbox.catch_up()


def test_what_a_function_raises_is_raised_where_it_is_heard() -> None:
    inbox = Inbox()

    def fail() -> None:
        raise ValueError("a watch broke")

    inbox.tell(fail)
    with pytest.raises(ValueError, match="a watch broke"):
        inbox.hear()


def _noting(seen: list[int], number: int) -> Callable[[], object]:
    return lambda: seen.append(number)
