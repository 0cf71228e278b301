"""`inspect`: everything about one node, or all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_express.commands.comparing import Baseline, Comparer
from kubectl_express.commands.reading import check_against, file_place, gather, named_nodes, place, tell
from kubectl_express.commands.sources import Source, read_source
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.output.text import printable_lines
from kubectl_express.output.views.inspect import Inspection, inspect_view
from kubectl_express.output.views.systems import Reading

if TYPE_CHECKING:
    from kubectl_express.core.node import Side
    from kubectl_express.core.verdict import Comparison
    from kubectl_express.environment import Environment
    from kubectl_express.output.printer import Printer
    from kubectl_express.output.views.systems import Place
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope

DATA = "data"
"""The output format that is the stored JSON alone, byte for byte."""


def inspect(
    scope: Scope, printer: Printer, *, names: tuple[str, ...], source: Source, everything: bool, against: str | None
) -> ExitStatus:
    """Show the nodes named, or all of them; with a baseline the chart's, or a file's, and their change from there.

    Raises ExpressError where neither or both are asked for, and where data alone is to be compared.
    """
    if everything == bool(names):
        raise ExpressError("name the nodes to inspect, or give --all")
    if against is not None:
        if printer.form == DATA:
            raise ExpressError("-o data shows stored data alone: give it without --against")
        check_against(scope, against)
        return _inspect_against(scope, printer, names, source.file, Baseline(against))
    read = read_source(scope, source, names, printer)
    if printer.form == DATA:
        write_data(scope.environment, read.readings, read.names)
    else:
        printer.show(inspect_view([Inspection(each) for each in read.readings], read.names))
    return ExitStatus.FAILED if read.failed else ExitStatus.DONE


def _inspect_against(
    scope: Scope, printer: Printer, names: tuple[str, ...], file: str | None, baseline: Baseline
) -> ExitStatus:
    comparer = Comparer(scope, printer, file, baseline)
    with comparer.opened() as earlier:

        def compare(system: System) -> tuple[Place, Comparison]:
            return place(system) if system.name else file_place(scope), comparer.compare(system, earlier)

        gathered = gather(comparer.systems(), compare, printer)
    names = named_nodes(scope, [_either(comparison) for _, comparison in gathered.results], names)
    for where, comparison in gathered.results:
        tell(printer, where, comparison.target, scope.settings)
        tell(printer, where, comparison.baseline, scope.settings)
        if not comparison.nodes:
            printer.remark(f"No nodes found in {comparison.target.origin} and {comparison.baseline.origin}.")
    inspections = [
        Inspection(Reading(where, comparison.target, scope.settings), comparison)
        for where, comparison in gathered.results
    ]
    printer.show(inspect_view(inspections, names))
    return ExitStatus.FAILED if gathered.failed else ExitStatus.DONE


def _either(comparison: Comparison) -> Side:
    """Return the target with the nodes that deploying it removes: what may be named."""
    nodes = {each.name: node for each in comparison.nodes if (node := each.target or each.baseline)}
    return replace(comparison.target, nodes=nodes)


def write_data(environment: Environment, readings: list[Reading], names: tuple[str, ...]) -> None:
    """Write a node's stored JSON, byte for byte and with nothing behind it; of several nodes, a line each.

    On a terminal, characters that it might obey are escaped.
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
    if environment.stdout.isatty():
        # JSON allows characters that a terminal obeys.
        environment.write(printable_lines("\n".join(texts)))
        return
    environment.write_bytes("\n".join(texts).encode("utf-8", "surrogateescape"))
