"""`rollout stop` and `rollout status` where Argo CD is at work: Applications as its controller writes them."""

from __future__ import annotations

import json
import secrets
import shlex
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.e2e.small_system import SmallSystem, SmallSystems, manifest, tagged, yaml_of
from tests.e2e.started import Started
from tests.testbed.applications import (
    OPERATION,
    application,
    application_path,
    applied,
    begin,
    end,
    phase_of,
)
from tests.testbed.parts import part
from tests.testbed.roles import grant, rules
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.testbed.api import Api, Object
    from tests.testbed.control_plane import ControlPlane

BEFORE, AFTER = tagged(be1="a", fe1="a"), tagged(be1="b", fe1="b")
ELSEWHERE = {"server": "https://fra2.example.com:6443"}
SEEN_THROUGH = (
    "the operator sees the node in progress through, no later wave is applied; `kubectl express rollout status` shows "
    "how far it came"
)
UNSEEN = (
    "warning: whether an Argo CD application owns these nodes could not be checked: you may not list "
    "applications.argoproj.io"
)
READS = rules([("list", "express.example.com", "backends"), ("list", "express.example.com", "frontends")])
LEASE = rules([("get", "coordination.k8s.io", "leases"), ("patch", "coordination.k8s.io", "leases")])
STATUS = rules(
    [("list", "", "configmaps"), ("list", "", "pods"), ("watch", "", "configmaps"), ("watch", "", "pods")]
    + [("list", "", "secrets"), ("get", "", "secrets"), ("get", "coordination.k8s.io", "leases")]
    + [(verb, "express.example.com", f"{kind}s") for verb in ("list", "watch") for kind in ("backend", "frontend")]
)
"""What `rollout status -w` takes."""


@pytest.fixture(scope="module")
def small(systems: SmallSystems) -> SmallSystem:
    """Return a system of be1 and fe1 that no test of this file changes."""
    return systems(BEFORE)


class Start(Protocol):
    """Starts `rollout WORDS…` of a system."""

    def __call__(self, system: SmallSystem, *words: str) -> Started: ...


class Owned:
    """An Application that lists be1 of a system, and what it is at."""

    def __init__(self, argo: Api, system: SmallSystem, name: str) -> None:
        self.argo = argo
        self.system = system
        self.name = name
        self.title = f"Argo CD's application argocd/{name}"

    def is_at(self, phase: str = "Running", **more: Any) -> None:
        """Make it."""
        application(self.argo, self.name, **{"lists": self.system.name, "phase": phase, **more})

    @property
    def phase(self) -> str:
        return phase_of(self.argo, self.name)

    def ends_when_terminated(self) -> None:
        """Do what the controller does, once it is told to."""
        eventually(lambda: self.phase == "Terminating", "the sync is terminated")
        end(self.argo, self.name)


@pytest.fixture
def owned(argo: Api, small: SmallSystem) -> Iterator[Owned]:
    made = Owned(argo, small, f"express-{secrets.token_hex(3)}")
    yield made
    if argo.find(application_path(name=made.name)):
        argo.delete(application_path(name=made.name))


@pytest.fixture
def start() -> Iterator[Start]:
    """Return what starts `rollout WORDS…` of a system; what still runs when the test ends is ended with it."""
    with ExitStack() as running:

        def begun(system: SmallSystem, *words: str) -> Started:
            command: list[str | Path] = [
                part("kubectl"),
                "express",
                "rollout",
                *words,
                "--context",
                "yul1",
                "-n",
                system.name,
            ]
            program = Started(command, system.express.environment(), system.folder)
            running.callback(program.close)
            return program

        yield begun


@pytest.fixture
def alice() -> str:
    """Return somebody who has no rights but those that a test gives her."""
    return f"alice-{secrets.token_hex(3)}"


# Stop


