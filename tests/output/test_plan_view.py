from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kubectl_express.core.changes import ChangeKind
from kubectl_express.core.plan import Plan
from kubectl_express.output.formats import find_format
from kubectl_express.output.palette import Palette
from kubectl_express.output.views.plan import plan_view
from tests.core.rendered import SETTINGS
from tests.output.rolled import HOSTILE, NEW, OLD, PLACE, manifest, plan_of, step

if TYPE_CHECKING:
    from kubectl_express.output.view import View

WHOLE = Plan(
    objects=(manifest("ConfigMap", "a"), manifest("Service", "b"), manifest("ConfigMap", "c", namespace="other")),
    steps=(
        step("be2"),
        step("be10", ChangeKind.NEW, pause_after=True),
        step("fe1", ChangeKind.SAME, kind="Frontend"),
        step("fe2", ChangeKind.REMOVED, kind="Frontend"),
    ),
    removed=("be3", "fe9"),
    hooks=("Job/migrate", "Pod/test"),
    deleted=(manifest("Service", "gone"),),
)


def text(view: View, form: str = "table") -> list[str]:
    return find_format(form)(view, Palette()).splitlines()


def shown(plan: Plan) -> View:
    return plan_view(plan, PLACE, SETTINGS, nodes=8)


def system(plan: Plan) -> Any:
    (only,) = json.loads(find_format("json")(shown(plan), Palette()))["systems"]
    return only


def test_a_plan_is_a_table_in_its_order_with_what_else_is_done_and_what_is_not() -> None:
    assert text(shown(WHOLE)) == [
        "systemdcrtest3 in yul1: 4 of 8 nodes, one at a time",
        "",
        "#    NODE    KIND      CHANGE    REVISION                  REASON",
        f"1    be2     Backend   update    {OLD} -> {NEW}  /zone changes",
        f"2    be10    Backend   new       (none) -> {NEW}      /zone changes",
        f"3    fe1     Frontend  same      {OLD}                /zone changes",
        f"4    fe2     Frontend  removed   {OLD} -> (none)      the chart no longer has it",
        "",
        "Other objects, applied before the nodes: 3 (2 ConfigMap, 1 Service)",
        "Other objects, deleted after the nodes: 1 (1 Service)",
        "Pauses after: be10",
        "Hooks and tests, not applied: Job/migrate, Pod/test",
        "Removed and left alone (--prune deletes them): be3, fe9",
        f"plan: {WHOLE.digest}",
    ]


def test_what_a_plan_does_not_have_is_not_spoken_of() -> None:
    lines = text(shown(plan_of("be1")))
    assert lines[-2:] == ["", f"plan: {plan_of('be1').digest}"]
    assert len(lines) == 6


def test_a_plan_without_nodes_says_so_and_still_has_its_hash() -> None:
    plan = Plan((manifest("Service", "a"),), ())
    assert text(shown(plan)) == [
        "systemdcrtest3 in yul1: no node changes",
        "",
        "Other objects, applied before the nodes: 1 (1 Service)",
        f"plan: {plan.digest}",
    ]


def test_a_plan_s_document_has_everything_that_its_table_has() -> None:
    found = system(WHOLE)
    assert (found["system"], found["namespace"], found["context"]) == ("systemdcrtest3", "systemdcrtest3", "yul1")
    assert (found["plan"], found["nodes"]) == (WHOLE.digest, 8)
    assert [each["node"] for each in found["steps"]] == ["be2", "be10", "fe1", "fe2"]
    assert found["steps"][1] == {
        "node": "be10",
        "kind": "Backend",
        "action": "apply",
        "change": "new",
        "declared": None,
        "revision": NEW,
        "reason": "/zone changes",
        "pauseAfter": True,
    }
    gone = found["steps"][3]
    assert (gone["action"], gone["declared"], gone["revision"]) == ("delete", OLD, None)
    assert found["objects"][2] == {"kind": "ConfigMap", "name": "c", "namespace": "other"}
    assert found["deleted"] == [{"kind": "Service", "name": "gone", "namespace": None}]
    assert (found["removed"], found["hooks"]) == (["be3", "fe9"], ["Job/migrate", "Pod/test"])


def test_the_names_of_a_plan_are_its_nodes_in_order() -> None:
    assert text(shown(WHOLE), "name") == [
        "backend.express.example.com/be2",
        "backend.express.example.com/be10",
        "frontend.express.example.com/fe1",
        "frontend.express.example.com/fe2",
    ]


def test_a_long_reason_is_cut_in_the_table_and_whole_in_wide() -> None:
    plan = Plan((), (replace(step("be1"), reason="/a" * 50),))
    assert "/a" * 50 not in "\n".join(text(shown(plan)))
    assert "/a" * 50 in "\n".join(text(shown(plan), "wide"))


def test_nothing_of_a_chart_reaches_the_terminal_as_control_characters() -> None:
    steps = (replace(step(HOSTILE), reason=HOSTILE),)
    lines = text(shown(Plan((manifest(HOSTILE, HOSTILE),), steps, removed=(HOSTILE,), hooks=(HOSTILE,))), "wide")
    assert all(line.isprintable() for line in lines)
