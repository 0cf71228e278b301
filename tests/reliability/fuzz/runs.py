"""One run of the program within this process, and what must hold of every run, whatever was read."""

from __future__ import annotations

import io
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from unittest.mock import patch

from jsonschema import Draft202012Validator

import kubectl_express
from kubectl_express import cli
from kubectl_express.environment import Environment
from kubectl_express.errors import ExitStatus
from kubectl_express.sources.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SLOWEST = 5.0
"""Seconds of a core; inputs are some 20 KB."""
_SCHEMAS = Path(kubectl_express.__file__).parent / "schemas"
_SCHEMA_OF = {
    "history": "rollout-history",
    "status": "rollout-status",
    "rollout": "rollout-plan",
    "undo": "rollout-plan",
}


@dataclass(slots=True)
class Answered:
    """What the program takes for an API server's answer."""

    status: int
    content: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Date": "Wed, 01 May 2024 10:00:05 GMT"})

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.content


@contextmanager
def answering(contents: Mapping[str, bytes]) -> Iterator[None]:
    """Have an API server answer with these contents, by the end of the path, and with 404 what is not among them.

    A double of the connection's last step, since no API server answers what is tried here.
    """

    def open_(_: Cluster, method: str, path: str, *__: Any, **___: Any) -> Answered:
        known = "openapi" if path.startswith("/openapi/") else path
        found = next((content for end, content in contents.items() if known.endswith(end)), None)
        return Answered(404, b"{}") if found is None or method != "GET" else Answered(200, found)

    with patch.object(Cluster, "_open", open_):
        yield


def checked_run(
    arguments: list[str], stdin: bytes, folder: Path, variables: Mapping[str, str] | None = None
) -> ExitStatus:
    """Run the program, and return how it ended. Raises whatever goes through it, and AssertionError for bad manners."""
    stdout, stderr = io.BytesIO(), io.StringIO()
    environment = Environment(
        io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"),
        io.TextIOWrapper(stdout, encoding="utf-8", newline="\n"),
        stderr,
        {"HOME": str(folder), "PATH": "", **(variables or {})},
        folder,
    )
    started = time.process_time()
    with patch.object(cli, "_crashed", _crashed), patch.object(cli, "_forget_unwritten", lambda: None):
        status = ExitStatus(cli.main(arguments, environment))
    took = time.process_time() - started
    assert took < SLOWEST, f"it took {took:.1f} s"
    _check_words(status, stderr.getvalue())
    if "json" in arguments and status in {ExitStatus.DONE, ExitStatus.DIFFERENT, ExitStatus.UNTRUSTED}:
        _check_json(arguments, stdout.getvalue().decode())
    return status


def _crashed(error: Exception, *_: Any, **__: Any) -> NoReturn:
    """Tell of a fault of the program by itself, with its trace, which the tests show."""
    raise error


def _check_words(status: ExitStatus, said: str) -> None:
    lines = said.splitlines()
    assert all(line.isprintable() for line in said.split("\n")), said[:500]
    assert "check the disk" not in said or "File name too long" in said, said[:500]
    if status is ExitStatus.FAILED:
        assert any(line.startswith(("error: ", "Error from server")) for line in lines), said[:500]


def _check_json(arguments: list[str], printed: str) -> None:
    document = json.loads(printed, parse_constant=_not_json)
    command = next((word for word in arguments[1:2] if word in _SCHEMA_OF), arguments[0])
    fault = next(_validator(_SCHEMA_OF.get(command, command)).iter_errors(document), None)
    assert fault is None, str(fault)[:2000]


def _not_json(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is not JSON")


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((_SCHEMAS / f"{name}.json").read_text()))
