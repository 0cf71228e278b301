"""Names only, one a line, as `kubectl get -o name` writes them."""

from __future__ import annotations

from kubectl_express.output.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kubectl_express.output.palette import Palette
    from kubectl_express.output.view import View


def render(view: View, palette: Palette) -> str:
    """Return the view's names."""
    return "".join(f"{printable(name)}\n" for name in view.names)
