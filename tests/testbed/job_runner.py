"""What a cluster does for Jobs: the Job controller, the kubelet and the garbage collector, for one namespace.

Each Job's container runs as a process under its own account's token, and its end is reported in the Job's status as
Kubernetes has it, so that whoever waits for the Job waits for the command itself.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

import urllib3

from tests.testbed.api import RequestFailedError
from tests.testbed.job_run import JobRun, Node
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.testbed.api import Object
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.job_container import Image

LISTEN_FOR = 1
"""Whole seconds that one watch lasts: stopping takes no longer."""
ASK_AGAIN = 0.2
"""Seconds until an API server that could not be reached is asked again."""


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One thing that happened to a Job."""

    time: str
    """The UTC time of day, to the millisecond, as the operator's diary has it."""
    job: str
    what: str
    """`started`, `exited`, `completed`, `failed`; `ended` by a deletion; `lacking` what its container takes."""
    more: str = ""
    """Of `exited` the code; of `failed` and `lacking` why."""


@contextmanager
def running_jobs(plane: ControlPlane, namespace: str, image: Image, folder: Path) -> Iterator[JobRunner]:
    """Run the Jobs of a namespace while the context lasts: those that are there already, and each that comes.

    `image` stands for every image; `folder`, which need not exist, is for the containers' files.
    """
    runner = JobRunner(plane, namespace, image, folder)
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()


class JobRunner:
    """Runs Jobs from `start` to `stop`."""

    def __init__(self, plane: ControlPlane, namespace: str, image: Image, folder: Path) -> None:
        self._node = Node(plane, plane.api(), image)
        self._path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        self._folder = folder
        self._over = threading.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=self._path)
        self._runs: dict[str, tuple[str, JobRun]] = {}
        """By uid, with the Job's name."""
        self._log: list[JobEvent] = []

    def start(self) -> None:
        """Return once the Jobs that are there are known."""
        self._thread.start()
        eventually(self._listening.is_set, "the Jobs are known")

    def stop(self) -> None:
        """End every process."""
        self._over.set()
        self._thread.join()
        for _, run in self._runs.values():
            run.give_up()
        self._node.api.close()

    def log(self) -> list[JobEvent]:
        """Return what happened so far, in order."""
        return list(self._log)

    def events(self, job: str) -> list[str]:
        """Return what happened to the Jobs of a name, in order."""
        return [each.what for each in self.log() if each.job == job]

    def said(self, job: str) -> str:
        """Return what the last Job of a name has written so far, in all its attempts; empty where there was none."""
        named = [run for name, run in list(self._runs.values()) if name == job]
        return named[-1].said() if named else ""

    def _follow(self) -> None:
        while not self._over.is_set():
            try:
                listed = self._node.api.get(self._path)
                there = {job["metadata"]["uid"]: job for job in listed["items"]}
                for uid in self._runs.keys() - there.keys():
                    self._runs[uid][1].give_up()
                for job in there.values():
                    self._take(job)
                self._listening.set()
                self._watch(listed["metadata"]["resourceVersion"])
            except (RequestFailedError, urllib3.exceptions.HTTPError):
                self._over.wait(ASK_AGAIN)

    def _watch(self, version: str) -> None:
        query = f"watch=true&resourceVersion={version}&timeoutSeconds={LISTEN_FOR}"
        for kind, job in self._node.api.watch(f"{self._path}?{query}"):
            if kind == "ERROR":
                return
            if kind != "DELETED":
                self._take(job)
            elif job["metadata"]["uid"] in self._runs:
                self._runs[job["metadata"]["uid"]][1].give_up()

    def _take(self, job: Object) -> None:
        metadata = job["metadata"]
        name, uid = metadata["name"], metadata["uid"]
        if uid not in self._runs:
            run = JobRun(self._node, job, self._folder / uid, partial(self._note, name))
            self._runs[uid] = name, run
            run.start()
        if "deletionTimestamp" in metadata:
            self._runs[uid][1].delete(job)

    def _note(self, job: str, what: str, more: str = "") -> None:
        now = datetime.now(timezone.utc).strftime("%H:%M:%S.%f")[:-3]
        self._log.append(JobEvent(now, job, what, more))
