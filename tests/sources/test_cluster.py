from __future__ import annotations

import base64
import gzip
import json
import logging
import socket
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express import __version__
from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.sources.cluster import Cluster
from kubectl_express.sources.kubeconfig import ConnectionOptions, resolve
from kubectl_express.sources.unreachable import UnreachableError
from kubectl_express.sources.watch import Watch
from tests.sources.loopback import AUTHORITY, CERTIFICATES, Answer, Received, closed_port, refused, serving, silent_port
from tests.sources.test_kubeconfig import kubeconfig as write_kubeconfig
from tests.sources.test_kubeconfig import one
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Kubectl

NOBODY = {"HOME": "/nowhere"}


def cluster(kubeconfig: Path | str | None, environ: dict[str, str] | None = None, **flags: Any) -> Cluster:
    path = None if kubeconfig is None else str(kubeconfig)
    return Cluster(resolve(ConnectionOptions(kubeconfig=path, **flags), environ or NOBODY), environ or NOBODY)


def who(connection: Cluster) -> Any:
    """Return who the API server takes us for."""
    review = b'{"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}'
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    answer: Any = connection.send("POST", path, (), review, "application/json")
    return answer["status"]["userInfo"]


def failure(connection: Cluster) -> str:
    """Return the line that a failing request is printed as."""
    with pytest.raises(ExpressError) as caught:
        connection.get("/api")
    line = f"{caught.value.prefix}{caught.value}"
    assert "\n" not in line
    assert "urllib3" not in line
    assert "0x" not in line
    return line


@pytest.fixture
def contexts(control_plane: ControlPlane, tmp_path: Path) -> str:
    """A kubeconfig with every way to say who one is that the control plane can tell apart."""
    (tmp_path / "alice.token").write_text(f"{control_plane.tokens['alice']}\n")
    users: dict[str, dict[str, Any]] = {
        "admin": {"token": control_plane.token},
        "alice": {"token": control_plane.tokens["alice"]},
        "file": {"tokenFile": "alice.token"},
        "as": {"token": control_plane.token, "as": "carl"},
        "all": {
            "token": control_plane.token,
            "as": "carl é",
            "as-uid": "77",
            "as-groups": ["one", "two, too"],
            "as-user-extra": {"example.org/Scope é%": ["a", "b"], "x": ["c"]},
        },
    }
    return write_kubeconfig(
        tmp_path / "contexts",
        clusters={"c": {"server": control_plane.url, "certificate-authority": str(control_plane.ca_file)}},
        users=users,
        contexts={name: {"cluster": "c", "user": name} for name in users},
        current_context="admin",
    )


@pytest.mark.parametrize(
    "flags",
    [
        {},
        {"context": "alice"},
        {"context": "file"},
        {"context": "as"},
        {"context": "all"},
        {"user": "alice"},
        {"context": "all", "as_user": "dora"},
        {"context": "all", "as_groups": ("three",)},
        {"context": "all", "as_uid": "78"},
        {"as_user": "dora", "as_uid": "1", "as_groups": ("one", "two")},
        {"as_user": "system:serviceaccount:default:robot"},
    ],
    ids=str,
)
def test_the_server_takes_us_for_whom_it_takes_kubectl_for(
    contexts: str, kubectl: Kubectl, flags: dict[str, Any]
) -> None:
    names = {"as_user": "--as", "as_groups": "--as-group", "as_uid": "--as-uid"}
    given = [
        f"{names.get(name, f'--{name}')}={each}"
        for name, value in flags.items()
        for each in (value if isinstance(value, tuple) else (value,))
    ]
    theirs = kubectl.json("auth", "whoami", f"--kubeconfig={contexts}", *given)["status"]["userInfo"]
    assert who(cluster(contexts, **flags)) == theirs


def test_the_token_flag_is_sent_even_where_the_user_has_a_token_file(
    contexts: str, control_plane: ControlPlane
) -> None:
    assert who(cluster(contexts, context="file", token=control_plane.token))["username"] == "admin"


