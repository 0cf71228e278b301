"""What is to be shown, as data: every output format turns the same view into text.

Classes written out: every command passes through here, and `dataclasses` takes longer to import than some take to run.
"""

from __future__ import annotations

from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.values import Object

API_VERSION = "express/v1"
"""The form of every document that is printed for programs."""


class Style(Enum):
    """What a piece of text means; the palette decides what that looks like."""

    PLAIN = ""
    GOOD = "32"
    CAUTION = "33"
    BAD = "31"
    STRONG = "1"
    FAINT = "2"


class Cell:
    """A piece of text with a meaning."""

    __slots__ = ("style", "text")

    def __init__(self, text: str, style: Style = Style.PLAIN) -> None:
        self.text = text
        self.style = style


class Column:
    """A table's column: a wide one is shown by `-o wide` only, a cut one at full length by `-o wide` only.

    Of details a row may have several lines, or none: they can be folded away.
    """

    __slots__ = ("cut", "detail", "title", "wide")

    def __init__(self, title: str, *, wide: bool = False, cut: bool = False, detail: bool = False) -> None:
        self.title = title
        self.wide = wide
        self.cut = cut
        self.detail = detail


class Table:
    """Rows of cells below their columns; without heads where the table goes on with an earlier one."""

    __slots__ = ("above", "columns", "heads", "rows", "widths")

    def __init__(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, heads: bool = True) -> None:
        self.columns = columns
        self.rows = rows
        self.heads = heads
        self.above: Table | None = None
        """The table that it goes on with, once that is known: its columns are at least as wide."""
        self.widths: Sequence[int] = ()
        """How many characters its columns took when it was drawn."""


class Lines:
    """Text that stands as it is, line by line; verbatim where its indentation and marks are part of what it says."""

    __slots__ = ("lines", "verbatim")

    def __init__(self, lines: Sequence[Cell], *, verbatim: bool = False) -> None:
        self.lines = lines
        self.verbatim = verbatim


class View:
    """One command's result: the document for programs, the names for scripts, and the blocks for people."""

    __slots__ = ("blocks", "document", "names")

    def __init__(self, document: Object, names: Sequence[str] = (), blocks: Sequence[Table | Lines] = ()) -> None:
        self.document = document
        self.names = names
        self.blocks = blocks
