"""A rollout over links and servers that fail now and then: it goes on as if they had not."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_system import tagged
from tests.reliability.faults.harms import (
    Once,
    Sometimes,
    Stale,
    gone_midway,
    half_answered,
    one_of,
    refusing,
    reset_after,
    reset_before,
)
from tests.reliability.faults.proofs import PART, Since
from tests.reliability.ledger import Row, scale, tell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.reliability.faults.proxy import Answer, Asked, Harm, Proxy, Told
    from tests.testbed.control_plane import ControlPlane

SEED = 8
NODES = ("be1", "be2", "fe1")


def any_request(_: Asked) -> bool:
    return True


def a_watch(asked: Asked) -> bool:
    return asked.watches


AGAIN = "asks again"
AFTER = "asks again once the server's time is over"
DONE = "asks again, and finds it done"
ANEW = "lists again, and watches from there"
SAYS = "to be tried again: "
SOMETIMES: dict[str, tuple[Harm, Callable[[Asked], bool], str, str]] = {
    "429 with Retry-After": (refusing(429, Retry_After="1"), any_request, AFTER, ""),
    "503 with Retry-After": (refusing(503, Retry_After="1"), any_request, AFTER, f"{SAYS}it is the weather (503)"),
    "500, 503 or 504": (one_of(refusing(500), refusing(503), refusing(504)), any_request, AGAIN, SAYS),
    "a connection reset before the server hears of the request": (reset_before, any_request, AGAIN, SAYS),
    "a connection reset once the server has done it": (reset_after, any_request, DONE, SAYS),
    "an answer that breaks off in the middle": (half_answered, any_request, DONE, SAYS),
    "410 Gone for a watch": (refusing(410), a_watch, ANEW, ""),
    "410 Gone within a watch": (gone_midway, a_watch, ANEW, ""),
}
"""By its name: the harm, to what, what the rollout does, and what it says; nothing of what is over in a second."""


@pytest.mark.parametrize("trouble", SOMETIMES)
def test_a_rollout_that_has_begun_goes_on_through(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy, trouble: str
) -> None:
    harm, to, does, says = SOMETIMES[trouble]
    system = _system(systems)
    if to is a_watch:
        proxy.watches_last = 0.2
    for turn in range(1, scale() + 1):
        sometimes = Sometimes(SEED + turn, harm, to)
        printed = _rolled(system, control_plane, proxy, sometimes, str(turn))
        assert sometimes.done > 0
        assert says in printed if says else SAYS not in printed
        tell(Row(PART, f"{trouble}, now and then", does, sometimes.done, seed=SEED, varies=True))


def test_what_is_read_stale_does_not_pass_for_what_is(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy
) -> None:
    system, done = _system(systems), 0
    for turn in range(1, 3 * scale() + 1):
        stale = Stale(SEED + turn)
        _rolled(system, control_plane, proxy, stale, str(turn))
        done += stale.done
    assert done > 0
    does = "waits for what the watches tell, and writes nothing over what has changed"
    tell(Row(PART, "reads answered with the answer of the time before", does, done, seed=SEED, varies=True))


def test_watches_that_are_cut_off_all_the_time_are_taken_up_where_they_were(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy
) -> None:
    system = _system(systems)
    proxy.watches_last = 0.1
    _rolled(system, control_plane, proxy, proxy.harm, "1")
    watches = sum(asked.watches for asked in proxy.asked)
    assert watches > 5
    tell(Row(PART, "watches cut off after 0.1 s", "takes them up where they were", watches, varies=True))


def test_a_token_that_expires_before_its_plugin_says_so_is_renewed(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy
) -> None:
    system, refused = _system(systems), Once(refusing(401))
    asking = ["--kubeconfig", str(_asking_a_plugin(system.express.kubeconfig))]
    _rolled(system, control_plane, proxy, refused, "1", *asking)
    writes = {each.path for each in proxy.asked if each.writes}
    assert len(writes) > len(NODES)
    assert refused.done > len(writes)
    what, does = "a token refused with 401, each request once", "asks the credential plugin again"
    tell(Row(PART, what, does, refused.done, varies=True))


def test_a_credential_plugin_that_fails_for_a_while_is_asked_again(
    systems: SmallSystems, control_plane: ControlPlane
) -> None:
    system = _system(systems)
    since, trouble = Since(system, control_plane), system.folder / "trouble"
    # It gives what has expired by then, so that it is asked before each request.
    plugin = _asking_a_plugin(system.express.kubeconfig, f"[ ! -e {trouble} ] || exit 7; ", "2001-01-01T00:00:00Z")
    system.operator.tell("be1", "next, hang")
    target = tagged(**dict.fromkeys(NODES, "1"))
    rollout = system.start("--yes", "--kubeconfig", plugin, target=target)
    rollout.line("be1: pod be1-0 is not Ready")
    trouble.touch()
    system.operator.tell("be1", "ok")
    rollout.line(f"{SAYS}getting credentials: exec: executable sh failed with exit code 7")
    trouble.unlink()
    ended = rollout.end()
    assert ended.code == 0, ended
    since.assert_done(NODES)
    tell(Row(PART, "a credential plugin that fails for a while", "asks it again", 1))


def _asking_a_plugin(kubeconfig: Path, before: str = "", expires: str | None = None) -> Path:
    """Return a kubeconfig whose user gets from a plugin the token that this one's has; a script may run before."""
    written = json.loads(kubeconfig.read_text())
    [entry] = written["users"]
    version = "client.authentication.k8s.io/v1"
    status = {**entry["user"], **({"expirationTimestamp": expires} if expires else {})}
    credential = {"apiVersion": version, "kind": "ExecCredential", "status": status}
    (kubeconfig.parent / "credential").write_text(json.dumps(credential))
    script = f"{before}cat {kubeconfig.parent / 'credential'}"
    plugin = {"apiVersion": version, "command": "sh", "args": ["-c", script]}
    entry["user"] = {"exec": {**plugin, "interactiveMode": "Never"}}
    made = kubeconfig.with_name("kubeconfig-with-a-plugin")
    made.write_text(json.dumps(written))
    return made


