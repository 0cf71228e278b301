"""What a command of the user's own is told of the connection: every flag that was given, and no token."""

from __future__ import annotations

import shlex
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.sources.kubeconfig import ConnectionOptions, handed_on

if TYPE_CHECKING:
    from pathlib import Path

HANDED_ON: dict[str, tuple[Any, list[str]]] = {
    "kubeconfig": ("config", []),
    "context": ("yul1", ["--context=yul1"]),
    "namespace": ("a", ["--namespace=a"]),
    "cluster": ("a cluster", ["--cluster=a cluster"]),
    "user": ("a user", ["--user=a user"]),
    "server": ("https://a:1", ["--server=https://a:1"]),
    "token": ("t0ken", []),
    "as_user": ("dora é", ["--as=dora é"]),
    "as_groups": (("a", "b, c"), ["--as-group=a", "--as-group=b, c"]),
    "as_uid": ("77", ["--as-uid=77"]),
    "request_timeout": ("20s", ["--request-timeout=20s"]),
    "insecure_skip_tls_verify": (True, ["--insecure-skip-tls-verify"]),
    "certificate_authority": ("a.crt", ["--certificate-authority={folder}/a.crt"]),
    "client_certificate": ("../b.crt", ["--client-certificate={folder}/../b.crt"]),
    "client_key": ("/keys/c key", ["--client-key=/keys/c key"]),
    "tls_server_name": ("api.example.test", ["--tls-server-name=api.example.test"]),
}
"""By the option: its value, and the flags that tell of it."""


def told(**options: Any) -> tuple[list[str], str | None]:
    """Return the flags and the KUBECONFIG that a command gets."""
    variables = handed_on(ConnectionOptions(**options))
    assert set(variables) <= {"KUBECTL_FLAGS", "KUBECONFIG"}
    return shlex.split(variables["KUBECTL_FLAGS"]), variables.get("KUBECONFIG")


def test_the_table_has_every_option() -> None:
    assert [each.name for each in fields(ConnectionOptions)] == list(HANDED_ON)


@pytest.mark.parametrize("option", HANDED_ON)
def test_each_flag_is_handed_on_with_paths_from_wherever_it_is_used(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    value, flags = HANDED_ON[option]
    kubeconfig = f"{tmp_path}/config" if option == "kubeconfig" else None
    assert told(**{option: value}) == ([flag.format(folder=tmp_path) for flag in flags], kubeconfig)


def test_all_flags_are_handed_on_together_and_no_token_is_among_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flags, kubeconfig = told(**{option: value for option, (value, _) in HANDED_ON.items()})
    wanted = [flag.format(folder=tmp_path) for _, each in HANDED_ON.values() for flag in each]
    assert (sorted(flags), kubeconfig) == (sorted(wanted), f"{tmp_path}/config")
    assert not [flag for flag in flags if "t0ken" in flag]


def test_nothing_is_handed_on_where_nothing_was_given() -> None:
    assert told() == ([], None)
    assert told(insecure_skip_tls_verify=False) == ([], None)
