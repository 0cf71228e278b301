"""JSON as Go writes and reads it, because the revision is a hash over Go's bytes.

The rules of writing are those of Go's `encoding/json` Marshal (as Helm's `toJson` and the API server use it), the rules
of reading those of `k8s.io/apimachinery/pkg/util/json`, which keeps integers apart from floats.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

from kubectl_express.core.values import DEEPEST

if TYPE_CHECKING:
    from kubectl_express.core.values import Object, Value

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

_ESCAPED_BY_GO_ONLY = (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e"))
_SEPARATORS_ESCAPED_BY_GO = (("\u2028", "\\u2028"), ("\u2029", "\\u2029"))
_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_OR_ITS_ESCAPE = re.compile("[\ud800-\udfff]|\\\\u[dD][89a-fA-F]")

_OF_PYTHONS_FLOATS = (".0,", ".0}", ".0]", "e-", "e+")
"""What is in each float that Python lays out in another way than Go. In a string it costs time, nothing else."""
_STRING_OR_FLOAT = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9]+(?:\.[0-9]+(?:e[-+][0-9]+)?|e[-+][0-9]+)')
_COLLECTIONS = frozenset({dict, list})
_SPACE = re.compile(r"[ \t\r\n]*")
_STRING_OR_CONSTANT = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|(NaN|-?Infinity)')


class InvalidJSON(ValueError):  # noqa: N818
    """The text is not JSON. `line` and `column` count from 1, in characters; `problem` says what is wrong there."""

    def __init__(self, problem: str, text: str, position: int) -> None:
        self.problem = problem
        self.line = text.count("\n", 0, position) + 1
        self.column = position - text.rfind("\n", 0, position)
        super().__init__(f"line {self.line}, column {self.column}: {problem}")


class NumberOutOfRange(InvalidJSON):
    """The text is JSON, and one of its numbers is beyond what a float64 can say."""


def encode(value: Value) -> str:
    """Return the value as compact JSON, byte for byte what Go's json.Marshal makes of it.

    Lone surrogates, which no text that Go read can hold, become U+FFFD. Raises ValueError for NaN and infinities.
    """
    # Python sorts strings by code point, which is the order of their UTF-8 bytes, and Go's.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    for character, escape in _ESCAPED_BY_GO_ONLY:
        if character in text:
            text = text.replace(character, escape)
    if not text.isascii():
        for character, escape in _SEPARATORS_ESCAPED_BY_GO:
            if character in text:
                text = text.replace(character, escape)
        text = _SURROGATE.sub("\ufffd", text)
    if any(piece in text for piece in _OF_PYTHONS_FLOATS) or text.endswith(".0"):
        text = _STRING_OR_FLOAT.sub(_rewritten_float, text)
    return text


def float_text(number: float) -> str:
    """Return a finite float as Go's json.Marshal writes it: `1000000` for 1e6, `1e+21`, `1e-7`, `-0`."""
    return _go_float(repr(number))


def normalised(number: float) -> int | float:
    """Return a finite number as Kubernetes has it after writing and reading it once: 1e6 and 1.0 become integers.

    So does every float whose Go text is an integer within 64 bits: 1234567890123456789.0 becomes 1234567890123456800.
    """
    if isinstance(number, int):
        return number
    text = float_text(number)
    if "." in text or "e" in text:
        return number
    integer = int(text)
    return integer if INT64_MIN <= integer <= INT64_MAX else number


def _rewritten_float(match: re.Match[str]) -> str:
    token = match.group()
    return token if token[0] == '"' else _go_float(token)


def _go_float(text: str) -> str:
    """Turn Python's shortest digits into Go's layout: plain from 1e-6 up to below 1e21, else an unpadded exponent."""
    sign, text = ("-", text[1:]) if text[0] == "-" else ("", text)
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if not digits:
        return sign + "0"
    if not -6 < point <= 21:
        power = point - 1
        tail = "." + digits[1:] if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{tail}e{'-' if power < 0 else '+'}{abs(power)}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return sign + digits + "0" * (point - len(digits))
    return f"{sign}{digits[:point]}.{digits[point:]}"


def decode(text: str) -> Value:
    """Return the value of a JSON text, read as strictly as Go does.

    Numbers are as Kubernetes keeps them: int where the literal is an integer within 64 bits (so `-0` is 0), else float
    (so 18446744073709551615 is 1.8446744073709552e19). Of duplicate keys the last one counts. Raises InvalidJSON.
    """
    value, end = decode_prefix(text, 0)
    end = skip_space(text, end)
    if end != len(text):
        raise InvalidJSON("text after the JSON value", text, end)
    return value


