"""Markdown, for a pull request's comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabulate import tabulate

from kubectl_express.output.text import printable
from kubectl_express.output.view import Table, View

if TYPE_CHECKING:
    from kubectl_express.output.palette import Palette

_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|#"})


def render(view: View, palette: Palette) -> str:
    """Return the view's blocks, tables as GitHub's; text that Markdown would take as markup is escaped."""
    blocks = []
    for block in view.blocks:
        if isinstance(block, Table):
            heads = [column.title.capitalize() for column in block.columns]
            rows = [[_plain(cell.text) for cell in row] for row in block.rows]
            blocks.append(tabulate(rows, heads, tablefmt="github", disable_numparse=True))
        else:
            blocks.append("\n".join(f"{_plain(line.text)}  " if line.text else "" for line in block.lines).rstrip())
    return "".join(f"{block}\n" for block in "\n\n".join(block for block in blocks if block).split("\n"))


def _plain(text: str) -> str:
    return printable(text).translate(_SPECIAL)
