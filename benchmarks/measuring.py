"""How long programs take and how much memory, to the end of each."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TAKING = Path(__file__).with_name("taking.py")
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
    asked = json.dumps({"commands": commands, "codes": sorted(codes)})
    done = subprocess.run(
        [sys.executable, "-E", "-S", _TAKING],
        input=asked,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(done.stderr)
    taken = json.loads(done.stdout)
    return Taken(taken["seconds"], taken["memory"] / _PER_MEGABYTE)


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
    code: int = 0
    """What this program is to end with: 1 where it is to find differences."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a row took: the medians of all rounds."""

    row: Row
    ours: Taken
    theirs: Taken
    requests: int
    """Those that this program sent, without the further pages of lists."""

    @property
    def ratio(self) -> float:
        """This program's time as a multiple of the others'."""
        return self.ours.seconds / self.theirs.seconds


def requests_sent(log: Path, since: int) -> int:
    """Return how many requests this program sent since a place in the audit log, without the further pages of lists."""
    with log.open("rb") as file:
        file.seek(since)
        events = [json.loads(line) for line in file.read().splitlines()]
    own = [each for each in events if each.get("userAgent", "").startswith("kubectl-express/")]
    return len({each["auditID"] for each in own if "continue=" not in each["requestURI"]})
