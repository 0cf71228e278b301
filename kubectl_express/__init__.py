"""kubectl express: verify the deployment revisions of an ordered, restart-sensitive fleet."""

__version__ = "0.1.0"
