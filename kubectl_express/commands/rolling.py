"""Carrying out a plan: what is asked and refused before anything is applied, and how it is told."""

from __future__ import annotations

import getpass
import shlex
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from kubectl_express.commands.reading import place
from kubectl_express.commands.screen import Terminal
from kubectl_express.core.gate import Wanted
from kubectl_express.core.happenings import Happening, What
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.node import State
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.output.progress import choose_reporter
from kubectl_express.output.progress.outcome import Outcome
from kubectl_express.output.progress.outlet import Outlet
from kubectl_express.output.views.plan import plan_view
from kubectl_express.rollout.announcer import Announcer
from kubectl_express.rollout.applying import Applier
from kubectl_express.rollout.argocd import owning_applications
from kubectl_express.rollout.control import held
from kubectl_express.rollout.engine import Ended, Gating, Parts, Rollout
from kubectl_express.rollout.inbox import Inbox
from kubectl_express.rollout.journal import Journal
from kubectl_express.rollout.lease import Lease
from kubectl_express.rollout.observer import Observer
from kubectl_express.rollout.recording import Past, Undertaking, new_record, touched_objects
from kubectl_express.rollout.rights import lacking, needed, refusal
from kubectl_express.rollout.stepping import Stepping
from kubectl_express.rollout.this_process import this_process
from kubectl_express.rollout.wishes import Wishes, signals_heard
from kubectl_express.sources.listing import together
from kubectl_express.sources.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kubectl_express.core.lease import Holder
    from kubectl_express.core.node import Node
    from kubectl_express.core.plan import Plan
    from kubectl_express.core.record import Progress, Record
    from kubectl_express.core.values import Object
    from kubectl_express.core.verdict import Comparison
    from kubectl_express.output.printer import Printer
    from kubectl_express.output.views.systems import Place
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope

_AT_ONCE = 8
"""Objects that the server is asked about at the same time."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What the user has agreed to beforehand."""

    yes: bool = False
    step: bool = False
    force_conflicts: bool = False
    argocd: bool = False
    """Whether an Argo CD Application that deploys the same resources is no reason not to."""
    this_plan: bool = False
    """Whether it is just this plan that was agreed to, by its hash."""


class _StoppedBeforeError(Exception):
    """Stopped before anything was applied."""


