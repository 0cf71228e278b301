"""What the programs that are started get to see, and what lies on the disk meanwhile; and what is left of that."""

from __future__ import annotations

import os
import shlex
import signal
from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_chart import SYSTEM, small_chart
from tests.e2e.small_system import rendered, spec
from tests.e2e.started import Started
from tests.reliability.ledger import Row, tell
from tests.reliability.security.canaries import Spy
from tests.reliability.security.door import CARD, kubeconfig, trusted
from tests.testbed.examples import commit
from tests.testbed.parts import part
from tests.testbed.programs import run
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.reliability.security.door import Door
    from tests.testbed.express import Express

ONE = ("--context", "yul1", "--system", SYSTEM)
KNOWN = frozenset({"helm", "git", "differ"})


@pytest.fixture
def spy(tmp_path: Path) -> Spy:
    return Spy.in_folder(tmp_path / "spied")


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """Return a repository whose last commit is not what lies there, and that uses what time it is."""
    top = small_chart(tmp_path / "repository", {"be1": '"1"'}, label='now | date "2006"')
    commit(top, "A chart")
    (top / "overlays" / "yul1" / SYSTEM / "values.yaml").write_text("secret: s3cret\n")
    nodes = top / "master_charts" / "express" / "templates" / "nodes.yaml"
    nodes.write_text(nodes.read_text().replace('"1"', '"2"'))
    return top


def spied(express: Express, spy: Spy, tools: Path) -> dict[str, str]:
    """Return an environment in which every program that may be started looks around before it does its work."""
    spy.be("helm", f'exec {shlex.quote(str(part("helm4")))} "$@"')
    spy.be("git", f'exec {tools / "git"} "$@"')
    differ = spy.be("differ", f'exec {tools / "diff"} -ru "$@"')
    variables = {"KUBECTL_EXTERNAL_DIFF": differ.name, "TMPDIR": str(spy.temporary)}
    environment = {**express.environment(None), **variables}
    return {**environment, "PATH": f"{spy.folder}{os.pathsep}{environment['PATH']}"}


def test_temporary_files_are_their_owner_s_alone_and_gone_at_the_end(
    express: Express, spy: Spy, chart: Path, tools: Path
) -> None:
    environment = spied(express, spy, tools)
    for line in ("diff --objects --against git:HEAD", "verify", "diff --against git:HEAD -v", "inspect --all --chart"):
        ended = run([express.zipapp, *line.split(), *ONE], environment, chart)
        assert ended.code in {0, 1, 3}, ended.stderr
    seen = {tuple(line.split(" ", 2)) for line in spy.saw("files").splitlines()}
    above = {mode for kind, mode, path in seen if "/" not in path}
    assert above == {"700"}, "what lies in the temporary folder itself"
    files = {path: mode for kind, mode, path in seen if kind == "f"}
    assert any("kubectl-express-proof-" in path for path in files)
    assert len(files) >= 4
    assert {path: mode for path, mode in files.items() if mode != "600"} == {}
    assert list(spy.temporary.iterdir()) == []
    _tell("temporary files looked at", "keeps them to their owner, and removes them", len(seen), varies=True)


def test_only_known_programs_are_started_each_as_documented(
    express: Express, spy: Spy, chart: Path, tools: Path
) -> None:
    environment = {**spied(express, spy, tools), "OF_THE_USER": "kept"}
    for line in ("diff --objects --against git:HEAD", "verify", "version -v", "revisions --chart"):
        run([express.zipapp, *line.split(), *ONE[: 4 if "version" not in line else 0]], environment, chart)
    started = [each.splitlines() for each in spy.saw("environment").split("--- ") if each]
    assert {lines[0].split()[0] for lines in started} == KNOWN
    for lines in started:
        words = lines[0].split()
        assert "OF_THE_USER=kept" in lines
        if words[0] == "helm":
            assert words[1] in {"template", "version"}, "neither a plugin nor anything that asks a cluster"
            assert not {"--validate", "--post-renderer", "--dry-run=server"} & set(words)
        assert not [line for line in lines if line.startswith(("KUBERNETES_EXEC_INFO", "PYTHONPATH", "PYTHONHOME"))]
    _tell("programs that were started, and how", "starts helm, git and the user's own alone", len(started), varies=True)


