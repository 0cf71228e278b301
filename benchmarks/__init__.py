"""Measurements, each printed beside what other tools take for the same, in one run."""
