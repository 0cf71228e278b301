"""What one run is about: its systems, and their sides as they are asked for."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from kubectl_express.core.helm_versions import allows
from kubectl_express.core.nearest import did_you_mean
from kubectl_express.core.values import at, text
from kubectl_express.errors import ExpressError
from kubectl_express.sources import configuration, git, helm
from kubectl_express.sources.embedded import EmbeddedHelm
from kubectl_express.sources.files import manifests_only, read_text, title
from kubectl_express.sources.kubeconfig import Access, ConnectionOptions, resolve
from kubectl_express.sources.layout import Layout, System, find_layout, shown
from kubectl_express.sources.sides import Sides

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kubectl_express.core.node import Side
    from kubectl_express.core.settings import Settings
    from kubectl_express.environment import Environment
    from kubectl_express.sources.cluster import Cluster
    from kubectl_express.sources.live_reader import LiveReader
    from kubectl_express.sources.rendering import Engine, Release
    from kubectl_express.sources.snapshot import Snapshot


ARGOCD = "argocd"


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line says of where to look."""

    connection: ConnectionOptions = field(default_factory=ConnectionOptions)
    systems: tuple[str, ...] = ()
    config: str | None = None
    render_as: str | None = None
    """ARGOCD where charts are to be rendered as Argo CD does."""
    stdin_taken: bool = False
    """Whether manifests are read from standard input, which a credential plugin must not read then."""


