"""The small systems of the end-to-end tests."""

from tests.e2e.conftest import systems

__all__ = ["systems"]
