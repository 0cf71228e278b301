"""`kubectl express` alone says how the systems of a context are, and never that it was used wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.rollouts import go_on_line
from tests.testbed.waiting import eventually

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


def test_a_pod_that_crashes_shows_in_a_split_system_whatever_else_its_node_is(six: SixNodes) -> None:
    six.change("be1", "fe1")
    six.operator.tell("be1", "next, crash")
    assert six.run("rollout", "--yes", "--fail-fast").code == 5
    six.kubectl("patch", "backend", "be2", "--namespace", six.system, "--type=merge", '--patch={"spec": {"zone": "x"}}')
    for node in ("be2", "fe1"):
        six.operator.tell(node, "crash")

    def crash() -> bool:
        return six.kubectl("get", "pods", "--namespace", six.system).stdout.count("CrashLoopBackOff") == 3

    eventually(crash, "be1, be2 and fe1 crash")
    told = six.express(*six.where, cwd=six.example).stdout
    assert (
        "3 current, 1 unhealthy (be1), 1 drifted (be2), 1 pending (fe1); 2 of them also unhealthy: be2, fe1; "
        "integrity ok" in told
    )
    rows = {line.split()[0]: line.split() for line in six.run("revisions").stdout.splitlines()}
    assert [rows[node][6] for node in ("be1", "be2", "be10", "fe1")] == [
        "unhealthy",
        "drifted,unhealthy",
        "current",
        "pending,unhealthy",
    ]
    nodes = six.run("rollout", "status", "-o", "json").json()["systems"][0]["nodes"]
    found = {node["node"]: (node["state"], node["why"].partition("; pod ")[2]) for node in nodes}
    assert found["be2"] == ("drifted", "be2-0 is not Ready (CrashLoopBackOff)")
    assert found["fe1"] == ("pending", "fe1-0 is not Ready (CrashLoopBackOff)")


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
