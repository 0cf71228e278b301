"""Which versions of helm a configuration allows: comparisons of dotted numbers, all of which must hold."""

from __future__ import annotations

import operator
import re

_COMPARISONS = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "!=": operator.ne,
    "=": operator.eq,
}
_ONE = r"(>=|<=|!=|>|<|=)\s*v?(\d{1,9}(?:\.\d{1,9}){0,2})"
CONSTRAINT = rf"{_ONE}([ ,]+{_ONE})*"
"""A regular expression of the whole: `>=3.14 <5`, `=4.3`."""
_VERSION = re.compile(r"\bv?(\d{1,9}(?:\.\d{1,9}){0,2})")


def allows(constraint: str, engine: str) -> bool:
    """Return whether an engine's version, the first in a text such as `helm v4.3.0`, satisfies a constraint.

    What a constraint leaves out is 0 where it compares, and anything where it says `=` or `!=`: `=4.3` is every 4.3.
    A pre-release counts as the version it leads to.
    """
    found = _VERSION.search(engine)
    if found is None:
        return False
    version = _numbers(found[1])
    return all(_holds(version, sign, _numbers(bound)) for sign, bound in re.findall(_ONE, constraint))


def _holds(version: tuple[int, ...], sign: str, bound: tuple[int, ...]) -> bool:
    length = len(bound) if sign in {"=", "!="} else 3
    return bool(_COMPARISONS[sign](_filled(version)[:length], _filled(bound)[:length]))


def _filled(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return (*numbers, 0, 0, 0)[:3]


def _numbers(dotted: str) -> tuple[int, ...]:
    return tuple(int(number) for number in dotted.split("."))
