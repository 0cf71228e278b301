"""What a shell is told at TAB: by argcomplete's protocol, or by cobra's through kubectl."""

from __future__ import annotations

import argparse
import io
import os
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING

import argcomplete
from argcomplete.completers import FilesCompleter, SuppressCompleter

from kubectl_express.candidates import FILES, Candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kubectl_express.environment import Environment

_FILES, _NO_FILES, _FILES_OF_A_KIND = 0, 4, 8
"""cobra's ShellCompDirectives: Default, where files are offered if nothing else fits; NoFileComp; FilterFileExt."""


def complete(parser: argparse.ArgumentParser, environment: Environment) -> None:
    """Answer a shell that asks through argcomplete's variables, and end the process."""
    with_candidates(parser, environment, FilesCompleter)
    argcomplete.autocomplete(parser, always_complete_options=False, default_completer=SuppressCompleter())


def complete_for_kubectl(parser: argparse.ArgumentParser, words: Sequence[str], environment: Environment) -> None:
    """Answer kubectl, which gives the words so far, the last of them unfinished.

    It wants a candidate a line, behind a tab what that is, and in the last line cobra's directive. Where files of a
    kind belong, the candidates are the endings of their names.
    """
    prefix = words[-1] if words else ""
    line = shlex.join(["kubectl-express", *words[:-1]]) + " " + prefix
    os.environ.update(_ARGCOMPLETE="1", _ARGCOMPLETE_IFS="\n", COMP_LINE=line, COMP_POINT=str(len(line)), COMP_TYPE="9")
    os.environ["_ARGCOMPLETE_DFS"] = "\t"
    answer, wanted = io.StringIO(), _Wanted()
    with_candidates(parser, environment, wanted.files)

    def done(_: int) -> None:
        raise _AnsweredError

    with suppress(_AnsweredError):
        _Finder()(
            parser,
            always_complete_options=False,
            append_space=False,
            default_completer=SuppressCompleter(),
            exit_method=done,
            output_stream=answer,
        )
    flag = f"{prefix.partition('=')[0]}=" if prefix.startswith("-") else ""
    found = [line.removeprefix(flag).rstrip("\t") for line in answer.getvalue().split("\n") if line]
    lines = [*(wanted.endings or found), f":{wanted.directive}"]
    environment.stdout.write("".join(f"{line}\n" for line in lines))


class _AnsweredError(Exception):
    """The finder is done; it would end the process."""


class _Finder(argcomplete.CompletionFinder):
    """Finds what may follow, as it is: the shells' scripts that kubectl has quote it themselves."""

    def quote_completions(
        self,
        completions: list[str],
        cword_prequote: str,  # noqa: ARG002
        last_wordbreak_pos: int | None,  # noqa: ARG002
    ) -> list[str]:
        return completions


class _Wanted:
    """Which files belong where somebody completes: none, until the completer for them is asked."""

    def __init__(self) -> None:
        self.directive = _NO_FILES
        self.endings: Sequence[str] = ()

    def files(self, endings: Sequence[str]) -> Callable[..., list[str]]:
        """Return a completer that leaves files to the shell, of all kinds where no endings are given."""

        def leave(**_: object) -> list[str]:
            self.directive, self.endings = (_FILES_OF_A_KIND if endings else _FILES), endings
            return []

        return leave


def with_candidates(
    parser: argparse.ArgumentParser, environment: Environment, files: Callable[[Sequence[str]], Callable[..., object]]
) -> None:
    """Give every argument of every command what completes it; `files` makes that for files of some endings, or any."""
    candidates = Candidates(environment)
    for command in _subparsers(parser):
        for action in command._actions:  # noqa: SLF001 - argparse has no other way to list them
            own = candidates.of(action)
            if action.metavar is not None and "FILE" in action.metavar:
                file = files(FILES.get(action.dest, ()))
                action.completer = _either(own, file) if own else file  # type: ignore[attr-defined]
            elif own:
                action.completer = own  # type: ignore[attr-defined]


def _either(own: Callable[..., list[str]], files: Callable[..., object]) -> Callable[..., list[str]]:
    def both(prefix: str, **others: object) -> list[str]:
        found = files(prefix=prefix, **others)
        return [*own(prefix=prefix, **others), *(found if isinstance(found, list) else [])]

    return both


def _subparsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parsers of all commands, and of the actions on a rollout."""
    for action in parser._actions:  # noqa: SLF001 - as above
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                yield command
                yield from _subparsers(command)
