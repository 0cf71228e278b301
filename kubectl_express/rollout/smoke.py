"""A command of the user's own that each node has to pass after its gate."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.errors import ExpressError
from kubectl_express.sources.processes import kill_session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_LAST = 200
"""Characters of its output that a failure is told with."""
_KEPT = 4096
"""Bytes of its output that are kept for that: they hold so many characters, and what is left out between words."""
_LINGERING = 1.0
"""Seconds that its end and its last words are waited for: what it has started may hold its output open for ever."""


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

        What it has left running behind it then is left alone. Meanwhile `hear` is called, and whatever it raises ends
        the command. It has a session of its own, so that a Ctrl-C at the terminal, which sees the node through, does
        not end it.
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
        said, ended = bytearray(), threading.Event()

        def await_end() -> None:
            process.wait()
            ended.set()
            tell(lambda: None)

        waiter = threading.Thread(target=await_end, daemon=True)
        reader = threading.Thread(target=_keep_last, args=(process, said), daemon=True)
        waiter.start()
        reader.start()
        deadline = time.monotonic() + limit
        try:
            while not ended.is_set():
                left = deadline - time.monotonic()
                if left <= 0:
                    return Fault(f"--after-node did not end within {limit:g} s")
                hear(left)
        finally:
            if process.poll() is None:
                kill_session(process)
                waiter.join(_LINGERING)
        if process.returncode == 0:
            return None
        reader.join(_LINGERING)
        words = " ".join(said.decode("utf-8", "replace").split())[-_LAST:]
        return Fault(f"--after-node failed with exit code {process.returncode}", words)


def _keep_last(process: subprocess.Popen[bytes], said: bytearray) -> None:
    """Read what a command writes for as long as somebody does, and keep the end of it."""
    assert process.stdout is not None  # noqa: S101
    with process.stdout as output:
        while piece := os.read(output.fileno(), 1 << 16):
            said += piece
            del said[:-_KEPT]
