"""The events of one watch, as an API server sends them."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

from kubectl_express.core.values import Object, mapping
from kubectl_express.sources.answers import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubectl_express.errors import ServerError


class Watch:
    """The events of one watch: an iterator of (type, object) that ends when the server or `close` ends it."""

    def __init__(self, response: Any, limit: float | None, refusal: Callable[[int, bytes], ServerError]) -> None:
        self._response = response
        self._refusal = refusal
        self._closed = False
        self._deadline = time.monotonic() + (limit or float("inf"))

    def __iter__(self) -> Iterator[tuple[str, Object]]:
        """Yield the events. An ERROR event is raised as ServerError: 410 is a resourceVersion that is too old."""
        from urllib3 import exceptions

        rest = b""
        try:
            while chunk := self._response.read1(1 << 16):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if self._closed or time.monotonic() > self._deadline:
                        return
                    event = decode(line)
                    if event.get("type") == "ERROR":
                        status = mapping(event.get("object"))
                        raise self._refusal(int(str(status.get("code") or 500)), json.dumps(status).encode())
                    yield str(event.get("type")), mapping(event.get("object"))
        except (exceptions.HTTPError, OSError, ValueError, AttributeError):
            # Broken off, by the server or by `close` in another thread: it is over, and whoever asks again hears why.
            return
        finally:
            self._response.close()

    def close(self) -> None:
        """End the watch; may be called from another thread than the one that iterates."""
        self._closed = True
        with contextlib.suppress(OSError, RuntimeError, ValueError):
            self._response.shutdown()
