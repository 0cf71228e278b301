"""What tests with the real Argo CD ask for."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from tests.conftest import CRDS
from tests.testbed.control_plane import ControlPlane, running_control_plane
from tests.testbed.parts import part, sources
from tests.testbed.programs import Kubectl
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TYPES = "applications.argoproj.io,applicationsets.argoproj.io,appprojects.argoproj.io,backends,frontends"


@pytest.fixture(scope="session")
def argocd() -> Path:
    """Return Argo CD's program, called as its command line."""
    return part("argocd")


@pytest.fixture(scope="session")
def argocd_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Return a control plane that knows Argo CD's types, too: one for itself, since other tests make do with less."""
    crds = sources("argocd", "github.com/argoproj/argo-cd/v3") / "manifests" / "crds"
    with running_control_plane(tmp_path_factory.mktemp("control-plane")) as plane:
        home = tmp_path_factory.mktemp("admin")
        kubectl = Kubectl(part("kubectl"), plane.kubeconfig(home / "config", {"testbed": None}), home)
        kubectl("apply", "--server-side", "-k", crds)
        kubectl("apply", "--server-side", "-f", CRDS)
        # `kubectl wait` fails of a type so new that it has no conditions yet.
        eventually(lambda: kubectl("get", TYPES, "-A", check=False).code == 0, "all types are served", every=0.5)
        yield plane


@pytest.fixture
def argocd_kubectl(argocd_plane: ControlPlane, tmp_path: Path) -> Kubectl:
    """Return kubectl there, in a new namespace that stands for Argo CD's own."""
    home = tmp_path / "argocd-home"
    home.mkdir()
    name = f"argocd-{secrets.token_hex(4)}"
    kubectl = Kubectl(part("kubectl"), argocd_plane.kubeconfig(home / "config", {"argocd": name}), home)
    kubectl("create", "namespace", name)
    return kubectl
