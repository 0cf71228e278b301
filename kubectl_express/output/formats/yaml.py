"""YAML, one document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from kubectl_express.core.values import Object
    from kubectl_express.output.palette import Palette
    from kubectl_express.output.view import View

_PLAIN = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z_/][\w./() -]*(?<! )", re.IGNORECASE | re.ASCII)


class Dumper(yaml.SafeDumper):
    """Quotes every string that one reader or another might take for something else: `1e3`, `on`, `2024-01-01`."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """Return that a value met again is written again."""
        return True


def represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Return a string's scalar, in double quotes unless it is a plain word."""
    style = None if _PLAIN.fullmatch(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, represent_text)


def render(view: View, palette: Palette) -> str:
    """Return the view's document; characters beyond ASCII are escaped."""
    return dump(view.document)


def dump(document: Object, *, readable: bool = False) -> str:
    """Return an object as YAML that every reader takes for the same, keys in their order.

    Characters beyond ASCII are escaped, which programs do not mind, unless it is to be `readable` for people.
    """
    text: str = yaml.dump(document, Dumper=Dumper, sort_keys=False, width=2**16, allow_unicode=readable)
    return text
