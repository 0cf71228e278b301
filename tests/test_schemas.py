from __future__ import annotations

import copy
import io
import json
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

import kubectl_express
from kubectl_express.core import gojson
from kubectl_express.core.applications import Application, read_application
from kubectl_express.core.changes import ChangeKind, changes
from kubectl_express.core.determinacy import determinacy_problems
from kubectl_express.core.happenings import Happening, What
from kubectl_express.core.lease import Held, Holder
from kubectl_express.core.node import FaultKind, State
from kubectl_express.core.objects import ObjectChange
from kubectl_express.core.plan import Action, Plan
from kubectl_express.core.record import Progress, Record
from kubectl_express.core.settings import Settings
from kubectl_express.core.verdict import Comparison
from kubectl_express.core.verification import (
    Problem,
    Verification,
    change_problems,
    integrity_problems,
    live_problems,
)
from kubectl_express.environment import Environment
from kubectl_express.output.progress.events import EventLines
from kubectl_express.output.progress.outcome import Outcome
from kubectl_express.output.views.diff import SystemDiff, diff_view
from kubectl_express.output.views.history import History, history_view
from kubectl_express.output.views.inspect import Inspection, inspect_view
from kubectl_express.output.views.plan import plan_view
from kubectl_express.output.views.revisions import revisions_view
from kubectl_express.output.views.rollout_status import STATE_STYLES, Course, RolloutStatus, rollout_status_view
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
from tests.output.rolled import manifest
from tests.output.rolled import step as turn_of
from tests.testbed.applications import OPERATION, operation_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubectl_express.core.node import Side
    from kubectl_express.core.values import Object

FOLDER = Path(kubectl_express.__file__).parent / "schemas"
SCHEMAS: dict[str, Any] = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
OPTIONAL = {"old", "new", "expected", "actual"}
"""The members that are not there where there is no value; null is one."""
PLACE = Place("systemdcrtest3", "systemdcrtest3", "yul1")
NOWHERE = Place(None, None, None)
DATA: Object = {"image": "x", "replicas": 2, "proxy": None}
OTHER: Object = {"image": "y", "replicas": 2, "new~/one": [1e-7]}
REVISION = revision_of(DATA)


def faulty() -> Side:
    """Return a file with every fault there is."""
    entries = [
        config_map({**entry("be1", DATA), "be1.json": ""}),
        config_map({**entry("be2", DATA), "be2.json": "{}", **entry("be3", DATA)}, "second"),
        config_map({**entry("be4", DATA), **entry("be5", DATA), **entry("be3", DATA)}, "third"),
        config_map({"be6.revision": "", "be7.json": "{}"}, "fourth"),
    ]
    resources = [resource(name, DATA) for name in ("be1", "be2", "be3", "be6", "be7", "be8")]
    return side_of([*entries, *resources, resource("be5", OTHER, declared=12345)])


