"""Nodes to be hashed, generated category by category, each from a seed of its own."""

from __future__ import annotations

import math
import random
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.differential.look_alikes import LOOK_ALIKES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubectl_express.core.values import Value

SEED = 20240229
PER_CATEGORY = 1000
"""How many nodes each category has, and may not have fewer of."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node's parameters (mostly an object; helm hashes any value) as they are given to helm, and their category."""

    category: str
    parameters: Value
    as_json: bool
    """Whether it reaches the chart as JSON that a template reads, instead of as values."""


def corpus() -> list[Node]:
    """Return every category's nodes, in turns, so that a difference in one of them shows early."""
    return [node for turn in zip(*map(_nodes, CATEGORIES), strict=True) for node in turn]


def _nodes(category: str) -> Iterator[Node]:
    source = random.Random(f"{SEED} {category}")  # noqa: S311
    for number in range(PER_CATEGORY):
        value = CATEGORIES[category](source)
        # A parameter, an item, a member far down, alone: what surrounds a value must make no difference.
        shapes: tuple[Value, ...] = (
            {"node": number, "p": value},
            [value, number, value],
            {"m": {"n": [{"o": value}]}, "node": number},
            value,
        )
        yield Node(category, shapes[number % len(shapes)], as_json=number // len(shapes) % 2 == 1)


def _around(*centres: int) -> Callable[[random.Random], Value]:
    def integer(source: random.Random) -> Value:
        return source.choice((1, -1)) * source.choice(centres) + source.randint(-300, 300)

    return integer


def _near(*centres: float) -> Callable[[random.Random], Value]:
    """Return what makes floats at a switch of notation: the very float, its neighbours, and others of that size."""

    def number(source: random.Random) -> Value:
        value = source.choice((1, -1)) * source.choice(centres)
        how = source.randrange(4)
        if how == 0:
            return value
        if how == 1:
            return math.nextafter(value, source.choice((0, math.inf, -math.inf)))
        value /= source.uniform(0.1, 10) if abs(value) < 1e300 else 10
        return value if how == 2 else float(f"{value:.{source.randrange(6)}e}")

    return number


def _any_bits(source: random.Random) -> Value:
    number: float = struct.unpack("<d", source.randbytes(8))[0]
    return number if math.isfinite(number) else source.random()


def _decimal(source: random.Random) -> Value:
    return round(source.uniform(-1000, 1000), source.randrange(1, 12))


def _whole(source: random.Random) -> Value:
    return float(source.randint(1, 999) * 10 ** source.randint(0, 20))


def _subnormal(source: random.Random) -> Value:
    return source.choice((1, -1)) * source.randint(1, 2**52) * 5e-324 / source.choice((1, 2, 2**30))


_MINUS_ZEROS: tuple[Value, ...] = (
    -0.0, [-0.0, 0.0, 0], {"a": -0.0, "b": "-0", "c": -1}, [[-0.0]], {"-0": -0.0}, [1.5, -0.0, -0.5], ["-0.0", -0.0],
)  # fmt: skip


def _minus_zero(source: random.Random) -> Value:
    return source.choice(_MINUS_ZEROS)


def _text_of(*pieces: str) -> Callable[[random.Random], Value]:
    ordinary = ("a", "Z", " ", "0", "é", "/", ".", ":", "-")

    def text(source: random.Random) -> Value:
        kinds = source.choices((pieces, ordinary), weights=(6, 4), k=source.randint(1, 9))
        return "".join(map(source.choice, kinds))

    return text


def _look_alike(source: random.Random) -> Value:
    first, second = source.sample(LOOK_ALIKES, 2)
    # toYaml writes the key `<<` without quotes, and helm then refuses its own output.
    key = "< <" if first == "<<" else first
    shapes: tuple[Value, ...] = (first, [first, second], {key: second}, f"{first}{second}", f"{first} {second}")
    return source.choice(shapes)


_KEY_PIECES = (
    "", "a", "B", "b", "A", "Z", "_", "-", ".", "0", "1", "2", "9", "10", " ", "é", "ß", "ﬀ", "\u20ac", "\ue000",
    "\uffee",
    "\ufffd", "\U0001f600", "\U00010000", "<a", "&", "\u2028", "\x7f", "\x80", "~", "{", '"', "\\", "/", "\t", "y",
    "null",
)  # fmt: skip


def _keys(source: random.Random) -> Value:
    keys = ["".join(source.choices(_KEY_PIECES, k=source.randint(0, 3))) for _ in range(source.randint(2, 12))]
    return {key: number for number, key in enumerate(keys)}


def _nested(source: random.Random) -> Value:
    value = _anything(source, 1)
    for level in range(source.randint(3, 40)):
        value = source.choice(([value], {"n": value}, [value, level], {"z": level, "a": value}))
    return value


_EMPTY: tuple[Value, ...] = (
    [], {}, "", None, True, False, 0, [None], {"a": None}, {"": ""}, [[], {}], " ", [[[]]], "null", [""],
)  # fmt: skip


def _empties(source: random.Random) -> Value:
    some: list[Value] = source.choices(_EMPTY, k=4)
    return source.choice((*_EMPTY[:4], some, dict(zip("cab", some, strict=False))))


def _any_text(source: random.Random) -> Value:
    return source.choice(LOOK_ALIKES) if source.random() < 0.3 else source.choice(_TEXTS)(source)


def _anything(source: random.Random, depth: int = 4) -> Value:
    """Return a value made of all the other categories' values."""
    how = source.random()
    if depth == 0 or how < 0.3:
        return source.choice(_SCALARS)(source)
    if how < 0.6:
        return [_anything(source, depth - 1) for _ in range(source.randrange(4))]
    return {f"k{_any_text(source)}": _anything(source, depth - 1) for _ in range(source.randrange(5))}


_CONTROLS = _text_of(*map(chr, (*range(0x20), 0x7F, *range(0x80, 0xA0))))
_HTML = _text_of("<", ">", "&", "</script>", "<!--", "&amp;", "\\u003c", "=", "'")
_SEPARATORS = _text_of(
    "\u2028", "\u2029", "\ufeff", "\x85", "\u2027", "\u202a", "\ufffe", "\uffff", "\ufffd", "\\u2028"
)
_ASTRAL = _text_of(
    "\U00010000", "\U0001f600", "\U0001f1e8\U0001f1ed", "\U0010ffff", "\ud7ff", "\ue000", "\U0001fffe", "\U000e0001"
)
_QUOTES = _text_of('"', "\\", "'", "`", "\\n", "\\\\", '\\"', "\n", "\t", "\r\n", "\\u0000", "$", "%s", "{{", "}}")
_LIKE_JSON = _text_of('":1.0', "[2.0", ",3e+06", '\\":4.50', "-0.0", "1e5", "{", "}", "[", "]", ",", ":", '"', "null")
_TEXTS = (_CONTROLS, _HTML, _SEPARATORS, _ASTRAL, _QUOTES, _LIKE_JSON)


_LARGEST_AND_LEAST = _near(1.7e308, 2.2250738585072014e-308)
_SCALARS: tuple[Callable[[random.Random], Value], ...] = (
    _around(0, 10, 2**31, 2**53, 2**63), _near(1e-6, 1e21, 1.0), _any_bits, _decimal, _whole, *_TEXTS,
    lambda source: source.choice((None, True, False, "", -0.0, *LOOK_ALIKES)),
)  # fmt: skip

CATEGORIES: dict[str, Callable[[random.Random], Value]] = {
    "integers around 2^31": _around(2**31, 2**32),
    "integers around 2^53": _around(2**53, 2**54),
    "integers around 2^63": _around(2**63, 2**64, 10**18, 10**19),
    "floats around 1e-6": _near(1e-6, 1e-7, 1e-5),
    "floats around 1e21": _near(1e21, 1e20, 1e22),
    "floats around two digits of exponent": _near(1e-9, 1e-10, 1e99, 1e100, 1e-99, 1e-100),
    "floats of any bits": _any_bits,
    "floats with few digits": _decimal,
    "floats that are whole": _whole,
    "floats at the edges": lambda source: source.choice((_subnormal, _LARGEST_AND_LEAST))(source),
    "minus zero": _minus_zero,
    "control characters": _CONTROLS,
    "HTML": _HTML,
    "separators and byte order marks": _SEPARATORS,
    "astral characters": _ASTRAL,
    "YAML look-alikes": _look_alike,
    "JSON look-alikes": _LIKE_JSON,
    "quotes and backslashes": _QUOTES,
    "keys in every order": _keys,
    "nesting": _nested,
    "nulls and empties": _empties,
    "everything together": _anything,
}
