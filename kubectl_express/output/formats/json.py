"""JSON, one document."""

from __future__ import annotations

import io
import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kubectl_express.output.palette import Palette
    from kubectl_express.output.view import View


def render(view: View, palette: Palette) -> str:
    """Return the view's document, indented as kubectl does; characters beyond printable ASCII are escaped."""
    # Piece by piece: `json.dumps` first makes a list of them all, which takes several times as much memory as the text.
    text = io.StringIO()
    for piece in json.JSONEncoder(indent=4).iterencode(view.document):
        # Python leaves DEL as it is, the one control character that JSON allows.
        text.write(piece.replace("\x7f", "\\u007f"))
    text.write("\n")
    return text.getvalue()
