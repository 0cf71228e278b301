"""A Containerfile built without a container engine: its own steps, with a folder for the root of the image."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.testbed.programs import run, succeeded

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """What the steps left behind, and how a container of it would start."""

    environment: dict[str, str]
    """That of its ENV steps, with paths below the folder, and a PATH."""
    user: str
    entrypoint: list[str]


def build(containerfile: Path, context: Path, root: Path, tools: Path) -> BuiltImage:
    """Go through the steps in order, each with what those before have set.

    `tools` stands for what the base image has on its PATH. Raises AssertionError of a step that fails, or that is
    not known here.
    """
    environment = {"PATH": os.pathsep.join([str(root / "usr/local/bin"), str(tools)])}
    user, entrypoint = "root", list[str]()
    for step, rest in _steps(containerfile.read_text(encoding="utf-8")):
        if step == "COPY":
            *_, source, target = [word for word in shlex.split(rest) if not word.startswith("--")]
            copied = root / target.lstrip("/")
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(context / source, copied)
        elif step == "ENV":
            for word in shlex.split(rest):
                name, _, value = word.partition("=")
                environment[name] = str(root / value.lstrip("/")) if value.startswith("/") else value
        elif step == "RUN":
            succeeded(run(["sh", "-euc", rest], environment, root), rest)
        elif step == "USER":
            user = rest
        elif step == "ENTRYPOINT":
            entrypoint = json.loads(rest)
        else:
            assert step == "FROM", f"a step that this does not know: {step}"
    return BuiltImage(environment, user, entrypoint)


def _steps(text: str) -> list[tuple[str, str]]:
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]
    return [(step, rest.strip()) for step, _, rest in (line.partition(" ") for line in lines)]
