"""Compare with the real programs outside of the tests, and say how much was compared and how long it took.

python -m tests.differential
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kubectl_express.sources.embedded import EmbeddedHelm
from tests.differential import documents, encoding, kubectl_answers, nodes, reading, throwaway_chart
from tests.differential.mutants import GROUPS, is_noticed
from tests.differential.program import AS_IT_IS
from tests.testbed.control_plane import running_control_plane
from tests.testbed.parts import part
from tests.testbed.programs import Kubectl

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def _timed(what: str) -> Iterator[list[str]]:
    """Print how long it took, and what was found meanwhile; its number goes into `what`."""
    found: list[str] = []
    start = time.perf_counter()
    yield found
    print(f"{what.format(len(found))}: {time.perf_counter() - start:.1f} s")
    print("".join(f"  {line}\n" for line in found[:10]), end="")


def _count(categories: Iterator[str]) -> None:
    print("".join(f"  {count:5} {category}\n" for category, count in Counter(categories).items()), end="")


def main() -> int:
    """Print counts, times and differences; return 1 if there is any."""
    generated, nasty = nodes.corpus(), documents.corpus()
    print(f"{len(generated)} nodes, seed {nodes.SEED}")
    _count(node.category for node in generated)
    print(f"{len(nasty)} documents")
    _count(text.category for text in nasty)
    differences = 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name, engine in (
            ("helm3", throwaway_chart.helm("helm3")),
            ("embedded", EmbeddedHelm()),
            ("helm4", throwaway_chart.helm("helm4")),
        ):
            with _timed(f"{engine.version()} asked"):
                answers = throwaway_chart.ask(engine, home / name, generated)
            with _timed(f"{engine.version()} compared, {{}} differences") as found:
                found.extend(encoding.differences(AS_IT_IS, generated, answers))
            differences += len(found)
        with running_control_plane(home) as plane:
            kubectl = Kubectl(part("kubectl"), plane.kubeconfig(home / "config", {"testbed": None}), home)
            with kubectl_answers.known_kind(kubectl), _timed("kubectl asked"):
                (home / "documents").mkdir()
                read = kubectl_answers.read_by_kubectl(kubectl, home / "documents", nasty)
        refused = sum(answer is None for answer in read.values())
        with _timed(f"kubectl, which refused {refused} documents, compared, {{}} differences") as found:
            found.extend(reading.differences(AS_IT_IS, nasty, read))
        differences += len(found)
    mutants = [(group, mutant) for group in GROUPS.values() for mutant in group.mutants]
    with _timed(f"{len(mutants)} special cases taken out in turn, {{}} of them unnoticed") as found:
        for group, mutant in mutants:
            if not is_noticed(mutant, group, (generated, answers), (nasty, read)):
                found.append(str(mutant))
    return 1 if differences or found else 0


if __name__ == "__main__":
    sys.exit(main())
