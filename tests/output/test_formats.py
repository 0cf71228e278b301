from __future__ import annotations

import html
import json
import random
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from markdown_it import MarkdownIt

from kubectl_express.core.kubectl_yaml import read_documents
from kubectl_express.core.parameters import ABSENT, compare
from kubectl_express.output.formats import FORMATS, find_format
from kubectl_express.output.formats.yaml import dump
from kubectl_express.output.palette import Palette
from kubectl_express.output.text import printable, printable_lines, shortened
from kubectl_express.output.values import shown
from kubectl_express.output.view import Cell, Column, Lines, Style, Table, View

if TYPE_CHECKING:
    from kubectl_express.core.values import Object, Value

HOSTILE = "\x1b[2J\x1b]0;title\x07\r\b\x00\x7f\x9b31m\u202egnp.exe\u200b\ufeff\u2028\n| `x` <b>"
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
PLAIN = Palette()


def hostile_view() -> View:
    table = Table((Column(HOSTILE), Column("CUT", cut=True)), [[Cell(HOSTILE), Cell(HOSTILE * 9, Style.BAD)]])
    lines = [Cell(HOSTILE, Style.GOOD), Cell("")]
    return View({HOSTILE: [HOSTILE, {"a": HOSTILE}]}, [HOSTILE], [table, Lines(lines), Lines(lines, verbatim=True)])


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_lets_a_character_through_that_a_terminal_obeys(form: str) -> None:
    view = hostile_view()
    safe = View(view.document, view.names, [Table((Column("A"), Column("B")), view.blocks[0].rows), *view.blocks[1:]])  # type: ignore[union-attr]
    assert not CONTROL.search(find_format(form)(safe, PLAIN))


@pytest.mark.parametrize("form", ["table", "wide"])
def test_colours_are_the_palette_s_own_and_end_with_each_cell(form: str) -> None:
    text = find_format(form)(hostile_view_without_heads(), Palette(colored=True))
    assert set(re.findall("\x1b[^m]*m?", text)) == {"\x1b[31m", "\x1b[32m", "\x1b[0m"}
    assert not CONTROL.search(text.replace("\x1b", ""))


def hostile_view_without_heads() -> View:
    return View({}, [], [Table((Column("A"),), [[Cell(HOSTILE, Style.BAD)]]), Lines([Cell(HOSTILE, Style.GOOD)])])


@pytest.mark.parametrize("form", ["json", "yaml", "name", "markdown"])
def test_formats_for_programs_are_never_coloured(form: str) -> None:
    assert "\x1b" not in find_format(form)(hostile_view_without_heads(), Palette(colored=True))


@pytest.mark.parametrize("form", FORMATS)
def test_an_output_ends_with_one_newline_and_is_empty_where_there_is_nothing(form: str) -> None:
    full = find_format(form)(View({"a": 1}, ["x"], [Lines([Cell("text")])]), PLAIN)
    assert full.endswith("\n")
    assert not full.endswith("\n\n")
    if form not in {"json", "yaml"}:
        assert find_format(form)(View({}), PLAIN) == ""


def test_json_says_the_document_and_nothing_else() -> None:
    view = hostile_view()
    assert json.loads(find_format("json")(view, PLAIN)) == view.document


def test_a_table_leaves_out_wide_columns_that_wide_shows() -> None:
    view = View({}, [], [Table((Column("A"), Column("B", wide=True)), [[Cell("a"), Cell("b")]])])
    assert find_format("table")(view, PLAIN) == "A\na\n"
    assert find_format("wide")(view, PLAIN).split() == ["A", "B", "a", "b"]


def test_a_text_that_looks_like_a_number_is_shown_as_it_is() -> None:
    revisions = ["0012345678", "1e10", "1234567890", " 1", "nan"]
    view = View({}, [], [Table((Column("A"),), [[Cell(each)] for each in revisions])])
    for form in ("table", "wide"):
        assert find_format(form)(view, PLAIN).split()[1:] == [each.strip() for each in revisions]


