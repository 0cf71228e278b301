"""No reading command sends more requests where there are more nodes, by the API server's audit log."""

from __future__ import annotations

import io
import json
import secrets
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.systems import CHART, Systems
from kubectl_express import cli
from kubectl_express.environment import Environment
from tests.testbed.running_operator import RunningOperator

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.control_plane import ControlPlane

CONTEXT = "yul1"
FEW, MANY = 10, 40
AS_DEPLOYED = [
    "", "revisions", "verify --live", "verify --against live", "inspect --all", "diff --objects", "wait be2 fe1",
    "wait {nodes}", "rollout status", "rollout status -w", "rollout history", "rollout --dry-run=client",
]  # fmt: skip
CHANGED = [
    "", "revisions", "revisions be1", "revisions -o json", "inspect be1", "inspect --all", "inspect be2 --against live",
    "inspect --all --against live", "diff", "diff --objects", "diff -o json", "verify", "verify --live",
    "verify --against live", "wait be2 fe1", "rollout status", "rollout history", "rollout undo --dry-run=client",
]  # fmt: skip
"""Run where every node and every other object changes, and one node's data has to be looked for in the records."""
SERVICES = """\
{{- range $name, $_ := merge dict .Values.backends .Values.frontends }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
spec:
  clusterIP: None
  ports:
    - port: {{ $.Values.shared.port | default 80 }}
{{- end }}
"""
"""An object of each node's own that is no node."""


class Fleet:
    """A small and a large system of one chart, each brought to where it is by a rollout."""

    def __init__(self, plane: ControlPlane, home: Path) -> None:
        self._plane = plane
        self._systems = Systems(plane, home, (CONTEXT,))
        (self._systems.repository / CHART / "templates" / "each.yaml").write_text(SERVICES, encoding="utf-8")
        mark = secrets.token_hex(4)
        self._sizes = {f"nodes-{size}-{mark}": size for size in (FEW, MANY)}
        for system, size in self._sizes.items():
            self._systems.deploy(CONTEXT, system, size)
            self._change(system, "zone-", "moved-")
            self._roll_out(system)

    def change(self) -> None:
        """Change everything in the overlays; and by hand, what a node declares: nothing but its record tells of it."""
        api = self._plane.api()
        for system in self._sizes:
            self._change(system, "moved-", "away-")
            self._change(system, "backends:", "shared: {port: 81}\nbackends:")
            path = f"/apis/express.example.com/v1/namespaces/{system}/backends/be1"
            api.patch(path, {"spec": {"deploymentRevision": "by-hand"}})
        api.close()

    def _change(self, system: str, before: str, after: str) -> None:
        values = self._systems.repository / "overlays" / CONTEXT / system / "values.yaml"
        values.write_text(values.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")

    def _roll_out(self, system: str) -> None:
        api = self._plane.api()
        kubeconfig = self._plane.kubeconfig(self._systems.home / f"{system}.config", {CONTEXT: system})
        operator = RunningOperator(api, system, kubeconfig, self._systems.home / f"{system}.log")
        try:
            self._run("rollout --yes", system)
        finally:
            operator.stop()
            api.close()

    def asked(self, command: str) -> dict[int, Counter[str]]:
        """Return what a command asks the API server for, and how often, in the system of each size."""
        found = {}
        for system, size in self._sizes.items():
            nodes = " ".join(f"{kind}{number}" for kind in ("be", "fe") for number in range(1, size // 2 + 1))
            before = self._plane.audit_log.stat().st_size
            self._run(command.format(nodes=nodes), system)
            found[size] = self._requests(before, system)
        return found

    def _requests(self, since: int, system: str) -> Counter[str]:
        with self._plane.audit_log.open("rb") as file:
            file.seek(since)
            events = [json.loads(line) for line in file.read().splitlines()]
        # Watches are left out: there is one of each list, and a command may be done before it has begun them all.
        own = [each for each in events if each["userAgent"].startswith("kubectl-express/") and each["verb"] != "watch"]
        asked = {each["auditID"]: f"{each['verb']} {each['requestURI']}".replace(system, "SYSTEM") for each in own}
        return Counter(asked.values())

    def _run(self, command: str, system: str) -> None:
        out, err = io.StringIO(), io.StringIO()
        environment = Environment(io.StringIO(), out, err, self._systems.environment, self._systems.repository)
        code = cli.main([*command.split(), "--context", CONTEXT, "--system", system], environment)
        assert code in {0, 1, 3}, f"{command} ended with {code}\n{err.getvalue()}{out.getvalue()[-2000:]}"


def test_no_reading_command_asks_more_of_forty_nodes_than_of_ten(control_plane: ControlPlane, tmp_path: Path) -> None:
    fleet = Fleet(control_plane, tmp_path)
    asked = {(command, "as deployed"): fleet.asked(command) for command in AS_DEPLOYED}
    fleet.change()
    asked |= {(command, "changed"): fleet.asked(command) for command in CHANGED}
    silent = {command for (command, _), found in asked.items() if not found[FEW]}
    assert silent == {"verify"}
    assert {key: found[MANY] - found[FEW] for key, found in asked.items() if found[MANY] != found[FEW]} == {}
