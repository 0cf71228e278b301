"""A whole rollout by this program, beside the same steps by a loop of `kubectl apply` and `kubectl wait`, in one run.

Everything is real: the built zipapp, kubectl, a kube-apiserver, and an operator that has pods Ready at once. What is
measured is how long a node whose pod is Ready keeps the next one waiting, by the API server's own timestamps (its audit
log): from its answer to the write that made the pod Ready, to the arrival of the next node's apply.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import Measured, Row, Taken, median, requests_sent, take
from tests.testbed.audit import gaps, requests
from tests.testbed.express import built_zipapp
from tests.testbed.parts import part
from tests.testbed.programs import Kubectl
from tests.testbed.running_operator import RunningOperator
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from tests.testbed.control_plane import ControlPlane

REPOSITORY = Path(__file__).parent.parent
CRDS = REPOSITORY / "examples" / "master_charts" / "express" / "crds"
CONTEXT = "yul1"
LOOP = """\
set -e
for node in "$1"/*.yaml; do
  name=$(basename "$node" .yaml)
  name=${name#*-}
  revision=$(sed -n 's/^ *"deploymentRevision": "\\(.*\\)",*$/\\1/p' "$node")
  kubectl apply -f "$node"
  until kubectl wait pod -l "express.example.com/node=$name,express.example.com/deployment-revision=$revision" \\
    --for=condition=Ready --timeout=600s; do :; done
done
"""
"""As careful as a loop gets: the pod has to be at the new revision. Until it is there, `kubectl wait` finds none."""

WHAT = "rollout, Ready to next"
LIMIT = 0.2
"""How many times the loop's wait this program's may be."""
LIMIT_SECONDS = 0.05
"""How long a node may wait in the median."""


class Bench:
    """The example's chart with as many nodes as are asked for, and the programs on PATH."""

    def __init__(self, plane: ControlPlane, home: Path, nodes: int) -> None:
        self._plane = plane
        self._home = home
        self._nodes = nodes
        self._example = home / "repository"
        shutil.copytree(REPOSITORY / "examples", self._example)
        programs = home / "bin"
        programs.mkdir()
        links = {"helm": part("helm4"), "kubectl": part("kubectl"), "kubectl-express": built_zipapp()}
        for name, program in links.items():
            (programs / name).symlink_to(program)
        self._environment = {
            "PATH": f"{programs}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(home),
            "SHIV_ROOT": str(home / "shiv"),
        }
        admin = Kubectl(part("kubectl"), plane.kubeconfig(home / "admin", {CONTEXT: None}), home)
        admin("apply", "--server-side", "-f", CRDS)
        admin("wait", "--for=condition=Established", "--timeout=60s", "-f", CRDS)
        # A zipapp unpacks itself the first time.
        _run(["kubectl", "express", "version"], self._example, self._environment)

    def measure(self, way: str, system: str) -> tuple[Taken, int]:
        """Deploy a system, have a parameter of every node rolled out in a way.

        Return how long a node waits, and how many requests this program sent.
        """
        kubeconfig = self._plane.kubeconfig(self._home / f"{system}.config", {CONTEXT: system})
        environment = {**self._environment, "KUBECONFIG": str(kubeconfig)}
        kubectl = Kubectl(part("kubectl"), kubeconfig, self._home)
        kubectl("create", "namespace", system)
        api = self._plane.api()
        operator = RunningOperator(api, system, kubeconfig, self._home / f"{system}.log")
        try:
            kubectl("apply", "-f", "-", stdin=self._rendered(system, "24.3.1", environment))
            eventually(lambda: self._ready(kubectl), "all pods are Ready", 600, every=0.5)
            manifests = self._rendered(system, "24.9.9", environment)
            before = self._plane.audit_log.stat().st_size
            command, agent = self._loop(manifests, kubectl) if way == "loop" else self._rollout(system)
            taken = take([command], self._example, environment, frozenset({0}))
        finally:
            operator.stop()
            api.close()
        found = gaps(requests(self._plane.audit_log, system, before), agent)
        if len(found) != self._nodes - 1:
            sys.exit(f"{way}: {len(found) + 1} of {self._nodes} nodes were seen in the audit log")
        return Taken(statistics.median(found), taken.megabytes), requests_sent(self._plane.audit_log, before)

    def _rollout(self, system: str) -> tuple[list[str], str]:
        """Return this program's command, and what its requests are known by."""
        return ["kubectl-express", "rollout", "--yes", "--context", CONTEXT, "--system", system], "kubectl-express"

    def _loop(self, manifests: str, kubectl: Kubectl) -> tuple[list[str], str]:
        """Apply the ConfigMaps; return the command that applies node by node what the chart renders, in its order."""
        folder = Path(tempfile.mkdtemp(dir=self._home))
        nodes = 0
        for each in manifests.split("\n---\n"):
            if "\nkind: Backend" in each or "\nkind: Frontend" in each:
                nodes += 1
                name = next(line.split('"')[1] for line in each.splitlines() if line.startswith("  name:"))
                (folder / f"{nodes:05}-{name}.yaml").write_text(each, encoding="utf-8")
            elif "\nkind: " in each:
                kubectl("apply", "-f", "-", stdin=each)
        script = self._home / "loop.sh"
        script.write_text(LOOP, encoding="utf-8")
        return ["sh", str(script), str(folder)], "kubectl"

    def _rendered(self, system: str, tag: str, environment: dict[str, str]) -> str:
        overlay = self._example / "overlays" / CONTEXT / system / "values.yaml"
        overlay.parent.mkdir(exist_ok=True)
        half = self._nodes // 2
        backends = [f"  be{number}: {{image: {{tag: {tag}}}}}" for number in range(1, half + 1)]
        frontends = [f"  fe{number}: {{image: {{tag: {tag}}}}}" for number in range(1, self._nodes - half + 1)]
        overlay.write_text("\n".join(["backends:", *backends, "frontends:", *frontends, ""]), encoding="utf-8")
        command = ["helm", "template", system, "master_charts/express", "--namespace", system, "--values", str(overlay)]
        return _run(command, self._example, environment)

    def _ready(self, kubectl: Kubectl) -> bool:
        nodes = kubectl.json("get", "backends,frontends")["items"]
        return len([node for node in nodes if (node.get("status") or {}).get("ready")]) == self._nodes


def measure(plane: ControlPlane, home: Path, nodes: int, rounds: int) -> Measured:
    """Roll out as many nodes in both ways, which take turns; return the medians of a node's wait over all rounds."""
    bench = Bench(plane, home, nodes)
    ways = [[bench.measure(way, f"{way}{number}") for way in ("express", "loop")] for number in range(rounds)]
    ours, theirs = (median([taken for taken, _ in found]) for found in zip(*ways, strict=True))
    sent = ways[-1][0][1]
    row = Row(WHAT, nodes, (), "kubectl apply; kubectl wait", (), LIMIT)
    return Measured(row, ours, theirs, sent)


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
