"""What the records tell afterwards: when, by whom, from which commit, which nodes, and how each rollout ended."""

from __future__ import annotations

import os
import platform
import pwd
import re
import signal
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from tests.e2e.rollouts import go_on_line
from tests.e2e.schemas import shipped, violations
from tests.e2e.stopping import hang, in_progress
from tests.testbed.examples import commit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.rollouts import SixNodes


class Told:
    """What `rollout history` tells of a system, held to the schema that is shipped."""

    def __init__(self, six: SixNodes, zipapp: Path) -> None:
        self._six = six
        self._validators = shipped(zipapp)

    def rollouts(self) -> list[Any]:
        """Return the rollouts on record, as JSON has them."""
        document = self._six.run("rollout", "history", "-o", "json").json()
        assert violations(document, self._validators) == []
        (system,) = document["systems"]
        assert (system["system"], system["context"]) == (self._six.system, "yul1")
        return list(system["rollouts"])

    def last(self) -> Any:
        return self.rollouts()[-1]

    def rows(self) -> list[list[str]]:
        """Return the table's rows, split at its columns."""
        lines = self._six.run("rollout", "history").stdout.splitlines()
        return [re.split(r"  +", line.strip()) for line in lines]


def course(told: Any) -> tuple[int, str, str, list[str], int]:
    return told["number"], told["action"], told["state"], told["steps"], told["done"]


def test_the_last_five_rollouts_are_told_with_who_when_from_what_and_how_they_ended(
    six: SixNodes, zipapp: Path
) -> None:
    told = Told(six, zipapp)
    assert told.rollouts() == []
    assert six.run("rollout", "history").stdout == f"{six.system} in yul1: no rollout is recorded\n"

    began = datetime.now(timezone.utc).replace(microsecond=0)
    six.change("be1", tag="24.9.1")
    head = commit(six.example, "Another image")
    assert six.run("rollout", "--yes").code == 0
    first = told.last()
    assert course(first) == (1, "rollout", "finished", ["be1"], 1)
    assert began <= at(first["started"]) <= at(first["updatedAt"]) <= datetime.now(timezone.utc)
    assert first["by"] == f"{pwd.getpwuid(os.getuid()).pw_name}@{platform.node()}"
    assert first["origin"] == "chart master_charts/express"
    assert "helm" in first["engine"]
    assert len(first["commit"]) >= 10
    assert head.startswith(first["commit"])
    assert first["undoes"] is None

    six.change("be1", "be2", tag="24.9.2")
    hang(six, "be1")
    stopping = six.start("--yes")
    in_progress(stopping, "be1")
    assert course(told.last())[2:] == ("running", ["be1", "be2"], 0)
    stopping.signal(signal.SIGINT)
    stopping.line("stopping, by Ctrl-C")
    assert told.last()["state"] == "stopping"
    six.operator.tell("be1", "ok")
    line = go_on_line(stopping.end().stdout)
    stopped = told.last()
    assert course(stopped) == (2, "rollout", "stopped", ["be1", "be2"], 1)
    assert stopped["commit"] == f"{first['commit']}-dirty", "the overlay is not what was committed"
    assert stopped["message"] == "stopped by Ctrl-C"

    assert six.run_line(line).code == 0
    second = told.last()
    assert course(second) == (2, "rollout", "finished", ["be1", "be2"], 2), "what goes on keeps its number"
    assert second["started"] == stopped["started"]

    six.change("be1", tag="24.9.3")
    hang(six, "be1")
    assert six.run("rollout", "--yes", "--timeout", "1s").code == 5
    halted = told.last()
    assert course(halted) == (3, "rollout", "halted", ["be1"], 0)
    assert halted["message"].startswith("be1: not there after 1 s: ")

    six.change("be1", tag="24.9.4")
    killed = six.start("--yes")
    in_progress(killed, "be1")
    killed.signal(signal.SIGKILL)
    killed.end()
    assert course(told.last()) == (4, "rollout", "interrupted", ["be1"], 0)

    undo = six.start("undo", "--yes")
    in_progress(undo, "be1")
    six.operator.tell("be1", "ok")
    assert undo.end().code == 0
    fifth = told.last()
    assert course(fifth) == (5, "undo", "finished", ["be1"], 1)
    assert (fifth["undoes"], fifth["commit"]) == (4, None)
    assert fifth["origin"] == "what was there before rollout 4"
    assert [each["number"] for each in told.rollouts()] == [1, 2, 3, 4, 5]

    assert six.run("rollout", "-f", "-", "--yes", stdin=six.rendered()).code == 0
    last = told.last()
    assert course(last) == (6, "rollout", "finished", ["be1"], 1)
    assert (last["origin"], last["commit"], last["engine"]) == ("standard input", None, None)
    assert [each["number"] for each in told.rollouts()] == [2, 3, 4, 5, 6]
    assert {number for number in range(1, 7) if recorded(six, number)} == {2, 3, 4, 5, 6}

    heads, *rows = told.rows()
    assert heads == ["NUMBER", "STARTED", "BY", "ACTION", "STATE", "COMMIT", "NODES"]
    assert [(row[0], row[3], row[4], row[6]) for row in rows] == [
        ("2", "rollout", "finished", "2/2"),
        ("3", "rollout", "halted", "0/1"),
        ("4", "rollout", "interrupted", "0/1"),
        ("5", "undo of 4", "finished", "1/1"),
        ("6", "rollout", "finished", "1/1"),
    ]
    assert [row[5].endswith("-dirty") for row in rows] == [True, True, True, False, False]


def at(time: str) -> datetime:
    return datetime.fromisoformat(time.replace("Z", "+00:00"))


def recorded(six: SixNodes, number: int) -> int:
    """Return how many Secrets hold a rollout's record."""
    selector = f"kubectl-express/number={number}"
    return len(six.kubectl.json("get", "secrets", "-l", selector)["items"])
