"""What a chart's values do not determine: functions of random, time, history and cluster, and how to hold them fixed.

That a chart uses one proves nothing: a label may well say when it was rendered. The proof is a rendering in which such
a use is held fixed at one outcome, and another at another: where they give a node two revisions, the use feeds it. So
a use is found too whose outcomes happen to agree: two renders in one second, or Helm's revision, 1 in each template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kubectl_express.core.template_actions import Use, uses

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

RANDOM = "random"
TIME = "the time of rendering"
HISTORY = "the release's history"
CLUSTER = "what the cluster holds"
NETWORK = "what the network answers"
ORDER = "a map's keys in random order"
ZONE = "the machine's time and time zone"


class Outcome(NamedTuple):
    """How a template is told to have one outcome: instead of the name, and behind the command."""

    name: str
    behind: str = ""


class Indeterminate(NamedTuple):
    """A function or field that chart and values do not determine, with two of its outcomes; None where unknown."""

    what: str
    outcomes: tuple[Outcome, Outcome] | None


def _random_text(one: str, other: str) -> Indeterminate:
    return Indeterminate(RANDOM, (Outcome("repeat", f' "{one}"'), Outcome("repeat", f' "{other}"')))


def _instead(what: str, one: str, other: str) -> Indeterminate:
    """Return the function as replaced by others, which take its arguments wherever they come from, pipes included."""
    return Indeterminate(what, (Outcome(one), Outcome(other)))


_LETTERS = _random_text("a", "b")
_SECRET = _instead(RANDOM, 'print "a"', 'print "b"')
# Sprig's dict takes any number of arguments, as keys and values; what matters are the two that come first.
_CERTIFICATE = _instead(RANDOM, 'dict "Cert" "a" "Key" "a"', 'dict "Cert" "b" "Key" "b"')

TABLE: dict[str, Indeterminate] = {
    "randAlphaNum": _LETTERS,
    "randAlpha": _LETTERS,
    "randAscii": _LETTERS,
    "randNumeric": _random_text("1", "2"),
    "randBytes": _random_text("YWFh", "YmJi"),
    "randInt": _instead(RANDOM, "min", "max"),
    "shuffle": _instead(RANDOM, "print", 'print "~"'),
    "uuidv4": _instead(
        RANDOM, '(print "11111111-1111-4111-8111-111111111111")', '(print "22222222-2222-4222-8222-222222222222")'
    ),
    "genPrivateKey": _SECRET,
    "bcrypt": _SECRET,
    "htpasswd": _SECRET,
    "encryptAES": _SECRET,
    "genCA": _CERTIFICATE,
    "genCAWithKey": _CERTIFICATE,
    "genSelfSignedCert": _CERTIFICATE,
    "genSelfSignedCertWithKey": _CERTIFICATE,
    "genSignedCert": _CERTIFICATE,
    "genSignedCertWithKey": _CERTIFICATE,
    "now": _instead(
        TIME,
        '(toDate "2006-01-02T15:04:05Z07:00" "2001-02-03T04:05:06Z")',
        '(toDate "2006-01-02T15:04:05Z07:00" "2012-03-05T16:17:18Z")',
    ),
    "ago": _instead(TIME, 'print "a"', 'print "b"'),
    "keys": Indeterminate(ORDER, (Outcome("keys", " | sortAlpha"), Outcome("keys", " | sortAlpha | reverse"))),
    # In a template all of these are as of a first installation, into a cluster that holds nothing.
    "lookup": _instead(CLUSTER, "lookup", "dict"),
    "getHostByName": _instead(NETWORK, "getHostByName", 'print "192.0.2.1"'),
    ".Release.Revision": _instead(HISTORY, "1", "2"),
    ".Release.IsUpgrade": _instead(HISTORY, "false", "true"),
    ".Release.IsInstall": _instead(HISTORY, "true", "false"),
    # Known to differ only where two renders do: most have a date of the chart's own, or one value, or a sort behind.
    "values": Indeterminate("a map's values in random order", None),
    "date": Indeterminate(ZONE, None),
    "htmlDate": Indeterminate(ZONE, None),
}
"""By name, as Helm and Sprig have them. `derivePassword` is none of these: it is a function of its arguments."""


def indeterminate_uses(text: str, path: str) -> list[Use]:
    """Return the uses of such functions and fields in a template, in the order of its text."""
    return list(uses(text, path, TABLE))


def held(text: str, found: Iterable[Use], others: Collection[Use]) -> str:
    """Return a template in which every use that can be is held fixed at its first outcome, `others` at their second."""
    edits: list[tuple[int, int, str]] = []
    for use in found:
        outcomes = TABLE[use.name].outcomes
        if outcomes is None:
            continue
        outcome = outcomes[use in others]
        if outcome.name == "repeat" and use.end == use.command_end:  # Its length comes through a pipe.
            outcome = Outcome(f"print{outcome.behind}")
        edits.append((use.start, use.end, outcome.name))
        if outcome.behind:
            edits.append((use.command_end, use.command_end, outcome.behind))
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def told(found: Iterable[Use]) -> str:
    """Return uses with what each depends on, each once: `now at templates/nodes.yaml:3 (the time of rendering)`."""
    return ", ".join(dict.fromkeys(f"{use} ({TABLE[use.name].what})" for use in found))
