"""A line for each thing that happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.happenings import Happening, What
from kubectl_express.output.progress.outlet import Outlet, told_outlet
from kubectl_express.output.view import Cell, Style

if TYPE_CHECKING:
    from kubectl_express.environment import Environment
    from kubectl_express.output.palette import Palette
    from kubectl_express.output.progress.outcome import Outcome

STYLES = {
    What.ASKING: Style.CAUTION,
    What.PAUSED: Style.CAUTION,
    What.PASSED: Style.GOOD,
    What.STOPPING: Style.CAUTION,
    What.STOPPED: Style.CAUTION,
    What.HALTED: Style.BAD,
    What.FINISHED: Style.GOOD,
}
"""What a thing means that happens; the rest is plain."""


_OF_ALL = frozenset({What.STOPPING, What.STOPPED, What.HALTED, What.FINISHED})
"""What is told of the rollout as a whole, even where a node is in progress."""


class PlainLines:
    """Tells a rollout line by line: on stdout, and warnings on stderr."""

    def __init__(self, environment: Environment, palette: Palette, remarks: Palette) -> None:
        self._out = told_outlet(environment)
        self._err = Outlet(environment.stderr)
        self._palette = palette
        self._remarks = remarks
        self._question = False

    def report(self, happening: Happening) -> None:
        """Write one line, one of its own where a question stands that nobody answered."""
        self._end_question()
        if happening.what is What.WARNING:
            self._err.write(warning_line(happening, self._remarks))
            return
        style = Style.BAD if happening.ailing else STYLES.get(happening.what, Style.PLAIN)
        named = happening.node and happening.what not in _OF_ALL
        self._line(Cell(said(happening), style), f"{happening.node}: " if named else "")

    def pause(self) -> None:
        """Take note that a question stands."""
        self._question = True

    def resume(self) -> None:
        """Take note that it was answered."""
        self._question = False

    def close(self, outcome: Outcome | None = None) -> None:
        """Write what became of each node."""
        self._end_question()
        for line in outcome.lines() if outcome else ():
            self._line(Cell(line))

    def _end_question(self) -> None:
        if self._question:
            self._question = False
            self._err.write("\n")

    def _line(self, cell: Cell, before: str = "") -> None:
        self._out.write(f"{self._palette.paint(Cell(before))}{self._palette.paint(cell)}\n")


def warning_line(happening: Happening, palette: Palette) -> str:
    """Return a warning as every other one of this program reads, with its newline."""
    named = f"{happening.node}: {happening.message}" if happening.node else happening.message
    return f"{palette.paint(Cell('warning:', Style.CAUTION))} {palette.paint(Cell(named))}\n"


def said(happening: Happening) -> str:
    """Return what a happening says, in its own line."""
    if happening.what is What.HALTED:
        return f"halted: {happening.message}"
    return happening.message or happening.what.value
