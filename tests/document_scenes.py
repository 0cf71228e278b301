"""Where the documents' commands are played: the scenes, and a shell in them whose output is compared or written."""

from __future__ import annotations

import os
import socket
import subprocess
from typing import TYPE_CHECKING

import pexpect

from tests.documents import QUESTION, alike, played
from tests.testbed.applications import application, serve_applications
from tests.testbed.examples import commit, git
from tests.testbed.programs import beside, succeeded
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.testbed.api import Api
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl
    from tests.testbed.running_operator import RunningOperator

SYSTEM = "systemdcrtest3"
LIVE = {"empty", "live", "midway", "unrecorded", "rollout", "crashing", "syncing"}
"""The scenes with a cluster.

Nothing is deployed; the example is; a deployment stopped midway; the chart had no ConfigMaps yet; three nodes are to
be rolled out, as the tag v24.3 has them; the same, and the pod of fe2 will crash; Argo CD syncs a change of every node,
and waits for be2.
"""
PERSON = {
    "LOGNAME": "alice",
    "GIT_AUTHOR_NAME": "Alice",
    "GIT_AUTHOR_EMAIL": "alice@example.com",
    "GIT_COMMITTER_NAME": "Alice",
    "GIT_COMMITTER_EMAIL": "alice@example.com",
}
HOST = "ops1"
"""Who the documents' commands are run by, and where."""
RECORD = "express.example.com/revisions:"


def deploy(
    scene: str, example: Path, system: str, express: Express, kubectl: Kubectl, running: RunningOperator
) -> None:
    """Bring cluster and repository to where a scene begins; the operator is running."""
    manifests = rendered(example, system, express).split("\n---\n")
    if scene != "empty":
        recorded = [each for each in manifests if scene != "unrecorded" or RECORD not in each]
        kubectl("apply", "-f", "-", stdin=joined(recorded))
        wait_for_ready(kubectl, 8)
    if scene == "midway":
        stop_midway(example, system, express, kubectl, running)
    if scene in {"rollout", "crashing"}:
        change_three(example, system)
        git(example, "tag", "v24.3")
    if scene == "crashing":
        running.tell("fe2", "next, crash")


def change(example: Path, system: str) -> None:
    """Bring the example's pull request into the work tree, to be committed by nobody."""
    patch = example / "pull-request.patch"
    patch.write_text(patch.read_text(encoding="utf-8").replace(SYSTEM, system), encoding="utf-8")
    git(example, "apply", patch.name)
    git(example, "checkout", "--quiet", "--", patch.name)


