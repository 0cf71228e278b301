"""Plain tables, as kubectl prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabulate import tabulate

from kubectl_express.output.text import shortened
from kubectl_express.output.view import Cell, Table, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.output.palette import Palette

_WIDEST = 48


def render(view: View, palette: Palette) -> str:
    """Return the view's blocks, with a blank line between; wide columns left out and long values cut."""
    return render_blocks(view, palette, wide=False)


def render_blocks(view: View, palette: Palette, *, wide: bool) -> str:
    """Return the view's blocks as plain text."""
    texts = []
    for block in view.blocks:
        if isinstance(block, Table):
            texts.append(_table(block, palette, wide=wide))
        else:
            texts.append("\n".join(palette.paint(line) for line in block.lines))
    return "".join(f"{text}\n" for text in _spaced(texts))


def _spaced(texts: Sequence[str]) -> list[str]:
    return [f"\n{text}" if number else text for number, text in enumerate(text for text in texts if text)]


def _table(table: Table, palette: Palette, *, wide: bool) -> str:
    kept = [index for index, column in enumerate(table.columns) if wide or not column.wide]
    rows = [
        [_painted(row[index], palette, cut=table.columns[index].cut and not wide) for index in kept]
        for row in table.rows
    ]
    heads = [table.columns[index].title for index in kept] if table.heads else ()
    text = tabulate(rows, heads, tablefmt="plain", disable_numparse=True)
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _painted(cell: Cell, palette: Palette, *, cut: bool) -> str:
    return palette.paint(Cell(shortened(cell.text, _WIDEST), cell.style) if cut else cell)