def live() -> Side:
    """Return a cluster with a node in every state there is, in their order, and one without a pod."""
    names = [f"be{number}" for number in range(1, 9)]
    _, unverified, drifted, pending, updating, unhealthy, current, _ = names
    resources = {name: applied_by_kubectl(resource(name, DATA)) for name in names[1:]}
    resources[unverified] = resource(unverified, OTHER, declared="0ld0ld0ld0")
    resources[drifted]["spec"] = {"image": "by hand", "more": 1, "deploymentRevision": REVISION}
    entries: Object = {}
    for name in names:
        entries |= entry(name, OTHER if name == pending else DATA)
    waiting = [{"restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]
    pods = [
        pod(drifted, None),
        pod(updating, "0ld0ld0ld0"),
        pod(updating, REVISION, f"{updating}-1"),
        pod(unhealthy, REVISION, ready=False, containerStatuses=waiting),
        pod(current, REVISION),
    ]
    return live_of([config_map(entries), *resources.values()], *pods)


def sound() -> Side:
    return side_of(system(be1=DATA, be2=DATA, be3=DATA, be4=DATA, be5=DATA))


def changed() -> Side:
    """Return what makes of the sound side every change there is."""
    missed: Object = {"be3.revision": REVISION, "be3.json": gojson.encode(OTHER)}
    unneeded = resource("be4", DATA, declared="0ld0ld0ld0")
    target = system(be1=DATA, be2=OTHER, be6=DATA)
    return side_of([*target, config_map(missed, "more"), resource("be3", OTHER, declared=REVISION), unneeded])


def documents() -> Iterator[tuple[str, Object]]:
    """Yield documents of every kind, of sides in every condition, each with the name of its schema."""
    empty, target = side_of([]), changed()
    for side in (faulty(), live(), sound(), empty):
        reading = Reading(PLACE if side.origin == "live" else NOWHERE, side, SETTINGS)
        yield "revisions", revisions_view([reading]).document
        yield "inspect", inspect_view([Inspection(reading)], ()).document
        hidden = Reading(PLACE, side, Settings(redact=("/image",)))
        yield "inspect", inspect_view([Inspection(hidden)], ()).document
        problems = [*integrity_problems(side.nodes.values()), *live_problems(side)]
        problems += [*determinacy_problems(side, empty, {}), Problem("", "hashing", "it differs")]
        for found in (tuple(problems), ()):
            verified = SystemVerification(PLACE, SETTINGS, Verification(side, ("a check",), found))
            yield "verify", verify_view([verified]).document
        found_changes = tuple(changes(side, target, SETTINGS.resources.kinds))
        objects = (ObjectChange("Service", "web", None, {}), ObjectChange("Service", "old", {}, None))
        comparison = Comparison(side, target, found_changes, objects)
        yield "diff", diff_view([SystemDiff(PLACE, SETTINGS, comparison)], objects=False).document
        compared = Inspection(Reading(PLACE, target, SETTINGS), comparison)
        yield "inspect", inspect_view([compared], ()).document
        verification = Verification(target, (), tuple(change_problems(found_changes)))
        yield "verify", verify_view([SystemVerification(NOWHERE, SETTINGS, verification)]).document
    yield from rollout_documents()


def rollout_documents() -> Iterator[tuple[str, Object]]:
    """Yield every kind of event, and the documents of plans, records and leases in every condition."""
    steps = tuple(turn_of(f"be{number}", change) for number, change in enumerate(ChangeKind))
    objects = (manifest("ConfigMap", "a"), manifest("ConfigMap", "b", namespace="elsewhere"))
    plan = Plan(objects, steps, removed=("fe1",), hooks=("Job/migrate",), deleted=objects)
    for each in (plan, Plan((), ())):
        yield "rollout-plan", plan_view(each, PLACE, SETTINGS, nodes=8).document
    out = io.StringIO()
    where = Environment(io.StringIO(), out, io.StringIO(), {}, FOLDER)
    reporter = EventLines(where, PLACE, plan, lambda: datetime.now(timezone.utc))
    for what in What:
        reporter.report(Happening(what, ""))
    reporter.report(Happening(What.PASSED, "passed", "be1", REVISION, 1e-05, ailing=True))
    reporter.close(Outcome(("be1",), ("be2",), ("be3",), "kubectl express rollout"))
    for line in out.getvalue().splitlines():
        yield "rollout", json.loads(line)
    held = Held(Holder("i", "alice", "host7", 42, "", step=True, plan="p"), -1.5, gone=False)
    for course in (None, *courses()):
        for holder in (held, None):
            yield (
                "rollout-status",
                rollout_status_view([RolloutStatus(PLACE, SETTINGS, course, holder, live())]).document,
            )
    for applications in (None, tuple(owning())):
        status = RolloutStatus(PLACE, SETTINGS, None, None, live(), applications)
        yield "rollout-status", rollout_status_view([status]).document
    yield "rollout-history", history_view([History(PLACE, tuple(courses())), History(PLACE, ())]).document


def owning() -> Iterator[Application]:
    """Yield Applications with a sync under way, with one asked for, with one that is over, and without any."""
    metadata: Object = {"name": "express", "namespace": "argocd"}
    said: list[Object] = [
        {"operation": OPERATION, "status": {"operationState": operation_state()}},
        {"operation": {}},
        {"spec": {"syncPolicy": {"automated": {}}}, "status": {"operationState": operation_state("Failed")}},
        {},
    ]
    for more in said:
        yield read_application({"metadata": metadata, **more})


def courses() -> Iterator[Course]:
    """Yield a rollout and an undo in every state, some nodes of it updated, one in progress, the rest untouched."""
    begun = Record(
        number=1,
        id="id",
        action="rollout",
        started="2026-11-23T12:00:00Z",
        by="alice",
        context="yul1",
        system="systemdcrtest3",
        origin="chart",
        engine="helm v4.3",
        commit="0123456789",
        plan="p",
        steps=tuple(f"be{number}" for number in range(1, 6)),
        step=False,
        go_on=("kubectl", "express"),
    )
    undone = replace(begun, number=2, action="undo", undoes=1, engine="", commit=None)
    held = Held(Holder("i", "alice", "host7", 42, "", step=True, plan="p"), 14.0, gone=False)
    for state in STATE_STYLES:
        for record in (begun, undone):
            for holder in (held, None):
                yield Course(record, Progress(state, 1, "be2", "why", record.started), holder)


def described(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every schema within a schema, with where it is."""
    yield path, schema
    for group in ("properties", "$defs"):
        for name, inner in schema.get(group, {}).items():
            yield from described(inner, f"{path}/{group}/{name}")
    if isinstance(schema.get("items"), dict):
        yield from described(schema["items"], f"{path}/items")


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_by_its_own_draft(name: str) -> None:
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_knows_every_member_and_describes_it(name: str) -> None:
    for path, schema in described(SCHEMAS[name]):
        if "properties" in schema:
            assert schema["additionalProperties"] is False, path
            optional = set(schema["properties"]) if path.endswith("/readFrom") else OPTIONAL
            assert set(schema["required"]) == set(schema["properties"]) - optional, path
        if "/properties/" in path and "$ref" not in schema and not path.endswith("/items"):
            assert schema["description"], path


def test_what_schemas_have_in_common_is_the_same_in_each() -> None:
    for name in ("revision", "fault", "state", "kind", "pointer", "difference", "chain", "outcome"):
        said = [json.dumps(schema["$defs"][name]) for schema in SCHEMAS.values() if name in schema.get("$defs", {})]
        assert len(set(said)) == 1, name


def test_the_words_of_schemas_are_those_of_the_program() -> None:
    faults = {each.value for each in FaultKind}
    assert set(SCHEMAS["revisions"]["$defs"]["fault"]["enum"]) == faults
    assert set(SCHEMAS["revisions"]["$defs"]["state"]["enum"]) == {None, *(each.value for each in State)}
    for schema in (SCHEMAS["diff"]["$defs"]["node"], SCHEMAS["inspect"]["$defs"]["comparison"]):
        assert set(schema["properties"]["change"]["enum"]) == {each.value for each in ChangeKind}
    problem = SCHEMAS["verify"]["$defs"]["problem"]["properties"]["problem"]
    others = {"unneeded", "missed", "moved", "drifted", "unverified", "undetermined", "hashing", "argocd"}
    assert set(problem["enum"]) == faults | others
    turn = SCHEMAS["rollout-plan"]["$defs"]["step"]["properties"]
    assert set(turn["change"]["enum"]) == {each.value for each in ChangeKind}
    assert set(turn["action"]["enum"]) == {each.value for each in Action}
    assert set(SCHEMAS["rollout"]["properties"]["event"]["enum"]) == {"outcome", *(each.value for each in What)}
    for name in ("rollout-status", "rollout-history"):
        assert set(SCHEMAS[name]["$defs"]["rollout"]["properties"]["state"]["enum"]) == set(STATE_STYLES)


def test_documents_of_sides_in_every_condition_are_as_their_schemas_say() -> None:
    made = list(documents())
    for name, document in made:
        assert [error.message for error in Draft202012Validator(SCHEMAS[name]).iter_errors(document)] == []
    text = json.dumps([document for _, document in made])
    words = {*STATE_STYLES, *(each.value for words in (FaultKind, State, ChangeKind, What, Action) for each in words)}
    assert sorted(word for word in words if f'"{word}"' not in text) == []


@pytest.mark.parametrize("name", sorted({name for name, _ in documents()}))
def test_a_member_too_few_or_too_many_is_no_such_document(name: str) -> None:
    validator = Draft202012Validator(SCHEMAS[name])
    seen: set[tuple[Any, ...]] = set()
    for whole in (document for found, document in documents() if found == name):
        for path, member in members(whole):
            place = (*(step for step in path if isinstance(step, str)), member)
            if place not in seen:
                seen.add(place)
                for wrong in (without(whole, path, member), without(whole, path, member, "unheardOf")):
                    assert not validator.is_valid(wrong), place
    assert len(seen) > 10


def members(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield every required member of a document's objects with the path to the object."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in OPTIONAL | {"data", "readFrom"}:
                yield path, name
                yield from members(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from members(inner, (*path, index))


def without(document: Any, path: tuple[Any, ...], member: str, instead: str | None = None) -> Any:
    """Return the document with one member gone, or under another name."""
    changed = copy.deepcopy(document)
    inner = changed
    for step in path:
        inner = inner[step]
    gone = inner.pop(member)
    if instead:
        inner[instead] = inner[member] = gone
    return changed
