"""Nodes are named as kubectl names objects, and whoever names them otherwise is told how."""

from __future__ import annotations

import pytest

from kubectl_express.core.node_names import find_nodes
from kubectl_express.core.settings import ResourceSettings
from kubectl_express.errors import ExpressError

RESOURCES = ResourceSettings()
KNOWN = [("be10", "Backend"), ("be2", "Backend"), ("be1", "Backend"), ("fe1", "Frontend"), ("gone", None)]


def fault(*words: str, flag: str | None = None) -> str:
    with pytest.raises(ExpressError) as raised:
        find_nodes(words, KNOWN, RESOURCES, flag=flag)
    return str(raised.value)


@pytest.mark.parametrize(
    "kind",
    [
        "backend",
        "Backend",
        "backends",
        "backend.express.example.com",
        "backends.express.example.com",
        "backends.v1.express.example.com",
    ],
)
def test_a_node_may_be_named_as_kubectl_names_it(kind: str) -> None:
    words = ("fe1", f"{kind}/be1", "gone", f"{kind}/gone")
    assert find_nodes(words, KNOWN, RESOURCES) == ("fe1", "be1", "gone", "gone")


def test_a_core_kind_has_no_group() -> None:
    resources = ResourceSettings(group="", kinds=("Pod",))
    assert find_nodes(["pod/a"], [("a", "Pod")], resources) == ("a",)


def test_the_kind_is_to_be_the_nodes_own() -> None:
    assert fault("frontend/be1") == "node be1 is a Backend, not a Frontend"
    assert fault("backnd/be1") == 'unknown kind "backnd" of node be1; did you mean Backend?'
    assert fault("pod/be1") == 'unknown kind "pod" of node be1; there are Backend, Frontend'
    assert fault("backend.example.org/be1", flag="--only").startswith('--only: unknown kind "backend.example.org"')


def test_a_node_that_is_not_there_is_told_with_those_that_are_in_natural_order() -> None:
    assert fault("x") == 'node "x" not found; there are be1, be2, be10, fe1, gone'
    assert fault("backend/be3") == fault("be3") == 'node "be3" not found; did you mean be2 or be1?'
    assert fault("backend/").startswith('node "" not found; there are be1')


def test_nodes_that_commas_separate_are_told_with_the_words_to_use() -> None:
    assert fault("be1,be2") == 'node "be1,be2" not found; separate nodes by spaces: be1 be2'
    assert fault("backend/be1, backend/be2").endswith("separate nodes by spaces: backend/be1 backend/be2")
    repeated = '--only: node "be1,be2" not found; repeat the flag: --only be1 --only be2'
    assert fault("be1,be2", flag="--only") == repeated
    assert fault("be1,be2", flag="--from") == '--from: node "be1,be2" not found; it takes one node'


def test_where_no_node_is_at_all_is_told() -> None:
    with pytest.raises(ExpressError, match=r'^node "be1" not found in a; did you mean b\?$'):
        find_nodes(["be1"], [], RESOURCES, where=" in a; did you mean b?")
