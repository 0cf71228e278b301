"""Where the reader of YAML differs from what kubectl read in the same documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.kubectl_answers import literal, spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.differential.documents import Nasty
    from tests.differential.kubectl_answers import Answer
    from tests.differential.program import Program


def differences(
    program: Program, texts: Iterable[Nasty], answers: dict[str, Answer], pure: tuple[bool, ...] = (False, True)
) -> Iterator[str]:
    """Yield a line for each difference, with PyYAML's fast parser and without."""
    for text in texts:
        theirs = answers[text.name]
        expected = None if theirs is None else [spec(found) for found in theirs]
        for slow in pure:
            ours = _read(program, text.text, pure=slow)
            if ours != expected:
                parser = "the slow parser" if slow else "the parser as installed"
                yield f"{text.category}: {text.text!r}: {parser} reads {_said(ours)}, kubectl {_said(expected)}"


def _read(program: Program, text: str, *, pure: bool) -> list[object] | None:
    try:
        values = program.read(text, pure=pure)
    except program.kubectl_yaml.InvalidYAML:
        return None
    # What is no object kubectl reads, and then refuses.
    objects = [value for value in values if isinstance(value, dict) and "kind" in value]
    return [spec(literal(value)) for value in objects] if len(objects) == len(values) else None


def _said(specs: list[object] | None) -> str:
    return "nothing, refusing it" if specs is None else repr(specs)[:300]
