"""What a kind's OpenAPI schema says of its parameters: which values the API server fills in, and how lists are merged.

A schema is that of a whole object as `/openapi/v3` publishes it for custom resources: structural, hence without
references in what is read here. `{}` stands for a place the schema says nothing of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.values import Object, Value, join, mapping, split, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


def member(schema: Object, key: str) -> Object:
    """Return the schema of an object's member: a property's own, else that of all additional ones."""
    found = mapping(schema.get("properties")).get(key)
    return mapping(found if found is not None else schema.get("additionalProperties"))


def items(schema: Object) -> Object:
    """Return the schema of a list's items."""
    return mapping(schema.get("items"))


def below(schema: Object, pointer: str) -> Object:
    """Return the schema of what a JSON Pointer leads to in an object of the given schema."""
    for part in split(pointer):
        schema = items(schema) if "items" in schema else member(schema, part)
    return schema


def is_atomic(schema: Object) -> bool:
    """Return whether the value has one owner for all that is in it, as lists have unless they are said to be merged."""
    if text(schema.get("type")) == "array" or "items" in schema:
        return schema.get("x-kubernetes-list-type", "atomic") == "atomic"
    return schema.get("x-kubernetes-map-type") == "atomic"


def list_keys(schema: Object) -> list[str]:
    """Return the members that tell the items of a merged list apart; none for any other list."""
    keys = schema.get("x-kubernetes-list-map-keys")
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []


def without_defaults(value: Value, schema: Object, written: Collection[str] = (), place: str = "") -> Value:
    """Return the value without the members that the API server would fill in again, at any depth.

    A member that was written out with its default's value cannot be told from one that was filled in: it goes too,
    unless its place, as `default_places` has it, is among those `written`.
    """
    if isinstance(value, list):
        return [without_defaults(item, items(schema), written, join(place, "*")) for item in value]
    if not isinstance(value, dict):
        return value
    kept: Object = {}
    for key, inner in value.items():
        below_it = join(place, key)
        if below_it in written or not is_default(inner, member(schema, key)):
            kept[key] = without_defaults(inner, member(schema, key), written, below_it)
    return kept


def default_places(value: Value, schema: Object, place: str = "") -> Iterator[str]:
    """Yield where the value holds defaults: JSON Pointers with `*` for all items of a list, some of them repeatedly."""
    if isinstance(value, list):
        for item in value:
            yield from default_places(item, items(schema), join(place, "*"))
    elif isinstance(value, dict):
        for key, inner in value.items():
            if is_default(inner, member(schema, key)):
                yield join(place, key)
            else:
                yield from default_places(inner, member(schema, key), join(place, key))


def without_hidden_defaults(value: Value, schema: Object) -> Value:
    """Return the value without the defaults inside atomic lists and objects, where nothing records who set what."""
    if is_atomic(schema):
        return without_defaults(value, schema)
    if isinstance(value, list):
        return [without_hidden_defaults(item, items(schema)) for item in value]
    if isinstance(value, dict):
        return {key: without_hidden_defaults(inner, member(schema, key)) for key, inner in value.items()}
    return value


def is_default(value: Value, schema: Object) -> bool:
    """Return whether the API server fills in just this value where there is none.

    A default may be an object with defaults of its own inside (`default: {}`), which are filled in as well.
    """
    if "default" not in schema:
        return False
    return gojson.same(without_defaults(value, schema), without_defaults(schema["default"], schema))
