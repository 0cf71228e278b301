"""Tests of the test bed itself: what stands on it can be trusted."""
