"""Six nodes of both kinds that Argo CD deploys from a git repository, and the operator that keeps their pods."""

from __future__ import annotations

import json
import secrets
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kubectl_express.core.kubectl_yaml import read_documents
from tests.testbed.examples import commit, copy_examples, git
from tests.testbed.job_container import Image
from tests.testbed.job_runner import running_jobs
from tests.testbed.operator.diary import entries
from tests.testbed.parts import part
from tests.testbed.programs import Kubectl, run, succeeded
from tests.testbed.running_operator import RunningOperator
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.testbed.api import Object
    from tests.testbed.argocd import ArgoCD
    from tests.testbed.express import Express
    from tests.testbed.operator.diary import Entry

NODES = ("be1", "be2", "be10", "fe1", "fe2", "fe3")
"""In the order of the rollout."""
WELL = "slow: 0.3"
"""How the operator treats a node that is to get Ready."""
HANG = "next, hang"
"""The pods that are made from now on do not get Ready."""
IMAGE = "registry.example.com/kubectl-express:1"
PATIENCE = 300.0
"""Seconds for what Argo CD does in ten where nothing else runs."""
SOON = 5.0
"""Seconds in which a sync mostly begins."""
GLANCE = 0.2
"""Seconds between two looks: many systems are looked at at once."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Argo CD's last operation on an Application."""

    phase: str
    message: str
    started: str

    @property
    def over(self) -> bool:
        return self.phase in {"Succeeded", "Failed", "Error"}


