"""One Job from its start to its end: attempt after attempt, each told of in the Job's status."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

from tests.testbed.api import RequestFailedError
from tests.testbed.job_container import Container, Image

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.api import Api, Object
    from tests.testbed.control_plane import ControlPlane

LOOK_EVERY = 0.05
"""Seconds between two looks at a container, and at what it lacks to be started."""
RETRY_AFTER = 0.2
"""Seconds until a container that failed is started again; the real controller waits for ten, and longer each time."""
FOREGROUND = "foregroundDeletion"


@dataclass(frozen=True, slots=True)
class Node:
    """What runs containers: the image that stands for every image, and the API server that they speak to."""

    plane: ControlPlane
    api: Api
    image: Image


class Note(Protocol):
    """Takes down what happens to the Job."""

    def __call__(self, what: str, more: str = "") -> None: ...


class JobRun:
    """A Job that runs in a thread of its own, until its status says how it ended, or it is deleted."""

    def __init__(self, node: Node, job: Object, folder: Path, note: Note) -> None:
        self._node = node
        self._job = job
        self._path = f"/apis/batch/v1/namespaces/{job['metadata']['namespace']}/jobs/{job['metadata']['name']}"
        self._folder = folder
        self._note = note
        self._given_up = threading.Event()
        self._outputs: list[Container] = []
        self._thread = threading.Thread(target=self._run, name=job["metadata"]["name"])

    def start(self) -> None:
        """Start it, unless it has ended or is being deleted."""
        conditions = self._job.get("status", {}).get("conditions", [])
        ended = any(each["type"] in {"Complete", "Failed"} and each["status"] == "True" for each in conditions)
        if not ended and "deletionTimestamp" not in self._job["metadata"]:
            self._thread.start()

    def give_up(self) -> None:
        """End its process, if it has one; return once that is gone."""
        self._given_up.set()
        if self._thread.is_alive():
            self._thread.join()

    def delete(self, job: Object) -> None:
        """Let go of a Job that is being deleted: its process ends first, then what held the Job back for that."""
        self.give_up()
        metadata = job["metadata"]
        if FOREGROUND in metadata.get("finalizers", []):
            # As of the version that was read: of a later one there will be news.
            kept = [each for each in metadata["finalizers"] if each != FOREGROUND]
            self._patch("", {"metadata": {"finalizers": kept or None, "resourceVersion": metadata["resourceVersion"]}})

    def said(self) -> str:
        """Return all that its containers have written so far."""
        return "".join(container.said() for container in list(self._outputs))

    def _run(self) -> None:
        started = self._job.get("status", {}).get("startTime") or _now()
        self._report({"startTime": started, "active": 1})
        failures = 0
        while container := self._started():
            code = self._exit_code(container)
            if code is None:
                self._note("ended")
                return
            self._note("exited", str(code))
            if code == 0:
                ended = {"active": 0, "succeeded": 1, "completionTime": _now()}
                conditions = _conditions("SuccessCriteriaMet", "Complete", "CompletionsReached", "Reached completions")
                self._note("completed")
                self._report({**ended, "conditions": conditions})
                return
            failures += 1
            if why := self._why_failed(container.name, code, failures):
                self._note("failed", why[0])
                self._report(
                    {"active": 0, "failed": failures, "conditions": _conditions("FailureTarget", "Failed", *why)}
                )
                return
            self._report({"failed": failures})
            self._given_up.wait(RETRY_AFTER)

    def _started(self) -> Container | None:
        """Return a new container, once all is there that it takes; None where the Job is given up before."""
        lacking = ""
        attempt = len(self._outputs)
        for look in range(2**31):
            if self._given_up.wait(LOOK_EVERY if look else 0):
                return None
            try:
                container = Container(
                    self._node.plane, self._node.api, self._node.image, self._job, self._folder / f"{attempt}-{look}"
                )
            except RequestFailedError as failure:
                if failure.status != 404:
                    raise
                if str(failure) != lacking:
                    lacking = str(failure)
                    self._note("lacking", lacking)
                continue
            self._outputs.append(container)
            self._note("started")
            return container
        return None

    def _exit_code(self, container: Container) -> int | None:
        """Return a container's exit code; None where the Job was given up before."""
        try:
            while (code := container.exit_code(LOOK_EVERY)) is None:
                if self._given_up.is_set():
                    return None
            return code
        finally:
            container.kill()

    def _why_failed(self, container: str, code: int, failures: int) -> tuple[str, str] | None:
        """Return the reason why a failed container fails the Job, and the message; None where it is tried again."""
        spec = self._job["spec"]
        for index, rule in enumerate(spec.get("podFailurePolicy", {}).get("rules", [])):
            codes = rule["onExitCodes"]
            assert codes["operator"] == "In", "the only operator that is needed"
            if code in codes["values"] and rule["action"] == "FailJob":
                message = f"Container {container} failed with exit code {code} matching FailJob rule at index {index}"
                return "PodFailurePolicy", message
        if failures > spec["backoffLimit"]:
            return "BackoffLimitExceeded", "Job has reached the specified backoff limit"
        return None

    def _report(self, status: Object) -> None:
        # With the uid, so that a successor of the same name is left alone.
        self._patch("/status", {"metadata": {"uid": self._job["metadata"]["uid"]}, "status": status})

    def _patch(self, subresource: str, change: Object) -> None:
        try:
            self._node.api.patch(self._path + subresource, change)
        except RequestFailedError as failure:
            if failure.status not in {404, 409}:
                raise


def _conditions(first: str, last: str, reason: str, message: str) -> list[Object]:
    """Return both conditions of an end: the API server takes the second only with the first."""
    now = _now()
    said = {"status": "True", "reason": reason, "message": message, "lastProbeTime": now, "lastTransitionTime": now}
    return [{"type": kind, **said} for kind in (first, last)]


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
