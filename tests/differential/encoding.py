"""Where the encoder, the hashes or the reader differ from what helm said of the same nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.values import at
from tests.differential.throwaway_chart import HASHES, flow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubectl_express.core.values import Value
    from tests.differential.nodes import Node
    from tests.differential.program import Program
    from tests.differential.throwaway_chart import Answer


def differences(program: Program, nodes: Iterable[Node], answers: Iterable[Answer]) -> Iterator[str]:
    """Yield a line for each difference between the program and helm's answers."""
    for node, answer in zip(nodes, answers, strict=True):
        for what, ours, helms in _compared(program, node, answer):
            if ours != helms:
                yield f"{node.category}: {what}: {ours!r} instead of {helms!r}"


def _compared(program: Program, node: Node, answer: Answer) -> Iterator[tuple[str, object, object]]:
    """Yield what is compared, as the program has it, and as helm does."""
    encode, decode = program.gojson.encode, program.gojson.decode
    yield "encoded", encode(as_helm_has_it(node.parameters)), answer.text
    for name in HASHES:
        yield name, program.hashing.HashMethod(name, None).revision(answer.text), answer.hashes[name]
    yield "revision", program.hashing.HashMethod().revision(answer.text), answer.hashes["sha256"][:10]
    # Kubernetes reads `-0` as the integer 0, wherever it stands: the one thing that is not the same again.
    text = answer.text if not _has_minus_zero(node.parameters) else encode(as_helm_has_it(node.parameters, zero=0))
    yield "decoded and encoded", encode(decode(answer.text)), text
    (manifest,) = program.read(answer.manifest)
    yield "hashed text in the manifest", at(manifest, "/text"), answer.text
    # toYaml gives nothing for what YAML wants escaped, and writes U+0085, the end of a line to YAML, as it is.
    if at(manifest, "/spec") and "\x85" not in answer.text:
        (spec,) = program.read(str(at(manifest, "/spec")))
        yield "custom resource read and encoded", encode(at(spec, "/0")), text
    (values,) = program.read(f"node: {flow(node.parameters)}")
    yield "values file read and encoded", encode(as_helm_has_it(at(values, "/node"))), text


def as_helm_has_it(value: Value, zero: float = -0.0) -> Value:
    """Return a value with all its numbers as float64, which is what helm's values hold; `zero` replaces -0.0."""
    if isinstance(value, dict):
        return {key: as_helm_has_it(member, zero) for key, member in value.items()}
    if isinstance(value, list):
        return [as_helm_has_it(item, zero) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return float(value) if value else zero if str(value) == "-0.0" else 0.0


def _has_minus_zero(value: Value) -> bool:
    if isinstance(value, dict):
        return any(map(_has_minus_zero, value.values()))
    if isinstance(value, list):
        return any(map(_has_minus_zero, value))
    return isinstance(value, float) and str(value) == "-0.0"
