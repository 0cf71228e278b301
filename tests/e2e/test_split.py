"""A system whose rollout stopped midway is split, and every command that reads it says so in one line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from kubectl_express.errors import ExitStatus
from tests.e2e.rollouts import HANG, NODES

if TYPE_CHECKING:
    from tests.e2e.rollouts import SixNodes

READING = {
    "revisions": ExitStatus.DONE,
    "revisions -o json": ExitStatus.DONE,
    "inspect be1": ExitStatus.DONE,
    "inspect be1 --against live": ExitStatus.DONE,
    "diff": ExitStatus.DIFFERENT,
    "verify --live": ExitStatus.DONE,
    "verify --against live": ExitStatus.DONE,
    "rollout status": ExitStatus.DONE,
    "rollout --dry-run=client": ExitStatus.DONE,
    "rollout undo --dry-run=client": ExitStatus.DONE,
    "wait be1": ExitStatus.DONE,
}
"""Every command that reads the cluster, and how it ends: being split is no fault."""


def test_every_command_that_reads_a_system_whose_rollout_was_stopped_midway_says_that_it_is_split(
    six: SixNodes,
) -> None:
    six.change()
    six.operator.tell("be2", HANG)
    rollout = six.start("--yes")
    rollout.line("be2: applied")
    assert six.run("rollout", "stop").code == ExitStatus.DONE
    rollout.line("stopping")
    six.operator.tell("be2", "ok")
    assert rollout.end().code == ExitStatus.STOPPED

    with ThreadPoolExecutor(2) as pool:
        said = dict(zip(READING, pool.map(lambda words: six.run(*words.split()), READING), strict=True))
    line = f"split: 2 of {len(NODES)} nodes at the stored revisions ({six.system} in yul1)"
    told = {words: [each for each in outcome.stderr.splitlines() if "split" in each] for words, outcome in said.items()}
    assert told == {words: [line] for words in READING}
    assert {words: outcome.code for words, outcome in said.items()} == READING
    states = {node["node"]: node["state"] for node in said["revisions -o json"].json()["systems"][0]["nodes"]}
    assert states == {node: "current" if node in NODES[:2] else "pending" for node in NODES}


def test_a_system_that_has_been_rolled_out_whole_or_taken_back_whole_is_not_split(six: SixNodes) -> None:
    six.change()
    for words in (["rollout", "--yes"], ["rollout", "undo", "--yes"]):
        assert six.run(*words).code == ExitStatus.DONE
        assert six.run("revisions").stderr == ""
