from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from kubectl_express.errors import ExpressError
from kubectl_express.sources.processes import own_words, run
from kubectl_express.sources.programs import find_program

if TYPE_CHECKING:
    from pathlib import Path


def python(program: str, folder: Path | None = None) -> str:
    return run([sys.executable, "-c", program], variables={"A": "ä"}, folder=folder, doing="testing").stdout


def test_a_program_gets_the_variables_given_the_folder_and_no_input(tmp_path: Path) -> None:
    told = python(
        "import os, sys; print(os.getcwd(), os.environ['A'], sys.stdin.read() == '', 'PATH' in os.environ)", tmp_path
    )
    assert told == f"{tmp_path} ä True False\n"


def test_bytes_that_are_no_text_are_kept_not_guessed() -> None:
    assert python(r"import sys; sys.stdout.buffer.write(b'a\xffb')") == "a\udcffb"


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys; sys.exit('Error: it broke\\nbadly')", "it broke\nbadly"),
        ("import sys; sys.exit(7)", "it ended with exit code 7 and no message"),
    ],
)
def test_a_failure_says_what_it_was_for_and_the_program_s_own_words(program: str, message: str) -> None:
    with pytest.raises(ExpressError) as caught:
        python(program)
    assert str(caught.value) == f"testing: {os.path.basename(sys.executable)} failed: {message}"  # noqa: PTH119


def test_a_program_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    with pytest.raises(ExpressError, match=r"^testing: .*absent cannot be started: No such file or directory$"):
        run([str(tmp_path / "absent")], variables={}, doing="testing")


ENDING = """
import sys, threading
from kubectl_express.errors import ExpressError
from kubectl_express.sources.processes import end_all, run

began = threading.Event()

def sleep():
    began.set()
    try:
        run(["sleep", "1000"], variables={"PATH": sys.argv[1]}, doing="sleeping")
    except ExpressError:
        pass

for _ in range(8):
    threading.Thread(target=sleep, daemon=True).start()
began.wait()
end_all()
"""


def test_none_is_left_of_those_that_are_just_being_started_as_all_are_ended() -> None:
    for _ in range(20):
        command = [sys.executable, "-c", ENDING, os.defpath]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
        try:
            assert (process.communicate(timeout=60)[1], process.returncode) == (b"", 0)
            with pytest.raises(ProcessLookupError):  # Nothing is left of its group.
                os.killpg(process.pid, 0)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        ("Error: one\n", "one"),
        ("WARNING: file is readable\nError: one\ntwo\n\n", "one\ntwo"),
        ("fatal: not a git repository", "not a git repository"),
        ("no prefix\n\nat all", "no prefix\nat all"),
        ("", ""),
    ],
)
def test_a_program_s_own_words_begin_with_its_error(stderr: str, words: str) -> None:
    assert own_words(stderr) == words


def test_a_program_is_found_on_the_path_given_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    assert find_program("tool", {"PATH": str(tmp_path)}) is None
    (tmp_path / "tool").chmod(0o755)
    assert find_program("tool", {"PATH": str(tmp_path)}) == str(tmp_path / "tool")
    assert find_program("sh", {"PATH": str(tmp_path)}) is None
