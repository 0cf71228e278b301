"""The cells of the walk, read off the parser: every command, every source it takes, every format it lists."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SOURCES = ("--chart", "--filename", "--against", "--live")
"""The flags that say what is read; every value that the parser's metavar lists is walked."""
OTHERS = {
    "--help", "--output", "--color", "--verbose", "--all", "--watch", "--objects", "--system", "--config",
    "--context", "--namespace", "--kubeconfig", "--cluster", "--user", "--server", "--token", "--as", "--as-group",
    "--as-uid", "--request-timeout", "--insecure-skip-tls-verify", "--certificate-authority", "--client-certificate",
    "--client-key", "--tls-server-name", "--render-as", "--at", "--expect-plan", "--allow", "--dry-run", "--only",
    "--from", "--pause-after", "--prune", "--yes", "--step", "--force-conflicts", "--ignore-unhealthy", "--timeout",
    "--min-ready", "--fail-fast", "--after-node", "--revision", "--repo", "--project", "--destination",
    "--argocd-namespace", "--gate", "--image",
}  # fmt: skip
"""The flags that do not, and are not walked. One that is in neither list fails the walk."""
POSITIONALS = {"nodes", "piece", "shell"}


@dataclass(frozen=True, slots=True)
class Command:
    """A command as the parser knows it: its sources, as words of a command line, and its formats, empty for none."""

    name: str
    """Of an action on a rollout two words: `rollout status`."""
    sources: tuple[str, ...]
    formats: tuple[str, ...]
    unknown: tuple[str, ...]
    """What the parser takes and this walk was never told about."""


def commands(parser: argparse.ArgumentParser) -> dict[str, Command]:
    """Return every command of the parser, and every action of one, by its name."""
    return {name: _command(name, command) for name, command in _parsers(parser, "")}


def _parsers(parser: argparse.ArgumentParser, before: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in _choosing(parser):
        choices: Mapping[str, argparse.ArgumentParser] = action.choices
        for name, command in choices.items():
            yield f"{before}{name}", command
            yield from _parsers(command, f"{before}{name} ")


def _choosing(parser: argparse.ArgumentParser) -> list[Any]:
    return [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]


def _command(name: str, parser: argparse.ArgumentParser) -> Command:
    flags = {action.option_strings[-1]: action for action in parser._actions if action.option_strings}
    positionals = [each for each in parser._actions if not each.option_strings and each not in _choosing(parser)]
    chosen = [tuple(map(str, action.choices)) for action in positionals if action.choices]
    chosen += [tuple(_values(flag, flags[flag])) for flag in SOURCES if flag in flags]
    sources = tuple(" ".join(filter(None, words)) for words in product(*chosen))
    unknown = [flag for flag in flags if flag not in SOURCES and flag not in OTHERS]
    unknown += [action.dest for action in positionals if action.dest not in POSITIONALS]
    return Command(name, sources, tuple(_formats(flags.get("--output"))), tuple(unknown))


def _values(flag: str, action: argparse.Action) -> Iterator[str]:
    """Yield the flag with each of its values, and nothing for its absence, but not what the absence means already."""
    yield ""
    if action.nargs == 0:
        yield flag
        return
    listed = str(action.metavar).split("|")
    for value in [*listed, "-"] if listed == ["FILE"] else listed:
        if value != action.default:
            yield f"{flag} {value}"


def _formats(output: argparse.Action | None) -> Sequence[str]:
    return (output.help or "").partition("one of: ")[2].split(", ") if output else ()
