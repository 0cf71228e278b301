from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.changes import changes
from kubectl_express.core.objects import deployed, object_changes
from kubectl_express.core.settings import ResourceSettings
from kubectl_express.core.verdict import Comparison
from kubectl_express.errors import ExitStatus
from tests.core.rendered import applied_by_kubectl, config_map, entry, live_of, resource, revision_of, side_of, system

if TYPE_CHECKING:
    from kubectl_express.core.values import Object

SETTINGS = ResourceSettings()
DATA: Object = {"image": "x"}
NEWER: Object = {"image": "y"}


def compared(baseline: list[Object], target: list[Object], *, live: bool = False) -> Comparison:
    old, new = live_of(baseline) if live else side_of(baseline), side_of(target)
    others = [] if live else object_changes(deployed(old.objects, SETTINGS), deployed(new.objects, SETTINGS), SETTINGS)
    return Comparison(old, new, tuple(changes(old, new, SETTINGS.kinds)), tuple(others))


def declaring(name: str, data: Object, revision: str) -> list[Object]:
    return [config_map({**entry(name, data), f"{name}.revision": revision}), resource(name, data, declared=revision)]


def test_equal_sides_end_in_nothing_to_do() -> None:
    comparison = compared(system(be1=DATA, be2=DATA), system(be1=DATA, be2=DATA))
    assert (comparison.status, comparison.wrong) == (ExitStatus.DONE, [])
    assert comparison.sentence() == "0 of 2 nodes will restart; nothing is wrong."


def test_the_sentence_names_what_restarts_in_its_order_what_is_new_and_what_is_removed() -> None:
    comparison = compared(
        system(be10=DATA, be2=DATA, be3=DATA, gone=DATA), system(be10=NEWER, be2=NEWER, be3=DATA, one=DATA, two=DATA)
    )
    assert comparison.status is ExitStatus.DIFFERENT
    assert comparison.sentence() == (
        "2 of 4 nodes will restart, in this order: be2, be10; 2 are new (one, two); 1 is removed (gone); "
        "nothing is wrong."
    )


def test_an_entry_without_resource_is_counted_as_wrong_and_not_as_a_node() -> None:
    orphaned = [config_map({**entry("be1", DATA), **entry("lost", DATA)}), resource("be1", DATA)]
    comparison = compared(orphaned, orphaned)
    assert comparison.status is ExitStatus.UNTRUSTED
    assert comparison.sentence() == "0 of 1 node will restart; wrong: lost (orphan)."


@pytest.mark.parametrize(
    ("baseline", "target", "kind"),
    [
        (system(be1=DATA), declaring("be1", NEWER, revision_of(DATA)), "missed"),
        (system(be1=DATA), declaring("be1", DATA, "fedcba9876"), "unneeded"),
        ([], declaring("be1", DATA, "fedcba9876"), "mismatch"),
        (system(be1=DATA), [config_map(entry("be1", DATA)), resource("be1", DATA, kind="Frontend")], "moved"),
    ],
)
def test_what_cannot_be_trusted_outranks_what_differs(baseline: list[Object], target: list[Object], kind: str) -> None:
    comparison = compared(baseline, target)
    assert comparison.status is ExitStatus.UNTRUSTED
    assert f"be1 ({kind})" in comparison.sentence()
    assert kind in [problem.partition(":")[0] for _, problem in comparison.wrong]


def test_a_fault_of_the_baseline_alone_is_not_the_target_s() -> None:
    comparison = compared(declaring("be1", DATA, "fedcba9876"), system(be1=NEWER))
    assert (comparison.status, comparison.wrong) == (ExitStatus.DIFFERENT, [])


def test_other_objects_that_change_are_differences_too() -> None:
    other: Object = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}
    comparison = compared(system(be1=DATA), [*system(be1=DATA), other])
    assert comparison.status is ExitStatus.DIFFERENT
    assert comparison.sentence() == "0 of 1 node will restart; nothing is wrong."


def test_drift_is_a_difference_that_restarts_nothing() -> None:
    by_hand = applied_by_kubectl(resource("be1", DATA))
    by_hand["spec"] = {"image": "hand", "deploymentRevision": revision_of(DATA)}
    comparison = compared([config_map(entry("be1", DATA)), by_hand], system(be1=DATA), live=True)
    assert comparison.status is ExitStatus.DIFFERENT
    assert comparison.sentence().startswith("0 of 1 node will restart; ")
    assert "be1" in comparison.sentence().partition("; ")[2]


def test_what_could_not_be_compared_outranks_what_is_known_and_is_named() -> None:
    known = compared(system(be1=DATA), system(be1=DATA))
    partly = replace(known, uncompared=(("Secret", "a"), ("Service", "b")))
    assert (partly.status, partly.different) == (ExitStatus.FAILED, False)
    assert partly.sentence() == "0 of 1 node will restart; 2 are not compared (Secret/a, Service/b); nothing is wrong."
    untrusted = compared([], declaring("be1", DATA, "fedcba9876"))
    assert replace(untrusted, uncompared=(("Secret", "a"),)).status is ExitStatus.FAILED
    assert "1 is not compared (Secret/a)" in replace(known, uncompared=(("Secret", "a"),)).sentence()
