"""Plain tables, as kubectl prints them."""

from __future__ import annotations

from kubectl_express.output.columns import column_widths
from kubectl_express.output.text import printable, shortened
from kubectl_express.output.view import Cell, Table, View

TYPE_CHECKING = False
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
    cut = {index for index in kept if table.columns[index].cut and not wide}
    rows = [[_cut(row[index]) if index in cut else row[index] for index in kept] for row in table.rows]
    if table.heads:
        rows.insert(0, [Cell(table.columns[index].title) for index in kept])
    widths = column_widths([[printable(cell.text) for cell in row] for row in rows], heads=table.heads)
    if table.above is not None and len(table.above.widths) == len(widths):
        widths = [max(pair) for pair in zip(table.above.widths, widths, strict=True)]
    table.widths = widths
    return "\n".join(_line(row, widths, palette) for row in rows)


def _cut(cell: Cell) -> Cell:
    return Cell(shortened(cell.text, _WIDEST), cell.style)


def _line(row: Sequence[Cell], widths: Sequence[int], palette: Palette) -> str:
    """Return the row's cells below each other's; what colours them takes no room."""
    room = (" " * (width - len(printable(cell.text))) for cell, width in zip(row, widths, strict=True))
    return "  ".join(f"{palette.paint(cell)}{blank}" for cell, blank in zip(row, room, strict=True)).rstrip()
