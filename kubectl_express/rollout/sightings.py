"""The objects of one resource type by the nodes they belong to, as lists, watches and answers tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.values import at, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kubectl_express.core.values import Object


class Sightings:
    """What was last seen of each node's objects of one type; what is told late does not undo what was read since.

    resourceVersions are compared as integers, which holds within one resource type.
    """

    def __init__(self, node_of: Callable[[Object], str | None]) -> None:
        self._node_of = node_of
        self._objects: dict[str, dict[str, Object]] = {}
        """By node, then by the objects' own names."""
        self._nodes: dict[str, str] = {}
        """The node that each object belongs to, by the object's name."""
        self._floors: dict[str, int] = {}
        """By node, the version it was read afresh at: a watch that is behind that has nothing new to say of it."""

    def nodes(self) -> list[str]:
        """Return the names of the nodes that have objects of this type."""
        return [node for node, objects in self._objects.items() if objects]

    def of(self, node: str) -> list[Object]:
        """Return a node's objects, by name."""
        objects = self._objects.get(node, {})
        return [objects[name] for name in sorted(objects)]

    def hear(self, name: str, item: Object | None, version: str) -> set[str]:
        """Take in one event of a watch, None for a deletion; return the nodes that look otherwise now."""
        heard = set()
        former = self._nodes.get(name)
        node = self._node_of(item) if item is not None else None
        for each in {former, node} - {None}:
            if each is not None and number(version) > self._floors.get(each, 0):
                objects = self._objects.get(each, {})
                kept = {key: value for key, value in objects.items() if key != name}
                if each == node and item is not None:
                    kept[name] = item
                if self._put(each, kept):
                    heard.add(each)
        return heard

    def take_all(self, items: Mapping[str, Object], version: str) -> set[str]:
        """Take in a list of everything, by name; return the nodes that look otherwise now."""
        by_node: dict[str, dict[str, Object]] = {node: {} for node in self._objects}
        for name, item in items.items():
            node = self._node_of(item)
            if node is not None:
                by_node.setdefault(node, {})[name] = item
        return {
            node
            for node, objects in by_node.items()
            if number(version) > self._floors.get(node, 0) and self._put(node, objects)
        }

    def take(self, node: str, items: Mapping[str, Object], version: str) -> bool:
        """Take in what was read afresh of one node, by name; return whether it looks otherwise now."""
        if number(version) < self._floors.get(node, 0):
            return False
        self._floors[node] = number(version)
        return self._put(node, dict(items))

    def _put(self, node: str, objects: dict[str, Object]) -> bool:
        before = self._objects.get(node, {})
        self._objects[node] = objects
        for name in before.keys() - objects.keys():
            if self._nodes.get(name) == node:
                del self._nodes[name]
        self._nodes.update(dict.fromkeys(objects, node))
        return _versions(before) != _versions(objects)


def _versions(objects: Mapping[str, Object]) -> dict[str, tuple[str | None, str | None]]:
    return {
        name: (text(at(item, "/metadata/uid")), text(at(item, "/metadata/resourceVersion")))
        for name, item in objects.items()
    }


def number(version: str) -> int:
    """Return a resourceVersion as the integer it is; 0 for none."""
    return int(version) if version.isdecimal() else 0
