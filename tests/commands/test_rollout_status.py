"""`rollout status -w` shows how things are, not each of the ways they were while it was reading."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from kubectl_express.commands import rollout_status
from kubectl_express.commands.rollout_status import _follow_nodes
from kubectl_express.core.node import Side
from kubectl_express.output.views.rollout_status import RolloutStatus
from kubectl_express.sources import snapshot
from kubectl_express.sources.layout import System
from kubectl_express.sources.snapshot import Snapshot
from tests.core.rendered import SETTINGS
from tests.output.rolled import PLACE

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def test_of_what_changed_while_it_was_reading_only_the_newest_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *later = (Snapshot("s", [], [], [], {"/pods": str(number)}) for number in range(6))
    looked: list[Snapshot] = []
    read: list[System] = []

    def live_side(taken: Snapshot) -> Side:
        looked.append(taken)
        return Side("live", {})

    def rollout(_: Any, system: System) -> tuple[None, None]:
        read.append(system)
        return None, None

    monkeypatch.setattr(snapshot, "follow", lambda *_: iter(later))
    monkeypatch.setattr(rollout_status, "_rollout", rollout)
    scope: Any = SimpleNamespace(cluster=None, live_side=live_side)
    news: list[Callable[[RolloutStatus], RolloutStatus]] = []
    _follow_nodes(scope, System("s", "yul1", "s"), first, news.append)
    shown = RolloutStatus(PLACE, SETTINGS, None, None, Side("live", {}))
    for change in news:
        shown = change(shown)
    assert looked == later[-1:]
    assert len(read) == 1
