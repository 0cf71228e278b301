"""Markdown, for a pull request's comment."""

from __future__ import annotations

import re

from kubectl_express.output.columns import column_widths
from kubectl_express.output.text import printable
from kubectl_express.output.view import Lines, Table, View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.output.palette import Palette

_SPECIAL = str.maketrans({**{char: f"\\{char}" for char in "\\`*_[]<>|#~&$"}, "\u200b": "&#8203;"})
# Nothing keeps GitHub and GitLab from telling whom an @ names, linking an issue's number and drawing an emoji but a
# character of no width behind the mark. It is copied along, and so stands nowhere else: most emojis have a letter in
# their names, and a time has none.
_NO_WIDTH = "\u200b"
_EMOJI = r":(?=[\w+-]+:)(?=[\d_+-]*[^\W\d_]|(?:100|1234|[+-]1):)"
_REFERENCE = re.compile(rf"@|[#!](?=\d)|\b(?i:GH-)(?=\d)|{_EMOJI}")
# What makes a line a list, a rule, the one above it a heading, or both a table.
_LINE_MARK = re.compile(r"^(?:(?=[-+=]|:-)|\d{1,9}(?=[.)](?: |$)))")


def render(view: View, palette: Palette) -> str:
    """Return the view's blocks, tables as GitHub's; text that Markdown would take as markup is escaped."""
    blocks = [_table(block) if isinstance(block, Table) else _lines(block) for block in view.blocks]
    return "".join(f"{block}\n" for block in "\n\n".join(filter(None, blocks)).splitlines())


def _table(table: Table) -> str:
    """Return the table, and below it, folded, the details of its rows, each behind what the row begins with."""
    details = [index for index, column in enumerate(table.columns) if column.detail]
    if not details:
        return _part(table, range(len(table.columns)))
    main = [index for index in range(len(table.columns)) if index not in details]
    shown = _part(table, main, wanted=main)
    count = sum(any(row[index].text for index in details) for row in table.rows)
    if not count:
        return shown
    summary = f"{table.columns[details[0]].title.capitalize()}s ({count})"
    folded = _part(table, [main[0], *details], wanted=details)
    # What is between the tags is Markdown only with a blank line around it.
    return f"{shown}\n\n<details><summary>{summary}</summary>\n\n{folded}\n\n</details>"


def _part(table: Table, columns: Sequence[int], wanted: Sequence[int] | None = None) -> str:
    """Return some of a table's columns, in rows that have something in one of the wanted ones."""
    heads = [table.columns[index].title.capitalize() for index in columns]
    kept = [row for row in table.rows if wanted is None or any(row[index].text for index in wanted)]
    rows = [heads, *([_plain(row[index].text) for index in columns] for row in kept)]
    widths = column_widths(rows, heads=True)
    lines = [" | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows]
    below = "|".join("-" * (width + 2) for width in widths)
    return "\n".join([f"| {lines[0]} |", f"|{below}|", *(f"| {line} |" for line in lines[1:])])


def _lines(block: Lines) -> str:
    if block.verbatim:
        return _fenced("\n".join(printable(line.text) for line in block.lines))
    # Spaces in front are not shown, and four of them would make the line code.
    lines = (_plain(line.text.lstrip(" ")) for line in block.lines)
    return "\n".join(_LINE_MARK.sub(r"\g<0>\\", line) + "  " if line else "" for line in lines).rstrip()


def _fenced(text: str) -> str:
    """Return a code block; its fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}" if text else ""


def _plain(text: str) -> str:
    apart = _REFERENCE.sub(rf"\g<0>{_NO_WIDTH}", printable(text))
    return apart.translate(_SPECIAL)