class Six:
    """A system in a namespace of its own, with a repository of its own and the Application that is printed for it."""

    def __init__(self, argo: ArgoCD, express: Express, folder: Path, gate: str, reports: str) -> None:
        """Make it, with nothing deployed yet; `reports` is what the operator's status says: a word of its behaviour."""
        self.argo = argo
        self._reports = reports
        self.name = f"test-{secrets.token_hex(4)}"
        self.folder = folder / self.name
        self.repository = copy_examples(self.folder)
        (self.repository / "overlays" / "yul1" / "systemdcrtest3").rename(self._overlay)
        self.commit_tag("1.0")
        home = folder / f"{self.name}-home"
        home.mkdir()
        self.express = replace(express, kubeconfig=argo.plane.kubeconfig(home / "kubeconfig", {"yul1": self.name}))
        words = ("argocd", "applications", "--context", "yul1", "--system", self.name, "--gate", gate, "--image", IMAGE)
        made = self.express(*words, "--repo", f"file://{self.repository}", cwd=self.repository)
        (document,) = read_documents(succeeded(made, "argocd applications").stdout, "Application")
        self.manifest: Any = document.value
        argo.api.create("/api/v1/namespaces", {"metadata": {"name": self.name}})
        self._ending = ExitStack()
        self.operator = RunningOperator(
            argo.api, self.name, self.express.kubeconfig, home / "operator.log", {"default": f"{reports}, {WELL}"}
        )
        self._ending.callback(self.operator.stop)
        image = Image(express.zipapp, express.shiv_root, express.tools)
        self.jobs = self._ending.enter_context(running_jobs(argo.plane, self.name, image, home / "jobs"))

    def close(self) -> None:
        """End its operator."""
        self._ending.close()

    # The repository

    @property
    def _overlay(self) -> Path:
        return self.repository / "overlays" / "yul1" / self.name

    def commit_tag(self, tag: str, nodes: Sequence[str] = NODES, **tags: str) -> str:
        """Commit these nodes, all with the image `tag` but for those named; return the git revision."""
        values: dict[str, dict[str, Object]] = {"backends": {}, "frontends": {}}
        for node in nodes:
            own = {"image": {"tag": tags.get(node, tag)}}
            values["backends" if node.startswith("be") else "frontends"][node] = own
        (self._overlay / "values.yaml").write_text(json.dumps(values))
        return commit(self.repository, f"Version {tag}")

    # Argo CD

    @property
    def application(self) -> str:
        """The Application's name."""
        return str(self.manifest["metadata"]["name"])

    def install(self) -> None:
        """Add the Application and have a first sync finish."""
        self.argo.add(self.manifest)
        assert self.sync().phase == "Succeeded"
        self.await_ready(NODES)

    def take_over(self) -> None:
        """Add the Application for what was deployed as people did it before, so that its first sync is an update."""
        chart, values = self.repository / "master_charts" / "express", self._overlay / "values.yaml"
        command: list[str | Path] = [
            part("helm3"),
            "template",
            self.name,
            chart,
            "--values",
            values,
            "--namespace",
            self.name,
        ]
        rendered = succeeded(run(command, self.express.environment("helm3")), "helm template").stdout
        kubectl = Kubectl(part("kubectl"), self.express.kubeconfig, self.express.home)
        kubectl("apply", "-f", "-", stdin=rendered)
        self.await_ready(NODES)
        self.argo.add(self.manifest)
        self.turn_page()

    def begin_sync(self, **more: Any) -> None:
        """Ask for a sync of what is committed, as the button does."""
        revision = self._head()
        self.argo.patch(self.application, {"operation": {"sync": {"revision": revision, **more}}})

        def begun() -> bool:
            return "operation" not in self.argo.application(self.application) or self.operation is not None

        with suppress(AssertionError):
            eventually(begun, "the sync begins", SOON, GLANCE)
            return
        # Now and then Argo CD overlooks that until it compares anew, which it does every two minutes.
        self.argo.refresh(self.application)
        eventually(begun, "the sync begins", PATIENCE, GLANCE)

    def sync(self, **more: Any) -> Operation:
        """Sync what is committed, and return how that ended."""
        self.begin_sync(**more)
        return self.ended()

    def terminate(self) -> None:
        """Press the Terminate button, again where Argo CD has just written that it is running over that."""

        def heard() -> bool:
            operation = self.operation
            assert operation is not None
            if operation.phase == "Running":
                self.argo.patch(self.application, {"status": {"operationState": {"phase": "Terminating"}}})
            return operation.over

        eventually(heard, f"the sync of {self.name} is terminated", PATIENCE, 1)

    def stop(self) -> None:
        """Run `kubectl express rollout stop`."""
        stopped = succeeded(self.express("rollout", "stop", "--context", "yul1", "-n", self.name), "rollout stop")
        assert f"the sync of Argo CD's application argocd/{self.application} is being terminated" in stopped.stderr

    @property
    def operation(self) -> Operation | None:
        """The operation that is under way, or the last one where none is asked for."""
        found = self.argo.application(self.application)
        state = found.get("status", {}).get("operationState")
        if state is None or ("operation" in found and state.get("finishedAt")):
            return None
        return Operation(state["phase"], state.get("message", ""), state["startedAt"])

    def await_waiting(self, node: str) -> None:
        """Wait until the operation says that it waits for a node."""
        eventually(lambda: self._waits_for(node), f"the sync waits for {node}, not {self.operation}", PATIENCE, GLANCE)

    def _waits_for(self, node: str) -> bool:
        """Return whether the operation under way says that it waits for a node, by its health or by its gate's Job."""
        under_way = self.operation
        if under_way is None or under_way.phase != "Running":
            return False
        kind = "Backend" if node.startswith("be") else "Frontend"
        awaited = under_way.message.removeprefix("waiting for ")
        return awaited == f"healthy state of express.example.com/{kind}/{node}" or awaited.startswith(
            f"completion of hook batch/Job/wait-{node}-"
        )

    def knows_of(self, job: str) -> bool:
        """Return whether Argo CD has seen a hook's Job in the cluster: only such does it delete when it is terminated.

        Applying a Job, it notes the result `Synced`, and takes that away once its picture of the cluster has the Job
        (`setResourceResult` in gitops-engine).
        """
        state = self.argo.application(self.application)["status"]["operationState"]
        hooks = [each for each in state["syncResult"]["resources"] if (each["kind"], each["name"]) == ("Job", job)]
        return [each.get("status") for each in hooks] == [None]

    def ended(self) -> Operation:
        """Wait until the operation is over; return how it ended."""

        def over() -> Operation | None:
            found = self.operation
            return found if found is not None and found.over else None

        ended = eventually(over, f"the sync of {self.name} ends", PATIENCE, GLANCE)
        assert ended is not None
        return ended

    # The cluster

    def await_diary(self, what: str, node: str, count: int = 1) -> None:
        """Wait until the operator has noted something of a node so many times since `turn_page`."""
        eventually(
            lambda: len([each for each in self.diary if (each.node, each.what) == (node, what)]) >= count,
            f"{node} {what} in:\n{self.operator.log}",
            PATIENCE,
            GLANCE,
        )

    def tell(self, node: str, behaviour: str) -> None:
        """Have the operator treat a node so from now on; what its status says stays unless that is said, too."""
        self.operator.tell(node, f"{self._reports}, {behaviour}")

    def turn_page(self) -> None:
        """Have `diary` begin here."""
        self._page = len(entries(self.operator.log))

    _page = 0

    @property
    def diary(self) -> list[Entry]:
        """What the operator saw and did since `turn_page`."""
        return entries(self.operator.log)[self._page :]

    def touched(self) -> list[str]:
        """Return the nodes whose resource got another revision since `turn_page`, in order."""
        return [each.node for each in self.diary if each.what == "declares"]

    def restarted(self) -> list[str]:
        """Return the nodes that got a new pod since `turn_page`, in order."""
        return [each.node for each in self.diary if each.what == "made"]

    def await_ready(self, nodes: Sequence[str]) -> None:
        """Wait until the pods of nodes are Ready at what their resources declare."""
        eventually(lambda: all(map(self._ready, nodes)), f"{nodes} are ready", PATIENCE, GLANCE)

    def _ready(self, node: str) -> bool:
        last = [each for each in entries(self.operator.log) if each.node == node][-1:]
        return [(each.what, each.revision) for each in last] == [("Ready", self.revision(node))]

    def revision(self, node: str) -> str:
        """Return the revision that a node's resource declares."""
        return str(self.resource(node)["spec"]["deploymentRevision"])

    def revisions(self) -> Mapping[str, str]:
        """Return the declared revision of every node."""
        return {node: self.revision(node) for node in NODES}

    def resource(self, node: str) -> Object:
        """Return a node's resource."""
        plural = "backends" if node.startswith("be") else "frontends"
        return self.argo.api.get(f"/apis/express.example.com/v1/namespaces/{self.name}/{plural}/{node}")

    def _head(self) -> str:
        return git(self.repository, "rev-parse", "HEAD")


def one_at_a_time(diary: Sequence[Entry], nodes: Sequence[str]) -> None:
    """Assert that these nodes alone were changed, in order, each only after the pod before it was Ready anew."""
    in_progress: Entry | None = None
    begun: list[str] = []
    for entry in diary:
        if entry.what == "declares":
            assert in_progress is None, f"{entry} while {in_progress} was not Ready"
            in_progress = entry
            begun.append(entry.node)
        elif entry.what == "made":
            assert in_progress is not None, f"{entry} is a restart for nothing"
            assert (entry.node, entry.revision) == (in_progress.node, in_progress.revision)
        elif entry.what == "Ready" and in_progress is not None and entry.node == in_progress.node:
            in_progress = None if entry.revision == in_progress.revision else in_progress
    assert begun == list(nodes)
