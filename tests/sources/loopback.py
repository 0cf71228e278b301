"""Small real servers on loopback, for faults and headers that no API server shows: HTTP, HTTPS, and a proxy."""

from __future__ import annotations

import http.server
import json
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CERTIFICATES = Path(__file__).parent / "certificates"
"""An authority, and a server (localhost, 127.0.0.1, api.example.test) and a client (tester of testers) that it vouches
for. They protect nothing."""
AUTHORITY = CERTIFICATES / "authority.crt"
EXPIRED = CERTIFICATES / "expired.crt"
"""Of a client, its own authority, with its key beside it; good until 2021."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    client: str | None
    """The common name in the client's certificate."""

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes = b'{"kind": "Status"}'
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    rest: Iterable[bytes] | None = None
    """What follows the body as it comes, until the connection is closed: of a watch."""


@dataclass(slots=True)
class Loopback:
    """A running server, and what it has received so far."""

    url: str
    received: list[Received] = field(default_factory=list)


@contextmanager
def serving(
    answer: Callable[[Received], Answer] = lambda _: Answer(),
    *,
    tls: bool = False,
    client_certificate: bool = False,
    authority: Path = AUTHORITY,
) -> Iterator[Loopback]:
    """Serve until left; `client_certificate` refuses who shows none of the authority's."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            peer: Any = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
            names = dict(part[0] for part in peer["subject"]) if peer else {}
            request = Received(self.command, self.path, list(self.headers.items()), body, names.get("commonName"))
            server.received.append(request)
            if not self.answered_as_proxy():
                reply = answer(request)
                self.send_response(reply.status)
                length = {"Content-Length": str(len(reply.body))} if reply.rest is None else {"Connection": "close"}
                for name, value in {**length, **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
                for chunk in reply.rest or ():
                    self.wfile.write(chunk)

        def answered_as_proxy(self) -> bool:
            if self.command != "CONNECT":
                return False
            # Whatever the host is called: one that no resolver knows is reached through this proxy alone.
            port = self.path.rpartition(":")[2]
            with socket.create_connection(("127.0.0.1", int(port))) as onward:
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=_pump, args=(onward, self.connection), daemon=True)
                back.start()
                _pump(self.connection, onward)
                back.join()
            self.close_connection = True
            return True

        def log_message(self, *_: object) -> None:
            pass

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = handle_any  # noqa: N815

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    listener.handle_error = lambda *_: None  # type: ignore[method-assign]
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / "server.crt", CERTIFICATES / "server.key")
        if client_certificate:
            context.load_verify_locations(authority)
            context.verify_mode = ssl.CERT_REQUIRED
        listener.get_request = lambda: _handshaken(context, listener.socket)  # type: ignore[method-assign]
    server = Loopback(f"{'https' if tls else 'http'}://127.0.0.1:{listener.server_address[1]}")
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def _handshaken(context: ssl.SSLContext, listener: socket.socket) -> tuple[socket.socket, Any]:
    """Accept a connection and shake hands; of a refusal the client hears, whatever it has sent meanwhile."""
    plain, address = listener.accept()
    connection = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
    # Meanwhile nobody else is let in.
    connection.settimeout(5)
    try:
        connection.do_handshake()
    except OSError:
        # Closed with its request unread, the connection would be reset, and the alert lost on the way.
        with connection, suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
        raise
    connection.settimeout(None)
    return connection, address


@contextmanager
def silent_port() -> Iterator[str]:
    """Listen without ever accepting or answering, and yield the address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def closed_port() -> str:
    """Return an address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def refused(reason: str, message: str, status: int) -> Answer:
    """Return a refusal as the API server words one."""
    body = {"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": status}
    return Answer(json.dumps(body).encode(), status)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    finally:
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
