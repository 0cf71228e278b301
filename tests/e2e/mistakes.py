"""A mistake as people make one: what is wrong, what they call, and the machine on which it is tried."""

from __future__ import annotations

import json
import os
import re
import shlex
import venv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.testbed.examples import copy_examples
from tests.testbed.express import Express
from tests.testbed.parts import part
from tests.testbed.programs import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.testbed.programs import Outcome

SECRET = "correct-horse-battery"
"""Stands wherever a secret may: tokens, passwords, a URL's user. It is never to be shown."""
SYSTEM = "systemdcrtest3"
ONE = f"--context yul1 --system {SYSTEM}"
VALUES = f"overlays/yul1/{SYSTEM}/values.yaml"
ESCAPE = "\x1b]0;owned\x07\x1b[31m\x9b1m\x7f\u202e"
"""What a terminal obeys: a title, colours in 7 and 8 bits, delete, and text turned around."""
BARE = "bare"
"""A machine without helm, whose Python has no embedded engine either."""
AUTHORITY = {"certificate-authority": "{authority}"}
NO_MEMBERS: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is called once `files` are written and `removed` are gone, and the exit code it is to end with.

    `{name}` in the command, the files and the variables stands for an address or a namespace of the scene.
    """

    command: str
    code: int = 2
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    helm: str | None = "helm4"
    """A part, the text of a script, `BARE`, or None where the embedded engine renders."""
    kubeconfig: str | None = None
    """Its text; None is none."""
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: str | None = None
    limit: str = ""
    """What the shell's `ulimit` is called with first."""
    without: tuple[str, ...] = ()
    """Programs that are not on PATH."""
    shows: str = ""
    """Where something is printed as data, the words that the line to be quoted holds."""
    others: tuple[str, ...] = ()
    """Where something could be read and something not: how further lines of stderr may begin."""
    prepare: Callable[[Path], object] | None = None
    """What is done to the copy of the examples first."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where mistakes are made: the program as built, and the names of what is out there."""

    zipapp: Path
    tools: Path
    shiv_root: Path
    folder: Path
    names: Mapping[str, str]

    def make(self, number: int, mistake: Mistake) -> Told:
        """Make one mistake in a copy of the examples of its own, and return what was said of it."""
        home = self.folder / str(number)
        home.mkdir()
        example = copy_examples(home / "express")
        self._lay(example, mistake)
        kubeconfig = home / "kubeconfig"
        if mistake.kubeconfig is not None:
            kubeconfig.write_text(self._filled(mistake.kubeconfig))
        express = Express(self.zipapp, self._tools(home, mistake), home, self.shiv_root, kubeconfig)
        helm = self._helm(home, mistake.helm)
        words = shlex.split(self._filled(mistake.command))
        env = {name: self._filled(value) for name, value in mistake.env.items()}
        if mistake.limit:
            outcome = _limited(express, words, mistake, helm, example, env)
        else:
            outcome = express(*words, helm=helm, cwd=example, stdin=mistake.stdin, env=env)
        return Told(outcome, self._anywhere(outcome.stdout, home), self._anywhere(outcome.stderr, home))

    def _lay(self, example: Path, mistake: Mistake) -> None:
        for name in mistake.removed:
            (example / name).unlink()
        for name in mistake.folders:
            (example / name).mkdir(parents=True)
        for name, content in mistake.files.items():
            path = example / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else self._filled(content).encode())
        if mistake.prepare:
            mistake.prepare(example)

    def _tools(self, home: Path, mistake: Mistake) -> Path:
        if not mistake.without and mistake.helm != BARE:
            return self.tools
        tools = home / "tools"
        tools.mkdir()
        for tool in self.tools.iterdir():
            if tool.name not in mistake.without and (mistake.helm != BARE or tool.name != "python3"):
                (tools / tool.name).symlink_to(tool)
        if mistake.helm == BARE:
            # Isolated from every package that is installed on this machine.
            venv.create(home / "python", symlinks=True)
            python = tools / "python3"
            python.write_text(f'#!/bin/sh\nexec "{home}/python/bin/python" "$@"\n')
            python.chmod(0o755)
        return tools

    def _helm(self, home: Path, helm: str | None) -> Path | str | None:
        if helm == BARE:
            return None
        if helm is None or not helm.startswith("#!"):
            return helm
        program = home / "bin" / "helm"
        program.parent.mkdir()
        program.write_text(helm.replace("{helm}", str(part("helm4"))))
        program.chmod(0o755)
        return program

    def _filled(self, text: str) -> str:
        for name, value in self.names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def _anywhere(self, text: str, home: Path) -> str:
        """Return a text without what differs from machine to machine and from run to run."""
        for name, value in self.names.items():
            if name.startswith("namespace"):
                text = text.replace(value, SYSTEM)
        text = text.replace(str(home), "~").replace(os.path.realpath(home), "~").replace(str(self.tools), "/usr/bin")
        text = text.replace("~/tools", "/usr/bin")
        text = re.sub(r"give [0-9a-f]{10} then [0-9a-f]{10}", "give f6c33eabd6 then 451893e893", text)
        return re.sub(r"(?<=127\.0\.0\.1:)\d{4,5}", "6443", text)


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of a mistake, as it came and as it reads on any machine."""

    outcome: Outcome
    stdout: str
    stderr: str

    def line(self, shows: str) -> str:
        """Return the line to be quoted: of stderr the first, of data the first that holds the words."""
        if shows:
            return next((line for line in f"{self.stdout}{self.stderr}".splitlines() if shows in line), "").strip()
        return self.stderr.partition("\n")[0]


def _limited(
    express: Express, words: list[str], mistake: Mistake, helm: Path | str | None, cwd: Path, env: Mapping[str, str]
) -> Outcome:
    script = f'ulimit {mistake.limit}; exec "$0" "$@"'
    command: list[str | Path] = ["sh", "-c", script, part("kubectl"), "express", *words]
    return run(command, {**express.environment(helm), **env}, cwd, mistake.stdin)


def kubeconfig(
    user: Mapping[str, object],
    cluster: Mapping[str, object] = NO_MEMBERS,
    server: str = "{server}",
    namespace: str = "",
) -> str:
    """Return a kubeconfig whose user and cluster hold these members."""
    context = {"cluster": "site", "user": "somebody", **({"namespace": namespace} if namespace else {})}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "yul1",
            "clusters": [{"name": "site", "cluster": {"server": server, **cluster}}],
            "users": [{"name": "somebody", "user": user}],
            "contexts": [{"name": "yul1", "context": context}],
        }
    )


def live(namespace: str, user: str = "admin") -> str:
    """Return the kubeconfig of a user of the control plane, in one of the scene's namespaces."""
    return kubeconfig({"token": f"{{token-{user}}}"}, AUTHORITY, namespace=f"{{{namespace}}}")
