"""What a person reads on a terminal: its text without what moves the cursor and paints."""

from __future__ import annotations

import re

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_ERASED = re.compile(r"[^\n]*\r\x1b\[K")
"""A line that said what took long, on a machine where it did."""
_REDRAWN = re.compile(r"(?:\x1b\[2K|\x1b\[1A)+")


def plain(text: str) -> str:
    """Return what was written and not erased, without escape codes, with bare line ends."""
    return _ESCAPES.sub("", _ERASED.sub("", text)).replace("\r", "")


def frames(text: str) -> list[str]:
    """Return what was written, cut where a table was drawn anew in the place of what stood there."""
    return [plain(part) for part in _REDRAWN.split(text)]


def rows(frame: str) -> dict[str, str]:
    """Return how far each node is by the last table of a frame: `✓ done 0.1s`, `to come`."""
    found = re.findall(r"^(\S+) +(?:Backend|Frontend) +update +\S+ -> \S+ +(.+?) *$", frame, re.MULTILINE)
    return {node: re.sub(r" {2,}", "  ", state) for node, state in found}
