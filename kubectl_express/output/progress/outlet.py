"""A stream that a rollout goes on without."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from kubectl_express.environment import Environment


class Outlet(io.TextIOBase):
    """Writes to a stream as long as it takes anything, and then no more.

    A terminal that was closed, a pipe whose reader has gone or a full disk must not end a rollout between two nodes,
    nor cut short the gate of the one in progress.
    """

    def __init__(self, stream: TextIO, on_loss: Callable[[OSError], object] = lambda _: None) -> None:
        """Take the stream, and what is called once where it takes no more."""
        super().__init__()
        self.lost = False
        self._stream = stream
        self._on_loss = on_loss

    def write(self, text: str, /) -> int:
        """Write at once; characters that the stream's encoding lacks are escaped."""
        if not self.lost:
            try:
                self._stream.write(self._encodable(text))
                self._stream.flush()
            except OSError as error:
                self.lost = True
                self._forget_unwritten()
                self._on_loss(error)
        return len(text)

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self._stream.isatty()

    def _forget_unwritten(self) -> None:
        """Let go of what the stream did not take, which Python would try to write again as it ends, and complain."""
        try:
            descriptor = self._stream.fileno()
        except OSError:
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)

    def _encodable(self, text: str) -> str:
        encoding = self._stream.encoding or "utf-8"
        return text.encode(encoding, "backslashreplace").decode(encoding)


def told_outlet(environment: Environment) -> Outlet:
    """Return stdout as an outlet that says so on stderr where it takes no more."""
    errors = Outlet(environment.stderr)

    def say(error: OSError) -> None:
        status = "`kubectl express rollout status` tells how far it is"
        errors.write(f"warning: standard output: {error.strerror}; the rollout goes on without: {status}\n")

    return Outlet(environment.stdout, say)