def decode_object(text: str) -> Object | None:
    """Return the object that a text holds; None where it is no JSON, or JSON of something else."""
    try:
        value = decode(text)
    except InvalidJSON:
        return None
    return value if isinstance(value, dict) else None


def decode_prefix(text: str, start: int) -> tuple[Value, int]:
    """Return the JSON value that begins at or after `start`, behind white space, and the index where it ends.

    Raises InvalidJSON, and NumberOutOfRange where only a number's size is at fault.
    """
    begin = skip_space(text, start)
    if begin == len(text):
        raise InvalidJSON("empty, where a JSON value was expected", text, begin)
    try:
        value, end = _DECODER.raw_decode(text, begin)
    except json.JSONDecodeError as error:
        raise InvalidJSON(_in_lower_case(error.msg), text, error.pos) from None
    except _UnknownConstantError:
        raise InvalidJSON("NaN and Infinity are not JSON", text, _constant_position(text, begin)) from None
    except _OverflowingNumberError as error:
        position = text.find(error.literal, begin)
        raise NumberOutOfRange(f"number {error.literal[:40]} is out of range", text, position) from None
    except RecursionError:
        raise InvalidJSON("nested too deeply", text, begin) from None
    if is_too_deep(value, text.count("{", begin, end) + text.count("[", begin, end)):
        raise InvalidJSON("nested too deeply", text, begin)
    # The plain searches spare almost every text the pattern.
    if (not text.isascii() or text.find("\\u", begin, end) >= 0) and _SURROGATE_OR_ITS_ESCAPE.search(text, begin, end):
        value = _without_surrogates(value)
    return value, end


def skip_space(text: str, start: int) -> int:
    """Return the index of the first character from `start` on that is not JSON's white space."""
    found = _SPACE.match(text, start)
    return found.end() if found else start


def is_too_deep(value: Value, brackets: int, within: int = 0) -> bool:
    """Return whether a value has more than DEEPEST levels, those included that it is within.

    `brackets` is how many `{` and `[` there are in the text that it was read of, which most often tells at once.
    """
    if brackets <= DEEPEST - within:
        return False
    level: list[Any] = [[value]]
    for _ in range(DEEPEST - within + 1):
        level = [
            member
            for each in level
            for member in (each.values() if type(each) is dict else each)
            if type(member) in _COLLECTIONS
        ]
    return bool(level)


def same(a: Value, b: Value) -> bool:
    """Tell whether two values mean the same: numbers by value (1 is 1.0, but not true), null is not absence."""
    pending: list[tuple[Value, Value]] = [(a, b)]
    while pending:
        a, b = pending.pop()
        if isinstance(a, dict):
            if not isinstance(b, dict) or a.keys() != b.keys():
                return False
            pending.extend((member, b[key]) for key, member in a.items())
        elif isinstance(a, list):
            if not isinstance(b, list) or len(a) != len(b):
                return False
            pending.extend(zip(a, b, strict=True))
        elif type(a) is type(b):
            if a != b:
                return False
        elif not _same_number(a, b):
            return False
    return True


def _same_number(a: Value, b: Value) -> bool:
    if isinstance(a, bool) or isinstance(b, bool) or not isinstance(a, int | float) or not isinstance(b, int | float):
        return False
    return normalised(a) == normalised(b)


class _UnknownConstantError(Exception):
    """NaN or Infinity was met; the decoder's hook does not know where."""


class _OverflowingNumberError(Exception):
    """A number's literal is beyond float64."""

    def __init__(self, literal: str) -> None:
        self.literal = literal


def _integer(literal: str) -> int | float:
    # More digits than a float can hold are out of range, and beyond what Python agrees to convert.
    if len(literal) > 20:
        return _float(literal)
    number = int(literal)
    return number if INT64_MIN <= number <= INT64_MAX else float(number)


def _float(literal: str) -> float:
    number = float(literal)
    if number in (float("inf"), float("-inf")):
        raise _OverflowingNumberError(literal)
    return number


def _constant(name: str) -> NoReturn:
    raise _UnknownConstantError(name)


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=_constant)


def _constant_position(text: str, start: int) -> int:
    return next((found.start() for found in _STRING_OR_CONSTANT.finditer(text, start) if found.group(1)), start)


def _in_lower_case(message: str) -> str:
    return message[:1].lower() + message[1:]


def _without_surrogates(value: Value) -> Value:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_SURROGATE.sub("\ufffd", key): _without_surrogates(member) for key, member in value.items()}
    return value
