"""The order in which nodes are rolled out and listed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kubectl_express.core.node import Node

_DIGITS = re.compile(r"(\d+)")


def natural(name: str) -> tuple[tuple[str, int], ...]:
    """Return a sort key that puts be2 before be10."""
    parts = _DIGITS.split(name)
    return tuple((text, int(number or 0)) for text, number in zip(parts[::2], [*parts[1::2], "0"], strict=True))


def in_order(nodes: Iterable[Node], kinds: Sequence[str]) -> list[Node]:
    """Return the nodes by sync wave (0 where the chart sets none, as in Argo CD), then kind, then natural name."""

    def key(node: Node) -> tuple[int, int, tuple[tuple[str, int], ...]]:
        rank = kinds.index(node.kind) if node.kind in kinds else len(kinds)
        return node.wave, rank, natural(node.name)

    return sorted(nodes, key=key)
