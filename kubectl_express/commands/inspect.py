"""`inspect`: everything about one node, or all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.commands.sources import Source, read_source
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.output.views.inspect import inspect_view

if TYPE_CHECKING:
    from kubectl_express.environment import Environment
    from kubectl_express.output.printer import Printer
    from kubectl_express.output.views.systems import Reading
    from kubectl_express.sources.scope import Scope

DATA = "data"
"""The output format that is the stored JSON alone, byte for byte."""


def inspect(scope: Scope, printer: Printer, *, names: tuple[str, ...], source: Source, everything: bool) -> ExitStatus:
    """Show the nodes named, or all of them. Raises ExpressError where neither or both are asked for."""
    if everything == bool(names):
        raise ExpressError("name the nodes to inspect, or give --all")
    readings, failed = read_source(scope, source, names, printer)
    if printer.form == DATA:
        write_data(scope.environment, readings, names)
    else:
        printer.show(inspect_view(readings, names))
    return ExitStatus.FAILED if failed else ExitStatus.DONE


def write_data(environment: Environment, readings: list[Reading], names: tuple[str, ...]) -> None:
    """Write a node's stored JSON, byte for byte and with nothing behind it; of several nodes, a line each.

    Raises ExpressError where a node has none that can be trusted, or parameters that are never to be shown.
    """
    texts = []
    for reading in readings:
        if reading.settings.redact:
            raise ExpressError(
                "-o data shows data byte for byte, and .express.yaml redacts some: use -o json or -o yaml"
            )
        for node in reading.nodes(names):
            if node.text is None:
                raise ExpressError(f"node {node.name} has no stored data: {node.live.why if node.live else 'no entry'}")
            texts.append(node.text)
    environment.write_bytes("\n".join(texts).encode("utf-8", "surrogateescape"))
