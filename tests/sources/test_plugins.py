"""How a credential plugin is run: what of the terminal it has, how long it may take, and what its failure means."""

from __future__ import annotations

import io
import json
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from kubectl_express.errors import ExpressError
from kubectl_express.sources import credentials
from kubectl_express.sources.following import Follower
from kubectl_express.sources.listing import Listing
from tests.e2e.started import Started
from tests.sources.loopback import Answer, serving
from tests.sources.test_cluster import cluster
from tests.sources.test_credentials import config, credential, plugin
from tests.testbed.programs import is_there
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubectl_express.core.values import Object

HERE = Path(__file__).parents[2]
ASKING = """
import json, os, signal, sys
from kubectl_express.errors import ExpressError
from kubectl_express.sources.credentials import obtain

signal.signal(signal.SIGINT, lambda *_: print("heard", flush=True))
user, stdin_taken = json.loads(sys.argv[1])
try:
    print(obtain(user, {"server": "https://x"}, os.environ, stdin_taken=stdin_taken).user)
except ExpressError as error:
    print(error)
"""
"""A program that hears Ctrl-C and goes on, and asks a plugin."""
WAITING = "echo $$ >began\nuntil [ -e released ]; do sleep 0.02; done\n"
LATE = f"{WAITING}{credential(token='late')}"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Return what starts Python with arguments, in a session of its own and without a terminal."""
    begun: list[Started] = []

    def started(*arguments: str) -> Started:
        begun.append(Started([sys.executable, *arguments], environment(tmp_path), tmp_path))
        return begun[-1]

    yield started
    (tmp_path / "released").touch()
    for each in begun:
        each.close()


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "PYTHONPATH": str(HERE)}


def begun(folder: Path) -> int:
    """Wait for a plugin that waits, and return its process id."""
    return int(eventually(lambda: (folder / "began").exists() and (folder / "began").read_text(), "the plugin runs"))


@pytest.mark.parametrize("mode", ["Never", "IfAvailable"])
def test_ctrl_c_does_not_end_a_plugin_that_nobody_is_asked_by(
    tmp_path: Path, start: Callable[..., Started], mode: str
) -> None:
    asking = start("-c", ASKING, json.dumps([plugin(tmp_path, LATE, interactiveMode=mode), False]))
    begun(tmp_path)
    asking.signal(signal.SIGINT)
    asking.line("heard")
    (tmp_path / "released").touch()
    assert asking.end().stdout.splitlines() == ["heard", "{'token': 'late'}"]


@pytest.mark.parametrize("stdin_taken", [False, True])
def test_a_plugin_asks_at_the_terminal_and_hears_ctrl_c_there(tmp_path: Path, stdin_taken: bool) -> None:
    answer = credential(token="$word").replace("'END'", "END")
    script = f"trap 'echo off >/dev/tty; exit 3' INT\nprintf 'word? ' >/dev/tty\nread word </dev/tty\n{answer}"
    arguments = ["-c", ASKING, json.dumps([plugin(tmp_path, script), stdin_taken])]
    for typed, said in (("s3same\n", "{'token': 's3same'}"), ("\x03", "failed with exit code 3")):
        terminal = pexpect.spawn(
            sys.executable, arguments, env=environment(tmp_path), cwd=str(tmp_path), encoding="utf-8", timeout=30
        )
        terminal.expect_exact("word? ")
        terminal.send(typed)
        terminal.expect_exact(said)
        terminal.close()


def test_a_plugin_that_nobody_can_be_asked_by_is_ended_with_all_it_started_when_it_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(credentials, "_PATIENCE", 0.5)
    user = plugin(tmp_path, f"(echo $$; exec sleep 300) &\necho $! >{tmp_path}/began\nsleep 300")
    with pytest.raises(ExpressError, match=r"executable helper did not answer within 0\.5 s"):
        credentials.obtain(user, {}, os.environ, stdin_taken=False)
    number = begun(tmp_path)
    eventually(lambda: not is_there(number), "what the plugin started is gone")


def test_no_plugin_outlives_a_program_that_ctrl_c_ends(tmp_path: Path, start: Callable[..., Started]) -> None:
    path = config(tmp_path, "https://127.0.0.1:1", plugin(tmp_path, LATE, interactiveMode="Never"))
    (tmp_path / ".express.yaml").touch()
    waiting = start("-m", "kubectl_express", "wait", "be1", "--kubeconfig", path, "-n", "systema")
    number = begun(tmp_path)
    waiting.signal(signal.SIGINT)
    assert waiting.end().code == 130, waiting.text
    eventually(lambda: not is_there(number), "the plugin is gone")


class Kept:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def change(self, name: str, item: Object | None, version: str) -> bool:
        assert (item is not None, version) == (True, "2")
        self.names.append(name)
        return True

    def replace(self, items: dict[str, Object], version: str) -> bool:
        raise AssertionError(f"listed: {version} {items}")


def test_a_list_is_followed_on_though_the_plugin_or_its_file_fails_for_a_while(tmp_path: Path) -> None:
    script = f"[ ! -e {tmp_path}/broken ] || {{ echo >>{tmp_path}/failed; exit 1; }}"
    answer = credential(token="t", expirationTimestamp="2001-01-01T00:00:00Z")
    change = {"type": "ADDED", "object": {"metadata": {"name": "be1", "resourceVersion": "2"}}}
    with serving(lambda _: Answer(json.dumps(change).encode() + b"\n"), tls=True) as server:
        connection = cluster(config(tmp_path, server.url, plugin(tmp_path, f"{script}\n{answer}")))
        connection.get("/list")
        (tmp_path / "broken").touch()
        kept, news = Kept(), queue.SimpleQueue[Any]()
        follower = Follower(connection, Listing("/list", "", "v1", "Thing"), "1", kept)
        following = threading.Thread(target=follower.run, args=(news.put,), daemon=True)
        following.start()
        eventually((tmp_path / "failed").exists, "the plugin has failed")
        (tmp_path / "broken").unlink()
        news.get(timeout=30)()
        follower.stop()
        following.join(30)
    assert kept.names == ["be1"]


def test_an_authority_that_the_plugin_is_to_be_told_and_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    user = plugin(tmp_path, credential(token="t"), provideClusterInfo=True)
    authority = tmp_path / "absent.crt"
    with pytest.raises(ExpressError, match=r"^the certificate-authority .*absent\.crt cannot be read: No such file"):
        credentials.obtain(user, {"certificate-authority": str(authority)}, os.environ, stdin_taken=False)
