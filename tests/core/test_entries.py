"""Entries in JSON that one ConfigMap key holds for all nodes; those under keys of their own are in test_manifests."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.entries import read_record, with_texts
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.settings import RevisionSettings
from kubectl_express.core.values import Object, Value, mapping
from kubectl_express.core.verification import integrity_problems
from tests.core.rendered import SETTINGS, config_map, live_of, pod, resource, revision_of, side_of

if TYPE_CHECKING:
    from kubectl_express.core.node import Entry

DATA: Object = {"image": "a <b>", "sizes": [1, 2.5, None]}
TOGETHER = RevisionSettings(revision_key="nodes.json#/{node}/revision", data_key="nodes.json#/{node}/data")
APART = RevisionSettings(revision_key="r.json#/{node}", data_key="d.json#/all~1nodes/{node}")
MIXED = RevisionSettings(revision_key="{node}.revision", data_key="d.json#/{node}")


def entries(data: Object, settings: RevisionSettings = TOGETHER) -> list[Entry]:
    record = read_record(Manifest(config_map(data), "output.yaml:1"), settings)
    assert record.faults == ()
    return list(record.entries)


def fault(text: Value, settings: RevisionSettings = TOGETHER) -> str:
    record = read_record(Manifest(config_map({"nodes.json": text})), settings)
    (found,) = record.faults
    assert (record.entries, found.kind.value) == ((), "unreadable")
    assert found.whole == "ConfigMap/express-revisions-0 nodes.json"
    return found.message


def nodes_json(**nodes: Object) -> Object:
    """Return a ConfigMap's data with sound entries in one key, as toJson writes them."""
    each: Object = {name: {"data": data, "revision": revision_of(data)} for name, data in nodes.items()}
    return {"nodes.json": gojson.encode(each)}


def indented(data: Object) -> str:
    """Return those entries as toPrettyJson writes them."""
    text = json.dumps(json.loads(str(data["nodes.json"])), indent=2)
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


@pytest.mark.parametrize(
    ("settings", "data"),
    [
        pytest.param(TOGETHER, nodes_json(be1=DATA), id="an object a node"),
        pytest.param(
            TOGETHER,
            {"nodes.json": json.dumps({"be1": {"revision": revision_of(DATA), "data": gojson.encode(DATA)}})},
            id="a text a node",
        ),
        pytest.param(
            TOGETHER,
            {"nodes.json": indented(nodes_json(be1=DATA)), "README": "{}", "be1.json": "no entry"},
            id="indented",
        ),
        pytest.param(
            APART,
            {
                "r.json": gojson.encode({"be1": revision_of(DATA)}),
                "d.json": gojson.encode({"all/nodes": {"be1": DATA}, "be2": {}}),
            },
            id="in two keys",
        ),
        pytest.param(
            MIXED,
            {"be1.revision": revision_of(DATA), "d.json": gojson.encode({"be1": DATA})},
            id="in keys of both forms",
        ),
    ],
)
def test_a_sound_entry_is_read_wherever_it_is_configured_to_be(settings: RevisionSettings, data: Object) -> None:
    objects = [config_map(data), resource("be1", DATA)]
    node = side_of(objects, replace(SETTINGS, revisions=settings)).nodes["be1"]
    assert (node.stored, node.calculated, node.data, node.faults) == (revision_of(DATA), revision_of(DATA), DATA, ())


def test_the_hashed_text_is_the_string_or_the_json_as_it_stands_there_without_white_space() -> None:
    whole = (
        '{"a": {"data": {"z": -0, "a": 1e+06, "n": "\\u0061 b"}}, "b": {"data": "{\\"z\\": 1}\\n"}, "c": {"data": 3}}'
    )
    assert [(each.node, each.text) for each in entries({"nodes.json": whole})] == [
        ("a", '{"z":-0,"a":1e+06,"n":"\\u0061 b"}'),
        ("b", '{"z": 1}\n'),
        ("c", "3"),
    ]


def test_each_place_is_named_as_a_pointer_into_the_key() -> None:
    (entry,) = entries({"r.json": '{"a/b~c": "1"}'}, APART)
    assert str(entry.revision_place) == "ConfigMap/express-revisions-0 r.json#/a~1b~0c output.yaml:1"
    assert str(entry.data_place) == "ConfigMap/express-revisions-0 d.json#/all~1nodes/a~1b~0c output.yaml:1"
    assert (entry.stored, entry.text, entry.unquoted) == ("1", None, ())


