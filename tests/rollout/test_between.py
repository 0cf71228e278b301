"""Between two nodes nothing that happens meanwhile is lost: neither news of other nodes, nor what people say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from kubectl_express.core.gate import Facts, Wanted
from kubectl_express.core.happenings import What
from kubectl_express.core.node import Pod
from kubectl_express.core.plan import Plan
from kubectl_express.errors import ExitStatus
from kubectl_express.rollout.between import Between
from kubectl_express.rollout.engine import Rollout
from kubectl_express.rollout.inbox import Inbox
from kubectl_express.rollout.session import Gating, HaltedError, Session, StoppedError
from kubectl_express.rollout.stepping import Stepping
from kubectl_express.rollout.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.plan import Step

REVISION = "3f2a9c01de"


class Nodes:
    """What is seen of nodes, each with a pod that is Ready or not."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.news: set[str] = set()

    def fail(self, node: str) -> None:
        """Have a node's pod not be Ready any more, and that be heard."""
        self.down.add(node)
        self.news.add(node)

    def take_changed(self) -> set[str]:
        """Return what changed."""
        news, self.news = self.news, set()
        return news

    def node(self, name: str) -> Facts:
        """Return what is seen of a node."""
        pod = Pod(f"{name}-0", name, REVISION, name not in self.down, False, "Running", None, 0)
        resource: Any = {"kind": "Backend", "metadata": {"uid": name}, "spec": {"deploymentRevision": REVISION}}
        return Facts(resource, (pod,), 99.0, {name: 99.0})


class Impatient(Inbox):
    """An inbox that fails where it would wait: no news is to come but what is there."""

    def hear(self, seconds: float | None = None) -> None:
        """Take in what is there."""
        assert not self._news.empty(), "it waits for what has come already"
        super().hear(seconds)


class Screen:
    """A terminal at which something happens while each question stands."""

    def __init__(self, inbox: Inbox, happens: list[Callable[[], object]]) -> None:
        self.asked_so_far: list[str] = []
        self._inbox = inbox
        self._happens = happens

    def ask(self, question: str) -> None:
        """Take a question, and have happen what does so while it stands."""
        self.asked_so_far.append(question)
        self._inbox.tell(self._happens.pop(0))

    def asked(self) -> None:
        """Go on."""

    def forget_typed(self) -> None:
        """Pass over nothing: nobody types here."""

    def step_question(self, step: Step, _number: int, _total: int) -> str:
        """Return the question before a node."""
        return f"Roll {step.node}?"


class Scene:
    """A plan of be1, which is done, and be2, with a node that is no part of it."""

    def __init__(self, *, step: bool = False, terminal: bool = True) -> None:
        self.nodes, self.inbox, self.wishes = Nodes(), Impatient(), Wishes()
        self.told: list[What] = []
        self.while_noted: Callable[[], object] = lambda: None
        """What happens while it is put on record that the rollout waits."""
        self.happens: list[Callable[[], object]] = []
        """What happens at each question in turn."""
        self.screen = Screen(self.inbox, self.happens)
        self.stepping = Stepping(self.wishes, cast("Any", self.screen) if terminal else None, on=step)
        parts: Any = SimpleNamespace(
            settings=SimpleNamespace(resources=SimpleNamespace(revision_path="/spec/deploymentRevision")),
            observer=self.nodes,
            inbox=self.inbox,
            wishes=self.wishes,
            stepping=self.stepping,
            lease=SimpleNamespace(within=lambda: 10.0),
            journal=SimpleNamespace(
                finished=(), arrived=self.nodes.fail, note=lambda *_: self.while_noted(), close=lambda *_: None
            ),
            report=lambda happening: self.told.append(happening.what),
        )
        steps: Any = [SimpleNamespace(node=name, pause_after=False) for name in ("be1", "be2")]
        self.session = Session(parts, Gating())
        self.session.finished = {name: Wanted(name, REVISION) for name in ("be1", "other")}
        self.between = Between(Plan((), tuple(steps)), self.session, {"be1"})
        self.step: Step = steps[1]

    def comes_to_the_second(self) -> None:
        """Return once be2 may be applied."""
        self.between.before(2, self.step)

    def says(self, line: str) -> Callable[[], object]:
        """Return what happens where somebody types a line."""
        return lambda: self.stepping.hear(line)

    def asks(self, action: str) -> Callable[[], object]:
        """Return what happens where somebody elsewhere asks for something."""
        return lambda: self.wishes.request(action, "bob")


