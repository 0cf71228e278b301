"""krew's manifest: krew-manifest.yaml, with the version, checksum and addresses of what was built."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Path(__file__).resolve().parent.parent
ARCHIVE, MANIFEST = "kubectl-express.tar.gz", "express.yaml"
PACKAGE_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)


def of_version(manifest: str, version: str) -> str:
    """Return krew's manifest with a version, also in the address that it has."""
    manifest = re.sub(r"(?<=\n  version: ).*", f"v{version}", manifest)
    return re.sub(r"(?<=/releases/)v[^/]+", f"v{version}", manifest)


def filled(archive: Path, addresses: Mapping[str, str]) -> bytes:
    """Return the manifest of an archive that was built here, with these addresses by their keys; others stay."""
    package = (REPOSITORY / "kubectl_express" / "__init__.py").read_text(encoding="utf-8")
    manifest = (REPOSITORY / "krew-manifest.yaml").read_text(encoding="utf-8")
    manifest = of_version(manifest, PACKAGE_VERSION.findall(package)[0])
    manifest = re.sub(r"(?<=sha256: ).*", f'"{sha256(archive)}"', manifest)
    # krew wants the file named as the plugin and starting with the manifest, so the words about the template go.
    manifest = "".join(line for line in manifest.splitlines(keepends=True) if not line.lstrip().startswith("#"))
    given = re.sub(
        r"\b(uri|homepage): (.*)", lambda found: f"{found[1]}: {addresses.get(found[1], found[2])}", manifest
    )
    return given.encode()


def sha256(path: Path) -> str:
    """Return a file's checksum."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
