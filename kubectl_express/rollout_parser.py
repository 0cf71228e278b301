"""The flags of `rollout` and of what can be asked of one."""

from __future__ import annotations

import argparse
from functools import partial

from kubectl_express.errors import ExpressError
from kubectl_express.flags import (
    ONE,
    PROGRAM,
    Commands,
    Parser,
    add_connection_options,
    add_output_options,
    add_reading_options,
    add_target_option,
    one_of,
)
from kubectl_express.output.formats import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ALLOWABLE = ("unneeded", "missed", "argocd")
_EVENTS = ("table", "wide", "json")
_ACTIONS = {
    "status": "show how far the rollout is, or Argo CD's sync, from anywhere",
    "pause": "have the running rollout pause before the next node",
    "resume": "have the running rollout go on; with --step, to the next node",
    "stop": "have the running rollout, or Argo CD's sync, stop after the node in progress",
    "history": "list the rollouts that are on record",
    "undo": "roll back to what was there before the last rollout, nodes in reverse",
}


def add_rollout(commands: Commands) -> None:
    """Add `rollout` and its actions; parsing sets `action`, None for the rollout itself."""
    summary = "apply one node at a time, each proved by its pods; stoppable at any moment"
    commands.add("rollout", summary, _fill_rollout, "[ACTION]")


def _fill_rollout(parser: Parser) -> None:
    _add_goal(parser)
    _add_choice(parser)
    _add_consent(parser)
    _add_gate(parser)
    add_reading_options(parser, _EVENTS, ONE)
    actions = Commands(parser, prog=f"{PROGRAM} rollout", dest="action", metavar="ACTION", title="actions on a rollout")
    for name, summary in _ACTIONS.items():
        # What stands before the action is not to be forgotten for what does not stand behind it.
        actions.add(name, summary, partial(_fill_action, name), argument_default=argparse.SUPPRESS)


def _fill_action(name: str, parser: Parser) -> None:
    if name == "status":
        parser.add_argument("-w", "--watch", action="store_true", help="go on showing it whenever it changes")
    if name == "undo":
        _add_dry_run(parser)
        _add_consent(parser)
        _add_gate(parser)
    _add_kept_options(parser, _EVENTS if name == "undo" else FORMATS if name in {"status", "history"} else ())


def _add_goal(parser: argparse.ArgumentParser) -> None:
    add_target_option(parser)
    parser.add_argument("--at", metavar="git:REV", help="the target: the chart at a git revision, not as it is here")
    parser.add_argument("--expect-plan", metavar="HASH", help="refuse any plan but the one of this hash")
    parser.add_argument(
        "--allow",
        metavar="LIST",
        type=_several(ALLOWABLE),
        default=frozenset(),
        help="what is no reason to refuse, separated by commas: unneeded, missed, argocd",
    )
    _add_dry_run(parser)


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run",
        metavar="HOW",
        type=one_of("dry run", ("none", "client", "server")),
        help="client: show the plan and stop; server: also ask the API server about each object",
    )


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", action="append", default=[], metavar="NODE", help="only this node; may be repeated")
    parser.add_argument("--from", dest="start", metavar="NODE", help="leave the nodes before this one alone")
    parser.add_argument(
        "--pause-after", action="append", default=[], metavar="NODE", help="pause after this node; may be repeated"
    )
    parser.add_argument("--prune", action="store_true", help="delete removed nodes, last, one at a time")


def _add_consent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask before the first node")
    parser.add_argument(
        "--step", action="store_true", help="ask before each node; without a terminal, wait for `rollout resume`"
    )
    parser.add_argument("--force-conflicts", action="store_true", help="take over fields that other managers own")
    parser.add_argument("--ignore-unhealthy", action="store_true", help="nodes outside the plan may be unhealthy")


def _add_gate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--timeout", metavar="TIME", type=seconds, help="how long each node may take (10m); 0: for ever"
    )
    add_min_ready(parser)
    parser.add_argument(
        "--fail-fast", action="store_true", help="halt on the first CrashLoopBackOff, ImagePullBackOff or the like"
    )
    parser.add_argument(
        "--after-node", metavar="CMD", help="a smoke test: a shell command run after each node; if it fails, halt"
    )


def add_min_ready(parser: argparse.ArgumentParser) -> None:
    """Add how long a node's pods must have been Ready."""
    parser.add_argument(
        "--min-ready", metavar="TIME", type=seconds, help="how long pods must have been Ready without a break (0s)"
    )


def seconds(value: str) -> float:
    """Return a duration in seconds: a bare number, or as Go writes them. Raises argparse's error for anything else."""
    from kubectl_express.sources.durations import request_timeout

    try:
        return request_timeout(value) or 0.0
    except ExpressError:
        raise argparse.ArgumentTypeError(f'invalid value "{value}": a duration is wanted, such as 90s or 10m') from None


def _several(allowed: tuple[str, ...]) -> Callable[[str], frozenset[str]]:
    check = one_of("reason", allowed)

    def split(value: str) -> frozenset[str]:
        return frozenset(check(each.strip()) for each in value.split(","))

    return split


def _add_kept_options(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    parser.add_argument("--system", action="append", metavar="NAME", help=ONE)
    parser.add_argument("--config", metavar="FILE", help="the configuration; by default .express.yaml, found upward")
    if formats:
        add_output_options(parser, formats)
    add_connection_options(parser)
    for action in parser._actions:  # noqa: SLF001 - argparse sets its own defaults, and these are the command's before it
        action.default = argparse.SUPPRESS
