"""What became of each node when a rollout ends, for its last lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.values import Object, Value

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Outcome:
    """The plan's nodes, in its order, by how far they came, and the command that goes on where any remain."""

    updated: tuple[str, ...]
    in_progress: tuple[str, ...]
    untouched: tuple[str, ...]
    go_on: str | None = None

    def lines(self) -> list[str]:
        """Return the last lines of a rollout."""
        return summary(self.updated, self.in_progress, self.untouched, self.go_on)

    def document(self) -> Object:
        """Return the same for programs."""
        return {
            "updated": list[Value](self.updated),
            "inProgress": list[Value](self.in_progress),
            "untouched": list[Value](self.untouched),
            "goOn": self.go_on,
        }


def summary(
    updated: Sequence[str], in_progress: Sequence[str], untouched: Sequence[str], go_on: str | None
) -> list[str]:
    """Return a line for each group of nodes that has any, names in full however many, and how to go on.

    Names are as given: what writes the lines makes them printable.
    """
    groups = (("updated", updated), ("in progress", in_progress), ("untouched", untouched))
    lines = [f"{title} ({len(names)}): {', '.join(names)}" for title, names in groups if names]
    return [*lines, f"go on with: {go_on}"] if go_on else lines
