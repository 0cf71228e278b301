"""The order in which Helm installs objects: by kind, then by name.

From Helm's pkg/release/util/kind_sorter.go; kinds that it does not know come last, by their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kubectl_express.core.manifest import Manifest

_KINDS = (
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
)
_RANKS = {kind: rank for rank, kind in enumerate(_KINDS)}


def in_helm_order(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Return the manifests in the order in which Helm installs them."""

    def key(manifest: Manifest) -> tuple[int, str, str]:
        rank = _RANKS.get(manifest.kind)
        return len(_RANKS) if rank is None else rank, "" if rank is not None else manifest.kind, manifest.name

    return sorted(manifests, key=key)
