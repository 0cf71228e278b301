"""Tests of the built program, as a process, on real parts."""

import pytest

# Their assertions are to say as much as those of the test itself.
pytest.register_assert_rewrite("tests.e2e.expected", "tests.e2e.formats", "tests.e2e.tables", "tests.e2e.texts")
