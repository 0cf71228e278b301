"""The one door to other programs."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


class _Children:
    """The programs that run, so that none is left when this one ends early."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[subprocess.Popen[bytes], Callable[[subprocess.Popen[bytes]], None]] = {}
        """With how each is killed."""
        self._ending = False

    @contextmanager
    def started(
        self,
        start: Callable[[], subprocess.Popen[bytes]],
        kill: Callable[[subprocess.Popen[bytes]], None] = subprocess.Popen.kill,
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start a program and count it among them while the context lasts; an exception in it kills the program.

        Raises SystemExit where they have been ended: this thread is one that nobody waits for, and ends silently.
        """
        with self._lock:  # Whoever ends them misses none that is just being started.
            if self._ending:
                raise SystemExit
            process = start()
            self._running[process] = kill
        try:
            yield process
            process.wait()
        except BaseException:
            kill(process)
            raise
        finally:
            with process:  # Waits for it, and closes its streams.
                del self._running[process]

    def end(self) -> None:
        """Kill those that run, and let none be started from now on."""
        with self._lock:
            self._ending = True
            running = list(self._running.items())
        for process, kill in running:
            kill(process)
            process.wait()


_CHILDREN = _Children()
end_all = _CHILDREN.end
_MOST = 256 << 20
"""Bytes of one stream; a program that writes more will hardly ever end."""


def run(
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    folder: Path | None = None,
    doing: str,
    umask: int = -1,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return what it wrote, read as UTF-8. `umask` is that of its files; -1 is ours.

    Raises ExpressError where it cannot be started or exits with another code than 0: `doing` says what it was for,
    and the program's own words follow.
    """

    def start() -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                command,
                env=dict(variables),
                cwd=folder,
                umask=umask,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise ExpressError(f"{doing}: {command[0]} cannot be started: {error.strerror or error}") from error

    with _CHILDREN.started(start) as process:
        written = _written(process)
    if written is None:
        much = f"it wrote more than {_MOST >> 20} MiB and was ended"
        raise ExpressError(f"{doing}: {Path(command[0]).name} failed: {much}")
    stderr, stdout = (written.pop().decode("utf-8", "surrogateescape") for _ in range(2))
    done = subprocess.CompletedProcess(command, process.returncode, stdout, stderr)
    if done.returncode != 0:
        words = own_words(done.stderr) or _ended(done.returncode)
        raise ExpressError(f"{doing}: {Path(command[0]).name} failed: {words}")
    return done


def run_apart(
    command: Sequence[str], *, variables: Mapping[str, str], stderr: int | None, limit: float | None
) -> subprocess.CompletedProcess[bytes]:
    """Run a program in a session of its own, where the terminal's Ctrl-C does not reach it, and return what it wrote.

    Raises what subprocess.run does, TimeoutExpired included; whatever it has started is ended with it then.
    """

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )

    with _CHILDREN.started(start, kill_session) as process:
        written = process.communicate(timeout=limit)
    return subprocess.CompletedProcess(command, process.returncode, *written)


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill a program that leads a session, and what it has started there; none of that need be left."""
    with suppress(ProcessLookupError, PermissionError):  # The latter is what macOS says of a group that has ended.
        os.killpg(process.pid, signal.SIGKILL)


def _written(process: subprocess.Popen[bytes]) -> list[bytearray] | None:
    """Return what a program wrote to both its streams; None where that would not end, and it was killed."""
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    written = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    with selectors.DefaultSelector() as selector:
        for stream in written:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                piece = os.read(key.fd, 1 << 16)
                written[key.fd] += piece
                if not piece:
                    selector.unregister(key.fd)
                elif len(written[key.fd]) > _MOST:
                    process.kill()
                    return None
    return list(written.values())


def _ended(code: int) -> str:
    if code < 0:
        return f"it was killed by signal {-code} ({signal.strsignal(-code) or 'unknown'})"
    return f"it ended with exit code {code} and no message"


def own_words(stderr: str) -> str:
    """Return what a program said of its failure: without a leading `Error: `, and without a trailing newline."""
    lines = [line for line in stderr.strip().splitlines() if line.strip()]
    errors = [number for number, line in enumerate(lines) if line.startswith(("Error: ", "fatal: ", "error: "))]
    if errors:
        lines = lines[errors[0] :]
        lines[0] = lines[0].partition(": ")[2]
    return "\n".join(lines)
