from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.changes import changes
from kubectl_express.core.objects import deployed, object_changes
from kubectl_express.core.parameters import ABSENT, Absent, ParameterChange
from kubectl_express.core.verdict import Comparison
from kubectl_express.core.verification import Verification, integrity_problems
from kubectl_express.output.formats import FORMATS, find_format
from kubectl_express.output.masking import masked_pair
from kubectl_express.output.palette import Palette
from kubectl_express.output.redaction import redacted, redacted_change
from kubectl_express.output.views.diff import SystemDiff, diff_view
from kubectl_express.output.views.inspect import Inspection, inspect_view
from kubectl_express.output.views.revisions import revisions_view
from kubectl_express.output.views.systems import Place, Reading
from kubectl_express.output.views.verify import SystemVerification, verify_view
from tests.core.rendered import (
    SETTINGS,
    applied_by_kubectl,
    config_map,
    entry,
    live_of,
    pod,
    resource,
    revision_of,
    side_of,
    system,
)

if TYPE_CHECKING:
    from kubectl_express.core.node import Side
    from kubectl_express.core.values import Object, Value
    from kubectl_express.output.view import View

PLACE = Place("test3", "test3", "yul1")
POINTERS = ("/password", "/tls/key", "/env/0/value")
HIDING = replace(SETTINGS, redact=POINTERS)
H = "(redacted)"


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ({"password": "s", "user": "u"}, {"password": H, "user": "u"}),
        ({"password": {"deep": "s"}}, {"password": H}),
        ({"password": None}, {"password": H}),
        ({"tls": {"key": "s", "cert": "c"}}, {"tls": {"key": H, "cert": "c"}}),
        ({"tls": "text"}, {"tls": "text"}),
        ({"env": [{"value": "s"}, {"value": "v"}]}, {"env": [{"value": H}, {"value": "v"}]}),
        ({"env": []}, {"env": []}),
        ({"other": 1}, {"other": 1}),
    ],
)
def test_the_value_at_a_pointer_is_replaced_where_there_is_one(data: Object, shown: Object) -> None:
    assert redacted(data, POINTERS) == shown


def test_pointers_inside_each_other_hide_the_whole() -> None:
    assert redacted({"a": {"b": "s", "c": "t"}}, ["/a", "/a/b"]) == {"a": H}
    assert redacted({"a": {"b": "s", "c": "t"}}, ["/a/b", "/a"]) == {"a": H}


@pytest.mark.parametrize(
    ("path", "old", "new", "shown_old", "shown_new"),
    [
        pytest.param("/password", "s", "t", H, H, id="at the pointer"),
        pytest.param("/password/deep", "s", ABSENT, H, ABSENT, id="below it"),
        pytest.param("/tls", {"key": "s"}, {"key": "t", "a": 1}, {"key": H}, {"key": H, "a": 1}, id="above it"),
        pytest.param("", ABSENT, {"password": "s"}, ABSENT, {"password": H}, id="all of a node"),
        pytest.param("/env", ABSENT, [{"value": "s"}], ABSENT, [{"value": H}], id="a list above it"),
        pytest.param("/env/1/value", "s", "t", H, H, id="an item that moved"),
        pytest.param("/env/2", {"value": "s", "a": 1}, ABSENT, {"value": H, "a": 1}, ABSENT, id="an item that went"),
        pytest.param("/passwords", "s", "t", "s", "t", id="a longer name"),
        pytest.param("/env/0/name", "s", "t", "s", "t", id="beside it"),
    ],
)
def test_a_change_shows_nothing_of_a_redacted_parameter(
    path: str, old: Value | Absent, new: Value | Absent, shown_old: Value | Absent, shown_new: Value | Absent
) -> None:
    assert redacted_change(ParameterChange(path, old, new), POINTERS) == ParameterChange(path, shown_old, shown_new)


SECRET = "hunter2"


def hidden(value: str) -> Object:
    """Return data that says a secret everywhere the pointers lead to."""
    return {
        "password": SECRET + value,
        "tls": {"key": SECRET + value},
        "env": [{"value": SECRET + value}],
        "open": value,
    }


def drifted() -> Side:
    by_hand = applied_by_kubectl(resource("be1", {"open": "1"}))
    by_hand["spec"] = {**hidden("2"), "deploymentRevision": revision_of({"open": "1"})}
    metadata: Object = dict(by_hand["metadata"])  # type: ignore[arg-type]
    fields: Object = {"f:spec": {"f:password": {}, "f:tls": {}, "f:env": {}, "f:open": {}}}
    metadata["managedFields"] = [{"manager": "kubectl-edit", "operation": "Update", "fieldsV1": fields}]
    by_hand["metadata"] = metadata
    return live_of([config_map(entry("be1", {"open": "1"})), by_hand], pod("be1", revision_of({"open": "1"})))


