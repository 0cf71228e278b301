"""Carrying out a plan, from its showing to its end."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kubectl_express.commands.consenting import Asking, Consent, StoppedBeforeError, is_or_are
from kubectl_express.commands.preflight import check_argocd, check_lease, check_rights, dry_run
from kubectl_express.commands.reading import place
from kubectl_express.commands.recorded import check_last, finish_record, last_rollout
from kubectl_express.commands.screen import Terminal
from kubectl_express.core.happenings import Happening, What
from kubectl_express.core.standing import Standing
from kubectl_express.core.unchanged import is_as_planned
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.output.progress import choose_reporter
from kubectl_express.output.progress.outcome import Outcome
from kubectl_express.output.progress.outlet import Outlet
from kubectl_express.output.views.plan import plan_view
from kubectl_express.rollout.announcer import Announcer
from kubectl_express.rollout.applying import Applier
from kubectl_express.rollout.engine import Ended, Rollout
from kubectl_express.rollout.inbox import Inbox
from kubectl_express.rollout.journal import Journal
from kubectl_express.rollout.lease import Lease
from kubectl_express.rollout.observer import Observer
from kubectl_express.rollout.recording import Undertaking, new_record, touched_objects
from kubectl_express.rollout.session import PUT_OFF, Gating, Parts, Session
from kubectl_express.rollout.stepping import Stepping
from kubectl_express.rollout.this_process import this_process, user_name
from kubectl_express.rollout.wishes import Wishes, signals_heard
from kubectl_express.sources.kubeconfig import handed_on
from kubectl_express.sources.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.plan import Plan
    from kubectl_express.core.verdict import Comparison
    from kubectl_express.output.printer import Printer
    from kubectl_express.output.progress import Reporter
    from kubectl_express.output.views.systems import Place
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope


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
    _status: ExitStatus | None = field(default=None, init=False)
    """How the rollout ended, once it has."""

    def run(self, dry: str | None) -> ExitStatus:
        """Show the plan, ask, and carry it out; a `dry` run ends before that, by `client` or by `server`.

        Raises ExpressError where it is refused: nothing was applied then.
        """
        inbox, wishes = Inbox(), Wishes()
        try:
            return self._run(dry, inbox, wishes)
        except KeyboardInterrupt:
            return self._status or self._stopped("stopped by Ctrl-C while a request hung")

    def _stopped(self, why: str) -> ExitStatus:
        # The terminal may be what was closed.
        Outlet(self.scope.environment.stderr).write(f"{why}: nothing was applied\n")
        return ExitStatus.STOPPED

    def _run(self, dry: str | None, inbox: Inbox, wishes: Wishes) -> ExitStatus:
        with ExitStack() as stack:
            stack.enter_context(signals_heard(inbox.tell, wishes))
            self._show(alone=dry is not None)
            if dry == "client":
                return ExitStatus.DONE
            writing = _Writing()
            applier = self._applier(writing)
            overridden = self._check(applier, dry=dry is not None)
            inbox.catch_up()
            if wishes.stop:
                return self._stopped(f"stopped by {wishes.stop}")
            if dry == "server":
                self.printer.remark("everything in the plan would be taken by the API server (server dry run)")
                return ExitStatus.DONE
            if self.undertaking.past is None:
                self.undertaking = replace(self.undertaking, past=last_rollout(self.scope, self.system))
            standing = self._standing()
            if not standing.changes_anything and not standing.awaited:
                lease = self._lease(inbox, wishes)
                finish_record(self.scope, self.system, self.undertaking, self.plan, lease, self.go_on)
                self.printer.remark(f"nothing to roll: {self._all(standing)} as the target wants it")
                return ExitStatus.DONE
            terminal = Terminal.of(self.scope, self.printer, inbox.tell, self.comparison, self.place)
            stepping = Stepping(wishes, terminal, on=self.consent.step)
            if terminal:
                stack.callback(terminal.close)
                terminal.listen(stepping.hear)
            try:
                asking = Asking(self.printer, stepping, inbox, wishes)
                asking.consent(self.consent, standing, self._restarted(), self.place.title())
            except StoppedBeforeError as stopped:
                return self._stopped(str(stopped))
            lease = self._lease(inbox, wishes)
            lease.acquire()
            stack.callback(lease.release)
            writing.allowed = lease.within
            reporter = self._reporter()
            stack.callback(reporter.close)
            if terminal:
                terminal.reporter = reporter
            parts = self._parts(stack, lease, applier, inbox, wishes, stepping, reporter)
            return self._roll(parts, standing, reporter, overridden)

    @property
    def place(self) -> Place:
        """The system as documents name it."""
        return place(self.system)

    # Before anything is applied

    def _standing(self) -> Standing:
        pods, in_progress = self.scope.settings.pods.per_node, self.undertaking.in_progress
        return Standing(self.plan, self.comparison.baseline, pods, in_progress)

    def _show(self, *, alone: bool) -> None:
        """Show the plan: as a document where it is all that is shown, as the first of many lines where it is not."""
        view = plan_view(self.plan, self.place, self.scope.settings, nodes=self._standing().count)
        show = self.printer.show_line if self.printer.form == "json" and not alone else self.printer.show
        show(view)

    def _all(self, standing: Standing) -> str:
        count = len([node for node in standing.nodes if node.name not in self.plan.removed])
        nodes = f"each of the {count} nodes" if count != 1 else "the only node"
        return f"{nodes} of {self.place.title()} is"

    def _applier(self, writing: _Writing) -> Applier:
        scope, force = self.scope, self.consent.force_conflicts
        return Applier(scope.cluster, self.system.namespace, scope.settings, force_conflicts=force, within=writing)

    def _check(self, applier: Applier, *, dry: bool) -> str | None:
        """Refuse what would not come to its end; return what of Argo CD is overridden, if anything is."""
        check_rights(self.scope, self.system, self.plan, applier)
        allowed = self.consent.argocd
        overridden = check_argocd(self.scope, self.printer, self.system, self._standing(), allowed=allowed)
        if not dry:
            check_lease(self.scope, self.system)
        dry_run(self.plan, applier)
        return overridden

    def _restarted(self) -> list[str]:
        """Return the nodes that a stopped rollout had finished and this one restarts; that is what an undo is for."""
        return [] if self.undertaking.undoes is not None else self.undertaking.restarted_again(self.plan)

    # Applying

    def _lease(self, inbox: Inbox, wishes: Wishes) -> Lease:
        holder = this_process(user_name(), step=self.consent.step, plan=self.plan.digest)
        return Lease(
            self.scope.cluster,
            self.system.namespace,
            holder,
            inbox.tell,
            lambda asked: wishes.request(asked.action, asked.by),
        )

    def _reporter(self) -> Reporter:
        settings, color = self.scope.settings, self.printer.color
        return choose_reporter(self.printer.form, self.scope.environment, self.place, self.plan, settings, color=color)

    def _parts(
        self,
        stack: ExitStack,
        lease: Lease,
        applier: Applier,
        inbox: Inbox,
        wishes: Wishes,
        stepping: Stepping,
        reporter: Reporter,
    ) -> Parts:
        """Return what the rollout works with, once its record is open; all of it ends with the stack."""
        cluster, namespace, settings = self.scope.cluster, self.system.namespace, self.scope.settings
        observer = Observer(cluster, self.scope.snapshot(self.system), settings, inbox.tell, for_ever=True)
        stack.callback(observer.close)
        self._check_unchanged(observer)
        observer.start()
        last = self.undertaking.past.record.number if self.undertaking.past else 0
        record, progress = new_record(self.undertaking, self.plan, last, lease.holder, self.go_on)
        journal = Journal(Records(cluster, namespace, lease.within), record, progress)
        journal.open(touched_objects(self.undertaking, self.plan, applier.live))

        def warn(fault: str) -> None:
            inbox.tell(lambda: reporter.report(Happening(What.WARNING, fault)))

        announcer = Announcer(cluster, namespace, warn)
        stack.callback(announcer.close)
        return Parts(settings, observer, applier, lease, journal, announcer, inbox, wishes, stepping, reporter.report)

    def _check_unchanged(self, observer: Observer) -> None:
        """Refuse where the nodes are no longer those that the plan was made for, or another rollout was at work."""
        check_last(Records(self.scope.cluster, self.system.namespace), self.undertaking.past)
        nodes = self._standing().nodes
        for node in nodes:
            live, resources = observer.resource(node.name), self.scope.settings.resources
            if not is_as_planned(node.resource, live, node.data, resources):
                raise ExpressError(
                    f"nothing was applied: {node.name} was changed since the plan was shown; look at it again with "
                    "`kubectl express diff`"
                )
        known = {node.name for node in nodes}
        if new := [name for name in observer.names() if name not in known]:
            raise ExpressError(f"nothing was applied: {', '.join(new)} appeared since the plan was shown")

    def _roll(self, parts: Parts, standing: Standing, reporter: Reporter, overridden: str | None) -> ExitStatus:
        journal = parts.journal
        if overridden and (resource := standing.first_resource):
            message = f"{journal.title} goes on although {overridden} (--allow argocd)"
            parts.announcer.announce(resource, "ArgoCDOverridden", message, warning=True)
        reporter.report(Happening(What.STARTED, self._started(journal)))
        self.scope.cluster.patience = PUT_OFF
        outside = tuple(standing.wanted(node) for node in standing.unhealthy)
        session = Session(parts, self._gating())
        rollout = Rollout(self.plan, session, tuple(standing.awaited), tuple(standing.at_rest), outside)
        try:
            ended = rollout.run()
        except KeyboardInterrupt:
            parts.wishes.ended = True
            ended = self._broken_off(session)
            reporter.report(Happening(What.STOPPED, ended.message, session.current))
        parts.wishes.ended = True
        self._status = ended.status
        reporter.close(self._outcome(ended, journal))
        return ended.status

    def _broken_off(self, session: Session) -> Ended:
        """Return what is known of a rollout that Ctrl-C ended while a request hung; it is not on record."""
        current = (session.current,) if session.current else ()
        begun = {*session.parts.journal.finished, *current}
        untouched = tuple(step.node for step in self.plan.steps if step.node not in begun)
        return Ended(ExitStatus.STOPPED, "stopped by Ctrl-C while a request hung", current, untouched)

    def _gating(self) -> Gating:
        """Return what nodes have to pass, with a smoke test that knows where they are."""
        test = self.gating.smoke_test
        if test is None:
            return self.gating
        connection, system = self.scope.selection.connection, self.system
        used = replace(connection, context=system.context or connection.context, namespace=system.namespace)
        where = {"NAMESPACE": system.namespace, "CONTEXT": system.context, **handed_on(used)}
        return replace(self.gating, smoke_test=replace(test, variables={**test.variables, **where}))

    def _started(self, journal: Journal) -> str:
        count = len(self.plan.steps)
        title = f"{journal.record.action} {journal.record.number}"
        nodes = f"{count} node{'' if count == 1 else 's'} of {self.place.title()}"
        if self.undertaking.continues is None:
            return f"{title}: {nodes}"
        finished = journal.finished
        done = f"; {', '.join(finished)} {is_or_are(finished)} finished" if finished else ""
        return f"{title} goes on: {nodes}{done}"

    def _outcome(self, ended: Ended, journal: Journal) -> Outcome:
        """Return where the nodes are: those, too, that this plan leaves out of a rollout that it goes on with."""
        known = (*ended.in_progress, journal.current)
        in_progress = tuple(name for name in dict.fromkeys(known) if name is not None)
        left = tuple(name for name in journal.left if name not in {*in_progress, *ended.untouched})
        words = journal.record.go_on if left else self.go_on if ended.untouched or in_progress else ()
        return Outcome(journal.finished, in_progress, ended.untouched + left, shlex.join(words) or None)


class _Writing:
    """How long writing is allowed: as long as the lease says, once there is one."""

    def __init__(self) -> None:
        self.allowed: Callable[[], float] = lambda: 60.0

    def __call__(self) -> float:
        return self.allowed()
