"""A command of the user's own that each node has to pass after its gate."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_LAST = 200
"""Characters of its output that a failure is told with."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, and the command's own last words: these may hold anything, and are for who runs it alone."""

    what: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class SmokeTest:
    """A shell command, run with NODE in its environment, beside what says where the node is."""

    command: str
    variables: Mapping[str, str]
    folder: Path

    def run(
        self, node: str, limit: float, tell: Callable[[Callable[[], object]], None], hear: Callable[[float], None]
    ) -> Fault | None:
        """Run it for a node, in at most `limit` seconds; return what went wrong, None where it exits with 0.

        Meanwhile `hear` is called, and whatever it raises ends the command. It has a session of its own, so that a
        Ctrl-C at the terminal, which sees the node through, does not end it.
        """
        try:
            process = subprocess.Popen(
                ["/bin/sh", "-c", self.command],
                env={**self.variables, "NODE": node},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise ExpressError(f"--after-node cannot be started: {error.strerror}") from error
        said: list[bytes] = []

        def await_end() -> None:
            said.append(process.communicate()[0])
            tell(lambda: None)

        waiter = threading.Thread(target=await_end, daemon=True)
        waiter.start()
        deadline = time.monotonic() + limit
        try:
            while not said:
                left = deadline - time.monotonic()
                if left <= 0:
                    return Fault(f"--after-node did not end within {limit:g} s")
                hear(left)
        finally:
            if not said:
                os.killpg(process.pid, signal.SIGKILL)
                waiter.join()
        if process.returncode == 0:
            return None
        words = " ".join(said[0].decode("utf-8", "replace").split())[-_LAST:]
        return Fault(f"--after-node failed with exit code {process.returncode}", words)
