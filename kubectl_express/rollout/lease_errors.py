"""How the lease of a rollout is not to be had, or no longer."""

from __future__ import annotations

from kubectl_express.errors import ExpressError


class LeaseHeldError(ExpressError):
    """Another rollout holds the lease; the message says who and when it comes free."""


class LeaseLostError(ExpressError):
    """The lease is another's now, or nobody's: nothing may be written any more."""


class LeaseUnsureError(ExpressError):
    """The lease could not be renewed in time: nothing may be written until it is; it may still be ours."""
