from __future__ import annotations

from dataclasses import replace

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.former import former_text
from kubectl_express.core.record import Touched
from kubectl_express.core.settings import ResourceSettings, Settings
from kubectl_express.core.values import Object, Value, at, mapping
from tests.core.rendered import LAST_APPLIED, live_of, resource, revision_of

SETTINGS = Settings()


def managed(live: Object, manager: str, fields: Value, operation: str = "Apply", time: str = "10:00:00") -> Object:
    """Return a live object with one more entry of managed fields."""
    metadata = mapping(live["metadata"])
    before = metadata.get("managedFields")
    entry: Object = {"manager": manager, "operation": operation, "time": f"2024-05-01T{time}Z", "fieldsV1": fields}
    entries = [*(before if isinstance(before, list) else []), entry]
    return {**live, "metadata": {**metadata, "managedFields": entries}}


def settings_map(data: Object, **metadata: Value) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared", **metadata}, "data": data}


def noting(live: Object, said: Object) -> Object:
    """Return a live object that a client-side apply has left its note in."""
    annotations: Object = {LAST_APPLIED: gojson.encode(said)}
    return {**live, "metadata": {**mapping(live["metadata"]), "annotations": annotations}}


def touched(said: Object) -> Touched:
    text = gojson.encode(said)
    kind, name = str(said["kind"]), str(at(said, "/metadata/name"))
    return Touched(str(said["apiVersion"]), kind, name, "", False, text, None, None, None, None)


def former(live: Object | None, *earlier: Touched, settings: Settings = SETTINGS) -> Object | None:
    text = former_text(live, None, earlier, settings)
    return None if text is None else gojson.decode_object(text)


def test_what_was_not_there_has_no_former() -> None:
    assert former(None, touched(settings_map({"a": "1"}))) is None


def test_the_latest_rollout_whose_text_is_deployed_tells_the_former_in_its_own_words() -> None:
    live = settings_map({"a": "1"}, uid="u", resourceVersion="7")
    text = "# as the chart has it\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: shared}\ndata: {a: '1'}\n"
    past = replace(touched(settings_map({"a": "1"})), applied=text)
    others = [
        touched(settings_map({"a": "2"})),
        replace(past, name="another"),
        replace(past, namespace="elsewhere"),
        replace(past, applied="}"),
        replace(past, applied=None),
        replace(past, applied=f"{text}---\n{text}"),
    ]
    assert former_text(live, None, [*others, past], SETTINGS) == text
    assert former_text(live, None, others, SETTINGS) != text


def test_a_text_is_not_deployed_any_more_once_a_deployer_has_added_a_label() -> None:
    fields: Object = {"f:metadata": {"f:labels": {".": {}, "f:added": {}}}, "f:data": {".": {}, "f:a": {}}}
    live = managed(settings_map({"a": "1"}, labels={"added": "x"}), "kubectl", fields)
    assert former(live, touched(settings_map({"a": "1"}))) == settings_map({"a": "1"}, labels={"added": "x"})
    by_hand = managed(settings_map({"a": "1"}, labels={"added": "x"}), "kubectl-label", fields, "Update")
    assert former(by_hand, touched(settings_map({"a": "1"}))) == settings_map({"a": "1"})


def test_what_a_client_side_apply_noted_is_the_former_whatever_hands_have_done() -> None:
    said = settings_map({"a": "1"})
    live = noting(managed(settings_map({"a": "edited", "b": "2"}), "kubectl-edit", {"f:data": {"f:b": {}}}), said)
    assert former(live) == said


def test_a_note_is_passed_over_once_another_deployer_came_later() -> None:
    owned: Object = {"f:data": {".": {}, "f:a": {}}}
    live = managed(settings_map({"a": "2"}), "kubectl-client-side-apply", {"f:data": {".": {}}}, "Update", "10:00:00")
    live = noting(managed(live, "helm", owned, "Apply", "10:00:01"), settings_map({"a": "1"}))
    assert former(live) == settings_map({"a": "2"})


