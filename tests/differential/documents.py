"""Nasty documents, category by category, for the real kubectl and this program to read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count, zip_longest
from typing import TYPE_CHECKING

from tests.differential import nasty_scalars, nasty_streams, nasty_structures

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Nasty:
    """A document, or a stream of several: its name, which its objects' names start with, its category, and its text."""

    name: str
    category: str
    text: str


def corpus() -> list[Nasty]:
    """Return every document, the categories in turns, so that a difference in one of them shows early."""
    specs = {**nasty_scalars.SPECS, **nasty_structures.SPECS}
    categories = {name: [nasty_streams.yaml_object(spec) for spec in texts] for name, texts in specs.items()}
    return list(_named({**categories, **nasty_streams.STREAMS}))


def _named(categories: dict[str, list[str]]) -> Iterable[Nasty]:
    turns = zip_longest(*([(category, text) for text in texts] for category, texts in categories.items()))
    for number, (category, text) in enumerate(pair for turn in turns for pair in turn if pair):
        yield Nasty(f"d{number:04}", category, _completed(text, f"d{number:04}"))


def _completed(text: str, name: str) -> str:
    """Name the objects after their document."""
    objects = count(1)
    return re.sub(nasty_streams.NAME, lambda _: f"{name}-{next(objects)}", text)
