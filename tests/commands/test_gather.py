"""Several systems are read at once: one that cannot be read hides no other, and a server that is away is asked once."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from kubectl_express.commands.reading import gather
from kubectl_express.environment import Environment
from kubectl_express.errors import ExpressError
from kubectl_express.output.printer import Printer
from kubectl_express.sources.layout import System
from kubectl_express.sources.unreachable import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

SYSTEMS = [System(f"s{number}", "yul1", f"s{number}") for number in range(100)]


@pytest.fixture
def said() -> io.StringIO:
    """Return what is written to stderr."""
    return io.StringIO()


@pytest.fixture
def printer(said: io.StringIO) -> Printer:
    """Return a printer that writes nowhere else."""
    return Printer(Environment(io.StringIO(), io.StringIO(), said, {}), form="table")


def failing(*names: str, asked: list[str], error: type[ExpressError]) -> Callable[[System], str]:
    """Return what reads a system's name, but of some."""

    def read(system: System) -> str:
        asked.append(system.name)
        if not names or system.name in names:
            raise error("away")
        return system.name

    return read


def test_what_can_be_read_comes_in_order_and_what_cannot_is_said(printer: Printer, said: io.StringIO) -> None:
    asked: list[str] = []
    gathered = gather(SYSTEMS, failing("s3", "s50", asked=asked, error=ExpressError), printer)
    assert gathered.results == [each.name for each in SYSTEMS if each.name not in {"s3", "s50"}]
    assert gathered.failed
    assert said.getvalue() == "error: s3: away\nerror: s50: away\n"
    assert sorted(asked) == sorted(each.name for each in SYSTEMS)


def test_behind_a_server_that_is_away_no_further_system_is_tried(printer: Printer) -> None:
    asked: list[str] = []
    with pytest.raises(UnreachableError, match=r"^away$"):
        gather(SYSTEMS, failing(asked=asked, error=UnreachableError), printer)
    assert 1 <= len(asked) <= 8
