"""What is to be shown, as data: every output format turns the same view into text."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.values import Object


class Style(Enum):
    """What a piece of text means; the palette decides what that looks like."""

    PLAIN = ""
    GOOD = "32"
    CAUTION = "33"
    BAD = "31"
    STRONG = "1"
    FAINT = "2"


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text with a meaning."""

    text: str
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column: a wide one is shown by `-o wide` only, a cut one at full length by `-o wide` only."""

    title: str
    wide: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells below their columns; without heads where the table goes on with an earlier one."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    heads: bool = True


@dataclass(frozen=True, slots=True)
class Lines:
    """Text that stands as it is, line by line; verbatim where its indentation and marks are part of what it says."""

    lines: Sequence[Cell]
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """One command's result: the document for programs, the names for scripts, and the blocks for people."""

    document: Object
    names: Sequence[str] = ()
    blocks: Sequence[Table | Lines] = field(default_factory=tuple)
