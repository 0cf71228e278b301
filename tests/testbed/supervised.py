"""Programs of the test bed that run beside the tests, and that never outlive them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SUPERVISOR = Path(__file__).parent / "supervisor.py"
TAIL = 25
"""Lines of a log that explain why a program ended."""


class Supervised:
    """A running program. It is killed by `stop`, or by its supervisor as soon as this process is gone."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start a program that writes into `log`, with this process's environment unless another is given."""
        self.log = log
        log.touch()
        # A session of its own: Ctrl-C in the terminal reaches the tests alone, which then end what they started.
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", SUPERVISOR, log, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=cwd,
            env=environment,
            start_new_session=True,
        )
        assert self._supervisor.stdout is not None
        self.pid = int(self._supervisor.stdout.readline() or 0)
        """The program's own process id; 0 when it could not even be started."""

    @property
    def running(self) -> bool:
        return self._supervisor.poll() is None

    def said(self) -> str:
        """Return all that it has written so far."""
        return self.log.read_text(errors="replace")

    def tail(self) -> str:
        """Return the last lines that it wrote."""
        return "\n".join(self.said().splitlines()[-TAIL:])

    def stop(self) -> None:
        """Kill it at once: what it holds is thrown away with the folder it lives in. Does nothing a second time."""
        assert self._supervisor.stdin is not None
        assert self._supervisor.stdout is not None
        self._supervisor.stdin.close()
        self._supervisor.wait()
        self._supervisor.stdout.close()
