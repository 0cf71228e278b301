"""A difference as people and programs are told it: in a few words, in full as a table, and as a document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kubectl_express.core.causes import UNKNOWN
from kubectl_express.core.parameters import Absent, ParameterChange
from kubectl_express.core.representation import Spelling, Writing, paths
from kubectl_express.core.values import Value
from kubectl_express.output.redaction import REDACTED, redacted_change
from kubectl_express.output.text import shortened
from kubectl_express.output.values import shown
from kubectl_express.output.view import Cell, Column, Style, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.representation import Difference
    from kubectl_express.core.values import Object

_WIDEST = 40
"""Characters of a value within a line."""
_SPACES = {"": "nothing", "\n": "a newline", "\r\n": "a carriage return and newline", " ": "a space"}
_TYPES = {bool: "a boolean", int: "a number", float: "a number"}


def explained(cause: str | None, difference: Difference | None, redact: Sequence[str]) -> str | None:
    """Return a cause with the first thing that differs, and how many more do; None where nothing is known of either."""
    if difference is None:
        return (
            f"{UNKNOWN}: no text tried has the stored revision, so there is none to compare"
            if cause == UNKNOWN
            else cause
        )
    # A cause that names only where the parameters differ gives way to what they are there.
    parts = [cause] if cause and cause != paths(difference.parameters) else []
    return "; ".join([*parts, _told(difference, redact)])


def _told(difference: Difference, redact: Sequence[str]) -> str:
    if difference.of_meaning:
        first = _parameter(difference.parameters[0], difference.sides, redact)
        return f"parameters differ: {first}{_more(len(difference.parameters))}"
    spelling = difference.spellings[0]
    if spelling.writing is Writing.BYTES:
        return f"the texts differ from byte {spelling.byte} on"
    first = _spelling(spelling, difference.sides, redact)
    return f"same parameters, written otherwise: {first}{_more(len(difference.spellings))}"


def _more(count: int) -> str:
    return f", and {count - 1} more" if count > 1 else ""


def _parameter(change: ParameterChange, sides: tuple[str, str], redact: Sequence[str]) -> str:
    values = _values(redacted_change(change, redact))
    told = [f"{value} in the {side}" for value, side in zip(values, sides, strict=True)]
    return f"{' and '.join(told)} at {change.path}"


def _values(change: ParameterChange) -> list[str]:
    """Return both values; a string and what only looks the same are told apart in words."""
    one, other = change.old, change.new
    values = [shortened(shown(each), _WIDEST) or "none" for each in (one, other)]
    for index, (text, value) in enumerate(((one, other), (other, one))):
        if isinstance(text, str) and isinstance(value, int | float) and text == shown(value):
            values[index] += " (a string)"
            values[1 - index] += f" ({_TYPES[type(value)]})"
    return values


def _spelling(spelling: Spelling, sides: tuple[str, str], redact: Sequence[str]) -> str:
    one, other = _written(spelling, redact)
    at = f" at {spelling.path}" if spelling.path else ""
    place = f"{at} (byte {spelling.byte})"
    if spelling.writing is Writing.ORDER:
        return f"{one} stands before {other} in the {sides[0]} and behind it in the {sides[1]}{place}"
    if spelling.writing is Writing.END and "" in {spelling.one, spelling.other}:
        side, space = (sides[0], one) if spelling.one else (sides[1], other)
        return f"{space} behind the end of the {side}{place}"
    lead = {Writing.SPACE: "between values ", Writing.END: "behind the end "}.get(spelling.writing, "")
    return f"{lead}{one} in the {sides[0]} and {other} in the {sides[1]}{place}"


def _written(spelling: Spelling, redact: Sequence[str]) -> tuple[str, str]:
    """Return what stands in both texts as a person is told it."""
    one, other = spelling.one, spelling.other
    if spelling.writing in {Writing.NUMBER, Writing.ESCAPE}:
        hidden = redacted_change(ParameterChange(spelling.path, one, other), redact).old == REDACTED
        return (REDACTED, REDACTED) if hidden else (one, other)
    if spelling.writing is Writing.ORDER:
        return json.dumps(one, ensure_ascii=False), json.dumps(other, ensure_ascii=False)
    return _SPACES.get(one, json.dumps(one)), _SPACES.get(other, json.dumps(other))


def difference_table(difference: Difference, redact: Sequence[str]) -> Table:
    """Return everything that differs, a row each: in which way, where, and what stands in the two."""
    columns = (
        Column("DIFFERENCE"),
        Column("AT"),
        Column("BYTE"),
        *(Column(side.upper(), cut=True) for side in difference.sides),
    )
    rows = []
    for change in difference.parameters:
        hidden = redacted_change(change, redact)
        cells = [Cell("parameter"), Cell(change.path), Cell("-")]
        rows.append([*cells, Cell(shown(hidden.old), Style.BAD), Cell(shown(hidden.new), Style.GOOD)])
    for each in difference.spellings:
        one, other = _written(each, redact)
        cells = [Cell(each.writing.value), Cell(each.path or "-"), Cell(str(each.byte))]
        rows.append([*cells, Cell(one, Style.BAD), Cell(other, Style.GOOD)])
    return Table(columns, rows)


def difference_document(difference: Difference | None, redact: Sequence[str]) -> Object | None:
    """Return everything that differs for programs; None where nothing is known to."""
    if difference is None:
        return None
    parameters: list[Value] = [change_document(each, redact) for each in difference.parameters]
    spellings: list[Value] = [_spelling_document(each, redact) for each in difference.spellings]
    return {
        "of": "meaning" if difference.of_meaning else "representation",
        "between": list[Value](difference.sides),
        "parameters": parameters,
        "spellings": spellings,
    }


def change_document(change: ParameterChange, redact: Sequence[str]) -> Object:
    """Return one parameter that differs: its path, and its values as far as there are any."""
    hidden = redacted_change(change, redact)
    return {
        "path": hidden.path,
        **({} if isinstance(hidden.old, Absent) else {"old": hidden.old}),
        **({} if isinstance(hidden.new, Absent) else {"new": hidden.new}),
    }


def _spelling_document(spelling: Spelling, redact: Sequence[str]) -> Object:
    texts = (spelling.one, spelling.other)
    if spelling.writing in {Writing.NUMBER, Writing.ESCAPE}:
        texts = _written(spelling, redact)
    return {
        "writing": spelling.writing.value,
        "path": spelling.path,
        "texts": list[Value](texts),
        "bytes": list[Value]((spelling.byte, spelling.other_byte)),
    }
