"""What a YAML scalar means to kubectl: the resolution of go.yaml.in/yaml/v2 and the conversions of sigs.k8s.io/yaml.

kubectl turns YAML into Go values (`resolve`), these into JSON text, and that text into int64 or float64 (`to_value`).
Keys of mappings become strings by rules of their own (`to_key`).
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from datetime import date, time
from typing import TypeAlias

from kubectl_express.core.gojson import INT64_MAX, INT64_MIN, normalised

Resolved: TypeAlias = bool | int | float | str | None
"""A scalar as goyaml has it; an int beyond int64 is Go's uint64."""

UINT64_MAX = 2**64 - 1

_LONG = "tag:yaml.org,2002:"
STR, BOOL, INT, FLOAT, NULL = (_LONG + name for name in ("str", "bool", "int", "float", "null"))
TIMESTAMP, BINARY, MERGE = (_LONG + name for name in ("timestamp", "binary", "merge"))
_RESOLVABLE = frozenset((STR, BOOL, INT, FLOAT, NULL, TIMESTAMP))

# YAML 1.1 as goyaml has it: single letters too, but not every mixture of cases.
_WORDS: dict[str, Resolved] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# Not cleared of underscores before: strconv.ParseFloat takes them itself, between digits.
_FLOAT_FROM_POINT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
# strconv.ParseInt with base 0; of a number that starts with 0 and holds an 8 or 9 nothing matches.
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
)
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
# goyaml hands what follows 0b to ParseInt once more, which takes a sign there.
_SIGNED_BINARY = re.compile(r"0b(?P<sign>[-+])(?P<bin>[01]+)")
_TIMESTAMP = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:(?P<separator>[Tt]| +)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})(?:[.,][0-9]+)?"
    r"(?P<zone>Z|[-+][0-9]{2}:[0-9]{2})?)?"
)


class UnresolvableError(ValueError):
    """The scalar has no meaning in JSON, or not the one its tag claims; the message says which."""


def resolve(text: str) -> Resolved:
    """Return what a plain scalar without a tag means. Timestamps stay text, as goyaml leaves them in untyped data."""
    first = text[:1]
    if first not in "+-.0123456789yYnNtTfFoO~":
        return text
    if text in _WORDS:
        return _WORDS[text]
    if first == ".":
        return _float(text) if _FLOAT_FROM_POINT.fullmatch(text) else text
    return _number(text) if first in "+-0123456789" else text


def resolve_tagged(tag: str, text: str) -> Resolved:
    """Return what a scalar with an explicit tag means, quoted or not. Raises UnresolvableError if the tag is wrong."""
    if tag == BINARY:
        return _binary(text)
    if tag == STR or tag not in _RESOLVABLE:
        return text
    if tag == TIMESTAMP and _is_timestamp(text):
        return text
    value = resolve(text)
    actual = _tag_of(value)
    if actual == tag:
        return value
    if tag == FLOAT and isinstance(value, int) and not isinstance(value, bool) and value <= INT64_MAX:
        return float(value)
    raise UnresolvableError(f"cannot decode {_short(actual)} `{text}` as a {_short(tag)}")


def to_value(resolved: Resolved) -> Resolved:
    """Return the value behind goyaml's scalar once it went through JSON, where 1e6 and 1.0 become integers.

    Raises UnresolvableError for NaN and infinities, which JSON cannot say.
    """
    if isinstance(resolved, float):
        if not math.isfinite(resolved):
            raise UnresolvableError(f"unsupported value: {_go_special(resolved)}")
        return normalised(resolved)
    if isinstance(resolved, int) and not INT64_MIN <= resolved <= INT64_MAX:
        return float(resolved)
    return resolved


def to_key(resolved: Resolved) -> str:
    """Return the string that a mapping's key becomes. Raises UnresolvableError for null and integers beyond int64."""
    if isinstance(resolved, str):
        return resolved
    if isinstance(resolved, bool):
        return "true" if resolved else "false"
    if isinstance(resolved, int) and resolved <= INT64_MAX:
        return str(resolved)
    if isinstance(resolved, float):
        return _float32_text(resolved)
    raise UnresolvableError(f"unsupported map key {'null' if resolved is None else resolved}")


