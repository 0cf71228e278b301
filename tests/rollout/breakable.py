"""A way to the API server that a test can break, as networks do, and mend."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


class Breakable:
    """A loopback port that hands everything on to the server behind it, as long as it is whole."""

    def __init__(self, url: str) -> None:
        self._target = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._door.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._broken = False
        threading.Thread(target=self._serve, daemon=True).start()

    def break_off(self) -> None:
        """End every connection, and let none of the new ones through."""
        with self._lock:
            self._broken = True
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            self._open.clear()

    def mend(self) -> None:
        with self._lock:
            self._broken = False

    def close(self) -> None:
        self._door.close()
        self.break_off()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                with self._lock:
                    if self._broken:
                        client.close()
                        continue
                    server = socket.create_connection(self._target)
                    self._open += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=_hand_on, args=(source, sink), daemon=True).start()


def _hand_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(1 << 16):
            sink.sendall(content)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
    source.close()


@contextmanager
def breakable(url: str) -> Iterator[Breakable]:
    """Give a breakable way to a server while the context lasts."""
    way = Breakable(url)
    try:
        yield way
    finally:
        way.close()
