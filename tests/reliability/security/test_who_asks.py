"""Every request of every command is sent as whom, and by which way, the flags and the kubeconfig say."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.small_system import rendered, spec
from tests.e2e.started import Started
from tests.reliability.ledger import Row, tell
from tests.reliability.security.door import CARD, CERTIFICATE, KEY, NAME, PROXY_PASSWORD, Door, kubeconfig, trusted
from tests.sources.loopback import AUTHORITY
from tests.testbed.programs import run
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.sources.loopback import Received

GROUPS = ("system:masters", "team of, two")
IMPERSONATED = {"Impersonate-User": ["dora é"], "Impersonate-Group": [*GROUPS], "Impersonate-Uid": ["77"]}
EXTRA = ["one", "two"]
AS = {"as": "dora é", "as-groups": [*GROUPS], "as-uid": "77", "as-user-extra": {"scopes": EXTRA}}
AS_FLAGS = ["--as", "dora é", *(word for group in GROUPS for word in ("--as-group", group)), "--as-uid=77"]
READING = (
    "", "revisions", "revisions be1 -o json", "inspect --all", "diff -f FILE", "diff --objects -o yaml -f FILE",
    "diff -f FILE --against live", "verify --live", "verify --against live -f FILE", "wait be1 --timeout 5",
    "inspect be1 -f FILE --against live", "rollout --dry-run=client -f FILE", "rollout --dry-run=server -f FILE",
    "rollout status", "rollout pause", "rollout resume", "rollout stop", "rollout history",
)  # fmt: skip
WRITING = ("rollout --yes -f FILE", "rollout history -o json", "rollout undo --yes")
FOLLOWING = ("revisions -w", "rollout --step -f FILE")
RESOURCES = ("leases", "secrets", "events", "backends", "pods", "configmaps", "selfsubjectaccessreviews")
"""What a rollout asks for, writes and watches."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to say who asks and where."""

    cluster: dict[str, Any]
    user: dict[str, Any]
    flags: Sequence[str] = ()
    variables: tuple[tuple[str, str], ...] = ()
    token: str | None = None
    """What each request's token begins with."""
    proxy_password: bool = True


def ways(door: Door, folder: Path) -> dict[str, Way]:
    data = {
        "client-certificate-data": base64.b64encode(CERTIFICATE.read_bytes()).decode(),
        "client-key-data": base64.b64encode(KEY.read_bytes()).decode(),
    }
    authority = {"certificate-authority-data": base64.b64encode(AUTHORITY.read_bytes()).decode()}
    proxy = {"proxy-url": door.proxy_url}
    shown = ["--client-certificate", str(CERTIFICATE), "--client-key", str(KEY)]
    elsewhere = f"https://elsewhere.example.test:{door.url.rpartition(':')[2]}"
    plugin = {"exec": _plugin(folder)}
    return {
        "all of it in the kubeconfig": Way({"server": door.url, **proxy, **authority}, {**data, **AS}),
        "all of it by flags": Way(
            {"server": "https://nowhere.example.test:1", **proxy, "insecure-skip-tls-verify": True},
            {"token": "wrong", "as": "wrong"},
            ["--server", elsewhere, "--certificate-authority", str(AUTHORITY), "--tls-server-name", NAME,
             "--token", "flag-token", *shown, *AS_FLAGS, "--request-timeout=20s"],
            token="flag-token",
        ),
        "another cluster and user of the kubeconfig": Way(
            trusted(door), {**CARD, **AS}, ["--context=mixed", "--cluster=c", "--user=u"]
        ),
        "a proxy of the environment, and no check of the server": Way(
            {"server": elsewhere}, CARD, ["--insecure-skip-tls-verify", *AS_FLAGS],
            (("HTTPS_PROXY", door.proxy.url),), proxy_password=False,
        ),
        "a plugin's token and certificate that expire at once": Way(trusted(door), {**plugin, **AS}, token="canary-"),
    }  # fmt: skip


def _plugin(folder: Path) -> dict[str, Any]:
    """Return a credential plugin whose every answer has another token and is out of date already."""
    status = {
        "token": "canary-TURN",
        "clientCertificateData": CERTIFICATE.read_text(),
        "clientKeyData": KEY.read_text(),
        "expirationTimestamp": "2001-01-01T00:00:00Z",
    }
    version = "client.authentication.k8s.io/v1"
    (folder / "answer").write_text(json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status}))
    program = folder / "plugin"
    program.write_text(f'#!/bin/sh\nsed "s/TURN/$$/" {folder}/answer\n')
    program.chmod(0o755)
    return {"apiVersion": version, "command": str(program), "interactiveMode": "Never"}


