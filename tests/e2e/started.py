"""A program that runs beside a test: its lines as it writes them, the signals it gets, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from tests.testbed.programs import Outcome
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Started:
    """A running program in a session of its own, whose leader it is; stdin is at its end, and it has no terminal."""

    def __init__(self, command: list[str | Path], environment: Mapping[str, str], cwd: Path) -> None:
        self._process = subprocess.Popen(
            command,
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self.title = " ".join(map(str, command))
        """The command line."""
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        assert self._process.stdout
        assert self._process.stderr
        self._readers = [
            threading.Thread(target=_read, args=(stream, lines), daemon=True)
            for stream, lines in ((self._process.stdout, self.stdout), (self._process.stderr, self.stderr))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """The program's process id: kubectl becomes the plugin that it starts."""
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def text(self) -> str:
        """All that was written so far, stderr below stdout."""
        return "\n".join([*self.stdout, *self.stderr])

    @property
    def events(self) -> list[Any]:
        """The documents of `-o json` so far, parsed: the plan first."""
        return [json.loads(line) for line in list(self.stdout)]

    def line(self, part: str, seconds: float = 60) -> str:
        """Wait for a line that holds `part`, on whichever stream, and return the first such; it may be there already.

        Raises AssertionError with all that was written where the program ends without it.
        """

        def found() -> str | None:
            ended = not self.running and not any(reader.is_alive() for reader in self._readers)
            line = next((line for line in [*self.stdout, *self.stderr] if part in line), None)
            assert line is not None or not ended, f"it ended with {self._process.poll()} without {part!r}:\n{self.text}"
            return line

        try:
            return eventually(found, f"a line with {part!r}", seconds) or ""
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.text}") from None

    def event(self, what: str, node: str | None = None) -> Any:
        """Wait for an event of `-o json`, of one node if that is given, and return the first such; as `line` does."""

        def found(document: Any) -> bool:
            return document.get("event") == what and node in {None, document["node"]}

        named = f'"event": "{what}", "node": ' + (f'"{node}"' if node else "")
        self.line(named)
        return next(document for document in self.events if found(document))

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process group, as a terminal does on Ctrl-C."""
        os.killpg(self.pid, number)

    def end(self, seconds: float = 60) -> Outcome:
        """Wait for its end, and return how it ended: the code is negative where a signal ended it."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it has not ended after {seconds:g} s:\n{self.text}") from None
        for reader in self._readers:
            reader.join()
        return Outcome(code, "\n".join(self.stdout), "\n".join(self.stderr))

    def close(self) -> None:
        """Kill it where it still runs."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()


def _read(stream: IO[str], lines: list[str]) -> None:
    for line in stream:
        lines.append(line.rstrip("\n"))  # noqa: PERF401 - each at once
