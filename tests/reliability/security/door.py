"""A TLS server before the real API server that lets in who shows a certificate, and writes down who asked for what.

It is called by a name that no resolver knows: whoever gets there came through the proxy.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3

from tests.sources.loopback import AUTHORITY, CERTIFICATES, Answer, Loopback, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.sources.loopback import Received
    from tests.testbed.control_plane import ControlPlane

NAME = "api.example.test"
"""The other name in the server's certificate."""
CERTIFICATE, KEY = CERTIFICATES / "client.crt", CERTIFICATES / "client.key"
PROXY_PASSWORD = "canary-of-the-proxy"
_OURS = frozenset({"authorization", "host", "connection", "accept-encoding", "content-length"})


@dataclass(slots=True)
class Door:
    """The server and the proxy; `answer` may be set to have something else answered than the API server would."""

    server: Loopback
    proxy: Loopback
    answer: Callable[[Received], Answer | None] = field(default=lambda _: None)
    watches: list[Any] = field(default_factory=list)
    """The API server's answers that go on."""

    @property
    def url(self) -> str:
        """The address that only the proxy knows the way to."""
        return f"https://{NAME}:{urlsplit(self.server.url).port}"

    @property
    def proxy_url(self) -> str:
        """The proxy's address, with the name and password that it is to be told."""
        return self.proxy.url.replace("//", f"//me:{PROXY_PASSWORD}@")

    def break_off(self) -> None:
        """End every watch, as a server does that goes away."""
        while self.watches:
            with suppress(OSError, RuntimeError, ValueError):
                self.watches.pop().shutdown()

    def forget(self) -> None:
        """Forget who asked so far."""
        self.server.received.clear()
        self.proxy.received.clear()


@contextmanager
def opened(control_plane: ControlPlane) -> Iterator[Door]:
    """Open the door until left. Whoever comes in is the administrator, acting as whom they say."""
    pool = urllib3.PoolManager(ca_certs=str(control_plane.ca_file), maxsize=32)

    def answer(request: Received) -> Answer:
        return door.answer(request) or _handed_on(door, pool, control_plane, request)

    with serving(answer, tls=True, client_certificate=True) as server, serving() as proxy:
        door = Door(server, proxy)
        yield door
    pool.clear()


def _handed_on(door: Door, pool: urllib3.PoolManager, control_plane: ControlPlane, request: Received) -> Answer:
    headers = urllib3.HTTPHeaderDict()
    for name, value in request.headers:
        if name.lower() not in _OURS:
            headers.add(name, value)
    headers["Authorization"] = f"Bearer {control_plane.token}"
    watching = "watch=1" in urlsplit(request.path).query.split("&")
    reply = pool.request(
        request.method,
        f"{control_plane.url}{request.path}",
        body=request.body or None,
        headers=headers,
        preload_content=False,
        redirect=False,
        retries=False,
    )
    kept = {name: reply.headers[name] for name in ("Content-Type", "Date") if name in reply.headers}
    if watching:
        door.watches.append(reply)
        return Answer(b"", reply.status, kept, _following(reply))
    content = reply.read(decode_content=True)
    reply.release_conn()
    return Answer(content, reply.status, kept)


def _following(reply: Any) -> Iterator[bytes]:
    try:
        while chunk := reply.read1(1 << 16):
            yield chunk
    finally:
        reply.close()


def kubeconfig(path: Path, cluster: dict[str, Any], user: dict[str, Any], namespace: str) -> Path:
    """Write a kubeconfig of one context, `yul1`, for its owner alone; return the path."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "yul1",
        "clusters": [{"name": "c", "cluster": cluster}, {"name": "other", "cluster": {"server": "https://nowhere"}}],
        "users": [{"name": "u", "user": user}, {"name": "nobody", "user": {}}],
        "contexts": [
            {"name": "yul1", "context": {"cluster": "c", "user": "u", "namespace": namespace}},
            {"name": "mixed", "context": {"cluster": "other", "user": "nobody", "namespace": namespace}},
        ],
    }
    path.write_text(json.dumps(content))
    path.chmod(0o600)
    return path


def trusted(door: Door) -> dict[str, Any]:
    """Return the kubeconfig's cluster that leads through the proxy to the door."""
    return {"server": door.url, "certificate-authority": str(AUTHORITY), "proxy-url": door.proxy_url}


CARD = {"client-certificate": str(CERTIFICATE), "client-key": str(KEY)}
"""A kubeconfig's user that shows the certificate of `tester`."""
