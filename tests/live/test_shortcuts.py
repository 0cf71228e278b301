"""Every shortcut that makes reading fast gives the very bytes that the long way gives."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml

from kubectl_express import cli
from kubectl_express.core import changes, drift, plain_yaml, sharing
from kubectl_express.environment import Environment
from kubectl_express.sources import listing, sides, threads
from tests.testbed.parts import part
from tests.testbed.programs import run as run_program
from tests.testbed.programs import succeeded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from kubectl_express.core.values import Value
    from tests.testbed.programs import Kubectl

COMMANDS = [
    "revisions", "revisions -o json", "revisions -v -o wide", "revisions --chart -o yaml", "inspect --all -o json",
    "inspect be2", "inspect --all --chart", "inspect --all --against live", "diff", "diff -v --objects",
    "diff -o json", "diff -o markdown", "diff --against git:HEAD -o json", "verify", "verify -o json", "verify --live",
    "verify --against live", "revisions -f output.yaml -o json", "diff -f output.yaml --against live",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What one command said, and how it ended."""

    code: int
    stdout: str
    stderr: str


def _no_plain_yaml(patch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Value:
        raise plain_yaml.NotPlainError

    patch.setattr(plain_yaml.PlainReader, "read", refuse)


def _no_libyaml(patch: pytest.MonkeyPatch) -> None:
    _no_plain_yaml(patch)
    patch.setattr(yaml, "__with_libyaml__", False)


def _nothing_shared(patch: pytest.MonkeyPatch) -> None:
    for name in ("members", "object", "value"):
        patch.setattr(sharing.Pool, name, lambda _, value: value)


def _pages_of_two(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(listing, "_PAGE", 2)


def _whole_pods(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(listing, "essence", lambda pod: pod)


def _drift_in_full(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(drift, "_holds", lambda *_: False)


def _texts_compared_as_values(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(changes, "_same_text", lambda *_: False)


def _equal_renderings_read_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sides.Sides, "_number", lambda self, settings: self._settings.append(settings) or len(self._settings))


def _one_at_a_time(patch: pytest.MonkeyPatch) -> None:
    begin = threads.Threads.begin

    def begin_and_wait(self: threads.Threads, call: Callable[..., object], *arguments: object) -> threads.Begun[object]:
        begun = begin(self, call, *arguments)
        begun.wait()
        return begun

    patch.setattr(threads.Threads, "begin", begin_and_wait)


WITHOUT: Mapping[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the reader of plain YAML": _no_plain_yaml,
    "libyaml": _no_libyaml,
    "shared values": _nothing_shared,
    "long pages": _pages_of_two,
    "lean pods": _whole_pods,
    "drift at a glance": _drift_in_full,
    "equal texts": _texts_compared_as_values,
    "equal renderings": _equal_renderings_read_again,
    "requests at the same time": _one_at_a_time,
}


@pytest.fixture
def said(example: Path, kubeconfig: Path, kubectl: Kubectl, system: str) -> Callable[[], dict[str, Said]]:
    """Return what runs every command in a repository whose chart, file and cluster differ in all ways there are."""
    _deploy(example, kubectl, system)
    variables = {
        "PATH": f"{part('helm4').parent}:{os.environ['PATH']}",
        "HOME": str(example),
        "KUBECONFIG": str(kubeconfig),
    }

    def run(command: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        environment = Environment(io.StringIO(), out, err, variables, example)
        code = cli.main([*command.split(), "--context", "yul1", "--system", system], environment)
        return Said(code, out.getvalue(), err.getvalue())

    return lambda: {command: run(command) for command in COMMANDS}


def _deploy(example: Path, kubectl: Kubectl, system: str) -> None:
    """Deploy half by client-side and half by server-side apply, edit some of it by hand, and change the chart."""
    values = example / "overlays" / "yul1" / system / "values.yaml"
    command: list[str | Path] = [part("helm4"), "template", system, "master_charts/express", "--values", values]
    rendered = succeeded(run_program(command, dict(os.environ), example), "helm template").stdout
    (example / "output.yaml").write_text(rendered, encoding="utf-8")
    documents = rendered.split("\n---\n")
    kubectl("apply", "--namespace", system, "-f", "-", stdin="\n---\n".join(documents[::2]))
    kubectl("apply", "--server-side", "--namespace", system, "-f", "-", stdin="\n---\n".join(documents[1::2]))
    kubectl("patch", "backend", "be2", "--namespace", system, "--type=merge", "--patch", '{"spec":{"zone":"by-hand"}}')
    kubectl(
        "patch", "frontend", "fe1", "--namespace", system, "--type=merge", "--patch", '{"spec":{"extra":{"by":"hand"}}}'
    )
    kubectl("delete", "backend", "be3", "--namespace", system)
    text = values.read_text(encoding="utf-8")
    values.write_text(text.replace("zone: yul1-a", "zone: yul1-c") + "  fe9: {}\n", encoding="utf-8")


def test_every_command_says_the_same_without_each_shortcut(said: Callable[[], dict[str, Said]]) -> None:
    expected = said()
    assert {each.code for each in expected.values()} == {0, 1, 3}
    different: dict[tuple[str, str], Said] = {}
    for shortcut, without in WITHOUT.items():
        with pytest.MonkeyPatch.context() as patch:
            without(patch)
            found = said()
        different |= {
            (shortcut, command): found[command] for command in COMMANDS if found[command] != expected[command]
        }
    assert different == {}
