from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.parameters import ABSENT, ParameterChange
from kubectl_express.core.representation import Difference, Spelling, Writing, difference, paths

if TYPE_CHECKING:
    from kubectl_express.core.values import Value

SIDES = ("one", "other")


def compared(one: str, other: str) -> Difference:
    found = difference(one, other, SIDES)
    assert found is not None
    assert found.sides == SIDES
    return found


def spellings(one: str, other: str) -> list[Spelling]:
    found = compared(one, other)
    assert (found.parameters, found.of_meaning) == ((), False)
    return list(found.spellings)


@pytest.mark.parametrize("text", ["{}", '{"a":1}', "", "{", '{"a":1}\n'])
def test_texts_that_are_the_same_do_not_differ(text: str) -> None:
    assert difference(text, text, SIDES) is None


@pytest.mark.parametrize(
    ("one", "other", "spelling"),
    [
        ('{"a":1e+06}', '{"a":1000000}', (Writing.NUMBER, "/a", "1e+06", "1000000", 6, 6)),
        ('{"a":{"b":[0,1.0]}}', '{"a":{"b":[0,1]}}', (Writing.NUMBER, "/a/b/1", "1.0", "1", 14, 14)),
        ('{"a":-0}', '{"a":0}', (Writing.NUMBER, "/a", "-0", "0", 6, 6)),
        ('{"a":"x\\u003cy"}', '{"a":"x<y"}', (Writing.ESCAPE, "/a", "\\u003c", "<", 8, 8)),
        ('{"a":"\\u003C"}', '{"a":"\\u003c"}', (Writing.ESCAPE, "/a", "\\u003C", "\\u003c", 7, 7)),
        ('{"a":"\\ud83d\\ude00"}', '{"a":"\U0001f600"}', (Writing.ESCAPE, "/a", "\\ud83d\\ude00", "\U0001f600", 7, 7)),
        ('{"a":"é\\/"}', '{"a":"é/"}', (Writing.ESCAPE, "/a", "\\/", "/", 9, 9)),
        ('{"é\\u0026":1}', '{"é&":1}', (Writing.ESCAPE, "/é&", "\\u0026", "&", 5, 5)),
        ('{"zone":1,"image":2}', '{"image":2,"zone":1}', (Writing.ORDER, "", "zone", "image", 2, 2)),
        ('{"a/b":{"d":1,"c":2}}', '{"a/b":{"c":2,"d":1}}', (Writing.ORDER, "/a~1b", "d", "c", 9, 9)),
        ('{"a":1}', '{"a":1}\n', (Writing.END, "", "", "\n", 8, 8)),
        ('{"a":1}\r\n', '{"a":1} ', (Writing.END, "", "\r\n", " ", 8, 8)),
        ('{"a":1}', '{"a": 1}', (Writing.SPACE, "", "", " ", 6, 6)),
        ('{"a":1,"b":2}', '{\n  "a": 1,\n  "b": 2\n}', (Writing.SPACE, "", "", "\n  ", 2, 2)),
        (' {"a":1}', '{"a":1}', (Writing.SPACE, "", " ", "", 1, 1)),
    ],
)
def test_one_place_written_otherwise_is_found_to_the_byte(
    one: str, other: str, spelling: tuple[Writing, str, str, str, int, int]
) -> None:
    assert spellings(one, other) == [Spelling(*spelling)]
    writing, path, first, second, byte, other_byte = spelling
    assert spellings(other, one) == [Spelling(writing, path, second, first, other_byte, byte)]


def test_every_place_is_found_in_the_order_of_the_first_text() -> None:
    one = '{"z":"<","list":[{"n":1e3},{"n":2}],"a":1.50}'
    other = '{"a":1.5, "list":[{"n":1000},{"n":2.0}],"z":"\\u003c"}\n'
    assert [(each.writing.value, each.path) for each in spellings(one, other)] == [
        ("order", ""),
        ("escape", "/z"),
        ("space", ""),
        ("number", "/list/0/n"),
        ("number", "/list/1/n"),
        ("number", "/a"),
        ("end", ""),
    ]


