"""What the API server holds, kept up to date: one LIST, then a watch, and both again when the watch ends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import urllib3

from tests.testbed.api import RequestFailedError
from tests.testbed.operator.diary import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.testbed.api import Api, Object

RETRY_AFTER = 0.2
"""Seconds before a lost server is asked again."""


class Mirror:
    """The objects of one collection, by uid: a pod's successor may have its name."""

    def __init__(self, api: Api, path: str, selector: str, changed: Callable[[Object], None]) -> None:
        """Follow the collection at `path`, narrowed by the query `selector`; `changed` gets every object that did."""
        self._api = api
        self._path = path
        self._selector = selector
        self._changed = changed
        self._objects: dict[str, Object] = {}
        self._gone: set[str] = set()
        """The uids of those that were deleted, which the answer to an earlier write must not bring back."""
        self._lock = threading.Lock()
        self._listed = threading.Event()
        self._pause = threading.Event()

    def start(self) -> None:
        """Return once the collection is known; it is followed from there without a gap."""
        threading.Thread(target=self._follow, daemon=True, name=self._path).start()
        self._listed.wait()

    def all(self) -> list[Object]:
        with self._lock:
            return list(self._objects.values())

    def put(self, one: Object) -> None:
        """Take in what the server answered to a write of ours, before the watch tells it."""
        with self._lock:
            if one["metadata"]["uid"] not in self._gone:
                self._objects[one["metadata"]["uid"]] = one

    def drop(self, one: Object) -> None:
        with self._lock:
            self._objects.pop(one["metadata"]["uid"], None)
            self._gone.add(one["metadata"]["uid"])

    def _follow(self) -> None:
        while True:
            try:
                version = self._list()
                self._listed.set()
                self._watch(version)
            except (RequestFailedError, urllib3.exceptions.HTTPError) as failure:
                say(f"{self._path}: {failure}")
                self._pause.wait(RETRY_AFTER)

    def _list(self) -> str:
        answer = self._api.get(f"{self._path}?{self._selector}")
        # Items of a list leave out what the list says of all of them.
        shared = {"apiVersion": answer["apiVersion"], "kind": answer["kind"].removesuffix("List")}
        found = {one["metadata"]["uid"]: shared | one for one in answer["items"]}
        with self._lock:
            gone = [one for uid, one in self._objects.items() if uid not in found]
            self._objects = found
        for one in [*gone, *found.values()]:
            self._changed(one)
        return str(answer["metadata"]["resourceVersion"])

    def _watch(self, version: str) -> None:
        for kind, one in self._api.watch(f"{self._path}?watch=true&resourceVersion={version}&{self._selector}"):
            if kind == "ERROR":
                return
            if kind == "DELETED":
                self.drop(one)
            else:
                self.put(one)
            self._changed(one)
