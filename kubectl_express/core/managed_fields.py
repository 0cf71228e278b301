"""Who owns which fields of a live object, and what the owned fields hold: `metadata.managedFields`, format FieldsV1.

A tree has a member for each owned child: `f:NAME` of an object, `k:{"KEY":…}` of a list merged by keys, `v:VALUE` of a
set; `.` stands for the object or list itself. A tree without children is owned with all that is in it, where that has
one owner; where it has not, `f:x: {}` says that an empty object was applied, whatever was filled into it since.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.schema_defaults import is_atomic, is_default, items, list_keys, member, without_defaults
from kubectl_express.core.values import Object, Value, at, mapping, split, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DEPLOYERS = frozenset(
    {
        "kubectl",
        "kubectl-client-side-apply",
        "kubectl-create",
        "kubectl-replace",
        "before-first-apply",
        "helm",
        "argocd-controller",
    }
)


@dataclass(frozen=True, slots=True)
class Owner:
    """One manager of an object: its name, how it writes (`Apply` or `Update`), and the fields it owns."""

    name: str
    operation: str
    subresource: str
    fields: Object

    @property
    def applies(self) -> bool:
        """Whether it owns what it applied and nothing else; one that updates owns the defaults filled in, too."""
        return self.operation == "Apply"

    @property
    def is_hand(self) -> bool:
        """Whether somebody did it with a kubectl command that edits (`kubectl-edit`, `kubectl-patch`, …)."""
        return self.name.partition("-")[0] == "kubectl" and not self.is_known_deployer

    @property
    def is_known_deployer(self) -> bool:
        """Whether its name is that of a tool which deploys whole objects."""
        return self.name in _DEPLOYERS and not self.subresource

    def owns(self, pointer: str) -> bool:
        """Return whether it owns what the pointer leads to, or some of it."""
        return subtree(self.fields, pointer) is not None

    def deploys(self, revision_path: str) -> bool:
        """Return whether it deploys the object: by its name, or since the revision is its own."""
        return self.is_known_deployer or (not self.is_hand and self.owns(revision_path))


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read what managed fields leave open, to be tried against the revision."""

    schema: Object | None = None
    """Of the value read; None where it is unknown."""
    fills_leaves: bool = True
    """Without a schema: whether an object owned as a whole is what stands there, not `{}` with defaults filled in."""
    bare_lists: bool = False
    """Whether empty lists that nobody owns were applied: of a merged list only items are recorded."""
    nulls: bool = False
    """With a schema: whether owned fields that hold their default were applied as null; keys of lists never are."""
    keys: tuple[str, ...] = ()
    """Of the merged list that the value is an item of."""

    def of_member(self, key: str) -> Reading:
        """Return the same reading of an object's member."""
        if self.schema is None and not self.keys:
            return self
        schema = None if self.schema is None else member(self.schema, key)
        return replace(self, schema=schema, nulls=self.nulls and key not in self.keys, keys=())

    def of_items(self) -> Reading:
        """Return the same reading of a list's items."""
        if self.schema is None:
            return self
        return replace(self, schema=items(self.schema), keys=tuple(list_keys(self.schema)))

    def leaf(self, value: Value) -> Value:
        """Return what was applied of a value owned as a whole."""
        if self.schema is None:
            return {} if isinstance(value, dict) and not self.fills_leaves else value
        if self.nulls and is_default(value, self.schema) and not self.schema.get("nullable"):
            return None
        if isinstance(value, dict) and not is_atomic(self.schema):
            return {}
        return without_defaults(value, self.schema)

    def adds(self, value: Value) -> bool:
        """Return whether a member that nobody owns was applied nevertheless."""
        return self.bare_lists and value == [] and not is_default(value, self.schema or {})


def owners(resource: Object) -> list[Owner]:
    """Return the managers of an object in the order of `managedFields`; none where those were stripped."""
    entries = at(resource, "/metadata/managedFields")
    return [
        Owner(
            text(entry.get("manager")) or "",
            text(entry.get("operation")) or "",
            text(entry.get("subresource")) or "",
            mapping(entry.get("fieldsV1")),
        )
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]


def subtree(fields: Object, pointer: str) -> Object | None:
    """Return the tree of what a pointer through objects leads to; `{}` where it is owned as a whole, None where not."""
    tree = fields
    for part in split(pointer):
        inner = tree.get(f"f:{part}")
        if inner is None:
            return {} if tree is not fields and is_leaf(tree) else None
        tree = mapping(inner)
    return tree


def is_leaf(tree: Object) -> bool:
    """Return whether the tree stands for a value as a whole."""
    return not tree or tree.keys() == {"."}


def merged(trees: Iterable[Object]) -> Object:
    """Return the tree of what any of the trees owns."""
    result: Object = {}
    for tree in trees:
        for key, inner in tree.items():
            known = result.get(key)
            result[key] = inner if known is None else merged([mapping(known), mapping(inner)])
    return result


def owned(value: Value, tree: Object, reading: Reading) -> Value:
    """Return the part of a value that a tree owns, as it was applied to the best of what the reading knows."""
    if isinstance(value, dict) and not is_leaf(tree):
        return _owned_members(value, tree, reading)
    if isinstance(value, list) and not is_leaf(tree):
        below, trees = reading.of_items(), ItemTrees(tree)
        return [owned(item, inner, below) for item in value if (inner := trees.of(item)) is not None]
    return reading.leaf(value)


def _owned_members(value: Object, tree: Object, reading: Reading) -> Object:
    found: Object = {}
    for key, inner in value.items():
        below = reading.of_member(key)
        own = tree.get(f"f:{key}")
        if own is not None:
            found[key] = owned(inner, mapping(own), below)
        elif below.adds(inner):
            found[key] = inner
    return found


class ItemTrees:
    """The trees of a merged list's items, which their keys or their values tell: a list may have thousands."""

    def __init__(self, tree: Object) -> None:
        self._by_value: dict[str, Object] = {}
        self._by_keys: dict[tuple[str, ...], dict[str, Object]] = {}
        for kind, named, inner in _named_items(tree):
            if kind == "v":
                self._by_value.setdefault(gojson.encode(named), inner)
            elif isinstance(named, dict):
                self._by_keys.setdefault(tuple(named), {}).setdefault(gojson.encode(named), inner)

    def of(self, item: Value) -> Object | None:
        """Return the tree of an item; None where it is not owned."""
        if isinstance(item, dict):
            for keys, trees in self._by_keys.items():
                found = trees.get(gojson.encode({key: item[key] for key in keys if key in item}))
                if found is not None:
                    return found
        return self._by_value.get(gojson.encode(item)) if self._by_value else None


def item_keys(tree: Object) -> list[str] | None:
    """Return the keys by which a list is merged as its tree shows them: none for a set, None where it shows nothing."""
    for kind, named, _ in _named_items(tree):
        return list(named) if kind == "k" and isinstance(named, dict) else []
    return None


def _named_items(tree: Object) -> Iterator[tuple[str, Value, Object]]:
    for name, inner in tree.items():
        kind, _, encoded = name.partition(":")
        if kind not in {"k", "v"}:
            continue
        try:
            yield kind, gojson.decode(encoded), mapping(inner)
        except gojson.InvalidJSON:
            continue
