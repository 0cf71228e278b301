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


class _Folders:
    """How many there are, so that none is left when the process ends early."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._ending = False

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count one more while the context lasts. Raises SystemExit where the process ends: nobody waits for it."""
        with self._changed:
            if self._ending:
                raise SystemExit
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def await_end(self, seconds: float) -> None:
        """Wait, at most so long, until other threads have removed theirs, and let none be made from now on."""
        with self._changed:
            self._ending = True
            self._changed.wait_for(lambda: self._count == 0, seconds)


_FOLDERS = _Folders()
await_end = _FOLDERS.await_end


@contextmanager
def private_folder(prefix: str) -> Iterator[Path]:
    """Give a temporary folder that no other user can look into; it goes with the context, and with the process.

    A process that is told to end by a signal removes it first; nothing can be done about a kill.
    """
    with _unwinding(), _FOLDERS.counted(), tempfile.TemporaryDirectory(prefix=prefix) as folder:
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
