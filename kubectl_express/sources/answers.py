"""What an API server answers: JSON objects, and refusals in kubectl's words."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.values import text
from kubectl_express.errors import ExpressError, ServerError

if TYPE_CHECKING:
    from datetime import datetime

    from kubectl_express.core.values import Object

_REASONS = {
    400: ("BadRequest", "the server rejected our request for an unknown reason"),
    401: ("Unauthorized", "Unauthorized"),
    403: ("Forbidden", "access to the server was denied"),
    404: ("NotFound", "the server could not find the requested resource"),
    405: ("MethodNotAllowed", "the server does not allow this method on the requested resource"),
    409: ("Conflict", "the server reported a conflict"),
    429: ("TooManyRequests", "the server has received too many requests and has asked us to try again later"),
    500: ("InternalError", "an error on the server has prevented the request from succeeding"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: ("Timeout", "the server was unable to return a response in the time allotted"),
}

LONGEST_WAIT = 30.0
"""Seconds that a request is put off at most, whatever the server says."""


def dated(header: str) -> datetime | None:
    """Return the time of a Date header; None where it says none."""
    try:
        date = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return date if date.tzinfo else None


def seconds_to_wait(header: str) -> float | None:
    """Return the seconds of a Retry-After header, as far as they are heeded; None where it says none."""
    return min(float(header), LONGEST_WAIT) if header.isdecimal() else None


def decode(content: bytes) -> Object:
    """Return the JSON object, read as Go reads it.

    Raises ValueError for anything else than an object.
    """
    value = gojson.decode(content.decode())
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004
    return value


def refusal(status: int, content: bytes, retry_after: float = 0.0) -> ServerError:
    """Return the error that a Status object, or a bare HTTP status, stands for, in kubectl's words."""
    reason, message = _REASONS.get(status, ("", f"the server answered with HTTP status {status}"))
    try:
        answer = decode(content)
    except ValueError:
        answer = {}
        words = " ".join(content[:200].decode(errors="replace").split())
        message = f"{message} ({words})" if words and status != 404 else message
    if answer.get("kind") == "Status":
        reason = text(answer.get("reason")) or ""
        message = text(answer.get("message")) or message
    if reason == "Unauthorized":
        error = ServerError(reason, f"You must be logged in to the server ({message})", status)
        error.prefix = ExpressError.prefix
        return error
    return ServerError(reason, message, status, retry_after)
