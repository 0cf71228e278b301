"""A node's revision follows from its parameters, all of them and nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.core.kubectl_yaml import read_documents
from kubectl_express.core.values import at, join
from tests.charts.rendering import EXPRESS, LIBRARY, SYSTEM, Charts, Rendering, backend

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def changed(before: Rendering, after: Rendering) -> set[str]:
    assert before.revisions.keys() == after.revisions.keys()
    return {node for node, revision in before.revisions.items() if after.revisions[node] != revision}


def leaves(value: Any, pointer: str = "") -> Iterator[str]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, member in members:
        yield from leaves(member, join(pointer, part))
    if not isinstance(value, dict | list) or not value:
        yield pointer


def with_other_leaf(data: Any, pointer: str) -> Any:
    """Return a copy of the data in which one leaf has another value of the same type."""
    copy = json.loads(json.dumps(data))
    above, _, last = pointer.rpartition("/")
    holder = at(copy, above)
    assert isinstance(holder, dict | list)
    member: Any = int(last) if isinstance(holder, list) else last
    old: Any = holder[member]
    holder[member] = not old if isinstance(old, bool) else _other(old)
    return copy


def _other(old: Any) -> Any:
    match old:
        case int() | float():
            return old + 1
        case str():
            return old + "x"
        case dict():
            return {"more": 1}
        case list():
            return [{"name": "more", "port": 1}]
        case _:
            return "no longer null"


def test_a_stored_revision_is_the_first_ten_hex_digits_of_the_stored_jsons_sha256(charts: Charts) -> None:
    rendering = charts.example()
    assert list(rendering.revisions) == ["be1", "be2", "be3", "be10", "fe1", "fe2", "fe3", "fe4"]
    assert rendering.revisions == {
        node: hashlib.sha256(text.encode()).hexdigest()[:10] for node, text in rendering.data.items()
    }


def test_a_custom_resource_is_the_stored_data_and_the_stored_revision(charts: Charts) -> None:
    rendering = charts.example()
    assert {node: found["spec"] for node, found in rendering.resources.items()} == {
        node: {**json.loads(text), "deploymentRevision": rendering.revisions[node]}
        for node, text in rendering.data.items()
    }


def test_the_revision_of_data_alone_is_the_one_that_is_stored(charts: Charts) -> None:
    chart = charts.bare()
    alone = (
        'metadata:\n  annotations:\n    alone: {{ include "express-revisions.revision" (first .Values.nodes).data }}'
    )
    (chart / "templates" / "alone.yaml").write_text("apiVersion: v1\nkind: Secret\n" + alone, encoding="utf-8")
    rendering = charts.render(chart, "--values", charts.values({"nodes": [backend("be1", port=7600)]}))
    assert f"alone: {rendering.revisions['be1']}" in rendering.text


@pytest.mark.parametrize(("kind", "node"), [("backends", "be3"), ("backends", "be10"), ("frontends", "fe2")])
def test_every_single_parameter_counts(charts: Charts, kind: str, node: str) -> None:
    before = charts.example()
    data = json.loads(before.data[node])
    others = {f"x{number}": with_other_leaf(data, pointer) for number, pointer in enumerate(leaves(data))}
    assert len(others) > 20
    after = charts.example(values={kind: others})
    assert {name: json.loads(after.data[name]) for name in others} == others
    assert len({before.revisions[node], *map(after.revisions.__getitem__, others)}) == len(others) + 1
    assert before.entries.items() <= after.entries.items()


def test_a_parameter_that_comes_to_a_node_changes_its_revision_even_if_it_is_null(charts: Charts) -> None:
    before = charts.example()
    after = charts.example(values={"backends": {"be1": {"extra": {"proxy": None}}}})
    assert changed(before, after) == {"be1"}
    assert json.loads(after.data["be1"])["extra"] == {"proxy": None}


@pytest.mark.parametrize(
    ("values", "nodes"),
    [
        ({"backend": {"parameters": {"zone": "yul1-c"}}}, {"be1", "be3", "be10"}),
        ({"frontend": {"parameters": {"sessions": {"max": 1}}}}, {"fe1", "fe2", "fe4"}),
        ({"defaults": {"jvm": {"heapFraction": 0.5}}}, {"be1", "be2", "be3", "be10", "fe1", "fe2", "fe4"}),
        ({"backends": {"be3": {"storage": {"size": "1Ti"}}}}, {"be3"}),
        ({"shared": {"motd": "another"}}, set()),
    ],
)
def test_a_general_setting_changes_the_nodes_that_inherit_it(charts: Charts, values: object, nodes: set[str]) -> None:
    assert changed(charts.example(), charts.example(values=values)) == nodes


def test_a_new_version_of_chart_library_or_application_changes_no_revision(charts: Charts) -> None:
    copy = charts.copy(EXPRESS)
    for chart in (copy / "Chart.yaml", copy / "charts" / LIBRARY.name / "Chart.yaml"):
        text = chart.read_text(encoding="utf-8")
        text = text.replace("version: 4.2.0", "version: 5.0.0+build.7").replace("24.3.1", "25.0.0")
        chart.write_text(re.sub(r"version: 1\.\d+\.\d+", "version: 1.99.0", text), encoding="utf-8")
    before, after = charts.example(), charts.render(copy, "--values", SYSTEM)
    assert "express-5.0.0_build.7" in after.text
    assert after.entries == before.entries


@pytest.mark.parametrize(
    "arguments",
    [
        ["--namespace", "elsewhere"],
        ["--is-upgrade"],
        ["--kube-version", "1.25.0"],
        ["--api-versions", "express.example.com/v1"],
        ["--include-crds"],
    ],
)
def test_how_it_is_deployed_changes_neither_revisions_nor_data(charts: Charts, arguments: list[str]) -> None:
    assert charts.example(*arguments).entries == charts.example().entries


def test_the_releases_name_changes_neither_revisions_nor_the_config_maps_names(charts: Charts) -> None:
    before, after = charts.example(), charts.render(EXPRESS, "--values", SYSTEM, release="another")
    assert after.entries == before.entries
    assert [found["metadata"]["name"] for found in after.config_maps] == ["express-revisions-0"]


def test_no_namespace_is_rendered_so_that_kubectls_own_flags_decide(charts: Charts) -> None:
    assert [found for found in charts.example("--namespace", "here").objects if "namespace" in found["metadata"]] == []


def test_a_second_rendering_at_another_hour_of_another_zone_is_the_same_text(charts: Charts) -> None:
    before = charts.render(EXPRESS, "--values", SYSTEM, zone="UTC")
    assert charts.render(EXPRESS, "--values", SYSTEM, zone="Asia/Kathmandu") == before


def test_the_order_of_values_and_the_files_they_are_in_change_no_revision(charts: Charts, tmp_path: Path) -> None:
    def reversed_keys(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: reversed_keys(value[key]) for key in reversed(value)}
        return [reversed_keys(item) for item in value] if isinstance(value, list) else value

    values: Any = read_documents(SYSTEM.read_text(encoding="utf-8"), "values.yaml")[0].value
    files = []
    for key in reversed(values):
        files.append(tmp_path / f"{key}.json")
        files[-1].write_text(json.dumps({key: reversed_keys(values[key])}), encoding="utf-8")
    arguments = [argument for file in files for argument in ("--values", file)]
    assert charts.render(EXPRESS, *arguments).entries == charts.example().entries


def test_helm_3_and_helm_4_render_the_same_objects(helm3: Path, helm4: Path, tmp_path: Path) -> None:
    old, new = (Charts(helm, tmp_path).example() for helm in (helm3, helm4))
    assert old.objects == new.objects
