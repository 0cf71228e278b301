from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.errors import ExpressError
from kubectl_express.sources.kubeconfig import Access, ConnectionOptions, context_names, resolve
from tests.sources.loopback import AUTHORITY, CERTIFICATES

if TYPE_CHECKING:
    from pathlib import Path

SERVER = "https://api.example.test:6443"


def kubeconfig(path: Path, **sections: Any) -> str:
    """Write a kubeconfig: clusters, users and contexts as mappings from name to content."""
    content: dict[str, Any] = {"apiVersion": "v1", "kind": "Config"}
    for section, member in (("clusters", "cluster"), ("users", "user"), ("contexts", "context")):
        content[section] = [{"name": name, member: entry} for name, entry in sections.pop(section, {}).items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**content, **{key.replace("_", "-"): value for key, value in sections.items()}}))
    return str(path)


def one(path: Path, cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> str:
    """Write a kubeconfig with one context, `site`."""
    return kubeconfig(
        path,
        clusters={"c": {"server": SERVER, **(cluster or {})}},
        users={"u": user or {}},
        contexts={"site": {"cluster": "c", "user": "u"}},
        current_context="site",
    )


def resolved(path: str | None, environ: dict[str, str] | None = None, **flags: Any) -> Access:
    return resolve(ConnectionOptions(kubeconfig=path, **flags), environ or {"HOME": "/nowhere"})


def fails(path: str | None, environ: dict[str, str] | None = None, **flags: Any) -> str:
    with pytest.raises(ExpressError) as caught:
        resolved(path, environ, **flags)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_first_file_of_the_list_wins_each_entry_whole_and_the_current_context(tmp_path: Path) -> None:
    first = kubeconfig(
        tmp_path / "1" / "config",
        users={"u": {"token": "first"}},
        contexts={"a": {"cluster": "c", "user": "u", "namespace": "ns1"}},
    )
    second = kubeconfig(
        tmp_path / "2" / "config",
        clusters={"c": {"server": SERVER, "certificate-authority": "ca.crt"}},
        users={"u": {"token": "second", "as": "somebody"}},
        contexts={"a": {"cluster": "other", "user": "u"}, "b": {"cluster": "c", "user": "u"}},
        current_context="a",
    )
    (tmp_path / "2" / "ca.crt").write_bytes(AUTHORITY.read_bytes())
    third = kubeconfig(tmp_path / "3" / "config", current_context="b")
    environ = {"KUBECONFIG": os.pathsep.join([str(tmp_path / "missing"), "", first, second, first, third])}
    access = resolved(None, environ)
    assert (access.context, access.namespace, access.user) == ("a", "ns1", {"token": "first"})
    assert access.cluster["certificate-authority"] == str(tmp_path / "2" / "ca.crt")
    assert context_names(ConnectionOptions(), environ) == ["a", "b"]


def test_without_the_variable_the_home_folders_file_is_read(tmp_path: Path) -> None:
    one(tmp_path / ".kube" / "config")
    assert resolved(None, {"HOME": str(tmp_path)}).context == "site"


def test_an_explicit_file_is_alone_and_must_exist(tmp_path: Path) -> None:
    path = one(tmp_path / "config")
    environ = {"KUBECONFIG": kubeconfig(tmp_path / "other", contexts={"x": {}})}
    assert context_names(ConnectionOptions(kubeconfig=path), environ) == ["site"]
    assert fails(str(tmp_path / "none")).startswith(f"--kubeconfig {tmp_path}/none: no such file")


def test_paths_in_a_file_are_relative_to_it_and_a_bare_plugin_is_looked_up(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("secret")
    path = one(tmp_path / "config", user={"tokenFile": "t", "exec": {"command": "bin/helper"}})
    assert resolved(path).user == {"tokenFile": f"{tmp_path}/t", "exec": {"command": f"{tmp_path}/bin/helper"}}
    assert resolved(one(tmp_path / "config", user={"exec": {"command": "helper"}})).user["exec"] == {
        "command": "helper"
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: b\n c: [\n", ", line 2: it is not YAML"),
        ("\t- a\n", ", line 1: it is not YAML"),
        ("- a\n", ", line 1: expected a mapping"),
        ("users: [{name: u, user: {token: 1234}}]", "token of users[u] must be text: put it in quotes"),
        ("users: [{name: u, user: x}]", "user of users[u] must be a mapping"),
        ("users: [{user: {}}]", "users[0] must be a mapping with a name"),
        ("clusters: [{name: c, cluster: {insecure-skip-tls-verify: 'yes'}}]", "must be true or false"),
        ("contexts: [{name: a}, {name: a}]", "contexts has two entries named a"),
        ("contexts: {}", "contexts must be a list"),
    ],
)
def test_a_broken_file_is_named_with_its_fault(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "config"
    path.write_text(content)
    message = fails(str(path))
    assert message.startswith(f"kubeconfig {path}")
    assert said in message


def test_words_and_dates_are_text_as_in_kubectl(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(
        "{clusters: [{name: on, cluster: {server: 'https://a'}}], users: [{name: no, user: {as: 2024-01-01}}],"
        "contexts: [{name: y, context: {cluster: on, user: no}}], current-context: y}"
    )
    access = resolved(str(path))
    assert (access.context, access.user) == ("y", {"as": "2024-01-01"})


def test_an_unknown_context_is_told_with_the_nearest(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", contexts={"fra2": {}, "prod": {}, "yul1": {}})
    assert fails(path, context="Yull") == 'context "Yull" does not exist; did you mean yul1?'


def test_a_current_context_that_is_gone_is_told(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", contexts={"a": {}}, current_context="gone")
    assert fails(path).startswith("context was not found for specified context: gone (the current-context of ")


def test_no_chosen_context_is_told_with_those_there_are(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", contexts={"a": {}, "b": {}})
    assert (
        fails(path) == "no context is chosen, and the kubeconfig has no current-context: give --context; there are a, b"
    )


def test_a_context_whose_user_or_cluster_is_nowhere_is_an_error_and_not_nobody(tmp_path: Path) -> None:
    path = kubeconfig(
        tmp_path / "config",
        clusters={"c": {"server": SERVER}},
        contexts={"a": {"cluster": "c", "user": "gone"}, "b": {"cluster": "gone"}, "e": {}},
    )
    assert fails(path, context="a").startswith('auth info "gone" does not exist (the user of context "a")')
    assert fails(path, context="b").startswith(
        'cluster "gone" does not exist (the cluster of context "b"); there are c'
    )
    assert fails(path, context="e").startswith('context "e" names no cluster')
    assert fails(path, cluster="x") == 'cluster "x" does not exist; there are c'
    assert fails(path, user="x") == 'auth info "x" does not exist; the kubeconfig has none'


def test_no_configuration_at_all_says_what_to_do() -> None:
    assert fails(None).startswith("no kubeconfig and no cluster are configured: give --kubeconfig")


def test_a_server_and_a_token_suffice() -> None:
    access = resolved(None, server=SERVER, token="t")
    assert access == Access(None, "default", {"server": SERVER}, {"token": "t"})
    assert resolved(None, {"HOME": "/nowhere", "KUBERNETES_MASTER": SERVER}).cluster == {"server": SERVER}


def test_flags_go_over_the_entries_as_in_clientcmd(tmp_path: Path) -> None:
    path = one(
        tmp_path / "config",
        cluster={"tls-server-name": "old", "certificate-authority-data": "eA=="},
        user={
            "tokenFile": "t",
            "client-certificate-data": "eA==",
            "client-key-data": "eA==",
            "as": "a",
            "as-uid": "1",
            "as-groups": ["g"],
        },
    )
    certificate, key = str(CERTIFICATES / "client.crt"), str(CERTIFICATES / "client.key")
    access = resolved(
        path,
        namespace="ns",
        server="https://other/prefix/?q",
        token="new",
        as_user="b",
        as_groups=("x", "y"),
        certificate_authority=str(AUTHORITY),
        client_certificate=certificate,
        client_key=key,
    )
    assert access.namespace == "ns"
    assert access.cluster == {"server": "https://other/prefix", "certificate-authority": str(AUTHORITY)}
    assert access.user == {
        "token": "new",
        "client-certificate": certificate,
        "client-key": key,
        "as": "b",
        "as-uid": "1",
        "as-groups": ["x", "y"],
    }


def test_insecure_as_a_flag_drops_the_authority_and_false_changes_nothing(tmp_path: Path) -> None:
    path = one(tmp_path / "config", cluster={"certificate-authority-data": "eA=="})
    assert resolved(path, insecure_skip_tls_verify=True).cluster == {"server": SERVER, "insecure-skip-tls-verify": True}
    assert "certificate-authority-data" in resolved(path, insecure_skip_tls_verify=False).cluster
    assert resolved(path, tls_server_name="n").cluster["tls-server-name"] == "n"


@pytest.mark.parametrize(
    ("cluster", "user", "flags", "said"),
    [
        (
            {"insecure-skip-tls-verify": True, "certificate-authority-data": "eA=="},
            {},
            {},
            "with the insecure flag",
        ),
        ({"certificate-authority": "/gone"}, {}, {}, "unable to read certificate-authority /gone: No such file"),
        ({}, {"client-certificate": "/gone", "client-key": "/gone"}, {}, "unable to read client-certificate /gone"),
        ({}, {"client-certificate-data": "eA=="}, {}, "client-key-data or client-key must be specified"),
        ({}, {"client-key": "k", "client-key-data": "eA=="}, {}, "client-key-data and client-key are both specified"),
        ({}, {"token": "s3cret", "username": "n", "password": "p"}, {}, "more than one authentication method"),
        ({}, {"exec": {"command": "x"}, "auth-provider": {"name": "oidc"}}, {}, "in combination with an exec plugin"),
        ({}, {"as-groups": ["g"]}, {}, "without impersonating a user"),
        ({}, {}, {"as_uid": "1"}, "without impersonating a user"),
        ({}, {}, {"as_groups": ("g",)}, "without impersonating a user"),
        ({"proxy-url": "socks5://user:s3cret@p:1"}, {}, {}, "socks5 proxies are not supported"),
        ({"proxy-url": "ftp://user:s3cret@p:1"}, {}, {}, 'unsupported scheme "ftp", must be http or https'),
        ({"server": "https://name:s3cret@host"}, {}, {}, "without a user or password in it"),
        ({"server": "ftp://host"}, {}, {}, "the server must be https://"),
        ({"server": "https://host:99999"}, {}, {}, "the server must be https://"),
        ({}, {}, {"request_timeout": "soon"}, "Invalid timeout value. Timeout must be a single integer in seconds"),
    ],
)
def test_what_cannot_be_honoured_is_refused(
    tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], flags: dict[str, Any], said: str
) -> None:
    message = fails(one(tmp_path / "config", cluster, user), **flags)
    assert said in message
    assert "s3cret" not in message


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("0", None), ("", None), ("30", 30), ("1m30s", 90), ("1.5h", 5400), ("250ms", 0.25), ("-1s", None), ("0s", None)],
)
def test_a_request_timeout_is_read_as_go_reads_it(tmp_path: Path, given: str, seconds: float | None) -> None:
    assert resolved(one(tmp_path / "config"), request_timeout=given).timeout == seconds


@pytest.mark.parametrize("given", ["5 s", "1d", "s", "-5", "1m30", "٣"])
def test_other_request_timeouts_are_refused(tmp_path: Path, given: str) -> None:
    assert fails(one(tmp_path / "config"), request_timeout=given).startswith("Invalid timeout value.")


@pytest.mark.parametrize(
    ("server", "environ", "proxy"),
    [
        ("https://api", {"HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://q"}, "http://p:1"),
        ("https://api", {"https_proxy": "p:1"}, "http://p:1"),
        ("https://api", {"HTTP_PROXY": "http://q", "ALL_PROXY": "http://r"}, None),
        ("http://api", {"HTTP_PROXY": "http://q"}, "http://q"),
        ("https://127.0.0.2:1", {"HTTPS_PROXY": "p"}, None),
        ("https://localhost", {"HTTPS_PROXY": "p"}, None),
        ("https://api.corp", {"HTTPS_PROXY": "p", "NO_PROXY": "x, .corp"}, None),
        ("https://corp", {"HTTPS_PROXY": "p", "NO_PROXY": ".corp"}, "http://p"),
        ("https://corp", {"HTTPS_PROXY": "p", "NO_PROXY": "corp"}, None),
        ("https://a.corp", {"HTTPS_PROXY": "p", "NO_PROXY": "*.corp"}, None),
        ("https://acorp", {"HTTPS_PROXY": "p", "NO_PROXY": "corp"}, "http://p"),
        ("https://api", {"HTTPS_PROXY": "p", "no_proxy": "*"}, None),
        ("https://10.1.2.3", {"HTTPS_PROXY": "p", "NO_PROXY": "10.0.0.0/8"}, None),
        ("https://10.1.2.3", {"HTTPS_PROXY": "p", "NO_PROXY": "10.1.2.3:6443"}, "http://p"),
        ("https://10.1.2.3:6443", {"HTTPS_PROXY": "p", "NO_PROXY": "10.1.2.3:6443"}, None),
        ("https://[fd00::1]", {"HTTPS_PROXY": "p", "NO_PROXY": "fd00::1"}, None),
    ],
)
def test_the_environments_proxy_follows_the_rules_of_go(
    tmp_path: Path, server: str, environ: dict[str, str], proxy: str | None
) -> None:
    assert resolved(one(tmp_path / "config"), environ, server=server).proxy == proxy


def test_the_kubeconfigs_proxy_beats_the_environment_and_knows_no_exceptions(tmp_path: Path) -> None:
    path = one(tmp_path / "config", {"server": "https://localhost", "proxy-url": "http://p:1"})
    assert resolved(path, {"HTTPS_PROXY": "q", "NO_PROXY": "*"}).proxy == "http://p:1"
    assert "socks5" in fails(one(tmp_path / "config"), {"HTTPS_PROXY": "socks5://p"})


def test_in_a_pod_the_service_account_is_used_with_its_namespace_unless_there_is_a_kubeconfig(tmp_path: Path) -> None:
    account = tmp_path / "account"
    account.mkdir()
    (account / "token").write_text("t")
    (account / "namespace").write_text("here\n")
    (account / "ca.crt").write_bytes(AUTHORITY.read_bytes())
    environ = {"HOME": "/nowhere", "KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    access = resolve(ConnectionOptions(as_user="x"), environ, account)
    assert access.cluster == {"server": "https://[fd00::1]:443", "certificate-authority": str(account / "ca.crt")}
    assert (access.user, access.namespace) == ({"tokenFile": str(account / "token"), "as": "x"}, "here")
    other = resolve(ConnectionOptions(kubeconfig=one(tmp_path / "config")), environ, account)
    assert (other.cluster["server"], other.namespace) == (SERVER, "here")
    assert fails(None, environ).startswith("no kubeconfig and no cluster")
