"""How the operator treats a node: what a ConfigMap's entry means, such as `crash` or `slow: 0.5, silent`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

CONFIGMAP = "operator-behaviour"
"""Its keys are node names, or `default` for every node that has none of its own."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What is done with one node; the defaults are those of an operator in good health."""

    fault: str = ""
    """What ails the node's pods: a key of `pods.FAULTS`, or nothing."""
    old_pod: str = "replace"
    """What becomes of a pod of another revision: `replace`, `ignore`, `keep` or `linger`."""
    in_order: bool = False
    """Whether every revision that was ever declared is worked through, one after the other, not only the last."""
    pods: int = 1
    reports: str = "truth"
    """What the CR's status says: the `truth`, `success` whatever happens, `nothing` new, or what was `seen` alone."""
    late: float = 0.0
    """Seconds until a changed revision is noticed."""
    slow: float = 0.0
    """Seconds from a pod's creation until it is Ready."""
    flap: float = 0.0
    """Seconds between two turns of Ready; 0 keeps it as it is."""
    relabel: float = 0.0
    """Seconds until a pod that gets the new label in place, and stays Ready, runs anew; 0 relabels none."""
    next_pod: bool = False
    """Whether the fault is only of pods that are made from now on."""
    text: str = ""
    """The words that this was read from."""


_WORDS: dict[str, dict[str, Any]] = {
    "crash": {"fault": "crash"},
    "hang": {"fault": "hang"},
    "image": {"fault": "image"},
    "unschedulable": {"fault": "unschedulable"},
    "next": {"next_pod": True},
    # Leaves the old pod as it is, and makes no new one.
    "ignore": {"old_pod": "ignore"},
    # Leaves the old pod running beside the new one.
    "keep": {"old_pod": "keep"},
    # Deletes the old pod, but a finalizer holds it, terminating, beside the new one.
    "linger": {"old_pod": "linger"},
    "in-order": {"in_order": True},
    "two": {"pods": 2},
    "silent": {"reports": "nothing"},
    # Says which generation it has seen, and nothing of pods.
    "discreet": {"reports": "seen"},
    "boast": {"reports": "success"},
}
_SECONDS = ("late", "slow", "flap", "relabel")


def parse(text: str) -> Behaviour:
    """Return what `text` asks for: words, or `name: seconds`, separated by commas; `ok` and "" ask for nothing.

    Raises ValueError naming the word that is not known.
    """
    behaviour = Behaviour(text=text)
    for word in filter(None, (word.strip() for word in text.split(","))):
        name, _, seconds = (piece.strip() for piece in word.partition(":"))
        if name in _SECONDS and seconds:
            asked: dict[str, Any] = {name: float(seconds)}
            behaviour = replace(behaviour, **asked)
        elif word in _WORDS:
            behaviour = replace(behaviour, **_WORDS[word])
        elif word != "ok":
            known = ", ".join((*_WORDS, *(f"{name}: SECONDS" for name in _SECONDS)))
            raise ValueError(f"unknown behaviour {word!r}; known are: {known}")
    return behaviour
