"""KUBECTL_EXTERNAL_DIFF: the user's own diff program, called as `kubectl diff` calls it."""

from __future__ import annotations

import re
import shlex
import subprocess
from hashlib import sha256
from os import sep
from typing import TYPE_CHECKING
from urllib.parse import quote

from kubectl_express.core.changes import data_to_change
from kubectl_express.core.values import Object, text
from kubectl_express.errors import ExpressError
from kubectl_express.output.formats.yaml import dump
from kubectl_express.output.masking import masked_pair
from kubectl_express.output.redaction import redacted
from kubectl_express.sources.private import private_folder, write_private
from kubectl_express.sources.programs import find_program

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kubectl_express.core.node import Node
    from kubectl_express.environment import Environment
    from kubectl_express.output.views.diff import SystemDiff

_LONGEST = 255
"""Characters of a file's name."""
_WORD = re.compile(r"[A-Za-z0-9=-]+")


def run_external_diff(program: str, diffs: Iterable[SystemDiff], environment: Environment) -> None:
    """Run the program on two folders, one file an object, the baseline's first; its output goes where ours would.

    As kubectl has it, the program's words may only hold letters, digits, `=` and `-`, the rest is dropped. Its exit
    code 1 says that there are differences, which is known already; a higher one is an ExpressError.
    """
    first, *words = shlex.split(program)
    found = first if sep in first else find_program(first, environment.variables)
    if found is None:
        raise ExpressError(f"KUBECTL_EXTERNAL_DIFF: {first} cannot be started: it is not on PATH")
    command = [found, *(word for word in words if _WORD.fullmatch(word))]
    with private_folder("kubectl-express-diff-") as folder:
        old, new = folder / "LIVE", folder / "MERGED"
        for side in (old, new):
            side.mkdir(mode=0o700)
        for diff in diffs:
            for title, before, after in _objects(diff):
                name = _file_name(title)
                for side, manifest in ((old, before), (new, after)):
                    if manifest is not None:
                        write_private(side / name, dump(manifest).encode())
        try:
            done = subprocess.run(
                [*command, str(old), str(new)], env=dict(environment.variables), capture_output=True, check=False
            )
        except OSError as error:
            raise ExpressError(f"KUBECTL_EXTERNAL_DIFF: {first} cannot be started: {error.strerror}") from error
    environment.write_bytes(done.stdout)
    if done.stderr:
        environment.say(done.stderr.decode("utf-8", "replace").rstrip())
    if done.returncode > 1:
        raise ExpressError(f"KUBECTL_EXTERNAL_DIFF: {first} failed with exit code {done.returncode}")


def _file_name(title: str) -> str:
    """Return what an object's file is called: such programs print that, whatever characters it has."""
    name = quote(title, safe=":")
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 65]}~{sha256(title.encode()).hexdigest()}"


def _objects(diff: SystemDiff) -> Iterable[tuple[str, Object | None, Object | None]]:
    settings, prefix = diff.settings, f"{diff.place.namespace or diff.place.system or 'default'}"
    resources = settings.resources
    for change in diff.comparison.nodes:
        if change.visible:
            before = (
                _node(change.baseline, data_to_change(change.baseline, change.target), settings.redact)
                if change.baseline
                else None
            )
            target = change.target if change.target and change.target.exists else None
            after = _node(target, target.data or target.parameters or {}, settings.redact) if target else None
            yield f"{resources.group}.{resources.version}.{change.kind}.{prefix}.{change.name}", before, after
    for each in diff.comparison.objects:
        old, new = masked_pair(each.old, each.new, settings)
        version = (text((new or old or {}).get("apiVersion")) or "").replace("/", ".")
        yield f"{version}.{each.kind}.{prefix}.{each.name}.object", old, new


def _node(node: Node, data: Object, redact: tuple[str, ...]) -> Object:
    return {"node": node.name, "kind": node.kind, "revision": node.revision, "data": redacted(data, redact)}
