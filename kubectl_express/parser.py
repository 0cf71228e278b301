"""The command line: every command, its flags, its help with examples. Nothing is decided here."""

from __future__ import annotations

import argparse
import difflib
import re
from typing import TYPE_CHECKING, NoReturn

from kubectl_express import __version__
from kubectl_express.errors import ExpressError
from kubectl_express.help_texts import DESCRIPTION, EXAMPLES
from kubectl_express.output.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PROGRAM = "kubectl express"

_INSECURE = "--insecure-skip-tls-verify"

_OF_OURS = re.compile(r"argument [^:]+: (?=unknown |invalid value )")
"""argparse's words before those of our own that name the argument themselves."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Leaves examples as they are written, and gives flags room beside their help."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=34, width=110)

    def _format_action(self, action: argparse.Action) -> str:
        if not isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - argparse has no public name for it
            return super()._format_action(action)
        commands = [(each.dest, each.help) for each in action._choices_actions]  # noqa: SLF001 - nor for these
        width = max(len(name) for name, _ in commands)
        return "".join(f"  {name:{width}}  {summary}\n" for name, summary in commands)


class _Parser(argparse.ArgumentParser):
    """Reports wrong use as kubectl does: one line, and where the help is."""

    def error(self, message: str) -> NoReturn:
        message = _OF_OURS.sub("", message)
        raise ExpressError(f"{message}\nSee '{self.prog} -h' for help and examples.")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; parsing sets `command`, and raises ExpressError on wrong use."""
    parser = _Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} COMMAND [flags]",
        description=DESCRIPTION,
        epilog=f"Use '{PROGRAM} COMMAND -h' for a command's flags and examples.",
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"kubectl-express {__version__}", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(
        prog=PROGRAM, dest="command", metavar="COMMAND", title="commands", parser_class=_Parser
    )
    _add_revisions(commands)
    _add_inspect(commands)
    _add_diff(commands)
    _add_verify(commands)
    _add_version(commands)
    _add_completion(commands)
    return parser


def with_values(words: Sequence[str]) -> list[str]:
    """Return the words with a value for the one flag that may stand alone: as in kubectl, the next word is not it."""
    return [f"{_INSECURE}=true" if word == _INSECURE else word for word in words]


def check_command(word: str) -> None:
    """Raise ExpressError where the first word is no command, with the nearest that are."""
    if word.startswith("-") or word in EXAMPLES:
        return
    nearest = difflib.get_close_matches(word, EXAMPLES, n=2)
    hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
    raise ExpressError(f"unknown command \"{word}\"{hint}\nSee '{PROGRAM} -h' for help.")


def _add_command(commands: argparse._SubParsersAction[_Parser], name: str, summary: str, operands: str = "") -> _Parser:
    return commands.add_parser(
        name,
        usage=" ".join(filter(None, [PROGRAM, name, operands, "[flags]"])),
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=EXAMPLES[name],
        formatter_class=_Formatter,
        allow_abbrev=False,
    )


