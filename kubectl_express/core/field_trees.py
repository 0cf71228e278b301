"""Sets of fields as `metadata.managedFields` writes them down (FieldsV1): what is in two of them, in one, in neither.

A tree has a member for each field, item (`k:`) or value (`v:`); `{}` is the field itself, as is the member `.` where
fields below it are named too. See `core.managed_fields`, which reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.managed_fields import is_leaf
from kubectl_express.core.values import Object, Value, join, mapping, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def united(trees: Iterable[Object]) -> Object:
    """Return the fields that any of the trees names."""
    result: Object = {}
    for tree in trees:
        for key, inner in tree.items():
            result[key] = _united(mapping(result[key]), mapping(inner)) if key in result else inner
    return result


def _united(one: Object, other: Object) -> Object:
    if one and other:
        return united([one, other])
    return {".": {}, **one, **other} if one or other else {}


def minus(tree: Object, part: Object) -> Object:
    """Return the fields of a tree that a part of it does not name; a leaf of the part takes away all that is below."""
    kept: Object = {}
    for key, inner in tree.items():
        taken = part.get(key)
        if taken is None:
            kept[key] = inner
        elif taken and (rest := minus(mapping(inner), mapping(taken))):
            kept[key] = rest
    return kept


def is_bare(tree: Object) -> bool:
    """Return whether a tree names objects and lists at most, and nothing in them."""
    return all(key == "." or (bool(inner) and is_bare(mapping(inner))) for key, inner in tree.items())


def below(tree: Object, pointer: str) -> Object:
    """Return the fields at and below what a JSON Pointer leads to, through objects; `{}` where there are none."""
    head, *rest = split(pointer)
    inner = tree.get(f"f:{head}")
    if inner is None:
        return {}
    if not rest or not inner:
        return {f"f:{head}": inner}
    found = below(mapping(inner), "".join(join("", part) for part in rest))
    return {f"f:{head}": found} if found else {}


def empty_fields(value: Object) -> Object:
    """Return the fields of a value that hold an empty object or list: they have an owner though nothing is in them."""
    kept: Object = {}
    for key, inner in value.items():
        if inner in ({}, []):
            kept[f"f:{key}"] = {}
        elif isinstance(inner, dict) and (found := empty_fields(inner)):
            kept[f"f:{key}"] = found
    return kept


def emptied(tree: Object, target: Value, live: Value) -> bool:
    """Return whether a target has an empty object or list where the tree names members of it that are live."""
    if target in ({}, []) and live and not is_leaf(tree):
        return True
    return any(
        emptied(mapping(inner), wanted, there)
        for key, inner in tree.items()
        if key != "."
        for wanted in _found(key, target)
        for there in _found(key, live)
    )


def spoken_of(tree: Object, value: Value) -> Object:
    """Return the fields of a tree that a value has too: the members of its objects, the items of its merged lists."""
    kept: Object = {}
    for key, inner in tree.items():
        if key == ".":
            kept[key] = inner
            continue
        for found in _found(key, value):
            part = spoken_of(mapping(inner), found)
            if part or not inner:
                kept[key] = part
    return kept


def _found(key: str, value: Value) -> Sequence[Value]:
    """Return what a value has of the field, item or value that a tree's key names: one, or none."""
    kind, _, name = key.partition(":")
    if kind == "f":
        return [value[name]] if isinstance(value, dict) and name in value else []
    if not isinstance(value, list):
        return []
    try:
        named = gojson.decode(name)
    except gojson.InvalidJSON:
        return []
    if kind == "k" and isinstance(named, dict):
        return [item for item in value if isinstance(item, dict) and _has(item, named)][:1]
    return [item for item in value if gojson.same(item, named)][:1]


def _has(item: Object, keys: Object) -> bool:
    """Return whether an item is the one of these keys; those with defaults may be left out in a chart."""
    said = [key for key in keys if key in item]
    return bool(said) and all(gojson.same(item[key], keys[key]) for key in said)
