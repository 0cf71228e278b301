from __future__ import annotations

import io
from pathlib import Path

import pytest

from kubectl_express.environment import Environment
from kubectl_express.rollout_dispatch import command_line
from kubectl_express.sources.kubeconfig import ConnectionOptions
from kubectl_express.sources.layout import System
from kubectl_express.sources.scope import Scope, Selection

SYSTEM = System("systemdcrtest3", "yul1", "systemdcrtest3")


def going_on(
    *words: str, systems: tuple[str, ...] = (), context: str | None = None, namespace: str | None = None
) -> str:
    environment = Environment(io.StringIO(), io.StringIO(), io.StringIO(), {}, Path())
    selection = Selection(ConnectionOptions(context=context, namespace=namespace), systems)
    return " ".join(command_line(words, Scope(environment, selection), SYSTEM))


def test_the_command_that_goes_on_names_context_and_system_whatever_is_current_then() -> None:
    assert going_on("rollout", "--step") == "kubectl express rollout --step --context yul1 --system systemdcrtest3"


@pytest.mark.parametrize(
    ("words", "systems", "namespace"),
    [
        ("rollout --context yul1 --system systemdcrtest3 --yes", ("systemdcrtest3",), None),
        ("rollout --context yul1 -n systemdcrtest3", (), "systemdcrtest3"),
    ],
)
def test_what_was_named_is_not_named_again(words: str, systems: tuple[str, ...], namespace: str | None) -> None:
    line = going_on(*words.split(), systems=systems, context="yul1", namespace=namespace)
    assert line == f"kubectl express {words}"


@pytest.mark.parametrize(
    "words", [("--token", "s3cret"), ("--token=s3cret",), ("--expect-plan", "3f2a9c01de47"), ("--expect-plan=3f2a",)]
)
def test_it_names_no_token_and_not_the_plan_that_is_half_done(words: tuple[str, ...]) -> None:
    line = going_on("rollout", *words, "--yes")
    assert line == "kubectl express rollout --yes --context yul1 --system systemdcrtest3"
