"""Expected values are Go's: YAMLOrJSONDecoder of k8s.io/apimachinery, as kubectl reads a file, over the same texts."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import pytest
import yaml

from kubectl_express.core.goyaml_parser import GoParser
from kubectl_express.core.kubectl_yaml import Document, InvalidYAML, read_documents
from kubectl_express.core.values import mapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.values import Value

Read: TypeAlias = "Callable[[str], list[Value]]"

BIG = 1.8446744073709552e19


@pytest.fixture(params=["as installed", "without libyaml"])
def read(request: pytest.FixtureRequest) -> Read:
    parser = None if request.param == "as installed" else GoParser
    return lambda text: [document.value for document in read_documents(text, "f.yaml", parser)]


def test_the_fast_parser_is_what_these_tests_run_with() -> None:
    assert yaml.__with_libyaml__


PLAIN: list[tuple[str, Value]] = [
    ("1e3", 1000), ("1e+06", 1000000), ("1e400", "1e400"), ("-1e400", "-1e400"), ("1.0", 1), ("1.5", 1.5), ("-0", 0),
    ("-0.0", 0), ("+5", 5), (".5", 0.5), ("5.", 5), (".", "."), ("1_000", 1000), ("1_0.5", 10.5), ("_1", "_1"),
    (".5_0", 0.5), (".5_0e1_0", 5000000000), (".5__0", ".5__0"), (".5_", ".5_"), ("._5", "._5"), (".5e_1", ".5e_1"),
    ("09", 9), ("0777", 511), ("0o17", 15), ("0O17", 15), ("08.5", 8.5), ("0x1F", 31), ("-0x1F", -31), ("+0x1f", 31),
    ("0xFFFFFFFFFFFFFFFF", BIG), ("0x1FFFFFFFFFFFFFFFF", "0x1FFFFFFFFFFFFFFFF"), ("0b101", 5), ("0B101", 5),
    ("-0b101", -5), ("0b-11", -3), ("0b+11", 3), ("0b2", "0b2"), ("0x", "0x"), ("02000000000000000000000", 2e21),
    ("9223372036854775807", 9223372036854775807), ("9223372036854775808", 9.223372036854776e18),
    ("-9223372036854775808", -9223372036854775808), ("-9223372036854775809", -9.223372036854776e18),
    ("18446744073709551615", BIG), ("18446744073709551616", BIG), ("+18446744073709551615", BIG),
    ("1234567890123456789.0", 1234567890123456800), ("123456789012345678901234567890", 1.2345678901234568e29),
    ("1e21", 1e21), ("1e20", 1e20), ("1e-7", 1e-7), ("0.000001", 1e-6), ("0.1", 0.1), ("-.5", -0.5), ("+.5e3", 500),
    ("y", True), ("Y", True), ("yes", True), ("YES", True), ("yEs", "yEs"), ("n", False), ("N", False), ("no", False),
    ("on", True), ("On", True), ("off", False), ("OFF", False), ("oN", "oN"), ("true", True), ("TRUE", True),
    ("tRue", "tRue"), ("False", False), ("null", None), ("Null", None), ("NULL", None), ("nULL", "nULL"), ("~", None),
    ("", None), ("1:30", "1:30"), ("190:20:30", "190:20:30"), ("2024-01-01", "2024-01-01"),
    ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"), ("2024-1-1 1:1:1", "2024-1-1 1:1:1"), ("1.2.3", "1.2.3"),
    ("1e", "1e"), ("e1", "e1"), ("+", "+"), ("inf", "inf"), ("nan", "nan"), ("<<", "<<"), ("=", "="),
    ("1e5e5", "1e5e5"), ("0x1p4", "0x1p4"), ("\u0661", "\u0661"), ("a#b", "a#b"), ("a # b", "a"), ("a\tb", "a\tb"),
    ("a\n  b", "a b"), ("http://x/?q=1", "http://x/?q=1"), ('"1e3"', "1e3"), ("'null'", "null"), ('""', ""),
]  # fmt: skip


@pytest.mark.parametrize(("scalar", "value"), PLAIN)
def test_a_scalar_means_what_kubectl_makes_of_it(read: Read, scalar: str, value: Value) -> None:
    (document,) = read(f"v: {scalar}\n")
    assert document == {"v": value}
    assert type(mapping(document)["v"]) is type(value)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("y", "true"), ("off", "false"), ("true", "true"), ("1", "1"), ("0x10", "16"), ("1_0", "10"), ("1.0", "1"),
        ("1.5", "1.5"), ("1e3", "1000"), ("1e6", "1e+06"), ("123456.5", "123456.5"), ("16777217.0", "1.6777216e+07"),
        ("0.1", "0.1"), ("1e-5", "1e-05"), ("0.0001", "0.0001"), ("1e100", ".inf"), ("-0.0", "-0"), (".inf", ".inf"),
        ("-.inf", "-.inf"), (".nan", ".nan"), ("2024-01-01", "2024-01-01"),
        ("9223372036854775807", "9223372036854775807"),
        ('"1"', "1"), ("3.4e38", "3.4e+38"), ("1e-50", "0"), ("!!str 1", "1"), ("!!float 1", "1"),
        ("!!binary aGk=", "hi"),
    ],
)  # fmt: skip
def test_a_key_becomes_the_string_that_kubectl_makes_of_it(read: Read, key: str, name: str) -> None:
    assert read(f"? {key}\n: v\n") == [{name: "v"}]


TAGGED: list[tuple[str, Value]] = [
    ("!!str 1", "1"), ("!!str", ""), ('!!int "12"', 12), ("!!int 18446744073709551615", BIG), ("!!float 1", 1),
    ("!!float 1.5", 1.5), ("!!bool yes", True), ('!!null ""', None), ("!!null ~", None), ("!!binary aGVsbG8=", "hello"),
    ('!!binary "aGVs\\nbG8="', "hello"), ("!!binary gP8=", "\ufffd\ufffd"), ("!!timestamp 2024-01-01", "2024-01-01"),
    ('!!timestamp "2024-01-01T10:00:00+01:00"', "2024-01-01T10:00:00+01:00"), ("! 12", "12"), ('! "12"', "12"),
    ("!!timestamp 2024-01-01  10:00:00", "2024-01-01  10:00:00"),
    ("!!timestamp 2024-01-01T10:00:00+23:60", "2024-01-01T10:00:00+23:60"), ("!own 12", "12"), ("!own [1]", [1]),
    ("!!map {a: 1}", {"a": 1}), ("!!set {a, b}", {"a": None, "b": None}),
    ('!<tag:yaml.org,2002:int> "3"', 3), ("!!unknown 1", "1"), ("[!!str a, b]", ["a", "b"]), ("[!!str, b]", ["b"]),
]  # fmt: skip


@pytest.mark.parametrize(("scalar", "value"), TAGGED)
def test_a_tag_decides_as_it_does_for_kubectl(read: Read, scalar: str, value: Value) -> None:
    assert read(f"v: {scalar}\n") == [{"v": value}]


DOCUMENTS: list[tuple[str, Value]] = [
    ('v: "\\\'"\n', {"v": "'"}), ("v: [a:, b]\n", {"v": ["a:", "b"]}), ("v: {a:, b: 1}\n", {"v": {"a:": None, "b": 1}}),
    ("v:\ta\t\n", {"v": "a"}), ("v: |\t\n  a\n", {"v": "a\n"}), ("v: |#\n", {"v": ""}), ("v: |2-\n   a\n", {"v": " a"}),
    ("v: >\n  a\n  b\n\n  c\n   d\n", {"v": "a b\nc\n d\n"}), ("v: |+\n  x\n\n", {"v": "x\n\n"}),
    ("v: |\n  no newline at the end", {"v": "no newline at the end\n"}), ('v: "a\r\n  b"\r\n', {"v": "a b"}),
    ('v: "\x85"\n', {"v": " "}), ("v: 1\n...\nw: [\n", {"v": 1}), ("a: 1\na: 2\n", {"a": 2}), ("? a\n", {"a": None}),
    ("a: {x: 1}\na: {y: 2}\n", {"a": {"true": 2}}), ("{a: 1, b}\n", {"a": 1, "b": None}), ("- 1\n- x\n", [1, "x"]),
    ("text\n", "text"), ("5\n", 5), ("a: &k 1\n*k : 2\nb: *k\n", {"a": 1, "1": 2, "b": 1}), ("&k x: *k\n", {"x": "x"}),
    ("a: &a [&a 1, *a]\n", {"a": [1, 1]}), ("b: 1\n<<: {b: 2}\n", {"b": 2}), ("<<: {b: 2}\nb: 1\n", {"b": 1}),
    ("&m <<: {a: 1}\nb: *m\n", {"a": 1, "b": "<<"}), ('"<<": {a: 1}\n', {"<<": {"a": 1}}),
    ('!!merge "<<": {a: 1}\n', {"a": 1}),
    ("a: &x {<<: {b: 1}}\nb: {<<: [*x, {b: 2, c: 3}], c: 4}\n", {"a": {"b": 1}, "b": {"b": 1, "c": 4}}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), DOCUMENTS)
def test_a_document_holds_what_kubectl_finds_in_it(read: Read, text: str, value: Value) -> None:
    assert read(text) == [value]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []), ("\n", []), ("# only\n", []), ("---\n", []), ("---\n---\n", []), ("null", []), ("~", []),
        ("---\na: 1\n---\n# c\n---\nb: 2\n", [{"a": 1}, {"b": 2}]), ("a: 1\n--- # c\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("a: |\n  x\n---\nb: 1", [{"a": "x\n"}, {"b": 1}]), ("---\n---\n\n---\nnull\n---\na: 1\n", [{"a": 1}]),
        ("a: 1\r\n---\r\nb: 2\r\n", [{"a": 1}, {"b": 2}]), ("\ufeffa: 1\n", [{"a": 1}]), ('{"a": 1}', [{"a": 1}]),
        ('{"a": 1}{"b": 2}', [{"a": 1}, {"b": 2}]), ('{"a": 1}\nnull\n{"b": 1}', [{"a": 1}, {"b": 1}]),
        ('{"a": 1}\n---\n{"b": 2}\n', [{"a": 1}, {"b": 2}]), ('{"a": 1}\n---\nb: 2\n', [{"a": 1}, {"b": 2}]),
        ("{a: 1}\n", [{"a": 1}]), (' \n {"a": 1}\n', [{"a": 1}]), ('{\n"a": 1,\n}\n', [{"a": 1}]),
        ('{"a": 1, "a": 2}', [{"a": 2}]), ('{"a": "\\ud800"}', [{"a": "\ufffd"}]), ("[1]\n", [[1]]),
    ],
)  # fmt: skip
def test_a_stream_splits_where_kubectl_splits_it(read: Read, text: str, values: list[Value]) -> None:
    assert read(text) == values


def test_only_what_begins_within_4096_bytes_is_tried_as_json(read: Read) -> None:
    assert repr(read("\n" * 4095 + '{"a": -0.0}')) == "[{'a': -0.0}]"
    assert repr(read("\n" * 4096 + '{"a": -0.0}')) == "[{'a': 0}]"
    with pytest.raises(InvalidYAML):
        read("\u2003" * 1366 + '{"a": 1}')


def test_a_json_document_keeps_floats_that_yaml_loses(read: Read) -> None:
    text = '{"a": 1.0, "b": 1e3, "c": -0, "d": 18446744073709551615}'
    assert repr(read(text)) == "[{'a': 1.0, 'b': 1000.0, 'c': 0, 'd': 1.8446744073709552e+19}]"
    assert repr(read("# yaml\n" + text)) == "[{'a': 1, 'b': 1000, 'c': 0, 'd': 1.8446744073709552e+19}]"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("v: .inf\n", 1), ("v: 1\nw: .nan\n", 2), ("a:\n  ~: 1\n", 2), ("18446744073709551615: v\n", 1),
        ("? [a]\n: 1\n", 1),
        ("v: !!int 1.5\n", 1), ("v: !!int 1e3\n", 1), ("v: !!float 0xFFFFFFFFFFFFFFFF\n", 1), ("v: !!bool 1\n", 1),
        ("v: !!null x\n", 1), ("v: !!binary x\n", 1), ("v: !!timestamp 2024-13-01\n", 1), ("v: !!float x\n", 1),
        ('a: 1\nv: "\\/"\n', 2), ('v: "\\ud83d"\n', 1), ('v: "\\U00110000"\n', 1), ("v: {a?b: 1}\n", 1),
        ("v: [http://x/?q=1]\n", 1), ("a: 1\nv: |\n  \ta\n", 3), ("a: 1\nb: a\x07\n", 2), ("a:\n\tb: 1\n", 2),
        ("a: b: c\n", 1), ("%foo\na: 1\n", 1), ("%YAML 1.2\n---\nv: 1\n", 1),
        ("%YAML 1.2\r--- {v: 1}\n", 1), ("a: 1\n---x\n", 2), ("a: 1\n----\n", 2),
        ("--- {a: 1}\n", 1), ("a: 1\n---\nb: 2\n---\nc: 1\nd: .inf\n", 6), ("<<: 1\n", 1), ("a: &a []\n<<: [*a]\n", 2),
        ("a: *b\n", 1), ("a: &a {b: *a}\n", 1), ("a: &a\n  - *a\n", 2), ('{"a": 1}\n{"b": 2}\n---\n{"c": 3}\n', 3),
        ('{"a":\n 1e400}', 2), ('{"a": 1}{"b"\n:}', 2), ("{a: \n", 1), ("[" * 600 + "]" * 600, 1),
        ("- " * 20_000 + "a", 1),
    ],
)  # fmt: skip
def test_what_kubectl_refuses_is_an_error_with_file_and_line(read: Read, text: str, line: int) -> None:
    with pytest.raises(InvalidYAML) as caught:
        read(text)
    assert (caught.value.source, caught.value.line) == ("f.yaml", line)
    assert str(caught.value) == f"f.yaml:{line}: {caught.value.problem}"
    assert "\n" not in str(caught.value)


def test_aliases_that_multiply_are_refused_before_they_are_expanded(read: Read) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    bomb += "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghij"))
    with pytest.raises(InvalidYAML, match="excessive aliasing"):
        read(bomb)


def test_the_document_itself_is_a_step_too_where_aliases_come_close_to_the_limit(read: Read) -> None:
    (document,) = read(f"p: [y]\na: &a [{', '.join('x' * 201)}]\nl: [{', '.join(['*a'] * 201)}]\n")
    assert len(mapping(document)) == 3


@pytest.mark.parametrize("count", [100, 1100, 20_000])
def test_many_aliases_of_one_scalar_are_fine(read: Read, count: int) -> None:
    assert read(f"a: &a x\nl: [{', '.join(['*a'] * count)}]\n") == [{"a": "x", "l": ["x"] * count}]


def test_a_document_keeps_its_own_text_and_place() -> None:
    text = "---\n# Source: a.yaml\na: 1\r\n--- # next\n\nb: |\n  x\n---\n# nothing\n---\nc: 3"
    assert read_documents(text, "out.yaml") == [
        Document({"a": 1}, "# Source: a.yaml\na: 1\r\n", 2, "out.yaml"),
        Document({"b": "x\n"}, "\nb: |\n  x\n", 5, "out.yaml"),
        Document({"c": 3}, "c: 3", 11, "out.yaml"),
    ]


def test_json_documents_keep_their_own_text_and_place() -> None:
    assert read_documents('\n{"a": 1}\n\n {"b":\n2}\n', "-") == [
        Document({"a": 1}, '{"a": 1}', 2, "-"),
        Document({"b": 2}, '{"b":\n2}', 4, "-"),
    ]


def test_both_parsers_agree_on_every_case_here() -> None:
    for text in [f"v: {scalar}\n" for scalar, _ in PLAIN + TAGGED] + [text for text, _ in DOCUMENTS]:
        assert read_documents(text, "f") == read_documents(text, "f", GoParser)
