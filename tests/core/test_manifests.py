from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.goyaml_parser import GoParser
from kubectl_express.core.kubectl_yaml import InvalidYAML, read_documents
from kubectl_express.core.manifests import manifests, rendered_side
from kubectl_express.core.settings import ResourceSettings, RevisionSettings, Settings
from kubectl_express.core.values import Object, Value, mapping
from tests.core.rendered import SETTINGS, config_map, entry, resource, revision_of, side_of, system

if TYPE_CHECKING:
    from kubectl_express.core.kubectl_yaml import Parser
    from kubectl_express.core.node import Side


def read(text: str, settings: Settings = SETTINGS) -> Side:
    return rendered_side(read_documents(text, "output.yaml"), settings, origin="output.yaml")


def test_a_sound_node_has_one_revision_in_all_three_places() -> None:
    data: Object = {"image": "x", "replicas": 2, "nothing": None}
    node = side_of(system(be1=data)).nodes["be1"]
    assert (node.stored, node.calculated, node.declared) == (revision_of(data),) * 3
    assert (node.kind, node.data, node.text, node.faults) == ("Backend", data, gojson.encode(data), ())


@pytest.mark.parametrize("parser", [None, GoParser])
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("kind: a\n---\nkind: b\n---\nkind: c\n---\nkind: d\n", 7),
        ('{"kind": "a"}\n{"kind": "b"}\n{"kind": "c"}\n{"kind": "d"}\n', 4),
        ("kind: a\n---\nkind: List\nitems: [{}, {}, {}]\n", 3),
        ("kind: a\n---\nkind: List\nitems: [{kind: List, items: [{}, {}]}, {}]\n", 3),
    ],
)
def test_more_objects_than_any_system_has_are_refused_where_they_become_too_many(
    monkeypatch: pytest.MonkeyPatch, parser: Parser | None, text: str, line: int
) -> None:
    monkeypatch.setattr("kubectl_express.core.manifests.MOST_OBJECTS", 4)
    assert len(list(manifests(read_documents(text, "output.yaml", parser)))) == 4
    monkeypatch.setattr("kubectl_express.core.manifests.MOST_OBJECTS", 3)
    with pytest.raises(InvalidYAML) as caught:
        list(manifests(read_documents(text, "output.yaml", parser)))
    assert str(caught.value) == f"output.yaml:{line}: more than 3 objects: read the manifests of one system at a time"


def test_each_link_says_where_it_was_read() -> None:
    objects = system(be1={})
    places = side_of([{"kind": "Service", "apiVersion": "v1"}, *objects]).nodes["be1"].places
    assert {link: str(place) for link, place in places.items()} == {
        "stored": "ConfigMap/express-revisions-0 be1.revision output.yaml:4",
        "data": "ConfigMap/express-revisions-0 be1.json output.yaml:4",
        "declared": "Backend/be1 /spec/deploymentRevision output.yaml:6",
    }


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param({"apiVersion": "v1", "kind": "List", "items": system(be1={"a": 1})}, id="kubectl get"),
        pytest.param(
            {"kind": "List", "items": [{"kind": "List", "items": system(be1={"a": 1})}, None, "text"]},
            id="nested",
        ),
    ],
)
def test_the_items_of_a_list_are_objects_of_their_own(listed: Object) -> None:
    side = side_of([listed])
    assert list(side.nodes) == ["be1"]
    assert side.nodes["be1"].faults == ()
    assert [item["kind"] for item in side.objects] == ["ConfigMap", "Backend"]


def test_the_items_of_a_typed_list_are_what_the_list_says() -> None:
    untyped: list[Value] = [
        {key: value for key, value in resource("be1", {}).items() if key not in {"apiVersion", "kind"}}
    ]
    side = side_of([{"apiVersion": "express.example.com/v1", "kind": "BackendList", "items": untyped}])
    assert side.nodes["be1"].kind == "Backend"


@pytest.mark.parametrize("text", ["", "---\n---\n# nothing\n", "null", "just text", "- 1\n- 2\n"])
def test_a_document_that_is_no_object_is_passed_over(text: str) -> None:
    assert read(text).nodes == {}


@pytest.mark.parametrize(
    ("change", "is_node"),
    [
        ({"apiVersion": "express.example.com/v2alpha1"}, True),
        ({"apiVersion": "other.example.com/v1"}, False),
        ({"apiVersion": "v1"}, False),
        ({"kind": "Cache"}, False),
        ({"apiVersion": None}, False),
    ],
)
def test_a_node_is_of_a_configured_kind_and_group_whatever_its_version(change: Object, is_node: bool) -> None:
    assert ("be1" in side_of([{**resource("be1", {}), **change}]).nodes) is is_node


