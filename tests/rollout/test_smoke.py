from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from kubectl_express.rollout.inbox import Inbox
from kubectl_express.rollout.smoke import Fault, SmokeTest

if TYPE_CHECKING:
    from pathlib import Path


def outcome(command: str, folder: Path, limit: float = 60.0) -> Fault | None:
    inbox = Inbox()
    return SmokeTest(command, os.environ, folder).run("be1", limit, inbox.tell, inbox.hear)


def test_a_command_that_exits_with_0_says_nothing_and_is_told_the_node(tmp_path: Path) -> None:
    assert outcome('echo "$NODE" > seen', tmp_path) is None
    assert (tmp_path / "seen").read_text() == "be1\n"


def test_a_failure_is_told_with_the_exit_code_and_the_end_of_what_it_said(tmp_path: Path) -> None:
    fault = outcome("echo no answer >&2; exit 7", tmp_path)
    assert fault == Fault("--after-node failed with exit code 7", "no answer")


def test_a_command_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    before = time.monotonic()
    assert outcome("sleep 60 & sleep 60", tmp_path, limit=0.2) == Fault("--after-node did not end within 0.2 s")
    assert time.monotonic() - before < 30


def test_whoever_is_called_off_meanwhile_leaves_no_command_behind(tmp_path: Path) -> None:
    class CalledOffError(Exception):
        pass

    def hear(_: float) -> None:
        raise CalledOffError

    inbox = Inbox()
    before = time.monotonic()
    with pytest.raises(CalledOffError):
        SmokeTest("sleep 60", os.environ, tmp_path).run("be1", 60.0, inbox.tell, hear)
    assert time.monotonic() - before < 30
