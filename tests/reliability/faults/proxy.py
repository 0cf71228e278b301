"""A proxy between the program and the real API server that does harm: at each request, whatever a test says.

It speaks TLS to the program, since credentials go over nothing else, with the tests' own certificate, and passes on
who asks. What a test does to a request is a `Harm`: a function of the request and of a call that has the real server
answer.
"""

from __future__ import annotations

import http.server
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

    Answer = Callable[[], "Told"]
    Harm = Callable[["Asked", Answer], "Told"]

_NOT_PASSED_ON = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})
_PASSED_BACK = ("Date", "Retry-After", "Content-Type")


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
        """Whether it changes something; to ask what one may do, or what would be, does not."""
        return self.method != "GET" and "dryRun" not in self.query and "accessreviews" not in self.path

    @property
    def about_the_lease(self) -> bool:
        return "/leases" in self.path


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: the real server's, or one that a test makes up."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class ResetError(Exception):
    """Raised by a harm: the connection is reset without an answer."""


class HalfAnsweredError(Exception):
    """Raised by a harm with the whole answer: half of it arrives, then the connection is reset."""

    def __init__(self, told: Told) -> None:
        super().__init__()
        self.told = told


def no_harm(_: Asked, answer: Answer) -> Told:
    """Let the real server answer."""
    return answer()


class Proxy:
    """A running proxy: what was asked so far, and the harm it does, which may be changed at any time."""

    def __init__(self, plane: ControlPlane) -> None:
        self.asked: list[Asked] = []
        self.harm: Harm = no_harm
        self.watches_last = 3600.0
        """Seconds after which a watch that begins is cut off."""
        self.mute = False
        """Whether watches tell nothing, as behind a proxy that buffers them."""
        self.url = ""
        self._upstream = plane.url
        self._pool = urllib3.PoolManager(ca_certs=str(plane.ca_file), maxsize=64, retries=False)
        self._lock = threading.Lock()
        self._watches: set[Any] = set()
        self._open = threading.Event()
        self._open.set()

    @property
    def flags(self) -> list[str]:
        """What sends the program this way."""
        return ["--server", self.url, "--certificate-authority", str(AUTHORITY)]

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Let nothing through, either way, as a dead link does: what was sent into it arrives when this is left."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def cut_watches(self) -> None:
        """End every watch that is open."""
        with self._lock:
            for watch in self._watches:
                _cut(watch)

    def end(self) -> None:
        """Let go of whatever is still held."""
        self._open.set()
        self.cut_watches()
        self._pool.clear()

    # What the handlers of connections do

    def note(self, method: str, target: str) -> Asked:
        """Number a request."""
        with self._lock:
            asked = Asked(len(self.asked) + 1, method, target)
            self.asked.append(asked)
        return asked

    def pass_through(self) -> None:
        """Wait while nothing gets through."""
        self._open.wait()

    def forward(self, asked: Asked, headers: dict[str, str], body: bytes, *, stream: bool = False) -> Any:
        """Send a request on, and return the server's answer."""
        passed = {name: value for name, value in headers.items() if name.lower() not in _NOT_PASSED_ON}
        return self._pool.request(
            asked.method,
            f"{self._upstream}{asked.target}",
            body=body or None,
            headers=passed,
            preload_content=not stream,
            timeout=urllib3.Timeout(connect=10, read=600),
        )

    @contextmanager
    def following(self, watch: Any) -> Iterator[None]:
        """Keep a watch among those that are open; it is cut off once it has lasted long enough."""
        timer = threading.Timer(self.watches_last, _cut, (watch,))
        timer.daemon = True
        timer.start()
        with self._lock:
            self._watches.add(watch)
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                self._watches.discard(watch)
            watch.close()


def _cut(watch: Any) -> None:
    """End a watch, which may be about to end by itself."""
    with suppress(OSError, RuntimeError, ValueError):
        watch.shutdown()


class _Handler(http.server.BaseHTTPRequestHandler):
    proxy: Proxy

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked, headers = self.proxy.note(self.command, self.path), dict(self.headers.items())
        watch: list[Any] = []

        def answer() -> Told:
            self.proxy.pass_through()
            answered = self.proxy.forward(asked, headers, body, stream=asked.watches)
            passed = {name: answered.headers[name] for name in _PASSED_BACK if name in answered.headers}
            if asked.watches and answered.status == 200:
                watch.append(answered)
                return Told(200, b"", passed)
            return Told(answered.status, answered.data, passed)

        try:
            told = self.proxy.harm(asked, answer)
            self.proxy.pass_through()
            self._stream(watch[0]) if watch else self._tell(told)
        except HalfAnsweredError as half:
            self._tell(half.told, len(half.told.body) // 2)
            self._reset()
        except (ResetError, urllib3.exceptions.HTTPError, OSError):
            self._reset()

    def _tell(self, told: Told, most: int | None = None) -> None:
        self.send_response_only(told.status)
        for name, value in {**told.headers, "Content-Length": str(len(told.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(told.body[:most])
        self.wfile.flush()

    def _stream(self, watch: Any) -> None:
        """Pass a watch on as it comes."""
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        with self.proxy.following(watch):
            while chunk := watch.read1(1 << 16):
                self.proxy.pass_through()
                if self.proxy.mute:
                    continue
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _reset(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            # Without lingering, what is closed is reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log_message(self, *_: object) -> None:
        pass

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815


@contextmanager
def proxy_before(plane: ControlPlane) -> Iterator[Proxy]:
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
