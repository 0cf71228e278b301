"""Opens the ledger for a run, and closes it: its rows go into the document, or are held against what stands there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.reliability import ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parent
"""Where the tests are that tell."""
_DESELECTED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        ledger.open_ledger()


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    for item in items:
        item.config.stash[_DESELECTED] = True


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note whether this run is of all tests that tell; each of xdist's workers collects for itself, and all of them."""
    config = session.config
    some = config.option.collectonly or _DESELECTED in config.stash or any("::" in each for each in config.args)
    if not some and {*FOLDER.rglob("test_*.py")} <= {item.path for item in session.items}:
        ledger.note_whole_run()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return
    whole = ledger.is_whole_run()
    rows = ledger.close_ledger()
    sound, found = session.exitstatus == pytest.ExitCode.OK, list[str]()
    if os.environ.get("RELIABILITY") != "write":
        # What failed has not told all.
        found = ledger.differences(rows, whole=whole) if sound else []
    elif sound and ledger.scale() > 1:
        ledger.write_at_scale(rows)
    elif sound and whole:
        ledger.write(rows)
    else:
        found = ["nothing was written: that takes a run of all these tests in which none fails"]
    if found:
        print("\ndocs/reliability.md has not what was tried; RELIABILITY=write tests/run tests/reliability writes it:")
        print("\n".join(f"  {each}" for each in found))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED if sound else session.exitstatus
