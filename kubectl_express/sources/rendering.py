"""What it means to render a chart, whatever engine does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from kubectl_express.core.settings import ChartSettings


@dataclass(frozen=True, slots=True)
class Release:
    """What is rendered: a chart with values files (in helm's order), as which release, in which namespace."""

    chart: Path
    values: tuple[Path, ...]
    name: str
    namespace: str
    options: ChartSettings
    again: bool = False
    """Whether it is a second render, under conditions that must not matter: of an upgrade, in another time zone."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """The manifests as the engine wrote them, and which engine that was."""

    text: str
    engine: str
    command: tuple[str, ...]


class Engine(Protocol):
    """Something that renders charts."""

    def render(self, release: Release) -> Rendering:
        """Return the rendering, or raise ExpressError with the engine's own message."""

    def version(self) -> str:
        """Return the engine's name and version: `helm v4.3.0`."""
