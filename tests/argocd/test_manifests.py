"""What `kubectl express argocd` prints: what the API server takes, Argo CD's helm renders, and argocd-cm survives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.core.kubectl_yaml import read_documents
from tests.documents import ROOT
from tests.testbed.examples import git
from tests.testbed.parts import part
from tests.testbed.programs import run, succeeded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl

IMAGE = "registry.example.com/kubectl-express:1.0.0"
NOT_AWAITED = (
    "warning: a sync ends before the last node has arrived, since Argo CD does not await what it applies last: "
    "with --image IMAGE, an image of this program, a Job awaits that node\n"
)
URL = "https://git.example.com/express.git"
WORDS = ("argocd", "--context", "yul1", "--repo", URL)
CHECKS = {f"resource.customizations.health.express.example.com_{kind}" for kind in ("Backend", "Frontend")}


def printed(express: Express, folder: Path, *words: str) -> tuple[Any, list[Any]]:
    """Return what is printed: the settings of Argo CD, and the Applications."""
    outcome = succeeded(express(*words, cwd=folder), " ".join(words))
    assert outcome.stderr == ("" if "--image" in words else NOT_AWAITED)
    settings, *applications = [each.value for each in read_documents(outcome.stdout, "printed")]
    return settings, applications


def test_an_application_is_printed_for_each_system_that_the_context_has_overlays_for(
    express: Express, example: Path
) -> None:
    settings, applications = printed(express, example, *WORDS)
    assert (settings["kind"], settings["metadata"]["name"], set(settings["data"])) == ("ConfigMap", "argocd-cm", CHECKS)
    assert [each["metadata"]["name"] for each in applications] == ["yul1-systemdcrprod1", "yul1-systemdcrtest3"]
    (only,) = printed(express, example, *WORDS, "--system", "systemdcrtest3")[1]
    assert (
        only
        == applications[1]
        == {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "yul1-systemdcrtest3", "namespace": "argocd"},
            "spec": {
                "project": "default",
                "source": {
                    "repoURL": URL,
                    "targetRevision": "HEAD",
                    "path": "master_charts/express",
                    "helm": {
                        "releaseName": "systemdcrtest3",
                        "valueFiles": ["../../overlays/yul1/systemdcrtest3/values.yaml"],
                        "skipCrds": True,
                    },
                },
                "destination": {"server": "https://kubernetes.default.svc", "namespace": "systemdcrtest3"},
                "syncPolicy": {"syncOptions": ["PruneLast=true", "FailOnSharedResource=true"]},
            },
        }
    )


def test_the_project_the_cluster_and_argo_cd_s_namespace_are_as_asked_for(express: Express, example: Path) -> None:
    flags = ("--project", "telecom", "--destination", "yul1", "--argocd-namespace", "gitops")
    settings, applications = printed(express, example, *WORDS, *flags)
    assert {each["metadata"]["namespace"] for each in (settings, *applications)} == {"gitops"}
    assert {each["spec"]["project"] for each in applications} == {"telecom"}
    assert applications[0]["spec"]["destination"] == {"name": "yul1", "namespace": "systemdcrprod1"}
    server = "https://yul1.example.com:6443"
    (application, _) = printed(express, example, *WORDS, "--destination", server)[1]
    assert application["spec"]["destination"]["server"] == server


@pytest.mark.parametrize(
    ("remote", "shown"),
    [
        ("https://robot:s3cret@git.example.com/express.git", URL),
        ("https://t0ken@git.example.com/express.git", URL),
        ("ssh://git:s3cret@git.example.com:22/express.git", "ssh://git@git.example.com:22/express.git"),
        ("git@git.example.com:express.git", "git@git.example.com:express.git"),
    ],
)
def test_the_repository_is_the_remote_that_it_came_from_without_its_password(
    express: Express, example: Path, remote: str, shown: str
) -> None:
    git(example, "remote", "add", "origin", remote)
    (application,) = printed(express, example, "argocd", "--context", "fra2")[1]
    assert application["spec"]["source"]["repoURL"] == shown


def test_without_a_remote_it_is_said_what_to_give(express: Express, example: Path) -> None:
    outcome = express("argocd", "--context", "yul1", cwd=example)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        "error: there is no git remote `origin` here: say with --repo where Argo CD finds this repository\n"
    )


def test_paths_are_those_of_the_git_repository_wherever_in_it_the_charts_are(express: Express, example: Path) -> None:
    (example / "deploy").mkdir()
    for name in ("master_charts", "overlays"):
        git(example, "mv", name, f"deploy/{name}")
    for folder in (example / "deploy", example / "deploy" / "overlays" / "yul1"):
        (source, _) = (each["spec"]["source"] for each in printed(express, folder, *WORDS)[1])
        assert source["path"] == "deploy/master_charts/express"
        assert source["helm"]["valueFiles"] == ["../../overlays/yul1/systemdcrprod1/values.yaml"]


def test_what_is_configured_is_what_argo_cd_checks_and_renders_with(express: Express, example: Path) -> None:
    (example / ".express.yaml").write_text(
        "group: fleet.example.org\nkinds: [Broker, Gateway]\nrevision: {path: /spec/rollout/id}\n"
        "release: 'express-{system}'\nnamespace: 'ns-{system}'\nsites: {live: yul1}\n"
        "helm: {kubeVersion: '1.33', apiVersions: [example.com/v1/Widget], includeCRDs: true}\n"
    )
    words = ("argocd", "--context", "live", "--repo", URL, "--system", "systemdcrtest3")
    settings, (application,) = printed(express, example, *words)
    assert set(settings["data"]) == {
        "resource.customizations.health.fleet.example.org_Broker",
        "resource.customizations.health.fleet.example.org_Gateway",
    }
    (check,) = set(settings["data"].values())
    assert 'local declared = at(at(at(obj, "spec"), "rollout"), "id")' in check
    assert application["metadata"]["name"] == "yul1-systemdcrtest3"
    assert application["spec"]["destination"]["namespace"] == "ns-systemdcrtest3"
    assert application["spec"]["source"]["helm"] == {
        "releaseName": "express-systemdcrtest3",
        "valueFiles": ["../../overlays/yul1/systemdcrtest3/values.yaml"],
        "kubeVersion": "1.33",
        "apiVersions": ["example.com/v1/Widget"],
    }


def test_an_order_that_argo_cd_does_not_read_is_warned_of(express: Express, example: Path) -> None:
    (example / ".express.yaml").write_text("revision: {orderAnnotation: fleet.example.org/step}\n")
    outcome = express(*WORDS, cwd=example)
    assert outcome.code == 0
    assert outcome.stderr.startswith("warning: Argo CD orders by argocd.argoproj.io/sync-wave, and the configuration ")
    assert outcome.stderr.endswith(NOT_AWAITED)


def test_a_system_without_values_is_an_error_and_prints_nothing(express: Express, example: Path) -> None:
    outcome = express(*WORDS, "--system", "systemdcrtest4", cwd=example)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith(
        "error: no values file overlays/yul1/systemdcrtest4/values.yaml; did you mean systemdcrtest3 "
    )


def test_the_source_renders_the_revisions_that_this_program_shows(express: Express, example: Path) -> None:
    _, (application,) = printed(express, example, *WORDS, "--system", "systemdcrtest3")
    source = application["spec"]["source"]
    values = [word for file in source["helm"]["valueFiles"] for word in ("--values", file)]
    environment = {"HOME": str(example), "PATH": "/usr/bin:/bin"}
    command = [part("helm3"), "template", source["helm"]["releaseName"], ".", *values]
    rendered = succeeded(run(command, environment, example / source["path"]), "helm template").stdout
    shown = express(
        "revisions", "--chart", "--context", "yul1", "--system", "systemdcrtest3", "-o", "json", cwd=example
    )
    resources: list[Any] = [each.value for each in read_documents(rendered, "rendered")]
    declared = {
        each["metadata"]["name"]: each["spec"]["deploymentRevision"]
        for each in resources
        if each["apiVersion"] == "express.example.com/v1"
    }
    assert declared == {node["node"]: node["declared"] for node in shown.json()["systems"][0]["nodes"]}


def test_each_piece_is_printed_alone_and_the_health_checks_need_neither_overlays_nor_a_repository(
    express: Express, example: Path, tmp_path: Path
) -> None:
    health = succeeded(express("argocd", "health", cwd=tmp_path), "argocd health").stdout
    applications = succeeded(express("argocd", "applications", *WORDS[1:], cwd=example), "argocd applications").stdout
    assert health + applications == express(*WORDS, cwd=example).stdout


@pytest.mark.parametrize("way", [(), ("--server-side",)], ids=["client-side", "server-side"])
def test_argo_cd_s_other_settings_survive_that_the_health_checks_are_merged_however_they_were_applied(
    express: Express, tmp_path: Path, argocd_kubectl: Kubectl, way: tuple[str, ...]
) -> None:
    theirs = {"url": "https://argocd.example.com", "timeout.reconciliation": "180s"}
    labels = {"app.kubernetes.io/name": "argocd-cm", "app.kubernetes.io/part-of": "argocd"}
    metadata = {"name": "argocd-cm", "labels": labels}
    installed = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": theirs})
    namespace = namespace_of(argocd_kubectl)
    patch = tmp_path / "health.yaml"
    patch.write_text(succeeded(express("argocd", "health", "--argocd-namespace", namespace), "argocd health").stdout)
    argocd_kubectl("apply", *way, "-f", "-", stdin=installed)
    for again in (False, True):
        if again:
            argocd_kubectl("apply", *way, "-f", "-", stdin=installed)
        argocd_kubectl("patch", "configmap", "argocd-cm", "--type", "merge", "--patch-file", patch)
        found = argocd_kubectl.json("get", "configmap", "argocd-cm")
        assert set(found["data"]) == CHECKS | set(theirs)
        assert found["metadata"]["labels"] == labels


def test_kubectl_apply_would_remove_settings_that_were_applied_from_the_client_s_side(
    express: Express, argocd_kubectl: Kubectl
) -> None:
    """Should kubectl stop to do so, the documents may say `kubectl apply` as well."""
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm"}, "data": {"url": "theirs"}}
    printed = express("argocd", "health", "--argocd-namespace", namespace_of(argocd_kubectl)).stdout
    for way in ((), ("--server-side",), ("--server-side", "--field-manager=kubectl-express")):
        argocd_kubectl("delete", "configmap", "argocd-cm", "--ignore-not-found")
        argocd_kubectl("apply", "-f", "-", stdin=json.dumps(theirs))
        argocd_kubectl("apply", *way, "-f", "-", stdin=printed)
        assert set(argocd_kubectl.json("get", "configmap", "argocd-cm")["data"]) == CHECKS


def test_the_api_server_takes_the_applications(express: Express, example: Path, argocd_kubectl: Kubectl) -> None:
    words = ("argocd", "applications", *WORDS[1:], "--argocd-namespace", namespace_of(argocd_kubectl))
    printed = succeeded(express(*words, cwd=example), "argocd applications").stdout
    argocd_kubectl("apply", "--validate=strict", "-f", "-", stdin=printed)
    applications = argocd_kubectl.json("get", "applications.argoproj.io")["items"]
    assert [each["metadata"]["name"] for each in applications] == ["yul1-systemdcrprod1", "yul1-systemdcrtest3"]


def test_the_document_s_application_set_is_one_that_the_api_server_takes(argocd_kubectl: Kubectl) -> None:
    document = (ROOT / "docs" / "argocd.md").read_text(encoding="utf-8")
    (shown,) = [block for block in document.split("```") if block.startswith("yaml\n") and "ApplicationSet" in block]
    mine = f"namespace: {namespace_of(argocd_kubectl)}\n"
    manifest = shown.removeprefix("yaml\n").replace("namespace: argocd\n", mine, 1)
    argocd_kubectl("apply", "--server-side", "--validate=strict", "-f", "-", stdin=manifest)


def namespace_of(kubectl: Kubectl) -> str:
    """Return the namespace of a kubectl's context."""
    return kubectl("config", "view", "--minify", "-o", "jsonpath={..namespace}").stdout
