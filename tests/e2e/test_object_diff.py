"""`diff --objects` shows what an apply would change of other objects, in the words of their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.rollouts import SixNodes


def test_a_namespace_that_the_chart_leaves_to_kubectl_is_not_shown_as_removed_and_letters_stay_letters(
    six: SixNodes,
) -> None:
    six.kubectl("apply", "--namespace", six.system, "-f", "-", stdin=six.rendered())
    six.change("be1", shared="Montréal\u202e")
    done = six.run("diff", "--objects")
    assert done.code == 1
    changed = [line for line in done.stdout.splitlines() if line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"}]
    assert not [line for line in changed if "namespace" in line]
    assert "-  motd: as it was" in changed
    assert '+  motd: "Montréal\\u202e"' in changed, "what a terminal obeys is escaped all the same"
