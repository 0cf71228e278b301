"""Moments as Kubernetes writes them, in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def time(moment: datetime) -> str:
    """Return a moment as metav1.Time has it: RFC 3339, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_time(moment: datetime) -> str:
    """Return a moment as metav1.MicroTime wants it: with exactly six digits behind the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
