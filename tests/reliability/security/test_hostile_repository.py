"""A repository from who knows where: to read it must not run anything of it, nor lead out of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kubectl_express.sources.git import commit as last_commit
from tests.e2e.small_chart import SYSTEM, small_chart
from tests.reliability.ledger import Row, tell
from tests.testbed.examples import commit, git

if TYPE_CHECKING:
    from tests.testbed.express import Express
    from tests.testbed.programs import Outcome

ONE = ("--context", "yul1", "--system", SYSTEM)
READING = ("diff --against git:HEAD", "argocd --repo x")
"""What asks git."""
LOOKING_OTHERWISE = ("--post-renderer=./evil", "-f", "--debug", "secrets:/evil", "https:/127.0.0.1:1/x")
NESTED = Path("deploy")
"""A folder of the repository that holds chart and overlays."""


@pytest.fixture
def nested(tmp_path: Path) -> Path:
    """Return a git repository that holds a small chart and its overlays in a folder."""
    top = tmp_path / "repository"
    small_chart(top / NESTED, {"be1": '"1"'})
    (top / NESTED / ".git").rename(top / ".git")
    commit(top, "A chart")
    return top


def read(express: Express, folder: Path) -> list[Outcome]:
    """Have git asked of a folder: all that a command asks for, and what a rollout puts on record."""
    last_commit(folder, express.environment())
    return [express(*line.split(), *ONE, cwd=folder) for line in READING]


def planted(folder: Path, name: str = "evil") -> tuple[Path, Path]:
    """Write a program into a folder; return it, and the file whose presence shows that somebody ran it."""
    trace = folder.parent / "was-run"
    program = folder / name
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\necho "$0" >> {trace}\ncat\n')
    program.chmod(0o755)
    return program, trace


def configured(top: Path, what: str, program: Path) -> None:
    """Have the repository's own git configuration name a program, in one way in which git may run one."""
    values = {
        "hooks of its own": [("core.hooksPath", str(program.parent))],
        "hooks among the files": [("core.hooksPath", program.parent.name)],
        "file system monitor": [("core.fsmonitor", str(program))],
        "filter": [("filter.it.smudge", str(program)), ("filter.it.clean", str(program)), ("filter.it.required", "1")],
        "filter process": [("filter.it.process", str(program)), ("filter.it.required", "true")],
        "external diff": [("diff.external", str(program)), ("diff.it.textconv", str(program))],
        "pager and editor": [("core.pager", str(program)), ("core.editor", str(program)), ("pager.status", "true")],
    }[what]
    for key, value in values:
        git(top, "config", key, value)
    for hook in ("post-index-change", "post-checkout", "fsmonitor-watchman", "reference-transaction"):
        if "hooks" in what:
            (program.parent / hook).write_text(program.read_text())
            (program.parent / hook).chmod(0o755)


@pytest.mark.parametrize(
    "what",
    ["hooks of its own", "hooks among the files", "file system monitor", "filter", "filter process", "external diff",
     "pager and editor"],
)  # fmt: skip
def test_git_runs_nothing_that_the_repository_names(express: Express, nested: Path, what: str) -> None:
    program, trace = planted(nested / "tools")
    (nested / ".gitattributes").write_text("* filter=it diff=it\n")
    commit(nested, "Attributes")
    configured(nested, what, program)
    (nested / NESTED / "overlays" / "yul1" / SYSTEM / "values.yaml").write_text("changed: true\n")
    outcomes = read(express, nested / NESTED)
    assert [each.code for each in outcomes] == [0] * len(READING), [each.stderr for each in outcomes]
    assert not trace.exists(), trace.read_text()
    tell(Row("Security", "programs that a repository's git configuration names", "runs none of them", len(READING)))


def test_a_folder_that_looks_like_a_bare_repository_is_not_taken_for_one(express: Express, nested: Path) -> None:
    program, trace = planted(nested / "tools")
    git(nested, "clone", "--quiet", "--bare", str(nested), str(nested / "bare"))
    for part in (nested / "bare").iterdir():
        part.rename(nested / NESTED / part.name)
    config = f"[core]\nbare = false\nworktree = .\nfsmonitor = {program}\nrepositoryformatversion = 0\n"
    (nested / NESTED / "config").write_text(config)
    outcomes = read(express, nested / NESTED)
    assert not trace.exists(), trace.read_text()
    assert "safe.bareRepository" in "".join(each.stderr for each in outcomes)
    tell(Row("Security", "bare repositories among the files", "takes none for the repository", len(READING)))


