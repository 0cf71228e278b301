"""A rollout whose API server is slow, out of reach, restarted, stopped or without its store: it waits, and says so.

These wait far more than they work, so each of the two tests has all of its troubles at once.
"""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import urllib3

from tests.conftest import CRDS
from tests.e2e.small_system import SmallSystem, SmallSystems, tagged
from tests.reliability.faults.harms import reset_before
from tests.reliability.faults.proofs import PART, Since
from tests.reliability.faults.proxy import no_harm, proxy_before
from tests.reliability.ledger import Row, tell
from tests.testbed.api import RequestFailedError
from tests.testbed.control_plane import ControlPlane, running_control_plane
from tests.testbed.express import Express
from tests.testbed.parts import part
from tests.testbed.programs import Kubectl
from tests.testbed.supervised import Supervised
from tests.testbed.waiting import eventually, remains

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.started import Started
    from tests.reliability.faults.proxy import Answer, Asked, Proxy, Told

UNSURE = "was not renewed for 10 s"
SURE = "the lease is renewed again: it goes on"
HANG = "next, hang"
PAIR = ("be1", "fe1")
FOUR = ("be1", "be2", "fe1", "fe2")


def test_a_rollout_waits_for_a_link_that_is_slow_dead_mute_or_refused_and_goes_on(
    systems: SmallSystems, control_plane: ControlPlane
) -> None:
    troubles = {
        "every request takes 5 s": (_slow, "takes its time: the lease is kept, and nothing halts", 1),
        "a link that is dead for 30 s": (_dead, "says so, applies nothing meanwhile, and goes on", 1),
        "watches that tell nothing": (_mute, "looks at the node in progress every 30 s", 2),
        "Ctrl-C twice on a dead link": (_left, "ends within 25 s, and says what is in progress", 1),
        "connections refused for 66 s": (_refused, "says so, applies nothing meanwhile, and goes on", 1),
    }
    made = [systems(tagged(**dict.fromkeys(PAIR, "0"))) for _ in troubles]
    with ThreadPoolExecutor() as pool:
        waits = [
            pool.submit(trouble, system, control_plane)
            for (trouble, _, _), system in zip(troubles.values(), made, strict=True)
        ]
    for (what, (_, does, tried)), wait in zip(troubles.items(), waits, strict=True):
        wait.result()
        tell(Row(PART, what, does, tried))


def _slow(system: SmallSystem, plane: ControlPlane) -> None:
    since = Since(system, plane)
    with proxy_before(plane) as proxy:
        waiting = HeldBack(proxy)
        proxy.harm = waiting
        ended = system.start("--yes", *proxy.flags, target=tagged(**dict.fromkeys(PAIR, "1"))).end(200)
    assert (ended.code, ended.stderr) == (0, "")
    assert waiting.done > 10
    since.assert_done(PAIR)


class HeldBack:
    """Holds each request back for 5 s, from the first object that is applied on."""

    def __init__(self, proxy: Proxy) -> None:
        self.done = 0
        self._proxy = proxy

    def __call__(self, asked: Asked, answer: Answer) -> Told:
        before = self._proxy.asked[: asked.number]
        if any("/configmaps/" in each.path and each.writes for each in before):
            self.done += 1
            remains(lambda: True, "it is slow", 5)
        return answer()


def _dead(system: SmallSystem, plane: ControlPlane) -> None:
    since = Since(system, plane)
    with proxy_before(plane) as proxy:
        rollout = _hanging(system, proxy)
        with proxy.silence():
            # The pod gets Ready behind its back.
            system.operator.tell("be1", "ok")
            remains(lambda: rollout.running, "it waits", 30)
            rollout.line(UNSURE)
            assert since.begun() == ["be1"]
        rollout.line(SURE)
        assert rollout.end(120).code == 0
    since.assert_done(PAIR)


def _mute(system: SmallSystem, plane: ControlPlane) -> None:
    since = Since(system, plane)
    system.operator.tell("default", "slow: 1")
    with proxy_before(plane) as proxy:
        proxy.mute = True
        ended = system.start("--yes", *proxy.flags, target=tagged(**dict.fromkeys(PAIR, "1"))).end(120)
    assert ended.code == 0, ended
    since.assert_done(PAIR)


