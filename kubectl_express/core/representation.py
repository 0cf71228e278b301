"""How two texts of a node's data differ: in what they say, or only in how they say it.

A revision is a hash of bytes, so two texts that say the same and are written otherwise have two revisions, and the node
restarts for nothing. The comparison goes down to the parameter and the byte, in time linear to the texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from itertools import zip_longest
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.parameters import ParameterChange, compare
from kubectl_express.core.values import join

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHOWN_PATHS = 3
_SPACE = b" \t\r\n"
_TOKEN = re.compile(rb'[ \t\r\n]*("[^"\\]*(?:\\.[^"\\]*)*"|[][{}:,]|[^][{}:," \t\r\n]+)')
_UNIT = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[\xc0-\xff][\x80-\xbf]*|."
)
"""One character of a JSON string, however it is written."""


class Writing(str, Enum):
    """In what two texts that say the same may differ."""

    NUMBER = "number"
    """1e+06 and 1000000."""
    ESCAPE = "escape"
    r"""\u003c and <."""
    ORDER = "order"
    """The keys of an object stand in another order."""
    SPACE = "space"
    """White space between the values; told once, with its first place."""
    END = "end"
    """White space behind the data: a trailing newline."""
    BYTES = "bytes"
    """Something else, in a text that is no JSON, say: only the first byte that differs is known."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """One place where two texts are not written alike."""

    writing: Writing
    path: str
    """The parameter, or the object whose keys are in another order, as a JSON Pointer; empty for the whole."""
    one: str
    """What stands in the first text, as it is written there; of another order the key that stands there."""
    other: str
    byte: int
    """Where it stands in the first text, counted from 1."""
    other_byte: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How two texts, or two sets of parameters, differ: in the parameters, or where those are the same, in writing."""

    sides: tuple[str, str]
    """What the two are, each a noun that "in the" goes before."""
    parameters: tuple[ParameterChange, ...] = ()
    spellings: tuple[Spelling, ...] = ()

    @property
    def of_meaning(self) -> bool:
        """Whether a parameter differs; if not, a restart changes nothing."""
        return bool(self.parameters)


def difference(one: str, other: str, sides: tuple[str, str]) -> Difference | None:
    """Return how two texts differ, or None where they are the same, byte for byte."""
    if one == other:
        return None
    try:
        values = gojson.decode(one), gojson.decode(other)
    except gojson.InvalidJSON:
        return Difference(sides, spellings=(_first_byte(_encoded(one), _encoded(other)),))
    if not gojson.same(*values):
        return Difference(sides, parameters=tuple(compare(*values)))
    return Difference(sides, spellings=tuple(_spellings(_encoded(one), _encoded(other))))


def paths(parameters: Sequence[ParameterChange]) -> str:
    """Return where parameters differ, without their values: the first few, and how many there are more."""
    shown = ", ".join(change.path for change in parameters[:_SHOWN_PATHS])
    more = len(parameters) - _SHOWN_PATHS
    return f"they differ at {shown}" + (f" and {more} more" if more > 0 else "")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _spellings(one: bytes, other: bytes) -> list[Spelling]:
    """Return where two JSON texts that say the same are written otherwise, in the order of the first."""
    found = [*_spaces(one, other), *_places(_read(one), _read(other)), *_ends(one, other)]
    return sorted(found, key=lambda each: each.byte) or [_first_byte(one, other)]


def _first_byte(one: bytes, other: bytes) -> Spelling:
    # Not what stands there: of a text that cannot be read, nobody can tell whether it may be shown.
    at = next((index for index, pair in enumerate(zip(one, other)) if pair[0] != pair[1]), None)  # noqa: B905
    byte = (min(len(one), len(other)) if at is None else at) + 1
    return Spelling(Writing.BYTES, "", "", "", byte, byte)


