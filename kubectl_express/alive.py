"""A line on the terminal that says what takes long and for how long, and is gone before anything else is written."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kubectl_express.environment import in_foreground

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubectl_express.environment import Environment

_SILENT = 2.0
"""Seconds in which nobody wonders."""
_EVERY = 1.0
_ERASED = "\r\x1b[K"


class Alive:
    """While this context lasts, what is done in it is shown on stderr, if that is a terminal; within another, nothing.

    What is drawn is one line, drawn over by the next; `Environment` erases it before it writes.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._doing: list[tuple[str, str]] = []
        self._quiet = 0
        self._drawn = False
        self._began = time.monotonic()

    def __enter__(self) -> None:
        """Begin to look at the time."""
        environment = self._environment
        able = environment.variables.get("TERM") not in {None, "", "dumb"}  # Of a line to be erased, as git has it.
        if environment.alive is None and able and environment.stderr.isatty():
            environment.alive = self
            threading.Thread(target=self._draw, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        """Erase the line, if there is one, and draw no other."""
        if self._environment.alive is self:
            with self.held():
                self._over.set()
            self._environment.alive = None

    @contextmanager
    def doing(self, what: str, name: str) -> Iterator[None]:
        """Name what is being done to what while the context lasts."""
        with self._lock:
            self._doing.append((what, name))
        try:
            yield
        finally:
            with self._lock:
                self._doing.remove((what, name))

    @contextmanager
    def left_alone(self) -> Iterator[None]:
        """Draw nothing while the context lasts: another program may be asking something on the terminal."""
        with self.held():
            self._quiet += 1
        try:
            yield
        finally:
            with self._lock:
                self._quiet -= 1

    @contextmanager
    def held(self) -> Iterator[None]:
        """Erase the line, and draw none while the context lasts."""
        with self._lock:
            if self._drawn:
                self._drawn = False
                if self._in_front():
                    self._write(_ERASED)
            yield

    def _draw(self) -> None:
        wait = _SILENT
        while not self._over.wait(wait):
            wait = _EVERY
            with self._lock:
                if not self._over.is_set() and not self._quiet and self._in_front():
                    self._drawn = True
                    self._write(f"{_ERASED}{self._line()}")

    def _line(self) -> str:
        """Return the line: `rendering a, b; reading c … 4 s`, as much of it as fits, so that it can be erased."""
        names: dict[str, set[str]] = {}
        for what, name in self._doing:
            names.setdefault(what, set()).add(name if name.isprintable() else ascii(name))
        said = "; ".join(f"{what} {', '.join(sorted(each))}" for what, each in names.items()) or "working"
        end = f" … {time.monotonic() - self._began:.0f} s"
        room = self._columns() - len(end) - 1
        return f"{said if len(said) <= room else f'{said[: max(room - 1, 0)]}…'}{end}"

    def _in_front(self) -> bool:
        """Return whether the terminal is ours to draw on: somebody else types on it once the shell runs us behind."""
        return in_foreground(self._environment.stderr.fileno())

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._environment.stderr.fileno()).columns or 80
        except OSError:
            return 80

    def _write(self, text: str) -> None:
        try:
            self._environment.stderr.write(text)
            self._environment.stderr.flush()
        except (OSError, ValueError):
            # The terminal was closed: whoever has something to say will find out.
            self._over.set()
