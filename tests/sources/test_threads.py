from __future__ import annotations

import threading
from functools import partial
from typing import NoReturn

import pytest

from kubectl_express.sources.threads import Threads, together


def failing(message: str) -> NoReturn:
    raise ValueError(message)


def test_what_a_call_returns_or_raises_comes_where_it_is_asked_for() -> None:
    with Threads() as threads:
        one, other = threads.begin(int, "7"), threads.begin(failing, "no")
        assert one.result() == 7
        for _ in range(2):
            with pytest.raises(ValueError, match="no"):
                other.result()


def test_calls_have_ended_with_their_context_also_where_it_fails() -> None:
    go, seen = threading.Event(), list[str]()

    def work() -> None:
        go.wait()
        seen.append("done")

    def use() -> NoReturn:
        with Threads() as threads:
            threads.begin(work)
            threads.begin(go.set)
            raise ValueError("something else is wrong")

    with pytest.raises(ValueError, match="something else"):
        use()
    assert seen == ["done"]


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit])
def test_nobody_waits_for_a_call_after_ctrl_c_or_a_signal(ending: type[BaseException]) -> None:
    go = threading.Event()

    def use() -> NoReturn:
        with Threads() as threads:
            threads.begin(go.wait)
            raise ending

    # It hangs where somebody waits.
    with pytest.raises(ending):
        use()
    assert not go.is_set()
    go.set()


def test_of_calls_together_so_many_run_at_once_and_the_results_are_in_order() -> None:
    running, most, lock = set[int](), list[int](), threading.Lock()
    two = threading.Barrier(2)

    def call(number: int) -> int:
        with lock:
            running.add(number)
            most.append(len(running))
        two.wait(30)
        with lock:
            running.discard(number)
        return number

    assert together([partial(call, number) for number in range(6)], at_once=2) == list(range(6))
    assert max(most) == 2


def test_calls_together_raise_what_the_first_of_them_raised_once_all_have_ended() -> None:
    second = threading.Event()

    def first() -> NoReturn:
        second.wait(30)
        raise ValueError("the first")

    def other() -> NoReturn:
        second.set()
        raise ValueError("the second")

    with pytest.raises(ValueError, match="the first"):
        together([first, other])


def test_behind_a_call_that_raised_no_further_one_begins() -> None:
    def fail() -> NoReturn:
        raise ValueError("the second")

    seen: list[str] = []
    with pytest.raises(ValueError, match="the second"):
        together([lambda: seen.append("first"), fail, lambda: seen.append("third")], at_once=1)
    assert seen == ["first"]
