"""The hooks by which Argo CD awaits nodes: behind which nodes they stand, what they run, as whom, and for whom."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.core.applications import hook_name
from tests.charts.rendering import EXPRESS, SYSTEM, WAVE, Charts, backend, wave_of
from tests.charts.test_order import COMPUTED, OVERRIDDEN, mixed_nodes

if TYPE_CHECKING:
    from tests.charts.rendering import Rendering
    from tests.testbed.programs import Kubectl

IMAGE = "registry.example.com/kubectl-express:1.0.0"
CONFIG = "kinds: [Backend, Frontend]  # 'in order'\nhash: {length: 10}\n"
GATES = pytest.mark.parametrize("gate", ["hook", "status"])
NODES = ["be1", "be2", "be3", "be10", "fe1", "fe2", "fe3", "fe4"]


def gated(gate: str, **more: object) -> dict[str, Any]:
    """Return the values that Argo CD's Application sets."""
    return {"global": {"expressGates": {"gate": gate, "image": IMAGE, **more}}}


def container(job: Any) -> Any:
    """Return a Job's only container."""
    (only,) = job["spec"]["template"]["spec"]["containers"]
    return only


def awaited(rendering: Rendering) -> list[str]:
    """Return the nodes that are awaited, each at its own revision, in the order of their hooks' waves."""
    names = []
    for job in rendering.jobs:
        program, command, name, flag, revision, *_ = container(job)["command"]
        assert (program, command, flag) == ("kubectl-express", "wait", "--revision")
        assert revision == rendering.revisions[name]
        assert wave_of(job) == wave_of(rendering.resources[name]) + 1
        names.append(name)
    return names


def named(rendering: Rendering, kind: str) -> Any:
    """Return the only object of a kind that is called `express-gates`."""
    (found,) = [
        each for each in rendering.objects if each["kind"] == kind and each["metadata"]["name"] == "express-gates"
    ]
    return found


def test_nobody_sees_a_gate_who_does_not_ask_for_one(charts: Charts) -> None:
    unset: list[object] = [None, {"global": {}}, {"global": {"expressGates": {}}}, {"global": {"expressGates": None}}]
    for values in unset:
        assert {found["kind"] for found in charts.example(values=values).objects} == {
            "ConfigMap",
            "Backend",
            "Frontend",
            "Service",
        }


@GATES
def test_what_else_is_rendered_is_the_same_with_gates_and_without(charts: Charts, gate: str) -> None:
    without, rendering = charts.example(), charts.example(values=gated(gate, config=CONFIG, timeout="3m"))
    added = [found for found in rendering.objects if found not in without.objects]
    assert [found for found in rendering.objects if found not in added] == without.objects
    assert {found["kind"] for found in added} == {"ServiceAccount", "Role", "RoleBinding", "ConfigMap", "Job"}
    assert rendering.revisions == without.revisions


def test_the_hook_gate_awaits_every_node_in_the_wave_behind_it(charts: Charts) -> None:
    rendering = charts.example(values=gated("hook"))
    assert awaited(rendering) == NODES
    waves = [wave_of(each) for each in [*rendering.resources.values(), *rendering.jobs]]
    assert sorted(waves) == list(range(2, 2 * len(NODES) + 2))


def test_the_status_gate_awaits_the_last_node_alone(charts: Charts) -> None:
    assert awaited(charts.example(values=gated("status"))) == NODES[-1:]


@GATES
def test_a_system_without_nodes_has_no_gates(charts: Charts, gate: str) -> None:
    assert {found["kind"] for found in charts.bare_nodes([], **gated(gate)).objects} == {"ConfigMap"}


