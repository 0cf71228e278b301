"""Rendered manifests from a file or standard input, as people leave them there."""

from __future__ import annotations

import io
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubectl_express.environment import Environment

_LOG_LINE = re.compile(
    r"\S+\.go:\d+: "  # helm 3 with --debug
    r"|(time=\S+ )?level=[A-Z]+ msg="  # helm 4
    r"|WARNING: |[Ww]arning: "
    r"|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d "  # Go's log package: helm's warnings on values
    r"|[IWEF]\d{4} \d\d:\d\d:\d\d"  # klog
)
_LARGEST = 256 << 20
"""Bytes. A system of 10,000 nodes takes some 17 MiB."""
_FAILURE = "Error: "
_TOP_OF_LINE = re.compile(r"\n[^ \-\r\n]")
"""Where a line begins that may be a log's: manifests have blanks, dashes or nothing at the start of most of theirs."""


def read_text(name: str, environment: Environment) -> str:
    """Return the text of a file, or of standard input for `-`. Raises ExpressError where it cannot be read."""
    try:
        if name != "-":
            with (environment.folder / name).open("rb") as file:
                return _up_to_the_largest(file, name).decode("utf-8-sig")
        binary = getattr(environment.stdin, "buffer", None)
        return _up_to_the_largest(binary, name).decode("utf-8-sig") if binary else environment.stdin.read()
    except UnicodeDecodeError as error:
        raise ExpressError(f"{title(name)} is not UTF-8 text: byte {error.start} cannot be read") from error
    except OSError as error:
        raise ExpressError(f"{name} cannot be read: {error.strerror or error}") from error


def _up_to_the_largest(file: BinaryIO, name: str) -> bytearray:
    """Return what a file holds; a device or another program may go on for ever."""
    content = bytearray()
    while piece := file.read(1 << 20):
        content += piece
        if len(content) > _LARGEST:
            raise ExpressError(f"{title(name)} is longer than {_LARGEST >> 20} MiB: is it a file of manifests?")
    return content


def title(name: str) -> str:
    """Return what a file is called in messages."""
    return "standard input" if name == "-" else Path(name).as_posix()


def manifests_only(text: str, name: str) -> str:
    """Return the text with the lines blanked that helm logged, as `helm --debug template … > output.yaml 2>&1` leaves.

    Line numbers stay. Raises ExpressError with helm's own message where the log says that helm failed: what was
    written before is no whole rendering.
    """
    kept: list[str] = []
    position = 0
    # Not split into lines: a hundred million of them would take all memory.
    for start in _starts(text):
        if text.startswith(_FAILURE, start):
            line = text.count("\n", 0, start) + 1
            raise ExpressError(f"{title(name)}:{line}: helm failed while it wrote this: {_message(text[start:])}")
        if _LOG_LINE.match(text, start):
            kept.append(text[position:start])
            position = text.find("\n", start)
            if position < 0:
                position = len(text)
    return "".join((*kept, text[position:])) if kept else text


def _starts(text: str) -> Iterator[int]:
    if text[:1] not in {"", " ", "-", "\r", "\n"}:
        yield 0
    for found in _TOP_OF_LINE.finditer(text):
        yield found.end() - 1


def _message(text: str) -> str:
    """Return helm's message, which ends before an empty line, a further line of the log, or the next document."""
    going_on = itertools.takewhile(
        lambda line: line.strip() and not line.startswith("---") and not _LOG_LINE.match(line),
        io.StringIO(text, newline="\n"),
    )
    return "\n".join(line.rstrip() for line in going_on).removeprefix(_FAILURE)
