"""No regular expression takes more time than the length of the text explains, whatever the text."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import kubectl_express
from kubectl_express.core.helm_versions import CONSTRAINT
from kubectl_express.sources import configuration_fields
from tests.reliability.ledger import Row, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTHS = (30, 12_000)
SLOWEST = 0.25
"""Seconds. Of 12,000 characters a time that grows with the square takes as long, and any worse one for ever."""
PUMPS = (
    *"a0-_./:,#!\"'\\ \n\t{}[]()=+~é\x00",
    *("a.", "a-", "a/", "a,", "/a", "~0", "~1", "-!", "!!", "!,", "[!", "\\\\", '\\"', "\\u", '""', '":', "\n#", "\n "),
    *("\n---", "--- ", "a: ", ": a", " #", "1e", "1.", "1_", "+1", "0x", "{context}", "{system}", "{node}", "1h"),
    *(">1", ">=1.2 ", ">1,", " ,", "<", "time=", "level=A", "W", "I0", "\\ud800\\udc00", ".go:1", "2024-"),
)  # fmt: skip
HEADS, TAILS = ("", '"', "-!", "a1"), ("\x01", "\\", "", "{")
FROM_THE_START = {"kubectl_express.sources.files._LOG_LINE", "kubectl_express.sources.chart_files._ARCHIVED"}
"""Patterns that are tried at the beginning of a text only."""
OF_SOUND_TEXTS = {
    "kubectl_express.core.gojson._STRING_OR_FLOAT",
    "kubectl_express.core.gojson._STRING_OR_CONSTANT",
    "kubectl_express.core.json_places._STRING_OR_SPACE",
    "kubectl_express.core.representation._TOKEN",
    "kubectl_express.core.representation._VALUE",
    "kubectl_express.core.template_actions._TOKEN",
}
"""Patterns for what was read before, as JSON or by helm: its strings end, and no white space is behind it."""


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Yield every regular expression that a module keeps, and those that the configuration's values are held to."""
    for module in pkgutil.walk_packages(kubectl_express.__path__, "kubectl_express."):
        if module.name.endswith("__main__") or ".embedded" in module.name:
            continue
        loaded = importlib.import_module(module.name)
        for name, value in vars(loaded).items():
            if isinstance(value, re.Pattern):
                yield f"{module.name}.{name}", value
    for name, value in vars(configuration_fields).items():
        if name.startswith("_") and name.isupper() and isinstance(value, str):
            yield f"configuration_fields.{name}", re.compile(value)
    yield "helm_versions.CONSTRAINT", re.compile(CONSTRAINT)


def test_no_regular_expression_takes_more_than_linear_time() -> None:
    found = {name: pattern for name, pattern in patterns() if name not in OF_SOUND_TEXTS}
    assert len(found) > 40
    slow = [f"{name}: {slowest}" for name, pattern in found.items() if (slowest := _slow_text(name, pattern))]
    assert slow == []
    what = "texts made to keep a regular expression busy, for each that the program has"
    tell(Row("Broken inputs", what, "linear time", tried=len(found) * len(PUMPS) * len(HEADS)))


def _slow_text(name: str, pattern: re.Pattern[Any]) -> str | None:
    """Return what text takes too long; short ones are tried first, since some would take for ever when longer."""
    binary = isinstance(pattern.pattern, bytes)
    for length in LENGTHS:
        for pump in PUMPS:
            for number, head in enumerate(HEADS):
                tail = TAILS[number % len(TAILS)]
                text = f"{head}{pump * (length // len(pump))}{tail}"
                subject: Any = text.encode("utf-8", "surrogatepass") if binary else text
                started = time.process_time()
                pattern.fullmatch(subject)
                pattern.match(subject)
                if name not in FROM_THE_START:
                    deque(pattern.finditer(subject), maxlen=0)
                if time.process_time() - started > SLOWEST:
                    return f"{length} characters of {pump!r} behind {head!r}, before {tail!r}"
    return None
