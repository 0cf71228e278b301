from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ENDING = """
import os, tempfile, threading
from kubectl_express.sources.private import await_end, private_folder

tempfile.tempdir = os.environ["FOLDER"]
began, ended, late = threading.Event(), threading.Event(), []

def work():
    with private_folder("one-"):
        began.set()
        ended.wait()

def begin():
    with private_folder("late-"):
        late.append("made")

threading.Thread(target=work, daemon=True).start()
began.wait()
threading.Timer(0.2, ended.set).start()
await_end(60)
print(os.listdir(tempfile.tempdir))
thread = threading.Thread(target=begin, daemon=True)
thread.start()
thread.join()
print(late)
"""


def test_the_folders_of_other_threads_are_gone_when_the_process_ends_and_no_other_is_made(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ENDING]
    done = subprocess.run(command, env={"FOLDER": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("[]\n[]\n", "", 0)
