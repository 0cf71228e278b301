from __future__ import annotations

import base64
import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.sources.threads import together
from tests.sources.loopback import AUTHORITY, CERTIFICATES, Answer, Received, refused, serving
from tests.sources.test_cluster import cluster, failure, who
from tests.sources.test_kubeconfig import one

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sources.loopback import Loopback
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Kubectl

V1 = "client.authentication.k8s.io/v1"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving(tls=True) as running:
        yield running


def plugin(folder: Path, script: str, **entry: Any) -> dict[str, Any]:
    """Write a credential plugin, a shell script, and return the user that has it."""
    program = folder / "helper"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"exec": {"apiVersion": V1, "command": "./helper", "interactiveMode": "IfAvailable", **entry}}


def credential(**status: str) -> str:
    """Return the shell command that answers with a credential."""
    answer = {"apiVersion": V1, "kind": "ExecCredential", "status": status}
    return f"cat <<'END'\n{json.dumps(answer)}\nEND"


def config(folder: Path, url: str, user: dict[str, Any], **entry: Any) -> str:
    return one(folder / "config", {"server": url, "certificate-authority": str(AUTHORITY), **entry}, user)


def test_the_plugins_token_is_the_identity_as_with_kubectl(
    tmp_path: Path, control_plane: ControlPlane, kubectl: Kubectl
) -> None:
    user = plugin(tmp_path, credential(token=control_plane.tokens["alice"]))
    path = config(tmp_path, control_plane.url, user, **{"certificate-authority": str(control_plane.ca_file)})
    theirs = kubectl.json("auth", "whoami", f"--kubeconfig={path}")["status"]["userInfo"]
    assert who(cluster(path)) == theirs
    assert theirs["username"] == "alice"
    assert who(cluster(path, token=control_plane.token))["username"] == "admin"


def test_the_plugin_gets_its_arguments_environment_and_cluster(tmp_path: Path, server: Loopback) -> None:
    record = f'printf "%s\\n" "$1" "$COLOUR" "$KEPT" "$KUBERNETES_EXEC_INFO" > {tmp_path}/record'
    user = plugin(
        tmp_path,
        f"{record}\n{credential(token='t')}",
        args=["one"],
        env=[{"name": "COLOUR", "value": "red"}],
        provideClusterInfo=True,
    )
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": 7}}
    path = config(tmp_path, server.url, user, extensions=[extension])
    cluster(path, {"KEPT": "yes", "PATH": "/usr/bin:/bin"}).get("/api")
    *words, info = (tmp_path / "record").read_text().splitlines()
    assert words == ["one", "red", "yes"]
    assert json.loads(info) == {
        "apiVersion": V1,
        "kind": "ExecCredential",
        "spec": {
            "interactive": False,
            "cluster": {
                "server": server.url,
                "certificate-authority-data": base64.b64encode(AUTHORITY.read_bytes()).decode(),
                "config": {"audience": 7},
            },
        },
    }
    assert server.received[0].header("Authorization") == ["Bearer t"]


def test_the_plugin_runs_once_for_many_requests_and_never_where_other_credentials_are(
    tmp_path: Path, server: Loopback
) -> None:
    user = plugin(tmp_path, f"echo >> {tmp_path}/runs\n{credential(token='t')}")
    connection = cluster(config(tmp_path, server.url, user))
    for _ in range(3):
        connection.get("/api")
    cluster(config(tmp_path, server.url, user), token="u").get("/api")
    assert (tmp_path / "runs").read_text() == "\n"
    assert [request.header("Authorization") for request in server.received] == [["Bearer t"]] * 3 + [["Bearer u"]]


def test_the_plugin_runs_again_after_expiry_and_not_before(tmp_path: Path, server: Loopback) -> None:
    past, future = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds)) for seconds in (-1, 3600))
    for stamp, runs in ((past, 2), (future, 1)):
        (tmp_path / "runs").unlink(missing_ok=True)
        user = plugin(tmp_path, f"echo >> {tmp_path}/runs\n{credential(token='t', expirationTimestamp=stamp)}")
        connection = cluster(config(tmp_path, server.url, user))
        connection.get("/api")
        connection.get("/api")
        assert (tmp_path / "runs").read_text() == "\n" * runs