def test_blocks_are_parted_by_a_blank_line() -> None:
    view = View({}, [], [Lines([Cell("one")]), Lines([]), Lines([Cell("two"), Cell("three")])])
    assert find_format("table")(view, PLAIN) == "one\n\ntwo\nthree\n"


def test_markdown_shows_text_as_text() -> None:
    view = View({}, [], [Table((Column("NODE"),), [[Cell("a|b *c* <d> &amp; ~~e~~")]]), Lines([Cell("- no list")])])
    table, line = find_format("markdown")(view, PLAIN).split("\n\n")
    assert r"a\|b \*c\* \<d\> \&amp; \~\~e\~\~" in table
    assert line == "\\- no list\n"


DETAILED = (Column("NODE"), Column("PARAMETER", detail=True), Column("NEW", detail=True), Column("STATE"))


def test_markdown_folds_the_details_of_a_table_away() -> None:
    texts = [("a", "/x", "1", "ok"), ("", "/y", "</details>", ""), ("b", "", "", "ok")]
    table = Table(DETAILED, [[Cell(text) for text in row] for row in texts])
    assert find_format("markdown")(View({}, [], [table, Lines([Cell("end")])]), PLAIN).split("\n\n") == [
        "| Node   | State   |\n|--------|---------|\n| a      | ok      |\n| b      | ok      |",
        "<details><summary>Parameters (2)</summary>",
        (
            "| Node   | Parameter   | New          |\n|--------|-------------|--------------|\n"
            "| a      | /x          | 1            |\n|        | /y          | \\</details\\> |"
        ),
        "</details>",
        "end\n",
    ]


def test_markdown_folds_nothing_where_there_are_no_details() -> None:
    table = Table(DETAILED, [[Cell("a"), Cell(""), Cell(""), Cell("ok")]])
    assert find_format("markdown")(View({}, [], [table]), PLAIN).splitlines()[2:] == ["| a      | ok      |"]


@pytest.mark.parametrize("line", ["1. foo", "23) foo", "1.", "- foo", "===", ":---:", "    foo", "     1. foo"])
def test_markdown_takes_no_line_for_a_list_a_heading_a_table_or_code(line: str) -> None:
    shown = find_format("markdown")(View({}, [], [Lines([Cell("before"), Cell(line)]), Lines([Cell(line)])]), PLAIN)
    tokens: list[Any] = MarkdownIt("commonmark").enable("table").parse(shown)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"] * 2
    assert [child.content for child in tokens[4].children] == [line.strip()]


@pytest.mark.parametrize(
    "text", ["12:30:45", "1.2.3", "a:b", "2026-01-01T12:30:45Z", "10.0.0.1:80:90", "x::y", "GH-x", "1.5 GB"]
)
def test_markdown_leaves_alone_what_is_none_of_its_marks(text: str) -> None:
    assert find_format("markdown")(View({}, [], [Lines([Cell(text)])]), PLAIN) == f"{text}\n"


def test_markdown_has_no_formula() -> None:
    assert find_format("markdown")(View({}, [], [Lines([Cell("$x$ $$y$$")])]), PLAIN) == "\\$x\\$ \\$\\$y\\$\\$\n"


@pytest.mark.parametrize(
    "text",
    [
        "@team",
        "see #12",
        "GH-12",
        "gh-12",
        "group/project!12",
        ":tada:",
        "a:+1:",
        ":a:b:",
        ":100:",
        ":1234:",
        ":-1:",
        ":8ball:",
    ],
)
def test_markdown_neither_mentions_nor_links_nor_draws(text: str) -> None:
    shown = html.unescape(find_format("markdown")(View({}, [], [Lines([Cell(text)])]), PLAIN)).replace("\\", "")
    assert not re.search(r"@\w|[#!]\d|:[\w+-]+:|(?i:gh)-\d", shown)
    assert shown.replace("\u200b", "") == f"{text}\n"


def test_markdown_keeps_the_indentation_of_verbatim_text_in_a_fence_it_cannot_close() -> None:
    view = View({}, [], [Lines([Cell("a:"), Cell("  b: |"), Cell("```"), Cell("- c")], verbatim=True)])
    assert find_format("markdown")(view, PLAIN) == "````\na:\n  b: |\n```\n- c\n````\n"