def test_impersonation_without_the_right_to_it_is_forbidden_and_never_dropped(contexts: str, kubectl: Kubectl) -> None:
    line = failure(cluster(contexts, context="alice", as_user="carl"))
    theirs = kubectl("get", "--raw", "/api", f"--kubeconfig={contexts}", "--context=alice", "--as=carl", check=False)
    assert line == theirs.stderr.strip()
    assert line.startswith("Error from server (Forbidden): ")
    assert 'User "alice" cannot impersonate' in line


def test_a_changed_token_file_is_read_again(contexts: str, control_plane: ControlPlane, tmp_path: Path) -> None:
    connection = cluster(contexts, context="file")
    assert who(connection)["username"] == "alice"
    replacement = tmp_path / "next"
    replacement.write_text(control_plane.tokens["bob"])
    replacement.replace(tmp_path / "alice.token")
    assert who(connection)["username"] == "bob"


@pytest.mark.parametrize(
    ("flags", "path"),
    [
        ({"token": "wrong"}, "/api"),
        ({"context": "alice"}, "/api/v1/namespaces/default/configmaps"),
        ({"context": "alice"}, "/apis/apps/v1/namespaces/default/deployments"),
        ({}, "/api/v1/namespaces/none-of-this-name"),
        ({}, "/apis/none.example.com/v1"),
        ({}, "/api/v1/pods?labelSelector=(("),
    ],
    ids=str,
)
def test_refusals_are_told_in_kubectls_words(contexts: str, kubectl: Kubectl, flags: dict[str, str], path: str) -> None:
    given = [f"--{name}={value}" for name, value in flags.items()]
    theirs = kubectl("get", "--raw", path, f"--kubeconfig={contexts}", *given, check=False).stderr.strip()
    base, _, query = path.partition("?")
    with pytest.raises(ServerError) as caught:
        cluster(contexts, None, **flags).get(base, [("labelSelector", query.partition("=")[2])] if query else ())
    assert f"{caught.value.prefix}{caught.value}" == theirs


def test_a_refusal_carries_its_reason_and_status(contexts: str) -> None:
    with pytest.raises(ServerError) as caught:
        cluster(contexts, context="alice").get("/api/v1/pods")
    assert (caught.value.reason, caught.value.status) == ("Forbidden", 403)


def test_a_body_is_sent_as_it_is_and_the_object_comes_back(contexts: str, namespace: str) -> None:
    connection = cluster(contexts)
    body = b'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: "1e3"}\n'
    path, query = f"/api/v1/namespaces/{namespace}/configmaps/c", {"fieldManager": "kubectl", "dryRun": "All"}
    answer = connection.send("PATCH", path, query, body, "application/apply-patch+yaml")
    assert answer["data"] == {"k": "1e3"}
    with pytest.raises(ServerError, match='configmaps "c" not found'):
        connection.get(path)


def test_a_watch_tells_changes_until_another_thread_closes_it(contexts: str, namespace: str) -> None:
    connection = cluster(contexts)
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    version = connection.get(path)["metadata"]["resourceVersion"]  # type: ignore[index,call-overload]
    watch = connection.watch(path, {"resourceVersion": str(version)})
    seen: list[tuple[str, Any]] = []
    events = iter(watch)
    connection.send("POST", path, (), b'{"metadata": {"name": "c"}}', "application/json")
    kind, item = next(events)
    assert (kind, item["metadata"]["name"]) == ("ADDED", "c")  # type: ignore[index,call-overload]
    reader = threading.Thread(target=lambda: seen.extend(events), daemon=True)
    reader.start()
    watch.close()
    reader.join(10)
    assert not reader.is_alive()
    assert seen == []


