from __future__ import annotations

import json
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.core.applications import Application, read_application
from kubectl_express.core.lease import Held, Holder
from kubectl_express.core.record import Progress, Record
from kubectl_express.output.formats import find_format
from kubectl_express.output.palette import Palette
from kubectl_express.output.views.history import History, history_view
from kubectl_express.output.views.overview import Overview, overview_view
from kubectl_express.output.views.rollout_status import Course, RolloutStatus, rollout_status_view
from kubectl_express.output.views.systems import Reading
from tests.core.rendered import SETTINGS, applied_by_kubectl, config_map, entry, live_of, pod, resource, revision_of
from tests.output.rolled import HOSTILE, PLACE
from tests.testbed.applications import OPERATION, operation_state

if TYPE_CHECKING:
    from kubectl_express.core.node import Side
    from kubectl_express.core.values import Object
    from kubectl_express.output.view import View

DATA: Object = {"zone": "a"}
REVISION = revision_of(DATA)
RECORD = Record(
    number=3,
    id="r3",
    action="rollout",
    started="2026-11-23T12:00:00Z",
    by="alice on host7",
    context="yul1",
    system="systemdcrtest3",
    origin="chart master_charts/express",
    engine="helm v4.3",
    commit="0123456789-dirty",
    plan="3f2a3f2a3f2a",
    steps=("be1", "be2", "be3", "be4"),
    step=False,
    go_on=("kubectl", "express", "rollout", "--context", "yul1", "--system", "it's"),
)
GO_ON = shlex.join(RECORD.go_on)
PROGRESS = Progress("running", 1, "be2", "pod be2-0 is at 0ld, not 4ew", "2026-11-23T12:01:00Z")
HOLDER = Holder("i", "alice", "host7", 42, "", step=False, plan=RECORD.plan)
READY = f"its pod is Ready at {REVISION}"
HELD = Held(HOLDER, 14.2, gone=False)


def live() -> Side:
    """Return a system of be1, be2 (its pod not yet there), be3 and be9."""
    names = ("be1", "be2", "be3", "be9")
    entries: Object = {}
    for name in names:
        entries |= entry(name, DATA)
    resources = [applied_by_kubectl(resource(name, DATA)) for name in names]
    pods = [pod(name, "0ld" if name == "be2" else REVISION) for name in names]
    return live_of([config_map(entries), *resources], *pods)


def shown(state: str = "running", held: Held | None = HELD, record: Record = RECORD) -> View:
    course = Course(record, replace(PROGRESS, state=state), held)
    return rollout_status_view([RolloutStatus(PLACE, SETTINGS, course, held, live())])


def text(view: View, form: str = "table") -> list[str]:
    return find_format(form)(view, Palette()).splitlines()


def system(view: View) -> Any:
    (only,) = json.loads(find_format("json")(view, Palette()))["systems"]
    return only


def test_a_running_rollout_is_told_with_its_holder_and_how_far_each_node_is() -> None:
    assert text(shown()) == [
        "systemdcrtest3 in yul1: rollout 3 by alice on host7, since 2026-11-23T12:00:00Z",
        "running: pod be2-0 is at 0ld, not 4ew",
        "the lease is held by alice on host7 (pid 42, plan 3f2a3f2a3f2a) and comes free in 15 s unless renewed",
        "updated (1): be1",
        "in progress (1): be2",
        "untouched (2): be3, be4",
        "",
        "NODE    KIND     ROLLOUT      DECLARED    RUNNING     STATE     DETAIL",
        f"be1     Backend  updated      {REVISION}  {REVISION}  current   {READY}",
        f"be2     Backend  in progress  {REVISION}  0ld         updating  pod be2-0 is at 0ld, not {REVISION}",
        f"be3     Backend  untouched    {REVISION}  {REVISION}  current   {READY}",
        f"be9     Backend  -            {REVISION}  {REVISION}  current   {READY}",
    ]


