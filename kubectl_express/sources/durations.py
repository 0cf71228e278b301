"""Durations as Go writes them, for --request-timeout."""

from __future__ import annotations

import re

from kubectl_express.errors import ExpressError

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)"


def request_timeout(value: str | None) -> float | None:
    """Return the seconds that --request-timeout allows one request, or None for no limit ("0", or not given).

    A bare number is seconds, as clientcmd's ParseTimeout has it; else Go's time.ParseDuration: "30s", "1m30s".
    Raises ExpressError in kubectl's words.
    """
    if not value:
        return None
    if re.fullmatch(r"\+?[0-9]+", value, re.ASCII):
        seconds = float(value)
    elif re.fullmatch(rf"[+-]?(?:0|(?:{_PART})+)", value, re.ASCII):
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_PART, value, re.ASCII))
        seconds = -seconds if value.startswith("-") else seconds
    else:
        raise ExpressError(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by "
            "a corresponding time unit (e.g. 1s | 2m | 3h)"
        )
    return seconds if seconds > 0 else None
