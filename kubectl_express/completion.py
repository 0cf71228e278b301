"""What a shell is told at TAB: by argcomplete's protocol, or by cobra's through kubectl."""

from __future__ import annotations

import argparse
import io
import os
import shlex
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import argcomplete
from argcomplete.completers import FilesCompleter, SuppressCompleter
from argcomplete.lexers import split_line

from kubectl_express.candidates import FILES, Candidates
from kubectl_express.flags import with_values
from kubectl_express.parser import build_parser_alone, command_first

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kubectl_express.environment import Environment

_FILES, _NO_FILES, _FILES_OF_A_KIND = 0, 4, 8
"""cobra's ShellCompDirectives: Default, where files are offered if nothing else fits; NoFileComp; FilterFileExt."""
_PATIENCE = 3.0
"""Seconds that a whole answer may take: charts, credential plugins and a cluster that puts requests off included."""


def complete(parser: argparse.ArgumentParser, environment: Environment) -> None:
    """Answer a shell that asks through argcomplete's variables, and end the process."""
    _, prefix, _, words, _ = split_line(os.environ["COMP_LINE"], int(os.environ["COMP_POINT"]))
    # As argcomplete has it: the number of the word that is the program.
    words = [*words[int(os.environ["_ARGCOMPLETE"]) :], prefix]
    parser = _asked(parser, words)
    with_candidates(parser, Candidates(environment, words), FilesCompleter)
    _Deadline().begin()
    argcomplete.autocomplete(parser, always_complete_options=False, default_completer=SuppressCompleter())


def complete_for_kubectl(parser: argparse.ArgumentParser, words: Sequence[str], environment: Environment) -> None:
    """Answer kubectl, which gives the words so far, the last of them unfinished.

    It wants a candidate a line, behind a tab what that is, and in the last line cobra's directive. Where files of a
    kind belong, the candidates are the endings of their names.
    """
    prefix = words[-1] if words else ""
    before = with_values(words[:-1])
    # The flags before a command say nothing of which there are.
    words = [prefix] if command_first([*before, prefix])[0] == prefix else [*command_first(before), prefix]
    parser = _asked(parser, words)
    line = shlex.join(["kubectl-express", *words[:-1]]) + " " + prefix
    os.environ.update(_ARGCOMPLETE="1", _ARGCOMPLETE_IFS="\n", COMP_LINE=line, COMP_POINT=str(len(line)), COMP_TYPE="9")
    os.environ["_ARGCOMPLETE_DFS"] = "\t"
    answer, wanted = io.StringIO(), _Wanted()
    with_candidates(parser, Candidates(environment, words), wanted.files)
    deadline = _Deadline(lambda: _write(environment, [f":{_NO_FILES}"]))
    deadline.begin()

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
    deadline.end()
    _write(environment, [*(wanted.endings or found), f":{wanted.directive}"])


def _asked(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of what stands there: of what may stand without a command, where a flag comes first."""
    return build_parser_alone() if words[0].startswith("-") else parser


def _write(environment: Environment, lines: Sequence[str]) -> None:
    environment.stdout.write("".join(f"{line}\n" for line in lines))
    environment.stdout.flush()


class _Deadline:
    """Ends the process with an empty answer, if it has not answered in time, and with it the programs it runs.

    It is kept by a thread, not by a signal: a chart that renders in this process keeps Python from handling signals.
    """

    def __init__(self, give_up: Callable[[], None] = lambda: None) -> None:
        self._give_up = give_up
        self._last_word = threading.Lock()

    def begin(self) -> None:
        alone = False
        with suppress(OSError):
            # Whoever still runs at the end can be told then; and no plugin asks anybody on the terminal meanwhile.
            os.setsid()
            alone = True
        # Not this process, whose exit code is to be 0; what it runs has not inherited that.
        signal.signal(signal.SIGTERM, lambda *_: None)
        timer = threading.Timer(_PATIENCE, self._late, (alone,))
        timer.daemon = True
        timer.start()

    def end(self) -> None:
        """Let nothing else be answered any more."""
        self._last_word.acquire()

    def _late(self, alone: bool) -> None:
        from kubectl_express.sources.processes import end_all

        self._last_word.acquire()
        try:
            self._give_up()
            end_all()  # A credential plugin may be in a session of its own.
            if alone:
                os.killpg(0, signal.SIGTERM)
        finally:
            os._exit(0)


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
    parser: argparse.ArgumentParser, candidates: Candidates, files: Callable[[Sequence[str]], Callable[..., object]]
) -> None:
    """Give every argument of every command what completes it; `files` makes that for files of some endings, or any."""
    for command in _parsers(parser):
        for action in command._actions:  # noqa: SLF001 - argparse has no other way to list them
            # Where argcomplete looks for it; argparse knows nothing of that.
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


def _parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser, and those of all its commands and of their actions."""
    yield parser
    for action in parser._actions:  # noqa: SLF001 - as above
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                yield from _parsers(command)
