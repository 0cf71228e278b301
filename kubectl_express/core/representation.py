"""How two texts of a node's data differ: in what they say, or only in how they say it.

A revision is a hash of bytes, so two texts that say the same and are written otherwise have two revisions, and the node
restarts for nothing. The comparison goes down to the parameter and the byte, in time linear to the texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from kubectl_express.core import gojson
from kubectl_express.core.parameters import ParameterChange, compare
from kubectl_express.core.values import join

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHOWN_PATHS = 3
_SPACE = b" \t\r\n"
_TOKEN = re.compile(rb'[ \t\r\n]*("[^"\\]*(?:\\.[^"\\]*)*"|[][{}:,]|[^][{}:," \t\r\n]+)')
_VALUE = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[][{}]|[^][{}:," \t\r\n]+')
"""A token that is, begins or ends a value, or is a key."""
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
    found = list(_ends(one, other))
    inner, other_inner = one.rstrip(_SPACE), other.rstrip(_SPACE)
    if inner != other_inner:
        found += [*_spaces(inner, other_inner), *_places(_read(inner), _read(other_inner))]
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


class _Written(NamedTuple):
    """A value as written: where it begins, a scalar's text or a container's bracket, and what a container holds."""

    start: int
    text: bytes
    items: list[_Written]
    members: _Members


_Members = dict[str, tuple[_Written, _Written]]
"""Keys and values by the keys' names. Of a key that stands twice the last one counts, as in Go."""
_NO_ITEMS: list[_Written] = []
_NO_MEMBERS: _Members = {}


def _read(text: bytes) -> _Written:
    """Return the value of a JSON text that is known to be sound."""
    whole = _Written(0, b"[", [], _NO_MEMBERS)
    inner, around, key = whole, [whole], None
    for found in _VALUE.finditer(text):
        token = found[0]
        if token in b"]}":
            around.pop()
            inner = around[-1]
            continue
        if token == b"{":
            value = _Written(found.start(), token, _NO_ITEMS, {})
        elif token == b"[":
            value = _Written(found.start(), token, [], _NO_MEMBERS)
        else:
            value = _Written(found.start(), token, _NO_ITEMS, _NO_MEMBERS)
        if inner.text == b"[":
            inner.items.append(value)
        elif key is None:
            key = value
            continue
        else:
            inner.members[_name(key.text)] = (key, value)
            key = None
        if token in b"{[":
            around.append(value)
            inner = value
    return whole.items[0]


def _name(key: bytes) -> str:
    text = key.decode("utf-8", "surrogatepass")
    return str(gojson.decode(text)) if b"\\" in key else text[1:-1]


def _places(one: _Written, other: _Written) -> Iterator[Spelling]:
    pending = [("", one, other)]
    while pending:
        path, mine, theirs = pending.pop()
        if mine.text == b"{":
            yield from _order(path, mine.members, theirs.members)
            for name, (key, value) in mine.members.items():
                other_key, other_value = theirs.members[name]
                below = join(path, name)
                if key.text != other_key.text:
                    yield _scalar(below, key, other_key)
                if value.text != other_value.text or value.text in b"{[":
                    pending.append((below, value, other_value))
        elif mine.text == b"[":
            for index, (value, other_value) in enumerate(zip(mine.items, theirs.items, strict=True)):
                if value.text != other_value.text or value.text in b"{[":
                    pending.append((f"{path}/{index}", value, other_value))
        else:
            yield _scalar(path, mine, theirs)


def _order(path: str, members: _Members, others: _Members) -> Iterator[Spelling]:
    for name, other_name in zip_longest(members, others):
        if name != other_name:
            key, other_key = members[name][0], others[other_name][0]
            yield Spelling(Writing.ORDER, path, name, other_name, key.start + 1, other_key.start + 1)
            return


def _scalar(path: str, mine: _Written, theirs: _Written) -> Spelling:
    """Return how two scalars of one value are written, given that it is not alike."""
    if not mine.text.startswith(b'"'):
        number, other_number = mine.text.decode(), theirs.text.decode()
        return Spelling(Writing.NUMBER, path, number, other_number, mine.start + 1, theirs.start + 1)
    units = zip(_UNIT.finditer(mine.text), _UNIT.finditer(theirs.text))  # noqa: B905
    unit, other_unit = next((a, b) for a, b in units if a[0] != b[0])
    written, otherwise = (each[0].decode("utf-8", "surrogatepass") for each in (unit, other_unit))
    byte, other_byte = mine.start + unit.start() + 1, theirs.start + other_unit.start() + 1
    return Spelling(Writing.ESCAPE, path, written, otherwise, byte, other_byte)
