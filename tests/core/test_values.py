from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.values import at, join, mapping, split, text, without

if TYPE_CHECKING:
    from kubectl_express.core.values import Object, Value

DOCUMENT: Object = {"a": {"b~c/d": [10, {"e": None}]}, "": 1, "0": "zero"}


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", DOCUMENT),
        ("/a/b~0c~1d/0", 10),
        ("/a/b~0c~1d/1/e", None),
        ("/", 1),
        ("/0", "zero"),
        ("/a/missing/deeper", None),
        ("/a/b~0c~1d/2", None),
        ("/a/b~0c~1d/-1", None),
        ("/a/b~0c~1d/e", None),
    ],
)
def test_a_pointer_leads_to_its_value_or_nowhere(pointer: str, found: Value) -> None:
    assert at(DOCUMENT, pointer) == found


@pytest.mark.parametrize("part", ["plain", "a/b", "a~b", "~1", "~01", "", "/", "é"])
def test_a_joined_part_is_split_off_again(part: str) -> None:
    assert split(join("/spec", part)) == ("spec", part)


def test_without_leaves_the_original_alone() -> None:
    document: Object = {"spec": {"image": "x", "deep": {"revision": "r", "kept": 1}}}
    assert without(document, "/spec/deep/revision") == {"spec": {"image": "x", "deep": {"kept": 1}}}
    assert document == {"spec": {"image": "x", "deep": {"revision": "r", "kept": 1}}}


@pytest.mark.parametrize("pointer", ["/spec/absent", "/absent/deeper", "/spec/image/deeper"])
def test_without_something_that_is_not_there_changes_nothing(pointer: str) -> None:
    document: Object = {"spec": {"image": "x"}}
    assert without(document, pointer) is document
    assert document == {"spec": {"image": "x"}}


def test_optional_parts_of_the_wrong_type_count_as_absent() -> None:
    assert mapping([1]) == {}
    assert mapping(None) == {}
    assert text(1) is None
    assert text("1") == "1"