def test_what_controllers_and_the_server_set_is_no_part_of_the_former() -> None:
    live = settings_map({"a": "1", "controller": "x", "hand": "y"}, uid="u", resourceVersion="7", namespace="ns")
    live = managed(live, "helm", {"f:metadata": {"f:labels": {}}, "f:data": {".": {}, "f:a": {}}})
    live = managed(live, "controller", {"f:data": {"f:controller": {}}}, "Update")
    live = managed(live, "kubectl-patch", {"f:data": {"f:hand": {}}}, "Update")
    assert former(live) == settings_map({"a": "1", "hand": "y"}, namespace="ns")


def test_of_an_object_without_managed_fields_all_but_what_the_server_sets_is_the_former() -> None:
    live: Object = {**settings_map({"a": "1"}, uid="u", generation=3, creationTimestamp="t"), "status": {"x": 1}}
    assert former(live) == settings_map({"a": "1"})


def test_a_node_s_parameters_are_those_that_were_hashed_in_go_s_notation() -> None:
    data: Object = {"big": 1e21, "small": 1e-07, "whole": 1000000.0, "none": None, "text": "<&>"}
    said = resource("be1", data)
    live = noting({**said, "spec": {**mapping(said["spec"]), "defaulted": 1, "big": 7}}, said)
    node = live_of([live]).nodes["be1"]
    text = former_text(live, node, (), SETTINGS)
    assert text is not None
    assert f'"spec":{{"big":1e+21,"deploymentRevision":"{revision_of(data)}","none":null,' in text
    assert r'"small":1e-7,"text":"\u003c\u0026\u003e","whole":1000000}' in text


def test_a_node_s_earlier_text_is_its_former_where_it_declares_its_revision_and_says_its_parameters() -> None:
    data: Object = {"a": 1, "list": [{"name": "x"}]}
    said = resource("be1", data)
    live: Object = {**said, "spec": {**mapping(said["spec"]), "list": [{"name": "x", "defaulted": True}]}}
    node = live_of([noting(live, said)]).nodes["be1"]
    past, stale = touched(said), touched(resource("be1", {"a": 2}))
    missed = touched(resource("be1", {"a": 2}, declared=revision_of(data)))
    assert former_text(live, node, (stale, missed, past), SETTINGS) == past.applied
    assert former_text(live, node, (stale, missed), SETTINGS) not in {stale.applied, missed.applied}


def test_parameters_and_revision_may_stand_wherever_they_are_configured() -> None:
    paths = ResourceSettings(data_path="/spec/parameters", revision_path="/metadata/annotations/revision")
    settings = replace(SETTINGS, resources=paths)
    data: Object = {"a": None, "b": 1}
    live: Object = {
        "apiVersion": "express.example.com/v1",
        "kind": "Backend",
        "metadata": {"name": "be1", "annotations": {"revision": revision_of(data)}},
        "spec": {"parameters": {"b": 1, "defaulted": 2}, "replicas": 3},
    }
    node = replace(live_of([resource("be1", data)]).nodes["be1"], text=gojson.encode(data), data=data)
    text = former_text(live, node, (), settings)
    assert text is not None
    spec: Object = {"parameters": data, "replicas": 3}
    assert gojson.decode_object(text) == {**live, "spec": spec}


@pytest.mark.parametrize("annotation", ["", "{", "[]", '{"kind": "Other"}'])
def test_a_note_that_makes_no_sense_is_passed_over(annotation: str) -> None:
    live = settings_map({"a": "1"}, annotations={LAST_APPLIED: annotation})
    assert former(live) == settings_map({"a": "1"})


def test_a_secret_whose_texts_are_owned_as_such_keeps_its_data_and_not_what_controllers_put_there() -> None:
    live: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "eA==", "b": "eQ=="}}
    live = managed(live, "kubectl", {"f:stringData": {"f:a": {}}})
    live = managed(live, "some-controller", {"f:data": {"f:b": {}}}, "Update")
    found = former(live)
    assert found is not None
    assert (found["data"], "stringData" in found) == ({"a": "eA=="}, False)
    said: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "x"}}
    alone: Object = {**live, "data": {"a": "eA=="}}
    assert former(alone, touched(said)) == said
