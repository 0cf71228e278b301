"""What a shell is offered at TAB, computed from the parser, the kubeconfig, the overlays and the chart."""

from __future__ import annotations

import argparse
import io
import os
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING

import argcomplete

from kubectl_express.errors import ExpressError
from kubectl_express.rollout_parser import ALLOWABLE
from kubectl_express.sources.kubeconfig import ConnectionOptions, context_names
from kubectl_express.sources.layout import find_layout
from kubectl_express.sources.scope import Scope, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from kubectl_express.environment import Environment

_NO_FILES = ":4"
"""cobra's ShellCompDirectiveNoFileComp: no file names, please."""


def complete(parser: argparse.ArgumentParser, environment: Environment) -> None:
    """Answer a shell that asks through argcomplete's variables, and end the process."""
    argcomplete.autocomplete(_with_completers(parser, environment), always_complete_options="long")


def complete_for_kubectl(parser: argparse.ArgumentParser, words: Sequence[str], environment: Environment) -> None:
    """Answer kubectl, which gives the words so far, the last of them unfinished, and wants a line a completion."""
    line = shlex.join(["kubectl-express", *words[:-1]]) + " " + (words[-1] if words else "")
    os.environ.update(_ARGCOMPLETE="1", _ARGCOMPLETE_IFS="\n", COMP_LINE=line, COMP_POINT=str(len(line)), COMP_TYPE="9")
    answer = io.StringIO()

    class _Answered(Exception):  # noqa: N818 - that the finder is done is no error
        pass

    def done(_: int) -> None:
        raise _Answered

    with suppress(_Answered):
        argcomplete.autocomplete(
            _with_completers(parser, environment),
            always_complete_options="long",
            exit_method=done,
            output_stream=answer,
        )
    found = [line.strip() for line in answer.getvalue().split("\n") if line.strip()]
    environment.stdout.write("".join(f"{line}\n" for line in [*found, _NO_FILES]))


def _with_completers(parser: argparse.ArgumentParser, environment: Environment) -> argparse.ArgumentParser:
    completers: dict[str, Callable[..., list[str]]] = {
        "context": lambda **_: _contexts(environment),
        "system": lambda parsed_args, **_: _systems(environment, parsed_args),
        "nodes": lambda parsed_args, **_: _nodes(environment, parsed_args),
        "only": lambda parsed_args, **_: _nodes(environment, parsed_args),
        "start": lambda parsed_args, **_: _nodes(environment, parsed_args),
        "pause_after": lambda parsed_args, **_: _nodes(environment, parsed_args),
        "against": lambda **_: ["live", "git:HEAD"],
        "at": lambda **_: ["git:HEAD"],
        "dry_run": lambda **_: ["client", "server"],
        "allow": lambda **_: list(ALLOWABLE),
    }
    for command in _subparsers(parser):
        for action in command._actions:  # noqa: SLF001 - argparse has no other way to list them
            if action.dest in completers:
                action.completer = completers[action.dest]  # type: ignore[attr-defined]
            elif action.dest == "output":
                action.completer = _formats  # type: ignore[attr-defined]
    return parser


def _formats(*, action: argparse.Action, **_: object) -> list[str]:
    return (action.help or "").partition("one of: ")[2].split(", ")


def _subparsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parsers of all commands, and of the actions on a rollout."""
    for action in parser._actions:  # noqa: SLF001 - as above
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                yield command
                yield from _subparsers(command)


def _contexts(environment: Environment) -> list[str]:
    try:
        names = context_names(ConnectionOptions(), environment.variables)
    except ExpressError:
        names = []
    return _plain(dict.fromkeys([*names, *find_layout(environment.folder, None).contexts()]))


def _systems(environment: Environment, options: argparse.Namespace) -> list[str]:
    scope = _scope(environment, options)
    try:
        return _plain(system.name for system in scope.systems(live=False))
    except ExpressError:
        return []


def _nodes(environment: Environment, options: argparse.Namespace) -> list[str]:
    """Return the chart's nodes: what is typed at a prompt must not wait for a cluster."""
    scope = _scope(environment, options)
    try:
        sides = [scope.rendered(system) for system in scope.systems(live=False)]
    except ExpressError:
        return []
    return _plain(name for side in sides for name in side.nodes)


def _plain(names: Iterable[str]) -> list[str]:
    """Return the names that a shell can show as they are."""
    return [name for name in names if name.isprintable()]


def _scope(environment: Environment, options: argparse.Namespace) -> Scope:
    connection = ConnectionOptions(context=options.context, namespace=options.namespace, kubeconfig=options.kubeconfig)
    return Scope(environment, Selection(connection, tuple(options.system or ()), options.config))
