"""What would keep a rollout from its end, found out before anything is applied."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from kubectl_express.core.manifest import Manifest
from kubectl_express.errors import ExpressError
from kubectl_express.rollout.argocd.ownership import owning_applications
from kubectl_express.rollout.control import held
from kubectl_express.rollout.rights import lacking, needed, refusal
from kubectl_express.sources.threads import together

if TYPE_CHECKING:
    from kubectl_express.core.plan import Plan
    from kubectl_express.core.standing import Standing
    from kubectl_express.output.printer import Printer
    from kubectl_express.rollout.applying import Applier
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope

_AT_ONCE = 8
"""Objects that the server is asked about at the same time."""


def check_rights(scope: Scope, system: System, plan: Plan, applier: Applier) -> None:
    """Raise ExpressError where the user lacks a right that the plan takes; it names them all."""
    rights = needed(
        plan,
        lambda manifest: applier.served(Manifest(manifest)),
        scope.settings.resources,
        system.namespace,
        live=applier.live,
    )
    if missing := lacking(scope.cluster, rights):
        raise refusal(missing)


def check_argocd(scope: Scope, printer: Printer, system: System, standing: Standing, *, allowed: bool) -> str | None:
    """Return why an Argo CD application speaks against a rollout that is `allowed` nevertheless; None where none does.

    Raises ExpressError where one does and it is not.
    """
    resources = [node.resource for node in standing.nodes if node.resource is not None]
    found = owning_applications(scope.cluster, system.namespace, resources, scope.settings.resources)
    for note in found.notes:
        printer.warn(note)
    objections = [application.objection for application in found.applications if application.objection]
    if objections and not allowed:
        raise ExpressError(f"nothing was applied: {objections[0]}; --allow argocd rolls nevertheless")
    for objection in objections:
        printer.warn(f"{objection}; --allow argocd rolls nevertheless")
    return objections[0] if objections else None


def check_lease(scope: Scope, system: System) -> None:
    """Raise where another rollout is at work, before anything is said of nodes that are in its hands."""
    found = held(scope.cluster, system.namespace)
    if found is not None and not found.free:
        look = "`kubectl express rollout status` shows it, `rollout stop` ends it"
        raise ExpressError(f"nothing was applied: the rollout of {system.namespace} {found}; {look}")


def dry_run(plan: Plan, applier: Applier) -> None:
    """Ask the API server about every object of the plan, and raise what it refuses first."""
    manifests = [*plan.objects, *(step.manifest for step in plan.steps if step.revision is not None)]

    def ask(manifest: Manifest) -> None:
        try:
            applier.dry_run(manifest, applier.live(manifest.object))
        except ExpressError as error:
            title = f"{manifest.kind}/{manifest.name}"
            said = str(error) if str(error).startswith(title) else f"{title}: {error}"
            error.args = (f"{said}; nothing was applied",)
            raise

    together([partial(ask, manifest) for manifest in manifests], _AT_ONCE)
