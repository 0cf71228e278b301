"""What people ask of a running rollout, from the keyboard, by signals, or from another machine."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_CTRL_C = "Ctrl-C"
_SIGNALS = {signal.SIGINT: _CTRL_C, signal.SIGTERM: "SIGTERM", signal.SIGHUP: "a closed terminal (SIGHUP)"}
_PATIENCE = 2
"""How many Ctrl-Cs are wishes in any case; one more ends the rollout, wherever it is, if nobody hears them."""
_DEAF = 1.0
"""Seconds after which nobody hears a wish: a request hangs. Sooner, it is on its way."""


class Wishes:
    """What has been asked for so far. Changed only in the engine's thread."""

    def __init__(self) -> None:
        self.stop: str | None = None
        """Who or what asked to stop after the node in progress; None while nobody did."""
        self.leave = False
        """Whether the node in progress is not to be waited for either."""
        self.pause: str | None = None
        """Who asked to pause before the next node."""
        self.resumed: str | None = None
        """Who asked to go on, until that is taken note of."""
        self.ended = False
        """Whether the rollout has ended, so that nothing can be asked of it any more."""

    def interrupt(self, by: str) -> None:
        """Take a signal by its name: the first stop sees the node in progress through, Ctrl-C after it leaves that one.

        No other signal does: a terminal that is closed may hang up twice, once itself and once through its shell.
        """
        self.leave = self.leave or (self.stop is not None and by == _CTRL_C)
        self.stop = self.stop or by

    def request(self, action: str, by: str) -> None:
        """Take a request: stop, pause or resume."""
        if action == "stop":
            self.stop = self.stop or by
        elif action == "pause":
            self.pause, self.resumed = by, None
        elif action == "resume":
            self.pause, self.resumed = None, by


@contextmanager
def signals_heard(
    tell: Callable[[Callable[[], object]], None], wishes: Wishes, clock: Callable[[], float] = time.monotonic
) -> Iterator[None]:
    """Take Ctrl-C, SIGTERM and SIGHUP as wishes while the context lasts; works in the main thread only.

    One that is ignored stays ignored: nohup does that to SIGHUP, and a shell to the Ctrl-C of what runs behind it.
    A third Ctrl-C, or a later one, is raised as KeyboardInterrupt where those before it are not heard.
    """
    unheard: dict[int, float] = {}
    told = 0

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal told
        if wishes.ended:
            return
        now = clock()
        if number == signal.SIGINT:
            if told >= _PATIENCE and unheard and now - min(unheard.values()) >= _DEAF:
                # The engine's thread does not get to hear anything. All that could be lost is the wait.
                raise KeyboardInterrupt
            told += 1
            unheard[told] = now
        tell(partial(hear, number, told))

    def hear(number: int, mine: int) -> None:
        unheard.pop(mine, None)
        wishes.interrupt(_SIGNALS[signal.Signals(number)])

    heeded = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, handle) for each in heeded}
    try:
        yield
    finally:
        for each, handler in before.items():
            if each != signal.SIGINT or not wishes.ended:  # The process ends: one Ctrl-C more changes nothing.
                signal.signal(each, handler)
