"""Rendering charts: with the helm on PATH, because that is what deploys; without one, with the embedded engine."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from kubectl_express.core.determinacy import UPGRADE
from kubectl_express.errors import ExpressError
from kubectl_express.sources import embedded
from kubectl_express.sources.processes import run
from kubectl_express.sources.programs import find_program
from kubectl_express.sources.rendering import Engine, Release, Rendering
from kubectl_express.sources.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kubectl_express.core.settings import ChartSettings


_ELSEWHERE = "Etc/GMT-14"
"""A time zone in which it is already tomorrow for most."""
_FEW_VALUES = 1 << 16
"""Bytes."""


@dataclass(frozen=True)
class HelmCommand:
    """The helm on PATH, version 3 or 4. Safe to use from several threads; it is asked for its version once."""

    program: str
    variables: Mapping[str, str]
    _lock: Lock = field(default_factory=Lock, compare=False, repr=False)

    def render(self, release: Release) -> Rendering:
        """Return what `helm template` prints."""
        command = ["helm", "template", release.name, _local(release.chart), "--namespace", release.namespace]
        command += [word for path in release.values for word in ("--values", _one_value(_local(path)))]
        command += [*_flags(release.options), *([UPGRADE] if release.again else [])]
        variables = {**_unhurried(release), **self.variables, **({"TZ": _ELSEWHERE} if release.again else {})}
        with Threads() as threads:
            version = threads.begin(self.version)
            done = run([self.program, *command[1:]], variables=variables, doing=f"rendering {release.chart}")
        return Rendering(done.stdout, version.result(), tuple(command))

    def version(self) -> str:
        """Return helm's name and version, such as `helm v3.22.0`."""
        with self._lock:
            return self._version

    @cached_property
    def _version(self) -> str:
        command = [self.program, "version", "--template", "{{.Version}}"]
        done = run(command, variables=self.variables, doing="asking helm for its version")
        return f"helm {done.stdout.strip()}"


def _unhurried(release: Release) -> dict[str, str]:
    """Return what has helm look for garbage less often where there is little: that is a fifth of its time.

    How much there is the values tell: with 64 KiB of them helm needs some 200 MB then, and with more it is left alone.
    """
    with suppress(OSError):  # helm says what is wrong with them
        if sum(path.stat().st_size for path in release.values) <= _FEW_VALUES:
            return {"GOGC": "400"}
    return {}


def _local(path: Path) -> str:
    """Return a path as helm takes for nothing else: not for an option, nor for an address that a plugin gets."""
    text = str(path)
    return f"./{text}" if text.startswith("-") or ":" in text.partition("/")[0] else text


def _one_value(path: str) -> str:
    """Return a path as one value of a flag that helm reads as a line of CSV, where a comma would part it."""
    if not set(path) & set(',"\n'):
        return path
    quoted = path.replace('"', '""')
    return f'"{quoted}"'


def _flags(options: ChartSettings) -> list[str]:
    flags = [word for each in options.api_versions for word in ("--api-versions", each)]
    if options.kube_version:
        flags += ["--kube-version", options.kube_version]
    return [*flags, "--include-crds"] if options.include_crds else flags


def find_engine(variables: Mapping[str, str]) -> Engine:
    """Return the engine to render with. Raises ExpressError where there is none."""
    program = find_program("helm", variables)
    if program:
        return HelmCommand(program, variables)
    if embedded.available():
        return embedded.EmbeddedHelm()
    raise ExpressError(
        "helm is not on PATH, and this Python has no embedded engine: install helm 3 or 4, or run "
        "`pip install helm-python-sdk` for the Python that runs kubectl-express"
    )
