"""Plain tables with every column, and values at full length."""

from __future__ import annotations

from kubectl_express.output.formats.table import render_blocks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kubectl_express.output.palette import Palette
    from kubectl_express.output.view import View


def render(view: View, palette: Palette) -> str:
    """Return the view's blocks, nothing left out."""
    return render_blocks(view, palette, wide=True)
