from __future__ import annotations

import argparse
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kubectl_express import __version__
from kubectl_express.errors import ExpressError
from kubectl_express.parser import build_parser, parse
from tests.document_scenes import (
    LIVE,
    SYSTEM,
    Shell,
    change,
    change_three,
    deploy,
    play,
    rendered,
    sync_midway,
    wait_for_ready,
)
from tests.documents import DOCUMENTS, ROOT, anchors, command_lines, commands_of, links, scenes, unplayed
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conftest import StartOperator
    from tests.testbed.api import Api
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl

__all__ = ["change_three", "rendered", "wait_for_ready"]
"""What tests/pipelines takes from here."""

READ = {path: path.read_text(encoding="utf-8") for path in DOCUMENTS}
PLAYED = [(path, scene) for path, document in READ.items() for scene in scenes(document)]

OTHERWISE = {
    "docs/adopting.md": {
        "orders in yul1": "of the chart in tests/e2e/foreign: tests/e2e/test_adoption.py looks for it"
    },
    "docs/argocd.md": {
        "operator  be2: declares": "what a real Argo CD said, as tests/argocd hears it: no command's words"
    },
    "docs/ci.md": {"gh pr comment": "run by tests/pipelines/test_shell.py, which has a `gh`"},
    "docs/configuration.md": {"overlays/<context>/<system>/values.yaml": "a picture of folders"},
    "docs/exit-codes.md": {"#!/bin/sh": "a whole script: run by tests/test_exit_codes.py"},
    "docs/pipelines.md": {"git merge-base": "run by tests/pipelines/test_shell.py"},
    "docs/rollout.md": {
        "rollout resume": "three at once: run by the test below",
        "docs/roles/rollout.yaml": "of this repository: applied by tests/rollout/test_rights.py",
    },
    "docs/rollout-states.md": {"planned ──►": "a picture of states"},
    "docs/speed.md": {"python -m benchmarks": "takes minutes: run on fewer nodes by tests/benchmarks/test_speed.py"},
    "examples/README.md": {"overlays/<context>/<system>/values.yaml": "a picture of folders"},
}
"""The blocks that no scene plays, by what they have in them, and why."""


def named(path: Path) -> str:
    """Return a document as people call it."""
    return path.relative_to(ROOT).as_posix()


def commands() -> Mapping[str, argparse.ArgumentParser]:
    """Return the parser of each command."""
    (found,) = (each for each in build_parser()._actions if isinstance(each, argparse._SubParsersAction))
    return dict(found.choices)


def parsers() -> Mapping[str, argparse.ArgumentParser]:
    """Return the parser of the program, of each command, and of each action, by the words that lead there."""

    def below(words: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
        yield words, parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, inner in action.choices.items():
                    yield from below(f"{words} {name}".strip(), inner)

    return dict(below("", build_parser()))


def shown(each: object) -> str:
    """Return a document's or scene's name, for a test's own."""
    return named(each) if isinstance(each, Path) else str(each)


@pytest.mark.parametrize("path", READ, ids=named)
def test_every_command_line_that_a_document_shows_parses(path: Path) -> None:
    for words in command_lines(READ[path]):
        check(words)


@pytest.mark.parametrize("command", parsers(), ids=lambda command: command or "alone")
def test_every_help_text_has_examples_and_each_of_them_parses(command: str) -> None:
    examples = [words for line in (parsers()[command].epilog or "").splitlines() for words in commands_of(line)]
    assert any(words[: len(command.split())] == command.split() for words in examples)
    for words in examples:
        check(words)


def check(words: list[str]) -> None:
    """Fail where the parser does not take a command line as it stands."""
    try:
        with suppress(SystemExit):  # Help is printed
            parse(build_parser(), words)
    except ExpressError as error:
        pytest.fail(f"kubectl express {' '.join(words)}: {error}")


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


@pytest.mark.parametrize("path", READ, ids=named)
def test_every_block_of_a_document_is_played_but_for_those_with_a_reason(path: Path) -> None:
    reasons = OTHERWISE.get(named(path), {})
    left = unplayed(READ[path])
    assert [block for block in left if not any(part in block for part in reasons)] == []
    assert [part for part in reasons if sum(part in block for block in left) != 1] == []


def test_documents_with_reasons_exist() -> None:
    assert set(OTHERWISE) <= {named(path) for path in READ}


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
    api: Api,
) -> None:
    running = operator()
    deploy(scene, example, system, express, kubectl, running)
    if scene == "syncing":
        sync_midway(api, example, system, express, kubectl, running)
    play(path, scene, example, express, system)


def test_a_rollout_begun_in_the_background_is_stepped_by_the_commands_that_a_document_shows_behind_it(
    example: Path, system: str, express: Express, kubectl: Kubectl, operator: StartOperator
) -> None:
    (block,) = (each for each in unplayed(READ[ROOT / "docs" / "rollout.md"]) if "rollout resume" in each)
    begin, watch, resume = (line.removeprefix("$ ") for line in block.splitlines())
    deploy("rollout", example, system, express, kubectl, operator())
    shell, log = Shell(example, express, system), example / "rollout.log"

    def resume_at(node: str) -> None:
        eventually(lambda: log.exists() and f"{node}: waits for" in log.read_text("utf-8"), f"{node} is asked about")
        shell.runs(resume)

    with shell.beside(begin):
        resume_at("be2")
        with shell.beside(watch) as watching:
            resume_at("fe2")
            resume_at("fe3")
            shown, _ = watching.communicate(timeout=60)
    assert watching.returncode == 0
    assert "updated (3): be2, fe2, fe3" in shown