@GATES
@pytest.mark.parametrize("seed", range(3))
def test_gates_are_behind_their_nodes_and_the_last_one_behind_them_all_however_waves_are_set(
    charts: Charts, gate: str, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    nodes = mixed_nodes(chance)
    for node, wave in zip(nodes[:: seed + 1], chance.sample(range(100, 900), len(nodes)), strict=False):
        node["override"] = str(2 * wave)
    chart = charts.bare()
    template = chart / "templates" / "nodes.yaml"
    template.write_text(template.read_text().replace(COMPUTED, OVERRIDDEN))
    rendering = charts.render(chart, "--values", charts.values({"nodes": nodes, **gated(gate)}))
    ordered = sorted(rendering.resources, key=lambda name: wave_of(rendering.resources[name]))
    assert awaited(rendering) == (ordered if gate == "hook" else ordered[-1:])


def test_long_names_give_jobs_that_are_called_differently_within_63_characters(charts: Charts) -> None:
    names = [letter * length for length in range(25, 64) for letter in ("a", "b")]
    names += ["a" * 62 + digit for digit in "0123"] + ["a" * 46 + "-" + "b" * 16]
    rendering = charts.bare_nodes([backend(name) for name in names], **gated("hook"))
    called = [job["metadata"]["generateName"] for job in rendering.jobs]
    assert len(set(called)) == len(names)
    assert {f"{hook_name(name)}-" for name in names} == set(called), "the program knows them by these names"
    assert max(map(len, called)) + len("0123456-sync-1700000000") == 63
    assert sorted(awaited(rendering)) == sorted(names)


def test_a_hook_is_another_in_each_sync_and_gone_once_it_succeeded_or_was_there_for_a_day(charts: Charts) -> None:
    (job,) = charts.example(values=gated("status")).jobs
    assert job["metadata"]["generateName"] == "wait-fe4-"
    assert job["spec"]["ttlSecondsAfterFinished"] == 24 * 60 * 60
    assert job["metadata"]["annotations"] == {
        "argocd.argoproj.io/hook": "Sync",
        "argocd.argoproj.io/hook-delete-policy": "HookSucceeded",
        WAVE: "17",
    }


def test_a_hook_runs_the_image_s_program_in_the_namespace_for_as_long_as_is_said(charts: Charts) -> None:
    for more, timeout in (({}, "10m"), ({"timeout": "90s"}, "90s")):
        (job,) = charts.example("--namespace", "express-1", values=gated("status", **more)).jobs
        assert container(job)["image"] == IMAGE
        assert container(job)["command"][-4:] == ["--namespace", "express-1", "--timeout", timeout]
        assert "workingDir" not in container(job)


def test_a_configuration_is_where_the_program_looks_for_it(charts: Charts) -> None:
    rendering = charts.example(values=gated("hook", config=CONFIG))
    assert named(rendering, "ConfigMap")["data"] == {".express.yaml": CONFIG}
    for job in rendering.jobs:
        (volume,) = job["spec"]["template"]["spec"]["volumes"]
        (mount,) = container(job)["volumeMounts"]
        assert (volume["name"], volume["configMap"]["name"]) == (mount["name"], "express-gates")
        assert mount["mountPath"] == container(job)["workingDir"]


def test_the_role_is_about_the_system_s_own_group_and_kinds(charts: Charts) -> None:
    assert resources(charts.example(values=gated("hook"))) == ("express.example.com", ["backends", "frontends"])
    kinds = ["Proxy", "Bus", "Gateway", "Mesh", "Mouse", "Cache"]
    chart = charts.bare()
    template = chart / "templates" / "nodes.yaml"
    written = template.read_text()
    system = 'dict "kinds" (list "Backend" "Frontend")'
    mine = 'dict "group" "fleet.example.org" "plurals" (dict "Mouse" "mice") "kinds" .Values.kinds'
    assert system in written
    template.write_text(written.replace(system, mine))
    values = {"kinds": kinds, "nodes": [{**backend("a"), "kind": "Bus"}], **gated("hook")}
    rendering = charts.render(chart, "--values", charts.values(values))
    plurals = ["proxies", "buses", "gateways", "meshes", "mice", "caches"]
    assert resources(rendering) == ("fleet.example.org", plurals)


def resources(rendering: Rendering) -> tuple[str, list[str]]:
    """Return what the Role says nodes are."""
    rule = named(rendering, "Role")["rules"][0]
    (group,) = rule["apiGroups"]
    return group, rule["resources"]


@GATES
def test_the_api_server_takes_every_object_strictly(
    charts: Charts, kubectl: Kubectl, namespace: str, gate: str
) -> None:
    rendering = charts.example("--namespace", namespace, values=gated(gate, config=CONFIG))
    kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=rendering.text)


def test_the_hooks_run_where_pods_have_to_be_restricted(charts: Charts, kubectl: Kubectl, namespace: str) -> None:
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    (job,) = charts.example("--namespace", namespace, values=gated("status", config=CONFIG)).jobs
    template = job["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "wait"}, **template}
    words = ("create", "--dry-run=server", "--validate=strict", "-f", "-")
    kubectl(*words, stdin=json.dumps(pod))
    del pod["spec"]["securityContext"]
    assert "violates PodSecurity" in kubectl(*words, stdin=json.dumps(pod), check=False).stderr


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        ({"image": IMAGE}, 'global.expressGates.gate: "" is neither status nor hook'),
        ({"image": IMAGE, "gate": "job"}, 'global.expressGates.gate: "job" is neither status nor hook'),
        ({"gate": "hook"}, "global.expressGates.image is missing: name the image of kubectl-express"),
        (
            {"image": IMAGE, "gate": "hook", "timeuot": "1m"},
            "global.expressGates.timeuot is none of gate, image, timeout, config",
        ),
        ("hook", "global.expressGates is no map of gate, image, timeout, config"),
    ],
)
def test_gates_that_could_not_run_are_refused_in_one_line(charts: Charts, gates: object, said: str) -> None:
    values = charts.values({"global": {"expressGates": gates}})
    outcome = charts.template(EXPRESS, "--values", SYSTEM, "--values", values)
    assert outcome.code != 0
    assert any(line.endswith(f"express-revisions: {said}") for line in outcome.stderr.splitlines())