def test_a_revision_that_is_no_string_is_named() -> None:
    (entry,) = entries({"nodes.json": '{"a": {"revision": 123, "data": {}}}'})
    assert (entry.stored, entry.unquoted) == (None, ("nodes.json#/a/revision",))


def test_what_has_neither_revision_nor_data_is_no_entry() -> None:
    assert entries({"nodes.json": '{"version": 2, "a": {"kind": "x"}, "b": null, "c": ["revision"]}'}) == []
    assert entries({}) == []
    assert entries({"r.json": "{}", "d.json": '{"all/nodes": null}'}, APART) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"be1": {"revision": "1", "data": {}}, "be1": {"revision": "1", "data": {}}}',
        '{"be1": {"revision": "1", "data": {}, "data": {}}}',
    ],
)
def test_a_node_that_stands_there_twice_has_two_entries(text: str) -> None:
    assert [each.node for each in entries({"nodes.json": text})] == ["be1", "be1"]
    settings = replace(SETTINGS, revisions=TOGETHER)
    assert (
        "duplicate" in side_of([config_map({"nodes.json": text}), resource("be1", {})], settings).nodes["be1"].integrity
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty (Helm's toJson gives an empty text when it fails)"),
        ('{"be1": \n oops}', "it is no JSON: line 2, column 2: expecting value"),
        ("[]", "it is no JSON object"),
        ("null", "it is no JSON object"),
        ({"be1": {}}, "it is no text: unquoted, YAML reads JSON as an object, so quote it in the chart"),
    ],
)
def test_json_of_all_nodes_that_cannot_be_read_is_one_fault(text: Value, problem: str) -> None:
    assert fault(text) == f"ConfigMap/express-revisions-0 key nodes.json: {problem}"


def test_a_step_to_the_nodes_that_is_no_object_is_named() -> None:
    apart = replace(TOGETHER, revision_key="nodes.json#/all/{node}", data_key="{node}.data")
    assert fault('{"all": []}', apart) == "ConfigMap/express-revisions-0 key nodes.json: /all is no JSON object"


def test_that_fault_is_told_once_for_all_nodes_live_or_not() -> None:
    settings = replace(SETTINGS, revisions=TOGETHER)
    objects = [config_map({"nodes.json": "{"}), resource("be1", {}), resource("be2", {})]
    for side in (side_of(objects, settings), live_of(objects, pod("be1", revision_of({})), settings=settings)):
        assert [node.integrity for node in side.nodes.values()] == [["unreadable"], ["unreadable"]]
        (problem,) = integrity_problems(side.nodes.values())
        assert (problem.node, problem.problem) == ("", "unreadable")
        assert "ConfigMap/express-revisions-0 key nodes.json: it is no JSON" in problem.line()


def test_a_node_whose_entry_is_elsewhere_is_sound_beside_json_that_cannot_be_read() -> None:
    settings = replace(SETTINGS, revisions=TOGETHER)
    maps = [config_map({"nodes.json": "{"}, "part-0"), config_map(nodes_json(be1=DATA), "part-1")]
    side = side_of([*maps, resource("be1", DATA), resource("be2", DATA)], settings)
    assert {name: node.integrity for name, node in side.nodes.items()} == {"be1": [], "be2": ["unreadable"]}


def test_a_resource_that_the_json_does_not_tell_of_is_an_orphan_as_ever() -> None:
    settings = replace(SETTINGS, revisions=TOGETHER)
    (found,) = side_of([config_map(nodes_json(be1=DATA)), resource("be2", DATA)], settings).nodes["be2"].faults
    assert found.cause is not None
    assert "no key nodes.json#/<node>/revision or its data for this node" in found.cause


@pytest.mark.parametrize(
    ("whole", "shown"),
    [
        ('{"a": {"data": {"p": 1}, "r": 1}, "b": {"data": "x"}}', '{"a": {"data": *7*, "r": 1}, "b": {"data": "*1*"}}'),
        ('{"a": {"data": 1, "data": 22}}', '{"a": {"data": *1*, "data": *2*}}'),
        ('{"a": {"date": 1}}', "hidden"),
        ('{"a": ', "hidden"),
        ({"a": 1}, "hidden"),
    ],
)
def test_texts_are_replaced_where_they_stand_and_the_rest_is_left(whole: Value, shown: str) -> None:
    data = {"nodes.json": whole, "README": "text", "a.json": "{}"}
    replaced = with_texts(data, TOGETHER, lambda text: f"*{len(text.replace(' ', ''))}*", "hidden")
    assert replaced == {**data, "nodes.json": shown}
    assert mapping(with_texts({"README": "text"}, TOGETHER, str.upper, "hidden")) == {"README": "text"}
