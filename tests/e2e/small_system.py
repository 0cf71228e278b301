"""A system as small as a test needs it: manifests made here, and a namespace and an operator of its own."""

from __future__ import annotations

import hashlib
import json
import secrets
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pexpect

from tests.e2e.started import Started
from tests.testbed.parts import part
from tests.testbed.programs import Kubectl
from tests.testbed.running_operator import RunningOperator
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.testbed.api import Api, Object
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.express import Express
    from tests.testbed.programs import Outcome

GROUP = "/apis/express.example.com/v1"
NODE, REVISION = "express.example.com/node", "express.example.com/deployment-revision"
IMAGE = {"repository": "registry.example.com/express"}
NOT_COMPARED = frozenset({"leases", "selfsubjectaccessreviews", "nodes", "componentstatuses"})
"""Leases come and go with each attempt, and there are no machines here."""


def kind(node: str) -> str:
    """Return a node's kind, as its name has it."""
    return "Backend" if node.startswith("be") else "Frontend"


def spec(tag: str, **more: Any) -> Object:
    """Return a node's data."""
    return {"image": {**IMAGE, "tag": tag}, **more}


def encoded(data: Object) -> str:
    """Return the JSON that is hashed."""
    return json.dumps(data, separators=(",", ":"))


def revision(text: str) -> str:
    """Return the revision of a node's JSON."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def resource(node: str, data: Object, declared: str | None = None) -> Object:
    """Return a node's resource; `declared` is another revision than its data has."""
    content = {**data, "deploymentRevision": declared or revision(encoded(data))}
    return manifest("express.example.com/v1", kind(node), node, spec=content)


def config_map(name: str, nodes: Mapping[str, Object]) -> Object:
    """Return the ConfigMap that stores the revisions of some nodes."""
    texts = {node: encoded(data) for node, data in nodes.items()}
    stored = {f"{node}.json": text for node, text in texts.items()}
    stored |= {f"{node}.revision": revision(text) for node, text in texts.items()}
    made = manifest("v1", "ConfigMap", name, data=stored)
    made["metadata"]["labels"] = {"express.example.com/revisions": "true"}
    return made


def manifest(api_version: str, kind: str, name: str, **content: Any) -> Object:
    """Return any object."""
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **content}


def rendered(nodes: Mapping[str, Object], *more: Object) -> str:
    """Return the manifests of nodes with one ConfigMap, and of other objects before them."""
    return yaml_of(*more, config_map("revisions", nodes), *(resource(node, data) for node, data in nodes.items()))


def yaml_of(*objects: Object) -> str:
    """Return a stream of documents."""
    return "".join(f"---\n{json.dumps(each)}\n" for each in objects)


def tagged(**tags: str) -> str:
    """Return the manifests of nodes that differ in their images' tags alone."""
    return rendered({node: spec(tag) for node, tag in tags.items()})


class SmallSystems:
    """Makes systems, and ends what runs of them."""

    def __init__(self, control_plane: ControlPlane, api: Api, express: Express) -> None:
        """Take the program; each system gets a kubeconfig and a home of its own."""
        self._control_plane = control_plane
        self._api = api
        self._express = express
        self._ending = ExitStack()

    def __call__(self, manifests: str) -> SmallSystem:
        """Return a new system that these manifests were deployed to, every pod Ready."""
        name = f"test-{secrets.token_hex(4)}"
        folder = self._express.home / name
        folder.mkdir()
        kubeconfig = self._control_plane.kubeconfig(folder / "kubeconfig", {"yul1": name})
        system = SmallSystem(name, self._api, replace(self._express, kubeconfig=kubeconfig), folder)
        self._ending.callback(system.close)
        system.deploy(manifests)
        return system

    def close(self) -> None:
        """End them all."""
        self._ending.close()


