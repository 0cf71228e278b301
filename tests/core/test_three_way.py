from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.three_way import three_way_patch

if TYPE_CHECKING:
    from kubectl_express.core.values import Object


@pytest.mark.parametrize(
    ("original", "modified", "current", "patch"),
    [
        pytest.param({"a": 1}, {"a": 1}, {"a": 1, "b": 2}, {}, id="what is as wanted is not sent, nor what others set"),
        pytest.param({}, {"a": 1}, {}, {"a": 1}, id="what is missing is set"),
        pytest.param({"a": 1}, {"a": 1}, {"a": 2}, {"a": 1}, id="what somebody changed is set again"),
        pytest.param({"a": 1}, {}, {"a": 2}, {"a": None}, id="what was applied and is no more wanted is taken out"),
        pytest.param({"a": 1}, {}, {}, {"a": None}, id="even where it is gone already"),
        pytest.param({"x": {"a": 1}}, {"x": {}}, {"x": {"a": 1, "d": 1}}, {"x": {"a": None}}, id="at any depth"),
        pytest.param({}, {"a": None}, {}, {"a": None}, id="a null takes out"),
        pytest.param({"a": None}, {"a": None}, {"a": 5}, {}, id="a null that was a null before sets nothing"),
        pytest.param({"a": 5}, {"a": None}, {"a": 5}, {"a": None}, id="a null instead of a value takes that out"),
        pytest.param({}, {"x": {"a": None}}, {}, {"x": {"a": None}}, id="a null in an object takes out, too"),
        pytest.param({"x": {"a": None}}, {"x": {"a": None}}, {}, {}, id="an object of nothing but nulls is not set"),
        pytest.param({}, {"x": {}}, {}, {"x": {}}, id="an empty object is a value where there is none"),
        pytest.param({"x": 1}, {"x": {"a": 1}}, {"x": 1}, {"x": {"a": 1}}, id="a value becomes an object"),
        pytest.param({"x": {"a": 1}}, {"x": 1}, {"x": {"a": 1}}, {"x": 1}, id="an object becomes a value"),
        pytest.param({"l": [1]}, {"l": [1, None]}, {"l": [1]}, {"l": [1, None]}, id="lists are sent whole, with nulls"),
        pytest.param({"l": [1]}, {"l": [1.0]}, {"l": [1]}, {}, id="numbers are compared by value"),
        pytest.param({"a": True}, {"a": True}, {"a": 1}, {"a": True}, id="true is not one"),
        pytest.param(
            {},
            {"a": 9007199254740993},
            {"a": 9007199254740992},
            {"a": 9007199254740993},
            id="integers beyond 2^53 are told apart",
        ),
        pytest.param(
            {"x": {"a": 1}}, {"x": {"b": 2}}, {"x": {"a": 1}}, {"x": {"a": None, "b": 2}}, id="both in one object"
        ),
    ],
)
def test_the_patch_sets_what_differs_and_takes_out_what_was_dropped(
    original: Object, modified: Object, current: Object, patch: Object
) -> None:
    assert three_way_patch(original, modified, current) == patch