def _ends(one: bytes, other: bytes) -> Iterator[Spelling]:
    stripped, other_stripped = one.rstrip(_SPACE), other.rstrip(_SPACE)
    tail, other_tail = one[len(stripped) :].decode(), other[len(other_stripped) :].decode()
    if tail != other_tail:
        yield Spelling(Writing.END, "", tail, other_tail, len(stripped) + 1, len(other_stripped) + 1)


def _spaces(one: bytes, other: bytes) -> Iterator[Spelling]:
    for found, others in zip(_TOKEN.finditer(one), _TOKEN.finditer(other)):  # noqa: B905
        space, other_space = found[0][: -len(found[1])], others[0][: -len(others[1])]
        if space != other_space:
            byte, other_byte = found.start() + 1, others.start() + 1
            yield Spelling(Writing.SPACE, "", space.decode(), other_space.decode(), byte, other_byte)
            return


@dataclass(slots=True)
class _Written:
    """A value as it is written: where it begins, a scalar's text or a container's bracket, a container's members."""

    start: int
    text: bytes
    members: list[tuple[_Written | None, _Written]]
    """Each with its key; None in a list."""


def _read(text: bytes) -> _Written:
    """Return the value of a JSON text that is known to be sound."""
    whole = _Written(0, b"[", [])
    open_ones, key = [whole], None
    for found in _TOKEN.finditer(text):
        token = found[1]
        if token in b",:":
            continue
        if token in b"]}":
            open_ones.pop()
            continue
        value = _Written(found.start(1), token, [])
        if key is None and open_ones[-1].text == b"{":
            key = value
            continue
        open_ones[-1].members.append((key, value))
        key = None
        if token in b"[{":
            open_ones.append(value)
    return whole.members[0][1]


def _places(one: _Written, other: _Written) -> Iterator[Spelling]:
    pending = [("", one, other)]
    while pending:
        path, mine, theirs = pending.pop()
        if mine.text == b"{":
            members, others = _by_key(mine), _by_key(theirs)
            yield from _order(path, members, others)
            for name, (key, value) in members.items():
                other_key, other_value = others[name]
                below = join(path, name)
                yield from _scalar(below, key, other_key)
                pending.append((below, value, other_value))
        elif mine.text == b"[":
            for index, ((_, value), (_, other_value)) in enumerate(zip(mine.members, theirs.members, strict=True)):
                pending.append((join(path, index), value, other_value))
        else:
            yield from _scalar(path, mine, theirs)


_Members = dict[str, tuple[_Written, _Written]]


def _by_key(written: _Written) -> _Members:
    # Of a key that stands twice the last one counts, as in Go.
    return {_name(key.text): (key, value) for key, value in written.members if key is not None}


def _name(key: bytes) -> str:
    return str(gojson.decode(key.decode("utf-8", "surrogatepass")))


def _order(path: str, members: _Members, others: _Members) -> Iterator[Spelling]:
    for name, other_name in zip_longest(members, others):
        if name != other_name:
            key, other_key = members[name][0], others[other_name][0]
            yield Spelling(Writing.ORDER, path, name, other_name, key.start + 1, other_key.start + 1)
            return


def _scalar(path: str, mine: _Written, theirs: _Written) -> Iterator[Spelling]:
    if mine.text == theirs.text:
        return
    if not mine.text.startswith(b'"'):
        number, other_number = mine.text.decode(), theirs.text.decode()
        yield Spelling(Writing.NUMBER, path, number, other_number, mine.start + 1, theirs.start + 1)
        return
    for unit, other_unit in zip(_UNIT.finditer(mine.text), _UNIT.finditer(theirs.text)):  # noqa: B905
        if unit[0] != other_unit[0]:
            written, otherwise = (each[0].decode("utf-8", "surrogatepass") for each in (unit, other_unit))
            byte, other_byte = mine.start + unit.start() + 1, theirs.start + other_unit.start() + 1
            yield Spelling(Writing.ESCAPE, path, written, otherwise, byte, other_byte)
            return