def views() -> dict[str, View]:
    old, new = side_of(system(be1=hidden("1"), gone=hidden("1"))), side_of(system(be1=hidden("2"), fresh=hidden("2")))
    resources = SETTINGS.resources

    def compared(baseline: Side, target: Side) -> Comparison:
        others = object_changes(deployed(baseline.objects, resources), deployed(target.objects, resources), resources)
        return Comparison(baseline, target, tuple(changes(baseline, target, resources.kinds)), tuple(others))

    def diff(baseline: Side, target: Side) -> View:
        return diff_view([SystemDiff(PLACE, HIDING, compared(baseline, target))], objects=True)

    def inspect(side: Side, baseline: Side | None = None) -> View:
        comparison = compared(baseline, side) if baseline else None
        return inspect_view([Inspection(Reading(PLACE, side, HIDING), comparison)], ())

    def verified(side: Side) -> View:
        problems = tuple(integrity_problems(side.nodes.values()))
        return verify_view([SystemVerification(PLACE, HIDING, Verification(side, ("all",), problems))])

    broken = side_of(
        [config_map({**entry("be1", hidden("1")), "be1.revision": "0123456789"}), resource("be1", hidden("2"))]
    )
    unchanged = revision_of(hidden("1"))
    missed = side_of(
        [
            config_map({**entry("be1", hidden("2")), "be1.revision": unchanged}),
            resource("be1", hidden("2"), declared=unchanged),
        ]
    )
    return {
        "diff": diff(old, new),
        "diff of drift": diff(drifted(), new),
        "inspect": inspect(new),
        "inspect drift": inspect(drifted()),
        "inspect faults": inspect(broken),
        "inspect against a file": inspect(new, old),
        "inspect against drift": inspect(new, drifted()),
        "inspect a missed change": inspect(missed, old),
        "revisions": revisions_view([Reading(PLACE, drifted(), HIDING)]),
        "verify": verified(broken),
    }


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", list(views()))
def test_no_view_shows_a_redacted_value_in_any_format(name: str, form: str) -> None:
    assert SECRET not in find_format(form)(views()[name], Palette())


def test_views_do_show_what_is_not_redacted_and_that_something_is() -> None:
    inspected = json.loads(find_format("json")(views()["inspect drift"], Palette()))
    (node,) = inspected["systems"][0]["nodes"]
    assert {each["path"]: each["actual"] for each in node["drift"]} == {
        "/env": [{"value": H}],
        "/open": "2",
        "/password": H,
        "/tls": {"key": H},
    }


def secret(data: Value, member: str = "data") -> Object:
    return {"kind": "Secret", "metadata": {"name": "s"}, member: data}


def test_a_secret_s_values_are_masked_and_a_change_still_shows() -> None:
    old, new = masked_pair(
        secret({"same": "a", "other": "b", "gone": "c"}), secret({"same": "a", "other": "x", "new": "d"}), SETTINGS
    )
    assert old == secret({"same": "***", "other": "*** (before)", "gone": "***"})
    assert new == secret({"same": "***", "other": "*** (after)", "new": "***"})


@pytest.mark.parametrize("member", ["data", "stringData"])
@pytest.mark.parametrize("data", [{"a": "hunter2"}, {"a": ["hunter2"]}, "hunter2", ["hunter2"]])
def test_a_secret_of_any_shape_is_masked(member: str, data: Value) -> None:
    assert SECRET not in repr(masked_pair(secret(data, member), None, SETTINGS))
    assert SECRET not in repr(masked_pair(None, secret(data, member), SETTINGS))


def test_what_was_a_secret_on_one_side_is_masked_on_both() -> None:
    other: Object = {"kind": "ConfigMap", "metadata": {"name": "s"}, "data": {"a": SECRET}}
    assert SECRET not in repr(masked_pair(other, secret({"a": SECRET}), SETTINGS))


def test_redacted_parameters_are_hidden_in_the_config_maps_of_both_versions_labelled_or_not() -> None:
    labelled, bare = config_map(entry("be1", hidden("1"))), config_map(entry("be1", hidden("2")))
    bare["metadata"] = {"name": "express-revisions-0"}
    assert SECRET not in repr(masked_pair(labelled, bare, HIDING))
    assert SECRET not in repr(masked_pair(bare, labelled, HIDING))
    assert masked_pair(labelled, bare, SETTINGS) == (labelled, bare)


def test_a_text_that_cannot_be_read_is_not_shown_where_something_is_redacted() -> None:
    broken = config_map({"be1.revision": "r", "be1.json": f'{{"password": "{SECRET}'})
    assert SECRET not in repr(masked_pair(broken, None, HIDING))
