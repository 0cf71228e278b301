"""The keys of `.express.yaml`: which setting each fills, what it may hold, and which of them must agree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from kubectl_express.core.entries import NODE, Location
from kubectl_express.core.hashing import ALGORITHMS, HashMethod
from kubectl_express.core.helm_versions import CONSTRAINT
from kubectl_express.core.settings import Settings
from kubectl_express.core.values import split
from kubectl_express.errors import ExpressError
from kubectl_express.sources.configuration_yaml import (
    Reader,
    UnexpectedError,
    compose,
    count,
    flag,
    known,
    line_of,
    listed,
    mapped,
    one_of,
    optional,
    string,
    under,
)
from kubectl_express.sources.repository import holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import yaml

# What Kubernetes itself accepts: k8s.io/apimachinery's validation of names, labels and ConfigMap keys.
_DOMAIN = r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_KIND = r"[A-Za-z]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
_VERSION = r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"
_IN_KEY = r"[-._A-Za-z0-9]*"
_STEP = r"/([^~/{}\x00-\x1f\x7f]|~[01])+"
_OWN_KEY = rf"{_IN_KEY}\{{node\}}{_IN_KEY}"
_SHARED_KEY = rf"[-._A-Za-z0-9]+#({_STEP})*/\{{node\}}({_STEP})*"

_LABEL = rf"(([a-z0-9.-]{{1,253}})/)?{_NAME}"
_SELECTOR = rf"{_LABEL}=({_NAME})?"
_POINTER = r"(/([^~/\x00-\x1f\x7f]|~[01])+)+"
_CHARACTER = r"[^{}\x00-\x1f\x7f]"
_TEMPLATE = rf"({_CHARACTER}|\{{context\}}|\{{system\}})+"
# No leading dash: the release's name stands alone on helm's command line, where it would be an option.
_NAME_TEMPLATE = r"(?!-)([-a-z0-9.]|\{context\}|\{system\})+"
_SITE = rf"(?!/)(?!(.*/)?\.\.(/|$)){_CHARACTER}+"

_LONGEST_HASHED = "z" * 20
"""A text whose every hash is as long as the algorithm's can get: Adler-32 is a decimal number, here of ten digits."""


class Field(NamedTuple):
    """One key: the setting it fills, as `section.attribute` of Settings, and how its value is read."""

    setting: str
    read: Reader


def fields(root: Path) -> dict[str, Field]:
    """Return every key of the file, dotted; paths are held to stay below the root."""
    label = string("a label's key such as express.example.com/node", _LABEL)
    pointer = string("a JSON Pointer such as /spec/image", _POINTER)
    names = string("a name with no placeholders but {context} and {system}", _NAME_TEMPLATE)
    template = string("a path with no placeholders but {context} and {system}", _TEMPLATE)
    key = string(
        "a ConfigMap key with {node} in it once, or a place as nodes.json#/{node}/data", f"{_OWN_KEY}|{_SHARED_KEY}"
    )
    name = string("a string")
    site = string("a site's name, no path that leads upward", _SITE)
    values = listed(_path(template, root), "a list of at least one values file", least=1)
    kinds = listed(string("a kind such as Backend", _KIND), "a list of at least one kind", least=1, unique=True)
    return {
        "chart": Field("chart.path", _path(string("a path without placeholders", f"{_CHARACTER}+"), root)),
        "values": Field("chart.values", values),
        "sites": Field(".sites", mapped(site)),
        "release": Field("chart.release", names),
        "namespace": Field("chart.namespace", names),
        "helm.kubeVersion": Field("chart.kube_version", optional(string("a version such as 1.33", r"v?\d+\.\d+\S*"))),
        "helm.apiVersions": Field("chart.api_versions", listed(name, "a list of API versions")),
        "helm.includeCRDs": Field("chart.include_crds", flag),
        "helm.version": Field("chart.helm_version", optional(string("versions such as >=3.14 <5", CONSTRAINT))),
        "group": Field("resources.group", string("an API group such as express.example.com", _DOMAIN)),
        "version": Field("resources.version", string("an API version such as v1", _VERSION)),
        "kinds": Field("resources.kinds", kinds),
        "revision.path": Field("resources.revision_path", pointer),
        "revision.data": Field("resources.data_path", pointer),
        "revision.orderAnnotation": Field("resources.order_annotation", label),
        "configMaps.selector": Field("revisions.selector", string("one label as key=value", _SELECTOR)),
        "configMaps.revisionKey": Field("revisions.revision_key", key),
        "configMaps.dataKey": Field("revisions.data_key", key),
        "hash.algorithm": Field("hash.algorithm", one_of(ALGORITHMS)),
        "hash.length": Field("hash.length", optional(count)),
        "pods.nodeLabel": Field("pods.node_label", label),
        "pods.revisionLabel": Field("pods.revision_label", label),
        "pods.perNode": Field("pods.per_node", count),
        "redact": Field(".redact", listed(pointer, "a list of JSON Pointers")),
    }


