"""Values that are never shown: what the configuration names under `redact`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.parameters import ABSENT, Absent, ParameterChange, applied
from kubectl_express.core.values import Object, Value, at

if TYPE_CHECKING:
    from collections.abc import Sequence

REDACTED = "(redacted)"


def redacted(data: Object, pointers: Sequence[str]) -> Object:
    """Return the data with the value at each pointer replaced, where there is one."""
    hidden = [ParameterChange(pointer, ABSENT, REDACTED) for pointer in pointers if at(data, pointer) is not None]
    return applied(data, hidden)


def redacted_change(change: ParameterChange, pointers: Sequence[str]) -> ParameterChange:
    """Return the change with both values replaced where it lies at, above or below a pointer's parameter."""
    if any(change.path == pointer or change.path.startswith(f"{pointer}/") for pointer in pointers):
        return ParameterChange(change.path, _hidden(change.old), _hidden(change.new))
    below = [pointer.removeprefix(change.path) for pointer in pointers if pointer.startswith(f"{change.path}/")]
    return ParameterChange(change.path, _inside(change.old, below), _inside(change.new, below))


def _hidden(value: Value | Absent) -> Value | Absent:
    return value if isinstance(value, Absent) else REDACTED


def _inside(value: Value | Absent, pointers: Sequence[str]) -> Value | Absent:
    return redacted(value, pointers) if isinstance(value, dict) else value
