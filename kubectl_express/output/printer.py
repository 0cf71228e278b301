"""Where results go: data to stdout in the format asked for, everything else to stderr."""

from __future__ import annotations

from kubectl_express.output.formats import find_format
from kubectl_express.output.palette import choose_palette
from kubectl_express.output.text import printable
from kubectl_express.output.view import Cell, Style, Table, View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from kubectl_express.environment import Environment

_FOR_PEOPLE = frozenset({"table", "wide", "markdown"})


class Printer:
    """Prints one run's results and remarks."""

    def __init__(
        self, environment: Environment, *, form: str = "table", color: str = "auto", verbose: bool = False
    ) -> None:
        self.form = form
        self.color = color
        self.verbose = verbose
        self._environment = environment
        self._palette = choose_palette(color, environment.stdout, environment.variables)
        self._remarks = choose_palette(color, environment.stderr, environment.variables)
        self._shown = False
        self._last: Table | None = None
        """The last table that was shown, with which one without heads goes on."""

    def alive(self) -> AbstractContextManager[None]:
        """Return a context in which a terminal shows what is done, once that takes longer than people wait quietly."""
        from kubectl_express.alive import Alive

        return Alive(self._environment)

    def show(self, view: View) -> None:
        """Write a view to stdout in the chosen format; for people, a blank line parts it from the one before."""
        goes_on = False
        for block in view.blocks:
            if isinstance(block, Table):
                if not block.heads:
                    block.above, goes_on = self._last, True
                self._last = block
        text = find_format(self.form)(view, self._palette)
        apart = self._shown and not goes_on and self.form in _FOR_PEOPLE and bool(text)
        self._shown = self._shown or bool(text)
        self._environment.write(f"\n{text}" if apart else text)

    def show_line(self, view: View) -> None:
        """Write a view's document to stdout on one line, where documents follow one another."""
        import json

        # Python leaves DEL as it is, the one control character that JSON allows.
        self._environment.write(json.dumps(view.document).replace("\x7f", "\\u007f") + "\n")

    def remark(self, line: str, style: Style = Style.PLAIN) -> None:
        """Write a line that is no data to stderr; further lines are another program's own words."""
        for each in line.split("\n"):
            self._environment.say(self._remarks.paint(Cell(each, style)))

    def warn(self, line: str) -> None:
        """Write a warning to stderr."""
        self._environment.say(f"{self._remarks.paint(Cell('warning:', Style.CAUTION))} {printable(line)}")

    def detail(self, line: str) -> None:
        """Write one line to stderr where `-v` asks for it."""
        if self.verbose:
            self.remark(line, Style.FAINT)
