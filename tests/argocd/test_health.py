"""Argo CD, running the Lua printed for it, and the gate's own conditions give every resource the same health."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from kubectl_express.core.argocd_health import Health, HealthStatus
from kubectl_express.core.argocd_manifests import health_settings
from kubectl_express.output.manifests import manifests
from tests.argocd.states import LAYOUTS, State, states_of_each_health
from tests.testbed.programs import run, succeeded

if TYPE_CHECKING:
    from pathlib import Path

    from kubectl_express.core.settings import ResourceSettings
    from kubectl_express.core.values import Object


def answer(argocd: Path, folder: Path, name: str, resource: Object, layout: ResourceSettings) -> Health:
    """Return the health that `argocd` gives a resource by the settings printed for a layout."""
    settings, file = folder / f"{name}-cm.yaml", folder / f"{name}.json"
    settings.write_text(manifests([health_settings(layout, "argocd")]), encoding="utf-8")
    file.write_text(json.dumps(resource), encoding="utf-8")
    check = ("admin", "settings", "resource-overrides", "health")
    environment = {"HOME": str(folder), "KUBECONFIG": str(folder / "none")}
    said = succeeded(
        run([argocd, *check, file, "--argocd-cm-path", settings], environment), f"health of {json.dumps(resource)}"
    ).stdout
    status, _, message = said.removeprefix("STATUS: ").partition("\nMESSAGE: ")
    return Health(HealthStatus(status), message.rstrip("\n"))


def test_fifty_resources_of_each_health_have_it_in_argo_cd_too(argocd: Path, tmp_path: Path) -> None:
    states = states_of_each_health(50, seed=6)
    assert Counter(state.health.status for state in states) == dict.fromkeys(HealthStatus, 50)
    assert {(state.layout.group, state.health.status) for state in states} == {
        (layout.group, status) for layout in LAYOUTS for status in HealthStatus
    }

    def asked(number: int) -> Health:
        return answer(argocd, tmp_path, str(number), states[number].resource, states[number].layout)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(asked, range(len(states))))
    disagreements = [(state, said) for state, said in zip(states, answers, strict=True) if said != expected(state)]
    assert disagreements == []


def expected(state: State) -> Health:
    """Return what Argo CD is to say: of what is being deleted it has words of its own."""
    if state.health.message.endswith("is being deleted"):
        return Health(state.health.status, "Pending deletion")
    return state.health
