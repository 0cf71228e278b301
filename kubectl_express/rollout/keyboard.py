"""Questions on a terminal: their words, the lines typed, and what they mean."""

from __future__ import annotations

import os
import select
import termios
import threading
from contextlib import suppress
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from kubectl_express.core.plan import Action
from kubectl_express.environment import in_foreground

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.plan import Step

_MOST = 4096
"""Bytes read at once: a terminal's line holds no more."""


_LOOK_AGAIN = 1.0
"""Seconds until it is looked again whether the program is in the terminal's foreground."""


class Answer(Enum):
    """What an answer means."""

    YES = "y"
    NO = "n"
    DIFF = "d"
    ALL = "a"
    UNKNOWN = ""


_WORDS = {"yes": Answer.YES, "no": Answer.NO, "diff": Answer.DIFF, "all": Answer.ALL}


def parse_answer(line: str | None) -> Answer:
    """Return what a line typed at a step's question means: a word of it or its first letter, in either case.

    The end of input is a no: nobody is there to say anything else. An empty line, like anything else, is unknown, so
    that a key too many lets no node restart. The plan's question takes whatever is not yes for no.
    """
    if line is None:
        return Answer.NO
    said = line.strip().lower()
    return next((answer for word, answer in _WORDS.items() if said in {word, word[0]}), Answer.UNKNOWN)


def ask_step(step: Step, number: int, steps: int) -> str:
    """Return the question before the step of this number, from 1 on.

    Names are as given: what writes the question makes it printable.
    """
    verb = "Delete" if step.action is Action.DELETE else "Roll"
    choices = "[y]es, [n]o: stop here, [d]iff, [a]ll the rest"
    return f"{verb} {step.node} ({step.kind}, {number} of {steps})? {choices}: "


class Keyboard:
    """Reads lines from a file descriptor in a thread of its own, and hands each to the thread that asked.

    The descriptor is read as it is: a daemon thread that held the lock of Python's buffered stdin would crash the
    interpreter as it ends. Lines are handed on whether or not a question stands.
    """

    def __init__(
        self,
        descriptor: int,
        tell: Callable[[Callable[[], object]], None],
        on_line: Callable[[str | None], object],
    ) -> None:
        self._descriptor = descriptor
        self._tell = tell
        self._on_line = on_line
        self._ended, self._end = os.pipe()
        self._thread = threading.Thread(target=self._run, name="keyboard", daemon=True)
        self._lock = threading.Lock()
        self._forgotten = 0
        """How often what was typed has been forgotten."""
        self._over = False

    def start(self) -> None:
        """Begin to read. Through `tell`, `on_line` gets each line without its end, and None where input ends."""
        self._thread.start()

    def forget(self) -> None:
        """Hand on nothing of what was typed so far; the end of input is told again, since nothing follows it.

        It is for the thread that gets the lines.
        """
        with self._lock:
            self._forgotten += 1
            if in_foreground(self._descriptor):
                with suppress(termios.error):  # Of a pipe nothing is thrown away; what was read of it is.
                    termios.tcflush(self._descriptor, termios.TCIFLUSH)
            if self._over:
                self._hand_on(None)

    def close(self) -> None:
        """Leave alone what is typed from now on."""
        os.write(self._end, b"\0")
        if self._thread.ident is not None:
            self._thread.join()
        os.close(self._end)
        os.close(self._ended)

    def _run(self) -> None:
        rest, read = b"", 0
        while not self._over:
            readable, _, _ = select.select([self._descriptor, self._ended], [], [])
            if self._ended in readable:
                return
            if not in_foreground(self._descriptor):
                # What is typed is for whoever is; to read it would stop this process, as a shell's `&` has it.
                select.select([self._ended], [], [], _LOOK_AGAIN)
                continue
            with self._lock:
                typed = self._typed()
                if typed is None:
                    continue
                if read != self._forgotten:
                    rest, read = b"", self._forgotten
                *lines, rest = (rest + typed).split(b"\n")
                if not typed and rest:
                    lines.append(rest)
                for line in lines:
                    self._hand_on(line.decode("utf-8", "replace").rstrip("\r"))
                if not typed:
                    self._hand_on(None)
                    self._over = not _is_terminal(self._descriptor)  # After a Ctrl-D, more may be typed.

    def _typed(self) -> bytes | None:
        """Return what there is to read; nothing at the end of input, and None where what there was is forgotten."""
        if not select.select([self._descriptor], [], [], 0)[0]:
            return None
        try:
            return os.read(self._descriptor, _MOST)
        except BlockingIOError:
            return None
        except OSError:
            # A terminal that was closed: nothing comes any more.
            return b""

    def _hand_on(self, line: str | None) -> None:
        self._tell(partial(self._take, line, self._forgotten))

    def _take(self, line: str | None, forgotten: int) -> None:
        if forgotten == self._forgotten:
            self._on_line(line)


def _is_terminal(descriptor: int) -> bool:
    """Return whether somebody can type there: not on a pipe, nor on a terminal that was closed."""
    try:
        termios.tcgetattr(descriptor)
    except termios.error:
        return False
    return True
