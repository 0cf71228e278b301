"""One sync wave a node: kinds in order, names in natural order, behind the ConfigMaps."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from kubectl_express.core.order import natural
from tests.charts.rendering import WAVE, backend

if TYPE_CHECKING:
    from tests.charts.rendering import Charts, Rendering


def by_wave(rendering: Rendering) -> list[str]:
    waves = {int(found["metadata"]["annotations"][WAVE]): name for name, found in rendering.resources.items()}
    assert sorted(waves) == list(range(1, len(rendering.resources) + 1))
    return [waves[wave] for wave in sorted(waves)]


def test_backends_go_before_frontends_and_be2_before_be10(charts: Charts) -> None:
    assert by_wave(charts.example()) == ["be1", "be2", "be3", "be10", "fe1", "fe2", "fe3", "fe4"]


def test_the_config_maps_are_in_the_wave_before_the_first_node(charts: Charts) -> None:
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
