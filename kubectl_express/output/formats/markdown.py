"""Markdown, for a pull request's comment."""

from __future__ import annotations

import re

from kubectl_express.output.columns import column_widths
from kubectl_express.output.text import printable
from kubectl_express.output.view import Lines, Table, View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kubectl_express.output.palette import Palette

# Nothing keeps GitHub and GitLab from telling whom an @ names but a character of no width behind it.
_SPECIAL = str.maketrans({**{char: f"\\{char}" for char in "\\`*_[]<>|#~&"}, "@": "@&#8203;"})
_LIST_MARK = re.compile(r"^(?=[-+])")


def render(view: View, palette: Palette) -> str:
    """Return the view's blocks, tables as GitHub's; text that Markdown would take as markup is escaped."""
    blocks = [_table(block) if isinstance(block, Table) else _lines(block) for block in view.blocks]
    return "".join(f"{block}\n" for block in "\n\n".join(filter(None, blocks)).splitlines())


def _table(table: Table) -> str:
    heads = [column.title.capitalize() for column in table.columns]
    rows = [heads, *([_plain(cell.text) for cell in row] for row in table.rows)]
    widths = column_widths(rows, heads=True)
    lines = [" | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows]
    below = "|".join("-" * (width + 2) for width in widths)
    return "\n".join([f"| {lines[0]} |", f"|{below}|", *(f"| {line} |" for line in lines[1:])])


def _lines(block: Lines) -> str:
    if block.verbatim:
        return _fenced("\n".join(printable(line.text) for line in block.lines))
    return "\n".join(f"{_plain(line.text)}  " if line.text else "" for line in block.lines).rstrip()


def _fenced(text: str) -> str:
    """Return a code block; its fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}" if text else ""


def _plain(text: str) -> str:
    return _LIST_MARK.sub(r"\\", printable(text).translate(_SPECIAL))
