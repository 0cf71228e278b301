"""Taking a rollout back: every object that it touched is as before, nodes in reverse and one at a time."""

from __future__ import annotations

import shlex
import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.rollouts import NODES, SixNodes, go_on_line, groups
from tests.e2e.stopping import WAYS, hang, in_progress
from tests.e2e.undoing import Before, backwards, line_of, picture, pods, undone
from tests.testbed.examples import git
from tests.testbed.parts import part
from tests.testbed.programs import run, succeeded
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import StartOperator
    from tests.testbed.api import Api
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl, Outcome

REACHED = ("be1", "be2", "be10")
"""The nodes of a rollout that ends at its third."""
MORE = """
frontend:
  parameters:
    extra: {added: null, list: [1, {a: 1e3}]}
"""
"""Parameters that the overlay gains, nulls and numbers included."""
DEFAULTS = """
backend:
  parameters:
    probes: {readiness: {failureThreshold: 3}, liveness: {periodSeconds: 10, failureThreshold: 3}}
"""
"""Some of the defaults that the API server would fill in anyway: which ones were written out, it does not tell."""
EXTRA = """
apiVersion: v1
kind: Secret
metadata: {name: express-extra, labels: {app.kubernetes.io/name: express}}
stringData: {key: "{{ .Chart.Name }}"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: express-extra, labels: {app.kubernetes.io/name: express}}
data: {key: value}
"""


def rolled(six: SixNodes, *flags: str) -> Outcome:
    """Roll the overlay out, to its end."""
    return succeeded(six.run("rollout", "--yes", *flags), "rollout")


def stopped_at(six: SixNodes, way: str, node: str) -> None:
    """Roll the overlay out, and stop that while a node is in progress."""
    hang(six, node)
    rollout = six.start("--yes", *WAYS[way].flags)
    in_progress(rollout, node)
    WAYS[way].stop(six, rollout, node)


@pytest.mark.parametrize("way", ["Ctrl-C", "rollout stop"])
def test_of_a_stopped_rollout_every_object_it_touched_is_taken_back_and_no_other_is_touched(
    way: str, six: SixNodes
) -> None:
    before = Before(six)
    six.change(shared="changed")
    stopped_at(six, way, REACHED[-1])
    assert picture(six) != before.picture

    ended = undone(six)
    assert six.applied() == backwards(REACHED)
    assert groups(ended.stdout) == {"updated": backwards(REACHED)}
    before.is_back(*REACHED)


@pytest.mark.parametrize("way", ["halted", "kill -9"])
def test_a_node_that_hangs_is_taken_back_first_and_not_waited_for(way: str, six: SixNodes) -> None:
    before = Before(six)
    six.change(shared="changed")
    broken = REACHED[-1]
    if way == "halted":
        hang(six, broken)
        halted = six.run("rollout", "--yes", "--timeout", "1s")
        assert halted.code == 5, halted
    else:
        stopped_at(six, way, broken)

    six.audit.forget()
    undo = six.start("undo", "--yes")
    in_progress(undo, broken)
    six.operator.tell(broken, "ok")
    ended = undo.end()
    assert ended.code == 0, ended
    assert six.applied() == backwards(REACHED)
    before.is_back(*REACHED)


def test_of_a_rollout_that_was_stopped_and_gone_on_with_all_runs_are_taken_back_as_one(six: SixNodes) -> None:
    before = Before(six)
    six.change(shared="changed")
    hang(six, "be2")
    first = six.start("--yes")
    in_progress(first, "be2")
    line = WAYS["Ctrl-C"].stop(six, first, "be2")
    hang(six, "fe1")
    second = six.start_line(line or "")
    in_progress(second, "fe1")
    WAYS["Ctrl-C"].stop(six, second, "fe1")

    undone(six)
    assert six.applied() == backwards(NODES[:4])
    before.is_back(*NODES[:4])


def test_finished_nodes_that_a_second_run_is_to_put_back_are_taken_back_though_their_turns_did_not_come(
    six: SixNodes,
) -> None:
    before = Before(six)
    six.change()
    stopped_at(six, "Ctrl-C", "be2")
    for node in ("be1", "be2"):
        six.kubectl("patch", f"backend/{node}", "--type=merge", "-p", '{"spec": {"zone": "by hand"}}')
    second = six.start("--step", "-o", "json")
    second.event("asking", "be1")
    second.signal(signal.SIGKILL)
    second.end()
    undone(six)
    assert six.applied() == ["be2", "be1"]
    before.is_back("be1", "be2")


