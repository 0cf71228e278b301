"""Looking at a live node as the program does: its object as the API server gives it, its proof and its drift."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.drift import Drifted, drift
from kubectl_express.core.hashing import HashMethod
from kubectl_express.core.live_data import Proof, prove
from kubectl_express.core.values import Object, Value, at, mapping, text
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.testbed.api import Api

METHOD = HashMethod()
DATA_PATH = "/spec"
REVISION_PATH = "/spec/deploymentRevision"


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of a live node; without a proof there is no drift to speak of."""

    proof: Proof | None
    drift: list[Drifted]

    @property
    def paths(self) -> list[tuple[str, str | None]]:
        """Each drifted place and who owns it."""
        return [(each.path, each.manager) for each in self.drift]


@dataclass(slots=True)
class Kinds:
    """The kinds of one API group in a test's namespace: their live objects, and their schemas as published."""

    api: Api
    namespace: str
    group_version: str
    asked: list[str] = field(default_factory=list)
    """The kinds whose schema was asked for."""

    def objects(self, plural: str) -> list[Object]:
        """Return the objects, managed fields included, with numbers as the server wrote them."""
        path = f"/apis/{self.group_version}/namespaces/{self.namespace}/{plural}"
        items = at(gojson.decode(self.api.text(path)), "/items")
        return [mapping(item) for item in items] if isinstance(items, list) else []

    def schema(self, kind: str) -> Object:
        """Return a kind's schema, waiting for its first publication, which comes a moment after the CRD's."""
        self.asked.append(kind)
        return eventually(lambda: self.published(kind), f"the schema of {kind} is published")

    def published(self, kind: str) -> Object:
        """Return a kind's schema, empty as long as there is none."""
        if self.api.find("/openapi/v3/apis/" + self.group_version) is None:
            return {}
        document = gojson.decode(self.api.text("/openapi/v3/apis/" + self.group_version))
        for schema in mapping(at(document, "/components/schemas")).values():
            if at(schema, "/x-kubernetes-group-version-kind/0/kind") == kind:
                return mapping(schema)
        return {}


def look(resource: Object, kinds: Kinds, known: Iterable[tuple[str, str]] = ()) -> Looked:
    """Return what a live object's data is, and where it has drifted from it."""
    kind = text(resource.get("kind")) or ""
    proof = prove(
        resource,
        declared=text(at(resource, REVISION_PATH)),
        known=known,
        method=METHOD,
        data_path=DATA_PATH,
        revision_path=REVISION_PATH,
        schema=lambda: kinds.schema(kind),
    )
    drifted = (
        drift(
            resource,
            proof.data,
            data_path=DATA_PATH,
            revision_path=REVISION_PATH,
            schema=lambda: kinds.schema(kind),
        )
        if proof
        else []
    )
    return Looked(proof, drifted)


def same_data(proof: Proof | None, data: Value) -> bool:
    """Return whether just this data was proved."""
    return proof is not None and gojson.same(proof.data, data)
