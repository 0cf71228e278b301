"""Asking before each node: at a terminal's prompt, or by waiting for `rollout resume`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kubectl_express.rollout.keyboard import Answer, parse_answer

if TYPE_CHECKING:
    from kubectl_express.core.plan import Step
    from kubectl_express.rollout.wishes import Wishes


class Screen(Protocol):
    """Where questions are asked: a terminal."""

    def forget_typed(self) -> None:
        """Pass over what was typed so far: nobody asked for it."""

    def ask(self, question: str) -> None:
        """Show a question and leave the cursor behind it."""

    def asked(self) -> None:
        """Go on as before a question."""

    def step_question(self, step: Step, number: int, total: int) -> str:
        """Return the question before a node."""

    def show_difference(self, step: Step) -> None:
        """Show what a step changes."""


class Stepping:
    """The questions of one rollout and their answers; lines arrive in the engine's thread."""

    def __init__(self, wishes: Wishes, screen: Screen | None, *, on: bool) -> None:
        self.on = on
        """Whether each node is asked about."""
        self.granted = False
        """Whether the question that stands was answered with yes."""
        self._wishes = wishes
        self._screen = screen
        self._step: Step | None = None
        self._question = ""

    @property
    def on_terminal(self) -> bool:
        """Whether there is somebody to ask here."""
        return self._screen is not None

    def asking(self, number: int, total: int) -> str:
        """Return what is waited for before a node, in words."""
        how = "an answer" if self._screen else "`kubectl express rollout resume`"
        return f"waits for {how}, {number} of {total}"

    def ask(self, step: Step, number: int, total: int) -> None:
        """Ask about a step, where there is a terminal to ask at."""
        if self._screen:
            self._step = step
            self._put(self._screen.step_question(step, number, total))

    def ask_whether(self, question: str) -> None:
        """Ask a question that is answered with yes, or with anything else, which stops."""
        self._step = None
        self._put(question)

    def _put(self, question: str) -> None:
        self.granted = False
        self._question = question
        if self._screen:
            self._screen.forget_typed()
            self._screen.ask(question)

    def taken(self) -> None:
        """Take note that the question no longer stands."""
        if self._question and self._screen:
            self._screen.asked()
        self._question, self.granted = "", False

    def hear(self, line: str | None) -> None:
        """Take a line that was typed, None at the end of input; one that nobody asked for is passed over."""
        if not self._question or self._screen is None:
            return
        answer = parse_answer(line)
        if self._step is None:
            self.granted = answer in {Answer.YES, Answer.ALL}
            if not self.granted:
                self._stop(line)
        elif answer is Answer.YES:
            self.granted = True
        elif answer is Answer.ALL:
            self.granted, self.on = True, False
        elif answer is Answer.NO:
            self._stop(line)
        else:
            if answer is Answer.DIFF:
                self._screen.show_difference(self._step)
            self._screen.ask(self._question)

    def _stop(self, line: str | None) -> None:
        self._wishes.stop = self._wishes.stop or ("the end of input" if line is None else "an answer at the prompt")
        if line is not None:
            self.taken()