@pytest.mark.parametrize(
    ("state", "held", "told", "go_on"),
    [
        ("running", HELD, "running", None),
        ("paused", HELD, "paused", "kubectl express rollout resume --context yul1 --namespace systemdcrtest3"),
        ("stopping", HELD, "stopping", None),
        ("stopped", None, "stopped", GO_ON),
        ("halted", None, "halted", GO_ON),
        ("finished", None, "finished", None),
        ("running", None, "interrupted", GO_ON),
        ("paused", None, "interrupted", GO_ON),
        ("stopping", replace(HELD, gone=True), "interrupted", GO_ON),
        ("running", replace(HELD, expires_in=0.0), "interrupted", GO_ON),
        ("running", replace(HELD, holder=replace(HOLDER, plan="another")), "interrupted", GO_ON),
    ],
)
def test_a_rollout_says_the_exact_command_that_goes_on_unless_it_does_so_itself(
    state: str, held: Held | None, told: str, go_on: str | None
) -> None:
    view = shown(state, held)
    assert text(view)[1] == f"{told}: pod be2-0 is at 0ld, not 4ew"
    assert [line for line in text(view) if line.startswith("go on")] == ([f"go on with: {go_on}"] if go_on else [])
    found = system(view)
    assert (found["rollout"]["state"], found["goOn"]) == (told, go_on)
    assert (found["holder"] is None) == (held is None)


def test_the_command_that_goes_on_can_be_pasted_into_a_shell() -> None:
    assert shlex.split(system(shown("stopped", None))["goOn"]) == list(RECORD.go_on)


def test_the_document_of_a_status_has_the_rollout_its_holder_and_every_node() -> None:
    found = system(shown())
    assert found["rollout"] == {
        "number": 3,
        "id": "r3",
        "action": "rollout",
        "undoes": None,
        "state": "running",
        "message": "pod be2-0 is at 0ld, not 4ew",
        "started": "2026-11-23T12:00:00Z",
        "updatedAt": "2026-11-23T12:01:00Z",
        "by": "alice on host7",
        "commit": RECORD.commit,
        "origin": "chart master_charts/express",
        "engine": "helm v4.3",
        "plan": "3f2a3f2a3f2a",
        "step": False,
        "steps": ["be1", "be2", "be3", "be4"],
        "done": 1,
    }
    assert found["holder"] == {
        "user": "alice",
        "host": "host7",
        "pid": 42,
        "step": False,
        "plan": "3f2a3f2a3f2a",
        "expiresIn": 14.2,
        "gone": False,
    }
    assert (found["updated"], found["inProgress"], found["untouched"]) == (["be1"], ["be2"], ["be3", "be4"])
    assert [(each["node"], each["progress"], each["state"]) for each in found["nodes"]] == [
        ("be1", "updated", "current"),
        ("be2", "in progress", "updating"),
        ("be3", "untouched", "current"),
        ("be9", None, "current"),
    ]
    assert found["nodes"][1]["why"] == f"pod be2-0 is at 0ld, not {REVISION}"


def test_the_names_of_a_status_are_the_nodes_that_remain() -> None:
    assert text(shown(), "name") == ["backend.express.example.com/be2", "backend.express.example.com/be3", "be4"]


def test_a_system_that_was_never_rolled_out_says_so_and_who_holds_its_lease() -> None:
    view = rollout_status_view([RolloutStatus(PLACE, SETTINGS, None, HELD, live_of([]))])
    assert text(view) == ["systemdcrtest3 in yul1: no rollout is recorded", f"the lease {HELD}"]
    found = system(view)
    assert (found["rollout"], found["updated"], found["nodes"], found["goOn"]) == (None, [], [], None)


def test_an_undo_says_of_what_and_a_record_without_engine_or_commit_is_whole() -> None:
    record = replace(RECORD, action="undo", undoes=2, engine="", commit=None)
    assert text(shown(record=record))[0].startswith("systemdcrtest3 in yul1: undo 3, of rollout 2, by alice")
    assert " undo of 2 " in text(history(Course(record, PROGRESS, HELD)))[1]
    found = system(shown(record=record))["rollout"]
    assert (found["action"], found["undoes"], found["engine"], found["commit"]) == ("undo", 2, None, None)


def test_the_overview_calls_an_undo_by_its_name() -> None:
    undone = Course(replace(RECORD, action="undo", undoes=2), replace(PROGRESS, state="finished"), None)
    (line,) = text(overview_view([Overview(Reading(PLACE, live(), SETTINGS), undone)]))
    assert line.endswith("; last undo 3 finished by alice on host7")


