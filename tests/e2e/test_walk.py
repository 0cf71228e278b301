"""Every command, on every source it takes, in every format it lists, as the parser knows them."""

from __future__ import annotations

import shlex
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.flags import PROGRAM
from kubectl_express.parser import build_parser
from tests.e2e.cells import Command, commands
from tests.e2e.expected import (
    Compares,
    Document,
    Expected,
    Lists,
    Plans,
    Prints,
    Reads,
    Refuses,
    Relates,
    Stands,
    Tells,
    Verifies,
    Waits,
)
from tests.e2e.fleet import Fleet, deployed_fleet
from tests.e2e.formats import FORMATS
from tests.e2e.schemas import shipped, violations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jsonschema import Draft202012Validator

    from tests.conftest import StartOperator
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl, Outcome

EITHER = Refuses(("--filename", "--chart"))
READINGS: dict[str, Expected] = {
    "": Reads("live"),
    "--chart": Reads("chart"),
    "--filename FILE": Reads("edited"),
    "--filename -": Reads("stdin"),
    "--chart --filename FILE": EITHER,
    "--chart --filename -": EITHER,
}
CHANGED = {"be2": ("update", ["/zone"]), "be3": ("new", [""]), "fe2": ("removed", [""])}
EDITED = {"be1": ("missed", ["/aaa"])}
RECORDS = ("ConfigMap/express-revisions-0",)
SHIFTED = (*RECORDS, "Backend/be10", "Frontend/fe1")
"""be3 is new, so the sync waves of those behind it change, and no pod."""
PUT_BACK = {"be10": ("same", ["/zone"])}
FAULTY = {"be1": ["mismatch", "disagree"]}
MISSED = {"be1": ["mismatch", "disagree", "missed"]}
ROLLED = {"be2": "update", "be3": "new", "be10": "same", "fe1": "same"}
ONLY_LIVE = Refuses(("--live", "-f", "--against"))
EXPECTED: Mapping[str, Mapping[str, Expected]] = {
    "revisions": READINGS,
    "inspect": {
        **READINGS,
        "--against live": Relates("chart", "live", CHANGED | PUT_BACK),
        "--against FILE": Relates("chart", "file", CHANGED),
        "--against git:REV": Relates("chart", "git", CHANGED),
        "--chart --against live": Relates("chart", "live", CHANGED | PUT_BACK),
        "--chart --against FILE": Relates("chart", "file", CHANGED),
        "--chart --against git:REV": Relates("chart", "git", CHANGED),
        "--filename FILE --against live": Relates("edited", "live", EDITED | PUT_BACK),
        "--filename FILE --against FILE": Relates("edited", "file", EDITED),
        "--filename FILE --against git:REV": Relates("edited", "git", EDITED),
        "--filename - --against live": Relates("stdin", "live", PUT_BACK),
        "--filename - --against FILE": Relates("stdin", "file"),
        "--filename - --against git:REV": Relates("stdin", "git"),
        "--chart --filename FILE --against live": EITHER,
        "--chart --filename FILE --against FILE": EITHER,
        "--chart --filename FILE --against git:REV": EITHER,
        "--chart --filename - --against live": EITHER,
        "--chart --filename - --against FILE": EITHER,
        "--chart --filename - --against git:REV": EITHER,
    },
    "diff": {
        "": Compares("chart", "live", 1, CHANGED | PUT_BACK, SHIFTED),
        "--against FILE": Compares("chart", "file", 1, CHANGED, SHIFTED),
        "--against git:REV": Compares("chart", "git", 1, CHANGED, SHIFTED),
        "--filename FILE": Compares("edited", "live", 3, EDITED | PUT_BACK, RECORDS),
        "--filename FILE --against FILE": Compares("edited", "file", 3, EDITED, RECORDS),
        "--filename FILE --against git:REV": Compares("edited", "git", 3, EDITED, RECORDS),
        "--filename -": Compares("stdin", "live", 1, PUT_BACK),
        "--filename - --against FILE": Compares("stdin", "file", 0),
        "--filename - --against git:REV": Compares("stdin", "git", 0),
    },
    "verify": {
        "": Verifies("chart", None, 0),
        "--live": Verifies("live", None, 3, {"be10": ["drifted"]}),
        "--against live": Verifies("chart", "live", 0),
        "--against FILE": Verifies("chart", "file", 0),
        "--against git:REV": Verifies("chart", "git", 0),
        "--filename FILE": Verifies("edited", None, 3, FAULTY),
        "--filename FILE --against live": Verifies("edited", "live", 3, MISSED),
        "--filename FILE --against FILE": Verifies("edited", "file", 3, MISSED),
        "--filename FILE --against git:REV": Verifies("edited", "git", 3, MISSED),
        "--filename -": Verifies("stdin", None, 0),
        "--filename - --against live": Verifies("stdin", "live", 0),
        "--filename - --against FILE": Verifies("stdin", "file", 0),
        "--filename - --against git:REV": Verifies("stdin", "git", 0),
        "--against live --live": ONLY_LIVE,
        "--against FILE --live": ONLY_LIVE,
        "--against git:REV --live": ONLY_LIVE,
        "--filename FILE --live": ONLY_LIVE,
        "--filename FILE --against live --live": ONLY_LIVE,
        "--filename FILE --against FILE --live": ONLY_LIVE,
        "--filename FILE --against git:REV --live": ONLY_LIVE,
        "--filename - --live": ONLY_LIVE,
        "--filename - --against live --live": ONLY_LIVE,
        "--filename - --against FILE --live": ONLY_LIVE,
        "--filename - --against git:REV --live": ONLY_LIVE,
    },
    "rollout": {
        "": Plans("chart", ROLLED, RECORDS, ("fe2",)),
        "--filename FILE": Refuses(("nothing was applied", "cannot be trusted (3 problems)"), 3),
        "--filename -": Plans("stdin", {"be10": "same"}),
    },
    "rollout status": {"": Stands()},
    "rollout pause": {"": Refuses(("no rollout is running",))},
    "rollout resume": {"": Refuses(("no rollout is running",))},
    "rollout stop": {"": Refuses(("no rollout is running",))},
    "rollout history": {"": Lists()},
    "rollout undo": {"": Refuses(("nothing to undo",))},
    "wait": {"": Waits("be1")},
    "argocd": {
        "health": Prints("  resource.customizations.health.express.example.com_Backend: |"),
        "applications": Refuses(("--repo",)),
    },
    "version": {"": Tells()},
    "completion": {
        "bash": Prints("complete -o nospace"),
        "zsh": Prints("compdef"),
        "fish": Prints("complete --command kubectl-express"),
        "kubectl": Prints('exec kubectl-express __complete "$@"'),
    },
}
"""What every source is bound to give. A source that is only here, or only in the parser, fails the walk."""