def test_an_error_event_of_a_watch_is_raised() -> None:
    status = {"kind": "Status", "reason": "Expired", "message": "too old resource version: 1 (9)", "code": 410}
    event = json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"
    with serving(lambda _: Answer(event)) as server, pytest.raises(ServerError, match="too old resource") as caught:
        list(cluster(None, server=server.url).watch("/pods", {"resourceVersion": "1"}))
    assert (caught.value.status, caught.value.reason) == (410, "Expired")


def test_a_refused_watch_is_raised_at_once(contexts: str) -> None:
    with pytest.raises(ServerError, match="cannot watch resource"):
        cluster(contexts, context="alice").watch("/api/v1/pods")


def test_every_request_says_what_program_sends_it_and_each_group_has_a_header_of_its_own(tmp_path: Path) -> None:
    with serving(tls=True) as server:
        cluster(
            one(tmp_path / "config", {"server": server.url, "certificate-authority": str(AUTHORITY)}),
            token="t",
            as_user="u",
            as_groups=("a", "b, c"),
        ).get("/api")
    [request] = server.received
    assert request.header("User-Agent") == [f"kubectl-express/{__version__}"]
    assert request.header("Authorization") == ["Bearer t"]
    assert request.header("Impersonate-User") == ["u"]
    assert request.header("Impersonate-Group") == ["a", "b, c"]


def test_certificates_are_shown_from_files_and_from_data_and_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    files = {name: CERTIFICATES / f"client.{end}" for name, end in (("certificate", "crt"), ("key", "key"))}
    data = {f"client-{name}-data": base64.b64encode(path.read_bytes()).decode() for name, path in files.items()}
    authority = {"certificate-authority-data": base64.b64encode(AUTHORITY.read_bytes()).decode()}
    with serving(tls=True, client_certificate=True) as server:
        for user in ({f"client-{name}": str(path) for name, path in files.items()}, data, data):
            cluster(one(tmp_path / "config", {"server": server.url, **authority}, user)).get("/api")
        nobody = cluster(one(tmp_path / "config", {"server": server.url, **authority}))
        assert failure(nobody).startswith(f"Unable to connect to the server: {server.url[8:]}: tls: ")
    assert [request.client for request in server.received] == ["tester"] * 3
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_password_is_sent_as_basic_authentication_in_utf_8(tmp_path: Path) -> None:
    with serving(tls=True) as server:
        authority = {"certificate-authority": str(AUTHORITY)}
        user = {"username": "n", "password": "p:wü中"}
        cluster(one(tmp_path / "config", {"server": server.url, **authority}, user)).get("/api")
    assert server.received[0].header("Authorization") == ["Basic " + base64.b64encode("n:p:wü中".encode()).decode()]


def test_nothing_secret_goes_over_plain_http_as_with_kubectl(tmp_path: Path) -> None:
    with serving() as server:
        cluster(one(tmp_path / "config", {"server": f"{server.url}/prefix"}, {"token": "t", "as": "u"})).get("/api")
    assert server.received[0].path == "/prefix/api"
    assert server.received[0].header("Authorization") == []
    assert server.received[0].header("Impersonate-User") == ["u"]


