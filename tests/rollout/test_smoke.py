from __future__ import annotations

import os
import shlex
import sys
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from kubectl_express.rollout.inbox import Inbox
from kubectl_express.rollout.smoke import Fault, SmokeTest
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEFT_RUNNING = "until [ -e released ]; do sleep 0.02; done"
"""A program that keeps the command's output open."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a folder for commands that leave something running, which ends with the test."""
    yield tmp_path
    (tmp_path / "released").touch()


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


def test_a_command_has_ended_though_it_left_something_running(folder: Path) -> None:
    assert outcome(f"({LEFT_RUNNING}; touch left) & exit 0", folder, limit=5) is None
    fault = outcome(f"({LEFT_RUNNING}; touch left) & echo no answer; exit 7", folder, limit=5)
    assert fault == Fault("--after-node failed with exit code 7", "no answer")
    (folder / "released").touch()
    eventually((folder / "left").exists, "what was left running ran on")


def test_what_has_left_the_session_of_a_command_that_does_not_end_is_not_waited_for(folder: Path) -> None:
    leave = "import os; os.setsid(); os.execvp('sh', ['sh', '-c', os.environ['SCRIPT']])"
    away = f"SCRIPT={shlex.quote(f'touch away; {LEFT_RUNNING}')} {shlex.quote(sys.executable)} -c {shlex.quote(leave)}"
    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(outcome, f"{away} & sleep 300", folder, limit=5)
        try:
            assert ended.result(30) == Fault("--after-node did not end within 5 s")
            assert (folder / "away").exists()
        finally:
            (folder / "released").touch()


def test_of_what_a_command_says_no_more_is_kept_than_is_told(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        fault = outcome("yes word | head -c 50000000; exit 3", tmp_path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert fault == Fault("--after-node failed with exit code 3", " word" * 40)
    assert most < 5_000_000


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