def rendered(example: Path, system: str, express: Express) -> str:
    """Return what people deploy today: what `helm template` prints."""
    command = ["helm", "template", system, "master_charts/express", "--values", f"overlays/yul1/{system}/values.yaml"]
    environment = express.environment()
    done = subprocess.run(command, cwd=example, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def stop_midway(example: Path, system: str, express: Express, kubectl: Kubectl, running: RunningOperator) -> None:
    """Deploy the pull request, and fe3 with another setting, as far as be3, which the operator does not get to yet."""
    change(example, system)
    values = example / "overlays" / "yul1" / system / "values.yaml"
    values.write_text(values.read_text(encoding="utf-8").replace("max: 20000", "max: 30000"), encoding="utf-8")
    running.tell("be3", "ignore")
    manifests = rendered(example, system, express).split("\n---\n")
    kubectl("apply", "-f", "-", stdin=joined(each for each in manifests if RECORD in each or 'name: "be3"' in each))
    running.tell("fe1", "crash")
    wait_for_ready(kubectl, 7)


def sync_midway(
    api: Api, example: Path, system: str, express: Express, kubectl: Kubectl, running: RunningOperator
) -> None:
    """Deploy another image of every node as far as be2, which the operator does not get to yet, and say so as Argo CD.

    Argo CD's settings are there too, to be patched.
    """
    serve_applications(api)
    settings = "/api/v1/namespaces/argocd/configmaps"
    if api.find(f"{settings}/argocd-cm") is None:
        api.create(settings, {"metadata": {"name": "argocd-cm"}})
    values = example / "overlays" / "yul1" / system / "values.yaml"
    text = values.read_text(encoding="utf-8")
    values.write_text(f"{text}\ndefaults:\n  image:\n    tag: 24.4.0\n", encoding="utf-8")
    running.tell("be2", "ignore")
    wanted = (RECORD, 'name: "be1"', 'name: "be2"')
    manifests = rendered(example, system, express).split("\n---\n")
    kubectl("apply", "-f", "-", stdin=joined(each for each in manifests if any(one in each for one in wanted)))
    succeeded(express("wait", "be1", "--context", "yul1", "--system", system, cwd=example), "wait")
    message = "waiting for healthy state of express.example.com/Backend/be2 and 7 more resources"
    application(api, f"yul1-{system}", lists=system, phase="Running", state={"message": message})


def change_three(example: Path, system: str) -> None:
    """Commit another zone for be2 and fe2, and a setting of fe3."""
    values = example / "overlays" / "yul1" / system / "values.yaml"
    text = values.read_text(encoding="utf-8").replace("zone: yul1-b", "zone: yul1-c")
    values.write_text(text.replace("max: 20000", "max: 30000"), encoding="utf-8")
    commit(example, "Another zone, more sessions")


def joined(manifests: Iterable[str]) -> str:
    """Return manifests as one text."""
    return "\n---\n".join(manifests)


def wait_for_ready(kubectl: Kubectl, count: int) -> None:
    """Wait until exactly so many pods are Ready."""

    def ready() -> bool:
        pods = kubectl.json("get", "pods")["items"]
        conditions = [{one["type"]: one["status"] for one in pod["status"].get("conditions", [])} for pod in pods]
        return len([each for each in conditions if each.get("Ready") == "True"]) == count

    eventually(ready, f"{count} pods are Ready", every=0.2)


def play(path: Path, scene: str, example: Path, express: Express, system: str) -> None:
    """Play a document's blocks of a scene again; they must print what they show, or are written anew if so told."""
    document = path.read_text(encoding="utf-8")
    again = played(document, scene, Shell(example, express, system))
    if os.environ.get("DOCUMENTS") == "write":
        path.write_text(again, encoding="utf-8")
    else:
        assert alike(document) == alike(again)


class Shell:
    """Runs lines as a reader's shell would, in the example's repository.

    The test's own system has the document's name in them, and in all that they print.
    """

    def __init__(self, example: Path, express: Express, system: str) -> None:
        # The zipapp's tests keep everything but a few tools off PATH; readers have theirs.
        self.environment = {**express.environment(), **PERSON, "TERM": "dumb"}
        self.environment["PATH"] += os.pathsep + os.defpath
        self.example, self.system = example, system

    def types(self, line: str, answers: list[str]) -> str:
        """Return all that a line printed.

        With answers it is run on a terminal, where these are typed; a plain one, that has lines in place of a live
        table.
        """
        command = self.command(line, "-c")
        if answers:
            printed = typed(command, self.environment, self.example, answers)
        else:
            _, printed = piped(command, self.environment, self.example)
        return printed.replace(self.system, SYSTEM).replace(socket.gethostname(), HOST)

    def runs(self, script: str) -> None:
        """Run a script, which ends with the first command that fails; then it raises AssertionError."""
        code, printed = piped(self.command(script, "-ec"), self.environment, self.example)
        assert code == 0, f"{script}\n{printed}"

    def beside(self, line: str) -> AbstractContextManager[subprocess.Popen[str]]:
        """Give the shell that runs a line beside the test; it and what it has started are ended at last."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return beside(self.command(line, "-c"), self.environment, self.example, text=True, **streams)

    def command(self, script: str, how: str) -> list[str]:
        """Return what runs a script: bash, which `source <(…)` takes."""
        return ["bash", how, script.replace(SYSTEM, self.system)]


def piped(command: list[str], environment: Mapping[str, str], cwd: Path) -> tuple[int, str]:
    """Return a command's exit code, and what it prints, to wherever."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode()


def typed(command: list[str], environment: Mapping[str, str], cwd: Path, answers: Iterable[str]) -> str:
    """Return what a terminal shows of a command whose questions are answered so, what was typed included."""
    terminal = pexpect.spawn(
        command[0],
        command[1:],
        env=dict(environment),
        cwd=str(cwd),
        dimensions=(50, 200),
        encoding="utf-8",
        timeout=60,
    )
    shown = ""
    try:
        for answer in answers:
            terminal.expect(f"{QUESTION}$")
            shown += f"{terminal.before}{terminal.after}"
            terminal.sendline(answer)
        terminal.expect(pexpect.EOF)
    finally:
        terminal.close(force=True)
    return f"{shown}{terminal.before}".replace("\r\n", "\n")
