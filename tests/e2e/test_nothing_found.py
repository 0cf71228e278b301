"""What is said where nothing is found, or no cluster is: of where was looked, and of what may be meant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.e2e.mistakes import kubeconfig
from tests.sources.loopback import closed_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.api import Api
    from tests.testbed.express import Express


@pytest.fixture
def configured(express: Express, tmp_path: Path) -> Express:
    """Return the program with a kubeconfig whose cluster is not there."""
    path = tmp_path / "of-no-cluster"
    path.write_text(kubeconfig({"token": "a"}, server=f"https://{closed_port()}"))
    return replace(express, kubeconfig=path)


def test_what_needs_no_cluster_is_told_for_the_context_in_use(express: Express, example: Path, tmp_path: Path) -> None:
    named = express("--context", "yul1", cwd=example)
    assert "`kubectl express verify --context yul1` needs no cluster" in named.stderr

    path = tmp_path / "of-no-server"
    path.write_text(kubeconfig({"token": "a"}).replace('"server": "{server}"', '"note": "none"'))
    current = replace(express, kubeconfig=path)(cwd=example)
    assert "no server found" in current.stderr
    assert "`kubectl express verify --context yul1` needs no cluster" in current.stderr


def test_what_needs_no_cluster_is_not_told_where_one_is_configured(configured: Express, example: Path) -> None:
    done = configured(cwd=example)
    assert (done.code, done.stdout) == (2, "")
    first, see = done.stderr.splitlines()
    assert first.startswith("The connection to the server 127.0.0.1:")
    assert see == "See 'kubectl express -h' for all commands and examples."


ELSEWHERE = "no overlays are here, so only namespace {} was looked at: run in the repository that holds them, or give "


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Return a folder in no repository."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


@pytest.fixture
def orphan(api: Api, namespace: str) -> str:
    """Put a node into the namespace, which no overlay knows; return its name."""
    node = {
        "apiVersion": "express.example.com/v1",
        "kind": "Backend",
        "metadata": {"name": "be1"},
        "spec": {"image": {"repository": "express", "tag": "1"}, "deploymentRevision": "0123456789"},
    }
    api.create(f"/apis/express.example.com/v1/namespaces/{namespace}/backends", node)
    return "be1"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("", "nothing is deployed"),
        ("rollout status", "no rollout"),
        ("rollout history", "no rollout"),
        ("revisions", ""),
    ],
)
@pytest.mark.usefixtures("kubeconfig")
def test_where_there_are_no_overlays_it_is_said_that_one_namespace_alone_was_looked_at(
    command: str, answer: str, express: Express, elsewhere: Path, namespace: str
) -> None:
    done = express(*command.split(), cwd=elsewhere)
    assert done.code == 0
    assert answer in done.stdout
    assert f"No nodes found in {namespace}; {ELSEWHERE.format(namespace)}--system or -n\n" in done.stderr
    named = express(*command.split(), "--system", namespace, cwd=elsewhere)
    assert (named.code, named.stdout) == (0, done.stdout)
    assert "overlays" not in named.stderr


@pytest.mark.parametrize("command", ["inspect be1", "wait be1", "rollout stop", "rollout pause", "rollout undo"])
@pytest.mark.usefixtures("kubeconfig")
def test_what_cannot_be_done_there_says_it_too(command: str, express: Express, elsewhere: Path, namespace: str) -> None:
    done = express(*command.split(), cwd=elsewhere)
    assert (done.code, done.stdout) == (2, "")
    assert f"; {ELSEWHERE.format(namespace)}--system or -n\n" in done.stderr
    named = express(*command.split(), "--system", namespace, cwd=elsewhere)
    assert named.code == 2
    assert "overlays" not in named.stderr


@pytest.mark.parametrize("words", [("inspect", "be1"), ("wait", "be1")])
@pytest.mark.usefixtures("kubeconfig")
def test_where_a_node_was_looked_for_in_vain_is_said(
    words: tuple[str, ...], express: Express, elsewhere: Path, namespace: str
) -> None:
    done = express(*words, "--system", namespace, cwd=elsewhere)
    assert (done.code, done.stderr) == (2, f'error: node "be1" not found in {namespace}\n')


MISSPELT = "systemdcrtst3"


@pytest.mark.parametrize("flag", ["--system", "-n"])
@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("", 0, "No nodes found in {}"),
        ("revisions", 0, "No nodes found in {}"),
        ("rollout status", 0, "No nodes found in {}"),
        ("rollout history", 0, "No nodes found in {}"),
        ("inspect be1", 2, 'error: node "be1" not found in {}'),
        ("wait be1", 2, 'error: node "be1" not found in {}'),
        ("rollout stop", 2, "error: no rollout is running in {} of yul1"),
        ("rollout resume", 2, "error: no rollout is running in {} of yul1"),
        ("rollout undo", 2, "error: nothing to undo: no rollout of {} in yul1 is on record"),
    ],
)
@pytest.mark.usefixtures("kubeconfig")
def test_a_misspelt_system_is_told_with_the_nearest_whatever_is_asked_of_it(
    flag: str, command: str, code: int, said: str, express: Express, example: Path
) -> None:
    done = express(*command.split(), "--context", "yul1", flag, MISSPELT, cwd=example)
    assert done.code == code
    assert f"{said.format(MISSPELT)}; did you mean systemdcrtest3?" in done.stderr.splitlines()


@pytest.mark.usefixtures("kubeconfig")
def test_a_system_that_is_near_none_is_told_with_all_that_have_overlays(express: Express, example: Path) -> None:
    done = express("rollout", "stop", "--context", "yul1", "--system", "other", cwd=example)
    assert done.stderr.endswith("of yul1; yul1 has overlays for systemdcrprod1, systemdcrtest3\n")


@pytest.mark.parametrize(
    "command", ["", "revisions", "rollout status", "rollout history", "rollout stop", "inspect be1"]
)
@pytest.mark.usefixtures("kubeconfig", "orphan")
def test_nobody_doubts_a_system_that_is_there_though_no_overlay_knows_it(
    command: str, express: Express, example: Path, namespace: str
) -> None:
    done = express(*command.split(), "--context", "yul1", "--system", namespace, cwd=example)
    assert "did you mean" not in done.stderr
    assert "overlays" not in done.stderr
    assert "No nodes" not in done.stderr


@pytest.mark.usefixtures("kubeconfig")
def test_a_node_may_be_named_as_kubectl_prints_it(express: Express, example: Path, namespace: str, orphan: str) -> None:
    where = ("--context", "yul1", "--system", namespace)
    printed = express("revisions", *where, "-o", "name", cwd=example).stdout.strip()
    assert printed == f"backend.express.example.com/{orphan}"
    for command in ("revisions", "inspect"):
        by_kind = express(command, printed, *where, cwd=example)
        assert by_kind.code == 0
        assert by_kind == express(command, orphan, *where, cwd=example)
        wrong = express(command, f"frontend/{orphan}", *where, cwd=example)
        assert wrong.stderr == f"error: node {orphan} is a Backend, not a Frontend\n"
    waited = express("wait", printed, *where, "--timeout", "1s", "--revision", "0123456789", cwd=example)
    assert waited.code == 5
    assert f"waiting for {orphan}" in waited.stderr


@pytest.mark.parametrize("command", ["diff", "verify", "inspect be1"])
def test_a_git_revision_without_its_prefix_is_told_where_it_is_no_file(
    command: str, express: Express, example: Path
) -> None:
    words = (*command.split(), "--context", "yul1", "--system", "systemdcrtest3", "--against")
    done = express(*words, "HEAD", cwd=example)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == "error: --against HEAD: there is no such file; did you mean git:HEAD?\n"
    assert (
        express(*words, "nothing", cwd=example).stderr == "error: nothing cannot be read: No such file or directory\n"
    )
    (example / "HEAD").write_text("a: [\n")
    assert "HEAD" in (broken := express(*words, "HEAD", cwd=example).stderr)
    assert "did you mean" not in broken
