"""The repository of charts and overlays: where it is, which systems it holds, and what to render for one."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kubectl_express.core.nearest import did_you_mean
from kubectl_express.core.order import natural
from kubectl_express.errors import ExpressError
from kubectl_express.sources import configuration
from kubectl_express.sources.rendering import Release
from kubectl_express.sources.repository import holds, is_name, links_outward

if TYPE_CHECKING:
    from kubectl_express.core.settings import Settings


@dataclass(frozen=True, slots=True)
class System:
    """One system at one site."""

    name: str
    context: str
    """The kubeconfig context as the user names it."""
    namespace: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A repository's root folder with its settings."""

    root: Path
    settings: Settings

    def systems(self, context: str) -> list[str]:
        """Return the names of the systems that a context has overlays for, in natural order; empty where none."""
        template = self._system_template()
        if template is None:
            return []
        site = self.settings.site(context)
        if not site and "{context}" in template:
            # In a pod, or with --server: there is no context, and none of the folders is nobody's.
            return []
        if site and not is_name(site):
            return []
        pattern = template.format(context=_glob_escaped(site), system="*")
        before, _, after = template.format(context=site, system="\0").partition("\0")
        matcher = re.compile(re.escape(before) + r"([^/]+)" + ".*".join(map(re.escape, after.split("\0"))) + "$")
        names = {
            match.group(1)
            for path in self.root.glob(pattern)
            if (match := matcher.match(path.relative_to(self.root).as_posix()))
        }
        return sorted(names, key=natural)

    def _system_template(self) -> str | None:
        return next((template for template in self.settings.chart.values if "{system}" in template), None)

    def contexts(self) -> list[str]:
        """Return the names of the sites that have overlays: what `--context` may name where no cluster is read."""
        template = self._system_template()
        if template is None or "{context}" not in template:
            return []
        before, _, _ = template.partition("{context}")
        parent = self.root / before
        folders = [path.name for path in parent.iterdir() if path.is_dir()] if parent.is_dir() else []
        return sorted((name for name in folders if self.systems(name)), key=natural)

    def release(self, system: str, context: str, namespace: str | None = None) -> Release:
        """Return what to render for a system. Raises ExpressError where the chart or a values file is missing."""
        options = self.settings.chart
        site = self.settings.site(context)
        for what, name in (("context", site), ("system", system)):
            if name and not is_name(name):
                raise ExpressError(f'invalid {what} "{name}": it names no folder of the overlays')
        chart = self.root / options.path
        if not chart.exists():
            raise ExpressError(
                f"no chart at {shown(chart)}: run in the repository that holds {options.path}, "
                f"or set `chart` in {configuration.CONFIG_NAME}"
            )
        if link := links_outward(self.root, chart):
            raise ExpressError(
                f"{shown(link)} leads out of {shown(self.root)}, the repository: replace the link by what it leads to"
            )
        values = tuple(self.root / template.format(context=site, system=system) for template in options.values)
        for path in values:
            if not holds(self.root, os.path.relpath(path, self.root)):
                raise ExpressError(f"the values file {shown(path)} is outside {shown(self.root)}, the repository")
            if path.is_dir():
                raise ExpressError(f"the values file {shown(path)} is a directory")
            if not path.is_file():
                raise ExpressError(f"no values file {shown(path)}{self._hint(context, system)}")
        name = options.release.format(context=site, system=system)
        if name.startswith("-"):
            raise ExpressError(f'invalid release name "{name}": helm would take it for an option')
        chart, *files = (Path(shown(path)) for path in (chart, *values))
        return Release(chart, tuple(files), name, namespace or self.namespace(system, context), options)

    def namespace(self, system: str, context: str) -> str:
        """Return the namespace that a system lives in."""
        return self.settings.chart.namespace.format(context=self.settings.site(context), system=system)

    def _hint(self, context: str, system: str) -> str:
        systems = self.systems(context)
        if systems and system not in systems:
            return did_you_mean(system, systems, most=3) or f": {context} has overlays for {', '.join(systems)}"
        contexts = self.contexts()
        if not systems and contexts:
            return f": there are overlays for the contexts {', '.join(contexts)}; pick one with --context"
        return ""


def find_layout(start: Path, config: Path | None) -> Layout:
    """Return the layout found upward from a folder: by its configuration, else by its charts or overlays.

    Where there is neither, the folder itself is the root: commands that read only the cluster need none.
    """
    path = config or configuration.find(start)
    settings = configuration.load(path)
    if path is not None:
        return Layout(path.absolute().parent, settings)
    marks = (settings.chart.path, settings.chart.values[0].partition("{")[0])
    for folder in (start, *start.parents):
        if any((folder / mark).is_dir() for mark in marks):
            return Layout(folder, settings)
    return Layout(start, settings)


def shown(path: Path) -> str:
    """Return a path as a person would write it: relative to the working directory where it lies below it."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def _glob_escaped(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)