# History


def history(*courses: Course) -> View:
    return history_view([History(PLACE, courses)])


FIRST = Course(replace(RECORD, number=2, commit=None), replace(PROGRESS, state="finished", done=4, current=None), None)
LAST = Course(RECORD, PROGRESS, HELD)


def test_history_lists_who_rolled_out_what_from_which_commit_and_how_far_newest_last() -> None:
    assert text(history(FIRST, LAST)) == [
        "NUMBER    STARTED               BY              ACTION    STATE     COMMIT            NODES",
        "2         2026-11-23T12:00:00Z  alice on host7  rollout   finished  -                 4/4",
        "3         2026-11-23T12:00:00Z  alice on host7  rollout   running   0123456789-dirty  1/4",
    ]


def test_none_but_the_last_rollout_goes_on_though_the_lease_is_held_for_the_same_plan() -> None:
    again = replace(LAST, record=replace(RECORD, number=4))
    assert [line.split()[6] for line in text(history(LAST, again))[1:]] == ["interrupted", "running"]


def test_history_names_the_nodes_in_wide_and_in_documents() -> None:
    assert "be1, be2, be3, be4" in text(history(FIRST), "wide")[1]
    found = system(history(FIRST, LAST))["rollouts"]
    assert [(each["number"], each["state"], each["done"]) for each in found] == [(2, "finished", 4), (3, "running", 1)]
    assert found[1]["steps"] == list(RECORD.steps)


def test_a_system_without_history_says_so() -> None:
    assert text(history()) == ["systemdcrtest3 in yul1: no rollout is recorded"]
    assert system(history())["rollouts"] == []


def test_several_systems_are_each_told_under_their_name() -> None:
    other = replace(PLACE, system="systemdcrprod1")
    lines = text(history_view([History(PLACE, (FIRST,)), History(other, (LAST,))]))
    assert (lines[0], lines[5]) == ("systemdcrtest3 in yul1", "systemdcrprod1 in yul1")


def test_what_others_wrote_into_a_record_is_not_obeyed_by_the_terminal() -> None:
    record = replace(RECORD, by=HOSTILE, steps=(HOSTILE,), origin=HOSTILE, commit=HOSTILE, go_on=(HOSTILE,))
    course = Course(record, replace(PROGRESS, state="halted", current=HOSTILE, message=HOSTILE), None)
    views = (history(course), rollout_status_view([RolloutStatus(PLACE, SETTINGS, course, None, live())]))
    for view in views:
        for form in ("table", "wide", "name"):
            assert all(line.isprintable() for line in text(view, form))


# Argo CD


def owner(phase: str = "Running", *, under_way: bool = True, resources: Any = None, **state: Any) -> Application:
    said = operation_state(phase, **state)
    if resources is not None:
        said["syncResult"] = {**said["syncResult"], "resources": resources}
    operation: Object = {"operation": OPERATION} if under_way else {}
    metadata: Object = {"name": "express", "namespace": "argocd"}
    return read_application({"metadata": metadata, "status": {"operationState": said}, **operation})


def synced(*applications: Application, course: Course | None = None, side: Side | None = None) -> View:
    return rollout_status_view([RolloutStatus(PLACE, SETTINGS, course, None, side or split_side(), applications)])


def split_side() -> Side:
    """Return be1 at the stored revision, be2 on its way to it, and be3 that has not been applied."""
    entries = {**entry("be1", DATA), **entry("be2", DATA), **entry("be3", {"zone": "b"})}
    resources = [applied_by_kubectl(resource(name, DATA)) for name in ("be1", "be2", "be3")]
    pods = [pod("be1", REVISION), pod("be2", "0ld"), pod("be3", REVISION)]
    return live_of([config_map(entries), *resources], *pods)


WAITING = "waiting for healthy state of express.example.com/Backend/be2"
SYNC = "Argo CD's application argocd/express"


def test_a_sync_is_told_with_the_node_that_it_waits_for_and_how_far_each_node_is() -> None:
    assert text(synced(owner(message=WAITING)))[:6] == [
        "systemdcrtest3 in yul1: no rollout is recorded",
        f"{SYNC}: Running since 2024-03-05T07:33:03Z, revision ea87599646, by foo@example.com: {WAITING}",
        f"it waits for be2: pod be2-0 is at 0ld, not {REVISION}",
        "updated (1): be1",
        "in progress (1): be2",
        "untouched (1): be3",
    ]


