from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.hashing import HashMethod
from kubectl_express.core.live_data import Proof, prove

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.values import Object

METHOD = HashMethod()
SCHEMA: Object = {
    "properties": {
        "spec": {
            "properties": {
                "replicas": {"type": "integer", "default": 1},
                "env": {"type": "array", "items": {"properties": {"kind": {"type": "string", "default": "plain"}}}},
            }
        }
    }
}


def live(spec: Object, *managers: Object, applied: str | None = None) -> Object:
    annotations: Object = {} if applied is None else {"kubectl.kubernetes.io/last-applied-configuration": applied}
    return {
        "metadata": {"annotations": annotations, "managedFields": list(managers)},
        "spec": {**spec, "deploymentRevision": "whatever"},
    }


def manager(name: str, operation: str, tree: Object) -> Object:
    return {"manager": name, "operation": operation, "fieldsV1": {"f:spec": {"f:deploymentRevision": {}, **tree}}}


def proof_of(
    resource: Object,
    data: Object,
    known: list[tuple[str, str]] | None = None,
    schema: Callable[[], Object | None] = lambda: SCHEMA,
    data_path: str = "/spec",
) -> Proof | None:
    return prove(
        resource,
        declared=METHOD.revision(gojson.encode(data)),
        known=known or [],
        method=METHOD,
        data_path=data_path,
        revision_path="/spec/deploymentRevision",
        schema=schema,
    )


def no_schema() -> Object | None:
    raise AssertionError("the schema costs a request that was not needed")


def test_last_applied_proves_the_data_nulls_included_although_the_object_was_edited_by_hand() -> None:
    data: Object = {"image": "x", "gone": None}
    applied = gojson.encode({"spec": {**data, "deploymentRevision": "whatever"}})
    proof = proof_of(live({"image": "edited"}, applied=applied), data, schema=no_schema)
    assert proof == Proof('{"gone":null,"image":"x"}', data, "last-applied")


def test_a_text_that_is_known_is_not_kept_once_more() -> None:
    data: Object = {"image": "x"}
    applied = gojson.encode({"spec": {**data, "deploymentRevision": "whatever"}})
    known = gojson.encode(data)
    proof = proof_of(live(data, applied=applied), data, known=[("the ConfigMap", known)], schema=no_schema)
    assert proof == Proof(known, data, "last-applied")
    assert proof is not None
    assert proof.text is known


@pytest.mark.parametrize("broken", ["", "{", "[]", "null", '{"spec": 1}', "{}", '{"spec": {"image": "old"}}'])
def test_a_broken_or_stale_last_applied_is_passed_over(broken: str) -> None:
    proof = proof_of(live({"image": "x"}, applied=broken), {"image": "x"}, [("the ConfigMap", '{"image":"x"}')])
    assert proof is not None
    assert proof.source == "the ConfigMap"


def test_the_first_known_text_that_hashes_to_the_declared_revision_proves_byte_for_byte() -> None:
    text = '{ "image": "x" }\n'
    known = [("old", '{"image":"y"}'), ("ConfigMap", text), ("record", text)]
    proof = prove(
        live({}),
        declared=METHOD.revision(text),
        known=known,
        method=METHOD,
        data_path="/spec",
        revision_path="/spec/deploymentRevision",
        schema=no_schema,
    )
    assert proof == Proof(text, {"image": "x"}, "ConfigMap")


@pytest.mark.parametrize("text", ["", "null", "[]", '{"a":'])
def test_a_text_that_is_no_data_proves_nothing_even_if_its_hash_is_declared(text: str) -> None:
    assert (
        prove(
            live({}, manager("helm", "Update", {"f:a": {}})),
            declared=METHOD.revision(text),
            known=[("ConfigMap", text)],
            method=METHOD,
            data_path="/spec",
            revision_path="/spec/deploymentRevision",
            schema=lambda: None,
        )
        is None
    )


def test_a_resource_that_declares_no_revision_is_unproved() -> None:
    resource = live({"image": "x"})
    known = [("ConfigMap", "{}")]
    assert (
        prove(
            resource,
            declared=None,
            known=known,
            method=METHOD,
            data_path="/spec",
            revision_path="/spec/deploymentRevision",
            schema=no_schema,
        )
        is None
    )


def test_the_fields_of_who_applies_leave_out_defaults_and_controllers() -> None:
    resource = live(
        {"image": "x", "replicas": 1, "weight": 5},
        manager("kubectl", "Apply", {"f:image": {}}),
        {"manager": "scheduler", "operation": "Update", "fieldsV1": {"f:spec": {"f:weight": {}}}},
    )
    proof = proof_of(resource, {"image": "x"}, schema=no_schema)
    assert proof is not None
    assert proof.source == "fields owned by kubectl"


