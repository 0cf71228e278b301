from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.managed_fields import Owner, Reading, merged, owned, owners, subtree

if TYPE_CHECKING:
    from kubectl_express.core.values import Object, Value

WHOLE = Reading()
EMPTY_LEAVES = Reading(fills_leaves=False)


@pytest.mark.parametrize(
    ("live", "tree", "applied"),
    [
        pytest.param({"a": 1, "b": 2}, {"f:a": {}}, {"a": 1}, id="a member that is not owned is left out"),
        pytest.param({"a": {"b": 1, "c": 2}}, {"f:a": {"f:b": {}}}, {"a": {"b": 1}}, id="objects are followed down"),
        pytest.param({"a": {"b": 1}}, {"f:a": {".": {}, "f:c": {}}}, {"a": {}}, id="what is gone is no null"),
        pytest.param({"a": None}, {"f:a": {}}, {"a": None}, id="a null that the server kept is owned"),
        pytest.param({"a.b/c": 1}, {"f:a.b/c": {}}, {"a.b/c": 1}, id="names stand in the tree as they are"),
        pytest.param(
            {"p": [{"n": 1, "x": 1}, {"n": 2, "x": 1}]},
            {"f:p": {'k:{"n":2}': {".": {}, "f:n": {}}}},
            {"p": [{"n": 2}]},
            id="items of a merged list are told by their keys",
        ),
        pytest.param(
            {"z": ["c", "a", "b"]},
            {"f:z": {'v:"b"': {}, 'v:"c"': {}}},
            {"z": ["c", "b"]},
            id="of a set by value",
        ),
        pytest.param({"l": [{"a": 1}]}, {"f:l": {}}, {"l": [{"a": 1}]}, id="a list with one owner is owned whole"),
    ],
)
def test_the_owned_part_of_a_value_is_what_its_tree_names(live: Value, tree: Object, applied: Value) -> None:
    assert owned(live, tree, WHOLE) == applied


def test_an_object_owned_as_a_whole_is_all_of_it_or_was_applied_empty() -> None:
    live: Value = {"a": {"filled": 1}}
    assert owned(live, {"f:a": {}}, WHOLE) == {"a": {"filled": 1}}
    assert owned(live, {"f:a": {}}, EMPTY_LEAVES) == {"a": {}}


def test_the_schema_tells_whether_an_object_owned_as_a_whole_was_applied_empty() -> None:
    inner: Object = {"filled": {"type": "integer", "default": 1}}
    schema: Object = {
        "properties": {
            "granular": {"type": "object", "properties": inner},
            "atomic": {"type": "object", "properties": inner, "x-kubernetes-map-type": "atomic"},
        }
    }
    live: Value = {"granular": {"filled": 1}, "atomic": {"filled": 1, "own": 2}}
    assert owned(live, {"f:granular": {}, "f:atomic": {}}, Reading(schema)) == {"granular": {}, "atomic": {"own": 2}}


def test_empty_merged_lists_are_never_owned_and_may_have_been_applied() -> None:
    live: Value = {"a": 1, "ports": [], "filled": []}
    schema: Object = {"properties": {"filled": {"type": "array", "default": []}}}
    assert owned(live, {"f:a": {}}, WHOLE) == {"a": 1}
    assert owned(live, {"f:a": {}}, Reading(bare_lists=True)) == {"a": 1, "ports": [], "filled": []}
    assert owned(live, {"f:a": {}}, Reading(schema, bare_lists=True)) == {"a": 1, "ports": []}


def test_an_owned_default_may_have_been_applied_as_null_but_not_where_null_is_kept_or_a_key() -> None:
    default: Object = {"type": "string", "default": "d"}
    keyed: Object = {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["key"],
        "items": {"properties": {"key": default, "other": default}},
    }
    schema: Object = {"properties": {"a": default, "kept": {**default, "nullable": True}, "list": keyed}}
    live: Value = {"a": "d", "kept": "d", "list": [{"key": "d", "other": "d"}]}
    tree: Object = {"f:a": {}, "f:kept": {}, "f:list": {'k:{"key":"d"}': {"f:key": {}, "f:other": {}}}}
    assert owned(live, tree, Reading(schema)) == live
    assert owned(live, tree, Reading(schema, nulls=True)) == {
        "a": None,
        "kept": "d",
        "list": [{"key": "d", "other": None}],
    }


def test_trees_are_merged_member_by_member() -> None:
    trees: list[Object] = [{"f:a": {}, "f:b": {"f:c": {}}}, {"f:b": {".": {}, "f:d": {}}}]
    assert merged(trees) == {"f:a": {}, "f:b": {".": {}, "f:c": {}, "f:d": {}}}


def test_a_subtree_is_found_under_what_is_owned_as_a_whole_and_nowhere_else() -> None:
    fields: Object = {"f:spec": {"f:a": {"f:b": {}}, "f:whole": {}}}
    assert subtree(fields, "/spec/a") == {"f:b": {}}
    assert subtree(fields, "/spec/whole/inside") == {}
    assert subtree(fields, "/spec/c") is None
    assert subtree({}, "/spec") is None


@pytest.mark.parametrize(
    ("name", "operation", "subresource", "is_hand", "deploys"),
    [
        ("kubectl-client-side-apply", "Update", "", False, True),
        ("kubectl-create", "Update", "", False, True),
        ("kubectl-replace", "Update", "", False, True),
        ("before-first-apply", "Update", "", False, True),
        ("kubectl", "Apply", "", False, True),
        ("helm", "Update", "", False, True),
        ("argocd-controller", "Apply", "", False, True),
        ("ci", "Apply", "", False, True),
        ("kubectl-edit", "Update", "", True, False),
        ("kubectl-patch", "Update", "", True, False),
        ("kubectl-label", "Update", "", True, False),
        ("kubectl", "Update", "scale", True, False),
    ],
)
def test_whoever_owns_the_revision_deploys_unless_it_is_a_hand(
    name: str, operation: str, subresource: str, is_hand: bool, deploys: bool
) -> None:
    owner = Owner(name, operation, subresource, {"f:spec": {"f:deploymentRevision": {}}})
    assert (owner.is_hand, owner.deploys("/spec/deploymentRevision")) == (is_hand, deploys)


def test_a_stranger_who_does_not_own_the_revision_is_a_controller() -> None:
    owner = Owner("autoscaler", "Apply", "", {"f:spec": {"f:replicas": {}}})
    assert not owner.is_hand
    assert not owner.deploys("/spec/deploymentRevision")


@pytest.mark.parametrize("stripped", [{}, {"metadata": {}}, {"metadata": {"managedFields": None}}])
def test_an_object_whose_managed_fields_were_stripped_has_no_owners(stripped: Object) -> None:
    assert owners(stripped) == []
