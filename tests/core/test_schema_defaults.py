from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.schema_defaults import (
    below,
    default_places,
    is_atomic,
    is_default,
    list_keys,
    without_defaults,
    without_hidden_defaults,
)

if TYPE_CHECKING:
    from kubectl_express.core.values import Object, Value

SCHEMA: Object = {
    "type": "object",
    "properties": {
        "replicas": {"type": "integer", "default": 1},
        "probes": {
            "type": "object",
            "default": {},
            "properties": {"live": {"type": "boolean", "default": True}, "path": {"type": "string"}},
        },
        "strategy": {"type": "object", "properties": {"surge": {"type": "integer", "default": 2}}},
        "env": {
            "type": "array",
            "items": {"type": "object", "properties": {"kind": {"type": "string", "default": "plain"}}},
        },
        "ports": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["port", "protocol"],
            "items": {"type": "object", "properties": {"protocol": {"type": "string", "default": "TCP"}}},
        },
        "zones": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "limits": {
            "type": "object",
            "additionalProperties": {"type": "object", "properties": {"unit": {"type": "string", "default": "m"}}},
        },
        "affinity": {
            "type": "object",
            "x-kubernetes-map-type": "atomic",
            "properties": {"weight": {"type": "integer", "default": 7}},
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}


@pytest.mark.parametrize(
    ("filled", "written"),
    [
        pytest.param({"replicas": 1}, {}, id="a default goes"),
        pytest.param({"replicas": 1.0}, {}, id="a default goes however its number is written"),
        pytest.param({"replicas": 2}, {"replicas": 2}, id="another value stays"),
        pytest.param({"replicas": None}, {"replicas": None}, id="a null stays"),
        pytest.param({"replicas": True}, {"replicas": True}, id="true is not 1"),
        pytest.param({"probes": {"live": True}}, {}, id="an empty default goes with what was filled into it"),
        pytest.param({"probes": {"live": False}}, {"probes": {"live": False}}, id="a changed inner value stays"),
        pytest.param(
            {"probes": {"live": True, "path": "/"}}, {"probes": {"path": "/"}}, id="only the inner default goes"
        ),
        pytest.param({"strategy": {"surge": 2}}, {"strategy": {}}, id="an object that is no default stays"),
        pytest.param({"env": [{"kind": "plain", "a": 1}]}, {"env": [{"a": 1}]}, id="defaults in lists' items go"),
        pytest.param({"limits": {"cpu": {"unit": "m"}}}, {"limits": {"cpu": {}}}, id="additional members count"),
        pytest.param({"free": {"replicas": 1}}, {"free": {"replicas": 1}}, id="what has no schema stays"),
        pytest.param({"unknown": [1]}, {"unknown": [1]}, id="what the schema does not know stays"),
    ],
)
def test_what_the_server_filled_in_goes_and_all_else_stays(filled: Object, written: Object) -> None:
    assert without_defaults(filled, SCHEMA) == written


def test_only_defaults_inside_values_with_one_owner_are_hidden() -> None:
    filled: Value = {
        "replicas": 1,
        "env": [{"kind": "plain"}],
        "ports": [{"port": 1, "protocol": "TCP"}],
        "affinity": {"weight": 7},
    }
    assert without_hidden_defaults(filled, SCHEMA) == {
        "replicas": 1,
        "env": [{}],
        "ports": [{"port": 1, "protocol": "TCP"}],
        "affinity": {},
    }


def test_defaults_that_were_written_out_are_kept_by_their_place() -> None:
    filled: Value = {"replicas": 1, "probes": {"live": True}, "env": [{"kind": "plain"}, {"kind": "plain"}]}
    assert sorted(set(default_places(filled, SCHEMA))) == ["/env/*/kind", "/probes", "/replicas"]
    assert without_defaults(filled, SCHEMA, ["/env/*/kind", "/replicas"]) == {
        "replicas": 1,
        "env": [{"kind": "plain"}, {"kind": "plain"}],
    }


def test_a_member_without_a_default_has_no_default_value_not_even_null() -> None:
    assert not is_default(None, below(SCHEMA, "/strategy"))


def test_a_pointer_finds_the_schema_through_objects_lists_and_additional_members() -> None:
    assert below(SCHEMA, "/env/3/kind") == {"type": "string", "default": "plain"}
    assert below(SCHEMA, "/limits/a~1b/unit") == {"type": "string", "default": "m"}
    assert below(SCHEMA, "/nowhere/to/be/found") == {}


def test_lists_have_one_owner_unless_they_say_how_they_are_merged() -> None:
    assert is_atomic(below(SCHEMA, "/env"))
    assert not is_atomic(below(SCHEMA, "/ports"))
    assert not is_atomic(below(SCHEMA, "/zones"))
    assert list_keys(below(SCHEMA, "/ports")) == ["port", "protocol"]
    assert list_keys(below(SCHEMA, "/zones")) == []


def test_objects_are_merged_unless_they_say_that_they_have_one_owner() -> None:
    assert not is_atomic(below(SCHEMA, "/strategy"))
    assert is_atomic(below(SCHEMA, "/affinity"))
