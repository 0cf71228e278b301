"""What every test may ask for. The real parts start when a test first asks for them, and end with the run."""

from __future__ import annotations

import secrets
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.testbed.applications import serve_applications
from tests.testbed.control_plane import ControlPlane, running_control_plane
from tests.testbed.examples import commit, copy_examples
from tests.testbed.express import Express, built_zipapp, link_tools
from tests.testbed.parts import part
from tests.testbed.programs import Kubectl
from tests.testbed.running_operator import RunningOperator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.testbed.api import Api

if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    # Run under nohup: every program that a test starts would ignore it, too, as it should, and some are to heed it.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

pytest_plugins = ("tests.testbed.no_skips", "tests.reliability.plugin")

REPOSITORY = Path(__file__).parent.parent
CRDS = REPOSITORY / "examples" / "master_charts" / "express" / "crds"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest test: begun last, it would keep one core waiting for the other."""
    items.sort(key=lambda item: "test_walk" not in item.nodeid)


@pytest.fixture(scope="session")
def helm3() -> Path:
    """Return the program `helm`, version 3."""
    return part("helm3")


@pytest.fixture(scope="session")
def helm4() -> Path:
    """Return the program `helm`, version 4."""
    return part("helm4")


@pytest.fixture(scope="session", params=["helm3", "helm4"])
def helm(request: pytest.FixtureRequest) -> Path:
    """Return the program `helm`; a test that asks for it runs once with each version people deploy with."""
    return part(str(request.param))


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Return the run's one control plane, which knows the example's Backend and Frontend."""
    with running_control_plane(tmp_path_factory.mktemp("control-plane")) as plane:
        home = tmp_path_factory.mktemp("admin")
        kubectl = Kubectl(part("kubectl"), plane.kubeconfig(home / "config", {"testbed": None}), home)
        kubectl("apply", "--server-side", "-f", CRDS)
        kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", CRDS)
        yield plane


@pytest.fixture(scope="session")
def api(control_plane: ControlPlane) -> Iterator[Api]:
    """Return the administrator's own door to the API server, for looking behind the program's back."""
    door = control_plane.api()
    yield door
    door.close()


@pytest.fixture
def namespace(api: Api) -> str:
    """Return a new namespace, this test's own. Nothing deletes it: only a controller-manager could."""
    name = f"test-{secrets.token_hex(4)}"
    api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    return name


@pytest.fixture
def kubeconfig(control_plane: ControlPlane, namespace: str, tmp_path: Path) -> Path:
    """Return the test's own kubeconfig: contexts `yul1` (current) and `fra2`, in its namespace, as administrator."""
    return control_plane.kubeconfig(tmp_path / "kubeconfig", {"yul1": namespace, "fra2": namespace})


@pytest.fixture
def kubectl(kubeconfig: Path, tmp_path: Path) -> Kubectl:
    """Return the real kubectl with the test's kubeconfig."""
    home = tmp_path / "kubectl-home"
    home.mkdir()
    return Kubectl(part("kubectl"), kubeconfig, home)


@pytest.fixture
def argo(api: Api) -> Api:
    """Return the API server with Argo CD's Application, and with Argo CD's namespace."""
    serve_applications(api)
    return api


class StartOperator(Protocol):
    """Starts an operator for a namespace, the test's own by default, with a behaviour for each node named."""

    def __call__(self, namespace: str | None = None, behaviour: Mapping[str, str] | None = None) -> RunningOperator: ...


@pytest.fixture
def operator(api: Api, namespace: str, kubeconfig: Path, tmp_path: Path) -> Iterator[StartOperator]:
    """Return what starts an operator; those that still run when the test ends are ended with it."""
    own = namespace
    with ExitStack() as running:

        def start(namespace: str | None = None, behaviour: Mapping[str, str] | None = None) -> RunningOperator:
            log = tmp_path / f"operator-{secrets.token_hex(4)}.log"
            started = RunningOperator(api, namespace or own, kubeconfig, log, behaviour)
            running.callback(started.stop)
            return started

        yield start


@pytest.fixture(scope="session")
def zipapp() -> Path:
    """Return dist/kubectl-express, made by build.sh from the checkout as it is."""
    return built_zipapp()


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for PATH with what a user's machine has anyway: git, diff, python3 and so on; no helm."""
    return link_tools(tmp_path_factory.mktemp("path") / "tools")


@pytest.fixture(scope="session")
def shiv_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the zipapp unpacks itself, once for all the tests of a run."""
    return tmp_path_factory.mktemp("shiv")


@pytest.fixture
def express(request: pytest.FixtureRequest, zipapp: Path, tools: Path, shiv_root: Path, tmp_path: Path) -> Express:
    """Return the built program, run through the real kubectl; with a kubeconfig if the test asks for a cluster."""
    home = tmp_path / "home"
    home.mkdir()
    wanted = "kubeconfig" in request.fixturenames
    kubeconfig: Path = request.getfixturevalue("kubeconfig") if wanted else home / ".kube" / "config"
    return Express(zipapp, tools, home, shiv_root, kubeconfig)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """Return a copy of the examples, a git repository with one commit, for the test to change."""
    return copy_examples(tmp_path / "example")


@pytest.fixture
def system(example: Path, namespace: str) -> str:
    """Rename the example's system yul1/systemdcrtest3 to the test's namespace, where it is to live; return the name."""
    (example / "overlays" / "yul1" / "systemdcrtest3").rename(example / "overlays" / "yul1" / namespace)
    commit(example, "A system of the test's own")
    return namespace
