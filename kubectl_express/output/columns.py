"""How wide a table's columns are."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def column_widths(rows: Sequence[Sequence[str]], *, heads: bool) -> list[int]:
    """Return how many characters each column needs; a head, where the first row is heads, has room for two more."""
    texts = [[f"{head}  " for head in rows[0]], *rows[1:]] if heads else rows
    return [max(map(len, column)) for column in zip(*texts, strict=True)]
