"""The chart's hooks as a cluster runs them: the built program, under the chart's own account, with its rights alone."""

from __future__ import annotations

import json
from functools import cached_property
from io import StringIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from kubectl_express.commands.wait import wait
from kubectl_express.environment import Environment
from kubectl_express.errors import ExitStatus
from kubectl_express.output.printer import Printer
from kubectl_express.sources.kubeconfig import Access, ConnectionOptions, resolve
from kubectl_express.sources.scope import Scope, Selection
from tests.charts.rendering import Charts, backend
from tests.testbed.job_container import Image
from tests.testbed.job_runner import JobRunner, running_jobs
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.charts.rendering import Rendering
    from tests.conftest import StartOperator
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Kubectl

SYNC = "0123456-sync-1700000000"
JOB = f"wait-be1-{SYNC}"
PATIENCE = 60.0
RIGHTS = [
    ("list", "backends.express.example.com"),
    ("list", "frontends.express.example.com"),
    ("list", "pods"),
    ("list", "configmaps"),
    ("watch", "backends.express.example.com"),
    ("watch", "frontends.express.example.com"),
    ("watch", "pods"),
]
"""All that the chart's Role grants."""
ACCESS = {"ServiceAccount", "Role", "RoleBinding", "ConfigMap"}


@pytest.fixture
def charts(helm4: Path, tmp_path: Path) -> Charts:
    return Charts(helm4, tmp_path)


@pytest.fixture
def runner(
    control_plane: ControlPlane, namespace: str, zipapp: Path, shiv_root: Path, tools: Path, tmp_path: Path
) -> Iterator[JobRunner]:
    with running_jobs(control_plane, namespace, Image(zipapp, shiv_root, tools), tmp_path / "jobs") as runner:
        yield runner


def rendered(charts: Charts, namespace: str, **more: object) -> Rendering:
    """Return a system of one node and its gate."""
    gates = {"gate": "hook", "image": "registry.example.com/kubectl-express", **more}
    nodes = [backend("be1", image={"repository": "express", "tag": "9"})]
    values = charts.values({"nodes": nodes, "global": {"expressGates": gates}})
    return charts.render(charts.bare(), "--values", values, "--namespace", namespace)


def apply(kubectl: Kubectl, *objects: Any) -> None:
    kubectl("apply", "-f", "-", stdin="".join(f"---\n{json.dumps(each)}\n" for each in objects))


def deploy(kubectl: Kubectl, rendering: Rendering) -> None:
    """Apply the waves one after the other, as Argo CD would."""
    apply(kubectl, *(each for each in rendering.objects if each["kind"] in ACCESS))
    apply(kubectl, *rendering.resources.values())
    apply(kubectl, *map(called, rendering.jobs))


def called(job: Any) -> Any:
    """Return a hook with the name that Argo CD gives it."""
    metadata = {name: value for name, value in job["metadata"].items() if name != "generateName"}
    return {**job, "metadata": {**metadata, "name": f"{job['metadata']['generateName']}{SYNC}"}}


def conditions(kubectl: Kubectl, name: str = JOB) -> dict[str, str]:
    """Return what a Job's status says of its end, each with its reason."""
    found = kubectl.json("get", "job", name).get("status", {}).get("conditions", [])
    return {each["type"]: each["reason"] for each in found if each["status"] == "True"}


def test_the_gate_completes_once_its_node_s_pod_arrives_and_not_before(
    charts: Charts, kubectl: Kubectl, namespace: str, operator: StartOperator, runner: JobRunner
) -> None:
    deploy(kubectl, rendered(charts, namespace))
    eventually(lambda: "be1: it has no pod at" in runner.said(JOB), "it waits", PATIENCE)
    assert conditions(kubectl) == {}
    assert kubectl.json("get", "job", JOB)["status"]["active"] == 1
    operator()
    eventually(lambda: "Complete" in conditions(kubectl), "the Job is complete", PATIENCE)
    assert runner.events(JOB) == ["started", "exited", "completed"]
    assert "be1: pod be1-0 is Ready at " in runner.said(JOB)


def test_a_node_that_is_late_fails_its_gate_at_once_and_is_not_tried_again(
    charts: Charts, kubectl: Kubectl, namespace: str, runner: JobRunner
) -> None:
    deploy(kubectl, rendered(charts, namespace, timeout="1s"))
    failed = {"FailureTarget": "PodFailurePolicy", "Failed": "PodFailurePolicy"}
    eventually(lambda: conditions(kubectl) == failed, "the Job has failed", PATIENCE)
    assert [each.more for each in runner.log() if each.what == "exited"] == ["5"]
    assert "error: timed out after 1 s waiting for be1" in runner.said(JOB)


