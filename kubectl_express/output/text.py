"""Text that is safe and short enough to be shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.parameters import Absent

if TYPE_CHECKING:
    from kubectl_express.core.values import Value


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


def shown(value: Value | Absent) -> str:
    """Return a parameter's value as a person reads it: JSON, with numbers as Go writes them; empty where absent."""
    if isinstance(value, Absent):
        return ""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{shown(key)}: {shown(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    return gojson.encode(value)


def shortened(text: str, width: int) -> str:
    """Return the text, or its beginning and an ellipsis where it is longer than a width."""
    return text if len(text) <= width else f"{text[: width - 1]}…"
