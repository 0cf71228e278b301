"""What the library refuses, in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.charts.rendering import EXPRESS, SYSTEM, backend

if TYPE_CHECKING:
    from tests.charts.rendering import Charts


def test_a_node_given_twice_is_refused_whatever_its_kinds(charts: Charts) -> None:
    said = charts.refusal([backend("be1"), {**backend("be1"), "kind": "Frontend"}])
    assert "node be1 is given twice, as Backend and as Frontend" in said


def test_the_example_refuses_a_frontend_with_a_backends_name(charts: Charts) -> None:
    outcome = charts.template(
        EXPRESS, "--values", SYSTEM, "--values", charts.values({"frontends": {"be1": {"zone": "yul1-a"}}})
    )
    assert outcome.code != 0
    assert "node be1 is given twice, as Backend and as Frontend" in outcome.stderr


def test_data_that_helm_cannot_write_as_json_is_refused_instead_of_hashed_as_nothing(charts: Charts) -> None:
    broken = '{{- range $nodes }}{{ $_ := set .data "share" (float64 "NaN") }}{{ end -}}'
    said = charts.refusal([backend("be1")], broken)
    assert "node be1: its data cannot be written as JSON" in said


@pytest.mark.parametrize("name", ["", "Be1", "be_1", "be.1", "-be", "be-", "b" * 64, "be1\n", "bé"])
def test_a_name_that_is_no_dns_label_is_refused(charts: Charts, name: str) -> None:
    assert "is no name for a node" in charts.refusal([backend(name)])


def test_the_longest_name_that_a_label_can_hold_is_taken(charts: Charts) -> None:
    assert list(charts.bare_nodes([backend("b" * 63)]).revisions) == ["b" * 63]


def test_a_kind_that_has_no_place_in_the_order_is_refused(charts: Charts) -> None:
    said = charts.refusal([{**backend("be1"), "kind": "Gateway"}])
    assert 'node be1: its kind "Gateway" is none of Backend, Frontend' in said


@pytest.mark.parametrize("data", [None, [], "text", 1])
def test_data_that_is_no_map_is_refused(charts: Charts, data: object) -> None:
    said = charts.refusal([{"name": "be1", "kind": "Backend", "data": data}])
    assert "node be1: its data is no map of parameters" in said


def test_a_parameter_by_the_revisions_own_name_is_refused(charts: Charts) -> None:
    said = charts.refusal([backend("be1", deploymentRevision="0123456789")])
    assert "node be1: deploymentRevision is computed" in said


def test_a_node_beyond_what_any_config_map_holds_is_refused(charts: Charts) -> None:
    said = charts.refusal([backend("be1", blob="x" * 1024 * 1024)])
    assert "node be1: its data takes " in said
    assert "a ConfigMap holds 1048576" in said
