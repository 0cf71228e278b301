"""The command line: every command, its flags, its help with examples. Nothing is decided here."""

from __future__ import annotations

import argparse
import functools

from kubectl_express import __version__
from kubectl_express.errors import ExpressError
from kubectl_express.flags import (
    ONE,
    PROGRAM,
    Commands,
    Formatter,
    Parser,
    add_connection_options,
    add_look_options,
    add_output_options,
    add_reading_options,
    add_source_options,
    add_system_options,
    add_target_option,
    one_of,
    unknown_word,
    with_values,
)
from kubectl_express.help_texts import DESCRIPTION, EXAMPLES
from kubectl_express.output.formats import FORMATS
from kubectl_express.rollout_parser import add_min_ready, add_rollout, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


_MEANT = {
    "help": "-h",
    **{name.removeprefix("rollout "): name for name in EXAMPLES if name.startswith("rollout ")},
}
"""What kubectl's users mean by words that are no commands here: actions on a rollout stand behind `rollout`."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; parsing sets `command`, and raises ExpressError on wrong use."""
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [COMMAND] [flags]",
        description=DESCRIPTION,
        epilog=f"{EXAMPLES['']}\nBehind a command, -h shows its flags and examples.",
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"kubectl-express {__version__}", help=argparse.SUPPRESS)
    commands = Commands(parser, dest="command", metavar="COMMAND", title="commands")
    commands.add(
        "revisions", "list the revision chain, state and integrity of every node", _fill_revisions, "[NODE ...]"
    )
    commands.add(
        "inspect", "show one node in full, or all: chain, pods, data, and why", _fill_inspect, "(NODE ... | --all)"
    )
    commands.add("diff", "show what deploying would change, and which nodes restart in which order", _fill_diff)
    commands.add("verify", "check whether revisions can be trusted", _fill_verify)
    add_rollout(commands)
    commands.add("wait", "wait until nodes run at a revision: the rollout's own gate", _fill_wait, "NODE ...")
    summary = "print what Argo CD needs to go node by node: health checks or Jobs, Applications"
    commands.add("argocd", summary, _fill_argocd, "[health | applications]")
    commands.add("version", "show the versions of this program and of what renders charts", _fill_version)
    commands.add("completion", "print a shell's completion script", _fill_completion, "SHELL")
    return parser


def parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Return what a command line says; `command` is None where it names none. Raises ExpressError on wrong use.

    Without a command only those flags may stand that pick systems and the cluster. SystemExit says that help, or the
    version, has been printed.
    """
    words = command_first(with_values(words))
    if words and (words[0] in {"-h", "--help", "--version"} or not words[0].startswith("-")):
        check_command(words[0])
        options, unknown = parser.parse_known_args(words)
        if unknown:
            raise unknown_word(parser, options, unknown[0])
        return options
    alone = build_parser_alone()
    options, unknown = alone.parse_known_args(words)
    for asked in ("help", "version"):
        if getattr(options, asked):
            return parser.parse_args([f"--{asked}"])
    options.command = None
    unknown = [word for word in unknown if word != "--"]
    command = next((word for word in unknown if word in _commands()), None)
    if command:
        raise ExpressError(
            f"flags go behind the command: {PROGRAM} {command} …\nSee '{PROGRAM} {command} -h' for help."
        )
    if unknown:
        raise unknown_word(alone, options, unknown[0])
    return options


def command_first(words: Sequence[str]) -> list[str]:
    """Return the words with the command in front: flags that may stand without one may precede it, as in kubectl."""
    if len(words) < 2 or not words[0].startswith("-"):
        return list(words)
    known = build_parser_alone()._option_string_actions  # noqa: SLF001 - argparse has no public name for them
    at = 0
    while at < len(words) and words[at].startswith("-"):
        flag, given, _ = words[at].partition("=")
        if flag not in known or flag == "--version":
            return list(words)
        at += 1 if given or known[flag].nargs == 0 else 2
    end = at + (2 if " ".join(words[at : at + 2]) in EXAMPLES else 1)  # `rollout stop` is two words.
    return [*words[at:end], *words[:at], *words[end:]]


@functools.cache
def build_parser_alone() -> Parser:
    """Return the parser of the flags that may stand without a command; `help` and `version` say what was asked for."""
    alone = Parser(prog=PROGRAM, add_help=False, allow_abbrev=False)
    alone.add_argument("-h", "--help", action="store_true", help="show this help message and exit")
    alone.add_argument("--version", action="store_true", help=argparse.SUPPRESS)
    add_system_options(alone)
    add_look_options(alone)
    add_connection_options(alone)
    return alone


def _commands() -> list[str]:
    """Return the names of all commands: those of actions on a rollout hold a space."""
    return [name for name in EXAMPLES if name and " " not in name]


def check_command(word: str) -> None:
    """Raise ExpressError where the first word is no command, with the nearest that are."""
    if word.startswith("-") or word in _commands():
        return
    from kubectl_express.core.nearest import did_you_mean

    hint = f"; did you mean {_MEANT[word]}?" if word in _MEANT else did_you_mean(word, _commands(), most=2)
    raise ExpressError(f"unknown command \"{word}\"{hint}\nSee '{PROGRAM} -h' for help.")


def _fill_revisions(parser: Parser) -> None:
    parser.add_argument("nodes", nargs="*", metavar="NODE", help="only these nodes")
    add_source_options(parser)
    parser.add_argument("-w", "--watch", action="store_true", help="after listing, print nodes as they change")
    add_reading_options(parser, FORMATS)


def _fill_inspect(parser: Parser) -> None:
    parser.add_argument("nodes", nargs="*", metavar="NODE", help="the nodes to inspect")
    parser.add_argument("--all", action="store_true", dest="everything", help="all nodes")
    add_source_options(parser)
    parser.add_argument(
        "--against",
        metavar="live|FILE|git:REV",
        help="show the chart's nodes, or with -f the file's, and what makes them change from this baseline",
    )
    add_reading_options(parser, (*FORMATS, "data"))


def _fill_diff(parser: Parser) -> None:
    add_target_option(parser)
    parser.add_argument(
        "--against",
        default="live",
        metavar="live|FILE|git:REV",
        help="the baseline: the cluster (the default), a file of manifests, or the chart at a git revision",
    )
    parser.add_argument("--objects", action="store_true", help="show other objects that change in full")
    add_reading_options(parser, FORMATS)


def _fill_verify(parser: Parser) -> None:
    add_target_option(parser)
    parser.add_argument(
        "--against",
        metavar="live|FILE|git:REV",
        help="also refuse restarts for nothing, and changes without one, against this baseline",
    )
    parser.add_argument("--live", action="store_true", help="check the cluster's own chains instead of the chart's")
    parser.add_argument(
        "--render-as",
        metavar="argocd",
        type=one_of("deployer", ("argocd",)),
        help="render the chart as Argo CD does, and refuse what `helm template` renders otherwise; without a cluster "
        "to ask, --as argocd is short for it",
    )
    add_reading_options(parser, FORMATS)


def _fill_wait(parser: Parser) -> None:
    parser.add_argument("nodes", nargs="+", metavar="NODE", help="the nodes to wait for")
    parser.add_argument("--revision", help="the revision to wait for; by default the stored one of each node")
    parser.add_argument("--timeout", metavar="TIME", type=seconds, help="how long to wait for all (10m); 0: for ever")
    add_min_ready(parser)
    add_reading_options(parser, FORMATS, ONE)


def _fill_argocd(parser: Parser) -> None:
    add = parser.add_argument
    add("piece", nargs="?", choices=("health", "applications"), help="only this piece; by default both")
    add("--repo", metavar="URL", help="where Argo CD reads charts and overlays; by default the git remote origin")
    add("--project", default="default", metavar="NAME", help="the Applications' AppProject (default)")
    add(
        "--destination",
        default="https://kubernetes.default.svc",
        metavar="URL|NAME",
        help="the cluster to deploy to, by its address or its name in Argo CD; by default Argo CD's own",
    )
    add(
        "--gate",
        choices=("status", "hook"),
        default="status",
        help="what awaits a node: health checks of its status (the default), or a Job that looks at its pods",
    )
    add("--image", help="the image of kubectl-express for such Jobs; with --gate status one awaits the last node")
    add("--argocd-namespace", default="argocd", metavar="NS", help="the namespace Argo CD is in (argocd)")
    add_system_options(parser)
    add_connection_options(parser)


def _fill_version(parser: Parser) -> None:
    add_output_options(parser, FORMATS)


def _fill_completion(parser: Parser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish", "kubectl"), help="the shell, or kubectl itself")
