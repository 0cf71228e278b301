"""`version`: what runs here."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from kubectl_express import __version__
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.output.view import Cell, Column, Table, View
from kubectl_express.output.views.systems import API_VERSION
from kubectl_express.sources.helm import find_engine

if TYPE_CHECKING:
    from kubectl_express.environment import Environment
    from kubectl_express.output.printer import Printer


def version(environment: Environment, printer: Printer) -> ExitStatus:
    """Show the versions of this program, of Python, and of what renders charts here."""
    try:
        engine: str | None = find_engine(environment.variables).version()
    except ExpressError:
        engine = None
    parts = {"kubectl-express": __version__, "python": platform.python_version(), "helm": engine}
    rows = [[Cell(name), Cell(found or "none on PATH, and no embedded engine")] for name, found in parts.items()]
    printer.show(
        View(
            document={
                "apiVersion": API_VERSION,
                "kind": "Version",
                "version": __version__,
                "python": platform.python_version(),
                "engine": engine,
            },
            names=[f"kubectl-express/{__version__}"],
            blocks=[Table([Column("PROGRAM"), Column("VERSION")], rows)],
        )
    )
    return ExitStatus.DONE
