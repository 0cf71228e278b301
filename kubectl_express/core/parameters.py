"""Which parameters differ between two versions of a node's data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.values import Object, Value, join, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Absent:
    """The type of `ABSENT`: a parameter that is not there, which null is not."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()
_MOST_PAIRS = 100_000
"""Pairs of equal items, one of each list: what is matched item by item takes a second at most."""


@dataclass(frozen=True, slots=True)
class ParameterChange:
    """One parameter that differs: a JSON Pointer into the data, and both values (`ABSENT` where there is none)."""

    path: str
    old: Value | Absent
    new: Value | Absent


def compare(old: Value | Absent, new: Value | Absent, path: str = "") -> list[ParameterChange]:
    """Return what differs, as few and as deep changes as possible, in the order of the keys.

    A pointer into a list counts as in the new list, or as in the old one where the item is gone. Items of a list are
    matched by `name` where all have one of their own, else by equality, so that an item put in front is one change.
    """
    # The usual case, a hundred times faster; other than ==, it tells true from 1.
    if old is new or repr(old) == repr(new):
        return []
    return list(_compare(old, new, path))


def _compare(old: Value | Absent, new: Value | Absent, path: str) -> Iterator[ParameterChange]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _compare(old.get(key, ABSENT), new.get(key, ABSENT), join(path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for before, after in _matched(old, new):
            index = after if after is not None else before
            assert index is not None  # noqa: S101
            yield from _compare(
                old[before] if before is not None else ABSENT,
                new[after] if after is not None else ABSENT,
                join(path, index),
            )
    elif isinstance(old, Absent) or isinstance(new, Absent):
        if not (isinstance(old, Absent) and isinstance(new, Absent)):
            yield ParameterChange(path, old, new)
    elif not gojson.same(old, new):
        yield ParameterChange(path, old, new)


def _matched(old: list[Value], new: list[Value]) -> Iterator[tuple[int | None, int | None]]:
    """Yield pairs of indices that belong together, with None for an item that only one list has."""
    old_keys, new_keys = _names(old), _names(new)
    if old_keys is None or new_keys is None:
        old_keys = [gojson.encode(item) for item in old]
        new_keys = [gojson.encode(item) for item in new]
    for tag, start, end, new_start, new_end in _opcodes(old_keys, new_keys):
        before, after = range(start, end), range(new_start, new_end)
        if tag in {"equal", "replace"}:
            paired = min(len(before), len(after))
            yield from zip(before[:paired], after[:paired], strict=True)
            before, after = before[paired:], after[paired:]
        for index in before:
            yield index, None
        for index in after:
            yield None, index


def _opcodes(old: list[str], new: list[str]) -> Iterable[tuple[str, int, int, int, int]]:
    """Return what leads from one list to the other, as difflib has it.

    Where so many items are equal that it would take minutes, all between a common beginning and a common end counts as
    replaced.
    """
    counts = Counter(new)
    if sum(counts[key] for key in old) <= _MOST_PAIRS:
        return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    start = _common(old, new)
    end = min(_common(old[::-1], new[::-1]), min(len(old), len(new)) - start)
    old_end, new_end = len(old) - end, len(new) - end
    middle = ("replace", start, old_end, start, new_end)
    return ("equal", 0, start, 0, start), middle, ("equal", old_end, len(old), new_end, len(new))


def _common(old: list[str], new: list[str]) -> int:
    """Return how many items are the same from the beginning on."""
    pairs = zip(old, new)  # noqa: B905 - up to the shorter one's end
    return next((index for index, (one, other) in enumerate(pairs) if one != other), min(len(old), len(new)))


def _names(items: list[Value]) -> list[str] | None:
    names = [item.get("name") for item in items if isinstance(item, dict)]
    unique = {name for name in names if isinstance(name, str)}
    return [str(name) for name in names] if len(unique) == len(items) else None


def applied(data: Object, changes: list[ParameterChange]) -> Object:
    """Return the data with each change made: its new value set, or the parameter taken out where that is `ABSENT`."""
    result: Value = data
    for change in changes:
        result = _with(result, split(change.path), change.new)
    assert isinstance(result, dict)  # noqa: S101
    return result


def _with(value: Value, parts: tuple[str, ...], new: Value | Absent) -> Value:
    head = parts[0]
    if isinstance(value, list):
        return _with_item(value, int(head), parts[1:], new)
    members = dict(value) if isinstance(value, dict) else {}
    if len(parts) > 1:
        members[head] = _with(members.get(head), parts[1:], new)
    elif isinstance(new, Absent):
        members.pop(head, None)
    else:
        members[head] = new
    return members


def _with_item(items: list[Value], index: int, rest: tuple[str, ...], new: Value | Absent) -> list[Value]:
    if rest:
        return [*items[:index], _with(items[index], rest, new), *items[index + 1 :]]
    return [*items[:index], *([] if isinstance(new, Absent) else [new]), *items[index + 1 :]]
