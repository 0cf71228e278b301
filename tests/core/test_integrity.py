from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.hashing import HashMethod
from kubectl_express.core.integrity import prune_nulls
from kubectl_express.core.settings import RevisionSettings
from tests.core.rendered import SETTINGS, config_map, entry, node_of, resource, revision_of, side_of, system

if TYPE_CHECKING:
    from kubectl_express.core.values import Object

DATA: Object = {"image": "x", "replicas": 2}
REVISION = revision_of(DATA)
TEXT = gojson.encode(DATA)
NO_NODE: Object = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}


def faults(*objects: Object, name: str = "be1") -> list[tuple[str, str, str | None]]:
    return [(fault.kind.value, fault.message, fault.cause) for fault in node_of(list(objects), name).faults]


def test_a_sound_node_has_no_fault() -> None:
    assert faults(*system(be1=DATA)) == []


def test_an_entry_that_does_not_hash_to_its_stored_revision_is_a_mismatch_that_names_both() -> None:
    stored = "0123456789"
    entries: Object = {"be1.revision": stored, "be1.json": TEXT}
    assert faults(config_map(entries), resource("be1", DATA, declared=stored)) == [
        ("mismatch", f"stored {stored}, calculated {REVISION}", "cause unknown")
    ]


def test_another_revision_declared_than_stored_is_a_disagreement() -> None:
    assert faults(config_map(entry("be1", DATA)), resource("be1", DATA, declared="other")) == [
        ("disagree", f"Backend/be1 declares other, stored is {REVISION}", None)
    ]


def test_no_revision_declared_is_a_disagreement() -> None:
    bare = resource("be1", DATA)
    bare["spec"] = DATA
    assert faults(config_map(entry("be1", DATA)), bare) == [
        ("disagree", f"Backend/be1 declares (none), stored is {REVISION}", None)
    ]


@pytest.mark.parametrize("written", [1234567890, 1e22, True])
def test_an_unquoted_revision_is_a_disagreement_that_says_so(written: object) -> None:
    ((kind, message, cause),) = faults(config_map(entry("be1", DATA)), resource("be1", DATA, declared=written))
    assert (kind, cause) == (
        "disagree",
        "the revision is no string: unquoted, YAML reads digits as a number, so quote it in the chart",
    )
    assert message == f"/spec/deploymentRevision of Backend/be1 is {gojson.encode(written)}, stored is {REVISION}"  # type: ignore[arg-type]


def test_other_parameters_than_the_data_are_a_disagreement_that_says_where() -> None:
    changed = resource("be1", {**DATA, "replicas": 3, "a/b": 1}, declared=REVISION)
    assert faults(config_map(entry("be1", DATA)), changed) == [
        ("disagree", "Backend/be1 has other parameters than the data", "they differ at /a~1b, /replicas")
    ]


def test_many_differing_parameters_are_counted_behind_the_first() -> None:
    many: Object = {f"p{number}": number for number in range(5)}
    ((_, _, cause),) = faults(config_map(entry("be1", {})), resource("be1", many, declared=revision_of({})))
    assert cause == "they differ at /p0, /p1, /p2 and 2 more"


