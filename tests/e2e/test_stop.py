"""However a rollout is stopped: nothing but what it says has changed, and the command that it prints goes on."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.e2e.rollouts import NODES, go_on_line, groups
from tests.e2e.stopping import WAYS, goes_on_to_the_end, hang, in_progress, stop_at, touched
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from tests.e2e.rollouts import SixNodes


@pytest.mark.parametrize("name", ["Ctrl-C", "rollout stop", "kill -9"])
def test_a_rollout_that_is_stopped_at_each_node_in_turn_goes_on_every_time_by_the_command_it_printed(
    name: str, six: SixNodes
) -> None:
    way = WAYS[name]
    six.change()
    before = six.seen()
    hang(six, NODES[0])
    rollout = six.start("--yes", *way.flags)
    for node, following in zip(NODES, (*NODES[1:], None), strict=True):
        line = stop_at(six, way, rollout, node, before)
        if line is None:
            break
        stopped = six.seen()
        if following is None:
            goes_on_to_the_end(six, line, node, before)
            break
        six.audit.forget()
        hang(six, following)
        six.operator.tell(node, "ok")
        rollout = six.start_line(line)
        in_progress(rollout, following)
        assert six.applied() == [following]
        assert touched(stopped, six.seen()) == [following], "no finished node restarts"
    assert six.all_ready()
