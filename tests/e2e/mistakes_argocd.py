"""What can be wrong where Argo CD is to step through the nodes, and where it is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.mistakes import ONE, VALUES, Mistake, live

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REPOSITORY = "--repo https://git.example.com/express.git"


def _asks_for(gates: str) -> Callable[[Path], object]:
    """Return what adds a value for the chart's gates to a system's own."""

    def add(example: Path) -> None:
        values = example / VALUES
        whole = values.read_text(encoding="utf-8")
        values.write_text(f"{whole}\nglobal: {{expressGates: {gates}}}\n", encoding="utf-8")

    return add


def _without_gates(example: Path) -> None:
    """Take the gates out of the chart."""
    nodes = example / "master_charts" / "express" / "templates" / "nodes.yaml"
    lines = nodes.read_text(encoding="utf-8").splitlines(keepends=True)
    nodes.write_text("".join(line for line in lines if "express-revisions.gates" not in line), encoding="utf-8")


MANIFESTS = {
    "hooks without an image": Mistake(f"argocd {ONE} {REPOSITORY} --gate hook"),
    "hooks with an empty image": Mistake(f"argocd {ONE} {REPOSITORY} --gate hook --image ''"),
    "health checks where hooks do their work": Mistake("argocd health --gate hook --image express:1"),
    "no repository for Argo CD to read": Mistake(f"argocd applications {ONE}"),
    "hooks that the chart does not include": Mistake(
        f"argocd {ONE} {REPOSITORY} --gate hook --image express:1", prepare=_without_gates
    ),
    "a Job behind the last node that the chart does not include": Mistake(
        f"argocd {ONE} {REPOSITORY} --image express:1", prepare=_without_gates
    ),
    "a gate that the chart does not have": Mistake(
        f"verify {ONE}", prepare=_asks_for("{gate: pods, image: express:1}")
    ),
    "a gate of the chart without an image": Mistake(f"verify {ONE}", prepare=_asks_for("{gate: hook}")),
    "something else that is asked of the chart's gates": Mistake(
        f"verify {ONE}", prepare=_asks_for("{gate: hook, image: express:1, retries: 3}")
    ),
    "gates of the chart that are no map": Mistake(f"verify {ONE}", prepare=_asks_for("hook")),
}

AT_WORK = {
    "nothing to stop, of either engine": Mistake("rollout stop -n {namespace-idle}", kubeconfig=live("namespace-idle")),
    "a sync that is to pause": Mistake("rollout pause -n {namespace-syncing}", kubeconfig=live("namespace-syncing")),
    "a sync that is to go on": Mistake("rollout resume -n {namespace-syncing}", kubeconfig=live("namespace-syncing")),
    "a sync that does not begin": Mistake("rollout stop -n {namespace-asked}", kubeconfig=live("namespace-asked")),
    "no right to terminate a sync": Mistake(
        "rollout stop -n {namespace-syncing} --as no-termination", kubeconfig=live("namespace-syncing")
    ),
}

ARGO_CD = {"Argo CD's manifests, and the chart's gates": MANIFESTS, "Argo CD at work": AT_WORK}
