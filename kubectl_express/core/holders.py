"""Who holds which place in a live object's parameters, followed down through objects and lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kubectl_express.core.managed_fields import ItemTrees, Owner, is_leaf, item_keys, subtree
from kubectl_express.core.values import Object, Value, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True)
class Hold:
    """One manager's hold on a place: the tree it owns from there on, or the whole of something around it.

    Of a list around it, the manager owns all; of an object, perhaps all and perhaps just that there is one.
    """

    owner: Owner
    tree: Object
    around: Literal["", "object", "list"] = ""

    @property
    def is_of_itself(self) -> bool:
        """Whether it owns the place itself, and not just some of what is in it."""
        return is_leaf(self.tree) or "." in self.tree


@dataclass(frozen=True, slots=True)
class Holders:
    """All managers that hold a place. Who owns just this place comes before who owns all around it."""

    holds: tuple[Hold, ...]

    @classmethod
    def of(cls, managers: Iterable[Owner], pointer: str) -> Holders:
        """Return who holds what a pointer leads to."""
        trees = ((owner, subtree(owner.fields, pointer)) for owner in managers)
        return cls(tuple(Hold(owner, tree) for owner, tree in trees if tree is not None))

    def of_member(self, key: str) -> Holders:
        """Return who holds an object's member."""
        name = f"f:{key}"
        return self._below([mapping(hold.tree[name]) if name in hold.tree else None for hold in self.holds], "object")

    def of_items(self) -> Callable[[Value], Holders]:
        """Return what tells who holds an item of a list."""
        trees = [ItemTrees(hold.tree) for hold in self.holds]
        return lambda item: self._below([each.of(item) for each in trees], "list")

    def _below(self, trees: list[Object | None], around: Literal["object", "list"]) -> Holders:
        """Return who holds what is one step down, from the tree that each of these holders has there."""
        exact = [Hold(hold.owner, tree) for hold, tree in zip(self.holds, trees, strict=True) if tree is not None]
        if exact:
            return Holders(tuple(exact))
        return Holders(tuple(Hold(hold.owner, {}, hold.around or around) for hold in self.holds if is_leaf(hold.tree)))

    @property
    def of_itself(self) -> list[Hold]:
        """Those who own the place itself."""
        return [hold for hold in self.holds if hold.is_of_itself]

    @property
    def list_keys(self) -> list[str] | None:
        """The keys that a list held here is merged by: none for a set, None for a list with one owner, or nobody's."""
        for hold in self.holds:
            keys = item_keys(hold.tree)
            if keys is not None:
                return keys
        return None

    def likeliest(self, revision_path: str) -> str | None:
        """Return the manager to name: a hand before a controller, and that before who deploys; None for nobody's."""
        names = [hold.owner for hold in self.holds]
        names.sort(key=lambda owner: (not owner.is_hand, owner.deploys(revision_path)))
        return names[0].name if names else None
