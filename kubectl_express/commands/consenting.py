"""Getting the user's word for a plan: from flags, or at the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.standing import Standing
    from kubectl_express.output.printer import Printer
    from kubectl_express.rollout.inbox import Inbox
    from kubectl_express.rollout.stepping import Stepping
    from kubectl_express.rollout.wishes import Wishes


@dataclass(frozen=True, slots=True)
class Consent:
    """What the user has agreed to beforehand."""

    yes: bool = False
    step: bool = False
    force_conflicts: bool = False
    argocd: bool = False
    """Whether an Argo CD Application that deploys the same resources is no reason not to."""
    ignore_unhealthy: bool = False
    """Whether nodes outside the plan may be unhealthy."""
    this_plan: bool = False
    """Whether it is just this plan that was agreed to, by its hash."""


class StoppedBeforeError(Exception):
    """Stopped before anything was applied."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Where the user's word comes from."""

    printer: Printer
    stepping: Stepping
    inbox: Inbox
    wishes: Wishes

    def consent(self, consent: Consent, standing: Standing, restarted: Sequence[str], title: str) -> None:
        """Get the user's word for a plan of the system of that title.

        `restarted` are nodes that a stopped rollout had finished and that this plan restarts. Raises ExpressError where
        there is nobody to ask and no flag gives the word, and StoppedBeforeError where the answer is no.
        """
        unhealthy = [] if consent.ignore_unhealthy else standing.unhealthy
        for node in unhealthy:
            self.printer.warn(
                f"{node.name} is unhealthy and no part of this plan: {node.live.why if node.live else ''}"
            )
        self._check_stop()
        if unhealthy and not self.stepping.on_terminal:
            names = ", ".join(node.name for node in unhealthy)
            raise ExpressError(
                f"nothing was applied: {names}, no part of this plan, {is_or_are(unhealthy)} unhealthy; mend that "
                "first, or give --ignore-unhealthy"
            )
        if restarted:
            self.printer.warn(
                f"the plan has changed since it was stopped: {', '.join(restarted)}, finished then, would restart again"
            )
        agreed = consent.step or (consent.yes and (consent.this_plan or not restarted))
        if not standing.changes_anything or (agreed and not unhealthy):
            return
        if not self.stepping.on_terminal and consent.yes:
            raise ExpressError(
                f"nothing was applied: {', '.join(restarted)} would restart again, which --yes does not agree to; "
                f"--expect-plan {standing.plan.digest} agrees to just this plan"
            )
        if not self.stepping.on_terminal:
            raise ExpressError(
                "nothing was applied: there is no terminal to ask at; --yes rolls the plan as it was shown, --step "
                "waits for `kubectl express rollout resume` before each node"
            )
        self._ask(f"{_question(standing, title)} [y/N] ")

    def _ask(self, question: str) -> None:
        self.stepping.ask_whether(question)
        while not self.wishes.stop and not self.stepping.granted:
            self.inbox.hear()
        self.stepping.taken()
        self._check_stop()

    def _check_stop(self) -> None:
        self.inbox.catch_up()
        if self.wishes.stop:
            raise StoppedBeforeError(f"stopped by {self.wishes.stop}")


def _question(standing: Standing, title: str) -> str:
    steps = standing.plan.steps
    if steps:
        return f"Roll {len(steps)} of {standing.count} nodes of {title}, {steps[0].node} first?"
    count = len(standing.plan.objects) + len(standing.plan.deleted)
    return f"Change {count} object{'' if count == 1 else 's'} and no node of {title}?"


def is_or_are(nodes: Sequence[object]) -> str:
    """Return the verb that goes with so many nodes."""
    return "is" if len(nodes) == 1 else "are"