@pytest.mark.parametrize(
    ("one", "other", "changes"),
    [
        ('{"a":"1"}', '{"a":1}', [("/a", "1", 1)]),
        ('{"a":true}', '{"a":1}', [("/a", True, 1)]),
        ('{"a":null}', "{}", [("/a", None, ABSENT)]),
        ('{"a":1e6,"b":{"c":1}}', '{"b":{"c":2},"a":1000000}', [("/b/c", 1, 2)]),
        ('{"a":[1,2]}', '{"a":[2,1]}', [("/a/0", ABSENT, 2), ("/a/1", 2, ABSENT)]),
    ],
)
def test_parameters_that_differ_are_a_difference_of_meaning_whatever_the_writing(
    one: str, other: str, changes: list[tuple[str, Value, Value]]
) -> None:
    found = compared(one, other)
    assert (found.of_meaning, found.spellings) == (True, ())
    assert list(found.parameters) == [ParameterChange(*change) for change in changes]


@pytest.mark.parametrize(
    ("one", "other", "byte"),
    [('{"a":1', '{"a":2', 6), ("", "{}", 1), ("{}", "", 1), ("é{", "é[", 3), ('{"a":1,"a":1}', '{"a":1}', 7)],
)
def test_of_texts_that_cannot_be_told_apart_by_parameter_the_first_byte_is_told_and_nothing_of_what_stands_there(
    one: str, other: str, byte: int
) -> None:
    assert spellings(one, other) == [Spelling(Writing.BYTES, "", "", "", byte, byte)]


def test_where_parameters_differ_is_told_without_their_values_and_in_few_words() -> None:
    changes = [ParameterChange(f"/p{number}", "secret", 1) for number in range(5)]
    assert paths(changes[:1]) == "they differ at /p0"
    assert paths(changes) == "they differ at /p0, /p1, /p2 and 2 more"


def test_what_go_writes_of_a_value_differs_from_any_other_writing_of_it_only_in_representation() -> None:
    seeded = random.Random(4)  # noqa: S311

    def value(depth: int) -> Value:
        kinds = ["number", "text", "literal", *(["list", "object"] if depth else [])]
        kind = seeded.choice(kinds)
        if kind == "object":
            return {"".join(seeded.choices('ab<"\\é', k=3)): value(depth - 1) for _ in range(seeded.randrange(4))}
        if kind == "list":
            return [value(depth - 1) for _ in range(seeded.randrange(4))]
        if kind == "text":
            return "".join(seeded.choices('a<>&"\\\n\u2028é\U0001f600', k=4))
        return seeded.choice([None, True]) if kind == "literal" else seeded.choice([0, 1e6, 1.5, 1e21, -7, 1e-7])

    differing = 0
    for _ in range(500):
        data: Value = {"a": value(3), "b": value(3)}
        written = gojson.encode(data)
        for other in (json.dumps(data), json.dumps(data, indent=2, ensure_ascii=False)):
            found = difference(written, other, SIDES)
            if found is not None:
                differing += 1
                assert not found.of_meaning
                assert found.spellings
                assert all(each.writing is not Writing.BYTES for each in found.spellings)
                _assert_there(written, other, found)
    assert differing > 500


def _assert_there(one: str, other: str, found: Difference) -> None:
    for each in found.spellings:
        for text, written, byte in ((one, each.one, each.byte), (other, each.other, each.other_byte)):
            what = json.dumps(written) if each.writing is Writing.ORDER else written
            if each.writing is Writing.ORDER:
                rest = text.encode()[byte - 1 :].decode()
                assert json.JSONDecoder().raw_decode(rest)[0] == written
            else:
                assert text.encode()[byte - 1 :].startswith(what.encode())


@pytest.mark.parametrize("item", ['{"name":"n","value":1.0}', "1.0", '"<"', "[]"])
def test_half_a_mebibyte_of_differences_takes_no_more_than_seconds(item: str) -> None:
    items = [item] * (2**19 // (len(item) + 1))
    one, other = "[" + ",".join(items) + "]", "[" + ", ".join(items).replace("1.0", "1").replace("<", "\\u003c") + "]"
    began = time.process_time()
    found = spellings('{"a":' + one + "}", '{"a":' + other + "}")
    assert time.process_time() - began < 15
    assert len(found) == 1 + (0 if item == "[]" else len(items))