def together(*happens: Callable[[], object]) -> Callable[[], object]:
    """Return what happens where all of these do, one right after the other."""
    return lambda: [each() for each in happens]


def test_a_node_that_was_down_before_anything_was_heard_is_asked_about() -> None:
    scene = Scene()
    scene.nodes.down.add("other")
    scene.between.unseen = {"other"}
    scene.happens.append(scene.says("y"))
    scene.comes_to_the_second()
    assert scene.screen.asked_so_far == ["Go on with be2 nevertheless? [y/N] "]


def test_without_a_terminal_such_a_node_halts() -> None:
    scene = Scene(terminal=False)
    scene.nodes.down.add("other")
    scene.between.unseen = {"other"}
    with pytest.raises(HaltedError, match=r"^other is not part of this plan and has become unhealthy"):
        scene.comes_to_the_second()


def test_a_finished_node_that_falls_down_while_another_is_asked_about_halts() -> None:
    scene = Scene()
    scene.nodes.fail("other")
    scene.happens.append(together(lambda: scene.nodes.fail("be1"), scene.says("y")))
    with pytest.raises(HaltedError, match=r"^be1 is finished and no longer passes: pod be1-0 is not Ready"):
        scene.comes_to_the_second()


def test_who_pauses_while_a_question_stands_is_heeded_though_it_is_answered_with_yes() -> None:
    scene = Scene(step=True)
    scene.happens.append(together(scene.asks("pause"), scene.says("y")))

    def noted() -> None:
        if scene.wishes.pause:
            scene.inbox.tell(scene.asks("resume"))

    scene.while_noted = noted
    scene.comes_to_the_second()
    assert scene.told == [What.ASKING, What.PAUSED, What.RESUMED]
    assert scene.screen.asked_so_far == ["Roll be2?"]


def test_a_resume_is_heard_that_comes_while_the_pause_is_put_on_record() -> None:
    scene = Scene()
    scene.wishes.request("pause", "bob")
    scene.while_noted = lambda: scene.inbox.tell(scene.asks("resume"))
    scene.comes_to_the_second()
    assert scene.told == [What.PAUSED, What.RESUMED]


def test_a_stop_goes_before_an_answer_that_comes_with_it() -> None:
    scene = Scene(step=True)
    scene.happens.append(together(scene.says("y"), scene.asks("stop")))
    with pytest.raises(StoppedError, match=r"^stopped by bob$"):
        scene.comes_to_the_second()


def test_after_the_last_node_a_finished_one_that_is_down_halts_and_any_other_is_told() -> None:
    scene = Scene(terminal=False)
    scene.nodes.fail("other")
    scene.between.after_all()
    assert scene.told == [What.WARNING]
    scene.nodes.fail("be1")
    with pytest.raises(HaltedError, match=r"^be1 is finished and no longer passes"):
        scene.between.after_all()


@pytest.mark.parametrize("gating", [Gating(), Gating(ignore_unhealthy=True)], ids=["", "--ignore-unhealthy"])
def test_a_node_that_an_earlier_run_had_finished_and_that_falls_down_halts(gating: Gating) -> None:
    scene = Scene(terminal=False)
    scene.session.gating = gating
    scene.session.parts.journal.finished = ("be1",)  # type: ignore[misc]
    scene.nodes.fail("be1")
    ended = Rollout(Plan((), ()), scene.session, at_rest=(Wanted("be1", REVISION),)).run()
    assert (ended.status, ended.message) == (
        ExitStatus.HALTED,
        "be1 is finished and no longer passes: pod be1-0 is not Ready (Running)",
    )


def test_so_does_one_that_was_on_its_way_and_was_there() -> None:
    scene = Scene(terminal=False)
    ended = Rollout(Plan((), ()), scene.session, awaited=(Wanted("be2", REVISION),)).run()
    assert (ended.status, scene.told) == (ExitStatus.HALTED, [What.PASSED, What.HALTED])


def test_one_that_was_down_when_the_user_agreed_to_go_on_halts_only_once_it_was_up() -> None:
    scene = Scene(terminal=False)
    scene.between.unhealthy = {"be1"}
    scene.nodes.fail("be1")
    scene.comes_to_the_second()
    scene.nodes.down.clear()
    scene.nodes.news.add("be1")
    scene.comes_to_the_second()
    scene.nodes.fail("be1")
    with pytest.raises(HaltedError, match=r"^be1 is finished and no longer passes"):
        scene.comes_to_the_second()
