"""How the threads that watch, renew and read the keyboard reach the one thread that decides."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_AT_MOST = 60.0
"""Seconds of one wait: Python cannot wait for longer than a C integer holds."""


class Inbox:
    """Functions handed over by other threads and by signal handlers, and run by the thread that hears."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # A signal handler may put into it while the same thread takes out of it, unlike a Queue.
        self._news: SimpleQueue[Callable[[], object]] = SimpleQueue()

    def tell(self, function: Callable[[], object]) -> None:
        """Hand a function over, from whichever thread."""
        self._news.put(function)

    def hear(self, seconds: float | None = None) -> None:
        """Wait for news, at most so many seconds, and run all there is; raises what that raises."""
        deadline = None if seconds is None else self._clock() + max(seconds, 0.0)
        while True:
            left = _AT_MOST if deadline is None else max(deadline - self._clock(), 0.0)
            try:
                function = self._news.get(timeout=min(left, _AT_MOST))
            except Empty:
                if deadline is not None and self._clock() >= deadline:
                    return
                continue
            function()
            self.catch_up()
            return

    def catch_up(self) -> None:
        """Run what has been handed over, without waiting."""
        while True:
            try:
                function = self._news.get_nowait()
            except Empty:
                return
            function()
