"""What the operator saw and did, and when: lines that it prints, and their reading."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import datetime, timezone

_LINE = re.compile(
    r"^(?P<time>\d\d:\d\d:\d\d\.\d{3}) (?P<node>[^ :]+): (?P<what>declares|made|removed|Ready|not Ready)"
)
_REVISION = re.compile(r"\b[0-9a-f]{10}\b")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to a node."""

    time: str
    """The UTC time of day, to the millisecond."""
    node: str
    what: str
    """`declares`: its resource has a new revision; `made`, `removed`, `Ready`, `not Ready`: its pod."""
    revision: str


def say(line: str) -> None:
    """Print a line whole: `print` writes its end by itself, and another thread's line may come between."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def write(node: str, what: str, revision: str, more: str = "") -> None:
    """Print what happened to a node."""
    now = datetime.now(timezone.utc).strftime("%H:%M:%S.%f")[:-3]
    say(f"{now} {node}: {what} {revision}{f' ({more})' if more else ''}")


def entries(log: str) -> list[Entry]:
    """Return what an operator's log tells, in order."""
    return [
        Entry(match["time"], match["node"], match["what"], revision[0])
        for line in log.splitlines()
        if (match := _LINE.match(line)) and (revision := _REVISION.search(line, match.end()))
    ]