def _add_revisions(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(
        commands, "revisions", "list the revision chain, state and integrity of every node", "[NODE ...]"
    )
    parser.add_argument("nodes", nargs="*", metavar="NODE", help="only these nodes")
    _add_source_options(parser)
    parser.add_argument("-w", "--watch", action="store_true", help="after listing, print nodes as they change")
    _add_reading_options(parser, FORMATS)


def _add_inspect(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(
        commands, "inspect", "show one node in full, or all: chain, pods, data, and why", "(NODE ... | --all)"
    )
    parser.add_argument("nodes", nargs="*", metavar="NODE", help="the nodes to inspect")
    parser.add_argument("--all", action="store_true", dest="everything", help="all nodes")
    _add_source_options(parser)
    parser.add_argument(
        "--against",
        metavar="live|FILE|git:REV",
        help="show the chart's nodes, or with -f the file's, and what makes them change from this baseline",
    )
    _add_reading_options(parser, (*FORMATS, "data"))


def _add_diff(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(commands, "diff", "show what deploying would change, and which nodes restart in which order")
    _add_target_option(parser)
    parser.add_argument(
        "--against",
        default="live",
        metavar="live|FILE|git:REV",
        help="the baseline: the cluster (the default), a file of manifests, or the chart at a git revision",
    )
    parser.add_argument("--objects", action="store_true", help="show other objects that change in full")
    _add_reading_options(parser, FORMATS)


def _add_verify(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(commands, "verify", "check whether revisions can be trusted")
    _add_target_option(parser)
    parser.add_argument(
        "--against",
        metavar="live|FILE|git:REV",
        help="also refuse restarts for nothing, and changes without one, against this baseline",
    )
    parser.add_argument("--live", action="store_true", help="check the cluster's own chains instead of the chart's")
    parser.add_argument(
        "--render-as",
        metavar="argocd",
        type=_one_of("deployer", ("argocd",)),
        help="render the chart as Argo CD does, and refuse what `helm template` renders otherwise; without a cluster "
        "to ask, --as argocd is short for it",
    )
    _add_reading_options(parser, FORMATS)


def _add_version(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(commands, "version", "show the versions of this program and of what renders charts")
    _add_output_options(parser, FORMATS)


def _add_completion(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(commands, "completion", "print a shell's completion script", "SHELL")
    parser.add_argument("shell", choices=("bash", "zsh", "fish", "kubectl"), help="the shell, or kubectl itself")


def _add_source_options(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--chart", action="store_true", help="read the chart as it renders now, not the cluster")
    source.add_argument("-f", "--filename", metavar="FILE", help="read manifests from a file; - is standard input")


def _add_target_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-f",
        "--filename",
        metavar="FILE",
        help="the target: manifests from a file (- is standard input), not the chart",
    )


def _add_reading_options(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    parser.add_argument(
        "--system", action="append", default=[], metavar="NAME", help="only this system; may be given several times"
    )
    parser.add_argument("--config", metavar="FILE", help="the configuration; by default .express.yaml, found upward")
    _add_output_options(parser, formats)
    _add_connection_options(parser)


def _add_output_options(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    parser.add_argument(
        "-o",
        "--output",
        default="table",
        metavar="FORMAT",
        type=_one_of("output format", formats),
        help=f"one of: {', '.join(formats)}",
    )
    parser.add_argument(
        "--color",
        default="auto",
        metavar="WHEN",
        type=_one_of("colour", ("auto", "always", "never")),
        help="auto (the default), always or never",
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="say where every link was read, and what rendered and hashed it"
    )


def _one_of(what: str, allowed: tuple[str, ...]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in allowed:
            raise argparse.ArgumentTypeError(f'unknown {what} "{value}", allowed are: {", ".join(allowed)}')
        return value

    return check


def _add_connection_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("connection (as in kubectl)")
    add = group.add_argument
    add("--context", metavar="NAME", help="the kubeconfig context; where only charts are read, the overlays' folder")
    add("-n", "--namespace", metavar="NS", help="the namespace: picks the system that lives there")
    add("--kubeconfig", metavar="FILE", help="the kubeconfig to use")
    add("--cluster", metavar="NAME", help="the kubeconfig cluster to use")
    add("--user", metavar="NAME", help="the kubeconfig user to use")
    add("-s", "--server", metavar="URL", help="address and port of the API server")
    add("--token", metavar="TOKEN", help="bearer token")
    add("--as", dest="as_user", metavar="USER", help="user to impersonate")
    add("--as-group", action="append", default=[], metavar="GROUP", help="group to impersonate; may be repeated")
    add("--as-uid", metavar="UID", help="UID to impersonate")
    add("--request-timeout", metavar="TIME", help="how long one request may take (1s, 2m, 3h); 0 is no limit")
    add(
        _INSECURE,
        type=_boolean,
        metavar="BOOL",
        help="do not check the server's certificate",
    )
    add("--certificate-authority", metavar="FILE", help="certificate of the authority")
    add("--client-certificate", metavar="FILE", help="client certificate")
    add("--client-key", metavar="FILE", help="client key")
    add("--tls-server-name", metavar="NAME", help="name to check the server's certificate for")


def _boolean(value: str) -> bool:
    if value in {"1", "t", "T", "true", "TRUE", "True"}:
        return True
    if value in {"0", "f", "F", "false", "FALSE", "False"}:
        return False
    raise argparse.ArgumentTypeError(f'invalid value "{value}": true or false is wanted')