def test_a_whole_rollout_is_taken_back_what_it_created_and_deleted_included_and_an_undo_of_that_rolls_forward(
    six: SixNodes,
) -> None:
    before = Before(six)
    six.change(shared="changed")
    text = six.values.read_text(encoding="utf-8").replace("  fe3: {image: {tag: 24.9.9}}\n", "").rstrip()
    text = text.replace("backends:\n", "backends:\n  be3: {}\n").replace("shared:\n", "shared:\n  added: x\n")
    six.values.write_text(f"{text}\n{MORE}", encoding="utf-8")
    chart = six.example / "master_charts" / "express"
    (chart / "templates" / "extra.yaml").write_text(EXTRA, encoding="utf-8")
    helpers = chart / "templates" / "_express.tpl"
    label = "app.kubernetes.io/name: express\n"
    helpers.write_text(helpers.read_text(encoding="utf-8").replace(label, f"{label}added: label\n"), encoding="utf-8")
    rolled(six, "--prune")
    forward, forward_pods = picture(six), pods(six)
    assert {"backends/be3", "secrets/express-extra", "configmaps/express-extra"} <= set(forward) - set(before.picture)
    assert "frontends/fe3" not in forward

    planned = undone(six).stdout
    assert "rollout 1 created it" in line_of(planned, "be3")
    assert "rollout 1 deleted it" in line_of(planned, "fe3")
    assert "/extra and 1 more change" in line_of(planned, "fe1")
    assert six.applied() == ["fe3", "fe2", "fe1", "be10", "be3", "be2", "be1"]
    before.is_back(*NODES)

    planned = undone(six).stdout
    assert "undo 2 deleted it" in line_of(planned, "be3")
    assert "undo 2 created it" in line_of(planned, "fe3")
    assert picture(six) == forward
    assert pods(six) == forward_pods
    assert six.run("diff").code == 0

    undone(six)
    before.is_back(*NODES)


class DeployedBy(SixNodes):
    """The system, deployed by a tool of its own; `more` is what its overlay says besides."""

    def __init__(self, tool: tuple[str, ...], more: str, *parts: Any) -> None:
        self.tool, self.more = tool, more
        super().__init__(*parts)

    def deploy(self) -> None:
        self.add(self.more)
        if self.tool[0] == "kubectl":
            self.kubectl(*self.tool[1:], "-f", "-", stdin=self.rendered())
            return
        program, *verb = self.tool
        command: list[str | Path] = [part(program), *verb, self.system, "master_charts/express"]
        command += ["--namespace", self.system, "--values", self.values, "--skip-crds"]
        succeeded(run(command, self.express.environment(), self.example), " ".join(self.tool))

    def add(self, more: str) -> None:
        """Add to the overlay, until it is changed the next time."""
        self.values.write_text(f"{self.values.read_text(encoding='utf-8').rstrip()}\n{more}", encoding="utf-8")


@pytest.fixture
def deployed(
    express: Express,
    example: Path,
    system: str,
    kubectl: Kubectl,
    api: Api,
    control_plane: ControlPlane,
    operator: StartOperator,
) -> Iterator[Callable[..., DeployedBy]]:
    """Return what deploys the system by a tool; what a test started on it ends with the test."""
    with ExitStack() as ending:

        def deploy(*tool: str, more: str = "") -> DeployedBy:
            nodes = DeployedBy(tool, more, express, example, system, kubectl, api, control_plane, operator)
            ending.callback(nodes.close)
            return nodes

        yield deploy


TOOLS = {
    "kubectl apply": (("kubectl", "apply"), ("kubectl", "apply")),
    "kubectl apply --server-side": (("kubectl", "apply", "--server-side"), ("kubectl", "apply", "--server-side")),
    "helm 3": (("helm3", "install"), ("helm3", "upgrade")),
    "helm 4": (("helm4", "install"), ("helm4", "upgrade")),
}
"""What deployed the system, and would deploy it again."""


@pytest.mark.parametrize(("tool", "again"), TOOLS.values(), ids=TOOLS)
def test_the_first_rollout_ever_is_taken_back_whatever_had_deployed_the_system(
    tool: tuple[str, ...], again: tuple[str, ...], deployed: Callable[..., DeployedBy]
) -> None:
    six = deployed(*tool)
    before = Before(six)
    six.change(shared="changed")
    six.add(MORE)
    rolled(six)
    undone(six)
    assert six.applied() == backwards(NODES)
    before.is_back(*NODES)

    git(six.example, "checkout", "--", ".")
    six.tool = again
    six.deploy()
    assert picture(six) == before.picture, "the tool that had deployed it finds nothing to do, and no conflict"


def test_a_rollout_that_created_everything_is_taken_back_to_nothing(six: SixNodes) -> None:
    kinds = "backends,frontends,configmaps,services"
    six.kubectl("delete", kinds, "-l", "app.kubernetes.io/name=express", "--wait=false")
    eventually(lambda: not six.pods(), "no pod is left")
    rolled(six)
    assert six.all_ready()

    shown = six.run("rollout", "undo", "--dry-run=client").stdout
    assert all("rollout 1 created it" in line_of(shown, node) for node in NODES)
    undone(six)
    assert (picture(six), six.pods()) == ({}, [])
    deleted = [write.name for write in six.audit.writes("backends", "frontends") if write.verb == "delete"]
    assert deleted == backwards(NODES)
    others = six.audit.writes("backends", "frontends", "configmaps", "services")
    assert [each.resource in ("backends", "frontends") for each in others if each.verb == "delete"] == [
        *[True] * 6,
        *[False] * (len(others) - 6),
    ]

    undone(six)
    assert six.all_ready()
    assert six.applied() == list(NODES)