def test_where_a_sync_does_not_say_which_node_it_waits_for_it_is_the_one_in_progress() -> None:
    assert text(synced(owner(message="one or more tasks are running")))[2].startswith("it waits for be2: pod be2-0 is")


def test_a_sync_that_has_applied_nothing_yet_has_touched_no_node() -> None:
    for each in (owner(resources=[], message=""), owner("Succeeded")):
        assert text(synced(each))[2] == "untouched (3): be1, be2, be3"


def test_a_sync_that_is_asked_for_says_so() -> None:
    assert text(synced(owner("Failed")))[1] == (
        f"{SYNC}: Requested, revision ea87599646, by foo@example.com: it is asked for and has not begun"
    )


def test_a_sync_that_was_terminated_says_when_and_leaves_nothing_awaited() -> None:
    view = synced(owner("Failed", under_way=False, message="Operation terminated"))
    assert text(view)[1:5] == [
        f"{SYNC}: Failed at 2024-03-05T07:33:14Z, revision ea87599646, by foo@example.com: Operation terminated",
        "updated (1): be1",
        "in progress (1): be2",
        "untouched (1): be3",
    ]
    assert text(view, "name") == ["backend.express.example.com/be2", "backend.express.example.com/be3"]


def test_an_application_that_succeeded_or_never_synced_takes_one_line() -> None:
    done = "Succeeded at 2024-03-05T07:33:14Z, revision ea87599646, by foo@example.com: successfully synced"
    succeeded = owner("Succeeded", under_way=False, message="successfully synced")
    assert text(synced(succeeded))[1:3] == [f"{SYNC}: {done}", ""]
    assert text(synced(Application("express", "argocd", automated=True)))[1:3] == [f"{SYNC} has not synced yet", ""]


@pytest.mark.parametrize(
    ("updated", "application", "told"),
    [
        ("2024-03-05T07:33:13Z", owner("Failed", under_way=False), "untouched (1): be3"),
        ("2024-03-05T07:33:15Z", owner("Failed", under_way=False), "untouched (2): be3, be4"),
        ("2024-03-05T07:33:15Z", owner(), "untouched (1): be3"),
    ],
)
def test_nodes_are_told_by_whichever_was_at_work_last(updated: str, application: Application, told: str) -> None:
    course = Course(RECORD, replace(PROGRESS, state="stopped", updated=updated), None)
    lines = text(synced(application, course=course))
    assert [line for line in lines if line.startswith("untouched")] == [told]
    assert any(line.startswith("go on with") for line in lines) is told.endswith("be4")


def test_a_rollout_beside_a_sync_tells_its_own_nodes() -> None:
    course = Course(RECORD, PROGRESS, HELD)
    view = rollout_status_view([RolloutStatus(PLACE, SETTINGS, course, HELD, split_side(), (owner(),))])
    assert "untouched (2): be3, be4" in text(view)
    assert any(line.startswith(f"{SYNC}: Running") for line in text(view))


def test_the_document_of_a_status_has_the_applications_or_null_where_they_could_not_be_seen() -> None:
    assert system(synced(owner(message=WAITING)))["applications"] == [
        {
            "name": "express",
            "namespace": "argocd",
            "automated": False,
            "syncing": True,
            "sync": {
                "phase": "Running",
                "message": WAITING,
                "startedAt": "2024-03-05T07:33:03Z",
                "finishedAt": None,
                "revision": "ea8759964626a583667a2bfd08f334ec2070040a",
                "by": "foo@example.com",
                "waitsFor": "be2",
            },
        }
    ]
    assert system(synced())["applications"] == []
    unseen = rollout_status_view([RolloutStatus(PLACE, SETTINGS, None, None, split_side(), None)])
    assert system(unseen)["applications"] is None
    assert text(unseen)[1] == ""


def test_what_a_sync_says_is_not_obeyed_by_the_terminal() -> None:
    view = synced(owner(message=HOSTILE))
    for form in ("table", "wide", "name"):
        assert all(line.isprintable() for line in text(view, form))
