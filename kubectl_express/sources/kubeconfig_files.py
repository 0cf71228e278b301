"""The kubeconfig files on disk, merged into one as client-go's loading rules do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kubectl_express.core.plain_yaml import NotPlainError, PlainReader
from kubectl_express.core.yaml_scalars import PlainKeys, PlainValues
from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubectl_express.core.values import Object, Value
    from kubectl_express.core.yaml_scalars import Resolved

_SECTIONS = (("clusters", "cluster"), ("users", "user"), ("contexts", "context"))
_PATHS = {"clusters": ("certificate-authority",), "users": ("client-certificate", "client-key", "tokenFile")}
_STRINGS = {
    "clusters": (
        "server", "tls-server-name", "certificate-authority", "certificate-authority-data", "proxy-url",
    ),
    "users": (
        "client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile",
        "as", "as-uid", "username", "password",
    ),
    "contexts": ("cluster", "user", "namespace"),
}  # fmt: skip
_LARGEST = 16 << 20
"""Bytes; a device goes on for ever."""
_BOOLEANS = {"clusters": ("insecure-skip-tls-verify", "disable-compression"), "users": (), "contexts": ()}


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """What the kubeconfig files say together; the paths inside are absolute.

    `files` are those that were read: none where no kubeconfig exists.
    """

    files: tuple[str, ...]
    current_context: str | None
    clusters: Mapping[str, Object]
    users: Mapping[str, Object]
    contexts: Mapping[str, Object]


def load(explicit: str | None, environ: Mapping[str, str]) -> Kubeconfig:
    """Return the file named by --kubeconfig, else the files of KUBECONFIG merged, else ~/.kube/config.

    The first file that names a cluster, user or context wins it whole, and so with the current context
    (client-go's ClientConfigLoadingRules). A missing file is an error only for --kubeconfig.
    Raises ExpressError naming file and line of what cannot be read.
    """
    files: list[str] = []
    current: str | None = None
    merged: dict[str, dict[str, Object]] = {section: {} for section, _ in _SECTIONS}
    for path in [explicit] if explicit else _places(environ):
        try:
            with Path(path).open("rb") as file:
                content = file.read(_LARGEST + 1)
        except FileNotFoundError:
            if explicit:
                raise ExpressError(f"--kubeconfig {path}: no such file; name an existing one") from None
            continue
        except OSError as error:
            raise ExpressError(f"kubeconfig {path}: it cannot be read: {error.strerror}") from None
        if len(content) > _LARGEST:
            raise ExpressError(f"kubeconfig {path}: it is longer than {_LARGEST >> 20} MiB: is it a kubeconfig?")
        files.append(path)
        document = _parse(content, path)
        current = current or _text(document.get("current-context"), path, "current-context")
        for section, member in _SECTIONS:
            for name, entry in _named(document.get(section), path, section, member).items():
                merged[section].setdefault(name, entry)
    return Kubeconfig(tuple(files), current, merged["clusters"], merged["users"], merged["contexts"])


def _places(environ: Mapping[str, str]) -> list[str]:
    if environ.get("KUBECONFIG"):
        return [path for path in dict.fromkeys(environ["KUBECONFIG"].split(os.pathsep)) if path]
    return [str(Path(environ.get("HOME") or Path.home()) / ".kube" / "config")]


def _parse(content: bytes, path: str) -> Object:
    text = _decoded(content, path).removeprefix("\ufeff").replace("\r\n", "\n") + "\n"
    values, keys = _Words(), _Keys()
    try:
        document = PlainReader(values, keys).read(text)
    except NotPlainError:
        from kubectl_express.core.yaml_chunks import ChunkError, read_chunk

        try:
            document = read_chunk(text, values, keys)
        except ChunkError as error:
            where = f"kubeconfig {path}, line {error.line + 1}"
            raise ExpressError(f"{where}: it is not YAML: {error.problem}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ExpressError(f"kubeconfig {path}, line 1: expected a mapping with clusters, users and contexts")
    if _holds_nul(document):
        raise ExpressError(f"kubeconfig {path}: it must not hold the character U+0000")
    return document


def _decoded(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ExpressError(f"kubeconfig {path}, line {line}: it is not YAML: it is no UTF-8 text") from None


class _Words(PlainValues):
    """What plain scalars mean, but that the words which only YAML 1.1 takes for booleans are text: `on`, `y`, `no`."""

    def __missing__(self, text: str) -> Resolved:
        value = super().__missing__(text)
        if isinstance(value, bool) and text.lower() not in {"true", "false"}:
            self[text] = value = text
        return value


class _Keys(PlainKeys):
    """Keys as they are written."""

    def __missing__(self, text: str) -> str:
        return text


def _holds_nul(value: Value) -> bool:
    """Return whether a text has a character that no path, variable or header may have."""
    if isinstance(value, dict):
        return any(map(_holds_nul, value)) or any(map(_holds_nul, value.values()))
    return any(map(_holds_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value


def _named(entries: Value, path: str, section: str, member: str) -> dict[str, Object]:
    if entries is None:
        return {}
    if not isinstance(entries, list):
        raise ExpressError(f"kubeconfig {path}: {section} must be a list")
    found: dict[str, Object] = {}
    for index, item in enumerate(entries):
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(name, str):
            raise ExpressError(f"kubeconfig {path}: {section}[{index}] must be a mapping with a name that is text")
        if name in found:
            raise ExpressError(f"kubeconfig {path}: {section} has two entries named {name}; remove one")
        content = item.get(member)
        if not isinstance(content, (dict, type(None))):
            raise ExpressError(f"kubeconfig {path}: {member} of {section}[{name}] must be a mapping")
        found[name] = _absolute(_checked(content or {}, path, section, name), path, section)
    return found


def _checked(entry: Object, path: str, section: str, name: str) -> Object:
    """Return the entry without its empty members, once each has the type that client-go decodes it into."""
    entry = {key: value for key, value in entry.items() if value not in (None, "", [], {})}
    for key in _STRINGS[section]:
        _text(entry.get(key), path, f"{key} of {section}[{name}]")
    for key in _BOOLEANS[section]:
        if not isinstance(entry.get(key, False), bool):
            raise ExpressError(f"kubeconfig {path}: {key} of {section}[{name}] must be true or false")
    return entry


def _text(value: Value, path: str, where: str) -> str | None:
    if not isinstance(value, (str, type(None))):
        raise ExpressError(f"kubeconfig {path}: {where} must be text: put it in quotes")
    return value or None


def _absolute(entry: Object, path: str, section: str) -> Object:
    folder = Path(path).absolute().parent
    for key in _PATHS.get(section, ()):
        if key in entry:
            entry[key] = str(folder / str(entry[key]))
    plugin = entry.get("exec")
    # As client-go: a command without a separator is looked up on PATH.
    if isinstance(plugin, dict) and os.sep in str(plugin.get("command") or ""):
        entry["exec"] = {**plugin, "command": str(folder / str(plugin["command"]))}
    return entry
