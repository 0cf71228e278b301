"""Keeping to ourselves what others repeat of our secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTEST = 4
"""Characters: without what is shorter there would be nothing left to read, and it keeps nothing secret."""


def concealed(text: str, secrets: Iterable[str]) -> str:
    """Return a text without the secrets in it, as they are or as JSON has them; a longer one goes before its parts."""
    known = {each for secret in secrets for each in (secret, json.dumps(secret)[1:-1]) if len(secret) >= _SHORTEST}
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, "(hidden)")
    return text
