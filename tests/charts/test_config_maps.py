"""As many ConfigMaps as the size needs, each small enough for `kubectl apply`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubectl_express.core import gojson
from tests.charts.rendering import backend

if TYPE_CHECKING:
    from tests.charts.rendering import Charts, Rendering
    from tests.testbed.programs import Kubectl

ANNOTATION = 256 * 1024
"""Bytes that an object's annotations may take together (apimachinery's TotalAnnotationSizeLimitB)."""


def annotation_size(found: Any) -> int:
    """Return the bytes of kubectl's last-applied-configuration: the whole object as JSON."""
    return len(gojson.encode(found).encode())


def fleet(first: int, last: int) -> list[Any]:
    """Return nodes of some 1,000 bytes each, full of what takes escaping."""
    return [backend(f"be{number}", id=number, text='"<é>"\\\n' * 40) for number in range(first, last + 1)]


def homes(rendering: Rendering) -> dict[str, str]:
    """Return which ConfigMap holds which key."""
    return {key: found["metadata"]["name"] for found in rendering.config_maps for key in found["data"]}


def test_six_hundred_nodes_are_spread_over_config_maps_with_room_to_spare_in_each(charts: Charts) -> None:
    rendering = charts.bare_nodes(fleet(1, 600))
    assert len(rendering.config_maps) > 4
    assert all(annotation_size(found) < ANNOTATION / 2 for found in rendering.config_maps)
    assert [found["metadata"]["name"] for found in rendering.config_maps] == [
        f"express-revisions-{number}" for number in range(len(rendering.config_maps))
    ]


def test_every_node_is_whole_in_exactly_one_config_map(charts: Charts) -> None:
    home = homes(charts.bare_nodes(fleet(1, 600)))
    assert home.keys() == {f"be{number}.{part}" for number in range(1, 601) for part in ("json", "revision")}
    assert all(home[f"be{number}.json"] == home[f"be{number}.revision"] for number in range(1, 601))


def test_a_node_that_moves_to_another_config_map_keeps_its_revision_and_data(charts: Charts) -> None:
    chart = charts.bare()
    before = charts.render(chart, "--values", charts.values({"nodes": fleet(201, 400)}))
    after = charts.render(chart, "--values", charts.values({"nodes": fleet(1, 400)}))
    assert homes(before).keys() < homes(after).keys()
    assert not homes(before).items() <= homes(after).items()
    assert before.entries.items() <= after.entries.items()


def test_a_node_larger_than_a_share_has_a_config_map_of_its_own(charts: Charts) -> None:
    rendering = charts.bare_nodes([backend("be1"), backend("be2", blob="x" * 300_000), backend("be3")])
    assert [sorted(found["data"]) for found in rendering.config_maps] == [
        ["be1.json", "be1.revision"],
        ["be2.json", "be2.revision"],
        ["be3.json", "be3.revision"],
    ]


def test_a_system_without_nodes_has_one_empty_config_map(charts: Charts) -> None:
    assert [found["data"] for found in charts.bare_nodes([]).config_maps] == [{}]


def test_their_name_and_labels_can_be_given(charts: Charts) -> None:
    chart = charts.bare()
    template = chart / "templates" / "nodes.yaml"
    more = '(dict "app" "x" "express.example.com/revisions" "no")'
    given = f'"kinds" (list "Backend") "name" "ours" "labels" {more}'
    text = template.read_text(encoding="utf-8").replace('"kinds" (list "Backend" "Frontend")', given)
    template.write_text(text, encoding="utf-8")
    (found,) = charts.render(chart, "--values", charts.values({"nodes": [backend("be1")]})).config_maps
    assert found["metadata"]["name"] == "ours-0"
    assert found["metadata"]["labels"] == {"app": "x", "express.example.com/revisions": "true"}


def test_kubectl_apply_takes_the_config_maps_of_six_hundred_nodes_twice(charts: Charts, kubectl: Kubectl) -> None:
    text = gojson.encode({"apiVersion": "v1", "kind": "List", "items": charts.bare_nodes(fleet(1, 600)).config_maps})
    kubectl("apply", "-f", "-", stdin=text)
    assert "configured" not in kubectl("apply", "-f", "-", stdin=text).stdout