@pytest.mark.parametrize(
    ("key", "name", "helm"),
    [(key, name, "helm3") for key in ("chart", "values") for name in LOOKING_OTHERWISE]
    + [(key, LOOKING_OTHERWISE[0], "helm4") for key in ("chart", "values")],
)
def test_what_a_configuration_names_is_a_path_to_helm_whatever_it_looks_like(
    express: Express, tmp_path: Path, key: str, name: str, helm: str
) -> None:
    top = small_chart(tmp_path / "repository", {"be1": '"1"'})
    _, trace = planted(top)
    (top / name).parent.mkdir(parents=True, exist_ok=True)
    if key == "chart":
        (top / "master_charts" / "express").rename(top / name)
        (top / SYSTEM).symlink_to(top / name)  # What helm would take for the chart, were this an option.
        (top / ".express.yaml").write_text(f'chart: "{name}"\n')
    else:
        (top / name).write_text("{}\n")
        (top / ".express.yaml").write_text(f'values: ["overlays/{{context}}/{{system}}/values.yaml", "{name}"]\n')
    ended = express("revisions", "--chart", *ONE, cwd=top, helm=helm)
    assert not trace.exists()
    assert (ended.code, "be1" in ended.stdout) == (0, True), ended.stderr
    tell(Row("Security", "paths that look like helm's options or addresses", "gives them to helm as paths", 1))


@pytest.mark.parametrize(
    ("link", "absolute"), [("templates/leak.yaml", True), ("files/leak", False), ("leak", True), (".", False)]
)
def test_a_chart_s_links_lead_nowhere_but_into_the_repository(
    express: Express, tmp_path: Path, link: str, absolute: bool
) -> None:
    top = small_chart(tmp_path / "repository", {"be1": '.Files.Get "leak" | quote'})
    commit(top, "A chart")
    chart, outside = top / "master_charts" / "express", tmp_path / "outside"
    outside.write_text("canary: s3cret\n")
    if link == ".":
        outside.unlink()
        chart = chart.rename(outside)
        place = top / "master_charts" / "express"
    else:
        place = chart / link
        place.parent.mkdir(exist_ok=True)
    place.symlink_to(outside if absolute else os.path.relpath(outside, place.parent))
    ended = express("diff", "--objects", "--against", "git:HEAD", *ONE, cwd=top)
    assert (ended.code, ended.stdout) == (2, "")
    assert "leads out of ., the repository: replace the link" in ended.stderr
    (top / "within").write_text("1")
    if link == "leak":
        place.unlink()
        place.symlink_to(top / "within")
        assert express("revisions", "--chart", *ONE, cwd=top).code == 0
    tell(Row("Security", "links that lead out of the repository", "follows none of them", 1))


def test_a_configuration_that_is_a_link_to_somebody_s_file_is_not_read(express: Express, tmp_path: Path) -> None:
    top = small_chart(tmp_path / "repository", {"be1": '"1"'})
    (tmp_path / "netrc").write_text("machine example.org password s3cret\n")
    (top / ".express.yaml").symlink_to(tmp_path / "netrc")
    ended = express("revisions", "--chart", *ONE, cwd=top)
    assert (ended.code, ended.stdout) == (2, "")
    assert "s3cret" not in ended.stderr
    tell(Row("Security", "links that lead out of the repository", "follows none of them", 1))


TAGS = ("!!python/object/apply:os.system", "!!python/name:os.system", "!!python/object/new:subprocess.Popen", "!evil")


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_in_yaml_makes_nothing_run(express: Express, tmp_path: Path, tag: str) -> None:
    top = small_chart(tmp_path / "repository", {"be1": '"1"'})
    program, trace = planted(top)
    (top / ".express.yaml").write_text(f'redact: {tag} ["{program}"]\nrelease: {tag} "{program}"\n')
    refused = express("revisions", "--chart", *ONE, cwd=top)
    assert refused.code == 2
    (top / ".express.yaml").unlink()
    manifest = f'apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {tag} ["{program}"]\n'
    listed = express("inspect", "--all", "-f", "-", *ONE, cwd=top, stdin=manifest)
    config = top / "kubeconfig"
    config.write_text(f'clusters: {tag} ["{program}"]\n')
    live = express("revisions", "--kubeconfig", config, cwd=top)
    assert live.code == 2
    assert not trace.exists()
    assert "Traceback" not in refused.stderr + listed.stderr + live.stderr
    tell(Row("Security", "YAML tags that name something to run", "runs nothing", 3))
