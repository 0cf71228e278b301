"""What is out there when mistakes are made: namespaces in every state, servers that misbehave, users without rights."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from tests.e2e.mistakes import ESCAPE
from tests.sources.loopback import EXPIRED, Answer, closed_port, refused, serving, silent_port
from tests.testbed.applications import OPERATION, application, serve_applications
from tests.testbed.roles import grant, rules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.testbed.api import Api
    from tests.testbed.control_plane import ControlPlane

NODES = "/apis/express.example.com/v1/namespaces/{}/backends"
RIGHTS = {
    "configmaps": "",
    "pods": "",
    "services": "",
    "backends": "express.example.com",
    "frontends": "express.example.com",
}
"""The resources that the program reads, and their API groups."""
STATES = ("sound", "bare", "empty", "broken", "twice", "idle", "asked", "syncing")
"""What a namespace is in: of nodes, the first ones; of Argo CD's syncs, the last three."""
BROKEN_OFF = Answer(b"{", 200, {"Content-Length": "100", "Connection": "close"})


@contextmanager
def world(plane: ControlPlane, api: Api, folder: Path) -> Iterator[dict[str, str]]:
    """Set all of it up; yield what stands for each `{name}` of a mistake."""
    tag = secrets.token_hex(4)
    spaces = {state: f"errors-{state}-{tag}" for state in STATES}
    for space in spaces.values():
        api.create("/api/v1/namespaces", {"metadata": {"name": space}})
    _fill(api, spaces)
    _grant(api, spaces["sound"])
    _sync(api, spaces)
    with ExitStack() as open_:
        plain = open_.enter_context(serving(lambda _: Answer(b"<html>hello</html>", 200)))
        rude = open_.enter_context(serving(lambda _: refused("InternalError", f"out of {ESCAPE}luck", 500)))
        short = open_.enter_context(serving(lambda _: BROKEN_OFF))
        strict = open_.enter_context(serving(tls=True, client_certificate=True, authority=EXPIRED))
        yield {
            "server": plane.url,
            "authority": str(plane.ca_file),
            "closed": closed_port(),
            "silent": open_.enter_context(silent_port()),
            "plain": plain.url.partition("//")[2],
            "rude": rude.url.partition("//")[2],
            "short": short.url.partition("//")[2],
            "strict": strict.url,
            "expired-crt": str(EXPIRED),
            "expired-key": str(EXPIRED.with_suffix(".key")),
            **{f"token-{user}": token for user, token in plane.tokens.items()},
            **{f"namespace-{state}": space for state, space in spaces.items()},
        }


def _fill(api: Api, spaces: dict[str, str]) -> None:
    node: dict[str, Any] = {
        "apiVersion": "express.example.com/v1",
        "kind": "Backend",
        "metadata": {"name": "be1"},
        "spec": {"image": {"repository": "express", "tag": "1"}, "deploymentRevision": "0123456789"},
    }
    for state in ("sound", "bare", "broken", "twice"):
        api.create(NODES.format(spaces[state]), node)
    entries: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "express-revisions", "labels": {"express.example.com/revisions": "true"}},
        "data": {"be1.json": '{"a":', "be1.revision": "0123456789"},
    }
    renamed = {**entries, "metadata": {**entries["metadata"], "name": "express-revisions-0"}}
    renamed["data"] = {**entries["data"], "be1.revision": "f6c33eabd6"}
    api.create(f"/api/v1/namespaces/{spaces['broken']}/configmaps", entries)
    for each in (entries, renamed):
        api.create(f"/api/v1/namespaces/{spaces['twice']}/configmaps", each)


def _grant(api: Api, space: str) -> None:
    """Let a user `no-X` for each resource X read all the others."""
    base = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{space}"
    for missing in RIGHTS:
        rules = [
            {"apiGroups": [group], "resources": [resource], "verbs": ["get", "list", "watch"]}
            for resource, group in RIGHTS.items()
            if resource != missing
        ]
        name = f"no-{missing}"
        api.create(f"{base}/roles", {"metadata": {"name": name}, "rules": rules})
        subject = {"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"}
        role = {"kind": "Role", "name": name, "apiGroup": "rbac.authorization.k8s.io"}
        api.create(f"{base}/rolebindings", {"metadata": {"name": name}, "subjects": [subject], "roleRef": role})


def _sync(api: Api, spaces: dict[str, str]) -> None:
    """Have Applications own be1 of the last namespaces, and somebody look at them who may not end their syncs."""
    serve_applications(api)
    application(api, f"yul1-{spaces['idle']}", lists=spaces["idle"])
    application(api, f"yul1-{spaces['asked']}", lists=spaces["asked"], operation=OPERATION)
    application(api, f"yul1-{spaces['syncing']}", lists=spaces["syncing"], phase="Running")
    looks = [("list", "argoproj.io", "applications"), ("get", "argoproj.io", "applications")]
    grant(api, "argocd", "no-termination", rules(looks))
    grant(api, spaces["syncing"], "no-termination", rules([("get", "coordination.k8s.io", "leases")]))