def _left(system: SmallSystem, plane: ControlPlane) -> None:
    since = Since(system, plane)
    with proxy_before(plane) as proxy:
        rollout = _hanging(system, proxy)
        with proxy.silence():
            rollout.signal(signal.SIGINT)
            rollout.line("stopping, by Ctrl-C: be1 is seen through")
            rollout.signal(signal.SIGINT)
            ended = rollout.end(25)
    assert ended.code == 4, ended
    assert "in progress (1): be1" in ended.stdout
    system.operator.tell("be1", "ok")
    assert system.run("--yes", target=tagged(**dict.fromkeys(PAIR, "1"))).code == 0
    since.assert_done(PAIR)


def _refused(system: SmallSystem, plane: ControlPlane) -> None:
    since = Since(system, plane)
    with proxy_before(plane) as proxy:
        rollout = _hanging(system, proxy)
        proxy.harm = reset_before
        proxy.cut_watches()
        system.operator.tell("be1", "ok")
        remains(lambda: rollout.running, "it waits", 66)
        rollout.line(UNSURE)
        assert since.begun() == ["be1"]
        proxy.harm = no_harm
        rollout.line(SURE)
        assert rollout.end(120).code == 0
    since.assert_done(PAIR)


def _hanging(system: SmallSystem, proxy: Proxy) -> Started:
    """Start a rollout, and return it when it waits for a pod that does not get Ready."""
    system.operator.tell("be1", HANG)
    rollout = system.start("--yes", *proxy.flags, target=tagged(**dict.fromkeys(PAIR, "1")))
    rollout.line("be1: pod be1-0 is not Ready (ContainerCreating)")
    return rollout


# What happens to the control plane itself, which is one of this test's own


def test_one_rollout_outlives_a_restart_a_stop_and_a_frozen_store(
    zipapp: Path, tools: Path, shiv_root: Path, tmp_path: Path
) -> None:
    with _own_control_plane(tmp_path) as plane:
        api = plane.api()
        systems = SmallSystems(plane, api, Express(zipapp, tools, tmp_path, shiv_root, tmp_path / "none"))
        try:
            system = systems(tagged(**dict.fromkeys(FOUR, "0")))
            _rolled_through(system, plane)
        finally:
            systems.close()
            api.close()
    tell(Row(PART, "the API server restarted while a node is waited for", "takes up its watches and goes on", 1))
    tell(Row(PART, "the API server stopped for 30 s", "says so, applies nothing meanwhile, and goes on", 1))
    tell(Row(PART, "etcd frozen for 20 s", "says so, applies nothing meanwhile, and goes on", 1))


def _rolled_through(system: SmallSystem, plane: ControlPlane) -> None:
    etcd, server = plane.pids
    command = Path(f"/proc/{server}/cmdline").read_text(encoding="utf-8").rstrip("\0").split("\0")
    since = Since(system, plane)
    system.operator.tell("default", HANG)
    rollout = system.start("--yes", target=tagged(**dict.fromkeys(FOUR, "1")))

    rollout.line("be1: pod be1-0 is not Ready (ContainerCreating)")
    os.kill(server, signal.SIGKILL)
    second = Supervised(command, system.folder / "second.log")
    try:
        _release(system, "be1")
        rollout.line("be2: pod be2-0 is not Ready (ContainerCreating)")
        second.stop()
        remains(lambda: rollout.running, "it waits", 30)
        rollout.line(UNSURE)
    finally:
        second.stop()
    third = Supervised(command, system.folder / "third.log")
    try:
        rollout.line(SURE)
        _release(system, "be2")
        rollout.line("fe1: pod fe1-0 is not Ready (ContainerCreating)")
        unsure = rollout.text.count(UNSURE)
        os.kill(etcd, signal.SIGSTOP)
        remains(lambda: rollout.running, "it waits", 20)
        assert rollout.text.count(UNSURE) == unsure + 1
        os.kill(etcd, signal.SIGCONT)
        _release(system, "fe1")
        _release(system, "fe2")
        ended = rollout.end(120)
        assert ended.code == 0, ended
        since.assert_done(FOUR)
    finally:
        os.kill(etcd, signal.SIGCONT)
        third.stop()


def _release(system: SmallSystem, node: str) -> None:
    """Let a node's pod get Ready, as soon as the API server can be told that."""

    def told() -> bool:
        with suppress(RequestFailedError, urllib3.exceptions.HTTPError):
            system.operator.tell(node, "ok")
            return True
        return False

    eventually(told, f"{node} may get Ready", 60, every=0.2)


@contextmanager
def _own_control_plane(folder: Path) -> Iterator[ControlPlane]:
    with running_control_plane(folder) as plane:
        kubectl = Kubectl(part("kubectl"), plane.kubeconfig(folder / "admin", {"testbed": None}), folder)
        kubectl("apply", "--server-side", "-f", CRDS)
        kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", CRDS)
        yield plane
