"""How long programs take and how much memory, to the end of each."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PER_MEGABYTE = 1 << 20 if sys.platform == "darwin" else 1 << 10
"""What the system counts a process's memory in: bytes there, KiB on Linux."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one run of some commands took, one after the other."""

    seconds: float
    megabytes: float
    """The most memory that any of their processes had at once."""


def take(
    commands: Sequence[Sequence[str]], folder: Path, environment: Mapping[str, str], codes: frozenset[int]
) -> Taken:
    """Run commands one after the other, with nobody reading what they print; end the program where one fails."""
    seconds, kilobytes = 0.0, 0
    for command in commands:
        with tempfile.TemporaryFile() as errors:
            start = time.perf_counter()
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds += time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode not in codes:
                errors.seek(0)
                said = errors.read()[-2000:].decode(errors="replace")
                sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
            kilobytes = max(kilobytes, usage.ru_maxrss)
    return Taken(seconds, kilobytes / _PER_MEGABYTE)


def median(found: Sequence[Taken]) -> Taken:
    """Return the median seconds, and the most memory, of several runs."""
    return Taken(statistics.median(each.seconds for each in found), max(each.megabytes for each in found))


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of work, done by this program and by others."""

    what: str
    nodes: int
    ours: Sequence[str]
    peer: str
    theirs: Sequence[Sequence[str]]
    limit: float | None
    """How many times the others' time this program may take; None where that was never settled."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a row took: the medians of all rounds."""

    row: Row
    ours: Taken
    theirs: Taken
    requests: int

    @property
    def ratio(self) -> float:
        """This program's time as a multiple of the others'."""
        return self.ours.seconds / self.theirs.seconds
