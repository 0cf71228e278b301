"""Who a request is sent as: a kubeconfig user's token, certificate, credential plugin and impersonation."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from kubectl_express.core.values import Object, mapping, objects, text
from kubectl_express.errors import ExpressError
from kubectl_express.sources.answers import decode
from kubectl_express.sources.processes import run_apart
from kubectl_express.sources.programs import find_program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

_EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_EXEC_INFO = "KUBERNETES_EXEC_INFO"
_CLUSTER_INFO = (
    "server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url",
    "disable-compression",
)  # fmt: skip
_PATIENCE = 60.0
"""Seconds that a plugin may take where nobody is at a terminal, so that nobody is logging in meanwhile."""


class CredentialsError(ExpressError):
    """A plugin or a file gave no credentials now; where it did before, another try may succeed."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A kubeconfig user boiled down to `token`, `username`, `password` and `client-…` entries.

    `expires` is when a credential plugin wants to be asked again; None is never. `renewable` says that a plugin or a
    file may give others when these are refused.
    """

    user: Object
    expires: datetime | None = None
    renewable: bool = False


def obtain(user: Object, cluster: Object, environ: Mapping[str, str], *, stdin_taken: bool) -> Credentials:
    """Return the credentials to send: as they stand, read from the token file, or got from the plugin.

    The order of precedence is client-go's: a plugin is not asked where a token, password or certificate is there.
    `stdin_taken` says that standard input is data, so no plugin may read it. Raises ExpressError, without secrets, and
    CredentialsError where it is not the entry that is wrong.
    """
    plain = {key: user[key] for key in user if key in ("token", "username", "password") or key.startswith("client-")}
    if "tokenFile" in user:
        # client-go reads the file again and again, and prefers it to the token beside it.
        plain["token"] = _token_from(str(user["tokenFile"]))
    if "token" in plain or "username" in plain or "client-certificate" in plain or "client-certificate-data" in plain:
        return Credentials(plain, renewable="tokenFile" in user)
    if "auth-provider" in user:
        return Credentials({"token": _id_token(mapping(user["auth-provider"]))})
    if "exec" in user:
        return _ask_plugin(mapping(user["exec"]), cluster, environ, stdin_taken=stdin_taken)
    return Credentials(plain)


def authorization(user: Object) -> str | None:
    """Return the Authorization header of boiled-down credentials: the token's, else the password's, else None.

    A name and password are sent as their UTF-8 bytes, as Go's http.Request.SetBasicAuth does.
    """
    if token := user.get("token"):
        return f"Bearer {token}"
    if "username" in user and "password" in user:
        return "Basic " + base64.b64encode(f"{user['username']}:{user['password']}".encode()).decode()
    return None


def impersonation(user: Object) -> list[tuple[str, str]]:
    """Return the headers that ask the server to act as somebody else: one per group and per extra value."""
    if "as" not in user:
        return []
    groups, extra = user.get("as-groups") or [], user.get("as-user-extra") or {}
    headers = [("Impersonate-User", text(user["as"]))]
    if "as-uid" in user:
        headers.append(("Impersonate-Uid", text(user["as-uid"])))
    if not isinstance(groups, list) or not isinstance(extra, dict):
        raise ExpressError("as-groups of the user must be a list, and as-user-extra a mapping of lists")
    headers += [("Impersonate-Group", text(group)) for group in groups]
    for key, values in extra.items():
        if not isinstance(values, list):
            raise ExpressError(f"as-user-extra of the user: {key} must be a list of texts")
        name = "Impersonate-Extra-" + quote(key, safe="!#$&'*+^`|")
        headers += [(name, text(value)) for value in values]
    return [(name, header_value(value, name)) for name, value in headers]


def header_value(value: str | None, what: str) -> str:
    """Return the text as an HTTP header carries it: its UTF-8 bytes. Raises ExpressError where none can."""
    if value is None or any(character < " " or character == "\x7f" for character in value):
        raise ExpressError(f"{what}: it must be text without control characters")
    return value.encode().decode("latin-1")


def _token_from(path: str) -> str:
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise CredentialsError(f"the token file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CredentialsError(f"the token file {path} cannot be read: it is no text") from None
    if not token:
        raise CredentialsError(f"the token file {path} is empty")
    return token


def _id_token(provider: Object) -> str:
    """Return an OpenID Connect token that is still good.

    One that has expired is not refreshed here: the provider may hand out a new refresh token with it, which has to be
    written back to the kubeconfig, or kubectl is locked out.
    """
    name, config = text(provider.get("name")), mapping(provider.get("config"))
    if name != "oidc":
        raise ExpressError(f'no Auth Provider found for name "{name}": use an exec credential plugin instead')
    token = text(config.get("id-token")) or ""
    try:
        claims = token.split(".")[1]
        expires = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
        fresh = datetime.fromtimestamp(expires, timezone.utc) > datetime.now(timezone.utc)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError, RecursionError):
        fresh = False
    if not fresh:
        raise ExpressError(
            "the user's OpenID Connect token has expired: renew it with `kubectl version`, then try again"
        )
    return token


def _ask_plugin(plugin: Object, cluster: Object, environ: Mapping[str, str], *, stdin_taken: bool) -> Credentials:
    command, version = text(plugin.get("command")), text(plugin.get("apiVersion"))
    if not command or version not in _EXEC_VERSIONS:
        wrong = f'exec plugin: invalid apiVersion "{version}"' if command else "exec plugin: command must be specified"
        raise ExpressError(f"{wrong}: correct the user's entry in the kubeconfig")
    interactive = _interactive(plugin, version, stdin_taken=stdin_taken)
    spec: Object = {"interactive": interactive}
    if plugin.get("provideClusterInfo"):
        spec["cluster"] = _cluster_info(cluster)
    variables = dict(environ)
    for item in objects(plugin.get("env")):
        variables[str(item.get("name"))] = str(item.get("value", ""))
    variables[_EXEC_INFO] = json.dumps({"apiVersion": version, "kind": "ExecCredential", "spec": spec})
    given = plugin.get("args") or []
    if not isinstance(given, list):
        raise ExpressError("exec plugin: args must be a list: correct the user's entry in the kubeconfig")
    arguments = [str(argument) for argument in given]
    hint = text(plugin.get("installHint"))
    never = plugin.get("interactiveMode") == "Never"
    output = _run(command, arguments, variables, hint, interactive=interactive, never=never)
    return _answer(output, command, version)


def _interactive(plugin: Object, version: str, *, stdin_taken: bool) -> bool:
    mode = plugin.get("interactiveMode") or ("IfAvailable" if version.endswith("v1beta1") else None)
    if mode not in ("Never", "IfAvailable", "Always"):
        raise ExpressError("exec plugin: interactiveMode must be Never, IfAvailable or Always in the user's entry")
    terminal = _is_terminal(sys.stdin) and not stdin_taken
    if mode == "Always" and not terminal:
        raise ExpressError("exec plugin cannot support interactive mode: standard input is not a terminal")
    return terminal and mode != "Never"


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _cluster_info(cluster: Object) -> Object:
    info = {key: cluster[key] for key in _CLUSTER_INFO if key in cluster}
    if "certificate-authority" in cluster:
        path = str(cluster["certificate-authority"])
        try:
            authority = Path(path).read_bytes()
        except OSError as error:
            raise CredentialsError(f"the certificate-authority {path} cannot be read: {error.strerror}") from None
        info["certificate-authority-data"] = base64.b64encode(authority).decode()
    for extension in objects(cluster.get("extensions")):
        if extension.get("name") == "client.authentication.k8s.io/exec":
            info["config"] = extension.get("extension")
    return info


def _run(
    command: str,
    arguments: list[str],
    variables: Mapping[str, str],
    hint: str | None,
    *,
    interactive: bool,
    never: bool,
) -> bytes:
    """Run a plugin and return what it wrote; `never` says that it asks nobody at the terminal.

    Then, and where there is none, Ctrl-C does not reach it: what goes on after a Ctrl-C needs it.
    """
    # On a terminal the plugin speaks for itself, since it may ask somebody to log in; else its words go into the error.
    watched = _is_terminal(sys.stderr)
    attended = watched or _is_terminal(sys.stdin)
    stderr = None if watched else subprocess.PIPE
    more = f": {' '.join(hint.split())}" if hint and hint.isprintable() else "; install it or correct the kubeconfig"
    missing = CredentialsError(f"getting credentials: exec: executable {command} not found{more}")
    # As Go has it: what PATH finds in the current folder is not run.
    program = command if os.sep in command else find_program(command, variables)
    if program is None:
        raise missing
    try:
        if never or not attended:
            limit = None if attended else _PATIENCE  # Somebody may be logging in, with a browser.
            done = run_apart([program, *arguments], variables=variables, stderr=stderr, limit=limit)
        else:
            done = subprocess.run(
                [program, *arguments],
                env=dict(variables),
                stdin=None if interactive else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                check=False,
            )
    except FileNotFoundError:
        raise missing from None
    except OSError as error:
        raise CredentialsError(f"getting credentials: exec: {command}: {error.strerror}") from None
    except ValueError as error:  # No name for a variable, say.
        raise ExpressError(f"getting credentials: exec: {command}: {error}") from None
    except subprocess.TimeoutExpired as late:
        said = f"executable {os.path.normpath(command)} did not answer within {late.timeout:g} s"
        raise CredentialsError(f"getting credentials: exec: {said}; it may wait for somebody to log in") from None
    words = (done.stderr or b"").decode(errors="replace").strip()
    if done.returncode:
        said = f": {' '.join(words.split())}" if words else ""
        raise CredentialsError(
            f"getting credentials: exec: executable {os.path.normpath(command)} failed "
            f"with exit code {done.returncode}{said}"
        )
    if words:
        sys.stderr.write(f"{words}\n")
    return done.stdout


def _answer(output: bytes, command: str, version: str) -> Credentials:
    where = f"getting credentials: exec plugin {command}"
    try:
        answer = decode(output)
    except ValueError:
        raise CredentialsError(f"{where}: its output is not JSON") from None
    status = mapping(answer.get("status"))
    if answer.get("kind") != "ExecCredential" or answer.get("apiVersion") != version:
        raise CredentialsError(f"{where}: it is configured to use API version {version}, and returned something else")
    token, certificate = text(status.get("token")), text(status.get("clientCertificateData"))
    key = text(status.get("clientKeyData"))
    if not token and not certificate and not key:
        raise CredentialsError(f"{where}: it didn't return a token or cert/key pair")
    if bool(certificate) != bool(key):
        raise CredentialsError(f"{where}: it returned only certificate or key, not both")
    user: Object = {"token": token} if token else {}
    if certificate and key:
        user["client-certificate-data"] = base64.b64encode(certificate.encode()).decode()
        user["client-key-data"] = base64.b64encode(key.encode()).decode()
    stamp = text(status.get("expirationTimestamp"))
    try:
        # Python 3.10 reads neither a Z nor nanoseconds; parts of a second do not matter here.
        expires = datetime.fromisoformat(re.sub(r"\.\d+", "", stamp).replace("Z", "+00:00")) if stamp else None
        expires = expires.astimezone(timezone.utc) if expires else None
    except (ValueError, OverflowError):
        raise CredentialsError(f"{where}: its expirationTimestamp is not a time") from None
    return Credentials(user, expires, renewable=True)
