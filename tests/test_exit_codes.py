from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.document_scenes import deploy
from tests.documents import ROOT, blocks
from tests.test_documents import commands
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from tests.conftest import StartOperator
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl
    from tests.testbed.running_operator import RunningOperator

DOCUMENT = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
TEMPLATE = Path("master_charts/express/charts/express-revisions/templates/_revision.tpl")


class Deploying:
    """The document's script, in the example's repository."""

    def __init__(self, example: Path, express: Express, system: str) -> None:
        (self.script,) = blocks(DOCUMENT, "sh")
        self.example, self.system = example, system
        self.environment = {**express.environment(), "LOGNAME": "alice"}
        self.environment["PATH"] += os.pathsep + os.defpath

    def start(self, system: str | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["sh", "-c", self.script, "deploy", "yul1", system or self.system],
            cwd=self.example,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, system: str | None = None) -> tuple[int, str, str]:
        return ended(self.start(system))


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    stdout, stderr = process.communicate(timeout=120)
    return process.returncode, stdout, stderr


@pytest.fixture
def running(operator: StartOperator) -> RunningOperator:
    return operator()


@pytest.fixture
def deploying(example: Path, express: Express, system: str, kubectl: Kubectl, running: RunningOperator) -> Deploying:
    deploy("rollout", example, system, express, kubectl, running)
    return Deploying(example, express, system)


def test_the_script_deploys_and_finds_nothing_to_deploy_then(deploying: Deploying) -> None:
    code, stdout, stderr = deploying.run()
    assert (code, stdout.splitlines()[-1]) == (0, "deployed"), stderr
    code, stdout, _ = deploying.run()
    assert (code, stdout.splitlines()[-1]) == (0, "nothing to deploy")


def test_the_script_tells_of_a_node_that_fails(deploying: Deploying, running: RunningOperator) -> None:
    running.tell("fe2", "next, crash")
    code, stdout, stderr = deploying.run()
    assert code == 5
    assert "a node failed: mend it and go on, or take it back with undo\n" in stderr
    assert "in progress (1): fe2" in stderr + stdout


def test_the_script_tells_that_somebody_stopped_it(
    deploying: Deploying, running: RunningOperator, express: Express, kubectl: Kubectl
) -> None:
    running.tell("be2", "ignore")
    process = deploying.start()
    eventually(lambda: generation(kubectl) > 1, "be2 is applied", every=0.2)
    at = ("--context", "yul1", "--system", deploying.system)
    assert express("rollout", "stop", *at, cwd=deploying.example).code == 0
    running.tell("be2", "ok")
    code, _, stderr = ended(process)
    assert code == 4
    assert "somebody stopped it: the line above goes on\n" in stderr


def generation(kubectl: Kubectl) -> int:
    return int(kubectl.json("get", "backend", "be2")["metadata"]["generation"])


def test_the_script_applies_nothing_that_cannot_be_trusted(deploying: Deploying, kubectl: Kubectl) -> None:
    template = deploying.example / TEMPLATE
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace("sha256sum .", "println . | sha256sum"), encoding="utf-8")
    code, _, stderr = deploying.run()
    assert (code, stderr.splitlines()[-1]) == (3, "nothing was applied: the revisions cannot be trusted")
    assert generation(kubectl) == 1


def test_the_script_tells_that_it_could_not_be_done(deploying: Deploying) -> None:
    code, _, stderr = deploying.run("elsewhere")
    assert (code, stderr.splitlines()[-1]) == (2, "nothing was applied: it could not be compared")


def test_the_table_names_every_command() -> None:
    rows = [line.split("|")[1] for line in DOCUMENT.splitlines() if line.startswith("| `")]
    named = {words.split()[0] for row in rows for words in re.findall(r"`([^`]+)`", row)}
    assert set(commands()) <= named


def test_the_table_has_the_codes_that_the_help_texts_have() -> None:
    for name, parser in commands().items():
        told = re.search(r"^Exit status: (.*)$", parser.epilog or "", re.MULTILINE)
        row = re.search(rf"^\| `{name}` \|(.*)\|$", DOCUMENT, re.MULTILINE)
        if told and row:
            filled = [code for code, cell in enumerate(row[1].split("|")) if cell.strip()]
            assert filled == [int(code) for code in re.findall(r"(?:^|, )(\d) ", told[1])], name
