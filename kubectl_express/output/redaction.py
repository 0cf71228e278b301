"""Values that are never shown: what the configuration names under `redact`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.parameters import Absent, ParameterChange
from kubectl_express.core.values import Object, Value, index_in, mapping, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

REDACTED = "(redacted)"


def redacted(data: Object, pointers: Sequence[str]) -> Object:
    """Return the data with the value at each pointer replaced, where there is one."""
    return mapping(_inside(data, map(split, pointers)))


def redacted_change(change: ParameterChange, pointers: Sequence[str]) -> ParameterChange:
    """Return the change with both values replaced where it lies at, above or below a pointer's parameter.

    A change counts a list's items in one of two lists, so on the way to it an index stands for any: rather a value
    too many is hidden than one that moved is shown.
    """
    path, below = split(change.path), []
    for pointer in map(split, pointers):
        if all(_same_step(*steps) for steps in zip(pointer, path)):  # noqa: B905
            if len(pointer) <= len(path):
                return ParameterChange(change.path, _hidden(change.old), _hidden(change.new))
            below.append(pointer[len(path) :])
    return ParameterChange(change.path, _inside_some(change.old, below), _inside_some(change.new, below))


def _same_step(one: str, other: str) -> bool:
    return one == other or (one.isdecimal() and other.isdecimal())


def _hidden(value: Value | Absent) -> Value | Absent:
    return value if isinstance(value, Absent) else REDACTED


def _inside_some(value: Value | Absent, pointers: Iterable[Sequence[str]]) -> Value | Absent:
    return value if isinstance(value, Absent) else _inside(value, pointers)


def _inside(value: Value, pointers: Iterable[Sequence[str]]) -> Value:
    for pointer in pointers:
        value = _covered(value, pointer)
    return value


def _covered(value: Value, pointer: Sequence[str]) -> Value:
    if not pointer:
        return REDACTED
    step, rest = pointer[0], pointer[1:]
    if isinstance(value, dict) and step in value:
        return {**value, step: _covered(value[step], rest)}
    if isinstance(value, list) and (place := index_in(value, step)) is not None:
        return [_covered(item, rest) if index == place else item for index, item in enumerate(value)]
    return value
