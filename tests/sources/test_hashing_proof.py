from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.hashing import HashMethod
from kubectl_express.errors import ExpressError
from kubectl_express.sources.embedded import EmbeddedHelm
from kubectl_express.sources.hashing_proof import prove_hashing
from kubectl_express.sources.helm import HelmCommand
from kubectl_express.sources.rendering import Rendering

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kubectl_express.sources.rendering import Engine, Release


class Altered:
    """A renderer whose answers are altered on their way: what no real one does on demand."""

    def __init__(self, engine: Engine, alter: Callable[[str], str]) -> None:
        self._engine = engine
        self._alter = alter

    def render(self, release: Release) -> Rendering:
        answer = self._engine.render(release)
        return Rendering(self._alter(answer.text), answer.engine, answer.command)

    def version(self) -> str:
        return self._engine.version()


def command(helm: Path) -> HelmCommand:
    return HelmCommand(str(helm), {"HOME": os.environ.get("HOME", "/"), "PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize(
    "method", [HashMethod(), HashMethod("sha1", None), HashMethod("sha512", 64), HashMethod("adler32", None)]
)
def test_helm_writes_and_hashes_json_as_this_program_does(helm: Path, method: HashMethod) -> None:
    assert prove_hashing(command(helm), method) == []


def test_the_embedded_engine_does_so_too() -> None:
    assert prove_hashing(EmbeddedHelm(), HashMethod()) == []


def test_a_renderer_that_writes_other_json_is_found_out(helm4: Path) -> None:
    lying = Altered(command(helm4), lambda text: text.replace("1000000", "1e+06"))
    lines = prove_hashing(lying, HashMethod())
    assert any("1e+06" in line and "1000000" in line for line in lines)


def test_a_renderer_with_another_hash_is_found_out_in_every_case(helm4: Path) -> None:
    lying = Altered(command(helm4), lambda text: text.replace('hash: "', 'hash: "0'))
    assert len(prove_hashing(lying, HashMethod())) > 5


@pytest.mark.parametrize("answer", ["", "cases: []\n", "cases: text\n", "- 1\n"])
def test_a_renderer_that_does_not_answer_proves_nothing(helm4: Path, answer: str) -> None:
    with pytest.raises(ExpressError, match="the hashing proof"):
        prove_hashing(Altered(command(helm4), lambda _: answer), HashMethod())