def test_stop_terminates_a_running_sync_and_says_what_that_means(
    small: SmallSystem, owned: Owned, start: Start
) -> None:
    owned.is_at("Running")
    stopping = start(small, "stop")
    owned.ends_when_terminated()
    outcome = stopping.end()
    assert (outcome.code, outcome.stdout) == (0, "")
    assert outcome.stderr == f"the sync of {owned.title} is being terminated: {SEEN_THROUGH}"


def test_stop_waits_for_a_sync_that_is_asked_for_to_begin_and_terminates_that(
    small: SmallSystem, owned: Owned, start: Start
) -> None:
    owned.is_at("Succeeded", operation=OPERATION)
    stopping = start(small, "stop")
    begin(owned.argo, owned.name, startedAt="2024-03-05T08:00:00Z")
    owned.ends_when_terminated()
    assert stopping.end().code == 0


def test_stop_says_so_where_a_sync_that_is_asked_for_never_begins(small: SmallSystem, owned: Owned) -> None:
    owned.is_at("Succeeded", operation=OPERATION)
    outcome = small.run("stop")
    assert (outcome.code, owned.phase) == (2, "Succeeded")
    assert outcome.stderr.startswith(
        f"error: {owned.title}: a sync is asked for and does not begin, so there is nothing"
    )


def test_stop_says_that_a_sync_is_being_terminated_already(small: SmallSystem, owned: Owned) -> None:
    owned.is_at("Terminating")
    outcome = small.run("stop")
    assert (outcome.code, owned.phase) == (0, "Terminating")
    assert outcome.stderr == f"the sync of {owned.title} is being terminated already: {SEEN_THROUGH}\n"


def test_stop_names_both_engines_where_neither_is_at_work(small: SmallSystem, owned: Owned) -> None:
    owned.is_at("Succeeded")
    outcome = small.run("stop")
    assert (outcome.code, owned.phase) == (2, "Succeeded")
    assert outcome.stderr == (
        f"error: no rollout is running in {small.name} of yul1, and {owned.title} is not syncing\n"
    )


@pytest.mark.parametrize("action", ["pause", "resume"])
def test_a_sync_cannot_pause_and_what_can_be_done_is_said(small: SmallSystem, owned: Owned, action: str) -> None:
    owned.is_at("Running")
    outcome = small.run(action)
    assert (outcome.code, owned.phase) == (2, "Running")
    assert outcome.stderr == (
        f"error: no rollout is running in {small.name} of yul1, and {owned.title}, which is syncing these nodes, "
        "cannot pause: `kubectl express rollout stop` terminates the sync, and syncing again goes on\n"
    )


@pytest.mark.parametrize(
    ("automated", "again"),
    [({}, True), ({"selfHeal": True, "prune": True}, True), ({"enabled": False}, False)],
    ids=["automated", "automated with selfHeal", "switched off"],
)
def test_stop_says_how_to_hold_it_where_the_application_syncs_by_itself(
    small: SmallSystem, owned: Owned, automated: Object, again: bool, start: Start
) -> None:
    owned.is_at("Running", policy={"automated": automated, "syncOptions": ["ServerSideApply=true"]})
    stopping = start(small, "stop")
    owned.ends_when_terminated()
    outcome = stopping.end()
    _, *more = outcome.stderr.splitlines()
    assert (outcome.code, len(more)) == (0, int(again)), outcome
    if again:
        said, _, rest = more[0].partition(" To hold the stop: ")
        assert said == (
            f"{owned.title} syncs by itself: it begins again with the next commit, at once if that is there already."
        )
        command, _, but = rest.partition(" (")
        assert but == "whatever manages the application, an ApplicationSet or an app of apps, undoes that)"
        small.kubectl(*shlex.split(command)[1:])
        policy = owned.argo.get(application_path(name=owned.name))["spec"]["syncPolicy"]
        assert policy == {"syncOptions": ["ServerSideApply=true"]}


def test_stop_leaves_the_sync_of_another_cluster_alone(small: SmallSystem, owned: Owned) -> None:
    owned.is_at("Running", destination=ELSEWHERE)
    outcome = small.run("stop")
    assert outcome.stderr == f"error: no rollout is running in {small.name} of yul1\n"
    assert (outcome.code, owned.phase) == (2, "Running")