@pytest.mark.parametrize(
    "labels", [None, {}, {"express.example.com/revisions": "false"}, {"express.example.com/revisions": True}]
)
def test_a_config_map_without_the_label_tells_of_no_node(labels: Value) -> None:
    other = config_map(entry("be1", {}))
    other["metadata"] = {"name": "settings", "labels": labels}
    assert side_of([other]).nodes == {}


def test_several_config_maps_tell_of_the_nodes_of_one_system() -> None:
    objects = [
        config_map(entry("be1", {}), "part-0"),
        config_map(entry("be2", {}), "part-1"),
        resource("be1", {}),
        resource("be2", {}),
    ]
    assert [(name, node.integrity) for name, node in side_of(objects).nodes.items()] == [("be1", []), ("be2", [])]


@pytest.mark.parametrize(
    ("revision_key", "data_key"),
    [
        ("{node}.revision", "{node}.json"),
        ("revision-of-{node}", "data-of-{node}"),
    ],
)
def test_keys_are_named_as_configured(revision_key: str, data_key: str) -> None:
    settings = replace(SETTINGS, revisions=RevisionSettings(revision_key=revision_key, data_key=data_key))
    data: Object = {"a": 1}
    entries: Object = {
        revision_key.format(node="be1"): revision_of(data),
        data_key.format(node="be1"): gojson.encode(data),
    }
    node = side_of([config_map({**entries, "README": "no entry"}), resource("be1", data)], settings).nodes["be1"]
    assert (node.stored, node.faults) == (revision_of(data), ())


@pytest.mark.parametrize("key", [".json", ".revision", "be1.yaml", "be1.json.bak"])
def test_a_key_that_names_no_node_is_no_entry(key: str) -> None:
    assert side_of([config_map({key: "text"})]).nodes == {}


def test_the_revision_and_the_data_are_read_where_they_are_configured_to_be() -> None:
    paths = ResourceSettings(data_path="/spec/parameters", revision_path="/metadata/annotations/example.com~1revision")
    data: Object = {"a": 1}
    manifest: Object = {
        "apiVersion": "express.example.com/v1",
        "kind": "Frontend",
        "metadata": {"name": "fe1", "annotations": {"example.com/revision": revision_of(data)}},
        "spec": {"parameters": data, "paused": False},
    }
    node = side_of([config_map(entry("fe1", data)), manifest], replace(SETTINGS, resources=paths)).nodes["fe1"]
    assert (node.declared, node.parameters, node.faults) == (revision_of(data), data, ())


@pytest.mark.parametrize(
    ("annotation", "wave"),
    [("3", 3), ("-1", -1), ("+2", 2), ("007", 7), ("", 0), ("1.5", 0), ("1_0", 0), (" 1", 0), ("٣", 0), ("9" * 20, 0)],
)
def test_a_wave_is_read_as_argo_cd_reads_it(annotation: str, wave: int) -> None:
    manifest = resource("be1", {})
    manifest["metadata"] = {"name": "be1", "annotations": {"argocd.argoproj.io/sync-wave": annotation}}
    assert side_of([manifest]).nodes["be1"].wave == wave


def test_a_node_without_the_annotation_is_in_wave_0() -> None:
    assert side_of(system(be1={})).nodes["be1"].wave == 0


def test_numbers_are_read_as_kubectl_reads_them() -> None:
    text = (
        "apiVersion: express.example.com/v1\nkind: Backend\nmetadata: {name: be1}\n"
        "spec: {memory: 1e+06, day: 2024-01-01, on: yes, deploymentRevision: abc}\n"
    )
    assert read(text).nodes["be1"].parameters == {"memory": 1000000, "day": "2024-01-01", "true": True}


def test_nodes_of_one_name_in_two_namespaces_are_told_apart_by_where_they_stand() -> None:
    here, there = resource("be1", {}), resource("be1", {})
    here["metadata"], there["metadata"] = {"name": "be1", "namespace": "a"}, {"name": "be1", "namespace": "b"}
    (fault,) = side_of([*system(be1={})[:1], here, there]).nodes["be1"].faults
    assert fault.kind.value == "duplicate"
    assert "output.yaml:4" in fault.message
    assert "output.yaml:6" in fault.message


def test_every_object_of_a_rendering_is_kept_in_its_order() -> None:
    objects: list[Object] = [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}, *system(be1={})]
    assert [mapping(item["metadata"])["name"] for item in side_of(objects).objects] == [
        "a",
        "express-revisions-0",
        "be1",
    ]
