from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.changes import changes
from kubectl_express.core.verification import (
    Problem,
    Verification,
    change_problems,
    integrity_problems,
    live_problems,
)
from tests.core.rendered import (
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
    from kubectl_express.core.values import Object

DATA: Object = {"image": "x"}
REVISION = revision_of(DATA)


def test_a_problem_is_one_line_with_its_cause_where_there_is_one() -> None:
    assert Problem("be1", "mismatch", "stored a, calculated b", "cause unknown").line() == (
        "be1: mismatch: stored a, calculated b; cause unknown"
    )
    assert Problem("", "hashing", "helm writes x").line() == "hashing: helm writes x"


def test_a_side_is_sound_while_nothing_is_wrong() -> None:
    side = side_of(system(be1=DATA))
    assert Verification(side, ("all",)).sound
    assert not Verification(side, ("all",), (Problem("be1", "x", "y"),)).sound
    assert integrity_problems(side.nodes.values()) == []


def test_every_fault_of_a_side_is_a_problem_with_node_message_and_cause() -> None:
    side = side_of([config_map(entry("be1", DATA)), resource("be2", DATA)])
    found = integrity_problems(side.nodes.values())
    assert [(problem.node, problem.problem) for problem in found] == [("be2", "orphan"), ("be1", "orphan")]
    assert found[0].cause is not None


def test_only_unneeded_and_missed_changes_are_problems() -> None:
    baseline = side_of(system(up=DATA, same=DATA, gone=DATA, idle=DATA, lost=DATA))
    entries: Object = {**entry("idle", DATA), **entry("lost", {"image": "y"})}
    target = side_of(
        [
            *system(up={"image": "y"}, same=DATA, fresh=DATA),
            config_map({**entries, "idle.revision": "0123456789", "lost.revision": REVISION}, "more"),
            resource("idle", DATA, declared="0123456789"),
            resource("lost", {"image": "y"}, declared=REVISION),
        ]
    )
    found = change_problems(changes(baseline, target, ("Backend",)))
    assert [(problem.node, problem.problem) for problem in found] == [("idle", "unneeded"), ("lost", "missed")]


def test_a_live_node_on_its_way_or_ailing_can_be_trusted_one_changed_by_hand_or_unproved_cannot() -> None:
    ahead: Object = entry("pending", {"image": "y"})
    by_hand = applied_by_kubectl(resource("drifted", DATA))
    by_hand["spec"] = {"image": "hand", "deploymentRevision": REVISION}
    side = live_of(
        [
            config_map({**ahead, **entry("sick", DATA), **entry("drifted", DATA), **entry("gone", DATA)}),
            applied_by_kubectl(resource("pending", DATA)),
            applied_by_kubectl(resource("sick", DATA)),
            by_hand,
            resource("unproved", DATA, declared="0123456789"),
        ],
        pod("pending", REVISION),
    )
    assert [(problem.node, problem.problem) for problem in live_problems(side)] == [
        ("drifted", "drifted"),
        ("unproved", "unverified"),
    ]


def test_a_live_entry_that_does_not_hash_to_its_stored_revision_is_a_problem() -> None:
    entries: Object = {**entry("be1", DATA), "be1.revision": "0123456789"}
    side = live_of([config_map(entries), applied_by_kubectl(resource("be1", DATA))], pod("be1", REVISION))
    assert [problem.problem for problem in live_problems(side)] == ["mismatch"]
