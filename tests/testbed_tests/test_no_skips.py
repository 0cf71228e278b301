from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def run_pytest(folder: Path, source: str, ci: str = "true") -> tuple[int, str]:
    """Run pytest on one module with the plugin; return its exit code and output."""
    (folder / "test_one.py").write_text(f"import pytest\n{source}\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.testbed.no_skips", "-p", "no:cacheprovider", "test_one.py"]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


NOT_RUN = {
    "skip inside": "def test_it(): pytest.skip('no helm')",
    "skip mark": "@pytest.mark.skip(reason='no helm')\ndef test_it(): pass",
    "skip of a module": "pytest.skip('no helm', allow_module_level=True)",
    "missing import": "pytest.importorskip('no_such_module', reason='no helm')",
    "skip in a fixture": "@pytest.fixture\ndef cluster(): pytest.skip('no helm')\ndef test_it(cluster): pass",
    "skip in a subtest": "def test_it(subtests):\n    with subtests.test(): pytest.skip('no helm')",
    "expected failure": "@pytest.mark.xfail(reason='no helm')\ndef test_it(): assert False",
    "unexpected success": "@pytest.mark.xfail(reason='no helm')\ndef test_it(): pass",
}


@pytest.mark.parametrize("source", NOT_RUN.values(), ids=NOT_RUN)
def test_in_ci_a_test_that_did_not_run_is_a_failure_that_says_why(tmp_path: Path, source: str) -> None:
    code, output = run_pytest(tmp_path, source)
    assert code in {1, 2}, output
    assert "with CI=true every test must: " in output
    assert "no helm" in output


def test_in_ci_a_test_without_cases_is_a_failure(tmp_path: Path) -> None:
    code, output = run_pytest(tmp_path, "@pytest.mark.parametrize('case', [])\ndef test_it(case): pass")
    assert code == 1, output


@pytest.mark.parametrize("ci", ["true", ""])
def test_an_empty_collection_is_a_failure_everywhere(tmp_path: Path, ci: str) -> None:
    assert run_pytest(tmp_path, "", ci)[0] == pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.parametrize("source", NOT_RUN.values(), ids=NOT_RUN)
def test_at_a_desk_a_skip_is_a_skip(tmp_path: Path, source: str) -> None:
    assert run_pytest(tmp_path, source, ci="")[0] in {0, pytest.ExitCode.NO_TESTS_COLLECTED}


def test_in_ci_tests_that_run_pass(tmp_path: Path) -> None:
    assert run_pytest(tmp_path, "def test_it(): pass")[0] == 0