@pytest.mark.parametrize("how", ["foreground", "background"])
def test_a_gate_that_is_deleted_ends(
    charts: Charts, kubectl: Kubectl, namespace: str, runner: JobRunner, how: str
) -> None:
    deploy(kubectl, rendered(charts, namespace))
    eventually(lambda: "be1: it has no pod at" in runner.said(JOB), "it waits", PATIENCE)
    kubectl("delete", "job", JOB, f"--cascade={how}", "--wait=true")
    eventually(lambda: runner.events(JOB) == ["started", "ended"], "its process has ended")


def test_a_gate_goes_by_the_configuration_that_it_is_given(
    charts: Charts, kubectl: Kubectl, namespace: str, operator: StartOperator, runner: JobRunner
) -> None:
    config = "# Two pods a node\npods: {perNode: 2}\nvalues: ['{context}/{system}.yaml']\n"
    operator()
    deploy(kubectl, rendered(charts, namespace, timeout="5s", config=config))
    eventually(lambda: "Failed" in conditions(kubectl), "the Job has failed", PATIENCE)
    assert "1 of 2" in runner.said(JOB)


@pytest.mark.parametrize("missing", RIGHTS, ids=" ".join)
def test_without_one_of_its_rights_a_gate_names_it_and_fails_after_four_attempts(
    charts: Charts, kubectl: Kubectl, namespace: str, operator: StartOperator, runner: JobRunner,
    missing: tuple[str, str],
) -> None:  # fmt: skip
    rendering = rendered(charts, namespace, timeout="20s")
    (role,) = [each for each in rendering.objects if each["kind"] == "Role"]
    assert granted(role) == set(RIGHTS)
    role["rules"] = [rule_of(*right) for right in RIGHTS if right != missing]
    deploy(kubectl, rendering)
    eventually(lambda: "Failed" in conditions(kubectl), "the Job has failed", PATIENCE)
    assert runner.events(JOB) == [*["started", "exited"] * 4, "failed"]
    verb, resource = missing
    assert f"cannot {verb} resource" in runner.said(JOB)
    assert resource.partition(".")[0] in runner.said(JOB)


class InPod(Scope):
    """A scope of a process in a pod, whose account's files are in a folder of the test's."""

    def __init__(self, environment: Environment, namespace: str, account: Path) -> None:
        super().__init__(environment, Selection(ConnectionOptions(namespace=namespace)))
        self._account = account

    @cached_property
    def access(self) -> Access:
        return resolve(self.selection.connection, self.environment.variables, self._account)


def test_in_a_pod_it_takes_nothing_but_the_account_s_files(
    charts: Charts, kubectl: Kubectl, namespace: str, operator: StartOperator, control_plane: ControlPlane,
    tmp_path: Path,
) -> None:  # fmt: skip
    rendering = rendered(charts, namespace)
    apply(kubectl, *(each for each in rendering.objects if each["kind"] in ACCESS), *rendering.resources.values())
    operator()
    account, folder = tmp_path / "account", tmp_path / "empty"
    for each in (account, folder):
        each.mkdir()
    (folder / ".express.yaml").write_text("values: ['{context}/{system}.yaml']\n")
    (account / "token").write_text(kubectl("create", "token", "express-gates").stdout.strip())
    (account / "ca.crt").write_bytes(control_plane.ca_file.read_bytes())
    server = urlsplit(control_plane.url)
    address = {"KUBERNETES_SERVICE_HOST": str(server.hostname), "KUBERNETES_SERVICE_PORT": str(server.port)}
    environment = Environment(StringIO(), StringIO(), StringIO(), {"HOME": "/nonexistent", **address}, folder)
    scope, printer = InPod(environment, namespace, account), Printer(environment, form="table", color="never")
    status = wait(scope, printer, names=("be1",), revision=rendering.revisions["be1"], timeout=60, min_ready=0)
    assert status is ExitStatus.DONE


def granted(role: Any) -> set[tuple[str, str]]:
    """Return what a Role grants, one by one."""
    return {
        (verb, f"{resource}.{group}".removesuffix("."))
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def rule_of(verb: str, resource: str) -> dict[str, list[str]]:
    name, _, group = resource.partition(".")
    return {"apiGroups": [group], "resources": [name], "verbs": [verb]}
