from __future__ import annotations

import json

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.json_places import below, compact, members

NASTY = r'{"a": {"b": [1, {"}": "\"}"}], "b": "x, y"}, "\u0061": {"b": -0}, "ключ": 1e6, "": null, "\u2028\\": [ ]}'


def test_members_are_found_by_their_own_text() -> None:
    assert [(each.key, NASTY[each.start : each.end]) for each in members(NASTY)] == [
        ("a", r'{"b": [1, {"}": "\"}"}], "b": "x, y"}'),
        ("a", '{"b": -0}'),
        ("ключ", "1e6"),
        ("", "null"),
        ("\u2028\\", "[ ]"),
    ]


@pytest.mark.parametrize("text", ["[]", "null", '"{}"', "1", "{}", " { } "])
def test_what_is_no_object_or_empty_has_no_members(text: str) -> None:
    assert list(members(text)) == []


def test_every_value_that_the_steps_lead_to_is_found_a_key_that_stands_there_twice_included() -> None:
    found = [NASTY[start:end] for start, end in below(NASTY, 0, len(NASTY), ["a", "b"])]
    assert found == [r'[1, {"}": "\"}"}]', '"x, y"', "-0"]
    assert [NASTY[start:end] for start, end in below(NASTY, 0, len(NASTY), [])] == [NASTY]
    assert list(below(NASTY, 0, len(NASTY), ["a", "missing"])) == []


@pytest.mark.parametrize("indent", [0, 1, "\t", "\r\n  "])
def test_indented_json_without_its_white_space_is_what_go_writes(indent: int | str) -> None:
    value = gojson.decode('{"a":" b\\t\\"  c","d":[1,2.5,{"e ":{}}],"f":"\\u2028 \\u003c"}')
    assert isinstance(value, dict)
    assert compact(json.dumps(value, indent=indent)) == json.dumps(value, separators=(",", ":"))


def test_a_number_keeps_its_text() -> None:
    assert compact('{ "a" : -0 , "b" : 1e+06 }') == '{"a":-0,"b":1e+06}'
