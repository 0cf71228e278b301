"""The embedded engine: Helm's own Go code in this process, from the optional package helm-python-sdk."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.machinery import PathFinder

from kubectl_express.errors import ExpressError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from kubectl_express.sources.rendering import Release, Rendering

_PACKAGE = "helm_python"
_NO_MANIFEST = ("NOTES.txt", ".tpl")


def available() -> bool:
    """Whether the Python that runs this program has the package."""
    _see_the_interpreter_s_packages()
    return PathFinder.find_spec(_PACKAGE) is not None


@cache
def _see_the_interpreter_s_packages() -> None:
    """Let the program's interpreter look for packages where it does by itself, which the zipapp starts without."""
    if not sys.flags.no_site:
        return
    import site

    # Behind the program's own. As ever, PYTHONPATH comes first, and PYTHONNOUSERSITE leaves out `pip install --user`.
    sys.path += filter(os.path.isabs, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    if os.environ.get("PYTHONNOUSERSITE"):
        site.ENABLE_USER_SITE = False
    site.main()


class EmbeddedHelm:
    """Renders as `helm template` does, without the helm command."""

    def render(self, release: Release) -> Rendering:
        """Return the rendering, or raise ExpressError with Helm's own message."""
        import helm_python

        from kubectl_express.sources.rendering import Rendering

        _refuse_options(release)
        try:
            chart = helm_python.Chart.load(str(release.chart))
            values = _merged_values(release.values)
            rendered: dict[str, str] = chart.render(
                values,
                name=release.name,
                namespace=release.namespace,
                is_install=not release.again,
                is_upgrade=release.again,
            )
        except helm_python.HelmError as error:
            raise ExpressError(f"rendering {release.chart}: the embedded helm failed: {error.detail}") from error
        texts = [
            f"---\n# Source: {path}\n{text}\n"
            for path, text in sorted(rendered.items())
            if text.strip() and not path.endswith(_NO_MANIFEST)
        ]
        command = (_PACKAGE, "render", release.name, str(release.chart), *(str(path) for path in release.values))
        return Rendering("".join(texts), self.version(), command)

    def version(self) -> str:
        """Return the version of Helm's code, and of the package that carries it."""
        import helm_python

        return f"embedded helm {helm_python.helm_sdk_version()} (helm-python-sdk {helm_python.__version__})"


def _refuse_options(release: Release) -> None:
    options = release.options
    asked = [
        name
        for name, value in (
            ("kubeVersion", options.kube_version),
            ("apiVersions", options.api_versions),
            ("includeCRDs", options.include_crds),
        )
        if value
    ]
    if asked:
        raise ExpressError(
            f"the embedded helm cannot be told {' and '.join(asked)}, which .express.yaml sets: install helm 3 or 4"
        )


def _merged_values(paths: tuple[Path, ...]) -> dict[str, Any]:
    import json

    # What values_from_yaml calls: it reads helm's JSON as Python does, where the float `-0` becomes the integer 0.
    from helm_python import HelmError
    from helm_python._native import call_string

    merged: dict[str, Any] = {}
    for path in paths:
        try:
            text = call_string("helm_values_from_yaml", path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise ExpressError(f"{path} is not UTF-8 text: byte {error.start} cannot be read") from error
        except HelmError as error:
            raise ExpressError(f"{path}: the embedded helm failed: {error.detail}") from error
        merged = _merge(merged, json.loads(text, parse_int=_integer) or {})
    return merged


def _integer(literal: str) -> int | float:
    return -0.0 if literal == "-0" else int(literal)


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Merge values as helm does for several `--values`: maps member by member, anything else replaced."""
    result = dict(base)
    for key, value in over.items():
        before = result.get(key)
        result[key] = _merge(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return result
