"""Argo CD on this machine: its application controller, repo server and cache, beside a control plane of their own."""

from __future__ import annotations

import base64
import os
import secrets
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.testbed.control_plane import ATTEMPTS, free_ports
from tests.testbed.parts import part
from tests.testbed.supervised import Supervised
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.testbed.api import Api, Object
    from tests.testbed.control_plane import ControlPlane

NAMESPACE = "argocd"
APPLICATIONS = f"/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/applications"
_LABELS = {"app.kubernetes.io/part-of": "argocd"}


class ArgoStartError(Exception):
    """Argo CD did not start; the message ends with the log of the program that failed."""


@dataclass(frozen=True, slots=True)
class ArgoCD:
    """A running Argo CD, in the namespace `argocd` of its control plane."""

    plane: ControlPlane
    api: Api
    controller: Supervised
    repo_server: Supervised

    def add(self, application: Object) -> None:
        """Create an Application."""
        self.api.create(APPLICATIONS, application)

    def application(self, name: str) -> Object:
        """Return an Application as it is now."""
        return self.api.get(f"{APPLICATIONS}/{name}")

    def patch(self, name: str, change: Object) -> Object:
        """Change an Application by a merge patch."""
        return self.api.patch(f"{APPLICATIONS}/{name}", change)

    def configure(self, change: Object) -> None:
        """Change Argo CD's settings by a merge patch of argocd-cm, which takes effect at once."""
        self.api.patch(f"/api/v1/namespaces/{NAMESPACE}/configmaps/argocd-cm", change)

    def refresh(self, name: str) -> None:
        """Have an Application compared anew with the newest commit, as the Refresh button does."""
        self.patch(name, {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}})


@contextmanager
def running_argocd(plane: ControlPlane, folder: Path, tools: Path, wave_delay: int = 2) -> Iterator[ArgoCD]:
    """Start Argo CD on a control plane that knows its types; yield it once it answers, and end its processes.

    `tools` is what else is on its PATH, git above all; `wave_delay` the seconds that it lets go by after each wave.
    Raises ArgoStartError with the log's tail.
    """
    api = plane.api()
    try:
        _install(api)
        for attempt in range(1, ATTEMPTS + 1):
            with ExitStack() as running:
                try:
                    argo = _start(plane, api, folder / str(attempt), tools, wave_delay, running)
                except ArgoStartError as failure:
                    if "address already in use" not in str(failure) or attempt == ATTEMPTS:
                        raise
                else:
                    yield argo
                    return
    finally:
        api.close()


def _install(api: Api) -> None:
    """Make what Argo CD's own installation brings beside its types and programs, where it is not there yet."""
    namespace = f"/api/v1/namespaces/{NAMESPACE}"
    if api.find(namespace) is not None:
        return
    api.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    for name in ("argocd-cm", "argocd-rbac-cm"):
        api.create(f"{namespace}/configmaps", {"metadata": {"name": name, "labels": _LABELS}})
    for name, key, value in (
        ("argocd-secret", "server.secretkey", secrets.token_hex(16)),
        ("argocd-redis", "auth", ""),
    ):
        data = {key: base64.b64encode(value.encode()).decode()}
        api.create(f"{namespace}/secrets", {"metadata": {"name": name, "labels": _LABELS}, "data": data})
    anything = {"group": "*", "kind": "*"}
    project = {
        "sourceRepos": ["*"],
        "destinations": [{"server": "*", "namespace": "*"}],
        "clusterResourceWhitelist": [anything],
    }
    api.create(
        f"/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/appprojects",
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": "default"},
            "spec": project,
        },
    )


def _start(plane: ControlPlane, api: Api, home: Path, tools: Path, wave_delay: int, running: ExitStack) -> ArgoCD:
    for name in ("bin", "tls", "ssh", "tmp"):
        (home / name).mkdir(parents=True)
    for name in ("argocd-application-controller", "argocd-repo-server"):
        (home / "bin" / name).symlink_to(part("argocd"))
    (home / "bin" / "helm").symlink_to(part("helm3"))
    cache, repo, repo_metrics, controller_metrics = free_ports(4)
    environment = {
        "PATH": os.pathsep.join(map(str, (home / "bin", tools))),
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "KUBECONFIG": str(plane.kubeconfig(home / "kubeconfig", {"argocd": NAMESPACE})),
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_TLS_DATA_PATH": str(home / "tls"),
        "ARGOCD_SSH_DATA_PATH": str(home / "ssh"),
        "ARGOCD_SYNC_WAVE_DELAY": str(wave_delay),
    }
    redis = _supervise(running, home / "redis.log", [part("redis-server"), f"127.0.0.1:{cache}"], environment)
    repo_server = _supervise(
        running,
        home / "repo-server.log",
        [
            home / "bin" / "argocd-repo-server",
            f"--port={repo}",
            "--address=127.0.0.1",
            f"--metrics-port={repo_metrics}",
            "--metrics-address=127.0.0.1",
            f"--redis=127.0.0.1:{cache}",
            "--disable-tls",
            "--logformat=text",
        ],
        environment,
    )
    controller = _supervise(
        running,
        home / "controller.log",
        [
            home / "bin" / "argocd-application-controller",
            f"--namespace={NAMESPACE}",
            f"--repo-server=127.0.0.1:{repo}",
            "--repo-server-plaintext",
            f"--redis=127.0.0.1:{cache}",
            f"--metrics-port={controller_metrics}",
            "--logformat=text",
        ],
        environment,
    )
    programs = (redis, repo_server, controller)

    def ready() -> bool:
        for program in programs:
            if not program.running:
                raise ArgoStartError(f"{program.log.stem} ended at its start:\n{program.tail()}")
        return (
            "ready" in redis.said()
            and "listening on" in repo_server.said()
            and "subscribed to settings" in controller.said()
        )

    try:
        eventually(ready, "Argo CD is ready", 120, every=0.05)
    except AssertionError as late:
        tails = "\n".join(f"{program.log.stem}:\n{program.tail()}" for program in programs)
        raise ArgoStartError(f"{late}\n{tails}") from None
    return ArgoCD(plane, api, controller, repo_server)


def _supervise(running: ExitStack, log: Path, command: list[str | Path], environment: dict[str, str]) -> Supervised:
    program = Supervised(command, log, environment=environment)
    running.callback(program.stop)
    return program
