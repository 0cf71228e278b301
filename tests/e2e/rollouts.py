"""A system of six nodes that tests roll out: the example's chart, a small overlay, and an operator whose pods obey."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pexpect

from tests.e2e.audited import AuditLog
from tests.e2e.started import Started
from tests.testbed.parts import part
from tests.testbed.programs import run, succeeded
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.conftest import StartOperator
    from tests.testbed.api import Api, Object
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl, Outcome
    from tests.testbed.running_operator import RunningOperator

BACKENDS = ("be1", "be2", "be10")
FRONTENDS = ("fe1", "fe2", "fe3")
NODES = (*BACKENDS, *FRONTENDS)
"""In the order of a rollout."""
HANG = "next, hang"
"""What to tell the operator of a node, so that its next pod is not Ready until it is told `ok`."""
_OLD, _NEW = "24.3.1", "24.9.9"


@dataclass(frozen=True, slots=True)
class Seen:
    """One node as the cluster has it."""

    revision: str
    """What its resource declares."""
    generation: int
    written: str
    """Who wrote it when; what the operator reports in its status left out, which comes and goes with the pods."""
    pods: tuple[str, ...]
    """The uids of its pods."""


class SixNodes:
    """The system, live and in its overlay, and the ways to roll it out; `express` runs in the example's folder.

    When this exists, it is deployed, all pods are Ready, and there is nothing to roll. `change` is what makes some.
    """

    def __init__(
        self,
        express: Express,
        example: Path,
        system: str,
        kubectl: Kubectl,
        api: Api,
        control_plane: ControlPlane,
        start_operator: StartOperator,
    ) -> None:
        self.express = express
        self.example = example
        self.system = system
        self.kubectl = kubectl
        self.api = api
        self.where = ("--context", "yul1", "--system", system)
        """Which system, for every command."""
        self.values = example / "overlays" / "yul1" / system / "values.yaml"
        self._tags = dict.fromkeys(NODES, _OLD)
        self._shared = "as it was"
        self._terminals: list[pexpect.spawn[str]] = []
        self._started: list[Started] = []
        self._write()
        self.deploy()
        self.operator: RunningOperator = start_operator()
        eventually(self.all_ready, "six pods are Ready")
        self.audit = AuditLog(control_plane.audit_log, system)
        """What was written since the system was there."""

    def close(self) -> None:
        """End what was started and still runs."""
        for started in self._started:
            started.close()
        for terminal in self._terminals:
            terminal.close(force=True)

    def deploy(self) -> None:
        """Deploy the overlay, as people do without this program."""
        self.kubectl("apply", "--server-side", "-f", "-", stdin=self.rendered())

    # The overlay

    def change(self, *nodes: str, tag: str = _NEW, shared: str | None = None) -> None:
        """Give these nodes, or all, another image in the overlay; `shared` changes a ConfigMap that holds no node."""
        self._tags |= dict.fromkeys(nodes or NODES, tag)
        self._shared = shared or self._shared
        self._write()

    def _write(self) -> None:
        def of(names: tuple[str, ...]) -> list[str]:
            return [f"  {name}: {{image: {{tag: {self._tags[name]}}}}}" for name in names]

        lines = ["backends:", *of(BACKENDS), "frontends:", *of(FRONTENDS), "shared:", f'  motd: "{self._shared}"', ""]
        self.values.write_text("\n".join(lines))

    def rendered(self) -> str:
        """Return the overlay's manifests, as `helm template` writes them."""
        command: list[str | Path] = [part("helm4"), "template", self.system, "master_charts/express"]
        command += ["--namespace", self.system, "--values", self.values]
        return succeeded(run(command, self.express.environment(), self.example), "helm template").stdout

    # The commands

    def run(self, *words: str, stdin: str | None = None, env: Mapping[str, str] | None = None) -> Outcome:
        """Run `kubectl express WORDS…` on this system to its end."""
        return self.express(*words, *self.where, cwd=self.example, stdin=stdin, env=env)

    def start(self, *flags: str) -> Started:
        """Start `kubectl express rollout FLAGS…` on this system, with no terminal; it is killed with the test."""
        return self._kept(Started([part("kubectl"), "express", "rollout", *flags, *self.where], *self._around))

    def start_line(self, line: str) -> Started:
        """Start a command line as it was printed, through a shell, where and as the rollout was started."""
        return self._kept(Started(["/bin/sh", "-c", f"exec {line}"], *self._around))

    def start_on_terminal(self, *flags: str, line: str = "exec {}", rows: int = 30) -> pexpect.spawn[str]:
        """Start `kubectl express rollout FLAGS…` on a pseudo-terminal of its own.

        `line` is the shell's, with that as its `{}`: `exec {} <manifests.yaml >events`.
        """
        environment, cwd = self._around
        words = [str(part("kubectl")), "express", "rollout", *flags, *self.where]
        terminal = pexpect.spawn(
            "/bin/sh",
            ["-c", line.format(shlex.join(words))],
            env={**environment, "TERM": "xterm-256color"},
            cwd=str(cwd),
            dimensions=(rows, 120),
            encoding="utf-8",
            timeout=60,
        )
        self._terminals.append(terminal)
        return terminal

    def run_line(self, line: str) -> Outcome:
        """Run a command line as it was printed, through a shell, to its end."""
        return self.start_line(line).end()

    def status(self) -> Any:
        """Return what `rollout status -o json` says of this system."""
        return self.run("rollout", "status", "-o", "json").json()["systems"][0]

    @property
    def _around(self) -> tuple[dict[str, str], Path]:
        return self.express.environment(), self.example

    def _kept(self, started: Started) -> Started:
        self._started.append(started)
        return started

    # The cluster

    def resource(self, node: str) -> Object:
        """Return a node's resource."""
        plural = "backends" if node in BACKENDS else "frontends"
        return self.api.get(f"/apis/express.example.com/v1/namespaces/{self.system}/{plural}/{node}")

    def pods(self) -> list[Object]:
        """Return all pods of the system."""
        return list(self.api.get(f"/api/v1/namespaces/{self.system}/pods")["items"])

    def seen(self) -> dict[str, Seen]:
        """Return every node as it is now; two that are equal were not touched in between."""
        pods: dict[str, list[str]] = {}
        for pod in self.pods():
            node = pod["metadata"]["labels"]["express.example.com/node"]
            pods.setdefault(node, []).append(pod["metadata"]["uid"])
        return {node: _seen(self.resource(node), pods.get(node, [])) for node in NODES}

    def all_ready(self) -> bool:
        """Return whether every node's pod is Ready at what its resource declares."""
        ready = {
            pod["metadata"]["labels"]["express.example.com/node"]: pod["metadata"]["labels"][
                "express.example.com/deployment-revision"
            ]
            for pod in self.pods()
            if any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", []))
        }
        return ready == {node: self.resource(node)["spec"]["deploymentRevision"] for node in NODES}

    def applied(self) -> list[str]:
        """Return the nodes applied since the audit log was last forgotten, in order, each once in a row.

        Raises AssertionError where a node was touched while the pod of one before it was still being made Ready.
        """
        found: list[str] = []
        last: dict[str, str] = {}
        for write in self.audit.writes("backends", "frontends", "pods", "pods/status"):
            if not write.resource.startswith("pods"):
                found.append(write.name)
                last[write.name] = ""
                continue
            node = write.name.rpartition("-")[0]
            assert not last or node == found[-1] or node not in last, (
                f"{node} still changed when {found[-1]} was applied"
            )
        return [name for before, name in pairwise(["", *found]) if name != before]


