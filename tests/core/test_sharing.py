"""Equal values become one, and what looks alike and is not stays as it is."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.sharing import Pool

if TYPE_CHECKING:
    from kubectl_express.core.values import Object, Value


def test_equal_collections_become_one_and_scalars_stay() -> None:
    pool = Pool()
    first = pool.members({"a": {"b": [1]}, "c": "text", "d": None})
    second = pool.members({"a": {"b": [1]}, "c": "text", "d": None})
    assert first == second == {"a": {"b": [1]}, "c": "text", "d": None}
    assert first["a"] is second["a"]


@pytest.mark.parametrize(
    ("one", "other"),
    [([1], [True]), ([1], [1.0]), ([0], [-0.0]), ([None], ["None"]), ({"a": 1, "b": 2}, {"b": 2, "a": 1})],
)
def test_what_python_takes_for_equal_is_kept_apart(one: Value, other: Value) -> None:
    pool = Pool()
    assert repr(pool.value(one)) == repr(one)
    assert repr(pool.value(other)) == repr(other)


def test_an_object_of_the_server_shares_managed_fields_labels_and_members_and_says_the_same() -> None:
    pool = Pool()
    read: list[Object] = [
        {
            "metadata": {
                "name": name,
                "labels": {"app": "express"},
                "managedFields": [{"manager": "kubectl", "time": name, "fieldsV1": {"f:spec": {"f:zone": {}}}}],
            },
            "spec": {"zone": name, "image": {"tag": "1"}},
            "status": None,
        }
        for name in ("be1", "be2")
    ]
    as_read = copy.deepcopy(read)
    first, second = map(pool.object, read)
    assert [first, second] == as_read
    for path in (("spec", "image"), ("metadata", "labels"), ("metadata", "managedFields", 0, "fieldsV1")):
        assert _at(first, path) is _at(second, path)


def _at(value: object, path: tuple[str | int, ...]) -> object:
    for part in path:
        value = value[part]  # type: ignore[index]
    return value
