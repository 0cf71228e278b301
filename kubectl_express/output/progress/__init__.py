"""How a rollout tells what it is doing: plain lines, a live table on a terminal, or an event a line for scripts."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

from kubectl_express.output.palette import choose_palette

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.happenings import Happening
    from kubectl_express.core.plan import Plan
    from kubectl_express.core.settings import Settings
    from kubectl_express.environment import Environment
    from kubectl_express.output.progress.outcome import Outcome
    from kubectl_express.output.views.systems import Place


class Reporter(Protocol):
    """Tells one rollout. Nothing here raises where a stream takes no more: a closed terminal ends no rollout."""

    def report(self, happening: Happening) -> None:
        """Tell of one thing that happened."""

    def pause(self) -> None:
        """Leave the terminal to a question, its answer, and whatever is printed in between."""

    def resume(self) -> None:
        """Go on after a question."""

    def close(self, outcome: Outcome | None = None) -> None:
        """End the telling, with what became of each node where that is known; only warnings are told after it."""


def _now() -> datetime:
    return datetime.now(timezone.utc)


def choose_reporter(
    form: str,
    environment: Environment,
    place: Place,
    plan: Plan,
    settings: Settings,
    *,
    color: str = "auto",
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], datetime] = _now,
) -> Reporter:
    """Return what tells a rollout of a plan in a form of `-o`.

    `json` is an event a line. Anything else is for people: a live table where stdout is a terminal that can show it
    (TERM=dumb cannot, nor one whose encoding lacks the marks), else a line for each thing. `color` is as `--color`;
    `clock` measures how long things take, in seconds, and `now` dates events.
    """
    if form == "json":
        from kubectl_express.output.progress.events import EventLines

        return EventLines(environment, place, plan, now)
    palette = choose_palette(color, environment.stdout, environment.variables)
    remarks = choose_palette(color, environment.stderr, environment.variables)
    if _is_capable(environment):
        from kubectl_express.output.progress.live import LiveTable, terminal_console

        console = terminal_console(environment, palette)
        return LiveTable(environment, console, remarks, place, plan, settings, clock)
    from kubectl_express.output.progress.plain import PlainLines

    return PlainLines(environment, palette, remarks)


def _is_capable(environment: Environment) -> bool:
    encoding = (environment.stdout.encoding or "").lower().replace("-", "")
    return environment.stdout.isatty() and environment.variables.get("TERM") != "dumb" and encoding.startswith("utf")
