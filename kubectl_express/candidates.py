"""What may stand at a place of the command line: out of the kubeconfig, the overlays, the chart and the cluster."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_express.errors import ExpressError
from kubectl_express.parser import build_parser, build_parser_alone, parse
from kubectl_express.rollout_parser import ALLOWABLE
from kubectl_express.sources.kubeconfig import context_names
from kubectl_express.sources.kubeconfig_files import Kubeconfig, load
from kubectl_express.sources.scope import Scope, Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kubectl_express.core.node import Side
    from kubectl_express.environment import Environment
    from kubectl_express.sources.layout import System

Completer = Callable[..., list[str]]

FILES = {"filename": ("yaml", "yml", "json"), "config": ("yaml", "yml")}
"""How names of files end, by the argument they belong to; those of others may end in anything."""
_PATIENCE = "2s"
"""How long a cluster may take for one answer, while somebody waits at a prompt."""


class Candidates:
    """The completers of arguments. They return nothing where they cannot tell, and say nothing of why."""

    def __init__(self, environment: Environment, words: Sequence[str]) -> None:
        """Take the words of the command line, of which the last is unfinished."""
        self._environment = environment
        self._words = words
        self._by_argument: dict[str, Completer] = {
            "context": lambda parsed_args, **_: self._contexts(parsed_args),
            "cluster": lambda parsed_args, **_: _plain(self._kubeconfig(parsed_args).clusters),
            "user": lambda parsed_args, **_: _plain(self._kubeconfig(parsed_args).users),
            "namespace": lambda parsed_args, **_: self._namespaces(parsed_args),
            "system": lambda parsed_args, **_: self._systems(parsed_args),
            "nodes": lambda parsed_args, **_: self._nodes(parsed_args, parsed_args.nodes or ()),
            "only": lambda parsed_args, **_: self._nodes(parsed_args, parsed_args.only or ()),
            "start": lambda parsed_args, **_: self._nodes(parsed_args),
            "pause_after": lambda parsed_args, **_: self._nodes(parsed_args, parsed_args.pause_after or ()),
            "against": lambda **_: ["live", "git:HEAD"],
            "at": lambda **_: ["git:HEAD"],
            "dry_run": lambda **_: ["none", "client", "server"],
            "render_as": lambda **_: ["argocd"],
            "color": lambda **_: ["auto", "always", "never"],
            "insecure_skip_tls_verify": lambda **_: ["true", "false"],
            "allow": lambda prefix, **_: _listed(prefix, ALLOWABLE),
            "output": _formats,
        }

    def of(self, action: argparse.Action) -> Completer | None:
        """Return what completes an argument; None for one that only its user knows, or that argparse completes."""
        return self._by_argument.get(action.dest)

    def _kubeconfig(self, options: argparse.Namespace) -> Kubeconfig:
        try:
            return load(getattr(options, "kubeconfig", None), self._environment.variables)
        except ExpressError:
            return Kubeconfig((), None, {}, {}, {})

    def _contexts(self, options: argparse.Namespace) -> list[str]:
        scope = self._scope(options)
        names = self._known(lambda: context_names(scope.selection.connection, self._environment.variables))
        return _plain(dict.fromkeys([*names, *self._known(lambda: [*scope.layout.contexts()])]))

    def _namespaces(self, options: argparse.Namespace) -> list[str]:
        scope = self._scope(options)
        return _plain(self._known(lambda: [system.namespace for system in _with_overlays(scope, options)]))

    def _systems(self, options: argparse.Namespace) -> list[str]:
        scope = self._scope(options)
        named = list(getattr(options, "system", None) or ())
        every = Scope(self._environment, replace(scope.selection, systems=()))
        found = self._known(lambda: [system.name for system in _with_overlays(every, options)])
        return _plain(name for name in found if name not in named)

    def _nodes(self, options: argparse.Namespace, given: Iterable[str] = ()) -> list[str]:
        """Return the nodes that are not given yet: of the file named, else of the chart, else of the cluster.

        The chart comes first, since what is typed at a prompt should not wait for a cluster.
        """
        scope = self._scope(options)
        file = getattr(options, "filename", None)
        if file is not None:
            names = [] if file == "-" else self._known(lambda: list(scope.file(file).nodes))
        else:
            names = self._known(lambda: _names(scope.rendered(each) for each in _with_overlays(scope, options)))
            if not names and _about_the_cluster(options):
                names = self._known(self._live_nodes)
        return [name for name in _plain(names) if name not in given]

    def _live_nodes(self) -> list[str]:
        """Return the cluster's nodes of the one system that is meant; raises ExpressError where there are several.

        The cluster is asked by what the whole line says: nobody is to be asked as somebody else since argcomplete gave
        up at a word before the flag that says as whom. A line that means nothing asks nobody.
        """
        *before, unfinished = self._words
        try:
            with redirect_stdout(io.StringIO()):  # The line may ask for help.
                options = parse(build_parser(), [*before, unfinished or "unfinished"])
        except SystemExit:
            return []
        scope = self._scope(options)
        return _names([scope.live(scope.system())])

    def _known(self, read: Callable[[], list[str]]) -> list[str]:
        try:
            return read()
        except (ExpressError, OSError):
            return []

    def _scope(self, options: argparse.Namespace) -> Scope:
        from kubectl_express.cli import connection_of

        # Of a line that is not at its end, flags may be missing.
        whole = argparse.Namespace(**{**vars(build_parser_alone().parse_args([])), **vars(options)})
        connection = replace(connection_of(whole), request_timeout=_PATIENCE)
        systems = tuple(getattr(options, "system", None) or ())
        selection = Selection(connection, systems, getattr(options, "config", None), stdin_taken=True)
        return Scope(self._environment, selection)


def _about_the_cluster(options: argparse.Namespace) -> bool:
    """Whether a command reads the cluster of the current context, so that another site's overlays say nothing of it."""
    command, against = getattr(options, "command", None), getattr(options, "against", None)
    if command in {"wait", "rollout"} or against is not None:
        return against in {None, "live"}
    chart, file = getattr(options, "chart", False), getattr(options, "filename", None)
    return command in {"revisions", "inspect"} and not chart and file is None


def _with_overlays(scope: Scope, options: argparse.Namespace) -> list[System]:
    """Return the systems that the overlays hold: of the current context alone, where its cluster is read."""
    if _about_the_cluster(options):
        context = scope.selection.connection.context or scope.context(live=True)
        if not scope.layout.systems(context):
            return []
    return scope.systems(live=False)


def _names(sides: Iterable[Side]) -> list[str]:
    return list(dict.fromkeys(name for side in sides for name in side.nodes))


def _listed(prefix: str, words: Iterable[str]) -> list[str]:
    """Return what a list that is separated by commas may go on with."""
    before, comma, _ = prefix.rpartition(",")
    return [f"{before}{comma}{word}" for word in words if word not in before.split(",")]


def _formats(*, action: argparse.Action, **_: object) -> list[str]:
    return (action.help or "").partition("one of: ")[2].split(", ")


def _plain(names: Iterable[str]) -> list[str]:
    """Return the names that a shell can show as they are."""
    return [name for name in names if name.isprintable()]
