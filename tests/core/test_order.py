from __future__ import annotations

import itertools

from kubectl_express.core.node import Node
from kubectl_express.core.order import in_order, natural


def node(name: str, kind: str | None = "Backend", wave: int = 0) -> Node:
    return Node(name, kind, None, None, None, None, None, None, wave)


def test_names_are_in_natural_order() -> None:
    shuffled = ["be10a10", "fe", "be10", "be2", "be10a2", "be1", "be"]
    assert sorted(shuffled, key=natural) == ["be", "be1", "be2", "be10", "be10a2", "be10a10", "fe"]


def test_a_number_of_any_length_is_compared() -> None:
    longer = "be1" + "0" * 5000
    assert sorted([longer, "be9"], key=natural) == ["be9", longer]


def test_names_that_differ_only_in_leading_zeros_have_one_order_wherever_they_come_from() -> None:
    names = ["be01", "be1", "be001"]
    orders = {tuple(sorted(each, key=natural)) for each in itertools.permutations(names)}
    assert len(orders) == 1


def test_nodes_are_ordered_by_wave_then_kind_then_name() -> None:
    nodes = [node("fe1", "Frontend"), node("be10"), node("be2"), node("first", "Frontend", -1), node("last", wave=1)]
    assert [each.name for each in in_order(nodes, ("Backend", "Frontend"))] == ["first", "be2", "be10", "fe1", "last"]


def test_what_has_no_resource_comes_last_of_all() -> None:
    nodes = [node("a", None), node("fe1", "Frontend"), node("later", wave=1)]
    assert [each.name for each in in_order(nodes, ("Backend", "Frontend"))] == ["fe1", "later", "a"]


def test_a_kind_that_is_not_configured_comes_last_in_its_wave() -> None:
    nodes = [node("a", "Cache"), node("fe1", "Frontend"), node("later", wave=1)]
    assert [each.name for each in in_order(nodes, ("Backend", "Frontend"))] == ["fe1", "a", "later"]
