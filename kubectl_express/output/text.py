"""Text that is safe and short enough to be shown."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return the text with every character escaped that a terminal might obey: controls, and invisible formatting."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def printable_lines(text: str) -> str:
    """Return text of several lines with each line made printable."""
    return "\n".join(printable(line) for line in text.split("\n"))


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shortened(text: str, width: int) -> str:
    """Return the text, or its beginning and an ellipsis where it is longer than a width."""
    return text if len(text) <= width else f"{text[: width - 1]}…"
