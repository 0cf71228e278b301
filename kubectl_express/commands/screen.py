"""The terminal that a rollout's questions are asked at."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_express.environment import Environment
from kubectl_express.output.printer import Printer
from kubectl_express.output.progress.outlet import Outlet
from kubectl_express.output.text import printable
from kubectl_express.output.views.diff import SystemDiff, diff_view
from kubectl_express.rollout.keyboard import Keyboard, ask_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.plan import Step
    from kubectl_express.core.verdict import Comparison
    from kubectl_express.output.progress import Reporter
    from kubectl_express.output.views.systems import Place
    from kubectl_express.sources.scope import Scope


class Terminal:
    """Asks on stderr, and listens to the keyboard."""

    def __init__(
        self,
        scope: Scope,
        printer: Printer,
        descriptor: int,
        tell: Callable[[Callable[[], object]], None],
        comparison: Comparison,
        place: Place,
    ) -> None:
        self.reporter: Reporter | None = None
        """What draws on the same terminal, once there is something to draw."""
        self._scope = scope
        self._printer = printer
        self._descriptor = descriptor
        self._tell = tell
        self._comparison = comparison
        self._place = place
        self._keyboard: Keyboard | None = None
        self._err = Outlet(scope.environment.stderr)
        self._answered = True

    @classmethod
    def of(
        cls,
        scope: Scope,
        printer: Printer,
        tell: Callable[[Callable[[], object]], None],
        comparison: Comparison,
        place: Place,
    ) -> Terminal | None:
        """Return the terminal that the program runs on; None where there is none, or nobody would see a question.

        Where standard input is a file of manifests, the terminal itself is asked, as git and ssh do.
        """
        environment = scope.environment
        if not environment.stderr.isatty():
            return None
        if environment.stdin.isatty():
            descriptor = environment.stdin.fileno()
        elif scope.selection.stdin_taken:
            try:
                descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
            except OSError:
                return None
        else:
            return None
        return cls(scope, printer, descriptor, tell, comparison, place)

    def listen(self, on_line: Callable[[str | None], object]) -> None:
        """Hand on what is typed from now on."""

        def hear(line: str | None) -> None:
            self._answered = self._answered or line is not None
            on_line(line)

        self._keyboard = Keyboard(self._descriptor, self._tell, hear)
        self._keyboard.start()

    def close(self) -> None:
        """Leave the keyboard alone."""
        if self._keyboard:
            self._keyboard.close()

    def forget_typed(self) -> None:
        """Pass over what was typed so far."""
        if self._keyboard:
            self._keyboard.forget()

    def ask(self, question: str) -> None:
        """Show a question, below whatever is drawn."""
        if self.reporter:
            self.reporter.pause()
        self._answered = False
        self._err.write(printable(question))

    def asked(self) -> None:
        """Go on drawing, on a line of its own where nobody ended that of the question."""
        if not self._answered:
            self._err.write("\n")
        if self.reporter:
            self.reporter.resume()

    def step_question(self, step: Step, number: int, total: int) -> str:
        """Return the question before a node."""
        return ask_step(step, number, total)

    def show_difference(self, step: Step) -> None:
        """Show what a step changes, as `diff` does, where the question stands: stdout may be a script's."""
        changes = tuple(change for change in self._comparison.nodes if change.name == step.node)
        objects = tuple(each for each in self._comparison.objects if (each.kind, each.name) == (step.kind, step.node))
        comparison = replace(self._comparison, nodes=changes, objects=objects)
        around = self._scope.environment
        environment = Environment(around.stdin, around.stderr, around.stderr, around.variables, around.folder)
        shown = diff_view([SystemDiff(self._place, self._scope.settings, comparison)], objects=True)
        Printer(environment, color=self._printer.color).show(shown)
