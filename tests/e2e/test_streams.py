"""What the program does to a terminal, and what happens to it: control characters, a closed or full stdout, Ctrl-C."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from kubectl_express import cli
from kubectl_express.output.formats import FORMATS
from tests.e2e.mistakes import ESCAPE, ONE, VALUES
from tests.e2e.small_system import tagged
from tests.sources.loopback import Answer, serving
from tests.testbed.parts import part
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sources.loopback import Received
    from tests.testbed.express import Express


@pytest.mark.parametrize("form", FORMATS)
def test_no_control_character_of_a_value_or_a_key_reaches_the_terminal(
    form: str, express: Express, example: Path
) -> None:
    escaped = json.dumps(f"{ESCAPE}x")
    (example / VALUES).write_text(f"backends: {{be1: {{extra: {{{escaped}: {escaped}}}}}, be2: {{}}}}\n")
    for command in ("inspect --all --chart", "diff --against git:HEAD", "verify", "revisions --chart"):
        done = express(*shlex.split(f"{command} {ONE} -v -o {form}"), cwd=example)
        assert done.code in {0, 1, 3}, done
        assert all(line.isprintable() for line in f"{done.stdout}{done.stderr}".split("\n")), command


def test_a_reader_that_stops_reading_hears_no_complaint(express: Express, example: Path) -> None:
    piped = f'"$0" express inspect --all --chart {ONE} -o json | head -c 1 > /dev/null'
    done = started(["sh", "-c", piped, part("kubectl")], express, example)
    assert done.communicate(timeout=120) == (b"", b"")


def test_a_full_disk_is_one_line(express: Express, example: Path) -> None:
    full = f'"$0" express inspect --all --chart {ONE} > /dev/full'
    done = started(["sh", "-c", full, part("kubectl")], express, example)
    stderr = b"error: standard output: No space left on device; check the disk and its rights\n"
    assert (done.communicate(timeout=120), done.returncode) == ((b"", stderr), 2)


def test_ctrl_c_ends_it_and_the_helm_that_it_runs(express: Express, example: Path, tmp_path: Path) -> None:
    helm, pid = tmp_path / "bin" / "helm", tmp_path / "pid"
    helm.parent.mkdir()
    helm.write_text(f'#!/bin/sh\necho $$ > "{pid}.new"; mv "{pid}.new" "{pid}"; exec sleep 300\n')
    helm.chmod(0o755)
    command: list[str | Path] = [part("kubectl"), "express", "revisions", "--chart", *ONE.split()]
    environment = express.environment(helm)
    environment["PATH"] += os.pathsep + os.defpath
    process = subprocess.Popen(
        command,
        cwd=example,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        eventually(pid.exists, "helm runs")
        # As a terminal does: to everything in the foreground.
        os.killpg(process.pid, signal.SIGINT)
        assert (process.communicate(timeout=60), process.returncode) == ((b"", b""), 130)
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("times", ["once", "until it has ended"])
@pytest.mark.parametrize(
    "line", ["diff -f FILE", "rollout --yes -f FILE", "verify -f FILE --against live", "revisions", "wait be1", ""]
)
def test_ctrl_c_ends_it_where_a_server_does_not_answer(line: str, times: str, express: Express, tmp_path: Path) -> None:
    file, over = tmp_path / "target.yaml", threading.Event()
    file.write_text(tagged(be1="1"))

    def silence(_: Received) -> Answer:
        over.wait()
        return Answer()

    with serving(silence) as server:
        words = [str(file) if word == "FILE" else word for word in line.split()]
        where = ["--server", server.url, "-n", "express", "--request-timeout", "1h"]
        process = started([express.zipapp, *words, *where], express, tmp_path)
        try:
            eventually(lambda: server.received, "the server is asked")
            process.send_signal(signal.SIGINT)
            while times != "once" and process.poll() is None:
                process.send_signal(signal.SIGINT)
            assert (process.communicate(timeout=60), process.returncode) == ((b"", b""), 130)
        finally:
            process.kill()
            process.wait()
            over.set()


def started(command: list[str | Path], express: Express, folder: Path) -> subprocess.Popen[bytes]:
    """Start a command where the program and a system's own tools are on PATH."""
    environment = express.environment()
    environment["PATH"] += os.pathsep + os.defpath
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_ctrl_c_that_a_destructor_took_in_is_not_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted:
        def __init__(self, error: type[BaseException]) -> None:
            self.error = error

        def __del__(self) -> None:
            raise self.error

    monkeypatch.setattr(sys, "unraisablehook", cli._tell_unraisable)
    Interrupted(KeyboardInterrupt)
    assert capsys.readouterr().err == ""
    Interrupted(ValueError)
    assert "ValueError" in capsys.readouterr().err
