"""A proxy between the program and the real API server that lets weather happen: at each request, whatever a test says.

It speaks TLS to the program, since credentials go over nothing else, with the tests' own certificate, and passes on who
asks. What a test does to a request is a weather: a function that gets the request, and a call that has the real server
answer it.
"""

from __future__ import annotations

import http.server
import json
import socket
import ssl
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import urllib3

from tests.sources.loopback import AUTHORITY, CERTIFICATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.testbed.control_plane import ControlPlane

_NOT_PASSED_ON = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of the program: its place among all, from 1, and what it asks."""

    number: int
    method: str
    target: str

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def watches(self) -> bool:
        return self.query.get("watch") in {"1", "true"}

    @property
    def writes(self) -> bool:
        return self.method != "GET" and "dryRun" not in self.query


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: the real server's, or one that a test makes up."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def refusal(status: int, reason: str, message: str, **headers: str) -> Told:
    """Return a failure as an API server words one; `Retry_After="1"` is a header."""
    failure = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
    body = json.dumps({**failure, "reason": reason, "message": message, "code": status}).encode()
    return Told(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class Cut(Exception):  # noqa: N818 - what happens to a connection is no error here
    """Raised by a weather: the connection is reset, without an answer."""


class Swallowed(Exception):  # noqa: N818
    """Raised by a weather: nothing is answered, and the connection stays open until the proxy ends."""


def fine(_: Asked, answer: Callable[[], Told]) -> Told:
    """Let the real server answer."""
    return answer()


class Proxy:
    """A running proxy: what was asked so far, and the weather, which may be changed at any time."""

    def __init__(self, plane: ControlPlane) -> None:
        self.asked: list[Asked] = []
        self.weather: Callable[[Asked, Callable[[], Told]], Told] = fine
        self.watches_last = float("inf")
        """Seconds after which every watch is cut off."""
        self.url = ""
        self._upstream = plane.url
        self._pool = urllib3.PoolManager(ca_certs=str(plane.ca_file), maxsize=32, retries=False)
        self._lock = threading.Lock()
        self._ended = threading.Event()

    @property
    def flags(self) -> list[str]:
        """What sends the program this way."""
        return ["--server", self.url, "--certificate-authority", str(AUTHORITY)]

    def note(self, method: str, target: str) -> Asked:
        """Number a request."""
        with self._lock:
            asked = Asked(len(self.asked) + 1, method, target)
            self.asked.append(asked)
        return asked

    def upstream(self, asked: Asked, headers: dict[str, str], body: bytes, *, stream: bool = False) -> Any:
        """Send a request on."""
        own = {name: value for name, value in headers.items() if name.lower() not in _NOT_PASSED_ON}
        return self._pool.request(
            asked.method,
            f"{self._upstream}{asked.target}",
            body=body or None,
            headers=own,
            preload_content=not stream,
            timeout=urllib3.Timeout(connect=10, read=120),
        )

    def end(self) -> None:
        """Let go of who is still waiting."""
        self._ended.set()
        self._pool.clear()

    def wait_for_end(self) -> None:
        """Wait until the proxy ends."""
        self._ended.wait(300)


class _Handler(http.server.BaseHTTPRequestHandler):
    proxy: Proxy

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = self.proxy.note(self.command, self.path)
        headers = dict(self.headers.items())
        try:
            if asked.watches:
                self._stream(asked, headers)
                return

            def answer() -> Told:
                answered = self.proxy.upstream(asked, headers, body)
                kept = {name: answered.headers[name] for name in ("Date", "Retry-After") if name in answered.headers}
                return Told(answered.status, answered.data, kept)

            self._tell(self.proxy.weather(asked, answer))
        except Cut:
            self._reset()
        except Swallowed:
            self.proxy.wait_for_end()
            self.close_connection = True
        except (urllib3.exceptions.HTTPError, OSError):
            self.close_connection = True

    def _tell(self, told: Told) -> None:
        self.send_response_only(told.status)
        every = {"Content-Type": "application/json", **told.headers, "Content-Length": str(len(told.body))}
        for name, value in every.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(told.body)
        self.wfile.flush()

    def _stream(self, asked: Asked, headers: dict[str, str]) -> None:
        """Pass a watch on, event by event; its weather decides before it begins."""
        told: list[Any] = []

        def answer() -> Told:
            told.append(self.proxy.upstream(asked, headers, b"", stream=True))
            return Told(told[0].status, b"")

        begun = self.proxy.weather(asked, answer)
        if not told:
            self._tell(begun)
            return
        upstream = told[0]
        self.send_response_only(upstream.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        timer = threading.Timer(min(self.proxy.watches_last, 3600), upstream.shutdown)
        timer.daemon = True
        timer.start()
        try:
            while chunk := upstream.read1(1 << 16):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        finally:
            timer.cancel()
            upstream.close()

    def _reset(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            # No lingering: what is closed so is reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, *_: object) -> None:
        pass

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815


@contextmanager
def passing(plane: ControlPlane) -> Iterator[Proxy]:
    """Run a proxy before a control plane until left."""
    proxy = Proxy(plane)

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy}))
    listener.daemon_threads = True
    listener.handle_error = lambda *_: None  # type: ignore[method-assign]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.crt", CERTIFICATES / "server.key")
    listener.socket = context.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
    proxy.url = f"https://127.0.0.1:{listener.server_address[1]}"
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.end()
        listener.shutdown()
        thread.join()
        listener.server_close()
