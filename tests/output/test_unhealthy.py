"""A pod's trouble shows in every view, whatever state its node is in."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.changes import changes
from kubectl_express.core.verdict import Comparison
from kubectl_express.output.formats import find_format
from kubectl_express.output.palette import Palette
from kubectl_express.output.view import Style, View
from kubectl_express.output.views.diff import SystemDiff, diff_view
from kubectl_express.output.views.overview import Overview, overview_view
from kubectl_express.output.views.revisions import revisions_view
from kubectl_express.output.views.rollout_status import RolloutStatus, rollout_status_view
from kubectl_express.output.views.systems import Reading
from tests.core.rendered import (
    SETTINGS,
    applied_by_kubectl,
    config_map,
    entry,
    live_of,
    pod,
    resource,
    revision_of,
    side_of,
    system,
)
from tests.output.rolled import PLACE

if TYPE_CHECKING:
    from kubectl_express.core.node import Side
    from kubectl_express.core.values import Object

OLD: Object = {"zone": "a"}
NEW: Object = {"zone": "b"}
REVISION = revision_of(OLD)
FIRST = "be1, be2, be3, …"
TROUBLE = "pod be1-0 is not Ready (CrashLoopBackOff)"


def split(*crashing: str, nodes: tuple[str, ...] = ("be1", "be2", "be3", "be4", "be5")) -> Side:
    """Return nodes of which none is applied yet but the last; the pods of some are crashing."""
    entries: Object = {}
    for name in nodes:
        entries |= entry(name, OLD if name == nodes[-1] else NEW)
    reason: Object = {"restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    pods = [
        pod(name, REVISION, ready=False, containerStatuses=[reason]) if name in crashing else pod(name, REVISION)
        for name in nodes
    ]
    return live_of([config_map(entries), *(applied_by_kubectl(resource(name, OLD)) for name in nodes)], *pods)


def reading(side: Side) -> Reading:
    return Reading(PLACE, side, SETTINGS)


def text(view: View, form: str = "table") -> list[str]:
    return find_format(form)(view, Palette()).splitlines()


def diffed(side: Side) -> View:
    target = side_of(system(**dict.fromkeys(side.nodes, NEW)))
    compared = Comparison(side, target, tuple(changes(side, target, SETTINGS.resources.kinds)), ())
    return diff_view([SystemDiff(PLACE, SETTINGS, compared)], objects=False)


@pytest.mark.parametrize(
    "view",
    [
        lambda side: revisions_view([reading(side)]),
        lambda side: rollout_status_view([RolloutStatus(PLACE, SETTINGS, None, None, side)]),
        diffed,
    ],
)
def test_every_table_marks_a_node_whose_pod_is_in_trouble_besides_its_state(view: object) -> None:
    assert callable(view)
    rows = {re.split(r"  +", line)[0]: line for line in text(view(split("be1", "be5"))) if re.match(r"be\d ", line)}
    assert " pending,unhealthy" in rows["be1"]
    assert " pending" in rows["be2"]
    assert "unhealthy" not in rows["be2"]
    assert " unhealthy" in rows["be5"]


def test_the_reason_goes_on_with_the_pod_and_documents_have_one_state() -> None:
    side = split("be1")
    (row,) = (line for line in text(revisions_view([reading(side)]), "wide") if line.startswith("be1 "))
    assert row.endswith(f"not applied to it yet; it declares {REVISION}; {TROUBLE}")
    view = rollout_status_view([RolloutStatus(PLACE, SETTINGS, None, None, side)])
    (listed,) = json.loads(find_format("json")(view, Palette()))["systems"]
    assert listed["nodes"][0]["state"] == "pending"
    assert listed["nodes"][0]["why"].endswith(TROUBLE)


@pytest.mark.parametrize(
    ("crashing", "told"),
    [
        ((), f"5 nodes: 1 current, 4 pending ({FIRST}); integrity ok"),
        (("be1",), f"5 nodes: 1 current, 4 pending ({FIRST}); 1 of them also unhealthy: be1; integrity ok"),
        (("be5",), f"5 nodes: 4 pending ({FIRST}), 1 unhealthy (be5); integrity ok"),
        (
            ("be1", "be2", "be3", "be4", "be5"),
            f"5 nodes: 4 pending ({FIRST}), 1 unhealthy (be5); 4 of them also unhealthy: {FIRST}; integrity ok",
        ),
    ],
)
def test_the_overview_counts_and_names_nodes_that_are_unhealthy_besides(crashing: tuple[str, ...], told: str) -> None:
    view = overview_view([Overview(reading(split(*crashing)), None)])
    assert text(view) == [f"{PLACE.title()}: {told}; no rollout is recorded"]
    (block,) = view.blocks
    assert [line.style for line in getattr(block, "lines", ())] == [Style.BAD if crashing else Style.CAUTION]
