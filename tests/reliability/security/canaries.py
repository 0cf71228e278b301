"""Secrets that are planted to be looked for, and a spy that looks around whenever one of its names is run."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.e2e.small_system import manifest, rendered, spec
from tests.reliability.security.door import CERTIFICATE, KEY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TAG = secrets.token_hex(5)
"""Of this run: others may run the same tests on this machine."""
TOKEN = f"canary-token-{TAG}"
PARAMETER = f"canary-parameter-{TAG}"
DATA, TEXT = f"canary-data-{TAG}", f"canary-text-{TAG}"
PASSWORD = f"canary-password-{TAG}"
ARGUMENT = f"canary-argument-{TAG}"
"""What a plugin is told in its environment."""
KEY_LINE = KEY.read_text().splitlines()[2]
CREDENTIALS = (TOKEN, PASSWORD, ARGUMENT, KEY_LINE)
"""What proves who asks: it is nowhere but in requests."""
ALL = (*CREDENTIALS, PARAMETER, DATA, TEXT)
CONFIGURATION = "redact: [/zone, /extra/list, /image/pullPolicy]\n"


def found(text: str, canaries: Iterable[str] = ALL) -> list[str]:
    """Return which of the canaries are in a text: as they are, in base64, or in a URL."""
    return [each for each in canaries if any(form in text for form in _forms(each))]


def _forms(canary: str) -> set[str]:
    encoded = base64.b64encode(canary.encode()).decode().rstrip("=")
    # The last character may hold bits of what follows.
    return {canary, encoded[:-1], quote(canary), canary.upper()}


def system(tag: str) -> str:
    """Return the manifests of a node and a Secret that hold canaries, of one version of several."""
    encoded = base64.b64encode(f"{DATA}-{tag}".encode()).decode()
    secret = manifest("v1", "Secret", "keys", data={"kept": _kept(), "given": encoded})
    secret["stringData"] = {"text": f"{TEXT}-{tag}"}
    hidden = {"zone": f"{PARAMETER}-{tag}", "extra": {"list": [f"{PARAMETER}-{tag}", {"a": PARAMETER}], "open": tag}}
    return rendered({"be1": spec(tag, **hidden)}, secret)


def _kept() -> str:
    return base64.b64encode(DATA.encode()).decode()


@dataclass(frozen=True, slots=True)
class Spy:
    """A folder for PATH whose programs write down what they see, and then are what they are called."""

    folder: Path
    log: Path
    temporary: Path
    """The TMPDIR that is looked at."""

    @classmethod
    def in_folder(cls, folder: Path) -> Spy:
        """Return a spy that works in a new folder."""
        spy = cls(folder / "spy", folder / "log", folder / "temporary")
        for each in (spy.folder, spy.log, spy.temporary):
            each.mkdir(parents=True)
        return spy

    def be(self, name: str, then: str) -> Path:
        """Be a program, which goes on with a line of shell after it has looked around; return it."""
        program = self.folder / name
        program.write_text(
            "#!/bin/sh\n"
            f'for each in /proc/[0-9]*/cmdline; do /usr/bin/tr "\\0" " " < $each; echo; done >> {self.log}/processes'
            f" 2>/dev/null\n"
            # A file of its own: several are started at the same time.
            f'{{ echo "--- {name} $*"; /usr/bin/env; }} > {self.log}/environment.$$\n'
            f"/usr/bin/find {self.temporary} -mindepth 1 -printf '%y %m %P\\n' >> {self.log}/files\n"
            f"/usr/bin/find {self.temporary} -type f -exec /bin/cat {{}} + >> {self.log}/contents\n"
            f"{then}\n"
        )
        program.chmod(0o755)
        return program

    def saw(self, what: str) -> str:
        """Return all that was written down: `processes`, `environment`, `files` or `contents`."""
        return "".join(file.read_text(errors="replace") for file in sorted(self.log.glob(f"{what}*")))

    def plugin(self) -> dict[str, Any]:
        """Return a kubeconfig's user whose credentials a plugin gives, which is a spy too."""
        version = "client.authentication.k8s.io/v1"
        pair = {"clientCertificateData": CERTIFICATE.read_text(), "clientKeyData": KEY.read_text()}
        answer = {"apiVersion": version, "kind": "ExecCredential", "status": {"token": TOKEN, **pair}}
        (self.log / "answer").write_text(json.dumps(answer))
        program = self.be("plugin", f"exec /bin/cat {self.log}/answer")
        secret = [{"name": "PLUGIN_SECRET", "value": ARGUMENT}]
        return {"exec": {"apiVersion": version, "command": str(program), "interactiveMode": "Never", "env": secret}}
