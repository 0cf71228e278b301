"""What deployers sign an object with, beside what its chart says of it: it has to survive an apply by somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.last_applied import ANNOTATION as LAST_APPLIED
from kubectl_express.core.values import Object, Value, at, mapping

if TYPE_CHECKING:
    from kubectl_express.core.managed_fields import Owner

_ANNOTATIONS = frozenset(
    {
        LAST_APPLIED,
        "argocd.argoproj.io/tracking-id",
        "argocd.argoproj.io/installation-id",
        "meta.helm.sh/release-name",
        "meta.helm.sh/release-namespace",
    }
)
_LABELS = {"helm": "app.kubernetes.io/managed-by", "argocd-controller": "app.kubernetes.io/instance"}
"""Charts may set these labels too, so that each is a signature only of the deployer that sets it by itself."""


def signature_fields(owner: Owner) -> Object:
    """Return the part of an owner's tree that is its signature; `{}` where it signed nothing."""
    metadata: Object = {}
    tree = mapping(owner.fields.get("f:metadata"))
    for member, keys in (("annotations", _ANNOTATIONS), ("labels", frozenset({_LABELS.get(owner.name, "")}))):
        own = mapping(tree.get(f"f:{member}"))
        signed: Object = {field: own[field] for field in (f"f:{key}" for key in sorted(keys)) if field in own}
        if signed:
            metadata[f"f:{member}"] = signed
    return {"f:metadata": metadata} if metadata else {}


def with_signatures(manifest: Object, live: Object, fields: Object) -> Object:
    """Return a manifest with the live values of the signatures that `fields` is the tree of, last-applied apart."""
    metadata = dict(mapping(manifest.get("metadata")))
    for member in ("annotations", "labels"):
        signed = mapping(mapping(fields.get("f:metadata")).get(f"f:{member}"))
        values = mapping(at(live, f"/metadata/{member}"))
        kept: dict[str, Value] = {
            key: values[key] for key in (field[2:] for field in signed) if key in values and key != LAST_APPLIED
        }
        if kept:
            metadata[member] = {**mapping(metadata.get(member)), **kept}
    return {**manifest, "metadata": metadata}
