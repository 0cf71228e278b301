"""Expected texts and values are Go's: encoding/json's Marshal and k8s.io/apimachinery's json.Unmarshal."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson

if TYPE_CHECKING:
    from kubectl_express.core.values import Value


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"), (-0.0, "-0"), (1.0, "1"), (1e6, "1000000"), (1.5, "1.5"), (-2.25, "-2.25"), (0.1, "0.1"),
        (100.0, "100"), (123456.789, "123456.789"), (1e15, "1000000000000000"), (1e16, "10000000000000000"),
        (1e20, "100000000000000000000"), (123456789012345680000.0, "123456789012345680000"), (1e21, "1e+21"),
        (-1e21, "-1e+21"), (1.25e22, "1.25e+22"), (1e100, "1e+100"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (0.0001, "0.0001"), (0.00001, "0.00001"), (0.000001, "0.000001"), (0.0000015, "0.0000015"), (1e-7, "1e-7"),
        (9.99e-7, "9.99e-7"), (1e-9, "1e-9"), (1.5e-10, "1.5e-10"), (1e-10, "1e-10"), (5e-324, "5e-324"),
        (18446744073709551615.0, "18446744073709552000"), (1234567890123456789.0, "1234567890123456800"),
        (0.30000000000000004, "0.30000000000000004"), (4.35, "4.35"), (2.5e-5, "0.000025"),
    ],
)  # fmt: skip
def test_floats_are_written_as_go_writes_them(number: float, text: str) -> None:
    assert gojson.encode(number) == text
    assert gojson.encode({"a": [number, {"b": number}]}) == f'{{"a":[{text},{{"b":{text}}}]}}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"), (True, "true"), (False, "false"), (2**63 - 1, "9223372036854775807"), ([], "[]"), ({}, "{}"),
        ("<a>&b", '"\\u003ca\\u003e\\u0026b"'), ("\u2028\u2029", '"\\u2028\\u2029"'), ("é😀\x7f\x85", '"é😀\x7f\x85"'),
        ('"\\/', '"\\"\\\\/"'), ("\b\f\n\r\t", '"\\b\\f\\n\\r\\t"'), ("\0\x1f\x0b", '"\\u0000\\u001f\\u000b"'),
        ("\ufffd\ufeff", '"\ufffd\ufeff"'), ("a\ud800b", '"a\ufffdb"'), ("\ud83d\ude00", '"\ufffd\ufffd"'),
        ({"<": 1, "&": {"z": None, "a": "1.0"}}, '{"\\u0026":{"a":"1.0","z":null},"\\u003c":1}'),
        ([1, 1.0, "1.0", True], '[1,1,"1.0",true]'),
    ],
)  # fmt: skip
def test_values_are_written_as_go_writes_them(value: Value, text: str) -> None:
    assert gojson.encode(value) == text


def test_keys_are_sorted_by_their_utf8_bytes() -> None:
    keys = ["b", "a10", "a2", "B", "", "é", "ﬀ", "😀", "\u2028", "a", "_"]
    encoded = json.loads(gojson.encode(dict.fromkeys(keys, 1)))
    assert list(encoded) == sorted(keys, key=str.encode)


def test_what_looks_like_a_float_within_a_string_stays() -> None:
    value: Value = {"1.0": 'x":1.50,[2.0,-0.0]', "b": ["c:1e+06", 2.0, '\\":3.0']}
    assert gojson.encode(value) == '{"1.0":"x\\":1.50,[2.0,-0.0]","b":["c:1e+06",2,"\\\\\\":3.0"]}'


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_cannot_be_written(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        gojson.encode([number])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-0", 0), ("-0.0", -0.0), ("1.0", 1.0), ("1e3", 1000.0), ("1E+2", 100.0), ("1e-400", 0.0),
        ("9223372036854775807", 2**63 - 1), ("9223372036854775808", 9.223372036854775808e18),
        ("-9223372036854775808", -(2**63)), ("-9223372036854775809", -9.223372036854775808e18),
        ("18446744073709551615", 1.8446744073709552e19), ("1" * 30, 1.1111111111111111e29),
        ('"\\ud83d\\ude00"', "😀"), ('"\\ud800"', "\ufffd"), ('"\\ud800\\ud83d\\ude00"', "\ufffd😀"),
        ('{"\\udc00":["\\ud800x"]}', {"\ufffd": ["\ufffdx"]}), ('"\\/\\u2028"', "/\u2028"),
        ('{"a":1,"b":2,"a":{"c":3}}', {"a": {"c": 3}, "b": 2}), (" \t\r\n[ ] \n", []), ("null", None),
    ],
)  # fmt: skip
def test_json_is_read_as_kubernetes_reads_it(text: str, value: Value) -> None:
    decoded = gojson.decode(text)
    assert decoded == value
    assert type(decoded) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1), ("  \n", 2, 1), ("\ufeff{}", 1, 1), ("{} x", 1, 4), ("[1,\n 2,,]", 2, 4), ('{"a": NaN}', 1, 7),
        ('["NaN", -Infinity]', 1, 9), ("[01]", 1, 3), ("[1.]", 1, 3), ("[.5]", 1, 2), ("[+1]", 1, 2),
        ("{'a': 1}", 1, 2),
        ('"a\tb"', 1, 3), ('"\\x"', 1, 2), ('{"a" 1}', 1, 6), ('{"a":\n\n1e400}', 3, 1), ("[1] // no", 1, 5),
        ("9" * 400, 1, 1), ("9" * 5000, 1, 1), ("[" * 100_000, 1, 1),
    ],
)  # fmt: skip
def test_what_go_refuses_is_an_error_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(gojson.InvalidJSON) as caught:
        gojson.decode(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"line {line}, column {column}: ")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, 1.0), (0, -0.0), (1e6, 1000000), (1234567890123456800, 1234567890123456789.0), (1.5, 1.5), (None, None),
        ({"a": [1, {"b": 2.0}], "c": None}, {"c": None, "a": [1.0, {"b": 2}]}), (1e21, 1e21), (True, True), ("", ""),
    ],
)  # fmt: skip
def test_numbers_are_the_same_by_value_at_any_depth(a: Value, b: Value) -> None:
    assert gojson.same(a, b)
    assert gojson.same(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, True), (0, False), (0, None), ("1", 1), ([], {}), ([], None), ({"a": None}, {}), ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ({"a": [True]}, {"a": [1]}), (9007199254740993, 9007199254740992.0), ({"a": 1}, {"b": 1}), ("", None),
    ],
)  # fmt: skip
def test_kinds_order_and_absence_make_a_difference(a: Value, b: Value) -> None:
    assert not gojson.same(a, b)
    assert not gojson.same(b, a)
