"""What comes between two nodes: a stop, a pause, a question, and a look at all the other nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubectl_express.core.gate import Outcome, judge
from kubectl_express.core.happenings import What
from kubectl_express.rollout.session import HaltedError, Session

if TYPE_CHECKING:
    from kubectl_express.core.plan import Plan, Step


@dataclass(slots=True)
class Between:
    """Holds each node of a plan back until it may be applied."""

    plan: Plan
    session: Session
    passed: set[str] = field(default_factory=set)
    """Nodes that have passed the gate, in this run and in those that it goes on with: they are to stay so."""
    unhealthy: set[str] = field(default_factory=set)
    """Nodes that are known not to be healthy, and that are nobody's reason to halt: the user has agreed to that."""
    unseen: set[str] = field(default_factory=set)
    """Nodes that nothing was heard of yet: they may have changed before anything was listened to."""

    def before(self, number: int, step: Step) -> None:
        """Return once the step of this number, from 1 on, may be taken.

        Raises StoppedError where somebody stops, and HaltedError where a node is not what it has to be.
        """
        session, wishes = self.session, self.session.parts.wishes
        session.go_on()
        if number > 1 and self.plan.steps[number - 2].pause_after and not wishes.pause:
            wishes.pause = f"--pause-after {self.plan.steps[number - 2].node}"
        asked = False
        while True:
            self._wait_while_paused(step)
            if session.parts.stepping.on and not asked:
                self._ask(number, step)
                asked = True
            self._look_at_others(step)
            session.go_on()
            if not wishes.pause:  # Somebody may pause while a question stands.
                return

    def after_all(self) -> None:
        """Look at what was heard of the nodes to the last: raises HaltedError where a finished one no longer passes."""
        self._look_at_others(None)

    def _wait_while_paused(self, step: Step) -> None:
        session, wishes = self.session, self.session.parts.wishes
        if not wishes.pause:
            return
        how = "`kubectl express rollout resume` goes on"
        session.tell(What.PAUSED, f"paused by {wishes.pause} before {step.node}; {how}")
        session.note("paused", f"by {wishes.pause}")
        session.wait_until(lambda: not wishes.pause)
        session.tell(What.RESUMED, f"resumed by {wishes.resumed}")
        wishes.resumed = None

    def _ask(self, number: int, step: Step) -> None:
        session, total = self.session, len(self.plan.steps)
        stepping, wishes = session.parts.stepping, session.parts.wishes
        wishes.resumed = None
        session.tell(What.ASKING, stepping.asking(number, total), node=step.node)
        session.note("paused", "waits for an answer")
        stepping.ask(step, number, total)
        session.wait_until(lambda: stepping.granted or wishes.resumed is not None)
        stepping.taken()
        wishes.resumed = None

    def _look_at_others(self, step: Step | None) -> None:
        """Raise where a finished node no longer passes; ask where one outside the plan has become unhealthy.

        While a question stands others may change, so it is looked again until none was asked. Before no further
        `step` there is nothing to ask.
        """
        observer = self.session.parts.observer
        while changed := observer.take_changed() | self.unseen:
            self.unseen = set()
            for node in sorted(changed):
                self._look_at(node, step)

    def _look_at(self, node: str, step: Step | None) -> None:
        session = self.session
        wanted = session.finished.get(node)
        if wanted is None:
            return
        verdict = judge(wanted, session.parts.observer.node(node), session.revision_path)
        if verdict.outcome is Outcome.PASSED:
            self.unhealthy.discard(node)
        elif node in self.unhealthy:
            return
        elif node in self.passed:
            raise HaltedError(f"{node} is finished and no longer passes: {verdict.reason}")
        elif not session.gating.ignore_unhealthy:
            self.unhealthy.add(node)
            self._ask_about(node, verdict.reason, step)

    def _ask_about(self, node: str, reason: str, step: Step | None) -> None:
        session = self.session
        stepping = session.parts.stepping
        fault = f"{node} is not part of this plan and has become unhealthy: {reason}"
        session.tell(What.WARNING, fault)
        if step is None:
            return
        if not stepping.on_terminal:
            raise HaltedError(f"{fault}; mend it, or give --ignore-unhealthy")
        stepping.ask_whether(f"Go on with {step.node} nevertheless? [y/N] ")
        session.wait_until(lambda: stepping.granted)
        stepping.taken()
