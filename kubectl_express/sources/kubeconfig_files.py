"""The kubeconfig files on disk, merged into one as client-go's loading rules do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubectl_express.core.values import Object, Value

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
_BOOLEANS = {"clusters": ("insecure-skip-tls-verify", "disable-compression"), "users": (), "contexts": ()}

_DEEPEST = 200
"""Collections within collections; a credential plugin's extensions may hold some."""


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
            content = Path(path).read_bytes()
        except FileNotFoundError:
            if explicit:
                raise ExpressError(f"--kubeconfig {path}: no such file; name an existing one") from None
            continue
        except OSError as error:
            raise ExpressError(f"kubeconfig {path}: it cannot be read: {error.strerror}") from None
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
    import yaml

    try:
        _check_depth(content, path)
        document = yaml.load(content, Loader=_loader())  # noqa: S506  (a SafeLoader with fewer types)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ExpressError(f"kubeconfig {path}{line}: it is not YAML: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ExpressError(f"kubeconfig {path}: it is not YAML: {str(error).splitlines()[0]}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ExpressError(f"kubeconfig {path}, line 1: expected a mapping with clusters, users and contexts")
    return document


def _check_depth(content: bytes, path: str) -> None:
    """Raise ExpressError where collections are nested deeper than libyaml's composer survives: it ends the process."""
    import yaml

    depth = 0
    for event in yaml.parse(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise ExpressError(f"kubeconfig {path}, line {line}: it is nested too deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _loader() -> Any:
    """Return PyYAML's safe loader without the scalars that only YAML 1.1 types: dates, and yes/no as booleans."""
    import yaml

    fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    resolvers = {
        first: [
            (tag, pattern)
            for tag, pattern in known
            if tag != "tag:yaml.org,2002:timestamp" and (tag != "tag:yaml.org,2002:bool" or first in "tTfF")
        ]
        for first, known in fast.yaml_implicit_resolvers.items()
    }
    return type("KubeconfigLoader", (fast,), {"yaml_implicit_resolvers": resolvers})


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
