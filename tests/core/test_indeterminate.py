from __future__ import annotations

import pytest

from kubectl_express.core.indeterminate import TABLE, held, indeterminate_uses, told


def found(text: str) -> list[tuple[int, str]]:
    return [(use.line, use.name) for use in indeterminate_uses(text, "t.yaml")]


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("now {{ now }}\n{{- uuidv4 -}}", [(1, "now"), (2, "uuidv4")]),
        ("{{ $x := randInt 0 9 | print }}{{/* now */}}{{- /* }} now */ -}}", [(1, "randInt")]),
        ('{{ "now {{ now }}" }}{{ `\n}} now` }}{{ now }}', [(2, "now")]),
        ('{{ "\\" now" }}{{ \'"\' }}{{ now }}', [(1, "now")]),
        ("{{ .now }}{{ $now }}{{ .Values.keys }}{{ nowadays }}{{ $.lookup.keys }}", []),
        ("{{ (now).Year }}{{ if (lookup `v1` `Secret` `a` `b`) }}", [(1, "now"), (1, "lookup")]),
        ("{{ .Release.Revision }}{{ $.Release.IsUpgrade }}{{ $root.Release.IsInstall | not }}{{ .Release.Name }}",
         [(1, ".Release.Revision"), (1, ".Release.IsUpgrade"), (1, ".Release.IsInstall")]),
        ("{{\n  printf\n  `%s`\n  (randAlpha 4)\n}}", [(4, "randAlpha")]),
        ("{{ now", [(1, "now")]),
        ("no action }} now {", []),
    ],
)  # fmt: skip
def test_a_use_is_a_function_s_name_or_a_field_s_path_within_an_action(text: str, uses: list[tuple[int, str]]) -> None:
    assert found(text) == uses


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("{{ randAlpha 4 | upper }}", '{{ repeat 4 "a" | upper }}', '{{ repeat 4 "b" | upper }}'),
        ("{{- 4 | randAlpha -}}", '{{- 4 | print "a" -}}', '{{- 4 | print "b" -}}'),
        ("{{ join `` (keys (dict `|)` 1)) }}", "{{ join `` (keys (dict `|)` 1) | sortAlpha) }}",
         "{{ join `` (keys (dict `|)` 1) | sortAlpha | reverse) }}"),
        ("{{ keys . }}", "{{ keys . | sortAlpha }}", "{{ keys . | sortAlpha | reverse }}"),
        ("{{ $.Release.IsInstall }}", "{{ true }}", "{{ false }}"),
        ("{{ keys (keys .) }}", "{{ keys (keys . | sortAlpha) | sortAlpha }}",
         "{{ keys (keys . | sortAlpha | reverse) | sortAlpha | reverse }}"),
        ("{{ date `2006` . }}", "{{ date `2006` . }}", "{{ date `2006` . }}"),
    ],
)  # fmt: skip
def test_a_use_is_held_at_one_outcome_or_the_other_with_its_command_left_whole(text: str, one: str, other: str) -> None:
    uses = indeterminate_uses(text, "t.yaml")
    assert (held(text, uses, []), held(text, uses, uses)) == (one, other)


def test_each_use_can_be_held_at_another_outcome_alone() -> None:
    text = "{{ randInt 1 2 }} {{ randInt 3 4 }}"
    uses = indeterminate_uses(text, "t.yaml")
    assert held(text, uses, uses[1:]) == "{{ min 1 2 }} {{ max 3 4 }}"


def test_uses_are_told_with_their_place_and_what_they_depend_on() -> None:
    assert told(indeterminate_uses("\n{{ now }}{{ now }}{{ uuidv4 }}", "t.yaml")) == (
        "now at t.yaml:2 (the time of rendering), uuidv4 at t.yaml:2 (random)"
    )


def test_every_outcome_differs_from_the_other() -> None:
    assert all(each.outcomes is None or each.outcomes[0] != each.outcomes[1] for each in TABLE.values())
