"""Several things at once, such as reading the cluster while a chart renders."""

from __future__ import annotations

import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import Self

_T = TypeVar("_T")


class Begun(Generic[_T]):
    """A call that runs in a thread of its own."""

    def __init__(self, call: Callable[[], _T]) -> None:
        self._call = call
        self._results: list[_T] = []
        self._error: BaseException | None = None
        # A daemon, unlike a pool's: after Ctrl-C nobody waits for a server that does not answer.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._results.append(self._call())
        except BaseException as error:  # noqa: BLE001  (handed to the thread that waits)
            self._error = error

    def wait(self) -> None:
        """Wait for its end."""
        self._thread.join()

    def result(self) -> _T:
        """Wait for what the call returns, or raise what it raised."""
        self.wait()
        if self._error is not None:
            raise self._error
        return self._results[0]


class Threads:
    """Begins calls in threads. They have ended when this context has, except where Ctrl-C or a signal ends it."""

    def __init__(self) -> None:
        self._begun: list[Begun[Any]] = []

    def __enter__(self) -> Self:
        """Return this."""
        return self

    def begin(self, call: Callable[..., _T], *arguments: object) -> Begun[_T]:
        """Begin a call."""
        begun = Begun(partial(call, *arguments))
        self._begun.append(begun)
        return begun

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for all that was begun: what it reads may be gone after this, such as a temporary folder."""
        if kind is None or issubclass(kind, Exception):
            for begun in self._begun:
                begun.wait()


def together(calls: Sequence[Callable[[], _T]], at_once: int | None = None) -> list[_T]:
    """Return what the calls return, all or so many running at once; raises what the first of them in order raised.

    Behind one that raised no further one begins. All have ended then, except after Ctrl-C or a signal.
    """
    results: dict[int, _T] = {}
    errors: dict[int, Exception] = {}
    to_do = deque(enumerate(calls))

    def work() -> None:
        while to_do and not errors:
            try:
                number, call = to_do.popleft()
            except IndexError:  # Another thread was quicker.
                return
            try:
                results[number] = call()
            except Exception as error:  # noqa: BLE001  (raised in the thread that waits)
                errors[number] = error

    with Threads() as threads:
        workers = [threads.begin(work) for _ in calls[:at_once]]
    for worker in workers:
        worker.result()
    for number in sorted(errors):
        raise errors[number]
    return [results[number] for number in range(len(calls))]