class SmallSystem:
    """One namespace with an operator, and the built program run on it with a file of manifests."""

    def __init__(self, name: str, api: Api, express: Express, folder: Path) -> None:
        self.api = api
        self.name = name
        self.folder = folder
        self.express = express
        self.target = folder / "target.yaml"
        self._ending = ExitStack()
        api.create("/api/v1/namespaces", {"metadata": {"name": self.name}})
        self.kubectl = Kubectl(part("kubectl"), express.kubeconfig, folder)
        self.operator = RunningOperator(api, self.name, express.kubeconfig, folder / "operator.log")
        self._ending.callback(self.operator.stop)

    def close(self) -> None:
        """End the operator and what was started and still runs."""
        self._ending.close()

    # The program

    def run(self, *flags: str | Path, target: str | None = None) -> Outcome:
        """Run `rollout FLAGS…` to its end, of the target where one is given."""
        return self.express("rollout", *self._flags(flags, target), cwd=self.folder)

    def start(self, *flags: str | Path, target: str) -> Started:
        """Start `rollout FLAGS…` of a target, with no terminal; it is killed with the system."""
        command = [part("kubectl"), "express", "rollout", *self._flags(flags, target)]
        started = Started(command, self.express.environment(), self.folder)
        self._ending.callback(started.close)
        return started

    def start_on_terminal(self, *flags: str, target: str) -> pexpect.spawn[str]:
        """Start `rollout FLAGS…` of a target on a pseudo-terminal of its own."""
        terminal = pexpect.spawn(
            str(part("kubectl")),
            ["express", "rollout", *map(str, self._flags(flags, target))],
            env={**self.express.environment(), "TERM": "xterm-256color"},
            cwd=str(self.folder),
            dimensions=(40, 200),
            encoding="utf-8",
            timeout=60,
        )
        self._ending.callback(terminal.close, force=True)
        return terminal

    def _flags(self, flags: tuple[str | Path, ...], target: str | None) -> list[str | Path]:
        if target is None:
            return [*flags, "--context", "yul1", "-n", self.name]
        self.target.write_text(target)
        return [*flags, "-f", self.target, "--context", "yul1", "-n", self.name]

    # The cluster

    def deploy(self, manifests: str) -> None:
        """Apply manifests as people do without this program, and wait until every node's pod is Ready."""
        self.kubectl("apply", "--server-side", "-f", "-", stdin=manifests)
        self.await_ready()

    def await_ready(self) -> None:
        """Wait until every node's pod is Ready at what its resource declares, and its status says so."""
        eventually(self._ready, "every node is ready", 300)

    def _ready(self) -> bool:
        return all(
            node.get("status", {}).get("ready")
            and node["status"].get("observedGeneration") == node["metadata"]["generation"]
            and node["status"].get("deploymentRevision") == node["spec"]["deploymentRevision"]
            for plural in ("backends", "frontends")
            for node in self.api.get(self.collection(plural))["items"]
        )

    def collection(self, plural: str, base: str = GROUP) -> str:
        """Return the path of a collection in the namespace."""
        return f"{base}/namespaces/{self.name}/{plural}"

    def path(self, node: str) -> str:
        """Return the path of a node's resource."""
        return f"{self.collection(f'{kind(node).lower()}s')}/{node}"

    @property
    def lease(self) -> str:
        """The path of the lease of the system's rollout."""
        return f"{self.collection('leases', '/apis/coordination.k8s.io/v1')}/express-rollout"

    def set(self, node: str, **content: Any) -> Object:
        """Change a node's spec by hand."""
        return self.api.patch(f"{self.path(node)}?fieldManager=kubectl-edit", {"spec": content})

    def scale(self, node: str, fraction: float) -> None:
        """Change a field that the manifests do not have, as a controller that owns it does."""
        self.api.patch(f"{self.path(node)}?fieldManager=autoscaler", {"spec": {"jvm": {"heapFraction": fraction}}})

    def tag(self, node: str) -> str:
        """Return the tag that a node's resource has."""
        return str(self.api.get(self.path(node))["spec"]["image"]["tag"])

    def make_crash(self, node: str) -> None:
        """Have a node's pod crash where it stands, and wait until its status says so."""
        self.operator.tell(node, "crash")
        eventually(lambda: "CrashLoopBackOff" in json.dumps(self.pod(node)), f"{node} crashes")

    def pod(self, node: str) -> Object | None:
        """Return a node's pod; None where it has none."""
        found = self.api.get(f"{self.collection('pods', '/api/v1')}?labelSelector={NODE}%3D{node}")["items"]
        return next(iter(found), None)

    def events(self, reason: str) -> list[Object]:
        """Return the Events of a reason."""
        found = self.api.get(f"{self.collection('events', '/api/v1')}?fieldSelector=reason%3D{reason}")["items"]
        return list(found)

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Hold the namespace to stay as it is: no object written, no Event, no record."""
        before = self.versions()
        yield
        assert self.versions() == before

    def versions(self) -> dict[str, str]:
        """Return the version of every object of the namespace, by its path: Events and records included."""
        return {
            f"{path}/{item['metadata']['name']}": item["metadata"]["resourceVersion"]
            for path in (self.collection(plural, base) for base, plural in listable(self.api))
            for item in self.api.get(path)["items"]
        }


def listable(api: Api) -> Iterator[tuple[str, str]]:
    """Yield where each kind of a namespace's objects is listed: the group's path, and the kind's plural."""
    groups = [group["preferredVersion"]["groupVersion"] for group in api.get("/apis")["groups"]]
    for base in ("/api/v1", *(f"/apis/{each}" for each in groups)):
        for each in api.get(base)["resources"]:
            if each["namespaced"] and "list" in each["verbs"] and each["name"] not in NOT_COMPARED:
                yield base, each["name"]
