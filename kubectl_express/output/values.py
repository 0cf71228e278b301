"""Parameters' values as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.parameters import Absent

if TYPE_CHECKING:
    from kubectl_express.core.values import Value


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
