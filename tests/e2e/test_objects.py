"""What a rollout applies besides nodes, what it deletes or leaves alone, in which order, and where all that is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.audited import AuditLog
from tests.e2e.small_system import (
    SmallSystem,
    SmallSystems,
    config_map,
    manifest,
    rendered,
    resource,
    spec,
    tagged,
    yaml_of,
)
from tests.testbed.examples import commit, copy_examples
from tests.testbed.parts import part
from tests.testbed.programs import run, succeeded
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.testbed.api import Api, Object
    from tests.testbed.control_plane import ControlPlane

A, B = spec("a"), spec("b")
RECORD = "express-rollout"
CONTAINERS = [{"name": "x", "image": "x"}]


@pytest.fixture
def audited(control_plane: ControlPlane) -> Callable[[SmallSystem], Callable[[], list[str]]]:
    """Return what returns, of a system, what is written in its namespace from now on: a rollout's objects, in order."""

    def begin(system: SmallSystem) -> Callable[[], list[str]]:
        log = AuditLog(control_plane.audit_log, system.name)

        def written() -> list[str]:
            of_others = {"leases", "events", "pods", "pods/status", "backends/status", "frontends/status"}
            found = [each for each in log.writes() if each.resource not in of_others]
            names = [f"{each.verb} {each.resource}/{each.name}" for each in found if RECORD not in each.name]
            return [name for name in dict.fromkeys(names) if not name.endswith("/")]

        return written

    return begin


def hook(when: str, made: Object) -> Object:
    """Return an object as a hook of the chart."""
    made["metadata"]["annotations"] = {"helm.sh/hook": when}
    return made


def found(system: SmallSystem, path: str) -> Object | None:
    """Return an object of the namespace, None where it is not there."""
    return system.api.find(f"/api/v1/namespaces/{system.name}/{path}")


def test_what_is_no_node_goes_first_in_helms_order_and_hooks_and_tests_not_at_all(
    systems: SmallSystems, audited: Callable[[SmallSystem], Callable[[], list[str]]]
) -> None:
    system = systems(tagged(be1="a", fe1="a"))
    job = {"template": {"spec": {"restartPolicy": "Never", "containers": CONTAINERS}}}
    target = tagged(be1="b", fe1="b") + yaml_of(
        manifest("v1", "Service", "web", spec={"ports": [{"port": 80}]}),
        manifest("v1", "ConfigMap", "motd", data={"text": "hello"}),
        manifest("v1", "Secret", "key", stringData={"text": "secret"}),
        manifest("v1", "ServiceAccount", "robot"),
        hook("pre-upgrade", manifest("batch/v1", "Job", "migrate", spec=job)),
        hook("test", manifest("v1", "Pod", "try", spec={"containers": CONTAINERS})),
    )
    written = audited(system)
    rolled = system.run("--yes", target=target)
    assert rolled.code == 0, rolled
    assert "Hooks and tests, not applied: Job/migrate, Pod/try" in rolled.stdout
    assert written() == [
        "patch serviceaccounts/robot",
        "patch secrets/key",
        "patch configmaps/motd",
        "patch configmaps/revisions",
        "patch services/web",
        "patch backends/be1",
        "patch frontends/fe1",
    ]
    assert found(system, "pods/try") is None


def test_objects_of_another_namespace_and_of_the_whole_cluster_are_applied_once(
    systems: SmallSystems, api: Api, namespace: str
) -> None:
    system = systems(tagged(be1="a"))
    elsewhere = manifest("v1", "ConfigMap", "elsewhere", data={"of": system.name})
    elsewhere["metadata"]["namespace"] = namespace
    role = manifest("rbac.authorization.k8s.io/v1", "ClusterRole", f"reader-{namespace}", rules=[])
    target = tagged(be1="a") + yaml_of(role, elsewhere)
    rolled = system.run("--yes", target=target)
    assert rolled.code == 0, rolled
    assert api.get(f"/api/v1/namespaces/{namespace}/configmaps/elsewhere")["data"] == {"of": system.name}
    assert api.find(f"/apis/rbac.authorization.k8s.io/v1/clusterroles/reader-{namespace}") is not None
    with system.untouched():
        again = system.run("--yes", target=target)
    assert again.code == 0, again
    assert again.stderr == f"nothing to roll: the only node of {system.name} in yul1 is as the target wants it\n"


def test_a_new_node_is_created_in_its_place_in_the_order(
    systems: SmallSystems, audited: Callable[[SmallSystem], Callable[[], list[str]]]
) -> None:
    system = systems(tagged(be1="a", be10="a", fe1="a"))
    written = audited(system)
    rolled = system.run("--yes", target=tagged(fe1="b", be10="b", be2="b", be1="b"))
    assert rolled.code == 0, rolled
    nodes = ["backends/be1", "backends/be2", "backends/be10", "frontends/fe1"]
    assert written() == ["patch configmaps/revisions", *(f"patch {node}" for node in nodes)]
    assert "be2: created at revision" in rolled.stdout


MAPS = yaml_of(config_map("kept", {"be1": A, "fe9": A}), config_map("gone", {"be9": A}))
FULL = MAPS + yaml_of(resource("be1", A), resource("be9", A), resource("fe9", A))
LESS = yaml_of(config_map("kept", {"be1": B}), resource("be1", B))


