"""Whether nodes have arrived where they were waited for: a line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.gate import Outcome, Verdict
from kubectl_express.output.view import Cell, Lines, Style, View
from kubectl_express.output.views.systems import Place, envelope, full_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.settings import Settings
    from kubectl_express.core.values import Value


@dataclass(frozen=True, slots=True)
class Arrival:
    """How waiting for one node ended."""

    node: str
    kind: str | None
    revision: str | None
    """The one that was waited for."""
    verdict: Verdict
    seconds: float | None
    """How long it took to pass; None where it did not."""

    @property
    def passed(self) -> bool:
        """Whether it is there."""
        return self.verdict.outcome is Outcome.PASSED


def wait_view(place: Place, arrivals: Sequence[Arrival], settings: Settings) -> View:
    """Return the view; its names are the nodes that have arrived."""
    nodes: list[Value] = [
        {
            "node": each.node,
            "kind": each.kind,
            "revision": each.revision,
            "passed": each.passed,
            "reason": each.verdict.reason,
            "seconds": None if each.seconds is None else round(each.seconds, 3),
        }
        for each in arrivals
    ]
    return View(
        document=envelope("Wait", [(place, {"ok": all(each.passed for each in arrivals), "nodes": nodes})]),
        names=[full_name(each.node, each.kind, settings) for each in arrivals if each.passed],
        blocks=[Lines([_line(each) for each in arrivals])],
    )


def _line(arrival: Arrival) -> Cell:
    return Cell(f"{arrival.node}: {arrival.verdict.reason}", Style.GOOD if arrival.passed else Style.BAD)
