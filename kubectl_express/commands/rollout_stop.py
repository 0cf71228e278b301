"""`rollout stop`: whichever engine is at work, a rollout or a sync of Argo CD, it is stopped behind its node."""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING

from kubectl_express.commands.reading import doubt_without_nodes
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.rollout.argocd.ownership import owning_applications
from kubectl_express.rollout.argocd.termination import terminate
from kubectl_express.rollout.control import NoRolloutError, ask
from kubectl_express.sources.discovery import group_path, plurals
from kubectl_express.sources.listing import Listing, read_list
from kubectl_express.sources.threads import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.applications import Application
    from kubectl_express.core.values import Object
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope

_AUTOMATION_OFF = '{"spec":{"syncPolicy":{"automated":null}}}'


def stop(scope: Scope, printer: Printer, system: System, by: str) -> ExitStatus:
    """Stop a system's rollout and every sync of its nodes, as far as they are going on.

    Raises ExpressError where nothing is, and where something could not be asked to, after all else was.
    """
    failures: list[ExpressError] = []
    try:
        held = ask(scope.cluster, system.namespace, "stop", by)
    except ExpressError as error:
        failures.append(error)
    else:
        printer.remark(
            f"the rollout of {system.name} by {held.holder} is asked to stop: the node in progress is seen through, "
            "no other is touched"
        )
    applications = applications_of(scope, printer, system)
    syncing = [application for application in applications if application.syncing]
    nobody = failures and isinstance(failures[0], NoRolloutError)
    if nobody and not syncing:
        idle = "".join(f", and {application.title} is not syncing" for application in applications)
        raise NoRolloutError(f"{failures[0]}{idle or doubt_without_nodes(scope, system)}")
    if nobody:
        failures.clear()
    ended = together([partial(_terminated, scope, printer, application, by) for application in syncing])
    for application, failure in zip(syncing, ended, strict=True):
        if failure:
            failures.append(failure)
        elif application.automated:
            printer.remark(_how_to_hold(scope, application))
    return _raised(printer, failures)


def applications_of(scope: Scope, printer: Printer, system: System) -> Sequence[Application]:
    """Return the Applications that own a system's nodes; what keeps them from being seen is said."""
    found = owning_applications(scope.cluster, system.namespace, _resources(scope, system), scope.settings.resources)
    for note in found.notes:
        printer.warn(note)
    return found.applications


def _resources(scope: Scope, system: System) -> list[Object]:
    """Return the nodes' resources; none where they may not be read: to stop takes no rights on them."""
    settings = scope.settings.resources
    base = f"{group_path(settings.group, settings.version)}/namespaces/{system.namespace}"
    api_version = f"{settings.group}/{settings.version}" if settings.group else settings.version
    try:
        known = plurals(scope.cluster, settings.group, settings.version)
        listings = [Listing(f"{base}/{known[kind]}", "", api_version, kind) for kind in settings.kinds if kind in known]
        answers = together([partial(read_list, scope.cluster, listing) for listing in listings])
    except ExpressError:
        return []
    return [item for listed in answers for item in listed.items.values()]


def _terminated(scope: Scope, printer: Printer, application: Application, by: str) -> ExpressError | None:
    def tell(what: str) -> None:
        printer.remark(
            f"the sync of {application.title} {what}: the operator sees the node in progress through, no later wave is "
            "applied; `kubectl express rollout status` shows how far it came"
        )

    try:
        terminate(scope.cluster, application, by, tell)
    except ExpressError as error:
        return error
    return None


def _how_to_hold(scope: Scope, application: Application) -> str:
    context = ("--context", scope.cluster.context) if scope.cluster.context else ()
    name = ("applications.argoproj.io", application.name, "--namespace", application.namespace)
    command = shlex.join(("kubectl", "patch", *context, *name, "--type", "merge", "--patch", _AUTOMATION_OFF))
    return (
        f"{application.title} syncs by itself: it begins again with the next commit, at once if that is there already. "
        f"To hold the stop: {command} (whatever manages the application, an ApplicationSet or an app of apps, undoes "
        "that)"
    )


def _raised(printer: Printer, failures: Sequence[ExpressError]) -> ExitStatus:
    if not failures:
        return ExitStatus.DONE
    for failure in failures[:-1]:
        printer.remark(f"{failure.prefix}{failure}")
    raise failures[-1]
