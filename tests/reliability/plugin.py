"""Opens the ledger for a run, and closes it: its rows go into the document, or are looked up there."""

from __future__ import annotations

import os

import pytest

from tests.reliability import ledger


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        ledger.open_ledger()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return
    rows = ledger.close_ledger()
    if os.environ.get("RELIABILITY") == "write":
        ledger.write(rows)
        return
    lacking = ledger.unwritten(rows)
    if lacking:
        print("\ndocs/reliability.md lacks what was tried; RELIABILITY=write tests/run tests/reliability writes it:")
        print("\n".join(f"  {each}" for each in lacking))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