def test_stop_terminates_every_sync_of_the_nodes(small: SmallSystem, owned: Owned, start: Start) -> None:
    other = Owned(owned.argo, small, f"{owned.name}-other")
    for each in (owned, other):
        each.is_at("Running")
    stopping = start(small, "stop")
    for each in (owned, other):
        each.ends_when_terminated()
    outcome = stopping.end()
    owned.argo.delete(application_path(name=other.name))
    assert outcome.code == 0
    assert sorted(outcome.stderr.splitlines()) == sorted(
        f"the sync of {each.title} is being terminated: {SEEN_THROUGH}" for each in (owned, other)
    )


def test_stop_stops_both_engines_the_rollout_first(systems: SmallSystems, argo: Api, start: Start) -> None:
    system = systems(BEFORE)
    owned = Owned(argo, system, system.name)
    owned.is_at("Running")
    system.operator.tell("be1", "slow: 600")
    rolling = system.start("--yes", "--allow", "argocd", target=AFTER)
    rolling.line("be1: applied")
    stopping = start(system, "stop")
    owned.ends_when_terminated()
    outcome = stopping.end()
    assert outcome.code == 0, outcome
    first, second = outcome.stderr.splitlines()
    assert first.startswith(f"the rollout of {system.name} by ")
    assert first.endswith("is asked to stop: the node in progress is seen through, no other is touched")
    assert second == f"the sync of {owned.title} is being terminated: {SEEN_THROUGH}"


def test_stop_names_the_right_that_is_missing_to_terminate(small: SmallSystem, owned: Owned, alice: str) -> None:
    grant(small.api, small.name, alice, [*READS, *LEASE])
    grant(small.api, "argocd", alice, rules([(verb, "argoproj.io", "applications") for verb in ("get", "list")]))
    owned.is_at("Running")
    outcome = small.run("stop", "--as", alice)
    assert (outcome.code, owned.phase) == (2, "Running")
    assert outcome.stderr == (
        f"error: {owned.title} is syncing these nodes, and terminating that takes rights that you do not have in "
        f"namespace argocd: patch applications.argoproj.io/{owned.name}\n"
    )


def test_stop_notes_in_a_line_that_applications_may_not_be_seen(small: SmallSystem, owned: Owned, alice: str) -> None:
    grant(small.api, small.name, alice, LEASE)
    owned.is_at("Running")
    outcome = small.run("stop", "--as", alice)
    assert (outcome.code, owned.phase) == (2, "Running")
    assert outcome.stderr.splitlines() == [
        UNSEEN,
        f"error: no rollout is running in {small.name} of yul1",
    ]


# Status


def test_status_tells_of_a_sync_what_it_waits_for(small: SmallSystem, owned: Owned) -> None:
    owned.is_at("Running")
    outcome = small.run("status")
    assert (outcome.code, outcome.stderr) == (0, "")
    waiting = "waiting for healthy state of express.example.com/Backend/be1"
    assert outcome.stdout.splitlines()[1:4] == [
        f"{owned.title}: Running since 2024-03-05T07:33:03Z, revision ea87599646, by foo@example.com: {waiting}",
        f"it waits for be1: its pod is Ready at {revision(small, 'be1')}",
        "updated (2): be1, fe1",
    ]
    (found,) = small.run("status", "-o", "json").json()["systems"]
    (only,) = found["applications"]
    assert (only["name"], only["syncing"], only["sync"]["waitsFor"]) == (owned.name, True, "be1")
    assert [node["progress"] for node in found["nodes"]] == ["updated", "updated"]
    assert f"name: {owned.name}" in small.run("status", "-o", "yaml").stdout
    assert f"{owned.title}: Running since" in small.run("status", "-o", "markdown").stdout


def revision(system: SmallSystem, node: str) -> str:
    return str(system.api.get(system.path(node))["spec"]["deploymentRevision"])


