"""`argocd`: what Argo CD needs to step through the nodes, as manifests."""

from __future__ import annotations

import os
import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_express.commands.reading import gather
from kubectl_express.core.argocd_gates import HOOK, SYNC_WAVE, first_without_gate
from kubectl_express.core.argocd_manifests import (
    Deployment,
    Gates,
    Origin,
    application,
    application_name,
    gate_values,
    health_keys,
    health_settings,
)
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.output.manifests import manifests
from kubectl_express.sources import configuration
from kubectl_express.sources.git import Place, place
from kubectl_express.sources.private import private_folder, write_private

if TYPE_CHECKING:
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope

HEALTH = "health"
APPLICATIONS = "applications"


def argocd(
    scope: Scope,
    printer: Printer,
    *,
    piece: str | None,
    repository: str | None,
    project: str,
    destination: str,
    namespace: str,
    gate: str,
    image: str | None,
) -> ExitStatus:
    """Print the health checks as a part of argocd-cm, an Application for each system, or both. No cluster is asked.

    With the hook gate there are Applications alone, and the image is needed. Where no repository's URL is given, it is
    that of the git remote `origin`. Raises ExpressError where there is none, or where the gate cannot be had so: with a
    chart that knows nothing of gates Argo CD would go through all nodes without a stop.
    """
    resources = scope.settings.resources
    gates = _gates(scope, piece, gate, image)
    printed = ""
    if gate == HOOK:
        # With an operator that reports nothing, a check that was merged once holds every sync up for ever.
        printed += f"# Argo CD must have no health checks of the nodes: see that argocd-cm in {namespace} has none of\n"
        printed += "".join(f"#   {key}\n" for key in health_keys(resources))
    elif piece != APPLICATIONS:
        # Of an argocd-cm that was applied from the client's side, either way of `kubectl apply` removes all the rest.
        merge = f"kubectl patch configmap argocd-cm --namespace {namespace} --type merge --patch-file FILE"
        printed += f"# Merge this, do not apply it, since argocd-cm holds other settings too:\n# {merge}\n"
        printed += manifests([health_settings(resources, namespace)])
    if piece != HEALTH:
        where = place(scope.layout.root, scope.environment.variables)
        origin = Origin(_without_credentials(repository or _remote(where)), project, destination, namespace)
        systems = scope.systems(live=False)
        deployments = [_deployment(scope, system, where, gates) for system in systems]
        if gates is not None and not _has_gates(scope, systems, gates, printer):
            return ExitStatus.FAILED
        printed += manifests(application(origin, deployment) for deployment in deployments)
        if resources.order_annotation != SYNC_WAVE:
            printer.warn(
                f"Argo CD orders by {SYNC_WAVE}, and the configuration says that nodes are ordered by "
                f"{resources.order_annotation}: without the former Argo CD applies all nodes at once"
            )
        if gates is None:
            printer.warn(
                "a sync ends before the last node has arrived, since Argo CD does not await what it applies last: "
                "with --image IMAGE, an image of this program, a Job awaits that node"
            )
    scope.environment.write(printed)
    return ExitStatus.DONE


def _gates(scope: Scope, piece: str | None, gate: str, image: str | None) -> Gates | None:
    if gate == HOOK and piece == HEALTH:
        raise ExpressError(
            "--gate hook goes without health checks: an operator that says nothing of its pods would keep nodes "
            "Progressing for ever; ask for `argocd applications`"
        )
    if gate == HOOK and not image:
        raise ExpressError(
            "--gate hook runs this program in Jobs: give its image with --image; packaging/Containerfile makes it"
        )
    return Gates(gate, image, _configuration(scope)) if image else None


def _configuration(scope: Scope) -> str | None:
    """Return the text of the configuration that the systems are read by; None where there is none."""
    folder, given = scope.environment.folder, scope.selection.config
    path = folder / given if given else configuration.find(folder)
    return None if path is None else path.read_text(encoding="utf-8")


def _deployment(scope: Scope, system: System, where: Place, gates: Gates | None) -> Deployment:
    release = scope.layout.release(system.name, system.context, system.namespace)
    options = release.options
    return Deployment(
        name=application_name(scope.settings.site(system.context), system.name),
        chart=posixpath.normpath(posixpath.join(where.path, options.path)),
        values=tuple(os.path.relpath(path, release.chart) for path in release.values),
        release=release.name,
        namespace=release.namespace,
        kube_version=options.kube_version,
        api_versions=options.api_versions,
        include_crds=options.include_crds,
        gates=gates,
    )


def _has_gates(scope: Scope, systems: list[System], gates: Gates, printer: Printer) -> bool:
    """Return whether every system could be rendered; raises ExpressError where a gate is missing in one of them."""
    with private_folder("kubectl-express-gates-") as folder:
        values = folder / "values.yaml"
        write_private(values, manifests([gate_values(gates)]).encode("utf-8"))

        def without_gate(system: System) -> tuple[str, str | None]:
            release = scope.layout.release(system.name, system.context, system.namespace)
            side = scope.render(replace(release, values=(*release.values, values)))
            return system.name, first_without_gate(side, gates.gate, scope.settings.resources.kinds)

        gathered = gather(systems, without_gate, printer)
    for system, node in gathered.results:
        if node is not None:
            raise ExpressError(
                f"{system}: a sync would not await {node}: {scope.settings.chart.path} renders no hook's Job in a wave "
                'of its own behind it; include "express-revisions.gates" behind the nodes, or upgrade the copy of '
                "express-revisions that the chart has: docs/argocd.md"
            )
    return not gathered.failed


def _remote(where: Place) -> str:
    if where.remote is None:
        raise ExpressError("there is no git remote `origin` here: say with --repo where Argo CD finds this repository")
    return where.remote


def _without_credentials(url: str) -> str:
    """Return a repository's URL without a password or token: Argo CD keeps these in Secrets of its own."""
    scheme, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, _, host = authority.rpartition("@")
    if not mark or not user:
        return url
    kept = "" if scheme in {"http", "https"} else f"{user.partition(':')[0]}@"
    return f"{scheme}://{kept}{host}{slash}{path}"