@pytest.mark.parametrize(
    ("data", "parameters"),
    [
        ({"a": None, "b": {"c": None}}, {"b": {}}),
        ({"a": 1000000.0}, {"a": 1000000}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ],
)
def test_dropped_nulls_and_other_representations_are_no_disagreement(data: Object, parameters: Object) -> None:
    assert faults(config_map(entry("be1", data)), resource("be1", parameters, declared=revision_of(data))) == []


def test_only_members_that_are_null_are_dropped() -> None:
    assert prune_nulls({"a": None, "b": [None, {"c": None}], "d": 0, "e": ""}) == {"b": [None, {}], "d": 0, "e": ""}


def test_an_entry_without_a_resource_is_an_orphan() -> None:
    ((kind, message, cause),) = faults(config_map(entry("be1", DATA)))
    assert (kind, cause) == ("orphan", None)
    assert message == "ConfigMap/express-revisions-0 has an entry for it, but there is no Backend or Frontend"


def test_a_resource_without_any_config_map_is_an_orphan_of_a_chart_that_generates_none() -> None:
    assert faults(resource("be1", DATA), NO_NODE) == [
        (
            "orphan",
            "Backend/be1 has no entry",
            (
                "the chart does not generate the ConfigMap: no ConfigMap labelled express.example.com/revisions=true "
                "is rendered"
            ),
        )
    ]


def test_a_resource_without_its_keys_is_an_orphan_of_a_config_map_generated_in_part() -> None:
    assert faults(config_map(entry("be2", {})), resource("be1", DATA)) == [
        (
            "orphan",
            "Backend/be1 has no entry",
            "the ConfigMap is generated only in part: no key <node>.revision or its data for this node",
        )
    ]


def test_a_key_that_is_absent_names_the_part_that_is_missing() -> None:
    declared = resource("be1", DATA)
    assert faults(config_map({"be1.revision": REVISION}), declared) == [
        (
            "unreadable",
            "ConfigMap/express-revisions-0 has no text under be1.json",
            "the ConfigMap is generated only in part: be1.json is absent",
        )
    ]
    assert faults(config_map({"be1.json": TEXT}), declared) == [
        (
            "mismatch",
            f"stored (none), calculated {REVISION}",
            "the ConfigMap is generated only in part: be1.revision is absent",
        ),
        ("disagree", f"Backend/be1 declares {REVISION}, stored is (none)", None),
    ]


def test_a_key_that_holds_no_string_is_not_called_absent() -> None:
    declared = resource("be1", DATA)
    found = faults(config_map({"be1.revision": REVISION, "be1.json": DATA}), declared)
    assert found == [
        (
            "unreadable",
            "ConfigMap/express-revisions-0 has no text under be1.json",
            "be1.json is there and no string: unquoted, YAML reads it as something else, so quote it in the chart",
        )
    ]
    (mismatch, _) = faults(config_map({"be1.revision": 1234567890, "be1.json": TEXT}), declared)
    assert mismatch[0] == "mismatch"
    assert str(mismatch[2]).startswith("be1.revision is there and no string")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty (Helm's toJson gives an empty text when it fails)"),
        ("{", "it is no JSON: line 1, column 2: "),
        ("[1]", "it is no JSON object"),
        ("null", "it is no JSON object"),
        ("{} {}", "it is no JSON: line 1, column 4: text after the JSON value"),
    ],
)
def test_a_text_that_is_no_object_is_unreadable_and_says_why(text: str, problem: str) -> None:
    revision = HashMethod().revision(text)
    entries: Object = {"be1.revision": revision, "be1.json": text}
    found = faults(config_map(entries), resource("be1", DATA, declared=revision))
    assert [kind for kind, _, _ in found if kind != "disagree"] == ["unreadable"]
    assert found[0][1].startswith(f"ConfigMap/express-revisions-0 key be1.json: {problem}")


def test_two_entries_of_one_name_are_a_duplicate_that_names_both_places() -> None:
    objects = [config_map(entry("be1", DATA), "one"), config_map(entry("be1", DATA), "two"), resource("be1", DATA)]
    assert faults(*objects) == [("duplicate", "2 entries for it, in ConfigMap/one, ConfigMap/two", None)]


def test_two_resources_of_one_name_are_a_duplicate_whatever_their_kinds() -> None:
    objects = [config_map(entry("be1", DATA)), resource("be1", DATA), resource("be1", DATA, "Frontend")]
    ((kind, message, _),) = faults(*objects)
    assert kind == "duplicate"
    assert message.startswith("2 resources of its name: Backend/be1 ")
    assert "Frontend/be1" in message


def test_each_kind_of_fault_is_listed_once() -> None:
    changed = resource("be1", {"image": "y"}, declared="other")
    assert node_of([config_map(entry("be1", DATA)), changed]).integrity == ["disagree"]
    assert len(faults(config_map(entry("be1", DATA)), changed)) == 2


def test_a_fault_of_one_node_is_no_other_node_s() -> None:
    objects = [*system(be1=DATA, be2=DATA), resource("be2", DATA)]
    assert {name: node.integrity for name, node in side_of(objects).nodes.items()} == {"be1": [], "be2": ["duplicate"]}


def test_revisions_are_calculated_as_configured() -> None:
    method = HashMethod("sha1", 8)
    settings = replace(SETTINGS, revisions=RevisionSettings(hash=method))
    stored = method.revision(TEXT)
    objects = [config_map({"be1.revision": stored, "be1.json": TEXT}), resource("be1", DATA, declared=stored)]
    assert node_of(objects, settings=settings).faults == ()
