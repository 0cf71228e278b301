"""What a run stands in: its streams, its variables and its working directory, passed on rather than reached for."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import TextIO

    from kubectl_express.alive import Alive


_AT_ONCE = 1 << 20
"""Characters that a stream is given at once: it keeps them a second time, as bytes, until they are written."""


def _write(stream: TextIO, text: str) -> None:
    if len(text) <= _AT_ONCE:
        stream.write(text)
    else:
        stream.writelines(text[start : start + _AT_ONCE] for start in range(0, len(text), _AT_ONCE))
    stream.flush()


def in_foreground(terminal: int) -> bool:
    """Return whether what is typed on a terminal is for this process: not behind a shell's `&`; true if none tells."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return True


class Environment:
    """The streams, variables and folder of one run."""

    def __init__(
        self, stdin: TextIO, stdout: TextIO, stderr: TextIO, variables: Mapping[str, str], folder: Path | None = None
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.variables = variables
        self.alive: Alive | None = None
        """What shows that work goes on, where something does."""
        self._folder = folder

    @staticmethod
    def real() -> Environment:
        """Return the process's own."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                # A character that the locale's encoding lacks is shown by its number, as in any other text.
                stream.reconfigure(errors="backslashreplace")
        return Environment(sys.stdin, sys.stdout, sys.stderr, os.environ)

    @property
    def folder(self) -> Path:
        """The working directory. Raises OSError where it is there no more."""
        if self._folder is None:
            # Here, since pathlib takes a while to import, and not every command looks at files.
            from pathlib import Path

            self._folder = Path.cwd()
        return self._folder

    def doing(self, what: str, name: str) -> AbstractContextManager[None]:
        """Return a context in which something is done that may take long: `rendering`, `systemdcrtest3`."""
        from contextlib import nullcontext

        alive = self.alive
        return alive.doing(what, name) if alive is not None else nullcontext()

    def left_alone(self) -> AbstractContextManager[None]:
        """Return a context in which nothing is drawn: another program may be asking something on the terminal."""
        from contextlib import nullcontext

        alive = self.alive
        return alive.left_alone() if alive is not None else nullcontext()

    def say(self, line: str) -> None:
        """Write one line that is no data."""
        self._write(self.stderr, f"{line}\n")

    def _write(self, stream: TextIO, text: str) -> None:
        alive = self.alive
        if alive is not None:
            with alive.held():
                _write(stream, text)
        else:
            _write(stream, text)

    def write(self, text: str) -> None:
        """Write text to stdout. Raises OSError that names it where it takes no more."""
        try:
            self._write(self.stdout, text)
        except OSError as error:
            error.filename = error.filename or "standard output"
            raise

    def write_bytes(self, data: bytes) -> None:
        """Write bytes to stdout as they are."""
        binary = getattr(self.stdout, "buffer", None)
        if binary is None:
            self.write(data.decode("utf-8", "replace"))
            return
        try:
            binary.write(data)
            binary.flush()
        except OSError as error:
            error.filename = error.filename or "standard output"
            raise
