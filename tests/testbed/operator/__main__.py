"""Start the operator: it prints `watching` once it sees everything, and `told VERSION` when it has read a behaviour."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import urllib3
import yaml

from tests.testbed.api import Api, RequestFailedError
from tests.testbed.operator import pods
from tests.testbed.operator.agenda import Agenda
from tests.testbed.operator.behaviour import CONFIGMAP, Behaviour, parse
from tests.testbed.operator.diary import say
from tests.testbed.operator.keeper import Keeper
from tests.testbed.operator.mirror import Mirror

if TYPE_CHECKING:
    from tests.testbed.api import Object

PLURALS = ("backends", "frontends")
WORKERS = 4
RETRY_AFTER = 0.05
"""Seconds until a node is looked at again after a write that came too late or too early."""


class Operator:
    """Watches a namespace and keeps its nodes."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._agenda = Agenda()
        self._told: dict[str, Behaviour] = {}
        core, group = f"/api/v1/namespaces/{namespace}", f"/apis/express.example.com/v1/namespaces/{namespace}"
        behaviours = f"fieldSelector=metadata.name%3D{CONFIGMAP}"
        self._behaviours = Mirror(api, f"{core}/configmaps", behaviours, self._be_told)
        self._pods = Mirror(api, f"{core}/pods", f"labelSelector={pods.NODE_LABEL}", self._pod_changed)
        self._crs = {plural: Mirror(api, f"{group}/{plural}", "", self._cr_changed) for plural in PLURALS}
        self._paths = {plural: f"{group}/{plural}" for plural in PLURALS}
        self._keeper = Keeper(api, namespace, self._pods, self._behaviour_of)

    def run(self) -> None:
        """Keep the namespace's nodes until the process is ended."""
        for mirror in (self._behaviours, self._pods, *self._crs.values()):
            mirror.start()
        say("watching")
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _be_told(self, configmap: Object) -> None:
        try:
            self._told = {node: parse(text) for node, text in configmap.get("data", {}).items()}
        except ValueError as wrong:
            say(str(wrong))
        for mirror in self._crs.values():
            for cr in mirror.all():
                self._agenda.add(cr["metadata"]["name"])
        say(f"told {configmap['metadata']['resourceVersion']}")

    def _pod_changed(self, pod: Object) -> None:
        self._agenda.add(pod["metadata"]["labels"][pods.NODE_LABEL])

    def _cr_changed(self, cr: Object) -> None:
        self._keeper.note(cr)
        self._agenda.add(cr["metadata"]["name"])

    def _behaviour_of(self, node: str) -> Behaviour:
        return self._told.get(node) or self._told.get("default") or Behaviour()

    def _work(self) -> None:
        while True:
            node = self._agenda.take()
            try:
                again = self._look_after(node)
            except (RequestFailedError, urllib3.exceptions.HTTPError) as failure:
                say(f"{node}: {failure}")
                again = RETRY_AFTER
            self._agenda.done(node)
            if again is not None:
                self._agenda.add(node, again)

    def _look_after(self, node: str) -> float | None:
        path, cr = self._find(node)
        again = self._keeper.keep(node, cr)
        if cr is not None:
            self._report(path, cr)
        return again

    def _find(self, node: str) -> tuple[str, Object | None]:
        for plural, mirror in self._crs.items():
            for cr in mirror.all():
                if cr["metadata"]["name"] == node and "deletionTimestamp" not in cr["metadata"]:
                    return f"{self._paths[plural]}/{node}/status", cr
        return "", None

    def _report(self, path: str, cr: Object) -> None:
        reports = self._behaviour_of(cr["metadata"]["name"]).reports
        if reports == "nothing":
            return
        mine = self._keeper.pods_of(cr)
        revision, generation = self._keeper.working_on(cr)
        well = bool(mine) and all(pods.is_ready(pod) and pods.revision_of(pod) == revision for pod in mine)
        status: Object = {"observedGeneration": generation}
        if reports != "seen":
            status |= {
                "deploymentRevision": revision,
                "ready": reports == "success" or well,
                "pods": sorted(pod["metadata"]["name"] for pod in mine),
            }
        if {name: cr.get("status", {}).get(name) for name in status} != status:
            self._api.patch(path, {"status": status})


def main() -> None:
    """Run the operator against the current context of a kubeconfig as the control plane writes it."""
    parser = argparse.ArgumentParser(prog="operator", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--namespace", required=True)
    arguments = parser.parse_args()
    config = yaml.safe_load(arguments.kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    api = Api(cluster["server"], Path(cluster["certificate-authority"]), user["token"], "express-operator")
    Operator(api, arguments.namespace).run()


if __name__ == "__main__":
    main()
