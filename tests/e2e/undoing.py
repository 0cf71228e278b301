"""Taking a rollout back, and what has to be true then: every object that it touched is as it was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.rollouts import NODES
from tests.testbed.examples import commit, git
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from tests.e2e.rollouts import SixNodes
    from tests.testbed.api import Object
    from tests.testbed.programs import Outcome

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
OURS = "app.kubernetes.io%2Fname%3Dexpress"


def picture(six: SixNodes) -> dict[str, Object]:
    """Return every object of the system as people deploy it, by its kind and name."""
    core, group = f"/api/v1/namespaces/{six.system}", f"/apis/express.example.com/v1/namespaces/{six.system}"
    paths = [*(f"{core}/{each}" for each in ("configmaps", "services", "secrets"))]
    paths += [f"{group}/backends", f"{group}/frontends"]
    found = {}
    for path in paths:
        for item in six.api.get(f"{path}?labelSelector={OURS}")["items"]:
            found[f"{path.rpartition('/')[2]}/{item['metadata']['name']}"] = _deployed(item)
    return found


def _deployed(item: Object) -> Object:
    annotations = item["metadata"].get("annotations", {})
    kept = {key: text for key, text in annotations.items() if key != LAST_APPLIED}
    content = {key: member for key, member in item.items() if key not in ("metadata", "status")}
    return {**content, "labels": item["metadata"]["labels"], "annotations": kept}


def pods(six: SixNodes) -> dict[str, list[str]]:
    """Return the revisions of each node's pods."""
    found: dict[str, list[str]] = {}
    for pod in six.pods():
        labels = pod["metadata"]["labels"]
        node, revision = labels["express.example.com/node"], labels["express.example.com/deployment-revision"]
        found.setdefault(node, []).append(revision)
    return found


class Before:
    """The system as it was before a rollout, its overlay included."""

    def __init__(self, six: SixNodes) -> None:
        self.six = six
        self.picture, self.pods, self.seen = picture(six), pods(six), six.seen()
        commit(six.example, "As it is deployed")
        self.commit = git(six.example, "rev-parse", "HEAD")

    def is_back(self, *touched: str) -> None:
        """Fail unless all is as it was, these nodes by their own undoing, and nothing is left to be said of it."""
        six = self.six
        assert picture(six) == self.picture
        assert pods(six) == self.pods
        eventually(six.all_ready, "every pod is Ready")
        after = six.seen()
        assert [node for node in NODES if after[node] != self.seen[node]] == [n for n in NODES if n in touched]
        self.is_sound()

    def is_sound(self) -> None:
        """Fail unless the program finds the cluster whole, and as the chart had it."""
        six = self.six
        verified = six.run("verify", "--live")
        assert (verified.code, verified.stderr) == (0, "")
        git(six.example, "stash", "--include-untracked")
        try:
            compared = six.run("diff")
        finally:
            git(six.example, "stash", "pop")
        assert (compared.code, compared.stderr) == (0, ""), compared.stdout


def undone(six: SixNodes, *flags: str) -> Outcome:
    """Run `rollout undo --yes` to its end, which has to be a good one."""
    six.audit.forget()
    ended = six.run("rollout", "undo", "--yes", *flags)
    assert ended.code == 0, ended
    return ended


def backwards(nodes: tuple[str, ...]) -> list[str]:
    """Return nodes from the last to the first."""
    return list(reversed(nodes))


def line_of(plan: str, node: str) -> str:
    """Return a node's line in a plan."""
    return next(line for line in plan.splitlines() if line.split()[1:2] == [node])
