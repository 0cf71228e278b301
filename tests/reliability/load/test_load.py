"""Many readers and a rollout at once, on a server that has been told to serve the readers few requests at a time."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e.small_system import rendered, spec
from tests.reliability.ledger import Row, scale, tell
from tests.testbed.audit import requests, steps
from tests.testbed.programs import run
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.testbed.api import Api, Object
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Outcome

PART = "Load"
FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1"
RETRY_AFTER = 1.0
"""Seconds that the API server asks whoever it turns away to wait."""


def sizes() -> tuple[int, int]:
    """Return how many nodes and how many readers there are: 30 and 5, at full scale 1,000 and 50."""
    return min(30 * scale(), 1000), min(5 * scale(), 50)


def manifests(nodes: int, tag: str) -> str:
    """Return a system of so many nodes, each with data of its own."""
    return rendered({f"be{number}": spec(tag, zone=f"zone-{number}") for number in range(1, nodes + 1)})


def test_readers_and_a_rollout_share_a_server_that_turns_most_requests_away(
    systems: SmallSystems, api: Api, control_plane: ControlPlane
) -> None:
    nodes, readers = sizes()
    system = systems(manifests(nodes, "1"))
    reader = _closed_gate(api, system.name)
    log = control_plane.audit_log
    before = log.stat().st_size
    rollout = system.start("--yes", "-o", "json", target=manifests(nodes, "2"))
    rollout.event("applied", "be1")
    with ThreadPoolExecutor(readers) as pool:
        reading = [pool.submit(_read, system, reader, number) for number in range(readers)]

        def all_are_turned_away() -> bool:
            away = _turned_away(log, before, reader)[0]
            for number, each in enumerate(reading):
                # Where nothing else is served the server serves one request at a time even with no share.
                if each.done() and f"{reader}-{number}" not in away:
                    reading[number] = pool.submit(_read, system, reader, number)
            return len(away) == readers

        eventually(all_are_turned_away, "each reader was turned away", 120, every=0.2)
        _serve(api, reader, 1)
        samples = _follow(rollout.pid, lambda: rollout.running)
        outcomes = [each.result() for each in reading]
    ended = rollout.end(60)
    assert ended.code == 0, ended.stderr[-2000:]
    assert [(each.code, each.stderr) for each in outcomes if each.code != 0] == []
    assert {len(each.json()["systems"][0]["nodes"]) for each in outcomes} == {nodes}

    assert _turned_away(log, before, reader)[1] == []
    tell(Row(PART, "readers at once, turned away with 429", "waits as long as the server asks, then goes on", readers))

    rolled = [each.name for each in steps(requests(log, system.name, before), "kubectl-express")]
    assert rolled == [f"be{number}" for number in range(1, nodes + 1)]
    tell(Row(PART, "nodes rolled out beside those readers", "keeps the order, one at a time", nodes))

    _assert_flat(samples)
    tell(Row(PART, "nodes rolled out, memory and threads watched", "needs no more at the end than early on", nodes))


def _serve(api: Api, user: str, shares: int) -> None:
    """Have the server serve a user a share of its requests; with one, that is two or three at a time."""
    limited = {"limited": {"nominalConcurrencyShares": shares}}
    api.patch(f"{FLOW}/prioritylevelconfigurations/{user}", {"spec": limited})


def _closed_gate(api: Api, namespace: str) -> str:
    """Have the server turn away every request of one user; return the user, who may read the namespace."""
    user = f"reader-{secrets.token_hex(4)}"
    limited = {"nominalConcurrencyShares": 0, "lendablePercent": 0, "borrowingLimitPercent": 0}
    level: Object = {
        "metadata": {"name": user},
        "spec": {"type": "Limited", "limited": {**limited, "limitResponse": {"type": "Reject"}}},
    }
    subject = {"kind": "User", "user": {"name": user}}
    every = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}]
    schema: Object = {
        "metadata": {"name": user},
        "spec": {
            "priorityLevelConfiguration": {"name": user},
            "matchingPrecedence": 100,
            "rules": [{"subjects": [subject], "resourceRules": every}],
        },
    }
    api.create(f"{FLOW}/prioritylevelconfigurations", level)
    api.create(f"{FLOW}/flowschemas", schema)
    bound = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    binding: Object = {"metadata": {"name": user}, "roleRef": role, "subjects": [bound]}
    api.create(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings", binding)
    eventually(lambda: _conditions(api, user), "the flow schema is in use")
    return user


def _conditions(api: Api, name: str) -> bool:
    found = api.get(f"{FLOW}/flowschemas/{name}").get("status", {}).get("conditions", ())
    return any(each["type"] == "Dangling" and each["status"] == "False" for each in found)


def _read(system: SmallSystem, reader: str, number: int) -> Outcome:
    """Read as a user, in a group of this one reader's own, by which the audit log tells it from the others."""
    command: list[Any] = [system.express.zipapp, "revisions", "-o", "json", "--context", "yul1", "-n", system.name]
    command += ["--as", reader, "--as-group", f"{reader}-{number}"]
    return run(command, system.express.environment(), system.folder)


def _turned_away(log: Path, since: int, reader: str) -> tuple[set[str], list[str]]:
    """Return which of the readers were turned away, and which requests were sent again sooner than asked."""
    asked: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for line in log.read_bytes()[since:].splitlines():
        if reader.encode() in line:
            event = json.loads(line)
            groups = event.get("impersonatedUser", {}).get("groups", ())
            own = next((group for group in groups if group.startswith(f"{reader}-")), None)
            if own:
                asked[own, event["requestURI"]].append(event)
    refused: set[str] = set()
    hasty = []
    for (own, uri), events in asked.items():
        events.sort(key=lambda event: event["requestReceivedTimestamp"])
        if any(event["responseStatus"]["code"] == 429 for event in events):
            refused.add(own)
        for first, second in pairwise(events):
            waited = _seconds(second["requestReceivedTimestamp"]) - _seconds(first["stageTimestamp"])
            if first["responseStatus"]["code"] == 429 and waited < RETRY_AFTER - 0.05:
                hasty.append(f"{own} {uri} after {waited:.2f} s")
    return refused, hasty


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


def _follow(pid: int, running: Any) -> list[tuple[int, int]]:
    """Return a process's KiB of memory and its threads, looked at until it has ended."""
    samples: list[tuple[int, int]] = []

    def looked() -> bool:
        with suppress(FileNotFoundError, ProcessLookupError, KeyError):
            lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
            status = dict(line.split(":", 1) for line in lines)
            samples.append((int(status["VmRSS"].split()[0]), int(status["Threads"])))
        return not running()

    eventually(looked, "the rollout ends", 900, every=0.1)
    return samples


def _assert_flat(samples: list[tuple[int, int]]) -> None:
    """Hold the last quarter to the second one: what came before is the plan's making."""
    quarter = max(len(samples) // 4, 1)
    early, late = samples[quarter : 2 * quarter] or samples, samples[-quarter:]
    assert max(memory for memory, _ in late) <= 1.1 * max(memory for memory, _ in early) + 8 * 1024
    assert max(threads for _, threads in late) <= max(threads for _, threads in early) + 1
