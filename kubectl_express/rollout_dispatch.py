"""From the parsed flags of `rollout` and its actions to their commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from kubectl_express.commands.consenting import Consent
    from kubectl_express.errors import ExitStatus
    from kubectl_express.output.printer import Printer
    from kubectl_express.rollout.session import Gating
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope

_LEFT_OUT = ("--expect-plan", "--token")
"""Flags with a value that a command which goes on leaves out: its plan is another one, and tokens are secret."""


def dispatch_rollout(options: argparse.Namespace, words: Sequence[str], scope: Scope, printer: Printer) -> ExitStatus:
    """Call the command that the options name."""
    action = options.action
    if action in {"pause", "resume", "stop"}:
        from kubectl_express.commands.rollout_control import control

        return control(scope, printer, action)
    if action == "status":
        from kubectl_express.commands.rollout_status import status

        return status(scope, printer, watch=getattr(options, "watch", False))
    if action == "history":
        from kubectl_express.commands.rollout_history import history

        return history(scope, printer)

    def go_on(system: System) -> tuple[str, ...]:
        return command_line(words, scope, system)

    dry_run = None if options.dry_run == "none" else options.dry_run
    if action == "undo":
        from kubectl_express.commands.undo import undo

        return undo(
            scope, printer, consent=_consent(options), gating=_gating(options, scope), dry_run=dry_run, go_on=go_on
        )
    from kubectl_express.commands.rollout import Goal, rollout
    from kubectl_express.core.planning import Choice

    return rollout(
        scope,
        printer,
        goal=Goal(options.filename, options.at, options.expect_plan, options.allow),
        choice=Choice(tuple(options.only), options.start, tuple(options.pause_after), options.prune),
        consent=_consent(options),
        gating=_gating(options, scope),
        dry_run=dry_run,
        go_on=go_on,
    )


def _consent(options: argparse.Namespace) -> Consent:
    from kubectl_express.commands.consenting import Consent

    return Consent(
        options.yes, options.step, options.force_conflicts, "argocd" in options.allow, options.ignore_unhealthy
    )


def _gating(options: argparse.Namespace, scope: Scope) -> Gating:
    from kubectl_express.core.gate import patience
    from kubectl_express.rollout.session import Gating
    from kubectl_express.rollout.smoke import SmokeTest

    environment = scope.environment
    test = SmokeTest(options.after_node, environment.variables, environment.folder) if options.after_node else None
    return Gating(
        patience(options.timeout),
        options.min_ready or 0.0,
        options.fail_fast,
        options.ignore_unhealthy,
        test,
    )


def command_line(words: Sequence[str], scope: Scope, system: System) -> tuple[str, ...]:
    """Return the command that goes on with what the words began: of the same context and system, whatever is current.

    It is meant to be run as it is printed, so it names neither the plan's hash nor a token.
    """
    kept: list[str] = []
    skipped = False
    for word in words:
        if skipped:
            skipped = False
        elif word in _LEFT_OUT:
            skipped = True
        elif not word.startswith(tuple(f"{flag}=" for flag in _LEFT_OUT)):
            kept.append(word)
    selection = scope.selection
    if system.context and not selection.connection.context:
        kept += ["--context", system.context]
    if not selection.systems and not selection.connection.namespace:
        kept += ["--system", system.name]
    return ("kubectl", "express", *kept)
