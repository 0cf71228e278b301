"""The output formats, by the name that `-o` takes. Each is a function from a view to text that ends with a newline."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.output.palette import Palette
    from kubectl_express.output.view import View

    Format = Callable[[View, Palette], str]
    """Turns a view into text, which ends with a newline unless it is empty."""

FORMATS = ("table", "wide", "json", "yaml", "name", "markdown")
"""Each is the module of that name in this package, imported where it is used."""


def find_format(name: str) -> Format:
    """Return the format of a name in `FORMATS`."""
    found: Format = import_module(f"{__name__}.{name}").render
    return found
