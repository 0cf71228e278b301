from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.parameters import ABSENT, ParameterChange
from kubectl_express.core.representation import Difference, Spelling, Writing, difference, paths
from kubectl_express.output.differences import difference_document, difference_table, explained

if TYPE_CHECKING:
    from kubectl_express.core.parameters import Absent
    from kubectl_express.core.values import Value

SIDES = ("data", "resource")


def told(*changes: tuple[str, Value | Absent, Value | Absent], redact: tuple[str, ...] = ()) -> str | None:
    return explained(None, Difference(SIDES, tuple(ParameterChange(*change) for change in changes)), redact)


def of_texts(one: str, other: str, redact: tuple[str, ...] = ()) -> str | None:
    return explained(None, difference(one, other, ("baseline", "target")), redact)


def test_what_nothing_is_known_of_is_not_explained() -> None:
    assert explained(None, None, ()) is None
    assert explained("a cause", None, ()) == "a cause"


def test_an_unknown_cause_says_plainly_that_there_is_nothing_to_compare() -> None:
    assert explained("cause unknown", None, ()) == (
        "cause unknown: no text tried has the stored revision, so there is none to compare"
    )


def test_parameters_are_told_with_both_values_and_counted_behind_the_first() -> None:
    assert told(("/a", 1, 2)) == "parameters differ: 1 in the data and 2 in the resource at /a"
    assert told(("/a", ABSENT, None), ("/b", 1, 2), ("/c", 1, 2)) == (
        "parameters differ: none in the data and null in the resource at /a, and 2 more"
    )
    assert told(("/a", "x" * 50, {"b": [1e6]})) == (
        f'parameters differ: "{"x" * 38}… in the data and {{"b": [1000000]}} in the resource at /a'
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("1", 1, '"1" (a string) in the data and 1 (a number) in the resource'),
        (1e6, "1000000", '1000000 (a number) in the data and "1000000" (a string) in the resource'),
        ("true", True, '"true" (a string) in the data and true (a boolean) in the resource'),
        ("2", 1, '"2" in the data and 1 in the resource'),
        ("1", "2", '"1" in the data and "2" in the resource'),
    ],
)
def test_a_string_and_what_looks_the_same_are_told_apart_in_words(old: Value, new: Value, words: str) -> None:
    assert told(("/a", old, new)) == f"parameters differ: {words} at /a"


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ('{"a":1e+06}', '{"a":1000000}', "1e+06 in the baseline and 1000000 in the target at /a (byte 6)"),
        ('{"a":"\\u003c"}', '{"a":"<"}', "\\u003c in the baseline and < in the target at /a (byte 7)"),
        (
            '{"b":1,"a":2}',
            '{"a":2,"b":1}',
            '"b" stands before "a" in the baseline and behind it in the target (byte 2)',
        ),
        (
            '{"c":{"b":1,"a":2}}',
            '{"c":{"a":2,"b":1}}',
            '"b" stands before "a" in the baseline and behind it in the target at /c (byte 7)',
        ),
        ("{}", "{}\n", "a newline behind the end of the target (byte 3)"),
        ("{}\t", "{}", '"\\t" behind the end of the baseline (byte 3)'),
        ("{}\n", "{} ", "behind the end a newline in the baseline and a space in the target (byte 3)"),
        ('{"a":1}', '{"a": 1}', "between values nothing in the baseline and a space in the target (byte 6)"),
        (
            '{"a":1.0,"b":1.0}\n',
            '{"a":1,"b":1}',
            "1.0 in the baseline and 1 in the target at /a (byte 6), and 2 more",
        ),
    ],
)
def test_another_writing_is_told_as_such_with_its_byte(one: str, other: str, words: str) -> None:
    assert of_texts(one, other) == f"same parameters, written otherwise: {words}"


def test_of_a_text_that_is_no_json_only_the_byte_is_told() -> None:
    assert of_texts("password", "passport") == "the texts differ from byte 5 on"


def test_a_cause_goes_before_what_differs_unless_it_tells_no_more_than_where() -> None:
    found = Difference(SIDES, (ParameterChange("/a", 1, 2),))
    differing = "parameters differ: 1 in the data and 2 in the resource at /a"
    assert explained("a cause", found, ()) == f"a cause; {differing}"
    assert explained(paths(found.parameters), found, ()) == differing


REDACT = ("/password",)
SECRET = "hunter2"


@pytest.mark.parametrize(
    "found",
    [
        Difference(SIDES, (ParameterChange("/password", SECRET, "other"), ParameterChange("/a", 1, 2))),
        Difference(SIDES, (ParameterChange("/password/new", {"x": SECRET}, ABSENT),)),
        Difference(SIDES, spellings=(Spelling(Writing.ESCAPE, "/password", SECRET, "<", 1, 1),)),
        Difference(SIDES, spellings=(Spelling(Writing.NUMBER, "/password/0", SECRET, "1", 1, 1),)),
    ],
)
def test_a_redacted_value_is_shown_nowhere(found: Difference) -> None:
    table = difference_table(found, REDACT)
    shown = [explained(None, found, REDACT), *(cell.text for row in table.rows for cell in row)]
    shown.append(str(difference_document(found, REDACT)))
    assert all(SECRET not in str(each) for each in shown)
    assert all("(redacted)" in str(each) for each in (shown[0], shown[-1]))
    assert SECRET in str(difference_document(found, ()))


def test_the_table_has_every_difference_with_its_byte_and_both_values() -> None:
    found = difference('{"b":1e3,"a":2}', '{"a":2,"b":1000}\n', ("stored text", "hashed text"))
    assert found is not None
    table = difference_table(found, ())
    assert [column.title for column in table.columns] == ["DIFFERENCE", "AT", "BYTE", "STORED TEXT", "HASHED TEXT"]
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["order", "-", "2", '"b"', '"a"'],
        ["number", "/b", "6", "1e3", "1000"],
        ["end", "-", "16", "nothing", "a newline"],
    ]
    meant = Difference(SIDES, (ParameterChange("/a", ABSENT, "x"),))
    assert [[cell.text for cell in row] for row in difference_table(meant, ()).rows] == [
        ["parameter", "/a", "-", "", '"x"']
    ]


def test_the_document_has_texts_as_they_are_written_and_no_member_for_what_is_absent() -> None:
    assert difference_document(None, ()) is None
    assert difference_document(Difference(SIDES, (ParameterChange("/a", ABSENT, None),)), ()) == {
        "of": "meaning",
        "between": ["data", "resource"],
        "parameters": [{"path": "/a", "new": None}],
        "spellings": [],
    }
    found = difference('{"é":1e3}\n', '{"é": 1000}', SIDES)
    assert difference_document(found, ()) == {
        "of": "representation",
        "between": ["data", "resource"],
        "parameters": [],
        "spellings": [
            {"writing": "space", "path": "", "texts": ["", " "], "bytes": [7, 7]},
            {"writing": "number", "path": "/é", "texts": ["1e3", "1000"], "bytes": [7, 8]},
            {"writing": "end", "path": "", "texts": ["\n", ""], "bytes": [11, 13]},
        ],
    }
