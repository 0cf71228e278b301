from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_express.core.determinacy import determinacy_problems
from kubectl_express.core.indeterminate import indeterminate_uses
from tests.core.rendered import revision_of, side_of, system

if TYPE_CHECKING:
    from kubectl_express.core.values import Object

DATA: Object = {"image": "x"}
REVISION, OTHER = revision_of(DATA), revision_of({"image": "y"})
NOW = indeterminate_uses("{{ now }}", "t.yaml")
DATE = indeterminate_uses("{{ date `15` . }}", "t.yaml")
TOLD = "it depends on now at t.yaml:1 (the time of rendering)"


def test_a_second_render_with_other_revisions_is_undetermined() -> None:
    first, second = side_of(system(be1=DATA, be2=DATA)), side_of(system(be1={"image": "y"}, be3=DATA))
    assert [problem.line() for problem in determinacy_problems(first, second, {})] == [
        f"be1: undetermined: two renders of the same values give {REVISION} then {OTHER}; cause unknown",
        f"be2: undetermined: two renders of the same values give {REVISION} then (none); cause unknown",
        f"be3: undetermined: two renders of the same values give (none) then {REVISION}; cause unknown",
    ]
    assert determinacy_problems(first, first, {}, DATE) == []


def test_a_proved_cause_is_told_also_where_both_renders_agree() -> None:
    side, other = side_of(system(be1=DATA, be2=DATA)), side_of(system(be1={"image": "y"}, be2=DATA))
    assert [(each.node, each.cause) for each in determinacy_problems(side, other, {"be1": NOW}, DATE)] == [
        ("be1", TOLD)
    ]
    (agreed,) = determinacy_problems(side, side, {"be2": NOW})
    assert agreed.line() == f"be2: undetermined: chart and values alone do not give its revision; {TOLD}"


def test_a_suspicion_is_told_as_one() -> None:
    side, other = side_of(system(be1=DATA)), side_of(system(be1={"image": "y"}))
    upgrade = replace(other, command=("helm", "template", "--is-upgrade"))
    (problem,) = determinacy_problems(side, upgrade, {}, DATE)
    assert problem.cause == (
        "cause unknown; the second was that of an upgrade, in another time zone, and the chart uses date at t.yaml:1 "
        "(the machine's time and time zone)"
    )


def test_nodes_that_are_only_sometimes_there_are_told_once() -> None:
    side = side_of(system(be1=DATA))
    (problem,) = determinacy_problems(side, side, {"be2": NOW, "be3": NOW})
    assert problem.line() == f"undetermined: chart and values alone do not tell which nodes there are; {TOLD}"
