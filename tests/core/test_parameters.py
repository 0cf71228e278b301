from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.parameters import ABSENT, Absent, ParameterChange, applied, compare

if TYPE_CHECKING:
    from kubectl_express.core.values import Object, Value

A: Object = {"name": "A", "value": 1}
B: Object = {"name": "B", "value": 2}
C: Object = {"name": "C", "value": 3}


def found(old: Value | Absent, new: Value | Absent) -> list[tuple[str, object, object]]:
    return [(change.path, change.old, change.new) for change in compare(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        pytest.param({"a": 1}, {"a": 2}, [("/a", 1, 2)], id="another value"),
        pytest.param({"a": {"b": {"c": 1, "d": 1}}}, {"a": {"b": {"c": 2, "d": 1}}}, [("/a/b/c", 1, 2)], id="deep"),
        pytest.param({}, {"a": None}, [("/a", ABSENT, None)], id="null is not absence"),
        pytest.param({"a": None}, {}, [("/a", None, ABSENT)], id="absence is not null"),
        pytest.param({"a": None}, {"a": {}}, [("/a", None, {})], id="null is not empty"),
        pytest.param({"a": 1}, {"a": True}, [("/a", 1, True)], id="1 is not true"),
        pytest.param({"a": 0}, {"a": False}, [("/a", 0, False)], id="0 is not false"),
        pytest.param({"a": 1}, {"a": "1"}, [("/a", 1, "1")], id="a number is not its text"),
        pytest.param({"a": [1]}, {"a": {"0": 1}}, [("/a", [1], {"0": 1})], id="a list is no object"),
        pytest.param({"a/b~": 1}, {"a/b~": 2}, [("/a~1b~0", 1, 2)], id="escaped"),
        pytest.param({"b": 1, "a": 1}, {"a": 2, "b": 2}, [("/a", 1, 2), ("/b", 1, 2)], id="in the order of keys"),
        pytest.param(ABSENT, {"a": 1}, [("", ABSENT, {"a": 1})], id="all of it is new"),
        pytest.param({"a": 1}, ABSENT, [("", {"a": 1}, ABSENT)], id="all of it is gone"),
    ],
)
def test_each_parameter_that_differs_is_one_change(
    old: Value | Absent, new: Value | Absent, changes: list[tuple[str, object, object]]
) -> None:
    assert found(old, new) == changes


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"a": 1000000.0}, {"a": 1000000}),
        ({"a": 1e21}, {"a": 1e21}),
        ({"a": -0.0}, {"a": 0.0}),
        ({"a": 1, "b": [{"c": 1, "d": 2}]}, {"b": [{"d": 2.0, "c": 1.0}], "a": 1.0}),
        (ABSENT, ABSENT),
        ([], []),
    ],
)
def test_another_representation_of_the_same_is_no_change(old: Value | Absent, new: Value | Absent) -> None:
    assert found(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        pytest.param([A, B], [C, A, B], [("/0", ABSENT, C)], id="put in front"),
        pytest.param([A, B], [A, C, B], [("/1", ABSENT, C)], id="put between"),
        pytest.param([A, B, C], [B, C], [("/0", A, ABSENT)], id="gone"),
        pytest.param([A, B], [A, {**B, "value": 9}], [("/1/value", 2, 9)], id="changed"),
        pytest.param(
            [A, B], [C, A, {**B, "value": 9}], [("/0", ABSENT, C), ("/2/value", 2, 9)], id="in front, changed"
        ),
        pytest.param([A, B], [A, {**B, "name": "X"}], [("/1/name", "B", "X")], id="renamed"),
        pytest.param([A, B], [B, A], [("/0", ABSENT, B), ("/1", B, ABSENT)], id="reordered"),
        pytest.param([1, 2, 3], [0, 1, 2, 3], [("/0", ABSENT, 0)], id="unnamed, put in front"),
        pytest.param([1, 2, 3], [1, 9, 3], [("/1", 2, 9)], id="unnamed, changed"),
        pytest.param([A, A], [A], [("/1", A, ABSENT)], id="names that are not unique"),
        pytest.param([A, 1], [A, 2], [("/1", 1, 2)], id="not all named"),
        pytest.param([], [None], [("/0", ABSENT, None)], id="null in a list"),
        pytest.param([[1, 2]], [[1, 3]], [("/0/1", 2, 3)], id="lists in lists"),
    ],
)
def test_items_of_lists_are_matched_by_name_else_by_equality(
    old: Value, new: Value, changes: list[tuple[str, object, object]]
) -> None:
    assert found(old, new) == changes


def test_a_long_list_with_a_common_item_is_aligned_like_a_short_one() -> None:
    old: list[Value] = ["same"] * 300
    assert found(old, ["first", *old]) == [("/0", ABSENT, "first")]


@pytest.mark.parametrize("seed", range(40))
def test_nothing_differs_from_itself_and_every_difference_is_found(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    old, new = _value(chance, 4), _value(chance, 4)
    assert compare(old, copy.deepcopy(old)) == []
    assert bool(compare(old, new)) == bool(compare(new, old))
    assert bool(compare(old, new)) == (_plain(old) != _plain(new))


@pytest.mark.parametrize("seed", range(40))
def test_changes_of_objects_lead_from_the_old_to_the_new_and_leave_the_old_alone(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    old, new = _object(chance, 4, lists=False), _object(chance, 4, lists=False)
    kept = copy.deepcopy(old)
    assert compare(applied(old, compare(old, new)), new) == []
    assert old == kept


def test_changes_are_made_inside_lists_and_items_taken_out() -> None:
    data: Object = {"env": [{"name": "A", "value": 1}, {"name": "B"}]}
    changes = [ParameterChange("/env/0/value", 1, 2), ParameterChange("/env/1", {"name": "B"}, ABSENT)]
    assert applied(data, changes) == {"env": [{"name": "A", "value": 2}]}


def test_an_item_behind_the_last_is_added() -> None:
    assert applied({"list": [1]}, [ParameterChange("/list/1", ABSENT, 2)]) == {"list": [1, 2]}


def _value(chance: random.Random, depth: int) -> Value:
    kind = chance.randrange(8 if depth else 6)
    if kind < 6:
        scalars: tuple[Value, ...] = (None, True, 1, 1.5, "text", "a/b~c")
        return scalars[kind]
    if kind == 6:
        return [_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return _object(chance, depth - 1)


def _object(chance: random.Random, depth: int, *, lists: bool = True) -> Object:
    found: Object = {}
    for key in chance.sample(["a", "b/c", "d~e", "name", ""], chance.randrange(5)):
        value = _value(chance, 0) if not lists else _value(chance, depth)
        found[key] = _object(chance, depth - 1, lists=lists) if depth and chance.random() < 0.4 else value
    return found


def _plain(value: object) -> str:
    """Tell values apart as JSON does, which knows true from 1, and not 1 from 1.0."""
    if isinstance(value, dict):
        return repr(sorted((key, _plain(member)) for key, member in value.items()))
    if isinstance(value, list):
        return repr([_plain(item) for item in value])
    return repr(value)
