from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.values import at, text
from kubectl_express.rollout.sightings import Sightings, number

if TYPE_CHECKING:
    from kubectl_express.core.values import Object


def item(name: str, version: int, node: str | None = None) -> Object:
    metadata: Object = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version), "node": node or name[:3]}
    return {"metadata": metadata}


def node_of(one: Object) -> str | None:
    return text(at(one, "/metadata/node"))


def named(*items: Object) -> dict[str, Object]:
    return {text(at(one, "/metadata/name")) or "": one for one in items}


@pytest.fixture
def sightings() -> Sightings:
    """What a list at version 10 tells: be1 and be2 with an object each."""
    seen = Sightings(node_of)
    assert seen.take_all(named(item("be1-0", 5), item("be2-0", 7)), "10") == {"be1", "be2"}
    return seen


def versions(seen: Sightings, node: str) -> list[int]:
    return [int(text(at(one, "/metadata/resourceVersion")) or "") for one in seen.of(node)]


def test_an_event_touches_the_node_it_is_about(sightings: Sightings) -> None:
    assert sightings.hear("be1-0", item("be1-0", 11), "11") == {"be1"}
    assert sightings.hear("be1-1", item("be1-1", 12), "12") == {"be1"}
    assert versions(sightings, "be1") == [11, 12]
    assert sightings.hear("be1-0", None, "13") == {"be1"}
    assert versions(sightings, "be1") == [12]
    assert sightings.hear("be9-0", None, "14") == set()
    assert sightings.nodes() == ["be1", "be2"]


def test_an_event_that_says_what_is_known_touches_nothing(sightings: Sightings) -> None:
    assert sightings.hear("be1-0", item("be1-0", 5), "11") == set()


def test_an_object_that_moves_touches_both_nodes(sightings: Sightings) -> None:
    assert sightings.hear("be1-0", item("be1-0", 11, node="be2"), "11") == {"be1", "be2"}
    assert (versions(sightings, "be1"), versions(sightings, "be2")) == ([], [11, 7])
    assert sightings.hear("be1-0", None, "12") == {"be2"}


def test_versions_are_compared_as_numbers_and_only_for_the_node_that_was_read_afresh(sightings: Sightings) -> None:
    assert sightings.take("be1", named(item("be1-1", 99)), "100")
    assert sightings.hear("be1-0", item("be1-0", 98), "98") == set()
    assert sightings.hear("be1-1", None, "100") == set()
    assert sightings.hear("be2-0", item("be2-0", 98), "98") == {"be2"}
    assert versions(sightings, "be1") == [99]
    assert sightings.hear("be1-1", item("be1-1", 101), "101") == {"be1"}


def test_a_list_that_is_older_than_what_was_read_of_a_node_changes_only_the_others(sightings: Sightings) -> None:
    sightings.take("be1", named(item("be1-1", 99)), "100")
    assert sightings.take_all(named(item("be1-0", 5), item("be3-0", 60)), "90") == {"be2", "be3"}
    assert (versions(sightings, "be1"), versions(sightings, "be2"), versions(sightings, "be3")) == ([99], [], [60])
    assert sightings.take_all(named(item("be3-0", 60)), "110") == {"be1"}


def test_an_answer_that_is_older_than_the_last_one_changes_nothing(sightings: Sightings) -> None:
    sightings.take("be1", named(item("be1-1", 99)), "100")
    assert not sightings.take("be1", named(item("be1-0", 5)), "99")
    assert versions(sightings, "be1") == [99]


def test_a_version_that_is_no_number_is_older_than_any() -> None:
    assert [number(version) for version in ("12", "", "x1")] == [12, 0, 0]
