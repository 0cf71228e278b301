"""One even sync wave a node: kinds in order, names in natural order, behind the ConfigMaps."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.kubectl_yaml import read_documents
from kubectl_express.core.manifests import rendered_side
from kubectl_express.core.order import in_order, natural
from kubectl_express.core.settings import Settings
from tests.charts.rendering import WAVE, Charts, backend, wave_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.charts.rendering import Rendering


def by_wave(rendering: Rendering) -> list[str]:
    waves = {int(found["metadata"]["annotations"][WAVE]): name for name, found in rendering.resources.items()}
    assert sorted(waves) == list(range(2, 2 * len(rendering.resources) + 1, 2))
    return [waves[wave] for wave in sorted(waves)]


def test_backends_go_before_frontends_and_be2_before_be10(charts: Charts) -> None:
    assert by_wave(charts.example()) == ["be1", "be2", "be3", "be10", "fe1", "fe2", "fe3", "fe4"]


def test_the_config_maps_are_in_a_wave_before_the_first_node(charts: Charts) -> None:
    assert {found["metadata"]["annotations"][WAVE] for found in charts.example().config_maps} == {"0"}


def test_a_kind_outranks_a_name(charts: Charts) -> None:
    frontend = {**backend("a"), "kind": "Frontend"}
    assert by_wave(charts.bare_nodes([frontend, backend("z")])) == ["z", "a"]


def test_any_names_are_ordered_as_the_program_orders_them(charts: Charts) -> None:
    digits = "9" * 40
    names = ["be", "be-a", "be0", "be1", "be1-a", "be1a", "be2", "be10", "be10-2", "be10-10", "b", "1", "2be", "10be"]
    names += [f"be{digits}", f"be1{digits}", "be9-x3y12", "be9-x3y2"]
    shuffled = random.Random(7).sample(names, len(names))  # noqa: S311
    rendering = charts.bare_nodes([backend(name) for name in shuffled])
    assert by_wave(rendering) == sorted(names, key=natural)


def test_names_that_differ_in_leading_zeros_alone_keep_a_wave_each(charts: Charts) -> None:
    assert by_wave(charts.bare_nodes([backend("be1"), backend("be01"), backend("be001")])) == ["be001", "be01", "be1"]


KINDS = ("Backend", "Frontend")
STEMS = ("be", "fe", "b", "a-b", "x2y", "be-", "9", "0", "be1-x")
NUMBERS = (
    "",
    "0",
    "1",
    "2",
    "9",
    "10",
    "010",
    "99",
    "100",
    "2147483648",
    "18446744073709551616",
    "9" * 40,
    "1" + "0" * 40,
)
ENDS = ("", "", "a", "-a", "-2", "-10", "x3y12", "x3y2")
MANY = 60
MIXES = pytest.mark.parametrize("seed", range(8))
COMPUTED = '{{- include "express-revisions.compute" $system -}}'
OVERRIDDEN = (
    COMPUTED + '{{- range $node := $nodes }}{{ with $node.override }}{{ $_ := set $node "wave" . }}{{ end }}{{ end -}}'
)


def mixed_nodes(chance: random.Random) -> list[dict[str, object]]:
    """Return nodes of both kinds, in any order, with names that only a natural order sorts."""
    names = {stem + number + end for stem in STEMS for number in NUMBERS for end in ENDS}
    picked = chance.sample(sorted(name for name in names if not name.endswith("-")), MANY)
    return [{**backend(name, zone=name), "kind": chance.choice(KINDS)} for name in picked]


def rollout_order(rendering: Rendering) -> list[str]:
    """Return the nodes as a rollout would take them from what was rendered."""
    side = rendered_side(read_documents(rendering.text, "rendering"), Settings(), origin="rendering")
    return [node.name for node in in_order(side.nodes.values(), KINDS)]


def argocd_order(rendering: Rendering) -> list[str]:
    """Return the nodes by their waves, of which each has one of its own, behind the ConfigMaps."""
    waves = {wave_of(found): name for name, found in rendering.resources.items()}
    assert len(waves) == len(rendering.resources)
    assert max(wave_of(found) for found in rendering.config_maps) < min(waves)
    return [waves[wave] for wave in sorted(waves)]


@pytest.fixture
def charts_of_helm4(helm4: Path, tmp_path: Path) -> Charts:
    return Charts(helm4, tmp_path)


@MIXES
def test_argo_cd_takes_the_nodes_in_the_order_of_a_rollout(charts_of_helm4: Charts, seed: int) -> None:
    rendering = charts_of_helm4.bare_nodes(mixed_nodes(random.Random(seed)))  # noqa: S311
    assert argocd_order(rendering) == rollout_order(rendering)
    assert sorted(map(wave_of, rendering.resources.values())) == list(range(2, 2 * MANY + 1, 2))


@MIXES
def test_waves_that_a_chart_sets_otherwise_are_the_order_of_both(charts_of_helm4: Charts, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    nodes = mixed_nodes(chance)
    waves = chance.sample(range(2 * MANY + 1, 20 * MANY), MANY)
    for node, wave in zip(nodes[:: seed % 3 + 1], waves, strict=False):
        node["override"] = str(wave)
    chart = charts_of_helm4.bare()
    template = chart / "templates" / "nodes.yaml"
    template.write_text(template.read_text().replace(COMPUTED, OVERRIDDEN))
    rendering = charts_of_helm4.render(chart, "--values", charts_of_helm4.values({"nodes": nodes}))
    ordered = argocd_order(rendering)
    assert ordered == rollout_order(rendering)
    overridden = [
        name for _, name in sorted((int(str(each["override"])), each["name"]) for each in nodes if "override" in each)
    ]
    assert ordered[-len(overridden) :] == overridden


@MIXES
def test_a_node_added_in_the_middle_shifts_waves_alone(charts_of_helm4: Charts, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    nodes = mixed_nodes(chance)
    chart = charts_of_helm4.bare()
    after = charts_of_helm4.render(chart, "--values", charts_of_helm4.values({"nodes": nodes}))
    ordered = argocd_order(after)
    added = chance.choice(ordered[1:-1])
    kept = [node for node in nodes if node["name"] != added]
    before = charts_of_helm4.render(chart, "--values", charts_of_helm4.values({"nodes": kept}))
    assert argocd_order(before) == rollout_order(before) == [name for name in ordered if name != added]
    assert {**after.revisions, **before.revisions} == after.revisions
