"""The API server as the test bed itself speaks to it: plain requests, independent of the program under test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import urllib3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Object = dict[str, Any]

MERGE_PATCH = "application/merge-patch+json"


class RequestFailedError(Exception):
    """The API server answered with a failure."""

    def __init__(self, method: str, path: str, status: int, message: str) -> None:
        super().__init__(f"{method} {path}: {status}: {message}")
        self.status = status


class Api:
    """One user's door to an API server. Safe to use from many threads."""

    def __init__(self, url: str, ca_file: Path, token: str, user_agent: str = "testbed") -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "User-Agent": user_agent}
        self._pool = urllib3.PoolManager(ca_certs=str(ca_file), maxsize=16, retries=False)

    def close(self) -> None:
        self._pool.clear()

    def get(self, path: str) -> Object:
        return self._request("GET", path)

    def find(self, path: str) -> Object | None:
        """Return the object at `path`, or None when there is none."""
        try:
            return self.get(path)
        except RequestFailedError as failure:
            if failure.status != 404:
                raise
            return None

    def create(self, path: str, body: Object) -> Object:
        return self._request("POST", path, body)

    def replace(self, path: str, body: Object) -> Object:
        return self._request("PUT", path, body)

    def patch(self, path: str, body: Object) -> Object:
        """Send a JSON merge patch."""
        return self._request("PATCH", path, body, MERGE_PATCH)

    def delete(self, path: str, body: Object | None = None) -> Object:
        return self._request("DELETE", path, body)

    def watch(self, path: str) -> Iterator[tuple[str, Object]]:
        """Yield (type, object) of every watch event until the server ends the stream; `path` carries the query."""
        response = self._pool.request("GET", self._url + path, headers=self._headers, preload_content=False)
        try:
            if response.status >= 400:
                raise RequestFailedError("WATCH", path, response.status, response.data.decode(errors="replace"))
            for line in _lines(response):
                event = json.loads(line)
                yield event["type"], event["object"]
        finally:
            response.close()

    def text(self, path: str) -> str:
        """Return the answer as it came: not every door answers in JSON."""
        return self._send("GET", path).decode()

    def _request(self, method: str, path: str, body: Object | None = None, media: str = "application/json") -> Object:
        answer: Object = json.loads(self._send(method, path, body, media))
        return answer

    def _send(self, method: str, path: str, body: Object | None = None, media: str = "application/json") -> bytes:
        response = self._pool.request(
            method,
            self._url + path,
            body=None if body is None else json.dumps(body).encode(),
            headers={**self._headers, "Content-Type": media},
        )
        if response.status >= 400:
            raise RequestFailedError(method, path, response.status, response.data.decode(errors="replace"))
        return response.data


def _lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    rest = b""
    for chunk in response.stream(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
