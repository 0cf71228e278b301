"""Manifests for `kubectl apply -f -`: YAML documents in which programs of several lines stay readable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from kubectl_express.output.formats.yaml import Dumper, represent_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kubectl_express.core.values import Object


class _ManifestDumper(Dumper):
    """Writes what has several lines line by line."""


def _represent_lines(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if "\n" in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    return represent_text(dumper, text)


_ManifestDumper.add_representer(str, _represent_lines)


def manifests(objects: Iterable[Object]) -> str:
    """Return the objects as YAML documents, each behind a `---`."""
    text: str = yaml.dump_all(objects, Dumper=_ManifestDumper, sort_keys=False, width=2**16, explicit_start=True)
    return text
