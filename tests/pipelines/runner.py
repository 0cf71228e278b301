"""As much of GitHub's runner as it takes to run the steps of an action or a job: expressions, environment, files."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")
_SHELLS = {"bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"], None: ["bash", "-e"]}
"""What runs a script, by the step's shell, as GitHub documents it."""


@dataclass(slots=True)
class Ran:
    """What some steps came to."""

    code: int = 0
    log: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the step's id."""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs steps in a workspace, with this environment and no other."""

    folder: Path
    workspace: Path
    environment: Mapping[str, str]

    def use(self, action: Path, given: Mapping[str, str], *, only: str | None = None) -> Ran:
        """Run the steps of a composite action with these inputs; `only` the step of that id."""
        described = yaml.safe_load((action / "action.yml").read_text(encoding="utf-8"))
        assert set(given) <= set(described["inputs"])
        context = {"github": {"token": "the token of the job"}}
        inputs = {
            name: given.get(name, resolved(str(each.get("default", "")), context))
            for name, each in described["inputs"].items()
        }
        steps = [step for step in described["runs"]["steps"] if only is None or step.get("id") == only]
        return self.run(steps, {**context, "inputs": inputs}, {"GITHUB_ACTION_PATH": str(action)})

    def run(
        self, steps: list[dict[str, Any]], context: Mapping[str, Any], more: Mapping[str, str] | None = None
    ) -> Ran:
        """Run steps in order until one fails; a checkout is there already."""
        ran = Ran()
        for number, step in enumerate(steps):
            if str(step.get("uses", "")).startswith("actions/checkout@"):
                continue
            files = {name: self.folder / f"{number}-{name}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
            for file in files.values():
                file.write_text("")
            seen = {**context, "steps": {name: {"outputs": each} for name, each in ran.outputs.items()}}
            environment = {
                **self.environment,
                "GITHUB_WORKSPACE": str(self.workspace),
                **{name: str(file) for name, file in files.items()},
                **(more or {}),
                **{name: resolved(value, seen) for name, value in step.get("env", {}).items()},
            }
            script = self.folder / f"{number}.sh"
            script.write_text(resolved(step["run"], seen))
            done = subprocess.run(
                [*_SHELLS[step.get("shell")], script],
                cwd=self.workspace / resolved(step.get("working-directory", "."), seen),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            ran.log += done.stdout
            ran.summary += files["GITHUB_STEP_SUMMARY"].read_text()
            written = (line.partition("=") for line in files["GITHUB_OUTPUT"].read_text().splitlines())
            ran.outputs[step.get("id", str(number))] = {name: value for name, _, value in written}
            ran.code = done.returncode
            if ran.code:
                break
        return ran


def resolved(text: str, context: Mapping[str, Any]) -> str:
    """Return the text with its expressions replaced, which are paths into the context; raises KeyError."""

    def value(found: re.Match[str]) -> str:
        at: Any = context
        for name in found[1].split("."):
            at = at[name]
        return str(at)

    return _EXPRESSION.sub(value, text)


def commands(log: str) -> list[str]:
    """Return the lines of a log that the runner obeys: none between `stop-commands` and the token it names."""
    obeyed, until = [], ""
    for line in map(str.strip, log.splitlines()):
        if until:
            until = "" if line == f"::{until}::" else until
        elif line.startswith("::stop-commands::"):
            until = line.removeprefix("::stop-commands::")
        elif line.startswith("::"):
            obeyed.append(line)
    assert not until, "commands were never allowed again"
    return obeyed
