"""What a live node's data is: the first text known of it that hashes to the revision its resource declares.

The live object alone does not tell: it holds defaults, fields of controllers and edits by hand besides its parameters,
while nulls are gone. What hashes to the declared revision is proof, wherever it was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.last_applied import last_applied
from kubectl_express.core.managed_fields import Owner, Reading, merged, owned, owners, subtree
from kubectl_express.core.schema_defaults import below, default_places, without_defaults, without_hidden_defaults
from kubectl_express.core.values import Object, Value, at, mapping, without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kubectl_express.core.hashing import HashMethod


_MOST_WRITTEN = {1: 1000, 2: 45}
"""Defaults in a node of which one, or two, are tried as written out: some thousand texts at most."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The data of a live node: its text as it was hashed, what that says, and where it was found, in a short phrase."""

    text: str
    data: Object
    source: str


def prove(
    resource: Object,
    *,
    declared: str | None,
    known: Iterable[tuple[str, str]],
    method: HashMethod,
    data_path: str,
    revision_path: str,
    schema: Callable[[], Object | None],
) -> Proof | None:
    """Return the first text that hashes to the declared revision, or None where nothing does.

    Tried in order: the last-applied annotation; the `known` texts, pairs of a phrase that names the source and the
    text; the fields owned by managers that apply; what others own, or all there is, with and without the defaults
    of the `schema` of the whole object, which is asked for only when all else failed.
    """
    if declared is None:
        return None
    known, tried = list(known), set()
    for source, candidate in _texts(resource, known, data_path, revision_path, schema):
        if candidate in tried:
            continue
        tried.add(candidate)
        if method.revision(candidate) == declared and (data := gojson.decode_object(candidate)) is not None:
            # Mostly it is known too, and one of the two is enough to keep.
            text = next((text for _, text in known if text == candidate), candidate)
            return Proof(text, data, source)
    return None


def parameters(resource: Object, data_path: str, revision_path: str) -> Object:
    """Return an object's own parameters: what stands at the data's path, without the revision."""
    return mapping(at(without(resource, revision_path), data_path))


def parameters_last_applied(resource: Object, data_path: str, revision_path: str) -> Object | None:
    """Return the parameters that a client-side `kubectl apply` left in its annotation; None without a sound one."""
    applied = last_applied(resource)
    if applied is None or not isinstance(at(applied, data_path), dict):
        return None
    return parameters(applied, data_path, revision_path)


def _texts(
    resource: Object,
    known: Iterable[tuple[str, str]],
    data_path: str,
    revision_path: str,
    schema: Callable[[], Object | None],
) -> Iterator[tuple[str, str]]:
    applied = parameters_last_applied(resource, data_path, revision_path)
    if applied is not None:
        yield "last-applied", gojson.encode(applied)
    yield from known
    live = parameters(resource, data_path, revision_path)
    groups = list(_groups(owners(resource), data_path, revision_path))
    yield from _plain(live, groups)
    whole = schema()
    if whole is not None:
        yield from _stripped(live, groups, below(whole, data_path))


def _groups(managers: list[Owner], data_path: str, revision_path: str) -> Iterator[tuple[str, Object]]:
    """Yield who may have deployed the object together, and the tree they own, the likeliest first.

    Whoever owns the revision deployed it; edits by hand that were taken back have left fields to other managers.
    """
    deploying = [owner for owner in managers if owner.deploys(revision_path) and owner.owns(revision_path)]
    applying = [owner for owner in managers if owner.applies]
    choices = [
        *([owner] for owner in deploying if owner.applies),
        applying,
        deploying,
        [owner for owner in managers if owner.is_hand or owner.deploys(revision_path)],
        managers,
    ]
    seen: list[Object] = []
    for choice in choices:
        trees = [(owner, tree) for owner in choice if (tree := subtree(owner.fields, data_path)) is not None]
        tree = merged(tree for _, tree in trees)
        if trees and tree not in seen:
            seen.append(tree)
            yield " and ".join(dict.fromkeys(owner.name for owner, _ in trees)), tree


def _plain(live: Object, groups: list[tuple[str, Object]]) -> Iterator[tuple[str, str]]:
    for names, tree in groups:
        for fills_leaves in (True, False):
            for bare_lists in (False, True):
                reading = Reading(fills_leaves=fills_leaves, bare_lists=bare_lists)
                yield f"fields owned by {names}", gojson.encode(owned(live, tree, reading))
    yield "its parameters as they are", gojson.encode(live)


def _stripped(live: Object, groups: list[tuple[str, Object]], schema: Object) -> Iterator[tuple[str, str]]:
    for names, tree in groups:
        for bare_lists in (True, False):
            for nulls in (False, True):
                kept = owned(live, tree, Reading(schema, bare_lists=bare_lists, nulls=nulls))
                yield f"fields owned by {names}, without defaults in lists", gojson.encode(kept)
                yield f"fields owned by {names}, without defaults", gojson.encode(without_defaults(kept, schema))
    yield "its parameters without defaults", gojson.encode(without_defaults(live, schema))
    yield "its parameters without defaults in lists", gojson.encode(without_hidden_defaults(live, schema))
    for names, tree in groups:
        kept = owned(live, tree, Reading(schema, bare_lists=True))
        yield from _with_some_defaults(f"fields owned by {names}", kept, schema)
    if not groups:
        yield from _with_some_defaults("its parameters", live, schema)


def _with_some_defaults(source: str, value: Value, schema: Object) -> Iterator[tuple[str, str]]:
    """Yield the value without all defaults but one or two: charts may write some out, which leaves no trace."""
    places = sorted(set(default_places(value, schema)))
    for count, most in _MOST_WRITTEN.items():
        for written in combinations(places if len(places) <= most else (), count):
            kept = without_defaults(value, schema, written)
            yield f"{source}, without defaults but {' and '.join(written)}", gojson.encode(kept)
