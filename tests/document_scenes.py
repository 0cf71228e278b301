"""Where the documents' commands are played: the scenes, and a shell in them whose output is compared or written."""

from __future__ import annotations

import os
import socket
import subprocess
from typing import TYPE_CHECKING

import pexpect

from tests.documents import QUESTION, alike, played
from tests.testbed.examples import commit, git
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl
    from tests.testbed.running_operator import RunningOperator

SYSTEM = "systemdcrtest3"
LIVE = {"empty", "live", "midway", "unrecorded", "rollout", "crashing"}
"""The scenes with a cluster.

Nothing is deployed; the example is; a deployment stopped midway; the chart had no ConfigMaps yet; three nodes are to
be rolled out; the same, and the pod of fe2 will crash.
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
    again = played(document, scene, shell(example, express, system))
    if os.environ.get("DOCUMENTS") == "write":
        path.write_text(again, encoding="utf-8")
    else:
        assert alike(document) == alike(again)


def shell(example: Path, express: Express, system: str) -> Callable[[str, list[str]], str]:
    """Return what runs a line as a shell would and returns all it printed, the test's own system by its name here.

    With answers it is run on a terminal, where these are typed; a plain one, that has lines in place of a live table.
    """
    # The zipapp's tests keep everything but a few tools off PATH; readers have theirs.
    environment = {**express.environment(), **PERSON, "TERM": "dumb"}
    environment["PATH"] += os.pathsep + os.defpath

    def run(line: str, answers: list[str]) -> str:
        command = ["sh", "-c", line.replace(SYSTEM, system)]
        printed = typed(command, environment, example, answers) if answers else piped(command, environment, example)
        return printed.replace(system, SYSTEM).replace(socket.gethostname(), HOST)

    return run


def piped(command: list[str], environment: Mapping[str, str], cwd: Path) -> str:
    """Return what a command prints, to wherever."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.stdout.decode()


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
