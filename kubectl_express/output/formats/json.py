"""JSON, one document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kubectl_express.output.palette import Palette
    from kubectl_express.output.view import View


def render(view: View, palette: Palette) -> str:
    """Return the view's document, indented as kubectl does; characters beyond ASCII are escaped."""
    return json.dumps(view.document, indent=4) + "\n"
