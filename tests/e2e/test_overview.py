"""`kubectl express` alone says how the systems of a context are, and never that it was used wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.rollouts import go_on_line

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.rollouts import SixNodes
    from tests.testbed.express import Express


def test_it_shows_a_line_for_each_system_and_where_its_last_rollout_ended(six: SixNodes) -> None:
    done = six.express(cwd=six.example)
    assert done.code == 0
    assert done.stdout.splitlines() == [
        "systemdcrprod1 in yul1: nothing is deployed",
        f"{six.system} in yul1: 6 nodes: 6 current; integrity ok; no rollout is recorded",
    ]
    assert done.stderr.splitlines()[-1].startswith("`kubectl express revisions` lists the nodes")

    six.change("be2", "fe1")
    six.operator.tell("be2", "next, crash")
    halted = six.run("rollout", "--yes", "--fail-fast")
    assert halted.code == 5
    for words in (six.where, ("--context", "yul1", "-n", six.system), ("--color=never", *six.where)):
        done = six.express(*words, cwd=six.example)
        assert done.code == 0
        first, second = done.stdout.splitlines()
        assert first.startswith(
            f"{six.system} in yul1: 6 nodes: 4 current, 1 unhealthy (be2), 1 pending (fe1); integrity ok; "
            "last rollout 1 halted at be2 by "
        )
        assert second == f"  to go on: {go_on_line(halted.stdout)}"
        assert f"split: 5 of 6 nodes at the stored revisions ({six.system} in yul1)" in done.stderr


def test_a_misspelt_system_that_nobody_deployed_is_told_with_the_nearest(six: SixNodes) -> None:
    done = six.express("revisions", "--system", f"{six.system}x", cwd=six.example)
    assert (done.code, done.stdout) == (0, "")
    assert done.stderr == f"No nodes found in {six.system}x; did you mean {six.system}?\n"


def test_the_overlays_that_are_there_and_how_to_begin_are_told_where_no_cluster_is(
    express: Express, example: Path
) -> None:
    done = express(cwd=example)
    assert (done.code, done.stdout) == (2, "")
    _, there, see = done.stderr.splitlines()
    assert there == (
        "  overlays are here for systemdcrtest3 in fra2; systemdcrprod1, systemdcrtest3 in yul1; "
        "`kubectl express verify --context fra2` needs no cluster"
    )
    assert see == "See 'kubectl express -h' for all commands and examples."
    assert express("verify", "--context", "fra2", cwd=example).code == 0
    assert "no overlays are here either" in express().stderr


def test_help_stays_help_whatever_stands_before_it(express: Express) -> None:
    helped = express("-h")
    assert helped.code == 0
    assert "Examples:" in helped.stdout
    assert express("--context", "yul1", "--help") == helped


def test_the_context_may_be_named_before_the_command_as_for_kubectl(express: Express, example: Path) -> None:
    before = express("--context", "yul1", "revisions", "--chart", cwd=example)
    assert before.code == 0
    assert before == express("revisions", "--chart", "--context", "yul1", cwd=example)
