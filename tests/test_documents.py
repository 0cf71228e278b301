from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

from kubectl_express import __version__
from kubectl_express.errors import ExpressError
from kubectl_express.parser import build_parser
from tests.documents import DOCUMENTS, QUESTION, ROOT, alike, anchors, command_lines, commands_of, links, played, scenes
from tests.testbed.examples import commit, git
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tests.conftest import StartOperator
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl
    from tests.testbed.running_operator import RunningOperator

SYSTEM = "systemdcrtest3"
LIVE = {"live", "midway", "unrecorded", "rollout", "crashing"}
"""The scenes with a cluster.

The example is deployed; a deployment stopped midway; the chart had no ConfigMaps yet; three nodes are to be rolled out;
the same, and the pod of fe2 will crash.
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
READ = {path: path.read_text(encoding="utf-8") for path in DOCUMENTS}
PLAYED = [(path, scene) for path, document in READ.items() for scene in scenes(document)]


def named(path: Path) -> str:
    """Return a document as people call it."""
    return path.relative_to(ROOT).as_posix()


def commands() -> Mapping[str, argparse.ArgumentParser]:
    """Return the parser of each command."""
    (found,) = (each for each in build_parser()._actions if isinstance(each, argparse._SubParsersAction))
    return dict(found.choices)


def shown(each: object) -> str:
    """Return a document's or scene's name, for a test's own."""
    return named(each) if isinstance(each, Path) else str(each)


@pytest.mark.parametrize("path", READ, ids=named)
def test_every_command_line_that_a_document_shows_parses(path: Path) -> None:
    for words in command_lines(READ[path]):
        check(words)


@pytest.mark.parametrize("command", commands())
def test_every_example_of_a_help_text_parses(command: str) -> None:
    examples = [words for line in (commands()[command].epilog or "").splitlines() for words in commands_of(line)]
    assert any(words[:1] == [command] for words in examples)
    for words in examples:
        check(words)


def check(words: list[str]) -> None:
    """Fail where the parser does not take a command line as it stands."""
    try:
        _, unknown = build_parser().parse_known_args(words)
    except ExpressError as error:
        pytest.fail(f"kubectl express {' '.join(words)}: {error}")
    except SystemExit:
        unknown = []
    assert not unknown, f"kubectl express {' '.join(words)}"


@pytest.mark.parametrize("path", READ, ids=named)
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in links(READ[path]):
        if re.match(r"https?:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


def test_the_readme_leads_to_every_document_by_links_alone() -> None:
    reached: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        path = ahead.pop()
        reached.add(path)
        targets = {(path.parent / link.partition("#")[0]).resolve() for link in links(READ[path]) if ":" not in link}
        ahead += [target for target in targets & set(DOCUMENTS) if target not in reached]
    assert [named(path) for path in DOCUMENTS if path not in reached] == []


def test_the_readme_names_every_command_and_every_document() -> None:
    readme = READ[ROOT / "README.md"]
    assert [command for command in commands() if f"`{command}`" not in readme] == []
    assert [named(path) for path in DOCUMENTS if path != ROOT / "README.md" and named(path) not in readme] == []


def test_the_changelog_tells_of_this_version_and_is_kept_as_keep_a_changelog_says() -> None:
    changelog = READ[ROOT / "CHANGELOG.md"]
    heads = re.findall(r"^## (.*)$", changelog, re.MULTILINE)
    assert all(re.fullmatch(r"\[Unreleased\]|\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", head) for head in heads), heads
    assert [head for head in heads if head.startswith(f"[{__version__}]")]
    kinds = set(re.findall(r"^### (.*)$", changelog, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.mark.parametrize(("path", "scene"), [(path, scene) for path, scene in PLAYED if scene not in LIVE], ids=shown)
def test_what_a_document_shows_of_charts_is_what_the_program_prints(
    path: Path, scene: str, example: Path, express: Express
) -> None:
    assert scene in {"chart", "pull-request"}, "tests know no such scene"
    if scene == "pull-request":
        change(example, SYSTEM)
    play(path, scene, example, express, SYSTEM)


@pytest.mark.parametrize(("path", "scene"), [(path, scene) for path, scene in PLAYED if scene in LIVE], ids=shown)
def test_what_a_document_shows_of_a_cluster_is_what_the_program_prints(
    path: Path,
    scene: str,
    example: Path,
    system: str,
    express: Express,
    kubectl: Kubectl,
    operator: StartOperator,
) -> None:
    running = operator()
    manifests = rendered(example, system, express).split("\n---\n")
    kubectl("apply", "-f", "-", stdin=joined(each for each in manifests if scene != "unrecorded" or RECORD not in each))
    wait_for_ready(kubectl, 8)
    if scene == "midway":
        stop_midway(example, system, express, kubectl, running)
    if scene in {"rollout", "crashing"}:
        change_three(example, system)
    if scene == "crashing":
        running.tell("fe2", "next, crash")
    play(path, scene, example, express, system)


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
