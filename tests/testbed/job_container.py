"""A Job's container without a container engine: its own command as a process, under its account's own token."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.api import Api, Object
    from tests.testbed.control_plane import ControlPlane

TOKEN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Image:
    """What stands for the image: the built program, where it is unpacked, and the programs that it needs."""

    program: Path
    """The zipapp, by whatever path: the container finds it as `kubectl-express`."""
    shiv_root: Path
    tools: Path


class Container:
    """The only container of a Job's pod, started; its files live in a folder of its own."""

    def __init__(self, plane: ControlPlane, api: Api, image: Image, job: Object, folder: Path) -> None:
        """Start it. Raises RequestFailedError where its account or a mounted ConfigMap is not there (yet)."""
        namespace = job["metadata"]["namespace"]
        pod = job["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        root, home, programs = folder / "root", folder / "home", folder / "bin"
        for each in (root, home, programs):
            each.mkdir(parents=True)
        (programs / "kubectl-express").symlink_to(image.program)
        _mount(api, namespace, pod, container, root)
        token = _token(api, namespace, pod.get("serviceAccountName", "default"))
        kubeconfig = _kubeconfig(plane, token, folder / "kubeconfig")
        working = root / container.get("workingDir", "/").lstrip("/")
        working.mkdir(parents=True, exist_ok=True)
        self.name: str = container["name"]
        self._output = folder / "output"
        environment = {
            "PATH": os.pathsep.join(map(str, (programs, image.tools))),
            "HOME": str(home),
            "KUBECONFIG": str(kubeconfig),
            "SHIV_ROOT": str(image.shiv_root),
            **{each["name"]: each["value"] for each in container.get("env", [])},
        }
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [*container["command"], *container.get("args", [])],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=working,
                env=environment,
                # Ctrl-C in the terminal reaches the tests alone, which then end what they started.
                start_new_session=True,
            )

    def exit_code(self, seconds: float) -> int | None:
        """Return its exit code; None where it still runs after so many seconds."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End it at once. Does nothing where it has ended."""
        self._process.kill()
        self._process.wait()

    def said(self) -> str:
        """Return all that it has written so far, stdout and stderr together."""
        return self._output.read_text(errors="replace")


def _mount(api: Api, namespace: str, pod: Any, container: Any, root: Path) -> None:
    """Write what the container's ConfigMaps hold where it mounts them."""
    maps = {volume["name"]: volume["configMap"]["name"] for volume in pod.get("volumes", [])}
    for mount in container.get("volumeMounts", []):
        config_map = api.get(f"/api/v1/namespaces/{namespace}/configmaps/{maps[mount['name']]}")
        folder = root / mount["mountPath"].lstrip("/")
        folder.mkdir(parents=True)
        for key, text in config_map.get("data", {}).items():
            (folder / key).write_text(text, encoding="utf-8")


def _token(api: Api, namespace: str, account: str) -> str:
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    return str(api.create(path, {"spec": {"expirationSeconds": TOKEN_SECONDS}})["status"]["token"])


def _kubeconfig(plane: ControlPlane, token: str, path: Path) -> Path:
    """Write what a pod finds in its account's folder, and nothing else: the server, its certificate and the token."""
    cluster = {"server": plane.url, "certificate-authority": str(plane.ca_file)}
    written = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "pod",
        "clusters": [{"name": "pod", "cluster": cluster}],
        "users": [{"name": "pod", "user": {"token": token}}],
        "contexts": [{"name": "pod", "context": {"cluster": "pod", "user": "pod"}}],
    }
    path.write_text(json.dumps(written))
    path.chmod(0o600)
    return path
