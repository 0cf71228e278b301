"""kubectl express: verify deployment revisions, and roll out a fleet one node at a time."""

__version__ = "0.1.0"
