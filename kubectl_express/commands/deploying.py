"""A chart as Argo CD renders it, held against what a shell's `helm template` gives: which nodes differ, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from kubectl_express.core.template_actions import uses
from kubectl_express.core.verification import Problem
from kubectl_express.sources.chart_files import read_chart, templates
from kubectl_express.sources.threads import together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubectl_express.core.node import Side
    from kubectl_express.sources.rendering import Release
    from kubectl_express.sources.scope import Scope

_DIFFERS = "argocd"
_SHELL_NAME, _SHELL_NAMESPACE = "foo", "default"
SHELL = f"helm template {_SHELL_NAME}"
_CLUSTER = {".Capabilities.KubeVersion": "helm.kubeVersion", ".Capabilities.APIVersions": "helm.apiVersions"}
"""What a chart may ask of the cluster, and the key that says what Argo CD's cluster answers."""

_Option = tuple[str, Callable[["Release"], "Release"]]


def unset(release: Release) -> list[str]:
    """Return what is to be said where a chart asks for what only Argo CD's cluster knows, and nothing is configured."""
    options = release.options
    configured = {"helm.kubeVersion": options.kube_version, "helm.apiVersions": options.api_versions}
    asked = {
        _CLUSTER[use.name]: use
        for path, text in templates(read_chart(release.chart)).items()
        for use in uses(text, f"{release.chart}/{path}", _CLUSTER)
    }
    return [
        f"{use}: Argo CD passes its cluster's; {key} is not set, so this is helm's own"
        for key, use in asked.items()
        if not configured[key]
    ]


def deployer_problems(scope: Scope, release: Release, argocd: Side) -> list[Problem]:
    """Return a problem for each node that the shell's `helm template foo CHART --values …` gives another revision."""
    options = replace(release.options, kube_version=None, api_versions=(), include_crds=False)
    plain = replace(release, name=_SHELL_NAME, namespace=_SHELL_NAMESPACE, options=options)
    shell = scope.render(plain)
    differing = _differing(shell, argocd)
    if not differing:
        return []
    passed = list(_options(release))
    sides = together([partial(scope.render, passing(plain)) for _, passing in passed], at_once=2)
    problems = []
    for node, (ours, theirs) in differing.items():
        makers = [name for (name, _), side in zip(passed, sides, strict=True) if node in _differing(shell, side)]
        cause = " and ".join(makers) + (" makes" if len(makers) == 1 else " each make") if makers else ""
        cause = cause or f"only together do {', '.join(name for name, _ in passed)} make"
        message = f"Argo CD gives {theirs or '(none)'}, {SHELL} {ours or '(none)'}"
        problems.append(Problem(node, _DIFFERS, message, f"{cause} the difference"))
    return problems


def _options(release: Release) -> Iterator[_Option]:
    """Yield what Argo CD passes and the shell does not, each with how to add it to the shell's."""
    options = release.options
    yield f"the release name {release.name}", lambda plain: replace(plain, name=release.name)
    yield f"--namespace {release.namespace}", lambda plain: replace(plain, namespace=release.namespace)
    if options.kube_version:
        yield (
            f"--kube-version {options.kube_version}",
            lambda plain: replace(plain, options=replace(plain.options, kube_version=options.kube_version)),
        )
    if options.api_versions:
        yield (
            f"--api-versions {','.join(options.api_versions)}",
            lambda plain: replace(plain, options=replace(plain.options, api_versions=options.api_versions)),
        )
    yield "--include-crds", lambda plain: replace(plain, options=replace(plain.options, include_crds=True))


def _differing(one: Side, other: Side) -> dict[str, tuple[str | None, str | None]]:
    """Return the nodes of two sides whose revisions differ, with both; None for a side that has no such node."""
    found = {}
    for name in dict.fromkeys([*other.nodes, *one.nodes]):
        nodes = one.nodes.get(name), other.nodes.get(name)
        revisions = (nodes[0].revision if nodes[0] else None, nodes[1].revision if nodes[1] else None)
        if revisions[0] != revisions[1]:
            found[name] = revisions
    return found
