"""The real parts that tests run against: built once from pinned sources, into a cache outside the repository.

`python -m tests.testbed.parts [PYTEST ARGUMENT …]` builds what these tests lack and prints where each part is.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from tests.testbed.golang import GoMissingError, find_go, go_environment, parse_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MODULES = Path(__file__).parent / "go"
FLAGS = ("-v", "-trimpath")
REPORT_EVERY = 15.0
"""Seconds between two lines of progress, so that a CI log is never silent for long."""

_KUBERNETES_VERSION = (
    "-s -w -X k8s.io/component-base/version.gitVersion=v1.37.2"
    " -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37"
)


@dataclass(frozen=True, slots=True)
class Part:
    """One program of the test bed and how it is built."""

    name: str
    program: str
    """The name it is called by, and thus its file's name: both helms are `helm`."""
    module: str
    """The folder of its go.mod and go.sum."""
    package: str
    minutes: float
    """How long its first build takes on two cores, to be told to whoever waits."""
    ldflags: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    tests: tuple[str, ...] = ()
    """The folders of the only tests that need it, so that runs of others do not wait for it; empty for all."""

    def needed(self, arguments: Sequence[str]) -> bool:
        """Return whether a run of pytest with these arguments may ask for it."""
        paths = [Path(each.partition("::")[0]) for each in arguments if each.startswith("tests")]
        folders = [Path(each) for each in self.tests]
        return (
            not paths
            or not folders
            or any(
                path == folder or path in folder.parents or folder in path.parents
                for path in paths
                for folder in folders
            )
        )


_NO_CGO = {"CGO_ENABLED": "0"}
_KREW_TESTS = ("tests/packaging", "tests/testbed_tests")
PARTS = {
    part.name: part
    for part in (
        Part("helm4", "helm", "helm4", "helm.sh/helm/v4/cmd/helm", 4),
        Part("helm3", "helm", "helm3", "helm.sh/helm/v3/cmd/helm", 2),
        Part("etcd", "etcd", "kubernetes", "go.etcd.io/etcd/server/v3", 0.5, "-s -w", _NO_CGO),
        Part(
            "kube-apiserver",
            "kube-apiserver",
            "kubernetes",
            "k8s.io/kubernetes/cmd/kube-apiserver",
            8,
            _KUBERNETES_VERSION,
            _NO_CGO,
        ),
        Part("kubectl", "kubectl", "kubernetes", "k8s.io/kubernetes/cmd/kubectl", 1, _KUBERNETES_VERSION, _NO_CGO),
        *(
            Part(name, f"kubectl-{name}", "krew", f"sigs.k8s.io/krew/cmd/{name}", 1, "-s -w", _NO_CGO, _KREW_TESTS)
            for name in ("krew", "validate-krew-manifest")
        ),
        Part(
            "argocd",
            "argocd",
            "argocd",
            "github.com/argoproj/argo-cd/v3/cmd",
            7,
            "-s -w",
            _NO_CGO,
            ("tests/argocd", "tests/testbed_tests"),
        ),
        Part(
            "redis-server", "redis-server", "redis", ".", 0.5, "-s -w", _NO_CGO, ("tests/argocd", "tests/testbed_tests")
        ),
    )
}


class BuildError(Exception):
    """A part could not be built; the message ends with what Go said last."""


def cache_folder() -> Path:
    """Return where parts are kept: $KUBECTL_EXPRESS_TESTBED, else a folder of the user's own cache."""
    chosen = os.environ.get("KUBECTL_EXPRESS_TESTBED")
    if chosen:
        return Path(chosen).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kubectl-express-testbed"


def part(name: str) -> Path:
    """Return the program of the part called `name`, building it first where that was never done.

    KUBEBUILDER_ASSETS goes first for what it holds, as in every Kubernetes project. Raises BuildError.
    """
    wanted = PARTS[name]
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets and (Path(assets) / name).is_file():
        return Path(assets) / name
    program = cache_folder() / f"{name}-{_fingerprint(wanted)}" / wanted.program
    if not program.exists():
        with _locked(cache_folder()):
            if not program.exists():
                _build(wanted, program)
    return program


def sources(name: str, module: str) -> Path:
    """Return the folder of a Go module that the part called `name` is made of, fetched where it is not there yet.

    For what a part needs besides its program, such as its CRDs. Raises BuildError.
    """
    folder = MODULES / PARTS[name].module
    with _locked(cache_folder()):
        go = find_go(cache_folder(), parse_version((folder / "go.mod").read_text()))
    command = [str(go), "mod", "download", "-json", module]
    done = subprocess.run(command, cwd=folder, env=go_environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(f"{name}: {' '.join(command)} failed:\n{done.stderr}{done.stdout}")
    return Path(json.loads(done.stdout)["Dir"])


def _fingerprint(wanted: Part) -> str:
    """Return what names a build: the pinned sources, the recipe, the platform."""
    recipe = [FLAGS, wanted.package, wanted.ldflags, wanted.environment, platform.system(), platform.machine()]
    digest = hashlib.sha256(json.dumps(recipe).encode())
    for file in sorted((MODULES / wanted.module).iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    """Hold the cache for one build at a time, whichever process wants it; the system frees it from dead ones."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        for seconds in range(3600):
            try:
                flock(lock, LOCK_EX | LOCK_NB)
                break
            except BlockingIOError:
                if seconds % REPORT_EVERY == 0:
                    _say(f"another run is building in {cache}; waiting for it")
                time.sleep(1)
        else:
            raise BuildError(f"another run has been building in {cache} for an hour")
        for leftover in cache.glob(".building-*"):
            shutil.rmtree(leftover)
        yield


def _build(wanted: Part, program: Path) -> None:
    module = MODULES / wanted.module
    go = find_go(cache_folder(), parse_version((module / "go.mod").read_text()))
    _say(f"{wanted.name}: building it, once; about {wanted.minutes:g} min on two cores")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=cache_folder(), prefix=".building-") as folder:
        built = Path(folder) / "built"
        flags = [*FLAGS, *(["-ldflags", wanted.ldflags] if wanted.ldflags else [])]
        _run_go([str(go), "build", *flags, "-o", str(built / wanted.program), wanted.package], wanted, module)
        built.rename(program.parent)
    _say(f"{wanted.name}: built in {_elapsed(started)}")


def _run_go(command: list[str], wanted: Part, module: Path) -> None:
    """Run `go build`, telling how far it is; its own words (a line a package or download) show only when it fails."""
    started = time.monotonic()
    said: list[str] = []
    environment = {**go_environment(), **wanted.environment}
    with subprocess.Popen(command, cwd=module, env=environment, stderr=subprocess.PIPE, text=True) as go:
        listener = Thread(target=lambda: said.extend(go.stderr or ()), daemon=True)
        listener.start()
        try:
            while True:
                try:
                    code = go.wait(REPORT_EVERY)
                    break
                except subprocess.TimeoutExpired:
                    _say(f"{wanted.name}: {_elapsed(started)}, {len(said)} packages fetched or compiled")
        except BaseException:
            go.kill()
            raise
        listener.join()
    if code != 0:
        raise BuildError(f"{wanted.name}: {' '.join(command)} failed:\n{''.join(said[-30:])}")


def _elapsed(started: float) -> str:
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Build every part that is missing and print where each one is; 1 when one cannot be built."""
    try:
        for name in [wanted.name for wanted in PARTS.values() if wanted.needed(arguments)]:
            print(f"{name} {part(name)}", flush=True)
    except (BuildError, GoMissingError) as failure:
        _say(f"error: {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