WAITING = ": > {started}; while [ ! -e {go} ]; do /bin/sleep 0.02; done"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name)
@pytest.mark.parametrize("program", ["differ", "helm", "git"])
def test_temporary_files_go_with_a_process_that_is_told_to_end(
    express: Express, spy: Spy, chart: Path, tools: Path, number: signal.Signals, program: str
) -> None:
    environment = spied(express, spy, tools)
    started, go = chart.parent / "started", chart.parent / "go"
    wait = WAITING.format(started=started, go=go)
    then = (spy.folder / program).read_text().splitlines()[-1]
    spy.be(program, f'[ -z "$(/bin/ls {spy.temporary})" ] || {{ {wait}; }}\n{then}')
    running = Started([express.zipapp, "diff", "--objects", "--against", "git:HEAD", *ONE], environment, chart)
    try:
        eventually(started.exists, "the program lies in wait while there are temporary files")
        assert list(spy.temporary.iterdir())
        if number is signal.SIGINT:
            running.signal(number)  # As a terminal: to all of them.
        else:
            os.kill(running.pid, number)
        go.touch()
        ended = running.end()
    finally:
        running.close()
    assert ended.code == {signal.SIGINT: 130}.get(number, 128 + number)
    assert "Traceback" not in ended.stderr
    assert list(spy.temporary.iterdir()) == []
    _tell("signals while there are temporary files", "ends, and leaves none", 1)


def test_ctrl_c_leaves_no_temporary_files_of_what_is_done_at_the_same_time(
    express: Express, spy: Spy, chart: Path, tools: Path
) -> None:
    environment, started = spied(express, spy, tools), chart.parent / "started"
    then = (spy.folder / "helm").read_text().splitlines()[-1]
    lie_in_wait = f'case "$*" in *{spy.temporary}*) : > {started}; exec /bin/sleep 1000;; esac'
    spy.be("helm", f"{lie_in_wait}\n{then}")
    running = Started([express.zipapp, "verify", *ONE], environment, chart)
    try:
        eventually(started.exists, "helm renders what lies in a temporary folder")
        os.kill(running.pid, signal.SIGINT)
        ended = running.end()
    finally:
        running.close()
    assert (ended.code, ended.stderr) == (130, "")
    assert list(spy.temporary.iterdir()) == []
    _tell("signals while there are temporary files", "ends, and leaves none", 1)


def test_a_smoke_test_is_told_the_connection_flags_and_no_token(
    systems: SmallSystems, door: Door, tmp_path: Path
) -> None:
    system: SmallSystem = systems(rendered({"be1": spec("1")}))
    config = kubeconfig(tmp_path / "config", trusted(door), CARD, system.name)
    target = tmp_path / "target.yaml"
    target.write_text(rendered({"be1": spec("2")}))
    told = (
        f"/usr/bin/env > {tmp_path}/told; {part('kubectl')} $KUBECTL_FLAGS get backend $NODE -o name > {tmp_path}/said"
    )
    command: list[str | Path] = [
        system.express.zipapp, "rollout", "--yes", "-f", target, "--kubeconfig=config", "--token=t0ken",
        "--as=dora", "--as-group=system:masters", "--after-node", told,
    ]  # fmt: skip
    environment = {**system.express.environment(None), "KUBECONFIG": "/nowhere"}
    door.forget()
    ended = run(command, environment, tmp_path)
    assert ended.code == 0, ended.stdout + ended.stderr
    variables = dict(line.split("=", 1) for line in (tmp_path / "told").read_text().splitlines() if "=" in line)
    assert variables["KUBECONFIG"] == str(config)
    assert (variables["NODE"], variables["NAMESPACE"], variables["CONTEXT"]) == ("be1", system.name, "yul1")
    assert shlex.split(variables["KUBECTL_FLAGS"]) == [
        "--context=yul1", f"--namespace={system.name}", "--as=dora", "--as-group=system:masters"
    ]  # fmt: skip
    assert "t0ken" not in (tmp_path / "told").read_text()
    assert (tmp_path / "said").read_text() == "backend.express.example.com/be1\n"
    theirs = [each for each in door.server.received if each.header("User-Agent")[0].startswith("kubectl/")]
    assert {each.header("Impersonate-User")[0] for each in theirs} == {"dora"}
    _tell("smoke tests that ask the cluster", "hands on the connection flags, never a token", 1)


def test_a_program_of_the_current_folder_is_not_run(express: Express, chart: Path) -> None:
    for name in ("helm", "git", "differ"):
        (chart / name).write_text(f"#!/bin/sh\n: > {chart.parent}/was-run\n")
        (chart / name).chmod(0o755)
    environment = express.environment("helm4")
    environment["PATH"] = f".{os.pathsep}{os.pathsep}{environment['PATH']}"
    environment["KUBECTL_EXTERNAL_DIFF"] = "differ"
    ended = run([express.zipapp, "diff", "--objects", "--against", "git:HEAD", *ONE], environment, chart)
    assert (ended.code, "differ cannot be started: it is not on PATH" in ended.stderr) == (2, True), ended.stderr
    assert not (chart.parent / "was-run").exists()
    _tell("programs of the current folder", "runs none", 3)


def _tell(what: str, does: str, count: int, *, varies: bool = False) -> None:
    tell(Row("Security", what, does, count, varies=varies))
