"""A search for an order of events in which a rollout does what it must not: hypothesis picks them, step by step."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kubectl_express.core import lease as leases
from kubectl_express.errors import ExitStatus
from tests.e2e.small_system import REVISION
from tests.reliability.model.fleet import NODES, declared, target
from tests.reliability.model.stand_ins import modelled
from tests.reliability.model.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.reliability.model.rules import Run

_KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "yul1",
    "clusters": [{"name": "model", "cluster": {"server": "http://model.example.com"}}],
    "contexts": [{"name": "yul1", "context": {"cluster": "model", "namespace": "model"}}],
}
_WHERE = ("--context", "yul1", "-n", "model")
_MISHAPS = 4
"""How many there are at most, so that most of what is tried is about rollouts."""

nodes = st.sampled_from(NODES)
tags = st.fixed_dictionaries(dict.fromkeys(NODES, st.sampled_from(["0", "1", "2"])))
running = st.integers(0, 1)
flags = st.sampled_from(["", "", "--step", "--pause-after be1", "--fail-fast", "--timeout 60s"])
ahead = st.sampled_from([0, 20, 40, 60, 80, 120])
EDIT, UNLEASED, CRASH = "edits by others", "leases deleted by others", "images that crash, and are mended"
FLAP, GONE = "pods that are not Ready for a while", "pods lost"
mishaps = st.sampled_from([EDIT, UNLEASED, CRASH, FLAP, GONE])


class Rollouts(RuleBasedStateMachine):
    """Rollouts of three nodes, with all that may come in between; the model's World says what must never be."""

    counted: ClassVar[dict[str, int]] = {}
    """How often each thing was tried, over all examples."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        (folder / "kubeconfig").write_text(json.dumps(_KUBECONFIG))
        self.world = World(folder)
        self._files = self._mishaps = 0
        self._distrusted = False
        self._modelled = modelled(self.world.server, self.world.clock, self.world.is_gone)
        self._modelled.__enter__()

    # Rollouts

    @precondition(lambda self: not self.alive)
    @rule(tags=tags, flags=flags, ahead=ahead)
    def roll(self, tags: Mapping[str, str], flags: str, ahead: int) -> None:
        """Begin to roll a target, and come so far ahead undisturbed."""
        self._begin(["rollout", "-f", str(self._file(target(tags))), *flags.split()], tags, ahead)

    @precondition(lambda self: len(self.alive) == 1)
    @rule(tags=tags, ahead=ahead)
    def roll_beside(self, tags: Mapping[str, str], ahead: int) -> None:
        """Begin to roll a target on another machine, beside a rollout that is there."""
        self._begin(["rollout", "-f", str(self._file(target(tags)))], tags, ahead)

    @precondition(lambda self: len(self.alive) == 1)
    @rule(tags=tags, ahead=ahead, steps=st.integers(1, 12))
    def overtake(self, tags: Mapping[str, str], ahead: int, steps: int) -> None:
        """Have a process be suspended until another one has taken over, and go on without having heard of that."""
        self._count("machines suspended until another takes over")
        (run,) = self.alive
        run.suspended = True
        self.world.pass_time(20.0)
        self._begin(["rollout", "-f", str(self._file(target(tags)))], tags, ahead)
        run.suspended = False
        for _ in range(steps):
            self.world.step(run)

    @precondition(lambda self: not self.alive and not self._distrusted)
    @rule(tags=tags, node=nodes)
    def roll_what_is_not_to_be_trusted(self, tags: Mapping[str, str], node: str) -> None:
        """Roll a target in which one node's revision is not that of its data."""
        self._distrusted = True
        self._count("rollouts of revisions that are not to be trusted")
        file = self._file(target(tags).replace(f'"{node}.revision": "', f'"{node}.revision": "0'))
        self._begin(["rollout", "-f", str(file)], tags, 60, trusted=False)

    @precondition(lambda self: not self.alive and self.world.server.every("secrets"))
    @rule(ahead=ahead)
    def undo(self, ahead: int) -> None:
        """Begin to take the last rollout back."""
        self._count("undos")
        self._begin(["rollout", "undo"], {}, ahead, undoes=True)

    def _begin(
        self, words: list[str], tags: Mapping[str, str], ahead: int, *, trusted: bool = True, undoes: bool = False
    ) -> None:
        self._count("rollouts")
        run = self.world.start([*words, *_WHERE, "--yes"], tags, trusted=trusted, undoes=undoes)
        self._go_on(run, ahead)

    @precondition(lambda self: self.alive)
    @rule(which=running, steps=st.integers(1, 6), news=st.booleans())
    def go(self, which: int, steps: int, news: bool) -> None:
        """Let a process send some requests; it hears of what has changed, or does not, and no operator acts."""
        run = self._run(which)
        for _ in range(steps):
            if news:
                run.process.hear()
            self.world.step(run)

    @precondition(lambda self: self.alive)
    @rule(which=running, steps=st.integers(1, 60))
    def go_on(self, which: int, steps: int) -> None:
        """Let a process and the operator go on as they would if nothing happened."""
        self._go_on(self._run(which), steps)

    def _go_on(self, run: Run, steps: int) -> None:
        for _ in range(steps):
            self.world.step(run)
            run.process.hear()
            self.world.fleet.operate()

    # What people do

    @precondition(lambda self: self.alive)
    @rule(which=running, action=st.sampled_from(["Ctrl-C", "SIGTERM", "stop", "pause", "resume", "resume"]))
    def ask(self, which: int, action: str) -> None:
        """Send a process a signal, or ask whoever holds the lease from another machine."""
        self._count("pauses, and what ends them" if action in {"pause", "resume"} else "stops")
        if action in leases.ACTIONS:
            self._files += 1
            self.world.ask(action, str(self._files))
        else:
            self._run(which).process.interrupt(action)

    @precondition(lambda self: self.alive)
    @rule(which=running, after=st.booleans())
    def kill(self, which: int, after: bool) -> None:
        """Kill a process before its next request, or right after that has been carried out."""
        self._count("kills")
        run = self._run(which)
        if after:
            self.world.step(run)
        run.process.kill()

    # What happens to nodes, links and machines

    @precondition(lambda self: self.alive)
    @rule(node=nodes, steps=st.integers(1, 4))
    def operate(self, node: str, steps: int) -> None:
        """Let the operator and the kubelet bring a node further."""
        for _ in range(steps):
            self.world.fleet.operate_on(node)

    @precondition(lambda self: self._mishaps < _MISHAPS)
    @rule(what=mishaps, node=nodes, tag=st.sampled_from(["0", "1", "3"]))
    def mishap(self, what: str, node: str, tag: str) -> None:
        """Have somebody edit a node or delete the lease, a pod go or be not Ready, or the pods of a tag crash."""
        self._mishaps += 1
        self._count(what)
        if what == EDIT:
            self.world.fleet.edit(node, tag)
        elif what == UNLEASED:
            self.world.take_lease()
        elif what == CRASH:
            self.world.fleet.broken ^= {tag}
        elif what == FLAP:
            self.world.fleet.flap(node)
        else:
            self.world.fleet.lose_pod(node)

    @precondition(lambda self: self.alive)
    @rule(which=running, fates=st.lists(st.sampled_from(["", "lost", "unheard", "refused"]), min_size=1, max_size=6))
    def trouble(self, which: int, fates: list[str]) -> None:
        """Have some of a process's next requests not arrive, not be answered, or be refused."""
        self._count("requests lost, unheard or refused", len([fate for fate in fates if fate]))
        self._run(which).process.fates = list(fates)

    @precondition(lambda self: self.alive)
    @rule(
        which=running,
        how=st.sampled_from(["", "", "suspended", "cut off"]),
        seconds=st.sampled_from([0.5, 2.0, 6.0, 11.0, 20.0, 70.0]),
    )
    def pass_time(self, which: int, how: str, seconds: float) -> None:
        """Let time pass, in which a process may be suspended, or its machine not reach the server."""
        self._count("machines suspended or cut off", bool(how))
        run = self._run(which)
        run.suspended, run.cut_off = how == "suspended", how == "cut off"
        self.world.pass_time(seconds)
        run.suspended = run.cut_off = False

    # What must hold

    @invariant()
    def nothing_happened_that_must_not(self) -> None:
        """Fail where a process did what it must not."""
        assert not self.world.rules.broken, self.world.rules.broken[0]
        for run in self.world.runs:
            printed = run.process.printed.getvalue()
            assert "this is a bug" not in printed, printed
            assert run.trusted or run.process.code in {None, ExitStatus.UNTRUSTED, ExitStatus.FAILED}, printed

    def teardown(self) -> None:
        """Roll a target from wherever this ended: it gets there, and restarts no node that is there."""
        try:
            self._come_through()
        finally:
            for run in self.alive:
                run.process.kill()
            self._modelled.__exit__(None, None, None)
            self._folder.cleanup()

    def _come_through(self) -> None:
        if self.world.rules.broken:
            return
        for run in self.alive:
            run.process.kill()
        self.world.fleet.broken.clear()
        self.world.fleet.settle()
        self.world.pass_time(20.0)
        wanted = {**dict.fromkeys(NODES, "9"), "be1": "1"}
        ends = {node: (tag, declared(tag, node)) for node, tag in wanted.items()}
        there = {node: self._pods(node) for node in NODES if self._spec(node)[1:] == ends[node][1:]}
        words = ["rollout", "-f", str(self._file(target(wanted))), *_WHERE, "--yes"]
        last = self.world.start(words, wanted)
        code = self.world.finish(last)
        if agreed := re.search(r"--expect-plan \w+(?= agrees)", last.process.printed.getvalue()):
            last = self.world.start([*words, *agreed[0].split()], wanted)
            code = self.world.finish(last)
        printed = last.process.printed.getvalue()
        assert not self.world.rules.broken, self.world.rules.broken[0]
        assert code == 0, f"it cannot be gone on from here:\n{printed}"
        assert {node: self._spec(node) for node in NODES} == ends, printed
        running = {node: list(self._pods(node).values()) for node in NODES}
        assert running == {node: [revision] for node, (_, revision) in ends.items()}, printed
        assert {node: self._pods(node) for node in there} == there, f"a node restarts for nothing:\n{printed}"

    @property
    def alive(self) -> list[Run]:
        """The runs that have not ended."""
        return [run for run in self.world.runs if not run.process.ended]

    def _run(self, which: int) -> Run:
        return self.alive[which % len(self.alive)]

    def _file(self, manifests: str) -> Path:
        self._files += 1
        file = Path(self._folder.name) / f"target-{self._files}.yaml"
        file.write_text(manifests)
        return file

    def _spec(self, node: str) -> tuple[str, ...]:
        """Return a node's tag and declared revision; nothing of one that is gone."""
        resource = self.world.fleet.of(node)
        return (resource["spec"]["image"]["tag"], resource["spec"]["deploymentRevision"]) if resource else ()

    def _pods(self, node: str) -> dict[str, str]:
        """Return the revisions of a node's pods, by uid."""
        found = [pod["metadata"] for pod in self.world.fleet.pods(node)]
        return {each["uid"]: each["labels"][REVISION] for each in found}

    def _count(self, what: str, times: int = 1) -> None:
        self.counted[what] = self.counted.get(what, 0) + times
