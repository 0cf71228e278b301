"""From YAML's events to the value kubectl gets: goyaml's decoder, then the conversion of sigs.k8s.io/yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from kubectl_express.core.values import DEEPEST
from kubectl_express.core.yaml_scalars import (
    MERGE,
    PlainKeys,
    PlainValues,
    Resolved,
    UnresolvableError,
    resolve_tagged,
    to_key,
    to_value,
)

if TYPE_CHECKING:
    from kubectl_express.core.values import Object, Value
    from kubectl_express.core.yaml_parser import EventSource


_LARGEST_ALIASED = 50_000_000
"""Characters of what aliases repeat. goyaml counts steps only, of which a scalar of any length is one."""


class ProblemError(Exception):
    """The document is YAML, and not what kubectl accepts. `line` counts from 0 within the parsed text."""

    def __init__(self, problem: str, event: Event) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = event.start_mark.line if event.start_mark else 0


@dataclass(slots=True)
class _Collection:
    """An anchored mapping or sequence: its value once it is complete, and what it takes to write that out once more."""

    value: list[Value] | Object | None = None
    steps: int = 0
    depth: int = 0
    """Collections within each other, itself included."""
    size: int = 0
    """Characters that it takes, written out without aliases."""


_Anchored: TypeAlias = ScalarEvent | _Collection


class Composer:
    """Composes the value of the first document of a text; what follows that document kubectl does not read either."""

    def __init__(self, events: EventSource, values: PlainValues, keys: PlainKeys) -> None:
        self._next = events.get_event
        self._values = values
        self._keys = keys
        self._anchors: dict[str, _Anchored] = {}
        self._steps = 1  # goyaml counts the document too
        self._alias_steps = 0
        self._depth = self._deepest = 0
        self._alias_size = 0

    def compose(self) -> Value:
        """Return the document's value, None where there is none. Collections reached by aliases are shared, not copied.

        Raises ProblemError, and yaml.YAMLError where the events end in one.
        """
        self._next()  # the start of the stream
        if isinstance(self._next(), StreamEndEvent):
            return None
        value = self._value(self._next())
        self._check_aliasing(self._next())
        return value

    def _value(self, event: Event) -> Value:
        self._steps += 1
        if isinstance(event, ScalarEvent):
            if event.anchor is not None:
                self._anchors[event.anchor] = event
            return self._scalar(event)
        if isinstance(event, MappingStartEvent):
            return self._mapping(event)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(event)
        return self._alias(cast("AliasEvent", event))

    def _scalar(self, event: ScalarEvent) -> Resolved:
        text: str = event.value
        try:
            if event.tag is not None:
                return to_value(resolve_tagged(event.tag, text))
            return self._values[text] if event.implicit[0] else text
        except UnresolvableError as error:
            raise ProblemError(str(error), event) from None

    def _sequence(self, event: SequenceStartEvent) -> list[Value]:
        anchored = self._open(event)
        items: list[Value] = []
        while not isinstance(item := self._next(), SequenceEndEvent):
            items.append(self._value(item))
        self._close(anchored, items, item)
        return items

    def _mapping(self, event: MappingStartEvent) -> Object:
        anchored = self._open(event)
        members: Object = {}
        while not isinstance(key := self._next(), MappingEndEvent):
            if isinstance(key, ScalarEvent) and key.value == "<<" and (key.implicit[0] or key.tag == MERGE):
                if key.anchor is not None:
                    self._anchors[key.anchor] = key
                self._merge(self._next(), members)
            else:
                # Of duplicate keys the last one counts, and merged ones are no exception: goyaml goes by their order.
                name = self._key(key)
                members[name] = self._value(self._next())
        self._close(anchored, members, key)
        return members

    def _key(self, event: Event) -> str:
        self._steps += 1
        if isinstance(event, AliasEvent):
            target = self._target(event)
            if not isinstance(target, ScalarEvent):
                raise ProblemError("invalid map key: an alias of a mapping or a sequence", event)
            self._count_alias(1, len(target.value), event)
            event = target
        elif not isinstance(event, ScalarEvent):
            raise ProblemError("invalid map key: a mapping or a sequence", event)
        elif event.anchor is not None:
            self._anchors[event.anchor] = event
        try:
            if event.tag is not None:
                return to_key(resolve_tagged(event.tag, event.value))
            return self._keys[event.value] if event.implicit[0] else str(event.value)
        except UnresolvableError as error:
            raise ProblemError(str(error), event) from None

    def _merge(self, event: Event, members: Object) -> None:
        if not isinstance(event, SequenceStartEvent):
            members.update(self._mergeable(event))
            return
        anchored = self._open(event)
        merged: list[Object] = []
        while not isinstance(item := self._next(), SequenceEndEvent):
            merged.append(self._mergeable(item))
        for one in reversed(merged):
            members.update(one)
        self._close(anchored, list(merged), item)

    def _mergeable(self, event: Event) -> Object:
        if isinstance(event, MappingStartEvent | AliasEvent):
            value = self._value(event)
            if isinstance(value, dict):
                return value
        raise ProblemError("map merge requires map or sequence of maps as the value", event)

    def _open(self, event: MappingStartEvent | SequenceStartEvent) -> _Collection | None:
        self._descend(1, event)
        self._depth += 1
        if event.anchor is None:
            return None
        size = -self._alias_size - _index(event.start_mark)
        anchored = _Collection(steps=-self._steps, depth=self._deepest, size=size)
        self._anchors[event.anchor] = anchored
        self._deepest = self._depth
        return anchored

    def _close(self, anchored: _Collection | None, value: list[Value] | Object, end: Event) -> None:
        self._depth -= 1
        if anchored is None:
            return
        before, anchored.depth = anchored.depth, self._deepest - self._depth
        self._deepest = max(before, self._deepest)
        anchored.value = value
        anchored.steps += self._steps + 1
        anchored.size += self._alias_size + _index(end.end_mark)

    def _descend(self, levels: int, event: Event) -> None:
        """Take note of collections below what is open; refuse more than anything that reads the value could walk."""
        self._deepest = max(self._deepest, self._depth + levels)
        if self._depth + levels > DEEPEST:
            raise ProblemError("nested too deeply", event)

    def _alias(self, event: AliasEvent) -> Value:
        target = self._target(event)
        if isinstance(target, ScalarEvent):
            self._count_alias(1, len(target.value), event)
            return self._scalar(target)
        if target.value is None:
            raise ProblemError(f"anchor '{event.anchor}' value contains itself", event)
        self._descend(target.depth, event)
        self._count_alias(target.steps, target.size, event)
        return target.value

    def _target(self, event: AliasEvent) -> _Anchored:
        try:
            return self._anchors[str(event.anchor)]
        except KeyError:
            raise ProblemError(f"unknown anchor '{event.anchor}' referenced", event) from None

    def _count_alias(self, steps: int, size: int, event: Event) -> None:
        self._check_aliasing(event)
        self._steps += steps
        self._alias_steps += steps
        self._alias_size += size
        self._check_aliasing(event)

    def _check_aliasing(self, event: Event) -> None:
        """Refuse what goyaml refuses as excessive aliasing.

        goyaml looks after each step. The share of steps that aliases take rises within an alias and falls between two,
        so it is enough to look before and after each alias, and at the end.
        """
        if self._alias_size > _LARGEST_ALIASED:
            raise ProblemError("aliases make the document too large", event)
        share = self._alias_steps / self._steps
        if self._alias_steps > 100 and self._steps > 1000 and share > _allowed_alias_share(self._steps):
            raise ProblemError("document contains excessive aliasing", event)


def _index(mark: Any) -> int:
    """Return where an event's mark is, in characters; what makes events by hand may leave marks out."""
    return int(mark.index) if mark else 0


def _allowed_alias_share(steps: int) -> float:
    """Return goyaml's limit: 99 % of up to 400,000 decode steps, less of more, 10 % from 4,000,000 on."""
    low, high = 400_000, 4_000_000
    return 0.99 - 0.89 * (min(max(steps, low), high) - low) / (high - low)
