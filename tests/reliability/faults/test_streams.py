"""A rollout whose output nobody takes: the disk is full, or its reader has gone."""

from __future__ import annotations

import errno
import os
import resource
from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_system import tagged
from tests.reliability.faults.proofs import PART, Since
from tests.reliability.ledger import Row, tell
from tests.testbed.programs import beside
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    import subprocess
    from contextlib import AbstractContextManager

    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.testbed.control_plane import ControlPlane

NODES = ("be1", "fe1")
BEFORE = tagged(**dict.fromkeys(NODES, "0"))
AFTER = tagged(**dict.fromkeys(NODES, "1"))
GOES_ON = "; the rollout goes on without: `kubectl express rollout status` tells how far it is"


@pytest.fixture
def system(systems: SmallSystems) -> SmallSystem:
    return systems(BEFORE)


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_rollout_goes_on_where_the_reader_of_its_output_has_gone(
    system: SmallSystem, control_plane: ControlPlane, form: str
) -> None:
    since = Since(system, control_plane)
    # The reader goes once it has seen the first node applied.
    with shell(system, f'"$@" -o {form} 2>errors | sed "/be1.*applied/q" >seen') as process:
        assert process.wait(60) == 0
    eventually(lambda: len(since.begun()) == len(NODES), "both nodes are rolled")
    eventually(lambda: _is_finished(system), "the rollout ends")
    since.assert_done(NODES)
    assert (system.folder / "errors").read_text() == f"warning: standard output: Broken pipe{GOES_ON}\n"
    tell(Row(PART, "stdout closed midway (`| head`)", "goes on, and says so on stderr", 1))


def test_a_rollout_whose_plan_nobody_saw_applies_nothing(system: SmallSystem, control_plane: ControlPlane) -> None:
    since = Since(system, control_plane)
    with shell(system, '"$@" 2>errors | true') as process:
        assert process.wait(60) == 0
    with shell(system, '"$@" 2>errors >/dev/full') as process:
        assert process.wait(60) == 2
    full = os.strerror(errno.ENOSPC)
    assert (system.folder / "errors").read_text() == f"error: standard output: {full}; check the disk and its rights\n"
    since.assert_untouched()
    tell(Row(PART, "stdout closed, or the disk full, before the plan was seen", "applies nothing", 2))


def test_a_rollout_goes_on_where_the_disk_gets_full(system: SmallSystem, control_plane: ControlPlane) -> None:
    since = Since(system, control_plane)
    system.operator.tell("be1", "next, hang")
    log = system.folder / "seen"
    with shell(system, 'exec "$@" >seen 2>errors') as process:
        eventually(lambda: log.exists() and "(ContainerCreating)" in log.read_text(), "it waits", 60)
        # Beyond what is written now, the system takes nothing more of this process: EFBIG, as ENOSPC.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, log.stat().st_size))
        system.operator.tell("be1", "ok")
        assert process.wait(60) == 0
    since.assert_done(NODES)
    too_large = os.strerror(errno.EFBIG)
    assert (system.folder / "errors").read_text() == f"warning: standard output: {too_large}{GOES_ON}\n"
    assert _is_finished(system)
    tell(Row(PART, "the disk that its output goes to full midway", "goes on, and says so on stderr", 1))


def shell(system: SmallSystem, script: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Run a script in the system's folder whose arguments are a rollout; it is killed where it has not ended."""
    system.target.write_text(AFTER)
    rollout = [system.express.zipapp, "rollout", "--yes", "-f", system.target, "--context", "yul1", "-n", system.name]
    command = ["/bin/sh", "-c", script, "sh", *map(str, rollout)]
    return beside(command, system.express.environment(), system.folder)


def _is_finished(system: SmallSystem) -> bool:
    status = system.express("rollout", "status", "-o", "json", "--context", "yul1", "-n", system.name)
    return bool(status.json()["systems"][0]["rollout"]["state"] == "finished")
