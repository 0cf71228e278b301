"""A proof that this program's hashing equals that of the very helm in use: a small corpus goes through both."""

from __future__ import annotations

import json
import re

from kubectl_express.core import gojson
from kubectl_express.core.hashing import HashMethod
from kubectl_express.core.kubectl_yaml import read_documents
from kubectl_express.core.proof_corpus import CORPUS
from kubectl_express.core.settings import ChartSettings
from kubectl_express.core.values import Object, at
from kubectl_express.errors import ExpressError
from kubectl_express.sources.private import private_folder, write_private
from kubectl_express.sources.rendering import Engine, Release

_PAIR = re.compile(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}")
_CHART = "apiVersion: v2\nname: hashing-proof\nversion: 1.0.0\n"
_TEMPLATE = """\
cases:
{{- range .Values.cases }}
- text: {{ toJson . | quote }}
  hash: {{ toJson . | FUNCTION | quote }}
{{- end }}
"""


def prove_hashing(engine: Engine, method: HashMethod) -> list[str]:
    """Return a line for each case in which the engine's JSON or hash differs from ours; none is a proof.

    Raises ExpressError where the engine cannot render, or has no function for the configured algorithm.
    """
    with private_folder("kubectl-express-proof-") as folder:
        chart = folder / "hashing-proof"
        (chart / "templates").mkdir(parents=True)
        write_private(chart / "Chart.yaml", _CHART.encode())
        template = _TEMPLATE.replace("FUNCTION", f"{method.algorithm}sum")
        write_private(chart / "templates" / "proof.yaml", template.encode())
        values = folder / "values.yaml"
        write_private(values, _yaml({"cases": list(CORPUS)}).encode())
        rendering = engine.render(Release(chart, (values,), "proof", "proof", ChartSettings()))
    documents = read_documents(rendering.text, "the hashing proof")
    answers = at(documents[0].value, "/cases") if documents else None
    if not isinstance(answers, list) or len(answers) != len(CORPUS):
        raise ExpressError(f"the hashing proof: {rendering.engine} did not answer as a chart's renderer does")
    return [
        difference
        for case, answer in zip(CORPUS, answers, strict=True)
        for difference in _differences(gojson.encode(case), at(answer, "/text"), at(answer, "/hash"), method)
    ]


def _yaml(values: Object) -> str:
    """Return values as JSON that YAML reads too: YAML has no surrogate pairs, and wants characters escaped whole."""
    return _PAIR.sub(_whole, json.dumps(values))


def _whole(pair: re.Match[str]) -> str:
    return f"\\U{ord(json.loads(f'{chr(34)}{pair[0]}{chr(34)}')):08x}"


def _differences(ours: str, theirs: object, their_hash: object, method: HashMethod) -> list[str]:
    if theirs != ours:
        return [f"helm writes {theirs}, this program {ours}"]
    our_hash = HashMethod(method.algorithm, None).revision(ours)
    if their_hash != our_hash:
        return [f"of {ours}, helm's {method.algorithm} is {their_hash}, this program's {our_hash}"]
    return []
