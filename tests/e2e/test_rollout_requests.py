"""What a rollout asks of the API server, by the server's own account: few writes a node, and no polling."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.e2e.test_after_deploying import WAYS, Deployment
from tests.testbed.audit import Request, gaps, requests, steps
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.conftest import StartOperator
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl
    from tests.testbed.running_operator import RunningOperator

EXPRESS = "kubectl-express"
NODES = [*(f"be{number}" for number in range(1, 11)), *(f"fe{number}" for number in range(1, 11))]
MOST_WRITES = 5
"""A node: its apply, what has to be put right before it, its Event and its line in the record."""
SOON = 0.5
"""Seconds, many times what it takes: a program that looked again every second would need more."""


@pytest.fixture
def deployment(example: Path, system: str, kubectl: Kubectl, tmp_path: Path) -> Deployment:
    return Deployment(example, system, kubectl, tmp_path)


@pytest.fixture
def running(operator: StartOperator) -> RunningOperator:
    return operator()


@pytest.fixture
def roll(deployment: Deployment, express: Express, control_plane: ControlPlane) -> Callable[[str], list[Request]]:
    """Return what rolls another image out to all twenty nodes, and returns what the server was asked meanwhile."""

    def run(tag: str) -> list[Request]:
        write_values(deployment, tag)
        before = control_plane.audit_log.stat().st_size
        where = ("--context", "yul1", "--system", deployment.system)
        done = express("rollout", "--yes", *where, cwd=deployment.example)
        assert (done.code, done.stderr) == (0, "")
        return requests(control_plane.audit_log, deployment.system, before)

    return run


def write_values(deployment: Deployment, tag: str) -> None:
    """Have the overlay hold twenty nodes with this image."""
    lines = [f"  {name}: {{image: {{tag: {tag}}}}}" for name in NODES]
    (deployment.example / deployment.values).write_text(
        "\n".join(["backends:", *lines[:10], "frontends:", *lines[10:]])
    )


def deploy(way: str, deployment: Deployment) -> None:
    """Deploy the twenty nodes in one of the ways that people do, and wait for their pods."""
    write_values(deployment, "24.3.1")
    WAYS[way](deployment)
    settle(deployment)


def settle(deployment: Deployment) -> None:
    """Wait until the operator has nothing left to say of any node."""

    def settled() -> bool:
        nodes = deployment.kubectl.json("get", "backends,frontends")["items"]
        reported = [(node.get("status") or {}, node["spec"]["deploymentRevision"]) for node in nodes]
        return len(reported) == len(NODES) and all(
            status.get("ready") is True and status.get("deploymentRevision") == revision
            for status, revision in reported
        )

    eventually(settled, "all nodes are reported ready", every=0.2)


def told(found: Sequence[Request]) -> Counter[tuple[str, str, str]]:
    """Return how often the rollout asked for what; renewals of the lease go by the clock, the record by its number."""
    asked = [each for each in found if each.agent == EXPRESS and each.resource not in {"leases", "secrets"}]
    return Counter((f"{each.verb}{' (dry run)' if each.dry_run else ''}", each.resource, each.name) for each in asked)


@pytest.mark.parametrize("way", ["kubectl apply", "kubectl apply --server-side", "helm 3 install"])
def test_a_node_takes_at_most_five_requests_that_write_however_it_had_been_deployed(
    way: str,
    deployment: Deployment,
    running: RunningOperator,
    roll: Callable[[str], list[Request]],
) -> None:
    deploy(way, deployment)
    found = roll("24.9.9")
    writes = Counter(
        (each.verb, each.resource, each.name)
        for each in found
        if each.agent == EXPRESS and each.writes and each.resource != "leases"
    )
    own = Counter({name: sum(count for (_, _, about), count in writes.items() if about == name) for name in NODES})
    assert set(own) == set(NODES)
    events = sum(count for (_, resource, _), count in writes.items() if resource == "events")
    record = sum(count for (verb, resource, _), count in writes.items() if (verb, resource) == ("patch", "secrets"))
    assert events == len(NODES)
    assert record <= len(NODES) + 1, "one for each node, and one when all are done"
    assert max(own.values()) + 2 <= MOST_WRITES, writes
    others = sum(writes.values()) - sum(own.values()) - events - record
    assert others <= 6, f"what is written once: the record, and the ConfigMap: {writes}"


def test_slow_pods_are_waited_for_without_asking_again(
    deployment: Deployment, running: RunningOperator, roll: Callable[[str], list[Request]]
) -> None:
    deploy("kubectl apply --server-side", deployment)
    fast = told(roll("24.9.8"))
    settle(deployment)
    running.tell("default", "slow: 0.8")
    slow = told(roll("24.9.9"))
    assert slow == fast
    per_node = [sum(count for (_, _, about), count in slow.items() if about == name) for name in NODES]
    assert len(set(per_node)) == 1, per_node


def test_a_node_is_applied_as_soon_as_the_pod_of_the_one_before_it_is_ready_and_never_sooner(
    deployment: Deployment, running: RunningOperator, roll: Callable[[str], list[Request]]
) -> None:
    deploy("kubectl apply", deployment)
    found = roll("24.9.9")
    assert [step.name for step in steps(found, EXPRESS)] == NODES
    waited = gaps(found, EXPRESS)
    assert len(waited) == len(NODES) - 1
    assert min(waited) > 0, waited
    assert statistics.median(waited) < SOON, waited
