"""Scalars wherever one can stand: as values, as items, as keys, and behind every tag."""

from __future__ import annotations

from tests.differential.look_alikes import LOOK_ALIKES, MORE_NUMBERS

_PLAIN = (*LOOK_ALIKES, *MORE_NUMBERS)
_TAGS = (
    "!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!!timestamp", "!!map", "!!seq", "!!merge", "!!own",
    "!own", "!", "!<tag:yaml.org,2002:str>", "!<tag:yaml.org,2002:int>",
)  # fmt: skip
_TAGGED = (
    "", "~", "yes", '"yes"', "1", '"12"', "-1", "1.5", "1e3", ".inf", "0xFFFFFFFFFFFFFFFF", "9223372036854775808", "x",
    "1_0", "1e400", "+18446744073709551615", "18446744073709551615", "18446744073709551616", "NO", "aGVsbG8=", "aGk",
    "gP8=", '"aGVs\\nbG8="', '"aGVs\\rbG8="', "4pi6gA==", "7aCA", "2024-01-01", "2024-13-01", '"2024-01-01T10:00:00Z"',
    "<<", "-.inf", ".nan",
)  # fmt: skip
_TIMES = (
    "2024-02-29", "2023-02-29", "0000-02-29", "24-01-01", "2024-1-1", "2024-01-32", "2024-00-01", "2024-01-01T10:00:00",
    "2024-01-01 10:00:00", "2024-01-01 10:00:00Z", "2024-01-01T10:00:00Z", "2024-01-01t1:2:3Z", "2024-01-01T24:00:00Z",
    "2024-01-01T10:60:00Z", "2024-01-01T10:00:60Z", "2024-01-01T10:00:00.5Z", "2024-01-01T10:00:00,5Z",
    "2024-01-01T10:00:00.Z", "2024-01-01T10:00:00+01:00", "2024-01-01T10:00:00-01:00", "2024-01-01T10:00:00+24:00",
    "2024-01-01T10:00:00+25:00", "2024-01-01T10:00:00+23:59", "2024-01-01T10:00:00+23:60", "2024-01-01T10:00:00+23:61",
    "2024-01-01T10:00:00+1:00", "2024-01-01 10:00:00.123", "2024-01-01T10:00:00z", "2024-01-01  10:00:00",
    "2024-01-01T10:00Z", "2024-01-01T", "2024-01-01x",
)  # fmt: skip
_ESCAPES = (
    "\\0", "\\a", "\\b", "\\t", "\\\t", "\\n", "\\v", "\\f", "\\r", "\\e", "\\ ", '\\"', "\\'", "\\\\", "\\/", "\\\\/",
    "\\\\\\/", "\\\\\\\\/", "\\N", "\\_", "\\L", "\\P", "\\x41", "\\xe9", "\\x4", "\\u00e9", "\\u20ac", "\\u2028",
    "\\ufeff", "\\ufffe", "\\u12", "\\U0001F600", "\\U0010FFFF", "\\U00110000", "\\UFFFFFFFF", "\\U00000041", "\\ud83d",
    "\\udc00", "\\ud83d\\ude00", "\\z", "\\1", "\\", "\\\n  a", "a\n  b", "a\n\n  b", "a\\\n  b", "a \\\n   b",
    "a  \n  b", "\n  a", "a\n  ", "a\t\n\tb", "é", "\u20ac", "\U0001f600", "\x85", "a\x85b", "a\u2028b", "a\u2028    b",
    "a\x85    b", "a\u2029\n    b", "a\u2028\n\n    b", "a\n\u2028    b", "a\u2028\x85    b", "a\u2029 b", "\ufeff",
    "a\ufeffb", "\x7f", "\x80", "\x9f", "\x07", "\x1b", "\ufffe", "\uffff", "\ufffd", "\ue000", "\xa0", "\r", "a\rb",
    "a\r\n  b", "{", "a: b", "a #b", "''", "a\tb", "\t", "%", "\\u0000", "\\x00",
)  # fmt: skip

SPECS: dict[str, list[str]] = {
    "plain scalars": [f"v: {text}" for text in _PLAIN],
    "plain items": [f"v: [{text}, {text}]" for text in _PLAIN],
    "plain keys": [f"? {text}\n: v" for text in _PLAIN],
    "plain keys on their line": [f"{text}: v" for text in _PLAIN],
    "tagged values": [f"v: {tag} {text}" for tag in _TAGS for text in _TAGGED],
    "tagged keys": [f"? {tag} {text}\n: v" for tag in _TAGS for text in _TAGGED],
    "tagged times": [f"v: !!timestamp {text}" for text in _TIMES],
    "double quotes": [f'v: "{text}"' for text in _ESCAPES],
    "single quotes": [f"v: '{text}'" for text in _ESCAPES],
    "characters in plain scalars": [f"v: x{text}" for text in _ESCAPES],
    "characters in blocks": [f"v: |\n  x{text}\nw: 1" for text in _ESCAPES],
}
"""What stands under an object's `spec`, by category."""
