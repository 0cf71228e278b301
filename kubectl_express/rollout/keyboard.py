"""Questions on a terminal: their words, the lines typed, and what they mean."""

from __future__ import annotations

import os
import select
import threading
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from kubectl_express.core.plan import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.plan import Step

_MOST = 4096
"""Bytes read at once: a terminal's line holds no more."""


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


def ask_plan(steps: int, nodes: int, system: str, context: str, first: str) -> str:
    """Return the question behind a plan of some steps for a system of some nodes.

    Names are as given: what writes the question makes it printable. So it is with `ask_step`.
    """
    return f"Roll {steps} of {nodes} nodes of {system} in {context}, {first} first? [y/N] "


def ask_step(step: Step, number: int, steps: int) -> str:
    """Return the question before the step of this number, from 1 on."""
    verb = "Delete" if step.action is Action.DELETE else "Roll"
    choices = "[y]es, [n]o: stop here, [d]iff, [a]ll the rest"
    return f"{verb} {step.node} ({step.kind}, {number} of {steps})? {choices}: "


class Keyboard:
    """Reads lines from a file descriptor in a thread of its own, and hands each to the thread that asked.

    The descriptor is read as it is: a daemon thread that held the lock of Python's buffered stdin would crash the
    interpreter as it ends. Lines are handed on whether or not a question stands; one typed before it is no answer.
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

    def start(self) -> None:
        """Begin to read. Through `tell`, `on_line` gets each line without its end, and None where input ends."""
        self._thread.start()

    def close(self) -> None:
        """Leave alone what is typed from now on."""
        os.write(self._end, b"\0")
        if self._thread.ident is not None:
            self._thread.join()
        os.close(self._end)
        os.close(self._ended)

    def _run(self) -> None:
        rest = b""
        while True:
            readable, _, _ = select.select([self._descriptor, self._ended], [], [])
            if self._ended in readable:
                return
            try:
                typed = os.read(self._descriptor, _MOST)
            except BlockingIOError:
                continue
            except OSError:
                # A terminal that was closed: nothing comes any more.
                typed = b""
            *lines, rest = (rest + typed).split(b"\n")
            if not typed and rest:
                lines.append(rest)
            for line in lines:
                self._tell(partial(self._on_line, line.decode("utf-8", "replace").rstrip("\r")))
            if not typed:
                self._tell(partial(self._on_line, None))
                return
