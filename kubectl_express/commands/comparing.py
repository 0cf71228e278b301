"""A system's target against a baseline, as `diff` and `verify` read them."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.changes import changes
from kubectl_express.core.manifests import is_node, is_revisions
from kubectl_express.core.node import Side
from kubectl_express.core.objects import as_deployed, deployed, object_changes
from kubectl_express.core.values import Object, at, text, without
from kubectl_express.core.verdict import Comparison
from kubectl_express.errors import ExpressError
from kubectl_express.sources.layout import Layout, System
from kubectl_express.sources.live_objects import read_objects
from kubectl_express.sources.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kubectl_express.core.objects import Identity
    from kubectl_express.core.settings import Settings
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.scope import Scope

LIVE = "live"
_NAMESPACE = "/metadata/namespace"
_GIT = "git:"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What to compare with, as `--against` names it: the cluster, a file, or the chart at a git revision."""

    name: str

    @property
    def live(self) -> bool:
        """Whether it is the cluster."""
        return self.name == LIVE

    @property
    def revision(self) -> str | None:
        """The git revision, where it is one. Raises ExpressError where that is empty."""
        if not self.name.startswith(_GIT):
            return None
        revision = self.name.removeprefix(_GIT)
        if not revision:
            raise ExpressError("--against git: needs a revision: git:HEAD, git:v1.2, git:a1b2c3d")
        return revision


class Comparer:
    """Compares systems' targets with one baseline; what the baseline needs is opened once."""

    def __init__(self, scope: Scope, printer: Printer, file: str | None, baseline: Baseline) -> None:
        """Read what is a file. Raises ExpressError where one to compare with holds no node."""
        self.scope = scope
        self.printer = printer
        self.baseline = baseline
        self._file = scope.file(file) if file is not None else None
        self._baseline_file = None if baseline.live or baseline.revision else scope.file(baseline.name)
        if self._baseline_file and not self._baseline_file.nodes:
            # A cluster or a commit may have had none yet; of a file it is a mistake, and all would seem to be new.
            raise ExpressError(
                f"nothing to compare with: {self._baseline_file.origin} holds no node and no ConfigMap of revisions"
            )

    def systems(self) -> list[System]:
        """Return the systems to compare; a file holds one system, and of two files nobody needs to know which."""
        live = self.baseline.live
        file = self._file or self._baseline_file
        if file is None:
            return self.scope.systems(live=live)
        if self._file and self._baseline_file:
            return [System("", "", "")]
        return [self.scope.system_of(file, live=live)]

    @contextmanager
    def opened(self) -> Iterator[Layout | None]:
        """Give the layout at the baseline's git revision, while the context lasts; None for another baseline."""
        if self.baseline.revision is None:
            yield None
            return
        with self.scope.at_revision(self.baseline.revision) as layout:
            yield layout

    def compare(self, system: System, earlier: Layout | None) -> Comparison:
        """Return a system's comparison; both sides are read at once."""
        with Threads() as threads:
            target = threads.begin(self.target, system)
            if self.baseline.live:
                snapshot = threads.begin(self.scope.snapshot, system)
                known = known_texts(target.result())
                return self.against_live(system, target.result(), self.scope.live_side(snapshot.result(), known))
            baseline = threads.begin(self._rendered_baseline, system, earlier)
            return self.against_rendered(target.result(), baseline.result())

    def target(self, system: System) -> Side:
        """Return the side to be deployed."""
        return self._file if self._file is not None else self.scope.rendered(system)

    def _rendered_baseline(self, system: System, earlier: Layout | None) -> Side:
        if self._baseline_file is not None:
            return self._baseline_file
        assert earlier is not None  # noqa: S101
        origin = f"git:{self.baseline.revision}"
        if system.name not in earlier.systems(system.context):
            return Side(f"{origin} (which has no {system.name})", {})
        return self.scope.rendered(system, earlier, origin)

    def against_rendered(self, target: Side, baseline: Side) -> Comparison:
        """Return the comparison of two renderings."""
        settings = self.scope.settings.resources
        return Comparison(
            baseline,
            target,
            tuple(changes(baseline, target, settings.kinds)),
            tuple(object_changes(deployed(baseline.objects, settings), deployed(target.objects, settings), settings)),
        )

    def against_live(self, system: System, target: Side, baseline: Side) -> Comparison:
        """Return the comparison with the cluster: its nodes, and the live counterparts of the target's objects.

        Raises ExpressError where the target's nodes are not of the system's namespace.
        """
        refuse_other_namespaces(target, system.namespace, self.scope.settings)
        settings = self.scope.settings.resources
        wanted = deployed(target.objects, settings)
        live = deployed(baseline.objects, settings)
        there = {key: as_deployed(live[key], manifest) for key, manifest in wanted.items() if key in live}
        rest = {key: manifest for key, manifest in wanted.items() if key not in there and not self._listed(key)}
        others = read_objects(self.scope.cluster, system.namespace, rest)
        for line in uncompared(others.unreadable):
            self.printer.warn(line)
        for key in others.unreadable:
            wanted.pop(key)
        found = {key: _placed_as(wanted[key], each) for key, each in {**there, **others.found}.items()}
        return Comparison(
            baseline,
            target,
            tuple(changes(baseline, target, settings.kinds)),
            tuple(object_changes(found, wanted, settings)),
            tuple((kind, name) for _, kind, name in others.unreadable),
        )

    def _listed(self, key: tuple[str, str, str]) -> bool:
        """Whether the snapshot would hold the object if it were there."""
        settings = self.scope.settings.resources
        return key[0] == settings.group and key[1] in settings.kinds


def refuse_other_namespaces(target: Side, namespace: str, settings: Settings) -> None:
    """Raise ExpressError, as kubectl does, where a node or a ConfigMap of revisions says that it is of another system.

    What is read, and locked by the lease, is the system's own namespace, and an apply would write into the other one.
    """
    for manifest in target.manifests:
        own = text(at(manifest.object, _NAMESPACE)) or namespace
        if own == namespace:
            continue
        if is_node(manifest.object, settings.resources) or is_revisions(manifest.object, settings.revisions):
            raise ExpressError(
                f'{manifest.kind}/{manifest.name} of {target.origin}: the namespace from the provided object "{own}" '
                f"does not match the namespace \"{namespace}\". You must pass '--namespace={own}' to perform this "
                "operation, or leave the namespace out of the manifest"
            )


def uncompared(unreadable: Mapping[Identity, str]) -> list[str]:
    """Return a warning for each reason why objects are not compared, with all of a kind that it is the reason for."""
    named: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (_, kind, name), problem in unreadable.items():
        named[kind, problem].append(f"{kind}/{name}")
    return [
        f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not compared: {problem}"
        for (_, problem), names in named.items()
    ]


def _placed_as(wanted: Object, live: Object) -> Object:
    """Return a live object without its namespace where the target has none: both are in the system's own."""
    return live if text(at(wanted, _NAMESPACE)) else without(live, _NAMESPACE)


def known_texts(target: Side) -> dict[str, list[tuple[str, str]]]:
    """Return what nodes' data is in a target, by node, each with where it comes from: it may be what is live."""
    return {name: [(target.origin, node.text)] for name, node in target.nodes.items() if node.text is not None}
