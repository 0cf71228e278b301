"""A node on the real API server, applied as a rollout applies it, and judged by the gate as things happen."""

from __future__ import annotations

import time
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from kubectl_express.core.gate import Outcome, Verdict, Wanted, judge
from kubectl_express.core.settings import Settings
from kubectl_express.core.values import mapping
from kubectl_express.rollout.observer import Observer
from kubectl_express.sources.snapshot import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubectl_express.core.gate import Facts
    from kubectl_express.sources.cluster import Cluster
    from tests.testbed.api import Api, Object

A, B = "aaaaaaaaaa", "bbbbbbbbbb"
SPEC = {"image": {"repository": "express", "tag": "9"}}


class Gated:
    """The backend be1 of a namespace; the test's thread owns what is seen of it."""

    def __init__(self, api: Api, namespace: str, connection: Cluster, settings: Settings | None = None) -> None:
        self.api = api
        self.path = f"/apis/express.example.com/v1/namespaces/{namespace}/backends"
        self.pods = f"/api/v1/namespaces/{namespace}/pods"
        self.later = 0.0
        """Seconds by which the observer's clock is ahead, for what only time can show."""
        self._settings = settings or Settings()
        self._connection = connection
        self._namespace = namespace
        self._told: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._observer: Observer | None = None
        self._wanted = Wanted("be1", A)

    @contextmanager
    def observed(self) -> Iterator[None]:
        """Observe the node, which must not change until the test applies it."""
        snapshot = read(
            self._connection,
            self._namespace,
            group="express.example.com",
            version="v1",
            kinds=("Backend", "Frontend"),
            config_map_selector="express.example.com/revisions=true",
            pod_selector=self._settings.pods.node_label,
        )
        self._observer = Observer(
            self._connection, snapshot, self._settings, self._told.put, lambda: time.monotonic() + self.later
        )
        self._observer.start()
        try:
            yield
        finally:
            self._observer.close()

    def create(self, revision: str = A) -> None:
        """Create the node behind the observer's back."""
        body = {"apiVersion": "express.example.com/v1", "kind": "Backend", "metadata": {"name": "be1"}}
        self.api.create(self.path, body | {"spec": {**SPEC, "deploymentRevision": revision}})

    def set(self, **spec: Any) -> Object:
        """Change the node as somebody else; return it."""
        return self.api.patch(f"{self.path}/be1", {"spec": spec})

    def apply(self, revision: str, **spec: Any) -> None:
        """Apply the node as a rollout does: its pods listed before, its answer and its pods read after."""
        assert self._observer
        before = self._observer.pods_afresh("be1")
        live = self.api.get(f"{self.path}/be1")
        answer = self.set(deploymentRevision=revision, **spec)
        self._wanted = Wanted(
            "be1",
            revision,
            self._settings.pods.per_node,
            uid=answer["metadata"]["uid"],
            generation=answer["metadata"]["generation"],
            changed=answer["metadata"]["generation"] != live["metadata"]["generation"],
            before=before,
        )
        self._observer.refresh("be1", answer)

    @property
    def facts(self) -> Facts:
        """What is seen of the node."""
        assert self._observer
        return self._observer.node("be1")

    @property
    def verdict(self) -> Verdict:
        """What the gate says of that."""
        return judge(self._wanted, self.facts, self._settings.resources.revision_path)

    def waits_for(self, reason: str) -> Verdict:
        """Follow the node until the gate waits for a reason that begins so; it must not pass on the way."""
        return self._follow(lambda verdict: verdict.reason.startswith(reason), Outcome.WAITING)

    def passes(self) -> Facts:
        """Follow the node until it passes; return what was seen then."""
        self._follow(lambda verdict: verdict.outcome is Outcome.PASSED, Outcome.PASSED)
        return self.facts

    def fails(self) -> str:
        """Follow the node until the gate fails it; return why. It must not pass on the way."""
        return self._follow(lambda verdict: verdict.outcome is Outcome.FAILED, Outcome.FAILED).reason

    def sees(self, until: Callable[[], object]) -> None:
        """Follow the node until something is so, whatever the gate says."""
        while not until():
            self._hear()

    def follow(self, until: Callable[[], object]) -> None:
        """Follow the node until something is so; the gate must not pass it on the way."""
        while not until():
            assert self.verdict.outcome is not Outcome.PASSED
            self._hear()

    def follow_status(self, claims: Object) -> None:
        """Follow the node until its status claims so much."""

        def claimed() -> bool:
            status = mapping(mapping(self.facts.resource).get("status"))
            return claims.items() <= status.items()

        self.follow(claimed)

    def _follow(self, until: Callable[[Verdict], bool], ending: Outcome) -> Verdict:
        while not until(verdict := self.verdict):
            assert verdict.outcome is Outcome.WAITING, verdict.reason
            self._hear()
        assert verdict.outcome is ending, verdict.reason
        return verdict

    def _hear(self) -> None:
        try:
            self._told.get(timeout=30)()
        except Empty:
            raise AssertionError(f"nothing has happened for 30 s; the gate says: {self.verdict.reason}") from None