COMMON = {"table", "wide", "json", "yaml", "name", "markdown"}
EVENTS = {"table", "wide", "json"}
"""What a rollout tells line by line."""
MORE = {"inspect": ["--all"], "rollout": ["--dry-run=client"], "wait": ["be1"], "version": ["-v"]}
"""What a command is given besides: the walk itself changes nothing."""
FORMATS_OF = {
    "revisions": COMMON,
    "inspect": COMMON | {"data"},
    "diff": COMMON,
    "verify": COMMON,
    "rollout": EVENTS,
    "rollout status": COMMON,
    "rollout pause": set[str](),
    "rollout resume": set[str](),
    "rollout stop": set[str](),
    "rollout history": COMMON,
    "rollout undo": EVENTS,
    "wait": COMMON,
    "argocd": set[str](),
    "version": COMMON,
    "completion": set[str](),
}
NONSENSE = "nonsense"


@dataclass(frozen=True, slots=True)
class Cell:
    """One command line: a command, a source, and a format where the command has any."""

    command: str
    source: str
    form: str | None

    def arguments(self) -> list[str]:
        """Return the words behind `kubectl express`, in the fleet's folder."""
        words = self.source.replace("--filename FILE", "--filename edited.yaml").replace("FILE", "before.yaml")
        form = ["-o", self.form] if self.form else []
        words = words.replace("git:REV", "git:HEAD")
        return [*self.command.split(), *words.split(), *MORE.get(self.command, []), *form]