def test_the_certificates_name_can_be_given_and_its_check_be_skipped_without_a_warning(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with serving(tls=True) as server:
        config = one(tmp_path / "config", {"server": server.url, "certificate-authority": str(AUTHORITY)})
        cluster(config, tls_server_name="api.example.test").get("/api")
        assert "tls: failed to verify certificate: x509: " in failure(cluster(config, tls_server_name="else.test"))
        cluster(config, insecure_skip_tls_verify=True, tls_server_name="else.test").get("/api")
        stranger = cluster(None, server=server.url, token="t")
        assert failure(stranger).endswith("check the server's address and the cluster's certificate-authority")
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("tls", [True, False])
def test_requests_go_through_the_kubeconfigs_proxy_with_its_password_and_all_headers(tmp_path: Path, tls: bool) -> None:
    with serving(tls=tls) as server, serving() as proxy:
        entry = {"server": server.url, "proxy-url": proxy.url.replace("//", "//me:p%40ss@")}
        if tls:
            entry["certificate-authority"] = str(AUTHORITY)
        connection = cluster(one(tmp_path / "config", entry), as_user="u", as_groups=("a", "b"))
        connection.get("/api", [("q", "1")])
    through = proxy.received[0]
    assert through.header("Proxy-Authorization") == ["Basic " + base64.b64encode(b"me:p@ss").decode()]
    assert through.path == (server.url[8:] if tls else f"{server.url}/api?q=1")
    final = server.received[0] if tls else through
    assert final.header("Impersonate-Group") == ["a", "b"]
    assert final.header("Proxy-Authorization") == ([] if tls else through.header("Proxy-Authorization"))


def test_a_proxy_that_cannot_be_reached_is_named_without_its_password(tmp_path: Path) -> None:
    address = closed_port()
    connection = cluster(one(tmp_path / "config", {"proxy-url": f"http://me:s3cret@{address}"}))
    line = failure(connection)
    assert f"api.example.test:6443 through the proxy {address}: Connection refused; check proxy-url" in line
    assert "s3cret" not in line


def test_a_refused_connection_is_told_at_once_in_kubectls_words(kubectl: Kubectl) -> None:
    server = f"https://{closed_port()}"
    started = time.monotonic()
    line = failure(cluster(None, server=server))
    assert time.monotonic() - started < 5
    assert line == kubectl("get", "--raw", "/api", f"--server={server}", check=False).stderr.strip()


def test_a_name_that_does_not_resolve_is_told() -> None:
    line = failure(cluster(None, server="https://nowhere.invalid:6443"))
    assert line == ("Unable to connect to the server: lookup nowhere.invalid: no such host; check the server's address")


def test_a_silent_server_is_given_the_request_timeout() -> None:
    with silent_port() as address:
        line = failure(cluster(None, server=f"http://{address}", request_timeout="200ms"))
    assert line.startswith(
        f"Unable to connect to the server: {address} did not answer within 0.2 s (--request-timeout)"
    )


def test_a_server_without_tls_and_one_that_is_no_api_server_are_told(tmp_path: Path) -> None:
    with serving(lambda _: Answer(b"<html>hello</html>")) as server:
        address = server.url.partition("//")[2]
        assert failure(cluster(None, server=server.url)).endswith("is it a Kubernetes API server?")
        line = failure(cluster(None, server=f"https://{address}"))
        assert line.startswith(f"Unable to connect to the server: {address}: http: server gave HTTP response to HTTPS")
    with serving(lambda _: Answer(b"", 302, {"Location": "http://127.0.0.1:1/"})) as server:
        assert (
            failure(cluster(None, server=server.url)) == "Error from server: the server answered with HTTP status 302"
        )


def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(tmp_path: Path) -> None:
    config = one(tmp_path / "config", user={"token": "s3cret\r\nImpersonate-User: admin"})
    assert failure(cluster(config)) == "error: the user's token: it must be text without control characters"
    config = one(tmp_path / "config", user={"as": "a\nb"})
    assert failure(cluster(config)).startswith("error: Impersonate-User: ")


def test_a_request_that_the_server_puts_off_is_sent_again() -> None:
    busy = [Answer(refused("TooManyRequests", "later", 429).body, 429, {"Retry-After": "0"})]
    with serving(lambda _: busy.pop() if busy else Answer(b'{"ok": true}')) as server:
        assert cluster(None, server=server.url).get("/api") == {"ok": True}
    assert len(server.received) == 2


@pytest.mark.parametrize(("asked", "sent"), [("0", 10), ("3", 1), ("99999", 1), ("soon", 1)])
def test_who_waits_itself_is_told_how_long_the_server_asks_for(asked: str, sent: int) -> None:
    later = Answer(refused("TooManyRequests", "later", 429).body, 429, {"Retry-After": asked})
    with serving(lambda _: later) as server:
        connected = cluster(None, server=server.url)
        connected.patience = 2.0
        with pytest.raises(ServerError) as caught:
            connected.get("/api")
    assert len(server.received) == sent
    assert caught.value.retry_after == {"0": 0, "3": 3, "99999": 30, "soon": 0}[asked]


def test_a_write_whose_time_is_over_before_it_can_be_sent_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: Answer(b"{}")) as server:
        connected = cluster(None, server=server.url)
        late = [0.0]
        monkeypatch.setattr(connected, "_connected", lambda: late.append(60.0))
        clock = SimpleNamespace(monotonic=lambda: late[-1])
        monkeypatch.setattr("kubectl_express.sources.cluster.time", clock)
        with pytest.raises(UnreachableError, match=f"not sent to {server.url}: "):
            connected.send("PATCH", "/x", (), b"{}", "application/json", within=30)
    assert server.received == []


