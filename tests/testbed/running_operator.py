"""The operator as a test holds it: started for one namespace, told what to do, ended by its process id."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.testbed.operator.behaviour import CONFIGMAP, parse
from tests.testbed.supervised import Supervised
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.testbed.api import Api

ROOT = Path(__file__).parent.parent.parent


class RunningOperator:
    """An operator that watches its namespace by the time this exists."""

    def __init__(
        self, api: Api, namespace: str, kubeconfig: Path, log: Path, behaviour: Mapping[str, str] | None = None
    ) -> None:
        self._api = api
        self._configmaps = f"/api/v1/namespaces/{namespace}/configmaps"
        self._write(behaviour or {})
        self._process = Supervised(
            [
                sys.executable,
                "-m",
                "tests.testbed.operator",
                f"--kubeconfig={kubeconfig}",
                f"--namespace={namespace}",
            ],
            log,
            cwd=ROOT,
        )
        try:
            self._wait_for("watching")
        except AssertionError:
            self.stop()
            raise

    def tell(self, node: str, behaviour: str) -> None:
        """Have it treat `node` (or `default`) so from now on; returns once it knows.

        Raises ValueError when the operator does not know such a behaviour.
        """
        parse(behaviour)
        self._wait_for(f"told {self._write({node: behaviour})}")

    def stop(self) -> None:
        """End it at once, as a crash would. Does nothing a second time."""
        self._process.stop()

    @property
    def log(self) -> str:
        return self._process.said()

    def _write(self, behaviour: Mapping[str, str]) -> str:
        for text in behaviour.values():
            parse(text)
        path = f"{self._configmaps}/{CONFIGMAP}"
        if self._api.find(path) is None:
            written = self._api.create(self._configmaps, {"metadata": {"name": CONFIGMAP}, "data": dict(behaviour)})
        else:
            written = self._api.patch(path, {"data": dict(behaviour)})
        return str(written["metadata"]["resourceVersion"])

    def _wait_for(self, line: str) -> None:
        def said() -> bool:
            assert self._process.running, f"the operator ended:\n{self._process.tail()}"
            return line in self.log.splitlines()

        eventually(said, f"the operator says {line!r}")
