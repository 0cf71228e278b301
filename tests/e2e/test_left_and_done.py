"""Nodes that come to their end while no rollout sees to them are on record as done: an undo takes them back, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.rollouts import NODES, groups
from tests.e2e.stopping import WAYS, hang, in_progress
from tests.e2e.undoing import Before, backwards, undone
from tests.testbed.programs import succeeded
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from tests.e2e.rollouts import SixNodes


def test_a_node_that_somebody_else_applied_between_two_runs_is_taken_back_with_the_others(six: SixNodes) -> None:
    before = Before(six)
    six.change()
    hang(six, "be1")
    first = six.start("--yes")
    in_progress(first, "be1")
    WAYS["Ctrl-C"].stop(six, first, "be1")
    documents = six.rendered().split("---\n")
    (be2,) = [each for each in documents if "kind: Backend\n" in each and 'name: "be2"\n' in each]
    six.kubectl("apply", "--server-side", "-f", "-", stdin=be2)
    eventually(six.all_ready, "be2 is where it is to be")

    rest = succeeded(six.run("rollout", "--yes"), "rollout")
    assert groups(rest.stdout) == {"updated": list(NODES)}
    undone(six)
    assert six.applied() == backwards(NODES)
    before.is_back(*NODES)


@pytest.mark.parametrize("pruned", [("fe3",), ("fe3", "fe2")], ids=["the last one", "one of two"])
def test_a_node_whose_deletion_ended_after_the_rollout_did_is_taken_back(
    pruned: tuple[str, ...], six: SixNodes
) -> None:
    before = Before(six)
    text = six.values.read_text(encoding="utf-8")
    kept = [line for line in text.splitlines(keepends=True) if not line.strip().startswith(pruned)]
    six.values.write_text("".join(kept), encoding="utf-8")
    finalizers(six, "fe3", '["example.com/hold"]')
    halted = six.run("rollout", "--yes", "--prune", "--timeout", "1s")
    assert halted.code == 5, halted
    finalizers(six, "fe3", "null")
    eventually(lambda: not [pod for pod in six.pods() if pod["metadata"]["name"].startswith("fe3-")], "fe3 is gone")

    rest = succeeded(six.run("rollout", "--yes", "--prune"), "rollout")
    if len(pruned) == 1:
        assert (
            rest.stderr == f"nothing to roll: each of the 5 nodes of {six.system} in yul1 is as the target wants it\n"
        )
    else:
        assert groups(rest.stdout) == {"updated": list(pruned)}
    assert "go on with" not in rest.stdout
    status = six.status()
    assert (status["rollout"]["state"], status["updated"], status["untouched"]) == ("finished", list(pruned), [])
    undone(six)
    assert six.applied() == backwards(pruned)
    before.is_back(*pruned)


def finalizers(six: SixNodes, node: str, names: str) -> None:
    """Have a frontend's deletion wait until these finalizers are taken away."""
    six.kubectl("patch", f"frontend/{node}", "--type=merge", "-p", f'{{"metadata": {{"finalizers": {names}}}}}')
