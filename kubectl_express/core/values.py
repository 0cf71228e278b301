"""JSON values, as every module here passes them on."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias, Union

Value: TypeAlias = Union[bool, int, float, str, list["Value"], dict[str, "Value"], None]  # noqa: UP007
"""What JSON can say. Numbers are as Kubernetes keeps them: `int` where it fits 64 bits, else `float`."""

Object: TypeAlias = dict[str, Value]
"""A JSON object: a manifest, a node's parameters, a managed-fields tree."""


DEEPEST = 320
"""Collections within each other that are read: a walk over a value is a function that calls itself for each of them."""


def mapping(value: Value) -> Object:
    """Return the value if it is an object, else an empty one: for optional parts of a manifest."""
    return value if isinstance(value, dict) else {}


def objects(value: Value) -> list[Object]:
    """Return the objects that a list holds, none of anything else: for the items of a LIST."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: Value) -> str | None:
    """Return the value if it is a string, else None."""
    return value if isinstance(value, str) else None


def at(value: Value, pointer: str) -> Value:
    """Return what a JSON Pointer (RFC 6901) leads to, or None where it leads nowhere."""
    for part in split(pointer):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and (index := index_in(value, part)) is not None:
            value = value[index]
        else:
            return None
    return value


def index_in(items: list[Value], part: str) -> int | None:
    """Return the index that a pointer's part is in a list; None where the list has none such."""
    # Python refuses to convert thousands of digits.
    index = int(part) if part.isdecimal() and len(part) < 19 else len(items)
    return index if index < len(items) else None


@lru_cache(maxsize=4096)
def split(pointer: str) -> tuple[str, ...]:
    """Return the unescaped parts of a JSON Pointer; the empty pointer has none."""
    parts = pointer.split("/")[1:]
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def join(pointer: str, part: str | int) -> str:
    """Return the pointer one step further down."""
    return f"{pointer}/{str(part).replace('~', '~0').replace('/', '~1')}"


def without(value: Object, pointer: str) -> Object:
    """Return the object without the member a JSON Pointer leads to; the object itself is left alone.

    Where the pointer leads nowhere, that is the object itself.
    """
    head, *rest = split(pointer)
    if head not in value:
        return value
    if not rest:
        return {key: member for key, member in value.items() if key != head}
    inner = value[head]
    if not isinstance(inner, dict):
        return value
    tail = "".join(join("", part) for part in rest)
    rest_of_it = without(inner, tail)
    return value if rest_of_it is inner else {**value, head: rest_of_it}
