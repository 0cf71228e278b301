"""How wide a table's columns are."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


_WIDEST = 300
"""Characters; Kubernetes' own names have 253 at most. One of a megabyte would fill every row with blanks."""


def column_widths(rows: Sequence[Sequence[str]], *, heads: bool) -> list[int]:
    """Return how many characters each column needs; a head, where the first row is heads, has room for two more.

    What needs more than any name may have is no measure for the others.
    """
    texts = [[f"{head}  " for head in rows[0]], *rows[1:]] if heads else rows
    return [min(max(map(len, column)), _WIDEST) for column in zip(*texts, strict=True)]
