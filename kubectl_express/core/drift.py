"""Whether a live object's parameters still are its proven data, and whose doing it is where they are not.

Defaults that the API server filled in and fields of controllers are no drift, nor are nulls that it dropped.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.holders import Hold, Holders
from kubectl_express.core.live_data import parameters, parameters_last_applied
from kubectl_express.core.managed_fields import owners
from kubectl_express.core.schema_defaults import below, is_atomic, is_default, list_keys
from kubectl_express.core.values import Object, Value, at, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Drifted:
    """One parameter that is not as it was deployed: a JSON Pointer into the data, and both values.

    An item added to a merged list is pointed to behind the data's own items. `manager` is who owns the live field,
    None where managed fields do not tell.
    """

    path: str
    expected: Value
    actual: Value
    has_expected: bool
    has_actual: bool
    manager: str | None


def drift(
    resource: Object,
    data: Object,
    *,
    data_path: str,
    revision_path: str,
    schema: Callable[[], Object | None],
) -> list[Drifted]:
    """Return where a live object's own parameters differ from its proven data, in the order of the keys.

    Drift is a missing or different parameter, whoever did it, and one that the data does not have where a hand or a
    deployer put it there. The `schema` of the whole object is asked for only to tell such a one from a default. Made
    one after the other, the changes lead from the data to what is live: in a list, items gone come last, backwards.
    """
    managers = owners(resource)
    applied = parameters_last_applied(resource, data_path, revision_path)
    applied_tells = all(owner.operation == "Update" and not owner.is_hand for owner in managers)
    live = parameters(resource, data_path, revision_path)
    if applied_tells and repr(applied) == repr(data) and _holds(live, data):
        return []  # Most are as they were applied, defaults apart, and asking who owns what takes ten times as long.
    comparison = _Comparison(revision_path, applied, _Schema(schema, data_path), applied_tells)
    return list(comparison.members(data, live, "", Holders.of(managers, data_path)))


@dataclass(slots=True)
class _Schema:
    """The schema of the data, fetched when it is first needed."""

    fetch: Callable[[], Object | None]
    data_path: str
    fetched: list[Object | None] = field(default_factory=list)

    def at(self, path: str) -> Object | None:
        if not self.fetched:
            self.fetched.append(self.fetch())
        whole = self.fetched[0]
        return None if whole is None else below(whole, self.data_path + path)


@dataclass(frozen=True, slots=True)
class _Comparison:
    revision_path: str
    last_applied: Object | None
    schema: _Schema
    applied_tells: bool
    """Whether nothing but what was last applied can tell that a parameter was meant to be there."""

    def members(self, expected: Object, actual: Object, path: str, holders: Holders) -> Iterator[Drifted]:
        for key in sorted({*expected, *actual}):
            if key in expected and key in actual and repr(expected[key]) == repr(actual[key]):
                continue  # most are, and asking who owns each would take ten times as long
            place = join(path, key)
            if key not in actual:
                if expected[key] is not None:
                    yield Drifted(place, expected[key], None, True, False, None)
            elif expected.get(key) is None:
                yield from self._added(actual[key], place, holders.of_member(key), was_null=key in expected)
            else:
                yield from self._values(expected[key], actual[key], place, holders.of_member(key))

    def _values(self, expected: Value, actual: Value, path: str, holders: Holders) -> Iterator[Drifted]:
        if isinstance(expected, dict) and isinstance(actual, dict):
            yield from self.members(expected, actual, path, holders)
        elif isinstance(expected, list) and isinstance(actual, list):
            yield from self._lists(expected, actual, path, holders)
        elif not gojson.same(expected, actual):
            yield self._different(expected, actual, path, holders)

    def _different(self, expected: Value, actual: Value, path: str, holders: Holders) -> Drifted:
        return Drifted(path, expected, actual, True, True, holders.likeliest(self.revision_path))

    def _lists(self, expected: list[Value], actual: list[Value], path: str, holders: Holders) -> Iterator[Drifted]:
        keys = holders.list_keys
        if keys is None:
            found = list(self._items(expected, actual, path, holders))
            if found and not holders.holds:
                schema = self.schema.at(path)
                keys = None if schema is None or is_atomic(schema) else list_keys(schema)
            if keys is None:
                yield from found
                return
        yield from self._merged_items(expected, actual, path, holders, keys)

    def _items(self, expected: list[Value], actual: list[Value], path: str, holders: Holders) -> Iterator[Drifted]:
        if len(expected) != len(actual):
            yield self._different(expected, actual, path, holders)
            return
        of_item = holders.of_items()
        for index, (item, live) in enumerate(zip(expected, actual, strict=True)):
            yield from self._values(item, live, join(path, index), of_item(live))

    def _merged_items(
        self, expected: list[Value], actual: list[Value], path: str, holders: Holders, keys: list[str]
    ) -> Iterator[Drifted]:
        pairs, of_item = _paired(expected, actual, keys), holders.of_items()
        for index, match in sorted(pairs.items()):
            yield from self._values(expected[index], actual[match], join(path, index), of_item(actual[match]))
        place, paired = len(expected), set(pairs.values())
        for index, item in enumerate(actual):
            if index not in paired:
                manager = self._culprit(item, join(path, place), of_item(item), was_null=False)
                if manager is not None:
                    yield Drifted(join(path, place), None, item, False, True, manager)
                    place += 1
        for index in reversed(range(len(expected))):
            if index not in pairs:
                yield Drifted(join(path, index), expected[index], None, True, False, None)

    def _added(self, actual: Value, path: str, holders: Holders, *, was_null: bool) -> Iterator[Drifted]:
        if not holders.holds or (self.applied_tells and at(self.last_applied, path) is None):
            return  # A default: nobody put it there, nor anything in it.
        manager = self._culprit(actual, path, holders, was_null=was_null)
        if manager is None and isinstance(actual, list):
            of_item = holders.of_items()
            culprits = (
                self._culprit(item, join(path, index), of_item(item), was_null=False)
                for index, item in enumerate(actual)
            )
            manager = next((culprit for culprit in culprits if culprit), None)
        if manager is not None:
            yield Drifted(path, None, actual, was_null, True, manager)
        elif isinstance(actual, dict):
            for key in sorted(actual):
                yield from self._added(actual[key], join(path, key), holders.of_member(key), was_null=False)

    def _culprit(self, actual: Value, path: str, holders: Holders, *, was_null: bool) -> str | None:
        """Return who put a parameter there that the data does not have; None for defaults and controllers' fields."""
        holds = holders.of_itself
        if any(not hold.owner.is_hand and not hold.owner.deploys(self.revision_path) for hold in holds):
            return None
        suspects = [hold for hold in holds if hold.owner.is_hand or self._deployed(hold, path, was_null=was_null)]
        if not suspects or self._may_be_default(actual, path, suspects):
            return None
        return Holders(tuple(suspects)).likeliest(self.revision_path)

    def _deployed(self, hold: Hold, path: str, *, was_null: bool) -> bool:
        """Return whether a deployer meant the parameter to be there.

        One that updates owns defaults and what webhooks add as well, so only what it last applied tells.
        """
        if was_null:
            return False
        if hold.owner.applies:
            return hold.around != "object"
        return self.last_applied is not None and at(self.last_applied, path) is not None

    def _may_be_default(self, actual: Value, path: str, suspects: list[Hold]) -> bool:
        schema = self.schema.at(path)
        if schema is None:
            # Inside a list with one owner, nothing else tells a deployer's items from the defaults in them.
            return actual is None or all(hold.around and not hold.owner.is_hand for hold in suspects)
        return is_default(actual, schema) or (actual is None and schema.get("default") is None)


