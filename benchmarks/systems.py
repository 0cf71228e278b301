"""Systems of as many nodes as are asked for, on a control plane of the benchmark's own."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tests.testbed.express import built_zipapp
from tests.testbed.operator import pods
from tests.testbed.parts import part
from tests.testbed.programs import Kubectl, run, succeeded

if TYPE_CHECKING:
    from tests.testbed.api import Api, Object
    from tests.testbed.control_plane import ControlPlane

REPOSITORY = Path(__file__).parent.parent
CRDS = REPOSITORY / "examples" / "master_charts" / "express" / "crds"
CHART = "master_charts/express"


class Systems:
    """The example's chart with systems of the benchmark's own, deployed with Ready pods, and the programs on PATH."""

    def __init__(self, plane: ControlPlane, home: Path, contexts: tuple[str, ...]) -> None:
        self.plane = plane
        self.home = home
        self.repository = home / "repository"
        shutil.copytree(REPOSITORY / "examples", self.repository)
        shutil.rmtree(self.repository / "overlays")
        programs = home / "bin"
        programs.mkdir()
        links = {"helm": part("helm4"), "kubectl": part("kubectl"), "kubectl-express": built_zipapp()}
        for name, program in links.items():
            (programs / name).symlink_to(program)
        kubeconfig = plane.kubeconfig(home / "kubeconfig", dict.fromkeys(contexts))
        self.environment = {
            "PATH": f"{programs}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(home),
            "KUBECONFIG": str(kubeconfig),
            "SHIV_ROOT": str(home / "shiv"),
        }
        self._kubectl = Kubectl(part("kubectl"), kubeconfig, home)
        self._kubectl("apply", "--server-side", "-f", CRDS)
        self._kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", CRDS)
        # A zipapp unpacks itself the first time.
        succeeded(run(["kubectl-express", "version"], self.environment, self.repository), "kubectl-express version")

    def deploy(self, context: str, system: str, nodes: int) -> Path:
        """Deploy a system of as many nodes, half of each kind; return the file of what helm rendered for it."""
        self.overlay(context, system, nodes, "zone")
        rendered = self.home / f"{system}.yaml"
        command: list[str | Path] = [*self.template(context, system)]
        text = succeeded(run(command, self.environment, self.repository), "helm template").stdout
        rendered.write_text(text, encoding="utf-8")
        self._kubectl("create", "namespace", system)
        self._kubectl("apply", "--namespace", system, "-f", rendered)
        self._start_pods(system)
        return rendered

    def overlay(self, context: str, system: str, nodes: int, zone: str) -> None:
        """Write a system's overlay. Each node has a parameter of its own, so that no two have the same data."""
        values = self.repository / self._values(context, system)
        values.parent.mkdir(parents=True)
        half = nodes // 2
        backends = [f"  be{number}: {{zone: {zone}-{number}}}" for number in range(1, half + 1)]
        frontends = [f"  fe{number}: {{zone: {zone}-{number}}}" for number in range(1, nodes - half + 1)]
        values.write_text("\n".join(["backends:", *backends, "frontends:", *frontends, ""]), encoding="utf-8")

    def _start_pods(self, system: str) -> None:
        """Do the operator's work at once: a Ready pod for each node."""
        api = self.plane.api()

        def start(cr: Object) -> None:
            _start_pod(api, system, cr)

        with ThreadPoolExecutor(8) as pool:
            for plural, kind in (("backends", "Backend"), ("frontends", "Frontend")):
                found = api.get(f"/apis/express.example.com/v1/namespaces/{system}/{plural}")["items"]
                list(pool.map(start, [{**cr, "apiVersion": "express.example.com/v1", "kind": kind} for cr in found]))
        api.close()

    def template(self, context: str, system: str) -> list[str]:
        """Return helm's command for a system."""
        return ["helm", "template", system, CHART, "--namespace", system, "--values", self._values(context, system)]

    def _values(self, context: str, system: str) -> str:
        return f"overlays/{context}/{system}/values.yaml"


def _start_pod(api: Api, namespace: str, cr: Object) -> None:
    path, name = f"/api/v1/namespaces/{namespace}/pods", f"{cr['metadata']['name']}-0"
    pod = api.create(path, pods.manifest(cr, name, cr["spec"]["deploymentRevision"], ""))
    api.patch(f"{path}/{name}/status", {"status": pods.new_status(pod, "", ready=True)})
