"""Files that are nobody else's business, for as long as they are needed."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def private_folder(prefix: str) -> Iterator[Path]:
    """Give a temporary folder that no other user can look into; it goes with the context, and with the process.

    A process that is told to end by a signal removes it first; nothing can be done about a kill.
    """
    with _unwinding(), tempfile.TemporaryDirectory(prefix=prefix) as folder:
        yield Path(folder)


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that its owner alone can read."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
        file.write(content)


@contextmanager
def _unwinding() -> Iterator[None]:
    """Have a signal that would end the process at once end it by an exception, which cleans up; a second one does."""
    mine = threading.current_thread() is threading.main_thread()
    taken = [each for each in _ENDING if mine and signal.getsignal(each) is signal.SIG_DFL]
    for each in taken:
        signal.signal(each, _end)
    try:
        yield
    finally:
        for each in taken:
            signal.signal(each, signal.SIG_DFL)


def _end(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    # What a shell makes of a process that the signal ended.
    raise SystemExit(128 + number)