@dataclass(slots=True)
class Rolling:
    """One plan of one system, from its showing to its end."""

    scope: Scope
    printer: Printer
    system: System
    plan: Plan
    comparison: Comparison
    undertaking: Undertaking
    consent: Consent
    gating: Gating
    go_on: tuple[str, ...]
    """The command that goes on, word by word."""
    _broken_glass: str = ""
    """Why Argo CD was a reason not to roll, where the user said to roll nevertheless."""

    def run(self, dry_run: str | None) -> ExitStatus:
        """Show the plan, ask, and carry it out. Raises ExpressError where it is refused: nothing was applied then."""
        inbox, wishes = Inbox(), Wishes()
        with ExitStack() as stack:
            stack.enter_context(signals_heard(inbox.tell, wishes))
            self._show(alone=dry_run is not None)
            if dry_run == "client":
                return ExitStatus.DONE
            within = _Writing()
            applier = Applier(
                self.scope.cluster,
                self.system.namespace,
                self.scope.settings,
                force_conflicts=self.consent.force_conflicts,
                within=within,
            )
            self._check_rights(applier)
            self._check_argocd()
            if dry_run is None:
                self._check_lease()
            self._dry_run(applier)
            if dry_run == "server":
                self._remark("everything in the plan would be taken by the API server (server dry run)")
                return ExitStatus.DONE
            self._look_back()
            if not self._changes_anything() and not self._awaited():
                self._remark(f"nothing to roll: {self._all()} as the target wants it")
                return ExitStatus.DONE
            terminal = Terminal.of(self.scope, self.printer, inbox.tell, self.comparison, self.place)
            if terminal:
                stack.callback(terminal.close)
            stepping = Stepping(wishes, terminal, on=self.consent.step)
            if terminal:
                terminal.listen(stepping.hear)
            try:
                self._ask(stepping, inbox, wishes)
            except _StoppedBeforeError as stopped:
                # The terminal may be what was closed.
                Outlet(self.scope.environment.stderr).write(f"{stopped}: nothing was applied\n")
                return ExitStatus.STOPPED
            return self._carry_out(stack, inbox, wishes, stepping, terminal, applier, within)

    @property
    def place(self) -> Place:
        """The system as documents name it."""
        return place(self.system)

    # Before anything is applied

    def _show(self, *, alone: bool) -> None:
        """Show the plan: as a document where it is all that is shown, as the first of many lines where it is not."""
        view = plan_view(self.plan, self.place, self.scope.settings, nodes=self._count())
        show = self.printer.show_line if self.printer.form == "json" and not alone else self.printer.show
        show(view)

    def _nodes(self) -> list[Node]:
        return [node for node in self.comparison.baseline.nodes.values() if node.exists]

    def _count(self) -> int:
        """Return how many nodes there are, those to be created included."""
        return len({node.name for node in self._nodes()} | {step.node for step in self.plan.steps})

    def _all(self) -> str:
        count = len([node for node in self._nodes() if node.name not in self.plan.removed])
        nodes = f"each of the {count} nodes" if count != 1 else "the only node"
        return f"{nodes} of {self.place.title()} is"

    def _check_rights(self, applier: Applier) -> None:
        rights = needed(
            self.plan,
            lambda manifest: applier.served(Manifest(manifest)),
            self.scope.settings.resources,
            self.system.namespace,
            live=applier.live,
        )
        if missing := lacking(self.scope.cluster, rights):
            raise refusal(missing)

    def _check_argocd(self) -> None:
        resources = [node.resource for node in self._nodes() if node.resource is not None]
        found = owning_applications(self.scope.cluster, self.system.namespace, resources)
        for note in found.notes:
            self.printer.warn(note)
        for application in found.applications:
            objection = application.objection
            if objection and not self.consent.argocd:
                raise ExpressError(f"nothing was applied: {objection}; --allow argocd rolls nevertheless")
            if objection:
                self.printer.warn(f"{objection}; --allow argocd rolls nevertheless")
                self._broken_glass = objection

    def _check_lease(self) -> None:
        """Refuse where another rollout is at work, before anything is said of nodes that are in its hands."""
        found = held(self.scope.cluster, self.system.namespace)
        if found is not None and not found.free:
            raise ExpressError(f"nothing was applied: the rollout of {self.system.namespace} {found}")

    def _dry_run(self, applier: Applier) -> None:
        """Ask the API server about every object of the plan, and raise what it refuses first."""
        manifests = [*self.plan.objects, *(step.manifest for step in self.plan.steps if step.revision is not None)]

        def share(number: int) -> None:
            for manifest in manifests[number::_AT_ONCE]:
                try:
                    applier.dry_run(manifest, applier.live(manifest.object))
                except ExpressError as error:
                    title = f"{manifest.kind}/{manifest.name}"
                    said = str(error) if str(error).startswith(title) else f"{title}: {error}"
                    error.args = (f"{said}; nothing was applied",)
                    raise

        together([partial(share, number) for number in range(min(_AT_ONCE, len(manifests)))])

    def _look_back(self) -> None:
        """Find the last rollout on record: this one may go on with it."""
        if self.undertaking.past is None:
            self.undertaking = replace(self.undertaking, past=last_rollout(self.scope, self.system))

    def _new_record(self, holder: Holder) -> tuple[Record, Progress]:
        last = self.undertaking.past.record.number if self.undertaking.past else 0
        return new_record(self.undertaking, self.plan, last, holder, self.go_on)

    def _ask(self, stepping: Stepping, inbox: Inbox, wishes: Wishes) -> None:
        """Get the user's word for the plan. Raises ExpressError where there is nobody to ask and no flag gives it."""
        unhealthy = [] if self.gating.ignore_unhealthy else self._unhealthy()
        for node, why in unhealthy:
            self.printer.warn(f"{node.name} is unhealthy and no part of this plan: {why}")
        self._wait_for_word(stepping, inbox, wishes, None)
        if unhealthy and not stepping.on_terminal:
            names = ", ".join(node.name for node, _ in unhealthy)
            raise ExpressError(
                f"nothing was applied: {names}, no part of this plan, {_is(unhealthy)} unhealthy; mend that first, or "
                "give --ignore-unhealthy"
            )
        restarted = self._restarted_again()
        if restarted:
            self.printer.warn(
                f"the plan has changed since it was stopped: {', '.join(restarted)}, finished then, would restart again"
            )
        agreed = self.consent.step or (self.consent.yes and (self.consent.this_plan or not restarted))
        if not self._changes_anything() or (agreed and not unhealthy):
            return
        if not stepping.on_terminal and self.consent.yes:
            raise ExpressError(
                f"nothing was applied: {', '.join(restarted)} would restart again, which --yes does not agree to; "
                f"--expect-plan {self.plan.digest} agrees to just this plan"
            )
        if not stepping.on_terminal:
            raise ExpressError(
                "nothing was applied: there is no terminal to ask at; --yes rolls the plan as it was shown, --step "
                "waits for `kubectl express rollout resume` before each node"
            )
        self._wait_for_word(stepping, inbox, wishes, f"{self._question()} [y/N] ")

    def _changes_anything(self) -> bool:
        return bool(self.plan.steps or self.plan.objects or self.plan.deleted)

    def _question(self) -> str:
        steps = self.plan.steps
        if steps:
            return f"Roll {len(steps)} of {self._count()} nodes of {self.place.title()}, {steps[0].node} first?"
        count = len(self.plan.objects) + len(self.plan.deleted)
        return f"Change {count} object{'' if count == 1 else 's'} and no node of {self.place.title()}?"

    def _restarted_again(self) -> list[str]:
        """Return the nodes that a stopped rollout had finished and this one restarts; that is what an undo is for."""
        return [] if self.undertaking.undoes is not None else self.undertaking.restarted_again(self.plan)

    def _wait_for_word(self, stepping: Stepping, inbox: Inbox, wishes: Wishes, question: str | None) -> None:
        inbox.catch_up()
        if question:
            stepping.ask_whether(question)
        while not wishes.stop and question and not stepping.granted:
            inbox.hear()
        if question:
            stepping.taken()
        if wishes.stop:
            raise _StoppedBeforeError(f"stopped by {wishes.stop}")

    def _unhealthy(self) -> list[tuple[Node, str]]:
        """Return the nodes that are not healthy and that are neither rolled nor waited for, with the reason."""
        concerned = {step.node for step in self.plan.steps} | set(self.undertaking.in_progress)
        return [
            (node, node.live.why)
            for node in self._nodes()
            if node.live and node.live.health is State.UNHEALTHY and node.name not in concerned
        ]

    # Applying

    def _carry_out(
        self,
        stack: ExitStack,
        inbox: Inbox,
        wishes: Wishes,
        stepping: Stepping,
        terminal: Terminal | None,
        applier: Applier,
        writing: _Writing,
    ) -> ExitStatus:
        cluster, namespace = self.scope.cluster, self.system.namespace
        holder = this_process(user_name(), step=self.consent.step, plan=self.plan.digest)
        lease = Lease(cluster, namespace, holder, inbox.tell, lambda asked: wishes.request(asked.action, asked.by))
        lease.acquire()
        stack.callback(lease.release)
        writing.allowed = lease.within
        reporter = choose_reporter(
            self.printer.form,
            self.scope.environment,
            self.place,
            self.plan,
            self.scope.settings,
            color=self.printer.color,
        )
        stack.callback(reporter.close)
        if terminal:
            terminal.reporter = reporter
        snapshot = self.scope.snapshot(self.system)
        observer = Observer(cluster, snapshot, self.scope.settings, inbox.tell)
        stack.callback(observer.close)
        self._check_unchanged(observer)
        observer.start()
        journal = Journal(Records(cluster, namespace, lease.within), *self._new_record(holder))
        journal.open(touched_objects(self.undertaking, self.plan, applier.live))
        announcer = Announcer(
            cluster, namespace, lambda fault: inbox.tell(lambda: reporter.report(Happening(What.WARNING, fault)))
        )
        stack.callback(announcer.close)
        if self._broken_glass:
            message = f"{journal.title} goes on although {self._broken_glass} (--allow argocd)"
            announcer.announce(self._first_resource(), "ArgoCDOverridden", message, warning=True)
        parts = Parts(
            self.scope.settings,
            observer,
            applier,
            lease,
            journal,
            announcer,
            inbox,
            wishes,
            stepping,
            reporter.report,
        )
        reporter.report(Happening(What.STARTED, self._started(journal.record, journal.finished)))
        rollout = Rollout(
            self.plan, parts, self.gating, tuple(self._awaited()), tuple(self._settled()), tuple(self._outside())
        )
        ended = rollout.run()
        reporter.close(self._outcome(ended, journal.finished))
        return ended.status

    def _first_resource(self) -> Object:
        """Return the resource of the first node rolled that there is one of; of any node, where all are new."""
        live = [step.live for step in self.plan.steps] + [node.resource for node in self._nodes()]
        return next(resource for resource in live if resource is not None)

    def _check_unchanged(self, observer: Observer) -> None:
        """Refuse where the cluster's nodes are no longer those that the plan was made for."""
        for node in self._nodes():
            resource = observer.resource(node.name)
            if not self.undertaking.same(node.resource, resource):
                raise ExpressError(
                    f"nothing was applied: {node.name} was changed since the plan was shown; look at it again with "
                    "`kubectl express diff`"
                )
        new = [name for name in observer.names() if name not in {node.name for node in self._nodes()}]
        if new:
            raise ExpressError(f"nothing was applied: {', '.join(new)} appeared since the plan was shown")

    def _started(self, record: Record, finished: Sequence[str]) -> str:
        count = len(self.plan.steps)
        nodes = f"{count} node{'' if count == 1 else 's'} of {self.place.title()}"
        if self.undertaking.continues is None:
            return f"{record.action} {record.number}: {nodes}"
        done = f"; {', '.join(finished)} {_is(finished)} finished" if finished else ""
        return f"{record.action} {record.number} goes on: {nodes}{done}"

    def _awaited(self) -> list[Wanted]:
        """Return the nodes that are on their way: gated before anything is applied, but for the one applied first."""
        first = self.plan.steps[0].node if self.plan.steps else None
        found = []
        for node in self._nodes():
            if node.name == first:
                continue
            left = (
                node.name in self.undertaking.in_progress and node.declared == self.undertaking.in_progress[node.name]
            )
            if node.live and (node.live.health is State.UPDATING or left):
                before = {pod.uid: pod for pod in node.live.pods} if left else {}
                found.append(replace(self._wanted(node), changed=left, before=before))
        return found

    def _settled(self) -> list[Wanted]:
        planned = {step.node for step in self.plan.steps} | {wanted.node for wanted in self._awaited()}
        return [self._wanted(node) for node in self._nodes() if node.name not in planned]

    def _outside(self) -> list[Wanted]:
        return [self._wanted(node) for node, _ in self._unhealthy()]

    def _wanted(self, node: Node) -> Wanted:
        return Wanted(node.name, node.declared or "", self.scope.settings.pods.per_node)

    def _outcome(self, ended: Ended, updated: tuple[str, ...]) -> Outcome:
        words = self.go_on if ended.status is not ExitStatus.DONE and (ended.untouched or ended.in_progress) else ()
        return Outcome(updated, ended.in_progress, ended.untouched, shlex.join(words) if words else None)

    def _remark(self, line: str) -> None:
        self.printer.remark(line)


def last_rollout(scope: Scope, system: System) -> Past | None:
    """Return the last rollout of a system that is on record."""
    records = Records(scope.cluster, system.namespace)
    heads = records.heads()
    if not heads:
        return None
    record, progress = heads[-1]
    return Past(record, progress, records.touched(record.number))


class _Writing:
    """How long writing is allowed: as long as the lease says, once there is one."""

    def __init__(self) -> None:
        self.allowed: Callable[[], float] = lambda: 60.0

    def __call__(self) -> float:
        return self.allowed()


def user_name() -> str:
    """Return who works here, for the lease, the record and Events: the user of this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def _is(nodes: Sequence[object]) -> str:
    return "is" if len(nodes) == 1 else "are"