def test_every_command_prints_every_source_in_every_format(
    example: Path, system: str, express: Express, kubectl: Kubectl, operator: StartOperator, zipapp: Path
) -> None:
    known = commands(build_parser())
    assert {name: set(command.sources) for name, command in known.items()} == {
        name: set(sources) for name, sources in EXPECTED.items()
    }
    assert {name: command.unknown for name, command in known.items()} == dict.fromkeys(known, ())
    assert {name: set(command.formats) for name, command in known.items()} == FORMATS_OF

    operator()
    fleet = deployed_fleet(system, example, express, kubectl)
    cells = [cell for command in known.values() for cell in _cells(command)]

    def run(cell: Cell) -> Outcome:
        return express(*cell.arguments(), cwd=fleet.folder, stdin=fleet.stdin)

    with ThreadPoolExecutor(2) as pool:
        outcomes = dict(zip(cells, pool.map(run, cells), strict=True))
    validators = shipped(zipapp)
    wrong = [line for command in known.values() for line in _complaints(command, outcomes, fleet, validators)]
    assert not wrong, "\n\n".join([f"{len(wrong)} of {len(cells)} cells are wrong", *wrong])


def _cells(command: Command) -> Iterator[Cell]:
    """Yield a command's cells, of each source JSON first, and of wrong use one that no format changes."""
    for source, expected in EXPECTED[command.name].items():
        if isinstance(expected, Refuses | Prints):
            yield Cell(command.name, source, None)
        else:
            yield from (Cell(command.name, source, form) for form in sorted(command.formats, key="json".__ne__))
    yield Cell(command.name, command.sources[0], NONSENSE)


def _complaints(
    command: Command, outcomes: Mapping[Cell, Outcome], fleet: Fleet, validators: Mapping[str, Draft202012Validator]
) -> Iterator[str]:
    """Yield what is wrong with a command's cells, each with its command line."""
    documents: dict[str, Document] = {}
    for cell in _cells(command):
        outcome = outcomes[cell]
        expected = EXPECTED[cell.command][cell.source]
        try:
            if cell.form == NONSENSE:
                _check_nonsense(outcome, command)
            elif isinstance(expected, Refuses):
                _check_refusal(outcome, expected.words, expected.code)
            elif isinstance(expected, Relates) and cell.form == "data":
                _check_refusal(outcome, ("-o data", "--against"))
            elif isinstance(expected, Prints):
                assert (outcome.code, outcome.stderr) == (0, "")
                assert expected.line in outcome.stdout
            else:
                assert (outcome.code, outcome.stderr) == (expected.code, _said(cell, expected, fleet))
                if cell.form == "json":
                    documents[cell.source] = outcome.json()
                    assert violations(documents[cell.source], validators) == []
                    expected.check(documents[cell.source], fleet)
                if cell.form == "data" and isinstance(expected, Reads):
                    assert outcome.stdout == expected.data(fleet)
                FORMATS[cell.form or ""](outcome.stdout, documents[cell.source])
        except (AssertionError, KeyError, ValueError) as error:
            line = shlex.join(["kubectl", "express", *cell.arguments()])
            yield f"$ {line}\n{outcome.stderr}{type(error).__name__}: {error}"


def _check_nonsense(outcome: Outcome, command: Command) -> None:
    """An unknown format is refused with the names of all that there are; of a command without any, the flag itself."""
    words = (f'"{NONSENSE}"', ", ".join(command.formats)) if command.formats else ("unknown flag: -o",)
    _check_refusal(outcome, words)


def _check_refusal(outcome: Outcome, words: tuple[str, ...], code: int = 2) -> None:
    """Wrong use is one line, and perhaps where the help is; what cannot be trusted has its evidence before it."""
    assert (outcome.code, outcome.stdout) == (code, "")
    lines = outcome.stderr.splitlines()
    error, *rest = lines[-1:] if code == 3 else lines
    assert error.startswith("error: ")
    assert [word for word in words if word not in error] == []
    command = outcome.stderr.split(PROGRAM)[-1].partition(" -h")[0].strip()
    assert rest in ([], [f"See '{PROGRAM} {command} -h' for help and examples."])


def _said(cell: Cell, expected: Expected, fleet: Fleet) -> str:
    """Return what belongs to stderr: what rendered the chart, where the table itself has no place for it."""
    if cell.command == "revisions" and expected == Reads("chart") and cell.form in {"table", "wide"}:
        return f"{fleet.name} in yul1: chart master_charts/express ({fleet.engine})\n"
    return ""