def _holds(actual: Value, expected: Value) -> bool:
    """Return whether a value holds all of another that is not null, and lists nothing besides."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            member is None or (key in actual and _holds(actual[key], member)) for key, member in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(actual, list) and len(actual) == len(expected) and all(map(_holds, actual, expected))
    return gojson.same(actual, expected)


def _paired(expected: list[Value], actual: list[Value], keys: list[str]) -> dict[int, int]:
    """Return which live item each item of the data is, by index, in a list merged by keys; in a set, by value.

    A key that the data leaves out is filled in by the server, so items that say most choose first.
    """
    pairs: dict[int, int] = {}
    free: dict[tuple[str, ...] | None, dict[str, list[int]]] = {}
    taken: set[int] = set()
    for index in sorted(range(len(expected)), key=lambda index: -_said(expected[index], keys)):
        item = expected[index]
        said = tuple(key for key in keys if key in item) if keys and isinstance(item, dict) else None
        if said not in free:
            free[said] = defaultdict(list)
            for candidate in reversed(range(len(actual))):
                free[said][_identity(actual[candidate], said)].append(candidate)
        candidates = free[said][_identity(item, said)]
        while candidates and candidates[-1] in taken:
            candidates.pop()
        if candidates:
            pairs[index] = candidates.pop()
            taken.add(pairs[index])
    return pairs


def _said(item: Value, keys: list[str]) -> int:
    return sum(key in item for key in keys) if isinstance(item, dict) else 0


def _identity(item: Value, keys: tuple[str, ...] | None) -> str:
    """Return what tells an item from others: its keys, or all of it where there are none."""
    return gojson.encode(item if keys is None or not isinstance(item, dict) else {key: item.get(key) for key in keys})
