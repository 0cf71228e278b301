"""`wait` is the rollout's gate for scripts and hooks: through the built program, on the real API server."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.e2e.schemas import shipped, violations
from tests.testbed.parts import part
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import StartOperator
    from tests.testbed.api import Api, Object
    from tests.testbed.express import Express

A, B = "aaaaaaaaaa", "bbbbbbbbbb"


class Nodes:
    """Bare backends of the test's namespace, with a ConfigMap that stores a revision of each."""

    def __init__(self, api: Api, namespace: str) -> None:
        self.api = api
        self.namespace = namespace
        self.backends = f"/apis/express.example.com/v1/namespaces/{namespace}/backends"
        self.pods = f"/api/v1/namespaces/{namespace}/pods"

    def create(self, *names: str, revision: str = A, stored: bool = True) -> None:
        for name in names:
            body = {"apiVersion": "express.example.com/v1", "kind": "Backend", "metadata": {"name": name}}
            spec = {"deploymentRevision": revision, "image": {"repository": "express", "tag": "9"}}
            self.api.create(self.backends, body | {"spec": spec})
            if stored:
                self.store(name, revision)

    def store(self, name: str, revision: str, configmap_name: str = "") -> None:
        labels = {"express.example.com/revisions": "true"}
        configmap = {
            "metadata": {"name": configmap_name or f"revisions-{name}", "labels": labels},
            "data": {f"{name}.revision": revision},
        }
        self.api.create(f"/api/v1/namespaces/{self.namespace}/configmaps", configmap)

    def set(self, name: str, revision: str) -> None:
        self.api.patch(f"{self.backends}/{name}", {"spec": {"deploymentRevision": revision}})

    def ready(self, name: str) -> Object:
        """Wait until the node's status says Ready; return its pod."""
        path = f"{self.pods}/{name}-0"
        eventually(lambda: self.api.get(f"{self.backends}/{name}").get("status", {}).get("ready"), f"{name} is Ready")
        return self.api.get(path)


@pytest.fixture
def nodes(api: Api, namespace: str) -> Nodes:
    return Nodes(api, namespace)


class Waiting:
    """A `wait` that runs, with what it has said so far."""

    def __init__(self, process: subprocess.Popen[bytes], stdout: Path, stderr: Path) -> None:
        self.process = process
        self._stdout = stdout
        self._stderr = stderr

    def says(self, line: str) -> None:
        """Wait until it says so on stderr."""
        eventually(lambda: line in self.said, f"it says {line!r}, not only {self.said}")

    @property
    def said(self) -> list[str]:
        return self._stderr.read_text().splitlines()

    @property
    def printed(self) -> str:
        return self._stdout.read_text()


