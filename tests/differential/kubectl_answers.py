"""What the real kubectl, and the API server itself, read in documents."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import urllib3

from kubectl_express.core import gojson
from tests.differential.nasty_streams import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from kubectl_express.core.values import Value
    from tests.differential.documents import Nasty
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Kubectl

CRD_NAME = f"documents.{GROUP}"
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": CRD_NAME},
    "spec": {
        "group": GROUP,
        "scope": "Cluster",
        "names": {"kind": "Document", "plural": "documents", "singular": "document"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}
"""Objects without a schema: whatever stands under `spec` stays as it was read."""

Literal: TypeAlias = object
"""A value whose numbers are ("number", their text): 1 and 1.0 are two things, true and 1 too."""
Answer: TypeAlias = list[Literal] | None
"""The objects that were read from a text, in order; None where it was refused."""


@contextmanager
def known_kind(kubectl: Kubectl) -> Iterator[None]:
    """Let the API server know the documents' kind for a while."""
    kubectl("apply", "-f", "-", stdin=json.dumps(CRD))
    kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", CRD_NAME)
    yield
    kubectl("delete", "crd", CRD_NAME)


def read_by_kubectl(kubectl: Kubectl, folder: Path, texts: Iterable[Nasty]) -> dict[str, Answer]:
    """Return, by name, what kubectl reads in each text: all of them in one run, as files of a folder."""
    names = []
    for text in texts:
        (folder / f"{text.name}.yaml").write_bytes(text.text.encode())
        names.append(text.name)
    options = ("--dry-run=client", "-o", "json", "--validate=false")
    outcome = kubectl("create", *options, "-f", folder, check=False)
    read: dict[str, list[Literal]] = defaultdict(list)
    for found in _stream(outcome.stdout):
        read[_name(found).partition("-")[0]].append(found)
    refused = set(re.findall(rf"{re.escape(str(folder))}/(\w+)\.yaml", outcome.stderr))
    return {name: None if name in refused else read[name] for name in names}


def read_by_server(control_plane: ControlPlane, texts: Iterable[Nasty]) -> dict[str, Answer]:
    """Return, by name, what the API server reads in each text of one object, sent as it stands as an apply patch."""
    pool = urllib3.PoolManager(ca_certs=str(control_plane.ca_file), retries=False)
    headers = {"Authorization": f"Bearer {control_plane.token}", "Content-Type": "application/apply-patch+yaml"}
    query = "dryRun=All&fieldManager=differential&force=true&fieldValidation=Ignore"
    answers: dict[str, Answer] = {}
    for text in texts:
        url = f"{control_plane.url}/apis/{GROUP}/v1/documents/{text.name}-1?{query}"
        response = pool.request("PATCH", url, body=text.text.encode(), headers=headers)
        if response.status not in (201, 400):
            raise AssertionError(f"{text.text!r}: {response.status} {response.data.decode()}")
        answers[text.name] = [*_stream(response.data.decode())] if response.status == 201 else None
    pool.clear()
    return answers


def spec(found: Literal) -> Literal:
    """Return an object's spec: the server adds to its metadata, and the name is the text's own."""
    assert isinstance(found, dict)
    return found.get("spec", "no spec")


def specs(listed: str) -> list[Literal]:
    """Return the specs of the objects in a List that kubectl printed."""
    (found,) = _stream(listed)
    assert isinstance(found, dict)
    return [spec(one) for one in found["items"]]


def _name(found: Literal) -> str:
    assert isinstance(found, dict)
    return str(found["metadata"]["name"])


def literal(value: Value) -> Literal:
    """Return a value of ours in the form in which answers are."""
    if isinstance(value, dict):
        return {key: literal(member) for key, member in value.items()}
    if isinstance(value, list):
        return [literal(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return ("number", str(value) if isinstance(value, int) else gojson.float_text(value))


def _number(text: str) -> Literal:
    return ("number", text)


_DECODER = json.JSONDecoder(parse_int=_number, parse_float=_number)


def _stream(text: str) -> Iterator[Literal]:
    position = gojson.skip_space(text, 0)
    while position < len(text):
        found, end = _DECODER.raw_decode(text, position)
        yield found
        position = gojson.skip_space(text, end)
