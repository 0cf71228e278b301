"""What is said of nodes whose revisions chart and values do not determine: which, and what makes it so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.indeterminate import told
from kubectl_express.core.verification import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubectl_express.core.node import Side
    from kubectl_express.core.template_actions import Use

_UNDETERMINED = "undetermined"
UPGRADE = "--is-upgrade"
"""The option of a second render that tells a chart of an upgrade."""


def determinacy_problems(
    first: Side, second: Side, fed: Mapping[str, Sequence[Use]], suspected: Sequence[Use] = ()
) -> list[Problem]:
    """Return a problem for each node whose revision is another in the second render, or is proved to depend on a use.

    `fed` has the proved uses by node; `suspected` are named, as such, where two renders differ and none is proved.
    """
    problems = []
    for name in dict.fromkeys([*first.nodes, *second.nodes]):
        nodes = first.nodes.get(name), second.nodes.get(name)
        revisions = [node.revision if node else None for node in nodes]
        if revisions[0] != revisions[1]:
            message = f"two renders of the same values give {' then '.join(each or '(none)' for each in revisions)}"
            everywhere = [use for uses in fed.values() for use in uses]
            cause = _cause(fed.get(name, everywhere), suspected, second)
            problems.append(Problem(name, _UNDETERMINED, message, cause))
        elif name in fed:
            message = "chart and values alone do not give its revision"
            problems.append(Problem(name, _UNDETERMINED, message, _cause(fed[name], (), second)))
    if fed and not problems:
        uses = [use for each in fed.values() for use in each]
        message = "chart and values alone do not tell which nodes there are"
        problems.append(Problem("", _UNDETERMINED, message, _cause(uses, (), second)))
    return problems


def _cause(proved: Sequence[Use], suspected: Sequence[Use], second: Side) -> str:
    if proved:
        return f"it depends on {told(proved)}"
    conditions = "; the second was that of an upgrade, in another time zone" if UPGRADE in second.command else ""
    return f"cause unknown{conditions}" + (f", and the chart uses {told(suspected)}" if suspected else "")


def doubt(unproved: Sequence[Use]) -> str:
    """Return what is to be said of uses without an answer."""
    return f"revisions may depend on {told(unproved)}: the chart cannot be rendered with two outcomes of that"