def test_a_default_that_was_applied_explicitly_stays_data() -> None:
    resource = live({"replicas": 1}, manager("kubectl", "Apply", {"f:replicas": {}}))
    assert proof_of(resource, {"replicas": 1}, schema=no_schema) is not None


def test_of_two_who_apply_either_alone_or_both_together_may_have_made_the_data() -> None:
    resource = live(
        {"a": 1, "b": 2, "c": 3},
        manager("kubectl", "Apply", {"f:a": {}, "f:b": {}}),
        manager("ci", "Apply", {"f:b": {}, "f:c": {}}),
    )
    each: list[Object] = [{"a": 1, "b": 2}, {"b": 2, "c": 3}]
    sources = [proof_of(resource, data, schema=no_schema) for data in each]
    assert [proof.source for proof in sources if proof] == ["fields owned by kubectl", "fields owned by ci"]
    both = proof_of(resource, {"a": 1, "b": 2, "c": 3}, schema=no_schema)
    assert both is not None
    assert both.source == "fields owned by kubectl and ci"


def test_defaults_inside_a_list_with_one_owner_are_taken_out_by_the_schema() -> None:
    resource = live(
        {"replicas": 1, "env": [{"name": "a", "kind": "plain"}]},
        manager("kubectl", "Apply", {"f:env": {}, "f:replicas": {}}),
    )
    proof = proof_of(resource, {"replicas": 1, "env": [{"name": "a"}]})
    assert proof is not None
    assert proof.source == "fields owned by kubectl, without defaults in lists"


def test_what_an_update_filled_in_is_taken_out_by_the_schema_and_controllers_by_ownership() -> None:
    resource = live(
        {"image": "x", "replicas": 1, "weight": 5, "env": [{"kind": "plain"}]},
        manager("helm", "Update", {"f:image": {}, "f:replicas": {}, "f:env": {}}),
        {"manager": "scheduler", "operation": "Update", "fieldsV1": {"f:spec": {"f:weight": {}}}},
    )
    proof = proof_of(resource, {"image": "x", "env": [{}]})
    assert proof is not None
    assert proof.source == "fields owned by helm, without defaults"


def test_a_default_that_was_written_out_and_then_updated_is_found_by_trying() -> None:
    resource = live(
        {"replicas": 1, "env": [{"kind": "plain"}]}, manager("helm", "Update", {"f:replicas": {}, "f:env": {}})
    )
    proof = proof_of(resource, {"replicas": 1, "env": [{}]})
    assert proof is not None
    assert proof.source.startswith("fields owned by helm, without defaults")
    resource = live({"image": "x", "replicas": 1, "env": [{"kind": "plain"}]})
    proof = proof_of(resource, {"image": "x", "env": [{"kind": "plain"}]})
    assert proof is not None
    assert proof.source == "its parameters, without defaults but /env/*/kind"


def test_without_managed_fields_the_parameters_prove_with_and_without_defaults() -> None:
    resource: Object = {"spec": {"image": "x", "replicas": 1, "deploymentRevision": "whatever"}}
    with_defaults = proof_of(resource, {"image": "x", "replicas": 1}, schema=no_schema)
    without = proof_of(resource, {"image": "x"})
    assert [proof.source for proof in (with_defaults, without) if proof] == [
        "its parameters as they are",
        "its parameters without defaults",
    ]


def test_a_value_that_was_edited_and_restored_under_server_side_apply_still_proves() -> None:
    resource = live(
        {"image": "x", "size": 2},
        manager("kubectl", "Apply", {"f:size": {}}),
        {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:spec": {"f:image": {}}}},
    )
    assert proof_of(resource, {"image": "x", "size": 2}, schema=no_schema) is not None


def test_where_nothing_hashes_to_the_declared_revision_there_is_no_proof() -> None:
    resource = live({"image": "edited"}, manager("kubectl", "Apply", {"f:image": {}}))
    assert proof_of(resource, {"image": "x"}, [("ConfigMap", '{"image":"y"}')]) is None
    assert proof_of(resource, {"image": "x"}, schema=lambda: None) is None


def test_the_data_may_lie_deeper_and_the_revision_beside_it() -> None:
    resource: Object = {
        "metadata": {
            "managedFields": [manager("kubectl", "Apply", {"f:config": {"f:a": {}}})],
        },
        "spec": {"deploymentRevision": "whatever", "config": {"a": 1, "filled": 2}},
    }
    assert proof_of(resource, {"a": 1}, schema=no_schema, data_path="/spec/config") is not None