def test_a_watch_of_which_nothing_is_heard_for_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubectl_express.sources.cluster.SILENCE_SECONDS", 0.2)
    event = json.dumps({"type": "ADDED", "object": {"kind": "Pod"}}).encode() + b"\n"
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def tell_once_and_fall_silent() -> None:
            connection, _ = listening.accept()
            connection.recv(1 << 16)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + event)
            held.append(connection)

        held: list[socket.socket] = []
        threading.Thread(target=tell_once_and_fall_silent, daemon=True).start()
        watch = cluster(None, server=f"http://127.0.0.1:{listening.getsockname()[1]}").watch("/pods")
        assert list(watch) == [("ADDED", {"kind": "Pod"})]
        held[0].close()


def test_a_write_that_breaks_off_is_not_sent_again() -> None:
    def cut(_: Received) -> Answer:
        return Answer(b'{"half', 200, {"Content-Length": "100", "Connection": "close"})

    with serving(cut) as server, pytest.raises(UnreachableError, match="broke off"):
        cluster(None, server=server.url, request_timeout="5").send("POST", "/x", (), b"{}", "application/json")
    assert len(server.received) == 1


def test_answers_are_compressed_unless_the_kubeconfig_says_otherwise(tmp_path: Path) -> None:
    def answer(request: Received) -> Answer:
        if request.header("Accept-Encoding") == ["gzip"]:
            return Answer(gzip.compress(b'{"zip": true}'), 200, {"Content-Encoding": "gzip"})
        return Answer(b'{"zip": false}')

    with serving(answer) as server:
        assert cluster(None, server=server.url).get("/") == {"zip": True}
        plain = one(tmp_path / "config", {"server": server.url, "disable-compression": True})
        assert cluster(plain).get("/") == {"zip": False}


def test_numbers_are_as_kubernetes_keeps_them() -> None:
    text = b'{"n": [1, -9223372036854775808, 9223372036854775807, 9223372036854775808, 1.0, 1e3]}'
    with serving(lambda _: Answer(text)) as server:
        answer: Any = cluster(None, server=server.url).get("/")
    numbers = ["1", "-9223372036854775808", "9223372036854775807", "9.223372036854776e+18", "1.0", "1000.0"]
    assert [repr(number) for number in answer["n"]] == numbers


def test_an_open_watch_ends_when_the_server_goes(tmp_path: Path) -> None:
    event = json.dumps({"type": "ADDED", "object": {"kind": "Pod"}}).encode() + b"\n"
    with serving(lambda _: Answer(event, 200, {"Content-Length": "9999", "Connection": "close"})) as server:
        watch = cluster(None, server=server.url).watch("/pods")
        assert isinstance(watch, Watch)
        assert list(watch) == [("ADDED", {"kind": "Pod"})]
        assert eventually(lambda: server.received, "the watch was asked for")[0].path == "/pods?watch=1"