def test_an_undo_that_is_stopped_goes_on_by_the_command_it_printed(six: SixNodes) -> None:
    before = Before(six)
    six.change(shared="changed")
    rolled(six)
    hang(six, "fe2")
    undo = six.start("undo", "--yes")
    in_progress(undo, "fe2")
    undo.signal(signal.SIGTERM)
    undo.line("stopping, by SIGTERM: fe2 is seen through")
    six.operator.tell("fe2", "ok")
    stopped = undo.end()
    assert stopped.code == 4, stopped
    assert groups(stopped.stdout) == {"updated": ["fe3", "fe2"], "untouched": ["fe1", "be10", "be2", "be1"]}
    line = go_on_line(stopped.stdout)
    assert shlex.split(line)[:4] == ["kubectl", "express", "rollout", "undo"]

    six.audit.forget()
    ended = six.run_line(line)
    assert ended.code == 0, ended
    assert six.applied() == ["fe1", "be10", "be2", "be1"]
    before.is_back(*NODES)


def test_a_dry_run_of_an_undo_shows_its_plan_and_changes_nothing_and_without_a_rollout_there_is_none(
    six: SixNodes,
) -> None:
    refused = six.run("rollout", "undo", "--yes")
    assert (refused.code, refused.stdout) == (2, "")
    assert refused.stderr == f"error: nothing to undo: no rollout of {six.system} in yul1 is on record\n"

    six.change("be1", "fe1", shared="changed")
    rolled(six)
    after = picture(six)
    six.audit.forget()
    for how in ("client", "server"):
        shown = six.run("rollout", "undo", f"--dry-run={how}")
        assert shown.code == 0, shown
        assert [line.split()[1] for line in shown.stdout.splitlines() if line[:1].isdigit()] == ["fe1", "be1"]
    refused = six.run("rollout", "undo")
    assert (refused.code, "--yes" in refused.stderr) == (2, True), refused
    assert picture(six) == after
    assert [each for each in six.audit.writes() if each.agent == "kubectl-express"] == []


def test_an_undo_by_steps_asks_before_each_node(six: SixNodes) -> None:
    before = Before(six)
    six.change("be1", "fe1")
    rolled(six)
    undo = six.start("undo", "--step", "-o", "json")
    for node in ("fe1", "be1"):
        undo.event("asking", node)
        assert resumed(six).code == 0
        undo.event("passed", node)
    assert undo.end().code == 0
    before.is_back("be1", "fe1")


def resumed(six: SixNodes) -> Outcome:
    return six.run("rollout", "resume")


def test_what_hands_changed_after_the_rollout_is_undone_with_it_and_other_nodes_keep_theirs(six: SixNodes) -> None:
    before = Before(six)
    six.change("be1", "be2", shared="changed")
    rolled(six)
    six.kubectl("patch", "backend/be1", "--type=merge", "-p", '{"spec": {"zone": "by hand", "extra": {"more": 1}}}')
    six.kubectl("delete", "backend/be2", "--wait=false")
    six.kubectl("delete", "configmap/express-shared")
    six.kubectl("patch", "frontend/fe1", "--type=merge", "-p", '{"spec": {"zone": "by hand"}}')
    planned = undone(six).stdout
    assert "it was there before rollout 1, and is gone" in line_of(planned, "be2")
    assert six.applied() == ["be2", "be1"]
    after = picture(six)
    assert after.pop("frontends/fe1") != before.picture.pop("frontends/fe1")
    assert after == before.picture


def test_nodes_not_yet_reached_whose_data_only_the_record_still_has_are_pending(
    deployed: Callable[..., DeployedBy],
) -> None:
    six = deployed("helm3", "install", more=DEFAULTS)
    before = Before(six)
    six.change()
    stopped_at(six, "Ctrl-C", "be1")
    found = six.run("revisions", "-o", "json").json()["systems"][0]["nodes"]
    assert {node["node"]: node["state"] for node in found} == {"be1": "current", **dict.fromkeys(NODES[1:], "pending")}
    undone(six)
    before.is_back("be1")

    six.change()
    stopped_at(six, "Ctrl-C", "be1")
    six.kubectl("delete", "secrets", "-l", "kubectl-express/rollout")
    found = six.run("revisions", "-o", "json").json()["systems"][0]["nodes"]
    assert {node["node"] for node in found if node["state"] == "unverified"} == {"be2", "be10"}, (
        "only the record had it"
    )
