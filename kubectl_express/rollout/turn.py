"""One node's turn: its resource is applied, or deleted, and its pods prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.gate import QUIET, Facts, Outcome, Verdict, Wanted, judge
from kubectl_express.core.happenings import What
from kubectl_express.core.plan import Action, Step
from kubectl_express.core.unchanged import is_as_planned
from kubectl_express.core.values import Object, at, text
from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.rollout.session import SILENCE, HaltedError, Session
from kubectl_express.sources.threads import together

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubectl_express.core.node import Pod
    from kubectl_express.core.settings import Settings


def take_turn(session: Session, step: Step, which: str) -> None:
    """Bring a node to where its step wants it; `which` says which of how many it is.

    Raises HaltedError where it does not get there, and StoppedError where it is left on the way.
    """
    started = session.clock()
    deadline = started + session.gating.timeout
    if step.action is Action.DELETE:
        _delete(session, step, deadline)
    else:
        wanted = _apply(session, step, deadline, which)
        await_arrival(session, wanted, deadline, step)
        _smoke_test(session, step)
        session.finished[step.node] = settled(wanted)
    took = session.clock() - started
    session.tell(What.PASSED, _took(session, step, took), step=step, seconds=took)
    session.current = None
    session.parts.journal.passed(step.node)


def settled(wanted: Wanted) -> Wanted:
    """Return what a node that has passed is to stay like."""
    return Wanted(wanted.node, wanted.revision, wanted.pods, uid=wanted.uid)


def await_arrival(
    session: Session, wanted: Wanted, deadline: float, step: Step | None = None, *, repairs: bool = False
) -> None:
    """Wait until a node passes. With `repairs`, until it has come to rest: the plan may be what mends it."""
    observer, told, looked = session.parts.observer, "", session.clock()
    while True:
        facts = observer.node(wanted.node)
        verdict = judge(wanted, facts, session.revision_path)
        rest = _rest(wanted, facts, verdict) if repairs else None
        if verdict.outcome is Outcome.PASSED or rest == 0:
            return
        if verdict.outcome is Outcome.FAILED or (verdict.ailing and session.gating.fail_fast):
            session.fail(wanted.node, verdict.reason)
        if verdict.reason != told:
            told = verdict.reason
            session.tell(What.WAITING, told, node=wanted.node, step=step, ailing=verdict.ailing)
        if session.clock() >= deadline:
            hint = f"; roll it before the others, by --only {wanted.node}" if repairs else ""
            session.fail(wanted.node, f"not there after {session.gating.timeout:g} s: {verdict.reason}{hint}")
        looked = _hear(session, wanted.node, deadline, looked, verdict.again if rest is None else rest)


def _apply(session: Session, step: Step, deadline: float, which: str) -> Wanted:
    """Apply a node's resource; return what its pods have to be from now on."""
    attempt = _Attempt(session, step)
    try:
        answer = session.send(attempt.apply, deadline)
    except ServerError:
        # An earlier attempt may have been taken unheard, and of two writes the first.
        if attempt.number == 1 and not attempt.has_applied():
            session.current = None
        raise
    changed = attempt.live is None or _generation(attempt.live) != _generation(answer)
    session.look(step.node, answer, deadline)
    session.tell(What.APPLIED, _applied(step, changed=changed), step=step)
    by = f"{session.parts.journal.title}, {which}"
    session.parts.announcer.announce(answer, "RolloutStep", f"applied {_at(step)} ({by})")
    return Wanted(
        step.node,
        step.revision or None,
        session.parts.settings.pods.per_node,
        uid=text(at(answer, "/metadata/uid")),
        generation=_generation(answer) if session.parts.applier.served(step.manifest).has_status else None,
        changed=changed,
        before=attempt.before,
        min_ready=session.gating.min_ready,
    )


class _Attempt:
    """Applying one node's resource, until the server has answered."""

    def __init__(self, session: Session, step: Step) -> None:
        self.number = 0
        self.before: Mapping[str, Pod] = {}
        """The node's pods by uid, as they were before the first attempt."""
        self.live: Object | None = None
        """The resource as it was then."""
        self._session = session
        self._step = step

    def apply(self) -> Object:
        """Apply once more, and return what is answered."""
        applier = self._session.parts.applier
        if self.number == 0:
            live = self._begin()
        else:
            # An attempt that was not answered may have been taken: what is there then is ours.
            live = applier.live(self._step.manifest.object)
            if text(at(live, self._session.revision_path)) != self._step.revision:
                _check_unchanged(self._step, live, self._session.parts.settings)
        self.number += 1
        return applier.apply(self._step.manifest, live)

    def has_applied(self) -> bool:
        """Whether the resource has another generation than before; so, too, where it cannot be read."""
        try:
            live = self._session.parts.applier.live(self._step.manifest.object)
        except ExpressError:
            return True
        return live is not None and (self.live is None or _generation(live) != _generation(self.live))

    def _begin(self) -> Object | None:
        parts, node = self._session.parts, self._step.node
        pods: dict[str, Pod] = {}
        found: list[Object | None] = []
        together(
            [
                lambda: pods.update(parts.observer.pods_afresh(node)),
                lambda: found.append(parts.applier.live(self._step.manifest.object)),
            ]
        )
        self.before, self.live = pods, found[0]
        _begin_turn(self._session, self._step, self.live)
        return self.live