def _seen(resource: Object, pods: list[str]) -> Seen:
    metadata, fields = resource["metadata"], resource["metadata"]["managedFields"]
    times = [f"{each['manager']} {each['time']}" for each in fields if each.get("subresource") != "status"]
    written = ", ".join(sorted(times))
    return Seen(resource["spec"]["deploymentRevision"], metadata["generation"], written, tuple(sorted(pods)))


def go_on_line(text: str) -> str:
    """Return the command line that a rollout's last lines print, `go on with: …`; raises AssertionError without one."""
    found = re.search(r"^go on with: (.+)$", text, re.MULTILINE)
    assert found, f"no command goes on:\n{text}"
    return found[1].strip()


def groups(text: str) -> dict[str, list[str]]:
    """Return which nodes the last lines of a rollout have as `updated`, `in progress` and `untouched`."""
    found = re.findall(r"^(updated|in progress|untouched) \(\d+\): (.+?)\r?$", text, re.MULTILINE)
    return {title: names.split(", ") for title, names in found}


def time_of(event: Any) -> datetime:
    """Return when an event of `-o json` was told."""
    return datetime.fromisoformat(event["time"].replace("Z", "+00:00"))


def hang_up(terminal: pexpect.spawn[str]) -> None:
    """Close a terminal as its window is closed; what runs on it is left to deal with that."""
    process: Any = terminal
    process.ptyproc.fileobj.close()
    process.ptyproc.closed = True
