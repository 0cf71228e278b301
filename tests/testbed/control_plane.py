"""A Kubernetes control plane on this machine: etcd and kube-apiserver on loopback, in a temporary folder."""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import socket
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import urllib3

from tests.testbed.api import Api, RequestFailedError
from tests.testbed.parts import part
from tests.testbed.supervised import Supervised
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ADMIN = "admin"
ORDINARY_USERS = ("alice", "bob")
"""Users without any right of their own: a test binds a role to one of them in its own namespace."""
READY_WITHIN = 120.0
"""Seconds; it takes 2 to 5 where nothing else runs."""
ATTEMPTS = 3
"""A free port may be taken by somebody else before its program listens there."""
AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}


class StartError(Exception):
    """The control plane did not start; the message ends with the log of the program that failed."""


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A running control plane and how to reach it."""

    url: str
    ca_file: Path
    tokens: Mapping[str, str]
    """Of each user, by name: `admin` is in system:masters, the others have no rights of their own."""
    audit_log: Path
    """One JSON line for each request that was answered (level Metadata)."""
    pids: tuple[int, ...]
    """etcd and kube-apiserver."""

    @property
    def token(self) -> str:
        return self.tokens[ADMIN]

    def api(self, user: str = ADMIN) -> Api:
        """Return a door for `user`; the caller closes it."""
        return Api(self.url, self.ca_file, self.tokens[user])

    def kubeconfig(self, path: Path, contexts: Mapping[str, str | None], user: str = ADMIN) -> Path:
        """Write a kubeconfig with `contexts`, each with its namespace or None, the first one current; return `path`."""
        written = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": next(iter(contexts), ""),
            "clusters": [
                {"name": "testbed", "cluster": {"server": self.url, "certificate-authority": str(self.ca_file)}}
            ],
            "users": [{"name": user, "user": {"token": self.tokens[user]}}],
            "contexts": [
                {
                    "name": name,
                    "context": {
                        "cluster": "testbed",
                        "user": user,
                        **({"namespace": namespace} if namespace else {}),
                    },
                }
                for name, namespace in contexts.items()
            ],
        }
        path.write_text(json.dumps(written, indent=2))
        path.chmod(0o600)
        return path


@contextmanager
def running_control_plane(folder: Path | None = None) -> Iterator[ControlPlane]:
    """Start a control plane, yield it once it is ready, and end its processes; raises StartError with the log's tail.

    It lives in a folder of its own under `folder` (the system's temporary one by default), removed at the end.
    """
    home = Path(tempfile.mkdtemp(prefix="control-plane-", dir=folder))
    try:
        for attempt in range(1, ATTEMPTS + 1):
            with ExitStack() as running:
                try:
                    started = _start(home / str(attempt), running)
                except StartError as failure:
                    if "address already in use" not in str(failure) or attempt == ATTEMPTS:
                        raise
                else:
                    yield started
                    return
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _start(home: Path, running: ExitStack) -> ControlPlane:
    home.mkdir()
    client, peer, secure = free_ports(3)
    etcd_url = f"http://127.0.0.1:{client}"
    etcd = _supervise(running, home / "etcd.log", _etcd_command(home, etcd_url, f"http://127.0.0.1:{peer}"))
    tokens = {user: secrets.token_hex(16) for user in (ADMIN, *ORDINARY_USERS)}
    apiserver = _supervise(running, home / "apiserver.log", _apiserver_command(home, etcd_url, secure, tokens))
    plane = ControlPlane(
        url=f"https://127.0.0.1:{secure}",
        ca_file=home / "certificates" / "apiserver.crt",
        tokens=tokens,
        audit_log=home / "audit.log",
        pids=(etcd.pid, apiserver.pid),
    )
    _wait_until_ready(plane, etcd, apiserver)
    return plane


def _etcd_command(home: Path, url: str, peer_url: str) -> list[str | Path]:
    return [
        part("etcd"),
        f"--data-dir={home / 'etcd'}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peer_url}",
        f"--initial-advertise-peer-urls={peer_url}",
        f"--initial-cluster=default={peer_url}",
        "--unsafe-no-fsync",
        "--log-level=error",
    ]


def _apiserver_command(home: Path, etcd_url: str, port: int, tokens: Mapping[str, str]) -> list[str | Path]:
    key = home / "service-accounts.key"
    key.write_text(_elliptic_curve_key())
    users = home / "tokens.csv"
    users.write_text(
        "".join(f"{tokens[user]},{user},{user}{',system:masters' if user == ADMIN else ''}\n" for user in tokens)
    )
    policy = home / "audit-policy.json"
    policy.write_text(json.dumps(AUDIT_POLICY))
    return [
        part("kube-apiserver"),
        f"--etcd-servers={etcd_url}",
        f"--cert-dir={home / 'certificates'}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        # Without these two it needs a network other than loopback, which a build machine may not have.
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--authorization-mode=RBAC",
        f"--token-auth-file={users}",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--disable-admission-plugins=ServiceAccount",
        f"--audit-policy-file={policy}",
        f"--audit-log-path={home / 'audit.log'}",
    ]


def _elliptic_curve_key() -> str:
    """Return a new P-256 private key as PEM (RFC 5915), without its public half, which the reader computes."""
    # The leading zero byte keeps the number below the curve's order.
    number = b"\0" + secrets.token_bytes(31)
    der = bytes.fromhex("30310201010420") + number + bytes.fromhex("a00a06082a8648ce3d030107")
    return f"-----BEGIN EC PRIVATE KEY-----\n{base64.b64encode(der).decode()}\n-----END EC PRIVATE KEY-----\n"


def _supervise(running: ExitStack, log: Path, command: list[str | Path]) -> Supervised:
    program = Supervised(command, log)
    running.callback(program.stop)
    return program


def _wait_until_ready(plane: ControlPlane, *programs: Supervised) -> None:
    def ready() -> bool:
        for program in programs:
            if not program.running:
                raise StartError(f"{program.log.stem} ended at its start:\n{program.tail()}")
        return plane.ca_file.exists() and _answers(plane)

    try:
        eventually(ready, "the API server is ready", READY_WITHIN, every=0.05)
    except AssertionError as late:
        raise StartError(
            f"{late}\n" + "\n".join(f"{program.log.stem}:\n{program.tail()}" for program in programs)
        ) from None


def _answers(plane: ControlPlane) -> bool:
    api = plane.api()
    try:
        return api.text("/readyz") == "ok" and api.find("/api/v1/namespaces/default") is not None
    except (urllib3.exceptions.HTTPError, RequestFailedError):
        return False
    finally:
        api.close()


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nobody listens on, held all at once so that none comes twice."""
    with ExitStack() as held:
        taken = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]
