"""What is kept of a rollout: what it was about, how far it came, and what each object it touched was before."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from kubectl_express.core.values import Object, mapping

if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT = 1
"""Goes up where an earlier version of this program would read a record wrongly."""

ACTIONS = frozenset({"rollout", "undo"})
STATES = frozenset({"running", "paused", "stopping", "stopped", "halted", "finished"})

_Kept = TypeVar("_Kept", bound="Record | Progress | Touched")


class UnreadableRecordError(ValueError):
    """What was kept is no record that this version can read; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Touched:
    """One object that a rollout applies or deletes: what it becomes, and what it was before."""

    api_version: str
    kind: str
    name: str
    namespace: str
    """Empty: the system's."""
    node: bool
    applied: str | None
    """The text that is applied; None where the object is deleted."""
    live: Object | None
    """The object as it was; None where there was none."""
    former: str | None
    """What had been deployed before, as far as that is known; None where it was not there."""
    data_before: str | None
    """Of a node: the text that hashes to the revision it declared."""
    data_after: str | None
    """Of a node: the text that hashes to the revision it declares once it is applied."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a rollout was about; it does not change any more."""

    number: int
    """Counts from 1 in each system."""
    id: str
    action: str
    """One of ACTIONS."""
    started: str
    """RFC 3339."""
    by: str
    context: str
    system: str
    origin: str
    engine: str
    commit: str | None
    plan: str
    """The plan's digest."""
    steps: tuple[str, ...]
    """The nodes' names in the order of their turns."""
    step: bool
    """Whether it asks before each node."""
    go_on: tuple[str, ...]
    """The command line that goes on."""
    target: str = ""
    """A hash of all that was to be, whatever of it was there already: by it a rollout is told that goes on."""
    undoes: int | None = None
    """The number of the rollout that this one takes back."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rollout has come."""

    state: str
    """One of STATES."""
    done: int
    """How many of its steps are finished: the first so many."""
    current: str | None
    """The node that is applied and has not passed yet."""
    message: str
    updated: str
    """RFC 3339."""


def write_record(record: Record) -> bytes:
    """Return a record as it is kept."""
    return _json({"format": FORMAT, "record": asdict(record)})


def write_progress(progress: Progress) -> bytes:
    """Return a rollout's progress as it is kept."""
    return _json(asdict(progress))


def write_touched(touched: tuple[Touched, ...]) -> bytes:
    """Return the touched objects as they are kept."""
    # Not asdict, which copies every live object to its last string.
    return _json([{each.name: getattr(one, each.name) for each in fields(Touched)} for one in touched])


def read_record(content: bytes) -> Record:
    """Return the record that was kept. Raises UnreadableRecordError."""
    whole = mapping(_parsed(content))
    if whole.get("format") != FORMAT:
        raise UnreadableRecordError("it is of another version of kubectl-express")
    record = _read(Record, whole.get("record"))
    if record.action not in ACTIONS:
        raise UnreadableRecordError("its action is not what it should be")
    return record


def read_progress(content: bytes) -> Progress:
    """Return the progress that was kept. Raises UnreadableRecordError."""
    progress = _read(Progress, _parsed(content))
    if progress.state not in STATES:
        raise UnreadableRecordError("its state is not what it should be")
    return progress


def read_touched(content: bytes) -> tuple[Touched, ...]:
    """Return the touched objects that were kept. Raises UnreadableRecordError."""
    objects = _parsed(content)
    if not isinstance(objects, list):
        raise UnreadableRecordError("its objects are no list")
    return tuple(_read(Touched, each) for each in objects)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise UnreadableRecordError("it is not JSON") from None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_SOUND: dict[str, Callable[[Any], bool]] = {
    "str": _is_text,
    "str | None": _is_text_or_none,
    "bool": lambda value: isinstance(value, bool),
    "int": _is_count,
    "int | None": lambda value: value is None or _is_count(value),
    "Object | None": lambda value: value is None or isinstance(value, dict),
    "tuple[str, ...]": lambda value: isinstance(value, list) and all(map(_is_text, value)),
}
"""What may stand in a field, by its annotation."""


def _read(kind: type[_Kept], said: Any) -> _Kept:
    """Return the dataclass that an object says; members that a later version has added are passed over."""
    values: dict[str, Any] = {}
    for field in fields(kind):
        value = mapping(said).get(field.name)
        if field.name not in mapping(said) or not _SOUND[str(field.type)](value):
            raise UnreadableRecordError(f"its {field.name} is not what it should be")
        values[field.name] = tuple(value) if isinstance(value, list) else value
    return kind(**values)
