"""JSON, one document."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kubectl_express.output.palette import Palette
    from kubectl_express.output.view import View


def render(view: View, palette: Palette) -> str:
    """Return the view's document, indented as kubectl does; characters beyond printable ASCII are escaped."""
    # Python leaves DEL as it is, the one control character that JSON allows.
    return json.dumps(view.document, indent=4).replace("\x7f", "\\u007f") + "\n"