@contextmanager
def waiting(express: Express, folder: Path, *words: str) -> Iterator[Waiting]:
    stdout, stderr = folder / "stdout", folder / "stderr"
    with stdout.open("w") as out, stderr.open("w") as err:
        process = subprocess.Popen(
            [part("kubectl"), "express", "wait", *words],
            cwd=express.home,
            env=express.environment(),
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    try:
        yield Waiting(process, stdout, stderr)
    finally:
        process.kill()
        process.wait()


def test_a_node_that_is_there_passes_at_once(
    express: Express, nodes: Nodes, kubeconfig: Path, operator: StartOperator, zipapp: Path
) -> None:
    operator()
    nodes.create("be1")
    nodes.ready("be1")
    passed = express("wait", "be1")
    assert (passed.code, passed.stdout, passed.stderr) == (0, f"be1: pod be1-0 is Ready at {A}\n", "")
    assert express("wait", "be1", "-o", "name").stdout == "backend.express.example.com/be1\n"
    document = express("wait", "be1", "-o", "json", "--min-ready", "500ms").json()
    assert violations(document, shipped(zipapp)) == []
    (system,) = document["systems"]
    (node,) = system["nodes"]
    assert (system["ok"], node["passed"], node["revision"], node["kind"]) == (True, True, A, "Backend")
    assert 0.5 <= node["seconds"] < 30


def test_it_says_what_it_waits_for_whenever_that_changes(
    express: Express, nodes: Nodes, kubeconfig: Path, operator: StartOperator, tmp_path: Path
) -> None:
    nodes.create("be1", "be2")
    with waiting(express, tmp_path, "be1", "be2") as wait:
        wait.says(f"be2: it has no pod at {A} yet")
        running = operator(behaviour={"be2": "crash"})
        wait.says("be2: pod be2-0 is not Ready (CrashLoopBackOff)")
        nodes.ready("be1")
        assert wait.process.poll() is None
        running.tell("be2", "ok")
        assert wait.process.wait(30) == 0
        assert wait.printed == f"be1: pod be1-0 is Ready at {A}\nbe2: pod be2-0 is Ready at {A}\n"
        assert len(set(wait.said)) == len(wait.said)


def test_a_stored_revision_is_waited_for_before_the_resource_is_applied(
    express: Express, nodes: Nodes, kubeconfig: Path, operator: StartOperator, tmp_path: Path
) -> None:
    operator()
    nodes.create("be1", stored=False)
    nodes.store("be1", B)
    nodes.ready("be1")
    with waiting(express, tmp_path, "be1") as wait:
        wait.says(f"be1: its Backend declares {A}, not {B}")
        nodes.set("be1", B)
        assert wait.process.wait(30) == 0
        assert wait.printed == f"be1: pod be1-0 is Ready at {B}\n"


@pytest.mark.parametrize("reports", ["silent", "ok"])
def test_it_does_not_pass_a_pod_from_before_somebody_changed_the_revision_there_and_back(
    express: Express, nodes: Nodes, kubeconfig: Path, operator: StartOperator, tmp_path: Path, reports: str
) -> None:
    running = operator()
    nodes.create("be1")
    old = nodes.ready("be1")["metadata"]["uid"]
    running.tell("be1", f"in-order, late: 4, {reports}")
    nodes.set("be1", B)
    nodes.set("be1", A)
    with waiting(express, tmp_path, "be1") as wait:
        wait.says(
            "be1: pod be1-0 is Ready, perhaps from before the apply: "
            "the operator has not said yet that it has seen generation 3, nor been quiet for 5 s"
        )
        assert wait.process.wait(60) == 0
        assert f"be1: pod be1-0 is at {B}, not {A}" in wait.said
    (pod,) = nodes.api.get(nodes.pods)["items"]
    assert pod["metadata"]["uid"] != old
    assert pod["metadata"]["labels"]["express.example.com/deployment-revision"] == A


def test_a_silent_operator_is_taken_at_its_quiet(
    express: Express, nodes: Nodes, kubeconfig: Path, operator: StartOperator
) -> None:
    running = operator()
    nodes.create("be1")
    nodes.ready("be1")
    running.tell("be1", "silent")
    nodes.api.patch(f"{nodes.backends}/be1", {"spec": {"priority": 7}})
    document = express("wait", "be1", "-o", "json").json()
    assert 5 <= document["systems"][0]["nodes"][0]["seconds"] < 30


def test_time_that_is_up_is_exit_5_with_what_was_seen_last(
    express: Express, nodes: Nodes, kubeconfig: Path, operator: StartOperator, zipapp: Path
) -> None:
    running = operator()
    nodes.create("be1", "be2")
    nodes.ready("be1")
    nodes.ready("be2")
    running.tell("be1", "ignore, boast")
    nodes.set("be1", B)
    late = express("wait", "be1", "be2", "--revision", B, "--timeout", "2s", "-o", "json")
    assert late.code == 5
    assert late.stderr.splitlines()[-1] == "error: timed out after 2 s waiting for be1, be2"
    assert f"be1: pod be1-0 is at {A}, not {B}" in late.stderr
    document = late.json()
    assert violations(document, shipped(zipapp)) == []
    reasons = {node["node"]: node["reason"] for node in document["systems"][0]["nodes"]}
    assert reasons == {"be1": f"pod be1-0 is at {A}, not {B}", "be2": f"its Backend declares {A}, not {B}"}
    assert (document["systems"][0]["ok"], express("wait", "be2", "--timeout", "5s").code) == (False, 0)


def test_ctrl_c_ends_it_as_it_ends_kubectl_wait(
    express: Express, nodes: Nodes, kubeconfig: Path, tmp_path: Path
) -> None:
    nodes.create("be1")
    with waiting(express, tmp_path, "be1") as wait:
        wait.says(f"be1: it has no pod at {A} yet")
        wait.process.send_signal(signal.SIGINT)
        assert wait.process.wait(30) == 130
        assert (wait.printed, "Traceback" in "".join(wait.said)) == ("", False)


def test_of_two_stored_revisions_none_is_waited_for_unless_it_is_named(
    express: Express, nodes: Nodes, kubeconfig: Path, operator: StartOperator
) -> None:
    operator()
    nodes.create("be1", "be2")
    nodes.ready("be1")
    nodes.ready("be2")
    nodes.store("be1", B, "left-over")
    nodes.store("be2", A, "left-over-alike")
    refused = express("wait", "be2", "be1", "--timeout", "1s")
    assert (refused.code, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"error: node be1 has several stored revisions, {B} in ConfigMap/left-over, {A} in ConfigMap/revisions-be1: "
        "delete the ConfigMap that the chart no longer renders, or say with --revision which one to wait for\n"
    )
    assert express("wait", "be1", "--revision", A).code == 0
    assert express("wait", "be2").code == 0


def test_what_cannot_be_waited_for_is_refused(express: Express, nodes: Nodes, kubeconfig: Path) -> None:
    nodes.create("be1", stored=False)
    for words, said in {
        ("be2",): 'error: node "be2" not found; did you mean be1?',
        ("be1",): "error: node be1 has no stored revision: say with --revision which one to wait for",
        (): "error: the following arguments are required: NODE",
        ("be1", "--timeout", "soon"): 'error: invalid value "soon": a duration is wanted, such as 90s or 10m',
    }.items():
        refused = express("wait", *words)
        assert (refused.code, refused.stdout) == (2, "")
        assert said in refused.stderr.splitlines()
    several = express("wait", "be1", "--context", "yul1", "--system", "a", "--system", "b")
    assert (several.code, several.stderr) == (2, "error: which system? yul1 has a, b: pick one with --system\n")
    assert json.loads(express("wait", "be1", "--revision", A, "--timeout", "1s", "-o", "json").stdout)["kind"] == "Wait"
