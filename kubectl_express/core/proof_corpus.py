"""Values on which programs that hash JSON are known to part ways, for a proof at the user's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kubectl_express.core.values import Value

CORPUS: tuple[Value, ...] = (
    {},
    [],
    {"null": None, "yes": True, "no": False, "empty": "", "nested": {"a": {}, "b": []}},
    {"z": 1, "a": 2, "Z": 3, "é": 4, "10": 5, "9": 6, "\U0001f600": 7, "\uffee": 8},
    {"int": 0, "negative": -1, "2^31": 2147483648, "2^53": 9007199254740992, "large": 1000000, "larger": 5368709120},
    {"half": 0.5, "small": 1e-07, "tiny": 1.5e-300, "huge": 1e21, "below": 1e20, "third": 0.3333333333333333},
    {"html": "<a href='x'>&</a>", "separators": "\u2028\u2029", "mark": "\ufeff", "tab": "a\tb", "lines": "a\nb\r\n"},
    {"quote": '"', "backslash": "\\", "delete": "\x7f", "next line": "\x85", "astral": "\U0001f680"},
    {"date": "2024-01-01", "float": "1e3", "octal": "0777", "word": "on", "time": "1:30", "null": "~"},
)
"""What helm's `toJson` and its hash are compared with ours on; values that YAML's and JSON's readers agree about."""
