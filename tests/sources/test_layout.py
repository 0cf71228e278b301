from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.settings import ChartSettings, Settings
from kubectl_express.errors import ExpressError
from kubectl_express.sources.configuration import CONFIG_NAME
from kubectl_express.sources.layout import Layout, find_layout
from kubectl_express.sources.repository import links_outward

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with two sites."""
    repository = tmp_path / "repository"
    (repository / "master_charts" / "express").mkdir(parents=True)
    for overlay in ("yul1/test10", "yul1/test2", "yul1/test1", "fra2/prod1", "fra2/empty"):
        (repository / "overlays" / overlay).mkdir(parents=True)
        if not overlay.endswith("empty"):
            (repository / "overlays" / overlay / "values.yaml").write_text("a: 1\n")
    (repository / "overlays" / "nothing").mkdir()
    return repository


def laid_out(root: Path, *values: str, **options: str) -> Layout:
    chart = replace(ChartSettings(), **({"values": values} if values else {}), **options)  # type: ignore[arg-type]
    return Layout(root, Settings(chart=chart))


def refusal(layout: Layout, system: str, context: str) -> str:
    with pytest.raises(ExpressError) as caught:
        layout.release(system, context)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_context_s_systems_are_those_with_values_in_natural_order(root: Path) -> None:
    layout = laid_out(root)
    assert layout.systems("yul1") == ["test1", "test2", "test10"]
    assert layout.systems("fra2") == ["prod1"]
    assert layout.systems("absent") == []
    assert layout.contexts() == ["fra2", "yul1"]


@pytest.mark.parametrize("context", ["*", "yul?", "[yf]*", "**", "yul1/..", "", "a/b"])
def test_a_context_s_name_is_a_name_and_no_pattern(root: Path, context: str) -> None:
    assert [each for each in laid_out(root).systems(context) if each.startswith("test")] == []


def test_an_alias_leads_to_the_site_s_overlays(root: Path) -> None:
    aliased = Layout(root, Settings(sites={"admin@montreal": "yul1"}))
    assert aliased.systems("admin@montreal") == ["test1", "test2", "test10"]
    assert aliased.release("test1", "admin@montreal").values == (root / "overlays/yul1/test1/values.yaml",)


def test_systems_may_be_files(root: Path) -> None:
    (root / "systems").mkdir()
    for name in ("a10.yaml", "a2.yaml", "other.yml"):
        (root / "systems" / name).write_text("")
    assert laid_out(root, "systems/{system}.yaml").systems("any") == ["a2", "a10"]


@pytest.mark.parametrize("template", ["overlays/{context}/{system}/values.yaml", "{context}/{system}.yaml"])
def test_without_a_context_there_are_no_systems_that_have_one(root: Path, template: str) -> None:
    assert laid_out(root, template).systems("") == []


def test_a_template_without_systems_names_none(root: Path) -> None:
    assert laid_out(root, "overlays/{context}/values.yaml").systems("yul1") == []
    assert laid_out(root, "overlays/{context}/values.yaml").contexts() == []


def test_a_release_is_named_and_placed_as_configured(root: Path) -> None:
    release = laid_out(root, release="{system}-{context}", namespace="ns-{system}").release("test1", "yul1")
    assert (release.name, release.namespace, release.chart) == (
        "test1-yul1",
        "ns-test1",
        root / "master_charts/express",
    )
    assert laid_out(root).release("test1", "yul1", "elsewhere").namespace == "elsewhere"


def test_values_files_stay_in_the_order_configured(root: Path) -> None:
    (root / "common.yaml").write_text("")
    layout = laid_out(root, "common.yaml", "overlays/{context}/{system}/values.yaml")
    assert layout.release("test1", "yul1").values == (root / "common.yaml", root / "overlays/yul1/test1/values.yaml")


def test_a_system_without_values_is_refused_with_the_nearest_that_has_some(root: Path) -> None:
    assert refusal(laid_out(root), "tset2", "yul1").endswith("values.yaml; did you mean test2 or test1?")


def test_a_context_without_overlays_is_refused_with_those_that_have_some(root: Path) -> None:
    message = refusal(laid_out(root), "test1", "yul2")
    assert "there are overlays for the contexts fra2, yul1; pick one with --context" in message


def test_a_missing_chart_says_where_it_was_expected(root: Path) -> None:
    assert "run in the repository that holds charts/other, or set `chart` in" in refusal(
        laid_out(root, path="charts/other"), "test1", "yul1"
    )


@pytest.mark.parametrize("system", ["../../../outside", "..", "linked"])
def test_a_values_file_outside_the_repository_is_refused(root: Path, system: str) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "values.yaml").write_text("")
    (root.parent / "values.yaml").write_text("")
    (root / "overlays" / "yul1" / "linked").symlink_to(outside)
    message = refusal(laid_out(root), system, "yul1")
    assert "is outside" in message or "names no folder of the overlays" in message


def test_a_release_name_that_helm_would_take_for_an_option_is_refused(root: Path) -> None:
    assert refusal(laid_out(root, release="--post-renderer={system}"), "test1", "yul1") == (
        'invalid release name "--post-renderer=test1": helm would take it for an option'
    )


@pytest.mark.parametrize("start", ["", "overlays/yul1", "master_charts/express"])
def test_the_repository_is_found_upward_by_its_charts_or_overlays(root: Path, start: str) -> None:
    assert find_layout(root / start, None).root == root


def test_a_configuration_goes_before_the_folders_and_its_folder_is_the_root(root: Path) -> None:
    (root / "overlays" / CONFIG_NAME).write_text("chart: elsewhere\n")
    layout = find_layout(root / "overlays" / "yul1", None)
    assert (layout.root, layout.settings.chart.path) == (root / "overlays", "elsewhere")
    assert find_layout(root, root / "overlays" / CONFIG_NAME).root == root / "overlays"


def test_a_folder_of_nothing_is_its_own_root(tmp_path: Path) -> None:
    assert find_layout(tmp_path, None) == Layout(tmp_path, Settings())


def test_links_within_the_repository_are_followed_and_loops_of_them_end(root: Path) -> None:
    chart = root / "master_charts" / "express"
    chart.mkdir(parents=True, exist_ok=True)
    (root / "shared").mkdir()
    (root / "shared" / "up").symlink_to("..")
    (chart / "shared").symlink_to(root / "shared")
    (chart / "itself").symlink_to("itself")
    assert links_outward(root, chart) is None
    (root / "shared" / "out").symlink_to("/etc/hostname")
    assert links_outward(root, chart) == chart / "shared" / "out"
