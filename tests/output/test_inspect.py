from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.changes import changes
from kubectl_express.core.verdict import Comparison
from kubectl_express.output.formats import find_format
from kubectl_express.output.palette import Palette
from kubectl_express.output.views.inspect import Inspection, inspect_view
from kubectl_express.output.views.systems import Place, Reading
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

if TYPE_CHECKING:
    from typing import Any

    from kubectl_express.core.node import Side
    from kubectl_express.core.values import Object
    from kubectl_express.output.view import View

PLACE = Place("systemdcrtest3", "systemdcrtest3", "yul1")
OLD: Object = {"limit": 1000000, "zone": "a"}
NEW: Object = {"limit": 1000000, "zone": "b"}
REVISION = revision_of(OLD)


def against(baseline: Side, target: Side, *names: str) -> View:
    kinds = SETTINGS.resources.kinds
    comparison = Comparison(baseline, target, tuple(changes(baseline, target, kinds)), ())
    return inspect_view([Inspection(Reading(PLACE, target, SETTINGS), comparison)], names)


def text(view: View) -> list[str]:
    return find_format("table")(view, Palette()).splitlines()


def nodes(view: View) -> Any:
    return json.loads(find_format("json")(view, Palette()))["systems"][0]["nodes"]


def line(view: View, head: str) -> str:
    """Return what stands behind a head, which there has to be once."""
    (found,) = (each.partition(":")[2].strip() for each in text(view) if each.startswith(f"{head}:"))
    return found


def table(view: View, head: str) -> list[list[str]]:
    """Return the cells of a table's rows, its heads first; empty where there is no such table."""
    lines = text(view)
    starts = [number for number, each in enumerate(lines) if each.startswith(f"{head} ")]
    return [each.split() for start in starts for each in lines[start : [*lines, ""].index("", start)]]


def hashed(json_text: str, revision: str) -> Side:
    """Return a side whose be1 has this text for data, and this revision."""
    entries: Object = {"be1.revision": revision, "be1.json": json_text}
    return side_of([config_map(entries), resource("be1", json.loads(json_text), declared=revision)])


def test_without_a_baseline_nothing_is_said_of_one() -> None:
    view = inspect_view([Inspection(Reading(PLACE, side_of(system(be1=OLD)), SETTINGS))], ())
    assert nodes(view)[0]["comparison"] is None
    assert not [each for each in text(view) if each.startswith(("Against:", "Change:"))]


def test_an_update_is_shown_with_both_revisions_and_every_parameter_that_changes() -> None:
    view = against(side_of(system(be1=OLD)), side_of(system(be1=NEW)))
    assert line(view, "Against") == "output.yaml"
    assert line(view, "Change") == f"update: {REVISION} -> {revision_of(NEW)}, so the pod will be replaced"
    assert table(view, "PARAMETER") == [["PARAMETER", "OLD", "NEW"], ["/zone", '"a"', '"b"']]
    assert nodes(view)[0]["comparison"] == {
        "against": "output.yaml",
        "change": "update",
        "restart": True,
        "changes": [{"path": "/zone", "old": "a", "new": "b"}],
        "cause": None,
        "difference": None,
        "baseline": {
            "stored": REVISION,
            "calculated": REVISION,
            "declared": REVISION,
            "running": None,
            "integrity": [],
            "state": None,
        },
    }


def test_what_stays_the_same_keeps_its_revision_and_needs_no_table() -> None:
    view = against(side_of(system(be1=OLD)), side_of(system(be1=OLD)))
    assert line(view, "Change") == f"same: {REVISION}"
    assert table(view, "PARAMETER") == table(view, "DIFFERENCE") == []


def test_a_restart_for_nothing_shows_what_is_written_otherwise_and_where() -> None:
    view = against(hashed('{"limit":1e+06}', "0ld0ld0ld0"), hashed('{"limit":1000000}', "4ew4ew4ew4"))
    assert line(view, "Change") == "unneeded: 0ld0ld0ld0 -> 4ew4ew4ew4, so the pod will be replaced"
    told = "same parameters, written otherwise: 1e+06 in the baseline and 1000000 in the target at /limit (byte 10)"
    assert line(view, "unneeded") == f"the revision changes and the data does not, a restart for nothing; {told}"
    assert table(view, "PARAMETER") == []
    assert table(view, "DIFFERENCE") == [
        ["DIFFERENCE", "AT", "BYTE", "BASELINE", "TARGET"],
        ["number", "/limit", "10", "1e+06", "1000000"],
    ]
    way = nodes(view)[0]["comparison"]
    assert (way["change"], way["restart"], way["changes"], way["cause"]) == ("unneeded", True, [], told)
    assert (way["difference"]["of"], way["difference"]["spellings"][0]["bytes"]) == ("representation", [10, 10])


def test_a_missed_change_shows_each_parameter_once_as_a_difference_of_meaning() -> None:
    target = side_of(
        [config_map({**entry("be1", NEW), "be1.revision": REVISION}), resource("be1", NEW, declared=REVISION)]
    )
    view = against(side_of(system(be1=OLD)), target)
    assert line(view, "Change") == f"missed: {REVISION}"
    assert line(view, "missed").endswith('parameters differ: "a" in the baseline and "b" in the target at /zone')
    assert table(view, "PARAMETER") == []
    assert ["parameter", "/zone", "-", '"a"', '"b"'] in table(view, "DIFFERENCE")
    assert nodes(view)[0]["comparison"]["difference"]["of"] == "meaning"


def test_a_live_baseline_is_shown_with_its_state_and_what_deploying_puts_back() -> None:
    by_hand = applied_by_kubectl(resource("be1", OLD))
    by_hand["spec"] = {**NEW, "deploymentRevision": REVISION}
    view = against(live_of([config_map(entry("be1", OLD)), by_hand], pod("be1", REVISION)), side_of(system(be1=OLD)))
    assert line(view, "Against").startswith("live, drifted: ")
    assert line(view, "Change") == f"same: {REVISION}"
    assert table(view, "PARAMETER") == [["PARAMETER", "OLD", "NEW"], ["/zone", '"b"', '"a"']]
    assert nodes(view)[0]["comparison"]["baseline"]["state"] == "drifted"


@pytest.mark.parametrize("names", [(), ("be1", "be2")])
def test_a_node_that_goes_has_a_change_and_nothing_else_and_stands_last(names: tuple[str, ...]) -> None:
    view = against(side_of(system(be1=OLD)), side_of(system(be2=NEW)), *names)
    new, gone = nodes(view)
    assert (new["node"], new["comparison"]["change"]) == ("be2", "new")
    assert (gone["node"], gone["kind"], gone["comparison"]["change"]) == ("be1", "Backend", "removed")
    assert (gone["declared"], gone["data"], gone["readFrom"], gone["integrity"]) == (None, None, {}, [])
    assert gone["comparison"]["changes"] == [{"path": "", "old": OLD}]
    lines = text(view)
    assert lines[lines.index("Node:     be1") :] == [
        "Node:     be1",
        "Kind:     Backend",
        "System:   systemdcrtest3 in yul1, namespace systemdcrtest3",
        "Source:   output.yaml",
        "Against:  output.yaml",
        f"Change:   removed: {REVISION} -> (none)",
    ]
    assert table(view, "PARAMETER") == []
    assert view.names == ["backend.express.example.com/be2", "backend.express.example.com/be1"]
