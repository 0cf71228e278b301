from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.changes import ChangeKind, NodeChange, changes
from kubectl_express.core.parameters import ABSENT
from kubectl_express.core.values import Object, mapping
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
    from kubectl_express.core.node import Side

KINDS = ("Backend", "Frontend")
DATA: Object = {"image": "x", "replicas": 2}
NEWER: Object = {"image": "y", "replicas": 2}


def found(baseline: Side, target: Side) -> list[tuple[str, str, bool, list[tuple[str, object, object]]]]:
    return [
        (change.name, change.change.value, change.restart, listed(change))
        for change in changes(baseline, target, KINDS)
    ]


def listed(change: NodeChange) -> list[tuple[str, object, object]]:
    return [(each.path, each.old, each.new) for each in change.parameters]


def declaring(data: Object, revision: str) -> list[Object]:
    """Return a node of this data whose entry and resource both say this revision, whatever it ought to be."""
    entries = entry("be1", data) | {"be1.revision": revision}
    return [config_map(entries), resource("be1", data, declared=revision)]


def of_kind(kind: str, data: Object) -> list[Object]:
    """Return a sound node of a kind."""
    return [config_map(entry("be1", data)), resource("be1", data, kind=kind)]


def live(data: Object, declared: str | None = None) -> Side:
    return live_of([config_map({}), applied_by_kubectl(resource("be1", data, declared=declared))])


@pytest.mark.parametrize(
    ("old", "new", "change", "restart", "parameters"),
    [
        pytest.param(system(be1=DATA), system(be1=DATA), "same", False, [], id="same"),
        pytest.param([], system(be1=DATA), "new", False, [("", ABSENT, DATA)], id="new"),
        pytest.param(system(be1=DATA), [], "removed", False, [("", DATA, ABSENT)], id="removed"),
        pytest.param(system(be1=DATA), system(be1=NEWER), "update", True, [("/image", "x", "y")], id="update"),
        pytest.param(system(be1=DATA), declaring(DATA, "fedcba9876"), "unneeded", True, [], id="unneeded"),
        pytest.param(
            system(be1=DATA), declaring(NEWER, revision_of(DATA)), "missed", False, [("/image", "x", "y")], id="missed"
        ),
        pytest.param(
            system(be1=DATA), of_kind("Frontend", DATA), "moved", False, [], id="another kind, and the same data"
        ),
        pytest.param(
            system(be1=DATA), of_kind("Frontend", NEWER), "moved", False, [("/image", "x", "y")], id="another kind"
        ),
        pytest.param(
            system(be1={"a": None}), system(be1={}), "update", True, [("/a", None, ABSENT)], id="null is not absence"
        ),
        pytest.param(
            declaring({"a": 1e6, "b": 1}, "0123456789"),
            declaring({"b": 1.0, "a": 1000000}, "0123456789"),
            "same",
            False,
            [],
            id="another representation",
        ),
        pytest.param(
            [resource("be1", DATA)], [resource("be1", NEWER)], "update", True, [("/image", "x", "y")], id="no ConfigMap"
        ),
        pytest.param(
            [config_map(entry("be1", DATA))], system(be1=DATA), "new", False, [("", ABSENT, DATA)], id="entry"
        ),
    ],
)
def test_a_node_s_change_follows_from_its_revision_and_its_data(
    old: list[Object], new: list[Object], change: str, restart: bool, parameters: list[tuple[str, object, object]]
) -> None:
    assert found(side_of(old), side_of(new)) == [("be1", change, restart, parameters)]


def test_an_entry_alone_is_no_node_on_either_side() -> None:
    alone = side_of([config_map(entry("be1", DATA))])
    ((name, change, restart, parameters),) = found(alone, alone)
    assert (name, change, restart, parameters) == ("be1", "same", False, [])
    assert changes(alone, alone, KINDS)[0].visible, "its fault is to be shown"


def test_nodes_come_in_the_order_of_a_rollout_and_removed_ones_last() -> None:
    waved = resource("be1", DATA)
    waved["metadata"] = {"name": "be1", "annotations": {"argocd.argoproj.io/sync-wave": "5"}}
    target = side_of([resource("fe1", DATA, "Frontend"), waved, resource("be10", DATA), resource("be2", DATA)])
    baseline = side_of([resource("a10", DATA), resource("a2", DATA), resource("be2", DATA)])
    assert [change.name for change in changes(baseline, target, KINDS)] == ["be2", "be10", "fe1", "be1", "a2", "a10"]


def test_right_after_an_apply_nothing_changes_whatever_the_server_defaulted_or_dropped() -> None:
    data: Object = {"image": "x", "nothing": None, "memory": 1e6, "list": [{"name": "a"}]}
    kept = applied_by_kubectl(resource("be1", data))
    kept["spec"] = {
        "image": "x",
        "memory": 1000000,
        "list": [{"name": "a", "protocol": "TCP"}],
        "pullPolicy": "Always",
        "deploymentRevision": revision_of(data),
    }
    assert found(live_of([config_map(entry("be1", data)), kept]), side_of(system(be1=data))) == [
        ("be1", "same", False, [])
    ]