def _path(read: Reader, root: Path) -> Reader:
    def read_path(node: yaml.Node) -> str:
        path = str(read(node))
        if not holds(root, path):
            raise UnexpectedError(node, "a relative path that stays in the repository, links included")
        return path

    return read_path


def read_settings(text: str, name: str, root: Path) -> Settings:
    """Return the settings that a file's text makes, in the repository at `root`; `name` stands in the errors.

    Raises ExpressError, one line: `FILE:LINE: KEY: expected …, found …`.
    """
    document = compose(text, name)
    if document is None:
        return Settings()
    table = fields(root)
    lines: dict[str, int] = {}
    found: dict[str, dict[str, Any]] = {}
    try:
        for dotted, key, value in known(document, table):
            section, _, attribute = table[dotted].setting.partition(".")
            with under(f".{dotted}"):
                found.setdefault(section, {})[attribute] = table[dotted].read(value)
            lines[dotted] = line_of(key)
    except UnexpectedError as error:
        raise ExpressError(f"{name}:{error.line}: {error}") from error
    settings = _filled(found)
    for keys, expected, seen in _disagreements(settings):
        line, blamed = max((lines[key], key) for key in keys if key in lines)
        raise ExpressError(f"{name}:{line}: {blamed}: expected {expected}, found {seen}")
    return settings


def _filled(found: Mapping[str, Mapping[str, Any]]) -> Settings:
    default = Settings()
    method = replace(default.revisions.hash, **found.get("hash", {}))
    return replace(
        default,
        chart=replace(default.chart, **found.get("chart", {})),
        resources=replace(default.resources, **found.get("resources", {})),
        revisions=replace(default.revisions, hash=method, **found.get("revisions", {})),
        pods=replace(default.pods, **found.get("pods", {})),
        **found.get("", {}),
    )


def _disagreements(settings: Settings) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield what two keys say that cannot both hold: the keys, what was expected, what was found."""
    method, pods = settings.revisions.hash, settings.pods
    longest = len(HashMethod(method.algorithm, None).revision(_LONGEST_HASHED))
    if method.length is not None and method.length > longest:
        expected = f"at most the {longest} characters of {method.algorithm}"
        yield ("hash.algorithm", "hash.length"), expected, str(method.length)
    path, data = settings.resources.revision_path, settings.resources.data_path
    if f"{data}/".startswith(f"{path}/"):
        expected = "a revision that does not hold the data"
        yield ("revision.path", "revision.data"), expected, f"the revision at {path} and the data at {data}"
    revision_key, data_key = settings.revisions.revision_key, settings.revisions.data_key
    if _confusable(Location.of(revision_key), Location.of(data_key)):
        expected = "keys that cannot be taken for each other"
        yield ("configMaps.revisionKey", "configMaps.dataKey"), expected, f"{revision_key} and {data_key}"
    if pods.node_label == pods.revision_label:
        yield ("pods.nodeLabel", "pods.revisionLabel"), "two labels", f"{pods.node_label} for both"


def _confusable(one: Location, other: Location) -> bool:
    """Return whether what stands in one location could be read as standing in the other."""
    if one.pointer is not None and other.pointer is not None:
        return one.key == other.key and all(
            first == second or NODE in {first, second}
            for first, second in zip(split(one.pointer), split(other.pointer), strict=False)
        )
    return _covers(one, other) or _covers(other, one)


def _covers(wider: Location, narrower: Location) -> bool:
    """Return whether every key of one location would be read as a node's own key in the other."""
    if wider.pointer is not None:
        return False
    before, _, after = wider.key.partition(NODE)
    start, there, end = narrower.key.partition(NODE)
    return start.startswith(before) and (end if there else start).endswith(after)
