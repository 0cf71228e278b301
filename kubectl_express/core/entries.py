"""What ConfigMaps store of nodes: entries, under keys of their own or in JSON that one key holds for all of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from kubectl_express.core import gojson
from kubectl_express.core.json_places import below, compact, members
from kubectl_express.core.node import Entry, Fault, FaultKind, Place
from kubectl_express.core.values import Object, Value, at, join, mapping, split, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubectl_express.core.manifest import Manifest
    from kubectl_express.core.settings import RevisionSettings

NODE = "{node}"


@dataclass(frozen=True, slots=True)
class Location:
    """Where all nodes' revisions or texts are: `{node}.json` is a key of each, `nodes.json#/{node}/data` one for all.

    Behind `#` is a JSON Pointer into what the key holds; one of its steps is `{node}`.
    """

    key: str
    pointer: str | None = None

    @classmethod
    def of(cls, template: str) -> Location:
        """Return the location that a setting's template names."""
        key, shared, pointer = template.partition("#")
        return cls(key, pointer if shared else None)

    def place(self, node: str) -> str:
        """Return the place of one node's, as people name it: `be1.json`, `nodes.json#/be1/data`."""
        if self.pointer is None:
            return self.key.replace(NODE, node)
        return f"{self.key}#{self.pointer.replace(f'/{NODE}', join('', node))}"

    def node_of(self, key: str) -> str | None:
        """Return the node that a ConfigMap's key is of, None where it is of none."""
        before, _, after = self.key.partition(NODE)
        if self.pointer is not None or len(key) <= len(before) + len(after):
            return None
        return key[len(before) : len(key) - len(after)] if key.startswith(before) and key.endswith(after) else None

    def steps(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the steps of the pointer up to the node's, and those below it."""
        steps = split(self.pointer or "")
        index = steps.index(NODE)
        return steps[:index], steps[index + 1 :]


class UnreadableMap(ValueError):  # noqa: N818
    """The JSON that one key holds for all nodes cannot be read; as text: why."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one ConfigMap stores: its entries, and what cannot be read of it as a whole."""

    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]


class _Found(NamedTuple):
    node: str
    text: str | None
    """None where there is something else than a text."""


def read_record(manifest: Manifest, settings: RevisionSettings) -> Record:
    """Return what one ConfigMap stores of nodes: a node has an entry if its revision or its data is there.

    Inside JSON, a string is the text that was hashed; any other value was hashed as its own JSON, which is taken as it
    stands there, without white space between its tokens. A node that stands there twice has two entries.
    """
    data, name = mapping(manifest.object.get("data")), f"ConfigMap/{manifest.name}"
    revisions, texts = Location.of(settings.revision_key), Location.of(settings.data_key)
    found: list[dict[str, list[_Found]]] = []
    faults: dict[str, Fault] = {}
    for location, read in ((revisions, _as_revision), (texts, _as_text)):
        by_node: dict[str, list[_Found]] = defaultdict(list)
        found.append(by_node)
        try:
            for each in _read(data, location, read):
                by_node[each.node].append(each)
        except UnreadableMap as problem:
            message = f"{name} key {location.key}: {problem}"
            faults[location.key] = Fault(FaultKind.UNREADABLE, message, whole=f"{name} {location.key}")
    stored, kept = found
    entries = []
    for node in dict.fromkeys([*stored, *kept]):
        for revision, its_text in zip_longest(stored.get(node, ()), kept.get(node, ())):
            both = ((revision, revisions.place(node)), (its_text, texts.place(node)))
            entries.append(
                Entry(
                    node=node,
                    stored=revision.text if revision else None,
                    text=its_text.text if its_text else None,
                    revision_place=Place(name, both[0][1], manifest.where),
                    data_place=Place(name, both[1][1], manifest.where),
                    unquoted=tuple(place for each, place in both if each is not None and each.text is None),
                )
            )
    return Record(tuple(entries), tuple(faults.values()))


def _read(data: Object, location: Location, read: Callable[[str], str | None]) -> Iterator[_Found]:
    if location.pointer is None:
        for key, value in data.items():
            node = location.node_of(key)
            if node:
                yield _Found(node, text(value))
    elif location.key in data:
        whole = _map_text(data[location.key])
        for node, start, end in _spans(whole, location):
            yield _Found(node, read(whole[start:end]))


def _as_revision(json: str) -> str | None:
    return text(gojson.decode(json))


def _as_text(json: str) -> str | None:
    return text(gojson.decode(json)) if json.startswith('"') else compact(json)


def _map_text(value: Value) -> str:
    if not isinstance(value, str):
        raise UnreadableMap("it is no text: unquoted, YAML reads JSON as an object, so quote it in the chart")
    if not value:
        raise UnreadableMap("it is empty (Helm's toJson gives an empty text when it fails)")
    return value


def _spans(whole: str, location: Location) -> Iterator[tuple[str, int, int]]:
    """Yield each node in a JSON text, and where what its pointer leads to begins and ends. Raises UnreadableMap."""
    try:
        value = gojson.decode(whole)
    except gojson.InvalidJSON as error:
        raise UnreadableMap(f"it is no JSON: {error}") from error
    above, rest = location.steps()
    pointer = "".join(join("", step) for step in above)
    nodes = at(value, pointer)
    if nodes is not None and not isinstance(nodes, dict):
        raise UnreadableMap(f"{pointer or 'it'} is no JSON object")
    if not isinstance(value, dict):
        raise UnreadableMap("it is no JSON object")
    for start, _ in below(whole, 0, len(whole), above):
        for member in members(whole, start):
            for begin, end in below(whole, member.start, member.end, rest):
                yield member.key, begin, end


def with_texts(data: Object, settings: RevisionSettings, replace: Callable[[str], str], otherwise: str) -> Object:
    """Return a ConfigMap's data with every node's text replaced, and the rest as it stands.

    JSON for all nodes in which none can be found is replaced as a whole, by `otherwise`.
    """
    location = Location.of(settings.data_key)
    if location.pointer is None:
        return {
            key: replace(value) if isinstance(value, str) and location.node_of(key) else value
            for key, value in data.items()
        }
    if location.key not in data:
        return data
    try:
        whole = _map_text(data[location.key])
        spans = list(_spans(whole, location))
    except UnreadableMap:
        spans = []
    if not spans:
        return {**data, location.key: otherwise}
    parts, position = [], 0
    for _, start, end in sorted(spans, key=lambda span: span[1]):
        value = gojson.decode(whole[start:end])
        shown = gojson.encode(replace(value)) if isinstance(value, str) else replace(whole[start:end])
        parts += [whole[position:start], shown]
        position = end
    return {**data, location.key: "".join([*parts, whole[position:]])}
