"""`version`: what runs here."""

from __future__ import annotations

import sys

from kubectl_express import __version__
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.output.view import API_VERSION, Cell, Column, Table, View
from kubectl_express.sources.programs import find_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kubectl_express.environment import Environment
    from kubectl_express.output.printer import Printer


def version(environment: Environment, printer: Printer) -> ExitStatus:
    """Show the versions of this program and of Python, and what renders charts here: with `-v` its version, too.

    An engine is started to ask for that, which takes longer than all the rest.
    """
    engine = _engine(environment, asked=printer.verbose)
    # As platform.python_version() has it, whose module takes a while to import.
    python = sys.version.split(maxsplit=1)[0]
    parts = {"kubectl-express": __version__, "python": python, "helm": engine}
    rows = [[Cell(name), Cell(found or "none on PATH, and no embedded engine")] for name, found in parts.items()]
    printer.show(
        View(
            document={
                "apiVersion": API_VERSION,
                "kind": "Version",
                "version": __version__,
                "python": python,
                "engine": engine,
            },
            names=[f"kubectl-express/{__version__}"],
            blocks=[Table([Column("PROGRAM"), Column("VERSION")], rows)],
        )
    )
    return ExitStatus.DONE


def _engine(environment: Environment, *, asked: bool) -> str | None:
    """Return what renders charts, None where nothing does. Raises ExpressError where it cannot tell its version."""
    if asked:
        from kubectl_express.sources.helm import find_engine

        try:
            engine = find_engine(environment.variables)
        except ExpressError:
            return None
        return engine.version()
    program = find_program("helm", environment.variables)
    if program:
        return f"helm at {program}"
    from kubectl_express.sources import embedded

    return "embedded helm" if embedded.available() else None
