"""Everything that a rollout refuses to begin with, and that nothing at all was applied then."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_chart import SYSTEM, small_chart
from tests.e2e.small_system import (
    IMAGE,
    SmallSystem,
    SmallSystems,
    config_map,
    encoded,
    manifest,
    rendered,
    resource,
    revision,
    spec,
    tagged,
    yaml_of,
)
from tests.testbed.applications import application
from tests.testbed.examples import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.api import Api, Object

A, B = spec("a"), spec("b")
BEFORE = tagged(be1="a", fe1="a")
AFTER = tagged(be1="b", fe1="b")
HANG = "next, hang"
NONSENSE = "0123456789"


@pytest.fixture(scope="module")
def small(systems: SmallSystems) -> SmallSystem:
    """Return the system that be1 and fe1 make, which no test of this file changes: that is what they are about."""
    return systems(BEFORE)


def refused(system: SmallSystem, *flags: str, target: str | None = AFTER, code: int = 2) -> str:
    """Return the one line that a rollout is refused with, to which nothing was applied."""
    with system.untouched():
        outcome = system.run(*flags, target=target)
    assert outcome.code == code, outcome
    return the_error(outcome.stderr)


def the_error(stderr: str) -> str:
    """Return the one error there is, which is the last line."""
    lines = stderr.splitlines()
    errors = [line for line in lines if line.startswith(("error: ", "Error from server"))]
    assert errors == lines[-1:], stderr
    return errors[0]


# Revisions that cannot be trusted

STORED = config_map("revisions", {"be1": B, "fe1": B})
FE1 = resource("fe1", B)


def with_text(text: str) -> str:
    """Return a target whose be1 has this text for its data, and its hash."""
    stored = {**STORED, "data": {**STORED["data"], "be1.json": text, "be1.revision": revision(text)}}
    return yaml_of(stored, resource("be1", B, revision(text)), FE1)


FAULTS = {
    "mismatch": AFTER.replace(f'"be1.revision": "{revision(encoded(B))}"', f'"be1.revision": "{NONSENSE}"'),
    "disagree": yaml_of(STORED, resource("be1", B, NONSENSE), FE1),
    "disagree, in its parameters": yaml_of(STORED, resource("be1", spec("c"), revision(encoded(B))), FE1),
    "orphan, an entry": yaml_of(STORED, FE1),
    "orphan, a resource": yaml_of(config_map("revisions", {"fe1": B}), resource("be1", B), FE1),
    "duplicate, an entry": yaml_of(STORED, config_map("again", {"be1": B}), resource("be1", B), FE1),
    "duplicate, a resource": yaml_of(STORED, resource("be1", B), {**resource("be1", B), "kind": "Frontend"}, FE1),
    "moved": yaml_of(STORED, {**resource("be1", B), "kind": "Frontend"}, FE1),
    "unreadable, no JSON": with_text("{"),
    "unreadable, empty": with_text(""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_never_rolled_whatever_is_allowed(small: SmallSystem, fault: str) -> None:
    with small.untouched():
        outcome = small.run("--yes", "--allow", "unneeded,missed,argocd", target=FAULTS[fault])
    assert outcome.code == 3, outcome
    assert f"be1: {fault.partition(',')[0]}: " in outcome.stderr
    assert the_error(outcome.stderr).startswith("error: nothing was applied: the revisions of")


def test_a_restart_for_nothing_is_rolled_only_if_that_is_allowed(systems: SmallSystems) -> None:
    system = systems(BEFORE)
    text = encoded({"image": {"tag": "a", **IMAGE}})
    stored = config_map("revisions", {"be1": A, "fe1": A})
    stored["data"] |= {"be1.json": text, "be1.revision": revision(text)}
    target = yaml_of(stored, resource("be1", A, revision(text)), resource("fe1", A))
    assert "(1 problem)" in refused(system, "--yes", "--allow", "missed,argocd", target=target, code=3)
    allowed = system.run("--yes", "--allow", "unneeded", target=target)
    assert allowed.code == 0, allowed
    assert system.api.get(system.path("be1"))["spec"]["deploymentRevision"] == revision(text)


def test_a_change_that_no_pod_would_see_is_rolled_only_if_that_is_allowed(systems: SmallSystems) -> None:
    def short(data: Object) -> str:
        return rendered({"be1": data}).replace(revision(encoded(data)), revision(encoded(data))[0])

    same = next(
        data for data in map(spec, map(str, range(99))) if revision(encoded(data))[0] == revision(encoded(A))[0]
    )
    system = systems(short(A))
    (system.folder / ".express.yaml").write_text("hash: {length: 1}\n")
    assert "(1 problem)" in refused(system, "--yes", "--allow", "unneeded", target=short(same), code=3)
    allowed = system.run("--yes", "--allow", "missed", target=short(same))
    assert allowed.code == 0, allowed
    assert system.tag("be1") == same["image"]["tag"]


def test_a_chart_that_renders_another_revision_each_time_is_not_rolled(small: SmallSystem, tmp_path: Path) -> None:
    chart = small_chart(tmp_path / "chart", {"be1": "randAlphaNum 5"})
    (chart / "overlays" / "yul1" / SYSTEM).rename(chart / "overlays" / "yul1" / small.name)
    with small.untouched():
        outcome = small.express("rollout", "--yes", "--context", "yul1", "--system", small.name, cwd=chart)
    assert outcome.code == 3, outcome
    assert "randAlphaNum" in outcome.stderr
    assert "nothing was applied" in the_error(outcome.stderr)


# Consent


def test_another_plan_than_the_one_expected_is_refused_and_that_one_goes(systems: SmallSystems) -> None:
    system = systems(BEFORE)
    line = refused(system, "--yes", "--expect-plan", "0123456789ab")
    shown = system.run("--dry-run=client", "-o", "json", target=AFTER).json()["systems"][0]["plan"]
    assert line == (
        f"error: nothing was applied: the plan is {shown}, not 0123456789ab as --expect-plan wants it; "
        "--dry-run=client shows it"
    )
    assert system.run("--yes", "--expect-plan", shown, target=AFTER).code == 0
    assert (system.tag("be1"), system.tag("fe1")) == ("b", "b")


@pytest.mark.parametrize("target", [AFTER, rendered({"be1": A, "fe1": A}, manifest("v1", "ConfigMap", "x"))])
def test_without_a_terminal_a_rollout_wants_to_be_told_that_it_may(small: SmallSystem, target: str) -> None:
    line = refused(small, target=target)
    assert "there is no terminal to ask at; --yes rolls the plan as it was shown, --step waits for" in line


def test_a_cluster_that_changed_while_the_question_stood_is_left_alone(systems: SmallSystems) -> None:
    system = systems(BEFORE)
    terminal = system.start_on_terminal(target=AFTER)
    terminal.expect_exact("be1 first? [y/N]")
    system.set("fe1", jvm={"heapFraction": 0.5})
    with system.untouched():
        terminal.sendline("y")
        terminal.expect("error: nothing was applied: fe1 was changed since the plan was shown")
        terminal.wait()
    assert terminal.exitstatus == 2


def test_a_plan_that_changed_since_the_stop_names_the_nodes_that_would_restart_again(systems: SmallSystems) -> None:
    system = systems(BEFORE)
    stopped = system.start("--yes", "--pause-after", "be1", target=AFTER)
    stopped.line("paused by --pause-after be1")
    assert system.run("stop").code == 0
    assert stopped.end().code == 4
    changed = tagged(be1="c", fe1="c")
    line = refused(system, "--yes", target=changed)
    plan = line.rpartition("--expect-plan ")[2].partition(" ")[0]
    assert line == (
        "error: nothing was applied: be1 would restart again, which --yes does not agree to; "
        f"--expect-plan {plan} agrees to just this plan"
    )
    terminal = system.start_on_terminal("--yes", target=changed)
    with system.untouched():
        terminal.expect_exact("the plan has changed since it was stopped: be1, finished then, would restart again")
        terminal.expect_exact("be1 first? [y/N]")
        terminal.sendline("n")
        terminal.wait()
    assert terminal.exitstatus == 4
    assert system.run("--yes", "--expect-plan", plan, target=changed).code == 0


# Others at work


def test_a_second_rollout_is_told_who_holds_the_lease_and_goes_as_soon_as_that_one_is_gone(
    systems: SmallSystems,
) -> None:
    system = systems(BEFORE)
    system.operator.tell("be1", HANG)
    first = system.start("--yes", target=AFTER)
    first.line("be1: pod be1-0 is not Ready (ContainerCreating)")
    plan = first.line("plan: ").removeprefix("plan: ")
    line = refused(system, "--yes", target=AFTER)
    assert f"nothing was applied: the rollout of {system.name} is held by " in line
    assert f"(pid {first.pid}, plan {plan}) and comes free in 1" in line
    assert line.endswith(" s unless renewed; `kubectl express rollout status` shows it, `rollout stop` ends it")
    os.kill(first.pid, signal.SIGKILL)
    first.end()
    second = system.start("--yes", target=AFTER)
    second.line("rollout 1 goes on")
    system.operator.tell("be1", "ok")
    assert second.end().code == 0
    assert (system.tag("be1"), system.tag("fe1")) == ("b", "b")


def test_an_application_that_is_syncing_is_let_finish(small: SmallSystem, argo: Api) -> None:
    application(argo, small.name, lists=small.name, phase="Running")
    path = f"/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/{small.name}"
    line = refused(small, "--yes")
    argo.delete(path)
    assert line == (
        f"error: nothing was applied: Argo CD's application argocd/{small.name} is syncing these nodes now; "
        "--allow argocd rolls nevertheless"
    )


def test_an_application_that_syncs_by_itself_is_overridden_only_by_word_and_that_leaves_an_event(
    systems: SmallSystems, argo: Api
) -> None:
    system = systems(BEFORE)
    application(argo, system.name, lists=system.name, policy={"automated": {}})
    objection = f"Argo CD's application argocd/{system.name} syncs these nodes by itself"
    line = refused(system, "--yes", "--allow", "unneeded,missed")
    assert line == f"error: nothing was applied: {objection}; --allow argocd rolls nevertheless"
    assert system.run("--yes", "--allow", "argocd", target=AFTER).code == 0
    (event,) = system.events("ArgoCDOverridden")
    assert (event["type"], event["involvedObject"]["name"]) == ("Warning", "be1")
    assert objection in event["message"]


def test_an_unhealthy_node_outside_the_plan_is_named_and_ignored_only_by_word(systems: SmallSystems) -> None:
    system = systems(BEFORE)
    system.make_crash("fe1")
    target = tagged(be1="b", fe1="a")
    line = refused(system, "--yes", target=target)
    assert "nothing was applied: fe1, no part of this plan, is unhealthy; mend that first, or give" in line
    assert system.run("--yes", "--ignore-unhealthy", target=target).code == 0
    assert system.tag("be1") == "b"


def test_a_field_of_another_manager_is_shown_before_anything_is_applied_and_taken_over_only_by_word(
    systems: SmallSystems,
) -> None:
    system = systems(BEFORE)
    owned = manifest("express.example.com/v1", "Frontend", "fe1", spec={"image": {**IMAGE, "tag": "a"}})
    system.kubectl("apply", "--server-side", "--field-manager=somebody", "-f", "-", stdin=yaml_of(owned))
    line = refused(system, "--yes")
    assert line == (
        "Error from server (Conflict): Frontend/fe1 has fields of other managers: .spec.image.tag of somebody; leave "
        "them out of the chart, or take them over with --force-conflicts; nothing was applied"
    )
    assert system.run("--yes", "--force-conflicts", target=AFTER).code == 0
    assert system.tag("fe1") == "b"


# What cannot be done

WRONG = {
    "a file and a commit": (("--yes", "--at", "git:HEAD"), "-f takes rendered manifests, and --at renders a commit"),
    "an unknown node, only": (("--yes", "--only", "be7"), '--only: node "be7" not found; did you mean be1?'),
    "an unknown node, from": (("--yes", "--from", "be7"), '--from: node "be7" not found; did you mean be1?'),
    "an unknown node to pause after": (("--yes", "--pause-after", "be7"), '--pause-after: node "be7" not found'),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_use_is_told_in_one_line(small: SmallSystem, wrong: str) -> None:
    flags, said = WRONG[wrong]
    assert said in refused(small, *flags)


REFUSED_BY_SERVER = {
    "a schema": (
        rendered({"be1": B, "fe1": spec("b", jvm={"heapFraction": "half"})}),
        "Frontend/fe1: failed to create typed patch object",
    ),
    "an unknown field": (rendered({"be1": B, "fe1": spec("b", colour="red")}), "Frontend/fe1: "),
    "an unknown kind": (AFTER + yaml_of(manifest("v1", "Nonsense", "x")), "the server does not know the kind Nonsense"),
    "a Service with two ports of one name": (
        AFTER
        + yaml_of(manifest("v1", "Service", "x", spec={"ports": [{"name": "a", "port": each} for each in (1, 2)]})),
        "Service/x: ",
    ),
}


@pytest.mark.parametrize("what", REFUSED_BY_SERVER)
def test_what_the_server_would_refuse_of_any_object_is_found_before_the_first_is_applied(
    small: SmallSystem, what: str
) -> None:
    target, said = REFUSED_BY_SERVER[what]
    assert said in refused(small, "--yes", target=target)


def test_a_kind_that_is_not_installed_is_named(small: SmallSystem, tmp_path: Path) -> None:
    other = tmp_path / ".express.yaml"
    other.write_text("group: other.example.com\n")
    target = AFTER.replace("express.example.com/v1", "other.example.com/v1")
    assert "other.example.com" in refused(small, "--yes", "--config", str(other), target=target)


def test_a_namespace_that_is_not_there_is_named(small: SmallSystem) -> None:
    small.target.write_text(AFTER)
    outcome = small.express("rollout", "--yes", "-f", small.target, "--context", "yul1", "-n", "nowhere")
    assert outcome.code == 2, outcome
    assert 'namespaces "nowhere" not found' in the_error(outcome.stderr)


def test_nothing_goes_to_another_namespace_than_the_one_that_is_read_and_locked(small: SmallSystem) -> None:
    elsewhere = yaml_of({**FE1, "metadata": {"name": "fe1", "namespace": "elsewhere"}})
    target = yaml_of(STORED, resource("be1", B)) + elsewhere
    assert f'"elsewhere" does not match the namespace "{small.name}"' in refused(small, "--yes", target=target)


def test_of_several_systems_one_has_to_be_named(small: SmallSystem, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "example")
    with small.untouched():
        outcome = small.express("rollout", "--yes", "--context", "yul1", cwd=tmp_path / "example")
    assert outcome.code == 2, outcome
    assert "systemdcrprod1, systemdcrtest3" in the_error(outcome.stderr)


@pytest.mark.parametrize("action", ["stop", "pause", "resume"])
def test_nothing_is_asked_of_a_rollout_that_is_not_there(small: SmallSystem, action: str) -> None:
    assert refused(small, action, target=None) == f"error: no rollout is running in {small.name} of yul1"


def test_there_is_nothing_to_undo_where_nothing_is_on_record(small: SmallSystem) -> None:
    line = refused(small, "undo", "--yes", target=None)
    assert line == f"error: nothing to undo: no rollout of {small.name} in yul1 is on record"
