"""The order in which nodes are rolled out and listed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kubectl_express.core.node import Node

_DIGITS = re.compile(r"([0-9]+)")


NaturalKey: TypeAlias = "tuple[tuple[tuple[str, int, str], ...], str]"


def natural(name: str) -> NaturalKey:
    """Return a sort key that puts be2 before be10, and that no two names share."""
    parts = _DIGITS.split(name)
    numbers = [number.lstrip("0") for number in [*parts[1::2], ""]]
    # Of two numbers the longer one is larger: whatever a file calls a name is compared, too long for an integer or not.
    return tuple((text, len(number), number) for text, number in zip(parts[::2], numbers, strict=True)), name


def in_order(nodes: Iterable[Node], kinds: Sequence[str]) -> list[Node]:
    """Return the nodes by sync wave (0 where the chart sets none, as in Argo CD), then kind, then natural name.

    What only an entry tells of comes last: without a resource it is not rolled out.
    """

    def key(node: Node) -> tuple[bool, int, int, NaturalKey]:
        rank = kinds.index(node.kind) if node.kind in kinds else len(kinds)
        return node.kind is None, node.wave, rank, natural(node.name)

    return sorted(nodes, key=key)
