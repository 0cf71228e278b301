"""The answers of the real programs, got once in a run; what they were asked is printed at its end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.differential import documents, kubectl_answers, nodes, throwaway_chart
from tests.testbed.parts import part
from tests.testbed.programs import Kubectl

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.differential.documents import Nasty
    from tests.differential.kubectl_answers import Answer
    from tests.differential.nodes import Node
    from tests.testbed.control_plane import ControlPlane

_SAID = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was compared, and from which seed."""
    for line in config.stash.get(_SAID, []):
        terminalreporter.write_line(line)


def _tell(config: pytest.Config, what: str, asked: Sequence[Node] | Sequence[Nasty]) -> None:
    counts = Counter(each.category for each in asked)
    categories = ", ".join(f"{category} {count}" for category, count in counts.items())
    config.stash.setdefault(_SAID, []).append(f"{len(asked)} {what}: {categories}")


@pytest.fixture(scope="session")
def generated(pytestconfig: pytest.Config) -> list[Node]:
    """Return the nodes that helm is asked about."""
    corpus = nodes.corpus()
    _tell(pytestconfig, f"nodes compared with helm, seed {nodes.SEED}", corpus)
    return corpus


@pytest.fixture(scope="session")
def helm3_answers(generated: list[Node], tmp_path_factory: pytest.TempPathFactory) -> list[throwaway_chart.Answer]:
    """Return what helm 3 makes of each node."""
    return throwaway_chart.ask(throwaway_chart.helm("helm3"), tmp_path_factory.mktemp("helm3"), generated)


@pytest.fixture(scope="session")
def helm4_answers(generated: list[Node], tmp_path_factory: pytest.TempPathFactory) -> list[throwaway_chart.Answer]:
    """Return what helm 4 makes of each node."""
    return throwaway_chart.ask(throwaway_chart.helm("helm4"), tmp_path_factory.mktemp("helm4"), generated)


@pytest.fixture(scope="session")
def nasty(pytestconfig: pytest.Config) -> list[Nasty]:
    """Return the documents that kubectl is asked about."""
    corpus = documents.corpus()
    _tell(pytestconfig, "documents compared with kubectl", corpus)
    return corpus


@pytest.fixture(scope="session")
def kubectl_of_documents(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """Return kubectl with an API server that knows the documents' kind."""
    home = tmp_path_factory.mktemp("differential")
    kubectl = Kubectl(part("kubectl"), control_plane.kubeconfig(home / "config", {"testbed": None}), home)
    with kubectl_answers.known_kind(kubectl):
        yield kubectl


@pytest.fixture(scope="session")
def read_by_kubectl(
    kubectl_of_documents: Kubectl, nasty: list[Nasty], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Answer]:
    """Return what kubectl reads in each document, by name."""
    return kubectl_answers.read_by_kubectl(kubectl_of_documents, tmp_path_factory.mktemp("documents"), nasty)
