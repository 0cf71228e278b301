"""From the objects of a rendering, or of the cluster, to entries and resources; and to the nodes of a rendered side."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.entries import read_record
from kubectl_express.core.integrity import judge
from kubectl_express.core.live_data import parameters
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.node import Entry, Fault, FaultKind, Node, Place, Resource, Side
from kubectl_express.core.sharing import Pool
from kubectl_express.core.values import Object, Value, at, mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubectl_express.core.kubectl_yaml import Document
    from kubectl_express.core.settings import ResourceSettings, RevisionSettings, Settings

MOST_OBJECTS = 200_000
"""Of one rendering. 10,000 nodes take some 10,000 to 20,000; a million take gigabytes of memory, however small."""
_INTEGER = re.compile(r"[-+]?[0-9]{1,99}")


@dataclass(slots=True)
class Parts:
    """The entries and resources found among manifests, by node name, each in the order found."""

    entries: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    resources: dict[str, list[Resource]] = field(default_factory=lambda: defaultdict(list))
    has_config_map: bool = False
    unreadable: list[Fault] = field(default_factory=list)
    """What is wrong with JSON that a ConfigMap's key holds for all nodes: none of them has an entry then."""

    @property
    def names(self) -> list[str]:
        """Every node name that an entry or a resource tells of."""
        return list({**self.resources, **self.entries})


def manifests(documents: Iterable[Document]) -> Iterator[Manifest]:
    """Yield the objects of documents; the items of a List one by one. A document that is no object is passed over.

    Raises InvalidYAML where there are so many of them that memory might run out.
    """
    count = 0
    for document in documents:
        where = f"{document.source}:{document.line}"
        for item in _items(document.value):
            count += 1
            if count > MOST_OBJECTS:
                from kubectl_express.core.kubectl_yaml import InvalidYAML

                problem = f"more than {MOST_OBJECTS:,} objects: read the manifests of one system at a time"
                raise InvalidYAML(document.source, document.line, problem)
            yield Manifest(item, where, document.text if item is document.value else "")


def _items(value: Value) -> Iterator[Object]:
    if not isinstance(value, dict):
        return
    items, kind = value.get("items"), text(value.get("kind")) or ""
    if not kind.endswith("List") or not isinstance(items, list):
        yield value
        return
    # The items of a BackendList, as the API server gives it, do not say what they are.
    kinds: Object = {"apiVersion": value.get("apiVersion"), "kind": kind.removesuffix("List")} if kind != "List" else {}
    for item in items:
        yield from _items({**kinds, **item} if isinstance(item, dict) else None)


def find_parts(found: Iterable[Manifest], settings: Settings) -> Parts:
    """Return the entries and resources among manifests: what the settings say are nodes, and their ConfigMaps."""
    parts = Parts()
    for manifest in found:
        if is_node(manifest.object, settings.resources):
            resource = read_resource(manifest, settings.resources)
            parts.resources[resource.node].append(resource)
        elif is_revisions(manifest.object, settings.revisions):
            parts.has_config_map = True
            record = read_record(manifest, settings.revisions)
            parts.unreadable += record.faults
            for entry in record.entries:
                parts.entries[entry.node].append(entry)
    return parts


def is_node(manifest: Object, settings: ResourceSettings) -> bool:
    """Whether an object is a node's resource: of a configured kind, in the configured group, whatever its version."""
    group = (text(manifest.get("apiVersion")) or "").rpartition("/")[0]
    return group == settings.group and manifest.get("kind") in settings.kinds


def is_revisions(manifest: Object, settings: RevisionSettings) -> bool:
    """Whether an object is a ConfigMap of revisions, by its label."""
    key, _, wanted = settings.selector.partition("=")
    labels = mapping(at(manifest, "/metadata/labels"))
    return manifest.get("kind") == "ConfigMap" and labels.get(key) == wanted


def read_resource(manifest: Manifest, settings: ResourceSettings) -> Resource:
    """Return a node's resource with the declared revision and its own parameters."""
    declared = at(manifest.object, settings.revision_path)
    annotation = text(mapping(at(manifest.object, "/metadata/annotations")).get(settings.order_annotation))
    return Resource(
        node=manifest.name,
        kind=manifest.kind,
        declared=text(declared),
        odd_revision=None if declared is None or isinstance(declared, str) else gojson.encode(declared),
        parameters=parameters(manifest.object, settings.data_path, settings.revision_path),
        wave=sync_wave(annotation),
        object=manifest.object,
        place=Place(f"{manifest.kind}/{manifest.name}", settings.revision_path, manifest.where),
    )


def sync_wave(annotation: str | None) -> int:
    """Return a sync wave as Argo CD reads it, with Go's strconv.Atoi: 0 where it is absent or no integer."""
    number = int(annotation) if annotation and _INTEGER.fullmatch(annotation) else 0
    return number if gojson.INT64_MIN <= number <= gojson.INT64_MAX else 0


def rendered_side(
    documents: Iterable[Document],
    settings: Settings,
    *,
    origin: str,
    engine: str | None = None,
    command: tuple[str, ...] = (),
) -> Side:
    """Return the side that a rendering is: every node with its chain and its faults, and all objects."""
    found = list(manifests(documents))
    pool = Pool()
    for manifest in found:
        pool.object(manifest.object)
    parts = find_parts(found, settings)
    nodes = {name: _rendered_node(name, parts, settings, pool) for name in parts.names}
    return Side(origin, nodes, tuple(found), engine, command)


def _rendered_node(name: str, parts: Parts, settings: Settings, pool: Pool) -> Node:
    entries, resources = parts.entries.get(name, []), parts.resources.get(name, [])
    entry = entries[0] if entries else None
    resource = resources[0] if resources else None
    data = parse(entry)
    data = None if data is None else pool.members(data)
    return Node(
        name=name,
        kind=resource.kind if resource else None,
        stored=entry.stored if entry else None,
        calculated=calculate(entry, settings.revisions),
        declared=resource.declared if resource else None,
        text=entry.text if entry else None,
        data=data,
        parameters=resource.parameters if resource else None,
        wave=resource.wave if resource else 0,
        faults=tuple(_faults(entries, resources, data, parts, settings)),
        resource=resource.object if resource else None,
        places=places(entry, resource),
    )


def _faults(
    entries: list[Entry], resources: list[Resource], data: Object | None, parts: Parts, settings: Settings
) -> Iterator[Fault]:
    for fault in judge(entries, resources, settings, data=data, has_config_map=parts.has_config_map):
        # A node has no entry where those of all could not be read: that is one fault, and not one of each.
        if entries or fault.kind is not FaultKind.ORPHAN or not parts.unreadable:
            yield fault
    if not entries:
        yield from parts.unreadable


def calculate(entry: Entry | None, settings: RevisionSettings) -> str | None:
    """Return the revision of an entry's text, hashed byte for byte; None where there is no text."""
    return settings.hash.revision(entry.text) if entry and entry.text is not None else None


def parse(entry: Entry | None) -> Object | None:
    """Return an entry's data, or None where it is absent, does not parse or is no object."""
    return gojson.decode_object(entry.text or "") if entry else None


def places(entry: Entry | None, resource: Resource | None) -> dict[str, Place]:
    """Return where each link of a node's chain was read."""
    found: dict[str, Place] = {}
    if entry:
        found |= {"stored": entry.revision_place, "data": entry.data_place}
    if resource:
        found["declared"] = resource.place
    return found