def _system(systems: SmallSystems) -> SmallSystem:
    """Return a system whose pods take their time, so that they are waited for."""
    system = systems(tagged(**dict.fromkeys(NODES, "0")))
    system.operator.tell("default", "slow: 0.3")
    return system


def _rolled(system: SmallSystem, plane: ControlPlane, proxy: Proxy, harm: Harm, tag: str, *flags: str) -> str:
    """Roll out a tag, and do harm from its first object on, and to watches from the beginning; return what it says."""
    since, begun = Since(system, plane), len(proxy.asked)

    def from_then_on(asked: Asked, answer: Answer) -> Told:
        applying = any("/configmaps/" in each.path and each.writes for each in proxy.asked[begun : asked.number])
        return harm(asked, answer) if applying or asked.watches else answer()

    proxy.harm = from_then_on
    done = system.run("--yes", *proxy.flags, *flags, target=tagged(**dict.fromkeys(NODES, tag)))
    assert done.code == 0, done
    since.assert_done(NODES)
    return done.stdout


def test_a_server_that_asks_for_patience_is_given_it_and_a_stop_is_heard_meanwhile(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy
) -> None:
    system = _system(systems)
    since = Since(system, control_plane)
    later, times = refusing(429, Retry_After="8"), []

    def overrun(asked: Asked, answer: Answer) -> Told:
        if asked.writes and asked.path.endswith("/be2"):
            times.append(time.monotonic())
            return answer() if len(times) > 1 else later(asked, answer)
        return answer()

    proxy.harm = overrun
    rollout = system.start("--yes", *proxy.flags, target=tagged(**dict.fromkeys(NODES, "1")))
    rollout.line("be2: to be tried again in 8 s: it is the weather (429)")
    rollout.signal(signal.SIGINT)
    rollout.line("stopping, by Ctrl-C: be2 is seen through")
    assert len(times) == 1, "it hears while it waits"
    ended = rollout.end()
    assert ended.code == 4, ended
    assert times[1] - times[0] >= 8
    assert since.begun() == ["be1", "be2"]
    does = "asks again once the server's time is over, and hears a stop meanwhile"
    tell(Row(PART, "429 that asks for 8 s", does, len(times) - 1))
