"""Colour, where it is wanted."""

from __future__ import annotations

from kubectl_express.output.text import printable
from kubectl_express.output.view import Cell, Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO


class Palette:
    """Paints cells, or leaves them plain; what it returns never holds an escape sequence of the cell's own."""

    def __init__(self, *, colored: bool = False) -> None:
        self.colored = colored

    def paint(self, cell: Cell) -> str:
        """Return the cell's text, made printable, in its style's colour."""
        text = printable(cell.text)
        if not self.colored or cell.style is Style.PLAIN or not text:
            return text
        return f"\x1b[{cell.style.value}m{text}\x1b[0m"


def choose_palette(wanted: str, stream: TextIO, variables: Mapping[str, str]) -> Palette:
    """Return the palette for `--color auto|always|never`: auto colours a terminal.

    NO_COLOR, not empty, has it colour nothing (no-color.org); else CLICOLOR_FORCE, not empty and not 0, anything
    (bixense.com/clicolors). A flag outranks both.
    """
    if wanted == "auto":
        if variables.get("NO_COLOR"):
            return Palette(colored=False)
        forced = variables.get("CLICOLOR_FORCE", "") not in {"", "0"}
        return Palette(colored=forced or (stream.isatty() and variables.get("TERM") != "dumb"))
    return Palette(colored=wanted == "always")
