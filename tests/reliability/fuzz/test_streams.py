"""What has no end, no rights, no order or another end than its own: files, streams, and what helm prints.

The helm here is a double: the real one does not print without end, nor garbage.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tests.reliability.fuzz.bounded import bounded
from tests.reliability.fuzz.extremes import SOUND
from tests.reliability.ledger import Row, scale, tell
from tests.testbed.express import REPOSITORY
from tests.testbed.parts import part
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.express import Express
    from tests.testbed.programs import Outcome

SECONDS, MEBIBYTES = 60.0, 900
GARBAGE = {
    "output without an end": ("yes 'kind: a'", "helm failed: it wrote more than 256 MiB and was ended"),
    "messages without an end": ("yes message >&2", "helm failed: it wrote more than 256 MiB and was ended"),
    "bytes that are no text": ("printf 'kind: \\377\\n'", "control characters are not allowed"),
    "NUL": ("printf 'kind: \\0\\n'", "control characters are not allowed"),
    "nothing": ("true", "holds no node"),
    "an error without words": ("exit 1", "it ended with exit code 1 and no message"),
    "its own death": ("kill -9 $$", "it was killed by signal 9"),
    "half a document": ("printf 'kind: [a,'", "expected the node content"),
    "a page of HTML": ("echo '<html>'; echo '</html>'", "it has no kind"),
}


def told(what: str) -> None:
    tell(Row("Broken inputs", what, "one line that says what is wrong; Ctrl-C ends what does not end", tried=1))


def failed(ended: Outcome, said: str) -> None:
    assert (ended.code, said in ended.stderr, ended.stderr.startswith("error: ")) == (2, True, True), ended
    assert "bug in kubectl-express" not in ended.stderr


def fake_helm(folder: Path, prints: str) -> Path:
    folder.mkdir()
    program = folder / "helm"
    program.write_text(f'#!/bin/sh\nPATH=/usr/bin:/bin\n[ "$1" = version ] && echo v4.0.0 && exit\n{prints}\n')
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(("prints", "said"), GARBAGE.values(), ids=GARBAGE)
def test_whatever_helm_prints_is_refused_in_one_line(
    express: Express, example: Path, tmp_path: Path, prints: str, said: str
) -> None:
    helm = fake_helm(tmp_path / "bin", prints)
    arguments = ("verify", "--context", "yul1", "--system", "systemdcrtest3")
    failed(bounded(express, *arguments, seconds=SECONDS, mebibytes=MEBIBYTES, helm=helm, cwd=example), said)
    told("what helm prints: without end, garbage, or nothing")


def test_a_helm_that_never_ends_ends_with_ctrl_c(express: Express, example: Path, tmp_path: Path) -> None:
    helm = fake_helm(tmp_path / "bin", f'echo $$ > "{tmp_path}/pid"\nexec sleep 1000')
    process = subprocess.Popen(
        [part("kubectl"), "express", "revisions", "--chart", "--context", "yul1"],
        env=express.environment(helm),
        cwd=example,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    number = tmp_path / "pid"
    eventually(lambda: number.exists() and number.read_text().endswith("\n"), "helm runs")
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=SECONDS)
    assert (process.returncode, said) == (130, b"")
    assert not os.path.exists(f"/proc/{number.read_text().strip()}")  # noqa: PTH110
    told("a helm that never ends, and Ctrl-C")


def test_standard_input_without_an_end_is_refused(express: Express) -> None:
    with subprocess.Popen(["yes", "kind: a"], stdout=subprocess.PIPE) as endless:
        assert endless.stdout is not None
        arguments = ("verify", "-f", "-")
        ended = bounded(express, *arguments, seconds=SECONDS, mebibytes=MEBIBYTES, stdin=endless.stdout)
        endless.kill()
    failed(ended, "standard input is longer than 256 MiB")
    told("files and streams: endless, unreadable, changing")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("/dev/zero", "/dev/zero is longer than 256 MiB"),
        ("/dev/null", "nothing to verify"),
        ("/proc/self/mem", "/proc/self/mem cannot be read"),
        ("/", "/ cannot be read: Is a directory"),
        ("missing.yaml", "missing.yaml cannot be read: No such file or directory"),
        ("a" * 300, "cannot be read: File name too long"),
        ("loop", "loop cannot be read: Too many levels of symbolic links"),
    ],
)
def test_what_is_no_file_of_manifests_is_refused(express: Express, file: str, said: str) -> None:
    (express.home / "loop").symlink_to("loop")
    failed(bounded(express, "verify", "-f", file, seconds=SECONDS, mebibytes=MEBIBYTES), said)
    told("files and streams: endless, unreadable, changing")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("revisions", "--kubeconfig", "/dev/zero"), "kubeconfig /dev/zero: it is longer than 16 MiB"),
        (("verify", "--config", "/dev/zero"), "/dev/zero: expected at most 300,000 characters"),
    ],
)
def test_a_configuration_without_an_end_is_refused(express: Express, arguments: tuple[str, ...], said: str) -> None:
    failed(bounded(express, *arguments, seconds=SECONDS, mebibytes=MEBIBYTES), said)
    told("files and streams: endless, unreadable, changing")


def test_a_named_pipe_is_read_to_its_end(express: Express) -> None:
    pipe = express.home / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(SOUND,))
    writer.start()
    ended = bounded(express, "verify", "-f", "pipe", seconds=SECONDS, mebibytes=MEBIBYTES)
    writer.join()
    assert ended.code == 0, ended
    told("files and streams: endless, unreadable, changing")


def test_a_file_that_changes_while_it_is_read_is_verified_or_refused(express: Express) -> None:
    file, done = express.home / "output.yaml", threading.Event()

    def change() -> None:
        while not done.is_set():
            for length in (len(SOUND), 0, len(SOUND) // 2):
                file.write_bytes(SOUND[:length] * 20)

    writer = threading.Thread(target=change)
    writer.start()
    try:
        for _ in range(10 * scale()):
            ended = bounded(express, "verify", "-f", "output.yaml", seconds=SECONDS, mebibytes=MEBIBYTES)
            assert ended.code in {0, 2, 3}, ended
            assert "bug in kubectl-express" not in ended.stderr
            told("files and streams: endless, unreadable, changing")
    finally:
        done.set()
        writer.join()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_that_lacks_a_character_is_shown_its_number(express: Express, encoding: str) -> None:
    (express.home / "output.yaml").write_bytes(SOUND.replace(b'"be1"', '"bé𝄞"'.encode()))
    # The built program takes no such hint, and a machine may have no locale of another encoding.
    command = [sys.executable, "-c", "from kubectl_express.cli import run; run()", "revisions", "-f", "output.yaml"]
    variables = {**express.environment(None), "PYTHONIOENCODING": encoding, "PYTHONPATH": str(REPOSITORY)}
    ended = subprocess.run(command, env=variables, cwd=express.home, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "bé𝄞".encode(encoding, "backslashreplace") in ended.stdout
    told("characters that the terminal's encoding lacks")
