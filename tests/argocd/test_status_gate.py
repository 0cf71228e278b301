"""Argo CD itself steps through the nodes by the printed health check, and Terminate stops it at any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tests.argocd.six import HANG, NODES, Six
from tests.argocd.stories import (
    LONG,
    a_first_install_and_updates_go_one_node_at_a_time,
    a_new_node_in_the_middle_restarts_no_other,
    an_operator_that_is_slow_to_notice_is_waited_for,
    held,
    named,
    stop_at_be2,
    stopped,
    tell,
    the_last_node_is_awaited,
)
from tests.testbed.argocd import running_argocd
from tests.testbed.programs import succeeded
from tests.testbed.waiting import remains

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.testbed.argocd import ArgoCD
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.express import Express


@pytest.fixture(scope="module")
def argo_cd(argocd_plane: ControlPlane, tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoCD]:
    """Return Argo CD as it is installed, with its pause of two seconds after each wave."""
    with running_argocd(argocd_plane, tmp_path_factory.mktemp("argocd"), tools) as argo:
        yield argo


def test_argo_cd_steps_through_the_nodes_by_their_status(
    argo_cd: ArgoCD, express: Express, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    argo_cd.configure(yaml.safe_load(succeeded(express("argocd", "health"), "argocd health").stdout))
    tell(STEPS | TRAPS, lambda: Six(argo_cd, express, tmp_path, "status", "ok"), subtests)


def apply_out_of_sync_only_loses_a_half_done_node(six: Six) -> None:
    """After a stop the node in progress is in sync: it is left out, not awaited, and the next one is touched."""
    stop_at_be2(six)
    six.begin_sync(syncOptions=["ApplyOutOfSyncOnly=true"])
    six.await_diary("declares", "be10")
    assert six.restarted()[-1] == "be2" or six.diary[-1].node == "be10"
    assert "be2" not in [each.node for each in six.diary if each.what == "Ready"]


def without_that_option_a_half_done_node_is_awaited(six: Six) -> None:
    stop_at_be2(six)
    six.begin_sync()
    remains(lambda: six.touched() == ["be1", "be2"], "be2 holds the others", LONG)
    six.await_waiting("be2")


def an_operator_that_boasts_is_believed(six: Six) -> None:
    """The check sees the resource alone: what its status says is all there is."""
    six.take_over()
    six.tell("be2", f"{HANG}, boast")
    six.commit_tag("1.1")
    six.begin_sync()
    six.await_diary("declares", "be10")
    assert "be2" not in [each.node for each in six.diary if each.what == "Ready"]


def a_stop_holds_until_a_new_commit_where_it_syncs_by_itself_and_for_good_where_not(six: Six) -> None:
    stop_at_be2(six)
    six.argo.patch(six.application, {"spec": {"syncPolicy": {"automated": {"selfHeal": True}}}})
    six.argo.refresh(six.application)
    remains(lambda: six.touched() == ["be1", "be2"], "the commit that was terminated is not tried again", LONG)
    six.argo.patch(six.application, {"spec": {"syncPolicy": {"automated": {"enabled": False}}}})
    six.commit_tag("1.2")
    six.argo.refresh(six.application)
    remains(lambda: six.touched() == ["be1", "be2"], "nothing is touched after the stop", LONG)
    six.argo.patch(six.application, {"spec": {"syncPolicy": {"automated": {"enabled": True}}}})
    six.argo.refresh(six.application)
    six.await_diary("declares", "be1", count=2)


def a_selective_sync_goes_by_no_order(six: Six) -> None:
    six.take_over()
    six.commit_tag("1.1")
    picked = [{"group": "express.example.com", "kind": kind, "name": node} for kind, node in PICKED]
    assert six.sync(resources=picked).phase == "Succeeded"
    assert six.touched() == ["be10"]


def without_a_job_the_last_node_is_not_awaited(six: Six) -> None:
    six.manifest["spec"]["source"]["helm"].pop("valuesObject", None)
    six.take_over()
    six.tell("fe3", HANG)
    six.commit_tag("1.1")
    assert six.sync().phase == "Succeeded"
    six.await_diary("made", "fe3")
    assert six.touched() == [*NODES]
    assert "fe3" not in [each.node for each in six.diary if each.what == "Ready"]


PICKED = (("Backend", "be10"),)
STEPS = {
    **named(
        a_first_install_and_updates_go_one_node_at_a_time,
        a_new_node_in_the_middle_restarts_no_other,
        an_operator_that_is_slow_to_notice_is_waited_for,
        the_last_node_is_awaited,
    ),
    **held("hang", "crash"),
    **stopped(terminate=("be1", "be10", "fe2", "fe3"), stop=("be2", "fe1", "fe3")),
}
TRAPS = named(
    apply_out_of_sync_only_loses_a_half_done_node,
    without_that_option_a_half_done_node_is_awaited,
    an_operator_that_boasts_is_believed,
    a_stop_holds_until_a_new_commit_where_it_syncs_by_itself_and_for_good_where_not,
    a_selective_sync_goes_by_no_order,
    without_a_job_the_last_node_is_not_awaited,
)
"""What the documents warn of, as it happens; each beside the way around it."""