def _hear(session: Session, node: str, deadline: float, looked: float, again: float | None = None) -> float:
    """Wait for news, and look at the node where none came for so long, or until it may be judged `again`.

    A watch that broke off is quiet, too. Return when the node was last looked at.
    """
    now = session.clock()
    wait = min(deadline - now, looked + SILENCE - now if again is None else again)
    session.hear(wait)
    if session.clock() - now < wait:
        return looked
    session.look(node, deadline=deadline)
    return session.clock()


def _begin_turn(session: Session, step: Step, live: Object | None) -> None:
    """Put on record that a node is in progress, right before it is written to.

    Raises HaltedError where it is not what the plan was made for, and StoppedError where somebody stopped meanwhile.
    """
    _check_unchanged(step, live, session.parts.settings)
    if session.current is None:
        session.go_on()  # The last moment at which a stop leaves the node as it is.
    session.parts.journal.applying(step.node)
    session.current = step.node


def _check_unchanged(step: Step, live: Object | None, settings: Settings) -> None:
    """Raise where the resource is no longer what the plan was made for: somebody else deploys, too."""
    if is_as_planned(step.live, live, step.data, settings.resources):
        return
    what = "deleted" if live is None else "created" if step.live is None else "changed"
    raise HaltedError(
        f"{step.node} was {what} by somebody else since the plan was shown: look at `kubectl express diff`, and roll "
        "again"
    )


def _smoke_test(session: Session, step: Step) -> None:
    test = session.gating.smoke_test
    if test is None:
        return
    session.tell(What.WAITING, f"{_ready(session)}, --after-node is under way", step=step)
    fault = test.run(step.node, session.gating.timeout, session.parts.inbox.tell, session.hear)
    if fault:
        session.fail(step.node, fault.what, fault.words)


def _delete(session: Session, step: Step, deadline: float) -> None:
    """Delete a node's resource and wait until its pods are gone with it."""
    parts = session.parts

    def attempt() -> None:
        live = parts.applier.live(step.manifest.object)
        # One that is gone is what its turn is to bring about.
        _begin_turn(session, step, live or step.live)
        if live is not None:
            parts.applier.delete(live)

    session.send(attempt, deadline)
    session.tell(What.DELETED, "deleted", step=step)
    session.look(step.node, deadline=deadline)
    told, looked = "", session.clock()
    while True:
        facts = parts.observer.node(step.node)
        pods = [pod for pod in facts.pods if not pod.finished]
        if facts.resource is None and not pods:
            return
        what = f"pod {pods[0].name} is still there" if pods else "its resource is still there"
        if what != told:
            told = what
            session.tell(What.WAITING, what, step=step)
        if session.clock() >= deadline:
            session.fail(step.node, f"not gone after {session.gating.timeout:g} s: {what}")
        looked = _hear(session, step.node, deadline, looked)


def _rest(wanted: Wanted, facts: Facts, verdict: Verdict) -> float | None:
    """Return in how many seconds a node has come to rest if nothing changes, well or not; None while pods are replaced.

    Until all of its pods are there, at the revision, another node would be down beside it.
    """
    pods = [pod for pod in facts.pods if not pod.finished]
    if facts.resource is None:
        return None if pods else 0.0
    if len(pods) != wanted.pods or any(pod.terminating or pod.revision != wanted.revision for pod in pods):
        return None
    return 0.0 if verdict.ailing else max(QUIET - facts.quiet, 0.0)


def _generation(resource: Object) -> int | None:
    found = at(resource, "/metadata/generation")
    return found if isinstance(found, int) else None


def _applied(step: Step, *, changed: bool) -> str:
    if step.live is None:
        return f"created {_at(step)}"
    return f"applied {_at(step)}" if changed else f"applied, its revision stays {step.revision}"


def _at(step: Step) -> str:
    return f"at revision {step.revision}" if step.revision else "without a revision"


def _took(session: Session, step: Step, seconds: float) -> str:
    if step.action is Action.DELETE:
        return f"gone, after {seconds:.1f} s"
    return f"{_ready(session)} at {step.revision}, after {seconds:.1f} s"


def _ready(session: Session) -> str:
    return "its pod is Ready" if session.parts.settings.pods.per_node == 1 else "its pods are Ready"