def _number(text: str) -> Resolved:
    plain = text.replace("_", "")
    match = _INTEGER.fullmatch(plain) or _SIGNED_BINARY.fullmatch(plain)
    # Python refuses to convert decimals of thousands of digits; those of more than 20 are beyond 64 bits anyway.
    if match and match.lastgroup and not (match.lastgroup == "dec" and len(plain) > 21):
        magnitude = int(match[match.lastgroup], _BASES[match.lastgroup])
        number = -magnitude if match["sign"] == "-" else magnitude
        if INT64_MIN <= number <= INT64_MAX or (0 < number <= UINT64_MAX and not match["sign"]):
            return number
    if _FLOAT.fullmatch(plain):
        number_or_text = _float(plain)
        return text if isinstance(number_or_text, str) else number_or_text
    return text


def _float(text: str) -> float | str:
    """Return the float, or the text itself where it overflows: Go's ParseFloat fails, and goyaml keeps the text."""
    number = float(text)
    return number if math.isfinite(number) else text


def _tag_of(value: Resolved) -> str:
    if value is None:
        return NULL
    if isinstance(value, str):
        return STR
    if isinstance(value, bool):
        return BOOL
    return INT if isinstance(value, int) else FLOAT


def _short(tag: str) -> str:
    return "!!" + tag.removeprefix(_LONG)


def _go_special(number: float) -> str:
    return "NaN" if math.isnan(number) else "+Inf" if number > 0 else "-Inf"


def _binary(text: str) -> str:
    """Decode base64 as Go's StdEncoding does; bytes that are not UTF-8 end as U+FFFD each, as in json.Marshal."""
    compact = text.replace("\r", "").replace("\n", "")
    try:
        data = base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError):
        raise UnresolvableError("!!binary value contains invalid base64 data") from None
    return re.sub("[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))


def _is_timestamp(text: str) -> bool:
    match = _TIMESTAMP.fullmatch(text)
    if not match or (match["separator"] and (match["zone"] is None) is not match["separator"].isspace()):
        return False
    try:
        date(int(match["year"]) or 4, int(match["month"]), int(match["day"]))  # Go has a year 0, and it is a leap year
        time(int(match["hour"] or 0), int(match["minute"] or 0), int(match["second"] or 0))
    except ValueError:
        return False
    # Go's own comment on these limits: some people do write offsets of 24 hours or 60 minutes.
    return match["zone"] in (None, "Z") or (int(match["zone"][1:3]) <= 24 and int(match["zone"][4:]) <= 60)


def _float32_text(number: float) -> str:
    """Return strconv.FormatFloat(number, 'g', -1, 32), which is how sigs.k8s.io/yaml writes a float as a key."""
    if math.isnan(number):
        return ".nan"
    single = _as_single(number)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    candidates = (f"{single:.{digits}e}" for digits in range(17))
    scientific = next(text for text in candidates if _as_single(float(text)) == single)
    mantissa, _, exponent = scientific.partition("e")
    # Go's %g: with the shortest digits it turns to an exponent from 1e6 on.
    return _plain(mantissa, int(exponent)) if -4 <= int(exponent) < 6 else scientific


def _as_single(number: float) -> float:
    """Return the nearest float32, an infinity beyond its range: native packing converts as C does."""
    return float(struct.unpack("f", struct.pack("f", number))[0])


def _plain(mantissa: str, exponent: int) -> str:
    digits = mantissa.partition(".")[2]
    return f"{float(f'{mantissa}e{exponent}'):.{max(0, len(digits) - exponent)}f}"


class PlainValues(dict[str, Resolved]):
    """What plain scalars mean as values, remembered: the same few texts come again and again in a file of manifests."""

    def __missing__(self, text: str) -> Resolved:
        """Resolve a text met for the first time. Raises UnresolvableError."""
        self[text] = value = to_value(resolve(text))
        return value


class PlainKeys(dict[str, str]):
    """What plain scalars become as keys, remembered."""

    def __missing__(self, text: str) -> str:
        """Resolve a text met for the first time. Raises UnresolvableError."""
        self[text] = key = to_key(resolve(text))
        return key
