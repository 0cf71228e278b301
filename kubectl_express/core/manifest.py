"""One object of a rendering or of the cluster, with where it stands and the text that says it."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_express.core.values import Object, at, text


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object, and where it stands: `output.yaml:12`, or its resourceVersion in the cluster."""

    object: Object
    where: str = ""
    text: str = ""
    """Its own document, as the chart or the file has it; empty for an item of a List, and for what is live."""

    @property
    def kind(self) -> str:
        """The object's kind, empty where it has none."""
        return text(self.object.get("kind")) or ""

    @property
    def name(self) -> str:
        """The object's name, empty where it has none."""
        return text(at(self.object, "/metadata/name")) or ""