def test_a_drifted_node_stays_the_same_and_lists_what_an_apply_would_put_back() -> None:
    by_hand = applied_by_kubectl(resource("be1", DATA))
    by_hand["spec"] = {"image": "x", "replicas": 9, "deploymentRevision": revision_of(DATA)}
    (change,) = changes(live_of([config_map({}), by_hand]), side_of(system(be1=DATA)), KINDS)
    assert (change.change, change.restart, change.visible) == (ChangeKind.SAME, False, True)
    assert listed(change) == [("/replicas", 9, 2)]


def test_an_update_of_a_drifted_node_lists_both() -> None:
    by_hand = applied_by_kubectl(resource("be1", DATA))
    by_hand["spec"] = {"image": "x", "replicas": 9, "deploymentRevision": revision_of(DATA)}
    assert found(live_of([config_map({}), by_hand]), side_of(system(be1=NEWER))) == [
        ("be1", "update", True, [("/image", "x", "y"), ("/replicas", 9, 2)])
    ]


def test_drift_towards_the_target_hides_no_update() -> None:
    by_hand = applied_by_kubectl(resource("be1", DATA))
    by_hand["spec"] = {**NEWER, "deploymentRevision": revision_of(DATA)}
    assert found(live_of([config_map({}), by_hand]), side_of(system(be1=NEWER))) == [("be1", "update", True, [])]


def test_a_pending_node_is_compared_by_what_it_declares_not_by_what_is_stored() -> None:
    ahead = live_of([config_map(entry("be1", NEWER)), applied_by_kubectl(resource("be1", DATA))])
    assert found(ahead, side_of(system(be1=NEWER))) == [("be1", "update", True, [("/image", "x", "y")])]
    assert found(ahead, side_of(system(be1=DATA))) == [("be1", "same", False, [])]


def test_an_unverified_node_is_compared_by_its_own_parameters_as_far_as_the_target_has_them() -> None:
    data: Object = {"image": "x", "nothing": None, "env": [{"name": "A"}], "deep": {"a": 1}}
    unproved = resource("be1", {}, declared="0123456789")
    unproved["spec"] = {
        "image": "x",
        "env": [{"name": "A", "kind": "plain"}],
        "deep": {"a": 1, "b": 2},
        "pullPolicy": "Always",
        "deploymentRevision": "0123456789",
    }
    baseline = live_of([config_map({}), unproved])
    assert baseline.nodes["be1"].data is None
    assert found(baseline, side_of(system(be1=data))) == [("be1", "update", True, [])], "nothing proves it unneeded"
    changed: Object = {**data, "image": "y", "deep": {"a": 1, "new": 3}}
    assert found(baseline, side_of(system(be1=changed))) == [
        ("be1", "update", True, [("/deep/new", ABSENT, 3), ("/image", "x", "y")])
    ]


def test_a_removed_unverified_node_shows_all_it_has() -> None:
    baseline = live_of([config_map({}), resource("be1", DATA, declared="0123456789")])
    assert found(baseline, side_of([])) == [("be1", "removed", False, [("", DATA, ABSENT)])]


def test_a_new_hash_of_the_same_data_is_a_restart_for_nothing() -> None:
    baseline = live(DATA)
    assert found(baseline, side_of(declaring(DATA, revision_of(DATA) + "ab"))) == [("be1", "unneeded", True, [])]


def test_data_that_cannot_be_read_is_replaced_by_the_resource_s_own_parameters() -> None:
    unreadable = [config_map({"be1.revision": "r", "be1.json": "{"}), resource("be1", NEWER, declared="r")]
    assert found(side_of(system(be1=DATA)), side_of(unreadable)) == [("be1", "update", True, [("/image", "x", "y")])]


def test_a_change_keeps_the_kind_of_the_side_that_has_the_resource() -> None:
    baseline = side_of([resource("fe1", DATA, "Frontend")])
    entry_only = side_of([config_map(entry("fe1", DATA))])
    (change,) = changes(baseline, entry_only, KINDS)
    assert (change.kind, change.change) == ("Frontend", ChangeKind.REMOVED)


def test_what_is_deployed_is_left_alone_by_the_comparison() -> None:
    by_hand = applied_by_kubectl(resource("be1", DATA))
    by_hand["spec"] = {"image": "z", "deploymentRevision": revision_of(DATA)}
    baseline = live_of([config_map({}), by_hand], pod("be1", revision_of(DATA)))
    changes(baseline, side_of(system(be1=NEWER)), KINDS)
    assert baseline.nodes["be1"].data == DATA
    assert mapping(by_hand["spec"])["image"] == "z"
