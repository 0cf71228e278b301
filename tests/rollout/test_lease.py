"""Leases on the real API server: who gets one, how long it lasts, and what its holder learns."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from kubectl_express.errors import ServerError
from kubectl_express.rollout.control import ask, held
from kubectl_express.rollout.lease import Lease, Timing, passing_time
from kubectl_express.rollout.lease_errors import LeaseHeldError, LeaseLostError, LeaseUnsureError
from kubectl_express.rollout.this_process import is_gone, proof, this_process
from tests.rollout.breakable import Breakable, breakable
from tests.sources.test_cluster import cluster
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kubectl_express.core.lease import Holder, Request
    from kubectl_express.sources.cluster import Cluster
    from tests.testbed.api import Api
    from tests.testbed.control_plane import ControlPlane

SHORT = Timing(duration=3, renew_every=0.2, write_for=1.5)


class Rollout:
    """One that holds a lease, or would: what it was asked, and what woke it."""

    def __init__(self, connection: Cluster, namespace: str, holder: Holder, timing: Timing, clock: Any) -> None:
        self.requests: list[tuple[float, Request]] = []
        self.news: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self.lease = Lease(connection, namespace, holder, self.news.put, self.hear, clock, timing)

    def hear(self, request: Request) -> None:
        self.requests.append((time.monotonic(), request))

    def next(self) -> None:
        self.news.get(timeout=20)()

    def until(self, state: str) -> None:
        """Hear what there is until the lease is in a state."""
        deadline = time.monotonic() + 20
        while self.lease.state != state:
            assert time.monotonic() < deadline
            self.next()


class Start(Protocol):
    """Makes a rollout, not yet holding the lease."""

    def __call__(
        self,
        user: str = "alice",
        *,
        holder: Holder | None = None,
        timing: Timing = SHORT,
        clock: Callable[[], float] = passing_time,
        connection: Cluster | None = None,
    ) -> Rollout: ...


@pytest.fixture
def connection(kubeconfig: Path) -> Cluster:
    return cluster(kubeconfig)


@pytest.fixture
def start(connection: Cluster, namespace: str) -> Iterator[Start]:
    own = connection
    with ExitStack() as started:

        def begin(
            user: str = "alice",
            *,
            holder: Holder | None = None,
            timing: Timing = SHORT,
            clock: Callable[[], float] = passing_time,
            connection: Cluster | None = None,
        ) -> Rollout:
            held_by = holder or elsewhere(this_process(user, step=True, plan="3f2a91b90000"))
            rollout = Rollout(connection or own, namespace, held_by, timing, clock)
            started.callback(rollout.lease.release)
            return rollout

        yield begin


@pytest.fixture
def way(control_plane: ControlPlane) -> Iterator[Breakable]:
    with breakable(control_plane.url) as made:
        yield made


def elsewhere(holder: Holder) -> Holder:
    """Return the holder as if on a host of which nothing can be known here."""
    return replace(holder, host="host7", pid=4711)


def lease_path(namespace: str) -> str:
    return f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/express-rollout"


def renewals(api: Api, namespace: str) -> Any:
    return api.get(lease_path(namespace))["spec"]["renewTime"]


def test_a_second_rollout_is_refused_and_told_who_holds_the_lease_and_when_it_comes_free(
    start: Start, namespace: str
) -> None:
    start(timing=Timing()).lease.acquire()
    with pytest.raises(LeaseHeldError) as refused:
        start("bob").lease.acquire()
    said = str(refused.value)
    assert said.startswith(
        f"rollout of {namespace} is held by alice on host7 (pid 4711, --step, plan 3f2a91b90000) and comes free in 1"
    )
    assert said.endswith(" s unless renewed")


def test_of_two_that_create_the_lease_at_once_one_gets_it(start: Start, connection: Cluster, namespace: str) -> None:
    at_once(start("alice"), start("bob"))


def test_of_two_that_take_over_a_lease_at_once_one_gets_it(start: Start, namespace: str) -> None:
    first = start("carl")
    first.lease.acquire()
    first.lease.release()
    at_once(start("alice"), start("bob"))


def at_once(*rollouts: Rollout) -> None:
    """Let all acquire at the same moment, and see that one of them does and the others are refused."""
    barrier, outcomes = threading.Barrier(len(rollouts)), []

    def acquire(rollout: Rollout) -> None:
        barrier.wait(10)
        try:
            rollout.lease.acquire()
        except LeaseHeldError:
            outcomes.append("refused")
        else:
            outcomes.append("got it")

    threads = [threading.Thread(target=acquire, args=(each,)) for each in rollouts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["got it", *["refused"] * (len(rollouts) - 1)]


def test_a_lease_that_was_let_go_is_free_at_once_and_nothing_asked_of_the_last_holder_is_left(
    start: Start, connection: Cluster, api: Api, namespace: str
) -> None:
    first = start("alice")
    first.lease.acquire()
    ask(connection, namespace, "stop", "bob on host9")
    first.lease.release()
    assert held(connection, namespace) is None
    assert "annotations" not in api.get(lease_path(namespace))["metadata"]

    second = start("carl")
    second.lease.acquire()
    found = held(connection, namespace)
    assert found is not None
    assert (found.holder, found.request) == (second.lease.holder, None)


def test_a_lease_expires_by_the_server_s_clock_its_duration_after_the_last_renewal_and_never_before(
    start: Start, connection: Cluster, api: Api, namespace: str
) -> None:
    first = start("alice", timing=Timing(duration=3, renew_every=600, write_for=600))
    before = time.monotonic()
    first.lease.acquire()
    ask(connection, namespace, "stop", "bob")
    second = start("bob")

    def taken() -> bool:
        try:
            second.lease.acquire()
        except LeaseHeldError:
            return False
        return True

    eventually(taken, "the lease comes free", seconds=10)
    assert 3 <= time.monotonic() - before <= 6
    eventually(lambda: first.lease.state == "lost", "the first holder sees that it is another's")
    with pytest.raises(LeaseLostError) as lost:
        first.lease.within()
    assert "is held by bob on host7" in str(lost.value)
    first.lease.release()
    assert second.lease.within() > 0
    assert second.requests == []
    assert "kubectl-express/request" not in api.get(lease_path(namespace))["metadata"]["annotations"]


def test_a_lease_that_is_renewed_outlives_its_duration(start: Start, api: Api, namespace: str) -> None:
    first = start("alice", timing=Timing(duration=2, renew_every=0.1, write_for=1.5))
    first.lease.acquire()
    seen = set()

    def renewed() -> bool:
        seen.add(renewals(api, namespace))
        return len(seen) > 35

    eventually(renewed, "it is renewed all the time")
    with pytest.raises(LeaseHeldError):
        start("bob").lease.acquire()
    assert 0 < first.lease.within() <= 1.5


def test_each_renewal_is_stamped_by_the_server_and_a_request_is_not_taken_for_one(
    start: Start, connection: Cluster, api: Api, namespace: str
) -> None:
    start("alice", timing=Timing(renew_every=600)).lease.acquire()
    ask(connection, namespace, "pause", "bob")
    entries = {each["manager"]: each for each in api.get(lease_path(namespace))["metadata"]["managedFields"]}
    assert "f:renewTime" in entries["kubectl-express-lease"]["fieldsV1"]["f:spec"]
    assert "f:spec" not in entries["kubectl-express-request"]["fieldsV1"]


def test_the_holder_s_lease_is_free_at_once_where_it_was_a_process_of_this_host_that_is_gone(
    start: Start, connection: Cluster, namespace: str
) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    holder = replace(this_process("alice", step=False, plan="p"), pid=process.pid, process=proof(process.pid) or "")
    start(holder=holder, timing=Timing(renew_every=600)).lease.acquire()
    with pytest.raises(LeaseHeldError):
        start("bob").lease.acquire()

    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(holder)  # As long as nobody has taken note of its end, too.
    process.communicate()
    found = held(connection, namespace)
    assert found is not None
    assert found.gone
    start("bob").lease.acquire()


def test_a_process_is_gone_only_where_that_is_certain() -> None:
    here = this_process("alice", step=False, plan="p")
    assert here.process
    assert not is_gone(here)
    assert is_gone(replace(here, process=here.process + "1"))
    assert not is_gone(replace(here, process=""))
    assert not is_gone(replace(here, host="host7", process=here.process + "1"))
    assert not is_gone(replace(here, process=f"another boot began {here.process.rpartition(' ')[2]}1"))
    assert not is_gone(replace(here, pid=1, process=proof(1) or ""))


def test_no_two_holders_have_one_identity() -> None:
    first, second = (this_process("alice", step=False, plan="p") for _ in range(2))
    assert first.identity != second.identity


def test_a_request_is_heard_at_once_and_told_once(start: Start, connection: Cluster, namespace: str) -> None:
    rollout = start("alice", timing=Timing(renew_every=600))
    rollout.lease.acquire()
    delays = []
    for action in ("pause", "resume", "stop"):
        before = time.monotonic()
        asked = ask(connection, namespace, action, "bob on host9")
        rollout.next()
        delays.append(rollout.requests[-1][0] - before)
        assert asked.holder == rollout.lease.holder
    assert [(each.action, each.by) for _, each in rollout.requests] == [
        ("pause", "bob on host9"),
        ("resume", "bob on host9"),
        ("stop", "bob on host9"),
    ]
    assert sorted(delays)[1] < 0.5


def test_a_request_made_while_the_holder_renews_is_told_once_and_kept(
    start: Start, connection: Cluster, api: Api, namespace: str
) -> None:
    rollout = start("alice", timing=Timing(renew_every=0.02))
    rollout.lease.acquire()
    ask(connection, namespace, "pause", "bob")
    rollout.next()
    seen = renewals(api, namespace)
    eventually(lambda: renewals(api, namespace) != seen, "it is renewed after the request")
    assert [each.action for _, each in rollout.requests] == ["pause"]
    assert rollout.news.empty()
    assert "pause" in api.get(lease_path(namespace))["metadata"]["annotations"]["kubectl-express/request"]
    assert rollout.lease.state == "held"


def test_what_others_put_into_the_lease_stays(start: Start, api: Api, namespace: str) -> None:
    rollout = start("alice", timing=Timing(renew_every=0.05))
    rollout.lease.acquire()
    api.patch(lease_path(namespace), {"metadata": {"labels": {"team": "x"}, "annotations": {"note": "y"}}})
    seen = renewals(api, namespace)
    eventually(lambda: renewals(api, namespace) != seen, "it is renewed after the change")
    rollout.lease.release()
    metadata = api.get(lease_path(namespace))["metadata"]
    assert (metadata["labels"], metadata["annotations"]) == ({"team": "x"}, {"note": "y"})


def test_a_lease_that_somebody_deletes_is_lost_and_not_made_anew(start: Start, api: Api, namespace: str) -> None:
    rollout = start("alice", timing=Timing(renew_every=0.02))
    rollout.lease.acquire()
    api.delete(lease_path(namespace))
    rollout.next()
    assert rollout.lease.state == "lost"
    with pytest.raises(LeaseLostError, match="it was deleted"):
        rollout.lease.within()
    rollout.lease.release()
    assert api.find(lease_path(namespace)) is None


def test_a_lease_deleted_without_a_watch_s_telling_is_not_made_anew_by_the_next_renewal(
    start: Start, api: Api, namespace: str
) -> None:
    rollout = start("alice", timing=Timing(renew_every=0.3))
    rollout.lease.acquire()
    rollout.lease._watch.stop()
    api.delete(lease_path(namespace))
    rollout.until("lost")
    assert api.find(lease_path(namespace)) is None


def test_a_rollout_learns_by_its_next_renewal_what_no_watch_tells(
    start: Start, api: Api, connection: Cluster, namespace: str
) -> None:
    rollout = start("alice", timing=Timing(renew_every=0.3))
    rollout.lease.acquire()
    rollout.lease._watch.stop()
    ask(connection, namespace, "pause", "bob")
    rollout.next()
    assert [each.action for _, each in rollout.requests] == ["pause"]
    api.patch(lease_path(namespace), {"spec": {"holderIdentity": "carl"}})
    rollout.until("lost")
    with pytest.raises(LeaseLostError, match="held by somebody on carl"):
        rollout.lease.within()


def test_a_lease_is_refused_where_the_namespace_is_missing(connection: Cluster) -> None:
    rollout = Rollout(connection, "nowhere", this_process("alice", step=False, plan="p"), SHORT, passing_time)
    with pytest.raises(ServerError, match="nowhere"):
        rollout.lease.acquire()
    rollout.lease.release()


def test_after_an_outage_the_holder_goes_on_where_nobody_took_the_lease(
    start: Start, way: Breakable, kubeconfig: Path, connection: Cluster, namespace: str
) -> None:
    rollout = start("alice", connection=cluster(kubeconfig, server=way.url))
    rollout.lease.acquire()
    way.break_off()
    ask(connection, namespace, "stop", "bob")
    rollout.until("unsure")
    with pytest.raises(
        LeaseUnsureError, match=rf"^the lease on the rollout of {namespace} was not renewed for [\d.]+ s: "
    ):
        rollout.lease.within()
    way.mend()
    rollout.until("held")
    assert rollout.lease.within() > 0
    while not rollout.requests:
        rollout.next()
    assert [each.action for _, each in rollout.requests] == ["stop"]


def test_after_an_outage_the_lease_is_lost_where_somebody_took_it(
    start: Start, way: Breakable, kubeconfig: Path, namespace: str
) -> None:
    rollout = start("alice", connection=cluster(kubeconfig, server=way.url))
    rollout.lease.acquire()
    way.break_off()
    rollout.until("unsure")
    second = start("bob")

    def taken() -> bool:
        try:
            second.lease.acquire()
        except LeaseHeldError:
            return False
        return True

    eventually(taken, "the lease comes free")
    assert rollout.lease.state == "unsure"
    way.mend()
    rollout.until("lost")
    with pytest.raises(LeaseLostError, match="held by bob on host7"):
        rollout.lease.within()
    assert second.lease.state == "held"


def test_letting_go_of_a_lease_is_quick_and_silent_where_the_server_is_out_of_reach(
    start: Start, way: Breakable, kubeconfig: Path
) -> None:
    rollout = start("alice", connection=cluster(kubeconfig, server=way.url))
    rollout.lease.acquire()
    way.break_off()
    before = time.monotonic()
    rollout.lease.release()
    assert time.monotonic() - before < 5


def test_time_in_which_the_machine_slept_counts(start: Start) -> None:
    slept = [0.0]
    rollout = start("alice", timing=Timing(renew_every=600), clock=lambda: passing_time() + slept[0])
    rollout.lease.acquire()
    assert 9 < rollout.lease.within() <= 10
    slept[0] = 10.0
    with pytest.raises(LeaseUnsureError):
        rollout.lease.within()
