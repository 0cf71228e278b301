"""Argo CD steps through the nodes of an operator that says nothing of pods: Jobs between the waves look at these.

Its pause between the waves is switched off here: unlike health checks, the Jobs do not depend on how recent a picture
of the cluster Argo CD has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.argocd.six import HANG, NODES, PATIENCE, WELL, Six, one_at_a_time
from tests.argocd.stories import (
    LONG,
    a_first_install_and_updates_go_one_node_at_a_time,
    hang_at_be2,
    held,
    named,
    stopped,
    tell,
    the_last_node_is_awaited,
)
from tests.testbed.argocd import running_argocd
from tests.testbed.waiting import eventually, remains

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.testbed.argocd import ArgoCD
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.express import Express


@pytest.fixture(scope="module")
def argo_cd(argocd_plane: ControlPlane, tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoCD]:
    """Return Argo CD without health checks for nodes, and without a pause after each wave."""
    with running_argocd(argocd_plane, tmp_path_factory.mktemp("argocd"), tools, wave_delay=0) as argo:
        yield argo


def test_argo_cd_steps_through_the_nodes_by_jobs_that_look_at_the_pods(
    argo_cd: ArgoCD, express: Express, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    argo_cd.configure({"data": None})
    tell(STEPS | OWN, lambda: Six(argo_cd, express, tmp_path, "hook", "discreet"), subtests)


def apply_out_of_sync_only_awaits_a_half_done_node_too(six: Six) -> None:
    """Hooks run whatever is in sync."""
    hang_at_be2(six)
    waiting = eventually(lambda: _jobs_that(six, "started", "wait-be2-"), "a Job waits for be2", PATIENCE)
    eventually(lambda: six.knows_of(*waiting), "Argo CD's picture of the cluster has the Job", PATIENCE)
    six.terminate()
    six.ended()
    try:
        eventually(lambda: _jobs_that(six, "ended") == waiting, "the Job that waited is ended, and no other", 60)
    except AssertionError as error:
        raise AssertionError(f"{error}: {waiting} of {six.jobs.log()}") from None
    six.begin_sync(syncOptions=["ApplyOutOfSyncOnly=true"])
    six.await_waiting("be2")
    remains(lambda: six.touched() == ["be1", "be2"], "be2 holds the others", LONG)
    six.tell("be2", WELL)
    assert six.ended().phase == "Succeeded"
    one_at_a_time(six.diary, NODES)


def _jobs_that(six: Six, what: str, prefix: str = "") -> list[str]:
    """Return the Jobs, of such names, to which that has happened."""
    return [each.job for each in six.jobs.log() if each.what == what and each.job.startswith(prefix)]


def an_operator_that_boasts_is_not_believed(six: Six) -> None:
    six.take_over()
    six.tell("be2", f"{HANG}, boast")
    six.commit_tag("1.1")
    six.begin_sync()
    six.await_waiting("be2")
    remains(lambda: six.touched() == ["be1", "be2"], "be2 holds the others", LONG)


def a_node_that_is_late_fails_the_sync(six: Six) -> None:
    """Nothing behind it is touched; the Job says what it waited for; the next sync begins with that node."""
    six.manifest["spec"]["source"]["helm"]["valuesObject"]["global"]["expressGates"]["timeout"] = "3s"
    six.take_over()
    six.tell("be2", HANG)
    six.commit_tag("1.1")
    ended = six.sync()
    assert ended.phase == "Failed"
    assert ended.message.startswith("one or more synchronization tasks completed unsuccessfully")
    assert six.touched() == ["be1", "be2"]
    six.tell("be2", WELL)
    assert six.sync().phase == "Succeeded"
    one_at_a_time(six.diary, NODES)


def an_operator_that_says_nothing_at_all_is_awaited(six: Six) -> None:
    six.tell("default", f"silent, {WELL}")
    six.install()
    one_at_a_time(six.diary, NODES)


STEPS = {
    **named(a_first_install_and_updates_go_one_node_at_a_time, the_last_node_is_awaited),
    **held("crash"),
    **stopped(terminate=("be2",), stop=("fe1",)),
}
OWN = named(
    an_operator_that_says_nothing_at_all_is_awaited,
    apply_out_of_sync_only_awaits_a_half_done_node_too,
    an_operator_that_boasts_is_not_believed,
    a_node_that_is_late_fails_the_sync,
)
"""What is true of this gate alone."""
