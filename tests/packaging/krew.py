"""A user's machine with the real krew."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.testbed.parts import part
from tests.testbed.programs import Outcome, run

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """A user's machine with kubectl and krew, and nothing installed by it yet."""

    home: Path
    tools: Path
    system: str
    architecture: str
    """What krew takes the machine to be, whatever it is."""

    def kubectl(self, *words: str | Path) -> Outcome:
        """Run the real kubectl as its user would."""
        return run([part("kubectl"), *words], self.environment(), self.home)

    def environment(self) -> dict[str, str]:
        """Return the environment that krew's instructions leave a user with."""
        folders = [self.home / ".krew" / "bin", part("kubectl").parent, part("krew").parent, self.tools]
        return {
            "HOME": str(self.home),
            "PATH": os.pathsep.join(map(str, folders)),
            "KREW_OS": self.system,
            "KREW_ARCH": self.architecture,
            "KREW_NO_UPGRADE_CHECK": "1",
            "LANG": "C.UTF-8",
        }
