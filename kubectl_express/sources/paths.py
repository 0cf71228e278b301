"""Paths of the API, in which a name stays a name whoever gave it: a chart, a kubeconfig, a folder's name."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from kubectl_express.errors import ExpressError, ServerError

_PATH = re.compile(r"/|(/[\w.~!$&'()*+,;=:@%-]+)+/?", re.ASCII)


def is_segment(name: str) -> bool:
    """Return whether a name may be part of a path: by apimachinery's IsValidPathSegmentName, and not empty."""
    return name not in {"", ".", ".."} and not {"/", "%"} & set(name)


def segment(name: str) -> str:
    """Return a namespace or name as one part of a path. Raises ExpressError for what would be more, or less."""
    if not is_segment(name):
        raise ExpressError(f'invalid name "{name}": it may not be empty, "." or "..", nor hold "/" or "%"')
    return quote(name, safe="")


def check_path(path: str) -> str:
    """Return a path if it leads where it says. Raises ServerError, as not found, for what a server reads otherwise."""
    plain = unquote(path)
    wanders = {".", ".."} & set(plain.split("/")) or plain.count("/") != path.count("/")
    if wanders or not _PATH.fullmatch(path):
        raise ServerError("NotFound", f'there is no path "{path}": a name or namespace in it is invalid', 404)
    return path