def assert_asked_so(door: Door, way: Way, least: int) -> int:
    """Hold every request to the way, and there to be some; return how many there were."""
    requests = list(door.server.received)
    assert len(requests) >= least
    for each in requests:
        what = f"{each.method} {each.path}"
        assert each.client == "tester", what
        for name, values in IMPERSONATED.items():
            assert [value.encode("latin-1").decode() for value in each.header(name)] == values, what
        # No flag says it.
        assert each.header("Impersonate-Extra-Scopes") == way.user.get("as-user-extra", {}).get("scopes", []), what
        token = each.header("Authorization")
        assert len(token) == (way.token is not None), what
        assert all(one.startswith(f"Bearer {way.token}") for one in token), what
        assert each.header("Proxy-Authorization") == [], what
    password = ["Basic " + base64.b64encode(f"me:{PROXY_PASSWORD}".encode()).decode()] if way.proxy_password else []
    assert door.proxy.received
    assert all(each.header("Proxy-Authorization") == password for each in door.proxy.received)
    door.forget()
    return len(requests)


@pytest.fixture(scope="module")
def system(systems: SmallSystems) -> SmallSystem:
    return systems(rendered({"be1": spec("1")}))


@pytest.mark.parametrize("number", range(5), ids=["kubeconfig", "flags", "mixed", "insecure", "plugin"])
def test_every_request_of_every_command_is_sent_as_asked(
    system: SmallSystem, door: Door, number: int, tmp_path: Path
) -> None:
    way = list(ways(door, tmp_path).values())[number]
    config = kubeconfig(tmp_path / "config", way.cluster, way.user, system.name)
    environment = {**system.express.environment(None), "KUBECONFIG": str(config), **dict(way.variables)}
    target = tmp_path / "target.yaml"
    target.write_text(rendered({"be1": spec(secrets.token_hex(4))}))
    door.forget()
    sent, asked = 0, set[str]()
    for line in (*READING, *WRITING):
        words = [str(target) if word == "FILE" else word for word in line.split()]
        ended = run([system.express.zipapp, *words, *way.flags], environment, tmp_path)
        assert "Traceback" not in ended.stderr
        assert ended.code != 2 or "no rollout" in ended.stderr, f"{line}: {ended.stderr}"
        asked |= {resource for each in door.server.received for resource in RESOURCES if _is_about(each, resource)}
        assert any("watch=1" in each.path for each in door.server.received) or not line.startswith("rollout --yes")
        sent += assert_asked_so(door, way, 1)
    assert asked == set(RESOURCES)
    _tell(sent)


def _tell(count: int) -> None:
    what, does = "requests, and whom each comes from", "asks as whom, and by which way, it was told"
    tell(Row("Security", what, does, count, varies=True))


def _is_about(request: Received, resource: str) -> bool:
    return resource in request.path.partition("?")[0].split("/")


@pytest.mark.parametrize("line", FOLLOWING)
def test_what_follows_a_cluster_asks_as_before_after_its_watches_broke_off(
    system: SmallSystem, door: Door, tmp_path: Path, line: str
) -> None:
    way = ways(door, tmp_path)["a plugin's token and certificate that expire at once"]
    config = kubeconfig(tmp_path / "config", way.cluster, way.user, system.name)
    environment = {**system.express.environment(None), "KUBECONFIG": str(config)}
    target = tmp_path / "target.yaml"
    target.write_text(rendered({"be1": spec(secrets.token_hex(4))}))
    words = [str(target) if word == "FILE" else word for word in line.split()]
    door.forget()
    following = Started([system.express.zipapp, *words], environment, tmp_path)
    try:
        eventually(lambda: _watches(door) >= 2, "it watches")
        before = _watches(door)
        door.break_off()
        eventually(lambda: _watches(door) >= before + 2, "it watches again")
    finally:
        following.close()
    _tell(assert_asked_so(door, way, 3))


def _watches(door: Door) -> int:
    return sum("watch=1" in each.path for each in door.server.received)