def counting(folder: Path) -> dict[str, Any]:
    """Return a user whose plugin gives t1, t2 and so on, and does not say when they expire."""
    answer = credential(token="$number").replace("'END'", "END")
    return plugin(folder, f"echo >> {folder}/runs\nnumber=t$(($(wc -l < {folder}/runs)))\n{answer}")


class OnlyTaking:
    """A server that takes one token alone, and refuses any other with 401."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: Received) -> Answer:
        good = request.header("Authorization") == [f"Bearer {self.token}"]
        return Answer() if good else refused("Unauthorized", "Unauthorized", 401)


def tokens(server: Loopback) -> list[str]:
    """Return the tokens that were sent, in their order."""
    return [value.removeprefix("Bearer ") for request in server.received for value in request.header("Authorization")]


def test_what_is_refused_for_a_token_that_has_expired_unsaid_is_sent_once_more_with_a_new_one(tmp_path: Path) -> None:
    taking = OnlyTaking("t1")
    with serving(taking, tls=True) as server:
        connection = cluster(config(tmp_path, server.url, counting(tmp_path)))
        connection.get("/api")
        taking.token = "t2"
        connection.send("POST", "/x", (), b'{"a": 1}', "application/json", within=30)
        taking.token = "t3"
        connection.watch("/pods", {"resourceVersion": "1"}).close()
    assert tokens(server) == ["t1", "t1", "t2", "t2", "t3"]
    assert [request.body for request in server.received] == [b"", b'{"a": 1}', b'{"a": 1}', b"", b""]
    assert [request.path for request in server.received[3:]] == ["/pods?resourceVersion=1&watch=1"] * 2


def test_a_second_401_is_told_and_the_next_request_asks_the_plugin_again(tmp_path: Path) -> None:
    taking = OnlyTaking("t3")
    with serving(taking, tls=True) as server:
        connection = cluster(config(tmp_path, server.url, counting(tmp_path)))
        with pytest.raises(ServerError, match="Unauthorized") as caught:
            connection.get("/api")
        assert caught.value.status == 401
        connection.get("/api")
    assert tokens(server) == ["t1", "t2", "t3"]


def test_threads_that_are_refused_at_once_ask_the_plugin_once(tmp_path: Path) -> None:
    both, taking = threading.Barrier(2), OnlyTaking("t2")

    def answer(request: Received) -> Answer:
        told = taking(request)
        if told.status == 401:
            both.wait(30)
        return told

    with serving(answer, tls=True) as server:
        connection = cluster(config(tmp_path, server.url, counting(tmp_path)))
        together([lambda: connection.get("/a"), lambda: connection.get("/b")])
    assert sorted(tokens(server)) == ["t1", "t1", "t2", "t2"]
    assert (tmp_path / "runs").read_text() == "\n\n"


def test_a_token_file_that_was_renewed_unseen_is_read_again_after_a_401(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    before, taking = file.stat(), OnlyTaking("new")

    def answer(request: Received) -> Answer:
        file.write_text("new")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        return taking(request)

    with serving(answer, tls=True) as server:
        cluster(config(tmp_path, server.url, {"tokenFile": "token"})).get("/api")
    assert tokens(server) == ["old", "new"]


def test_what_cannot_be_renewed_is_not_sent_again_after_a_401(tmp_path: Path) -> None:
    with serving(OnlyTaking("none"), tls=True) as server:
        path = config(tmp_path, server.url, {"token": "kept"})
        for connection in (cluster(path, token="given"), cluster(path)):
            with pytest.raises(ServerError, match="Unauthorized"):
                connection.get("/api")
    assert tokens(server) == ["given", "kept"]


def test_the_plugins_certificate_is_shown(tmp_path: Path) -> None:
    pair = {
        "clientCertificateData": (CERTIFICATES / "client.crt").read_text(),
        "clientKeyData": (CERTIFICATES / "client.key").read_text(),
    }
    with serving(tls=True, client_certificate=True) as server:
        cluster(config(tmp_path, server.url, plugin(tmp_path, credential(**pair)))).get("/api")
    assert server.received[0].client == "tester"


@pytest.mark.parametrize(
    ("script", "entry", "said"),
    [
        ("echo 'log in first' >&2; exit 3", {}, "failed with exit code 3: log in first"),
        ("echo nonsense", {}, "its output is not JSON"),
        ("echo '{}'", {}, f"it is configured to use API version {V1}, and returned something else"),
        (credential(), {}, "it didn't return a token or cert/key pair"),
        (credential(clientKeyData="k"), {}, "it returned only certificate or key, not both"),
        (credential(token="t", expirationTimestamp="soon"), {}, "its expirationTimestamp is not a time"),
        ("", {"command": "./absent", "installHint": "get it\nfrom us"}, "absent not found; install it or correct"),
        ("", {"command": "./absent", "installHint": "get it from us"}, "absent not found: get it from us"),
        ("", {"apiVersion": "client.authentication.k8s.io/v1alpha1"}, 'exec plugin: invalid apiVersion "client.auth'),
        ("", {"interactiveMode": None}, "exec plugin: interactiveMode must be Never, IfAvailable or Always"),
        ("", {"interactiveMode": "Always"}, "cannot support interactive mode: standard input is not a terminal"),
    ],
)
def test_a_plugin_that_fails_is_told_in_one_line_with_its_own_words(
    tmp_path: Path, script: str, entry: dict[str, Any], said: str
) -> None:
    line = failure(cluster(one(tmp_path / "config", user=plugin(tmp_path, script, **entry))))
    assert line.startswith("error: ")
    assert said in line


def test_an_older_plugin_needs_no_interactive_mode(tmp_path: Path, server: Loopback) -> None:
    beta = "client.authentication.k8s.io/v1beta1"
    user = plugin(tmp_path, credential(token="t").replace(V1, beta), apiVersion=beta, interactiveMode=None)
    cluster(config(tmp_path, server.url, user)).get("/api")
    assert server.received[0].header("Authorization") == ["Bearer t"]


def token(expires: float) -> str:
    """Return an OpenID Connect token, unsigned."""
    return "e30." + base64.urlsafe_b64encode(json.dumps({"exp": expires}).encode()).decode().rstrip("=") + ".x"


def test_an_openid_connect_token_is_sent_while_it_is_good_and_else_refused(tmp_path: Path, server: Loopback) -> None:
    good = token(time.time() + 60)
    user = {"auth-provider": {"name": "oidc", "config": {"id-token": good, "refresh-token": "s3cret"}}}
    cluster(config(tmp_path, server.url, user)).get("/api")
    assert server.received[0].header("Authorization") == [f"Bearer {good}"]
    for bad in (token(time.time() - 60), "", "a.b.c"):
        user["auth-provider"]["config"] = {"id-token": bad, "refresh-token": "s3cret"}
        line = failure(cluster(config(tmp_path, server.url, user)))
        assert line.startswith("error: the user's OpenID Connect token has expired: renew it")
    gone = {"auth-provider": {"name": "gcp", "config": {}}}
    assert 'no Auth Provider found for name "gcp"' in failure(cluster(config(tmp_path, server.url, gone)))
    assert len(server.received) == 1


def test_a_token_file_that_is_empty_or_gone_is_an_error_and_not_nobody(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    assert failure(cluster(one(tmp_path / "config", user={"tokenFile": "empty"}))).endswith("empty is empty")
    assert "gone cannot be read" in failure(cluster(one(tmp_path / "config", user={"tokenFile": "gone"})))


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (
            {"client-certificate-data": "not base64!", "client-key-data": "eA=="},
            "client-certificate-data is not base64",
        ),
        ({"client-certificate-data": "eA==", "client-key-data": "eA=="}, "no matching pair in PEM form"),
        ({"as": "u", "as-groups": "g"}, "as-groups of the user must be a list"),
        ({"as": "u", "as-user-extra": {"k": "v"}}, "as-user-extra of the user: k must be a list"),
        ({"as": "u", "as-groups": [1]}, "Impersonate-Group: it must be text"),
    ],
)
def test_credentials_that_cannot_be_used_are_refused(tmp_path: Path, user: dict[str, Any], said: str) -> None:
    with pytest.raises(ExpressError, match=said):
        cluster(one(tmp_path / "config", user=user)).get("/api")
