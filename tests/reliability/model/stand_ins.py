"""What the program has in the place of its connection, clock, threads and waits while it is modelled."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest import mock

from kubectl_express.errors import ExpressError
from kubectl_express.rollout.announcer import Announcer
from kubectl_express.rollout.inbox import Inbox
from kubectl_express.rollout.lease import Lease
from kubectl_express.rollout.observer import Observer
from kubectl_express.rollout.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from typing_extensions import Self

    from kubectl_express.core.lease import Holder
    from kubectl_express.rollout.wishes import Wishes
    from tests.reliability.model.process import Clock, Process
    from tests.reliability.model.server import Server
    from tests.testbed.api import Object


class _Connection:
    """What the program has in the place of a Cluster: its process's requests."""

    context = "yul1"
    namespace = "model"
    server = "https://model.example.com"

    def __init__(self, process: Process, server: Server) -> None:
        self._process = process
        self._server = server
        self._known: dict[str, Object] = {}

    def get_once(self, path: str) -> Object:
        if path not in self._known:
            self._known[path] = self.get(path)
        return self._known[path]

    def get(self, path: str, query: Any = ()) -> Object:
        return self._process.exchange("GET", path, dict(query), None, "", None)

    def send(self, method: str, path: str, query: Any, body: Any, content_type: str, *, within: Any = None) -> Object:
        return self._process.exchange(method, path, dict(query), body, content_type, within)

    def get_dated(self, path: str, query: Any = (), *, within: Any = None) -> tuple[Object, datetime]:
        return self._process.exchange("GET", path, dict(query), None, "", within), self._server.date


class _Thread:
    """A thread that the model runs."""

    def __init__(self, *, target: Callable[..., object], args: tuple[Any, ...] = (), daemon: bool = False) -> None:
        self._target, self._arguments, self._daemon = target, args, daemon

    def start(self) -> None:
        _process().begin(self._target, self._arguments)

    def join(self, timeout: float | None = None) -> None:
        """Nothing is waited for: whatever it would do has been done."""


class _Event(threading.Event):
    """An event that is waited for in the model's time."""

    def wait(self, timeout: float | None = None) -> bool:
        _process().wait(timeout)
        return self.is_set()


class _Inbox(Inbox):
    """An inbox whose waiting is the model's."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        _process().inbox = self

    def hear(self, seconds: float | None = None) -> None:
        process = _process()
        deadline = None if seconds is None else self._clock() + max(seconds, 0.0)
        while not self.news and (deadline is None or self._clock() < deadline):
            process.wait(None if deadline is None else deadline - self._clock())
        process.waits_until = None
        self.catch_up()

    @property
    def news(self) -> bool:
        return not self._news.empty()


def _process() -> Process:
    process: Process = threading.current_thread().process  # type: ignore[attr-defined]
    return process


@contextmanager
def modelled(server: Server, clock: Clock, is_gone: Callable[[Holder], bool]) -> Iterator[None]:
    """Have the program's connections, clocks, threads and waits be the model's while the context lasts."""
    threads = mock.Mock(wraps=threading, Thread=_Thread, Event=_Event)
    rolling, lease = "kubectl_express.commands.rolling", "kubectl_express.rollout.lease"

    @contextmanager
    def signals(_tell: object, wishes: Wishes) -> Iterator[None]:
        _process().wishes = wishes
        yield

    def inline(calls: Sequence[Callable[[], Any]], _at_once: int | None = None) -> list[Any]:
        return [call() for call in calls]

    def announcer(*arguments: Any) -> Announcer:
        made = Announcer(*arguments)
        made.announce = lambda *_arguments, **_more: None  # type: ignore[method-assign]
        return made

    replaced = {
        "kubectl_express.sources.cluster.Cluster": lambda *_arguments, **_more: _Connection(_process(), server),
        f"{rolling}.Inbox": partial(_Inbox, clock),
        f"{rolling}.Observer": partial(Observer, clock=clock),
        f"{rolling}.Session": partial(Session, clock=clock),
        f"{rolling}.Lease": partial(Lease, clock=clock),
        f"{rolling}.Announcer": announcer,
        f"{rolling}.signals_heard": signals,
        f"{lease}.threading": threads,
        "kubectl_express.rollout.observer.threading": threads,
        "kubectl_express.rollout.announcer.threading": threads,
        "kubectl_express.rollout.lease_object.is_gone": is_gone,
        "kubectl_express.commands.rollout.Threads": _Threads,
        "kubectl_express.rollout.turn.together": inline,
        "kubectl_express.rollout.rights.together": inline,
        "kubectl_express.commands.preflight.together": inline,
        "kubectl_express.sources.snapshot.together": inline,
    }
    with ExitStack() as stack:
        for name, value in replaced.items():
            stack.enter_context(mock.patch(name, value))
        yield


class _Threads:
    """Threads that do everything at once, here."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None: ...

    def begin(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Return what holds the result of a call, or raises what it raised."""
        try:
            result = call(*arguments)
        except ExpressError as error:
            return mock.Mock(result=mock.Mock(side_effect=error))
        return mock.Mock(result=mock.Mock(return_value=result))