def test_status_asks_the_server_at_most_twice_about_applications(
    small: SmallSystem, owned: Owned, control_plane: ControlPlane
) -> None:
    owned.is_at("Running")
    log = control_plane.audit_log
    before = log.stat().st_size
    assert small.run("status").code == 0
    events = [json.loads(line) for line in log.read_bytes()[before:].splitlines()]
    asked = [each["requestURI"] for each in events if each.get("userAgent", "").startswith("kubectl-express")]
    about = [uri for uri in asked if "argoproj.io" in uri]
    assert "/apis/argoproj.io/v1alpha1/applications" in about
    assert len(about) <= 2, about


def test_status_without_rights_on_applications_is_as_it_was_with_a_note(
    small: SmallSystem, owned: Owned, alice: str
) -> None:
    grant(small.api, small.name, alice, STATUS)
    owned.is_at("Running")
    outcome = small.run("status", "-w", "--as", alice)
    assert outcome.code == 0
    assert outcome.stderr == f"{UNSEEN}\n"
    assert "Argo CD" not in outcome.stdout
    assert outcome.stdout.splitlines()[1] == ""


@pytest.mark.parametrize("verbs", [("get", "list", "watch"), ("get", "list")], ids=["watching", "may not watch"])
def test_status_follows_a_sync_until_it_ends_though_no_node_changes(
    small: SmallSystem, owned: Owned, alice: str, verbs: tuple[str, ...], start: Start
) -> None:
    grant(small.api, small.name, alice, STATUS)
    grant(small.api, "argocd", alice, rules([(verb, "argoproj.io", "applications") for verb in verbs]))
    owned.is_at("Running")
    watching = start(small, "status", "-w", "-o", "json", "--as", alice)
    watching.line('"Running"')
    terminating = {"status": {"operationState": {"phase": "Terminating"}}}
    owned.argo.patch(application_path(name=owned.name), terminating)
    watching.line('"Terminating"')
    assert watching.running
    end(owned.argo, owned.name)
    outcome = watching.end()
    assert (outcome.code, outcome.stderr) == (0, "")
    last = json.loads(outcome.stdout.splitlines()[-1])["systems"][0]["applications"][0]
    assert (last["syncing"], last["sync"]["phase"], last["sync"]["message"]) == (
        False,
        "Failed",
        "Operation terminated",
    )


def test_status_of_a_terminated_sync_tells_which_nodes_it_did_not_come_to(systems: SmallSystems, argo: Api) -> None:
    system = systems(BEFORE)
    owned = Owned(argo, system, system.name)
    stored, be1, *_ = [part for part in AFTER.split("---\n") if part]
    system.deploy(f"---\n{stored}---\n{be1}")
    owned.is_at("Failed", state={"message": "Operation terminated"})
    told = system.run("status").stdout.splitlines()
    assert told[1].startswith(f"{owned.title}: Failed at 2024-03-05T07:33:14Z, ")
    assert told[2:4] == ["updated (1): be1", "untouched (1): fe1"]


# The first install


def test_a_first_install_by_argo_cd_is_refused_to_a_rollout_told_and_stopped(
    systems: SmallSystems, argo: Api, start: Start
) -> None:
    system = systems(yaml_of(manifest("v1", "ConfigMap", "unrelated")))
    owned = Owned(argo, system, system.name)
    state = {"syncResult": {"resources": [applied("", "ConfigMap", "revisions")], "revision": "main"}}
    owned.is_at("Running", state=state)
    refused = system.run("--yes", target=AFTER)
    assert (refused.code, refused.stderr.splitlines()[-1]) == (
        2,
        f"error: nothing was applied: {owned.title} is syncing these nodes now; --allow argocd rolls nevertheless",
    )
    assert f"{owned.title}: Running since" in system.run("status").stdout
    stopping = start(system, "stop")
    owned.ends_when_terminated()
    assert stopping.end().code == 0


def test_without_rollout_and_application_status_is_as_it_was(small: SmallSystem) -> None:
    outcome = small.run("status")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout.splitlines()[:2] == [f"{small.name} in yul1: no rollout is recorded", ""]
