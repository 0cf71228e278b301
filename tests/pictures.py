"""Pictures of a terminal: what a program wrote on one, as SVG with text that can be selected, for a page to show.

A dark window with an edge, so that it is readable on light and dark pages. Every column of a table has a place and a
width of its own, so that it stands straight in whatever monospace font the reader has.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

import pyte

from tests.documents import alike

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COLUMNS = 112
_LINES = 80
"""More than any picture has: nothing scrolls away."""
_COLUMN, _LINE = 8.43, 19
"""The size of a character of 14 px in most monospace fonts, and of a line."""
_LEFT, _TOP, _BOTTOM = 18, 62, 8
_FAINT = re.compile(r"\x1b\[2m")
_TEXT = re.compile(r"\S+(?: \S+)* *")
_PLACES = re.compile(r' (?:x|textLength)="[\d.]+"')
_VARIES = re.compile(r"\b\d+(?:\.\d|m\d+)?s\b")
_LOOKS = """\
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d6dae2;white-space:pre}
.window{fill:#1b1f27;stroke:#767d89}.head{font:13px system-ui,sans-serif;fill:#9aa2b0;text-anchor:middle}
.button{fill:#4a515e}.cursor{fill:#d6dae2}.bold{font-weight:600;fill:#fff}
.green{fill:#8ccf87}.brown{fill:#e5c06f}.red{fill:#f48a81}.brightblack{fill:#98a0ae}"""


def screen(written: str) -> pyte.Screen:
    """Return the screen of a terminal after all this was written to it, in a program's own bytes."""
    shown = pyte.Screen(COLUMNS, _LINES)
    # It knows no faint text: grey stands for it.
    pyte.Stream(shown).feed(_FAINT.sub("\x1b[90m", written))
    return shown


def picture(shown: pyte.Screen, head: str, told: str, *, asks: bool = False) -> str:
    """Return a screen as SVG: with a head, and for who cannot see it, told in a sentence.

    With `asks` the cursor is shown where an answer would be typed.
    """
    lines = [_line(shown.buffer[number], number) for number in range(_LINES)]
    count = max((number for number, line in enumerate(lines, 1) if line), default=1)
    width, height = round(COLUMNS * _COLUMN + 2 * _LEFT), _TOP + count * _LINE + _BOTTOM
    cursor = _cursor(shown) if asks else ""
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="head told">',
            f'<title id="head">{escape(head)}</title>',
            f'<desc id="told">{escape(told)}</desc>',
            f"<style>{_LOOKS}</style>",
            f'<rect class="window" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="9"/>',
            *(f'<circle class="button" cx="{x}" cy="19" r="6"/>' for x in (22, 42, 62)),
            f'<text class="head" x="{width // 2}" y="24">{escape(head)}</text>',
            *([cursor] if cursor else []),
            *(line for line in lines if line),
            "</svg>",
            "",
        ]
    )


def lasting(drawn: str) -> list[str]:
    """Return the lines of a picture without what differs from run to run: times, versions, and where they stand."""
    return alike(_VARIES.sub("(seconds)", _PLACES.sub("", drawn))).splitlines()


def _cursor(shown: pyte.Screen) -> str:
    x, y = _LEFT + shown.cursor.x * _COLUMN, _TOP + shown.cursor.y * _LINE - 14
    return f'<rect class="cursor" x="{x:.1f}" y="{y}" width="{_COLUMN}" height="{_LINE - 1}"/>'


def _line(line: Mapping[int, pyte.screens.Char], number: int) -> str:
    pieces = [
        f'<tspan x="{_LEFT + column * _COLUMN:.1f}" textLength="{len(text) * _COLUMN:.1f}"{look}>'
        f"{escape(text, quote=False)}</tspan>"
        for start, look, piece in _painted(line)
        for column, text in ((start + found.start(), found[0]) for found in _TEXT.finditer(piece))
    ]
    return f'<text y="{_TOP + number * _LINE}" xml:space="preserve">{"".join(pieces)}</text>' if pieces else ""


def _painted(line: Mapping[int, pyte.screens.Char]) -> Iterator[tuple[int, str, str]]:
    """Yield the pieces of a line that look the same, each with where it begins; not the spaces at its end."""
    start, looked, piece = 0, "", ""
    end = max((column for column in range(COLUMNS) if line[column].data.strip()), default=-1) + 1
    for column in range(end):
        look = looked if line[column].data.isspace() else _look(line[column])
        if look != looked:
            yield start, looked, piece
            start, looked, piece = column, look, ""
        piece += line[column].data
    yield start, looked, piece


def _look(character: pyte.screens.Char) -> str:
    named = "bold" if character.bold else character.fg
    return "" if named == "default" else f' class="{named}"'
