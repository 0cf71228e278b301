"""How a rollout is stopped from outside while a node is in progress, and what is true of it then."""

from __future__ import annotations

import shlex
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from tests.e2e.rollouts import HANG, NODES, go_on_line, groups, time_of
from tests.testbed.api import RequestFailedError
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.e2e.rollouts import Seen, SixNodes
    from tests.e2e.started import Started


class Way(Protocol):
    """Stops a rollout while a node is in progress, whose pod is not Ready, and returns the command that goes on."""

    flags: Sequence[str]
    """What the rollout is started with, beside `--yes`."""

    def stop(self, six: SixNodes, rollout: Started, node: str) -> str | None:
        """Stop it and see that it says so; None where no command goes on, since nothing is left to be done."""


class BySignal:
    """A signal to the process group: the node in progress is seen through."""

    flags: Sequence[str] = ()

    def __init__(self, number: signal.Signals, named: str) -> None:
        self._number = number
        self._named = named

    def stop(self, six: SixNodes, rollout: Started, node: str) -> str | None:
        rollout.signal(self._number)
        assert rollout.line("stopping, by") == (
            f"stopping, by {self._named}: {node} is seen through, no other is touched; Ctrl-C now leaves it on its way"
        )
        six.operator.tell(node, "ok")
        ended = rollout.end()
        if node == NODES[-1]:
            assert (ended.code, groups(ended.stdout)) == (0, {"updated": list(NODES)})
            assert "go on with" not in ended.stdout
            return None
        reached = NODES.index(node) + 1
        assert ended.code == 4, ended
        assert f"stopped by {self._named}" in ended.stdout.splitlines()
        assert groups(ended.stdout) == {"updated": list(NODES[:reached]), "untouched": list(NODES[reached:])}
        assert ended.stdout.splitlines()[-1].startswith("go on with: ")
        return go_on_line(ended.stdout)


class ByRequest:
    """`rollout stop` from another process, heard within a second; the rollout prints an event a line."""

    flags: Sequence[str] = ("-o", "json")

    def stop(self, six: SixNodes, rollout: Started, node: str) -> str | None:
        asked = six.run("rollout", "stop")
        assert asked.code == 0, asked
        assert "is asked to stop: the node in progress is seen through, no other is touched" in asked.stderr
        heard = rollout.event("stopping")
        (patched,) = [each for each in six.audit.writes("leases") if each.verb == "patch"][-1:]
        # The rollout may have heard of it before whoever asked has the answer.
        assert patched.received <= time_of(heard)
        assert (time_of(heard) - patched.answered).total_seconds() < 1, "it is heard within a second"
        six.operator.tell(node, "ok")
        ended = rollout.end()
        outcome = rollout.events[-1]["outcome"]
        reached = NODES.index(node) + 1
        assert (outcome["updated"], outcome["inProgress"]) == (list(NODES[:reached]), [])
        assert outcome["untouched"] == list(NODES[reached:])
        assert ended.code == (4 if outcome["untouched"] else 0), ended
        assert bool(outcome["goOn"]) == bool(outcome["untouched"])
        return str(outcome["goOn"]) if outcome["goOn"] else None


class ByKill:
    """`kill -9`: only `rollout status` can tell any more; the node in progress is left as it is."""

    flags: Sequence[str] = ()

    def stop(self, six: SixNodes, rollout: Started, node: str) -> str | None:
        rollout.signal(signal.SIGKILL)
        assert rollout.end().code == -signal.SIGKILL
        status = six.status()
        reached = NODES.index(node)
        assert status["rollout"]["state"] == "interrupted"
        assert (status["updated"], status["inProgress"]) == (list(NODES[:reached]), [node])
        assert status["untouched"] == list(NODES[reached + 1 :])
        return str(status["goOn"])


WAYS: Mapping[str, Way] = {
    "Ctrl-C": BySignal(signal.SIGINT, "Ctrl-C"),
    "SIGTERM": BySignal(signal.SIGTERM, "SIGTERM"),
    "SIGHUP": BySignal(signal.SIGHUP, "a closed terminal (SIGHUP)"),
    "rollout stop": ByRequest(),
    "kill -9": ByKill(),
}


def stop_at(six: SixNodes, way: Way, rollout: Started, node: str, before: Mapping[str, Seen]) -> str | None:
    """Stop a rollout at a node that hangs; return the command that goes on.

    Afterwards exactly the nodes up to this one are not as they were before the first of the rollouts that led here.
    """
    in_progress(rollout, node)
    line = way.stop(six, rollout, node)
    assert touched(before, six.seen()) == list(NODES[: NODES.index(node) + 1])
    return line


def in_progress(rollout: Started, node: str) -> None:
    """Wait until a node is in progress: applied, its pod not yet Ready."""
    rollout.line(f'"applied", "node": "{node}"' if "-o json" in rollout.title else f"{node}: applied at revision")


def hanging_at(six: SixNodes, node: str) -> Started:
    """Start a rollout, and return it when it waits for a node whose pod does not become Ready."""
    hang(six, node)
    rollout = six.start("--yes")
    in_progress(rollout, node)
    return rollout


def touched(before: Mapping[str, Seen], after: Mapping[str, Seen]) -> list[str]:
    """Return the nodes that are not as they were: their resource was written, or a pod replaced."""
    return [node for node in NODES if before[node] != after[node]]


def goes_on_to_the_end(six: SixNodes, line: str, node: str, before: Mapping[str, Seen]) -> None:
    """Run the command that was printed, as it was; no node that was finished is touched, the others in their order."""
    assert "--yes" in shlex.split(line), "nobody is asked, as before"
    six.audit.forget()
    six.operator.tell(node, "ok")
    stopped = six.seen()
    ended = six.run_line(line)
    assert ended.code == 0, ended
    reached = NODES.index(node) + 1
    assert six.applied() == list(NODES[reached:])
    after = six.seen()
    assert touched(stopped, after) == list(NODES[reached:])
    assert touched(before, after) == list(NODES)
    assert six.all_ready()


def hang(six: SixNodes, node: str) -> None:
    """Have the next pod of a node not become Ready until it is told to."""
    six.operator.tell(node, HANG)


@contextmanager
def unwritable(six: SixNodes, config_map: str) -> Iterator[None]:
    """Have the API server fail to write a ConfigMap, dry runs excepted: it asks a webhook where nobody answers."""
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    name = f"{six.system}.example.com"
    webhook = {
        "name": name,
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": six.system}},
        "matchConditions": [
            {"name": "written", "expression": f"!request.?dryRun.orValue(false) && request.name == '{config_map}'"}
        ],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    written = f"/api/v1/namespaces/{six.system}/configmaps/{config_map}"

    def fails() -> bool:
        try:
            six.api.patch(written, {"metadata": {"labels": {"unwritable": "no"}}})
        except RequestFailedError as failed:
            return failed.status == 500
        return False

    six.api.create(path, {"metadata": {"name": name}, "webhooks": [webhook]})
    try:
        eventually(fails, f"{config_map} cannot be written")
        yield
    finally:
        six.api.delete(f"{path}/{name}")
    eventually(lambda: not fails(), f"{config_map} can be written again")
