"""One value in the place of many equal ones: most nodes of a large system say the same in most places.

What API servers answer is mostly repetition. Kept as it is parsed, each object's managed fields alone take more memory
than all that is read of it. Shared values are for reading only, as all values here are.
"""

from __future__ import annotations

from kubectl_express.core.values import Object, Value, objects

_LONGEST = 10_000
"""Characters of a value's text: a longer one is hardly repeated, and would be kept once more to tell."""
_MOST = 10_000
"""Values; a pool that has met as many different ones is not worth adding to."""
_TREES = 16
"""Trees of managed fields: a system has one of each tool that writes each kind."""


class Pool:
    """The values met so far, each by a text that tells it from all others, types included."""

    def __init__(self) -> None:
        self._known: dict[str, Value] = {}
        self._trees: list[Value] = []

    def value(self, value: Value) -> Value:
        """Return the value, or the one that was the same and was met first."""
        if not isinstance(value, dict | list):
            return value
        said = repr(value)
        if len(self._known) < _MOST and len(said) <= _LONGEST:
            return self._known.setdefault(said, value)
        return self._known.get(said, value)

    def members(self, value: Object) -> Object:
        """Return an object whose members are shared where they are collections."""
        return {key: self.value(member) for key, member in value.items()}

    def object(self, item: Object) -> Object:
        """Return an object that was just read with what repeats from one to the next shared, in its place."""
        for key, member in item.items():
            # A status says when, and so hardly the same twice.
            if isinstance(member, dict) and key not in {"metadata", "status"}:
                item[key] = self.members(member)
        metadata = item.get("metadata")
        if isinstance(metadata, dict):
            for owner in objects(metadata.get("managedFields")):
                owner["fieldsV1"] = self._tree(owner.get("fieldsV1"))
            if "labels" in metadata:
                metadata["labels"] = self.value(metadata["labels"])
        return item

    def _tree(self, tree: Value) -> Value:
        """Return a tree of managed fields, shared. It holds nothing but objects, so that `==` tells, and is fast."""
        for known in self._trees:
            if known == tree:
                return known
        if len(self._trees) < _TREES:
            self._trees.append(tree)
        return tree