class Scope:
    """The sources of one run, each opened where it is first needed. Safe to use from several threads."""

    def __init__(self, environment: Environment, selection: Selection) -> None:
        self.environment = environment
        self.selection = selection
        self._lock = RLock()
        self._sides = Sides()

    @cached_property
    def layout(self) -> Layout:
        """The repository around the working directory, with its settings."""
        config = self.selection.config
        return find_layout(self.environment.folder, self.environment.folder / config if config else None)

    @property
    def settings(self) -> Settings:
        """The repository's settings."""
        return self.layout.settings

    @cached_property
    def access(self) -> Access:
        """What the kubeconfig and the flags say of the cluster. Raises ExpressError where they say nothing usable."""
        return resolve(self.selection.connection, self.environment.variables)

    @cached_property
    def cluster(self) -> Cluster:
        """The connection to the cluster, opened once."""
        from kubectl_express.sources.cluster import Cluster

        with self._lock:
            return Cluster(
                self.access,
                self.environment.variables,
                stdin_taken=self.selection.stdin_taken,
                asking=self.environment.left_alone,
            )

    @cached_property
    def engine(self) -> Engine:
        """What renders charts here."""
        return helm.find_engine(self.environment.variables)

    def context(self, *, live: bool) -> str:
        """Return the context's name: the flag's, the kubeconfig's, or where no cluster is read, the only overlays'."""
        if self.selection.connection.context and not live:
            return self.selection.connection.context
        try:
            found = self.access.context
        except ExpressError:
            if live:
                raise
            found = None
        if found and (live or self.layout.systems(found)):
            return found
        contexts = self.layout.contexts()
        if live:
            return self.selection.connection.context or ""
        if len(contexts) == 1:
            return contexts[0]
        if not contexts:
            template = self.settings.chart.values[0]
            raise ExpressError(
                f"no overlays here: {shown(self.layout.root)} has no {template}; run in the repository that holds them"
            )
        raise ExpressError(f"which overlays? There are some for {', '.join(contexts)}: pick one with --context")

    def systems(self, *, live: bool) -> list[System]:
        """Return the systems that a reading command takes, in natural order.

        Raises ExpressError where there is none to take; the message lists what there is.
        """
        context = self.context(live=live)
        namespace = self.selection.connection.namespace
        names = self.selection.systems
        if names:
            if namespace and len(names) > 1:
                raise ExpressError("--namespace picks one system's namespace: give one --system with it")
            return [System(name, context, namespace or self.layout.namespace(name, context)) for name in names]
        here = [System(name, context, self.layout.namespace(name, context)) for name in self.layout.systems(context)]
        if namespace:
            there = [system for system in here if system.namespace == namespace]
            return there or [System(namespace, context, namespace)]
        if here:
            return here
        if live and self.access.namespace:
            return [System(self.access.namespace, context, self.access.namespace)]
        contexts = self.layout.contexts()
        there_are = f": there are overlays for {', '.join(contexts)}" if contexts else ": there are no overlays here"
        hint = did_you_mean(context, contexts) or f"{there_are}; pick one with --context or --system"
        raise ExpressError(f"no system in context {context}{hint}")

    def doubt(self, system: System) -> str:
        """Return why a live system of which nothing is found may not be what is meant, to be put behind that.

        No overlays name it, though there are some, or it is but a guess. Empty where there is no reason for doubt.
        """
        known = self.layout.systems(system.context)
        if self.selection.systems:
            listed = f"; {system.context} has overlays for {', '.join(known)}" if known else ""
            return "" if system.name in known else did_you_mean(system.name, known) or listed
        if self.selection.connection.namespace:
            namespaces = [self.layout.namespace(name, system.context) for name in known]
            return "" if system.namespace in namespaces else did_you_mean(system.namespace, namespaces)
        if known:
            return ""
        of = f" for {system.context}" if self.layout.contexts() else ""
        return (
            f"; no overlays{of} are here, so only namespace {system.namespace} was looked at: "
            "run in the repository that holds them, or give --system or -n"
        )

    def system(self) -> System:
        """Return the one live system that a command acts on: the only one, else the one of the context's namespace.

        Raises ExpressError with the list where that leaves a choice.
        """
        found = self.systems(live=True)
        if len(found) == 1:
            return found[0]
        own = [system for system in found if system.namespace == self.access.namespace]
        if len(own) == 1:
            return own[0]
        names = ", ".join(system.name for system in found)
        raise ExpressError(f"which system? {self.context(live=True)} has {names}: pick one with --system")

    def system_of(self, side: Side, *, live: bool) -> System:
        """Return the system that a file of manifests holds: as asked for, else by its namespace, else the only one.

        Raises ExpressError where that leaves a choice.
        """
        selection = self.selection
        if not selection.systems and not selection.connection.namespace:
            namespaces = {name for item in side.objects if (name := text(at(item, "/metadata/namespace")))}
            context = self.context(live=live)
            here = [
                System(name, context, self.layout.namespace(name, context)) for name in self.layout.systems(context)
            ]
            if len(namespaces) == 1:
                namespace = namespaces.pop()
                return next(
                    (system for system in here if system.namespace == namespace), System(namespace, context, namespace)
                )
            if len(here) > 1:
                names = ", ".join(system.name for system in here)
                raise ExpressError(f"which system does {side.origin} hold? Pick one with --system: {names}")
        found = self.systems(live=live)
        if len(found) > 1:
            raise ExpressError(f"{side.origin} is one system's: give one --system with it")
        return found[0]

    def rendered(self, system: System, layout: Layout | None = None, origin: str | None = None) -> Side:
        """Return the chart's side of a system, as it renders now."""
        where = layout or self.layout
        return self.render(self.release(system, where), where, origin)

    def release(self, system: System, layout: Layout | None = None) -> Release:
        """Return what to render for a system, as the one renders it that was asked for.

        Argo CD passes, by its repo server's util/helm/cmd.go, the release's name and namespace, its cluster's
        `--kube-version` and `--api-versions`, and `--include-crds`: all but the last as they are configured anyway.
        """
        release = (layout or self.layout).release(system.name, system.context, system.namespace)
        if self.selection.render_as != ARGOCD:
            return release
        if isinstance(self.engine, EmbeddedHelm):
            raise ExpressError("the embedded helm cannot be told what Argo CD passes: install helm 3 or 4")
        return replace(release, options=replace(release.options, include_crds=True))

    def render(self, release: Release, layout: Layout | None = None, origin: str | None = None) -> Side:
        """Return the side that a release renders to. Raises ExpressError where its configuration wants another helm."""
        where = layout or self.layout
        wanted = self.settings.chart.helm_version  # Not a baseline's: it may have wanted an earlier helm.
        if wanted and not allows(wanted, self.engine.version()):
            raise ExpressError(
                f"{configuration.CONFIG_NAME} wants helm {wanted}, and here is {self.engine.version()}: "
                "put a helm on PATH that it allows"
            )
        try:
            with self.environment.doing("rendering", release.name):
                rendering = self.engine.render(release)
        except ExpressError as error:
            # The checkout of a revision is gone by the time somebody looks for it.
            raise ExpressError(str(error).replace(f"{where.root}/", f"{origin}:") if origin else str(error)) from error
        return self._sides.read(
            rendering.text,
            where.settings.chart.path if origin is None else f"{origin}:{where.settings.chart.path}",
            where.settings,
            origin=origin or f"chart {where.settings.chart.path}",
            engine=rendering.engine,
            command=rendering.command,
        )

    def file(self, name: str) -> Side:
        """Return the side that a file of manifests is; `-` is standard input."""
        content = manifests_only(read_text(name, self.environment), name)
        return self._sides.read(content, title(name), self.settings, origin=title(name))

    @contextmanager
    def at_revision(self, revision: str) -> Iterator[Layout]:
        """Give the layout as it was at a git revision, its configuration included, while the context lasts."""
        root = self.layout.root
        with git.checked_out(revision, root, self.environment.variables) as folder:
            name = Path(self.selection.config).name if self.selection.config else configuration.CONFIG_NAME
            config = folder / name
            yield Layout(folder, configuration.load(config if os.path.lexists(config) else None))

    @cached_property
    def _reader(self) -> LiveReader:
        from kubectl_express.sources.live_reader import LiveReader

        with self._lock:
            return LiveReader(self.cluster, self.settings)

    def live(self, system: System) -> Side:
        """Return the live side of a system: a handful of LISTs, whatever the number of nodes."""
        return self.live_side(self.snapshot(system))

    def snapshot(self, system: System) -> Snapshot:
        """Return what the cluster holds of a system now."""
        with self.environment.doing("reading", system.name):
            return self._reader.snapshot(system.namespace)

    def live_side(self, snapshot: Snapshot, known: Mapping[str, Sequence[tuple[str, str]]] | None = None) -> Side:
        """Return the live side that a snapshot of the cluster is.

        `known` holds further texts that nodes' data may have been, by node, each with where it comes from.
        """
        return self._reader.side(snapshot, known or {})
