"""With CI=true a test that did not run is a failure: nobody reads "passed, 12 skipped" until it hurts.

An empty collection needs nothing here: pytest itself ends with 5.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator


def strict() -> bool:
    """Tell whether this run must not skip anything."""
    return os.environ.get("CI", "").lower() == "true"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the report of a test that was skipped, or that failed as expected, into a failure."""
    report = yield
    if strict() and (report.skipped or hasattr(report, "wasxfail")):
        _fail(report)
        report.__dict__.pop("wasxfail", None)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the report of a module that skipped itself into a failure."""
    report = yield
    if strict() and report.skipped:
        _fail(report)
    return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else getattr(report, "wasxfail", "")
    report.outcome = "failed"
    report.longrepr = f"did not run, and with CI=true every test must: {reason}"
