"""One API server, spoken to over plain HTTP requests: what is sent and received is JSON, never a client's models."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.sources.answers import LONGEST_WAIT, dated, decode, refusal, seconds_to_wait
from kubectl_express.sources.concealing import concealed
from kubectl_express.sources.connection import CONNECT_SECONDS, SILENCE_SECONDS, Connection, connect
from kubectl_express.sources.credentials import obtain
from kubectl_express.sources.paths import check_path
from kubectl_express.sources.unreachable import UnreachableError, unreachable
from kubectl_express.sources.watch import Watch

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from kubectl_express.core.values import Object
    from kubectl_express.sources.credentials import Credentials
    from kubectl_express.sources.kubeconfig import Access

Query = Mapping[str, str] | Sequence[tuple[str, str]]
Told = TypeVar("Told", bound=ExpressError)

_ATTEMPTS = 10
"""How often a request is sent that the server puts off (429, reading also 5xx, with Retry-After), as client-go does."""
_LATE = 5.0
"""Seconds that an answer may come later than the server may take for it: the link may be slow."""


class Cluster:
    """The API server of one Access. Nothing is imported, run or sent before the first request.

    May be used from several threads. `context` is None where no kubeconfig's context was used.
    """

    patience: float = _ATTEMPTS * LONGEST_WAIT
    """Seconds that a request which the server puts off is waited for in all; set it where the caller waits itself."""

    def __init__(
        self,
        access: Access,
        environ: Mapping[str, str] = os.environ,
        *,
        stdin_taken: bool = False,
        asking: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        """Take the access.

        `stdin_taken` says that standard input is data, so that no credential plugin reads it; `asking` gives a context
        in which one may ask somebody something.
        """
        self.context = access.context
        self.namespace = access.namespace
        self.server = str(access.cluster["server"])
        self._access = access
        self._environ = environ
        self._stdin_taken = stdin_taken
        self._asking = asking
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._expires: datetime | None = None
        self._renewable = False
        self._files: tuple[float, ...] = ()
        self._secrets: frozenset[str] = frozenset()
        self._once: dict[str, Object] = {}
        self._once_lock = threading.Lock()

    def get_once(self, path: str) -> Object:
        """Return the object at a path as it was when first asked for: for what hardly ever changes.

        However many threads ask, it is one request. Raises as `get` does, and asks again after that.
        """
        with self._once_lock:
            if path not in self._once:
                self._once[path] = self.get(path)
            return self._once[path]

    def get(self, path: str, query: Query = ()) -> Object:
        """Return the object at a path of the API. Raises ServerError and UnreachableError."""
        return self._exchange("GET", path, query, None, None, None)[0]

    def send(
        self,
        method: str,
        path: str,
        query: Query,
        body: bytes | None,
        content_type: str,
        *,
        within: float | None = None,
    ) -> Object:
        """Send a body as it is, and return the object answered. It is sent once: a write is never repeated blindly.

        One that the server puts off is sent again, but only `within` so many seconds from now, if that is given; the
        server is told the time that remains, so that it does not act later either.
        """
        return self._exchange(method, path, query, body, content_type, within)[0]

    def get_dated(self, path: str, query: Query = (), *, within: float | None = None) -> tuple[Object, datetime | None]:
        """Return the object at a path, and the server's own time of the answer; None where it does not say."""
        return self._exchange("GET", path, query, None, None, within)

    def watch(self, path: str, query: Query = ()) -> Watch:
        """Return the changes of a list from `resourceVersion` of the query on, as they come."""
        pairs = [*_pairs(query), ("watch", "1")]
        response = self._open("GET", path, pairs, None, None, None, streaming=True)
        if response.status >= 400:
            raise self._refusal(response.status, response.read())
        return Watch(response, self._access.timeout, self._refusal)

    def _exchange(
        self,
        method: str,
        path: str,
        query: Query,
        body: bytes | None,
        content_type: str | None,
        within: float | None,
    ) -> tuple[Object, datetime | None]:
        deadline = None if within is None else time.monotonic() + within
        waited = 0.0
        for attempt in range(1, _ATTEMPTS + 1):
            response = self._open(method, path, query, body, content_type, deadline)
            content = self._read(response)
            wait = seconds_to_wait(response.headers.get("Retry-After", ""))
            put_off = response.status == 429 or (response.status >= 500 and method == "GET")
            if wait is None or not put_off or attempt == _ATTEMPTS or waited + wait > self.patience:
                break
            if deadline is not None and time.monotonic() + wait >= deadline:
                break
            time.sleep(wait)
            waited += wait
        if not 200 <= response.status < 300:
            raise self._refusal(response.status, content, wait or 0.0)
        try:
            return decode(content), dated(response.headers.get("Date", ""))
        except ValueError:
            raise ExpressError(
                f"{self.server} did not answer with a JSON object: is it a Kubernetes API server?"
            ) from None

    def _open(
        self,
        method: str,
        path: str,
        query: Query,
        body: bytes | None,
        content_type: str | None,
        deadline: float | None,
        *,
        streaming: bool = False,
    ) -> Any:
        """Send a request and return the response, whose body is still to be read.

        One that is refused with 401 was not carried out. It is sent once more where a plugin or a file may have other
        credentials by now: a plugin need not say when they expire, and clocks differ.
        """
        check_path(path)
        for again in (False, True):
            connection = self._connected()
            # Only now: a plugin may take a while, and the server is to be told what remains after that.
            remaining = None if deadline is None else deadline - time.monotonic()
            if remaining is not None and remaining <= 0:
                raise UnreachableError(f"not sent to {self.server}: connecting took longer than there was time for")
            response = self._request(
                connection, method, path, _limited(query, remaining), body, content_type, remaining, streaming=streaming
            )
            if response.status != 401:
                break
            self._drop(connection)
            if again or not self._renewable:
                break
            response.close()
        return response

    def _request(
        self,
        connection: Connection,
        method: str,
        path: str,
        pairs: Sequence[tuple[str, str]],
        body: bytes | None,
        content_type: str | None,
        within: float | None,
        *,
        streaming: bool,
    ) -> Any:
        from urllib3 import HTTPHeaderDict, Timeout, exceptions

        limit = self._access.timeout
        headers = HTTPHeaderDict(connection.headers)
        if content_type:
            headers.add("Content-Type", content_type)
        if connection.compressed and not streaming:
            headers.add("Accept-Encoding", "gzip")
        # A watch, too: what is between may have forgotten it, and whoever follows takes it up where it was.
        silence = limit or SILENCE_SECONDS
        if within is not None:
            silence = min(silence, within + _LATE)

        def request() -> Any:
            return connection.pool.urlopen(
                method,
                f"{connection.target}{path}{'?' if pairs else ''}{urlencode(pairs)}",
                body=body,
                headers=headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                timeout=Timeout(connect=min(limit or CONNECT_SECONDS, CONNECT_SECONDS), read=silence),
            )

        try:
            try:
                return request()
            except exceptions.ProtocolError:
                if method != "GET":
                    raise
                # A kept connection that the server had closed meanwhile: reading again is harmless, writing is not.
                return request()
        except (exceptions.HTTPError, OSError) as error:
            raise self._discreet(unreachable(error, self._access)) from None

    def _read(self, response: Any) -> bytes:
        from urllib3 import exceptions

        deadline = time.monotonic() + (self._access.timeout or float("inf"))
        content = bytearray()
        try:
            for chunk in response.stream(1 << 18, decode_content=True):
                content += chunk
                if time.monotonic() > deadline:
                    response.close()
                    raise unreachable(TimeoutError(), self._access)
        except (exceptions.HTTPError, OSError) as error:
            raise self._discreet(unreachable(error, self._access)) from None
        return bytes(content)

    def _connected(self) -> Connection:
        """Return the connection, made anew where a plugin's credentials have expired or a file has changed."""
        with self._lock:
            files = self._changed_at()
            expired = self._expires is not None and datetime.now(timezone.utc) >= self._expires
            if self._connection is None or expired or files != self._files:
                credentials = self._credentials() if self.server.startswith("https:") else None
                self._connection = connect(self._access, credentials)
                self._secrets |= self._connection.secrets
                self._expires, self._files = credentials.expires if credentials else None, files
                self._renewable = credentials is not None and credentials.renewable
            return self._connection

    def _drop(self, connection: Connection) -> None:
        """Have the next request ask for credentials anew, unless another thread has done so meanwhile."""
        with self._lock:
            if self._connection is connection:
                self._connection = None

    def _credentials(self) -> Credentials:
        with self._asking():
            return obtain(self._access.user, self._access.cluster, self._environ, stdin_taken=self._stdin_taken)

    def _changed_at(self) -> tuple[float, ...]:
        keys = ("tokenFile", "client-certificate", "client-key", "certificate-authority")
        paths = [str(entry[key]) for entry in (self._access.user, self._access.cluster) for key in keys if key in entry]
        try:
            return tuple(os.stat(path).st_mtime for path in paths)  # noqa: PTH116
        except OSError:
            # Between two versions of a mounted secret: what is in use stays in use.
            return self._files

    def _refusal(self, status: int, content: bytes, retry_after: float = 0.0) -> ServerError:
        return self._discreet(refusal(status, content, retry_after))

    def _discreet(self, error: Told) -> Told:
        """Return an error without our token or password, which a server, or a proxy before it, may have repeated."""
        error.args = (concealed(str(error), self._secrets),)
        error.prefix = concealed(error.prefix, self._secrets)
        return error


def _limited(query: Query, remaining: float | None) -> list[tuple[str, str]]:
    """Return the query with the server's own limit for the request, whole milliseconds as Go reads durations."""
    if remaining is None:
        return _pairs(query)
    return [*_pairs(query), ("timeout", f"{max(int(remaining * 1000), 1)}ms")]


def _pairs(query: Query) -> list[tuple[str, str]]:
    return list(query.items()) if isinstance(query, Mapping) else list(query)