TRICKY: list[Any] = [
    *[
        "",
        " ",
        "a b",
        " a",
        "a ",
        "y",
        "Y",
        "no",
        "On",
        "true",
        "Null",
        "~",
        "null",
        "=",
        "<<",
        "-",
        "?",
        "- a",
        "a: b",
        "a #b",
    ],
    *[
        "1",
        "1e3",
        "1e+06",
        "0x1F",
        "0o17",
        "0777",
        "09",
        "1_000",
        "_1",
        "1:30",
        ".5",
        ".inf",
        ".nan",
        "+1",
        "2024-01-01",
    ],
    *[
        "2024-01-01T00:00:00Z",
        "{a}",
        "[a]",
        "'a'",
        '"a"',
        "%a",
        "@a",
        "`a",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "a\nb",
        "a\n",
        "\ta",
    ],
    *[
        "\x00",
        "\x07",
        "\x1b[2J",
        "\x7f",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ud7ff",
        "é",
        "\U0001f600",
        "a" * 70000,
        "a b " * 30000,
    ],
    *[
        None,
        True,
        False,
        0,
        -1,
        2**63 - 1,
        -(2**63),
        0.5,
        1e21,
        1e-7,
        -1.5e-300,
        1.7976931348623157e308,
        {},
        [],
        [[]],
        [{}],
    ],
]


@pytest.mark.parametrize("value", TRICKY, ids=lambda value: repr(value)[:20])
def test_yaml_is_read_back_as_the_same_by_pyyaml_and_by_kubectl(value: Value) -> None:
    document: Object = {"value": value, "list": [value, value], "nested": {"a": {"b": value}}}
    if isinstance(value, str):
        document[value] = "as a key"
    _same_for_both_readers(document)


@pytest.mark.parametrize("seed", range(60))
def test_yaml_of_any_text_is_read_back_as_the_same(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    alphabet = "aZ09 \t\n\r:#-?,[]{}&*!|>'\"%@`~=<_./\\\x00\x1b\x7f\x85\xa0\u2028\ufeffé\U0001f600"
    texts = ["".join(chance.choices(alphabet, k=chance.randrange(1, 200))) for _ in range(20)]
    _same_for_both_readers({"values": [*texts], "keys": dict.fromkeys(texts, 1)})


def _same_for_both_readers(document: Object) -> None:
    text = dump(document)
    assert text.isascii()
    assert compare(yaml.safe_load(text), document) == []
    (found,) = read_documents(text, "output")
    assert compare(found.value, document) == []


def test_yaml_keeps_the_order_of_keys() -> None:
    assert dump({"b": 1, "a": {"d": 2, "c": 3}}) == "b: 1\na:\n  d: 2\n  c: 3\n"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain é \U0001f600", "plain é \U0001f600"),
        ("\x1b[31m", "\\u001b[31m"),
        ("a\tb\nc", "a\\u0009b\\u000ac"),
        ("\u202e\U000e0001", "\\u202e\\U000e0001"),
        ("\udc80", "\\udc80"),
    ],
)
def test_what_a_terminal_might_obey_is_escaped(text: str, safe: str) -> None:
    assert printable(text) == safe


def test_the_lines_of_a_message_stay_lines() -> None:
    assert printable_lines("one\n\x1btwo") == "one\n\\u001btwo"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (ABSENT, ""),
        (None, "null"),
        (True, "true"),
        ("", '""'),
        ("1", '"1"'),
        (1e6, "1000000"),
        (1e21, "1e+21"),
        ("<é>", '"<é>"'),
        ({"b": [1, {"a": "x"}], "c": None}, '{"b": [1, {"a": "x"}], "c": null}'),
    ],
)
def test_a_value_is_shown_as_json_with_go_s_numbers(value: Value, text: str) -> None:
    assert shown(value) == text


def test_a_shortened_text_is_as_wide_as_it_may_be() -> None:
    assert shortened("abcd", 4) == "abcd"
    assert shortened("abcde", 4) == "abc…"
