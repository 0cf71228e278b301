"""Reading back the tables that the program prints, plain and Markdown, as rows of cells by their heads in capitals."""

from __future__ import annotations

import re
from itertools import takewhile

Row = dict[str, str]

_RULE = re.compile(r"\|(-+\|)+")
_UNESCAPED_BAR = re.compile(r"(?<!\\)\|")


def plain_table(text: str, first: str) -> list[Row]:
    """Return the rows below the heads that begin so; raises AssertionError where there are none."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith(f"{first}  ")]
    assert starts, f"no table with the head {first}:\n{text}"
    heads = list(re.finditer(r"\S+(?: \S+)*", lines[starts[0]]))
    ends = [*(head.start() for head in heads[1:]), None]
    rows = []
    for line in lines[starts[0] + 1 :]:
        if not line:
            break
        rows.append({head[0]: line[head.start() : end].strip() for head, end in zip(heads, ends, strict=True)})
    return rows


def markdown_table(text: str, first: str) -> list[Row]:
    """Return the rows below the heads that begin so, escapes undone, with the details that are folded away below them.

    Raises AssertionError where there are none.
    """
    lines = text.splitlines()
    rules = [number for number, line in enumerate(lines) if _RULE.fullmatch(line)]
    starts = [number for number in rules if _cells(lines[number - 1])[0].upper() == first]
    assert starts, f"no table with the head {first}:\n{text}"
    rows = _rows(lines[starts[0] - 1 :])
    rest = lines[starts[0] + 1 + len(rows) :]
    return _with_details(rows, _rows(rest[3:])) if rest[1:2] and rest[1].startswith("<details>") else rows


def _rows(lines: list[str]) -> list[Row]:
    """Return the rows of the table that these lines begin with."""
    heads = [head.upper() for head in _cells(lines[0])]
    table = takewhile(lambda line: line.startswith("|"), lines[2:])
    return [dict(zip(heads, map(unescaped, _cells(line)), strict=True)) for line in table]


def _with_details(rows: list[Row], details: list[Row]) -> list[Row]:
    """Return the rows as the plain table has them: each with its first detail, the others below it."""
    first, *heads = details[0]
    of: dict[str, list[Row]] = {}
    name = ""
    for detail in details:
        name = detail[first] or name
        of.setdefault(name, []).append({head: detail[head] for head in heads})
    empty = [dict.fromkeys(heads, "")]
    return [
        {**(dict.fromkeys(row, "") if number else row), **detail}
        for row in rows
        for number, detail in enumerate(of.get(row[first], empty))
    ]


def unescaped(text: str) -> str:
    """Return Markdown's text without the backslashes before punctuation."""
    return re.sub(r"\\(.)", r"\1", text)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _UNESCAPED_BAR.split(line)[1:-1]]