def test_removed_nodes_are_named_and_left_alone_while_their_keys_disappear(systems: SmallSystems) -> None:
    system = systems(FULL)
    before = {node: system.api.get(system.path(node)) for node in ("be9", "fe9")}
    rolled = system.run("--yes", target=LESS)
    assert rolled.code == 0, rolled
    assert "Removed and left alone (--prune deletes them): be9, fe9, ConfigMap/gone" in rolled.stdout
    assert {node: system.api.get(system.path(node)) for node in before} == before
    kept = found(system, "configmaps/kept")
    assert kept is not None
    assert set(kept["data"]) == {"be1.json", "be1.revision"}
    assert found(system, "configmaps/gone") is not None


def test_to_prune_is_to_delete_removed_nodes_last_one_at_a_time_each_with_its_pods(
    systems: SmallSystems, audited: Callable[[SmallSystem], Callable[[], list[str]]]
) -> None:
    system = systems(FULL)
    pod = f"{system.collection('pods', '/api/v1')}/fe9-0"
    system.api.patch(pod, {"metadata": {"finalizers": ["testbed.example.com/hold"]}})
    written = audited(system)
    started = system.start("--yes", "--prune", target=LESS)
    started.line("fe9: pod fe9-0 is still there")
    assert written()[-1] == "delete frontends/fe9"
    assert system.api.find(system.path("be9")) is not None
    system.api.patch(pod, {"metadata": {"finalizers": []}})
    rolled = started.end()
    assert rolled.code == 0, rolled
    assert written() == [
        "patch configmaps/kept",
        "patch backends/be1",
        "delete frontends/fe9",
        "delete backends/be9",
        "delete configmaps/gone",
    ]
    eventually(lambda: system.pod("be9") is None, "the last pod is gone")


def test_a_choice_of_nodes_prunes_no_other_and_no_config_map_that_tells_of_one(systems: SmallSystems) -> None:
    system = systems(FULL)
    rolled = system.run("--yes", "--prune", "--only", "fe9", target=LESS)
    assert rolled.code == 0, rolled
    assert system.api.find(system.path("fe9")) is None
    assert system.api.find(system.path("be9")) is not None
    assert found(system, "configmaps/gone") is not None
    assert system.tag("be1") == "a"
    rest = system.run("--yes", "--prune", target=LESS)
    assert rest.code == 0, rest
    assert (system.api.find(system.path("be9")), found(system, "configmaps/gone")) == (None, None)


def test_a_dry_run_touches_nothing_and_only_the_servers_finds_what_the_server_refuses(systems: SmallSystems) -> None:
    system = systems(FULL)
    unsound = LESS + rendered({"be2": spec("a", jvm={"heapFraction": "half"})}).replace('"revisions"', '"more"')
    with system.untouched():
        outcomes = [
            system.run(f"--dry-run={how}", "--prune", target=target)
            for how, target in (("client", LESS), ("server", LESS), ("client", unsound), ("server", unsound))
        ]
    assert [outcome.code for outcome in outcomes] == [0, 0, 0, 2]
    assert outcomes[1].stderr == "everything in the plan would be taken by the API server (server dry run)\n"
    assert "Backend/be2: failed to create typed patch object" in outcomes[3].stderr
    assert [" ".join(line.split()[1:4]) for line in outcomes[0].stdout.splitlines()[3:6]] == [
        "be1 Backend update",
        "fe9 Frontend removed",
        "be9 Backend removed",
    ]


# Where the target comes from


class Charted:
    """A system, and a repository with the example's chart and an overlay of one node, be1, for it."""

    def __init__(self, system: SmallSystem, repository: Path) -> None:
        self.system = system
        self.repository = copy_examples(repository)
        self._values = repository / "overlays" / "yul1" / system.name / "values.yaml"
        self._values.parent.mkdir()

    def write(self, tag: str) -> None:
        """Give be1 an image in the overlay."""
        self._values.write_text(f"backends:\n  be1:\n    image: {{tag: {tag}}}\n")

    def commit(self, tag: str) -> str:
        """Give be1 an image in the overlay, and return the commit that has it."""
        self.write(tag)
        return commit(self.repository, f"Roll {tag}")

    def output(self) -> str:
        """Return what `helm template` writes."""
        command: list[str | Path] = [part("helm4"), "template", "foo", "master_charts/express", "-f", self._values]
        outcome = run(command, self.system.express.environment(), self.repository)
        return succeeded(outcome, "helm template").stdout

    def roll_out(self, *words: str, stdin: str | None = None) -> str:
        """Run a rollout where the chart is, and return what be1's image is then."""
        where = ("--context", "yul1", "-n", self.system.name)
        rolled = self.system.express("rollout", "--yes", *words, *where, cwd=self.repository, stdin=stdin)
        assert rolled.code == 0, rolled
        return self.system.tag("be1")


@pytest.fixture
def charted(systems: SmallSystems, tmp_path: Path) -> Charted:
    """Return a system that has no be1 yet, and the chart that has."""
    return Charted(systems(tagged(fe9="a")), tmp_path / "repository")


def test_a_commit_is_rolled_as_it_was_whatever_lies_there_now(charted: Charted) -> None:
    first = charted.commit("first")
    charted.commit("second")
    charted.write("third")
    assert charted.roll_out("--at", "git:HEAD~1") == "first"
    assert charted.roll_out() == "third"
    shown = charted.system.run("history", "-o", "json").json()["systems"][0]["rollouts"]
    commits = {each["number"]: each["commit"] for each in shown}
    assert first.startswith(commits[1])


def test_what_helm_wrote_is_rolled_from_a_file_and_from_standard_input(charted: Charted) -> None:
    charted.write("first")
    (charted.repository / "output.yaml").write_text(charted.output())
    charted.write("second")
    assert charted.roll_out("-f", "output.yaml") == "first"
    assert charted.roll_out("-f", "-", stdin=charted.output()) == "second"
