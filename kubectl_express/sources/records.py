"""The records of a system's rollouts, in Secrets of its namespace: the last few are kept.

A rollout has a small head, `express-rollout-N`, whose progress is patched as it goes on, and chunks,
`express-rollout-N-I`, with every object that it touches. They are Secrets since Secrets may be among those objects, and
have no owner: what owns them would take them with it.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from kubectl_express.core.record import (
    Progress,
    Record,
    Touched,
    UnreadableRecordError,
    read_progress,
    read_record,
    read_touched,
    write_progress,
    write_record,
    write_touched,
)
from kubectl_express.core.values import Object, at, mapping, objects, text
from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.sources.paths import segment
from kubectl_express.sources.unreachable import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.sources.cluster import Cluster

KEPT = 5
TYPE = "kubectl-express/rollout"
LABEL = "kubectl-express/rollout"
"""`head` or `chunk`."""
_CHUNKS = "kubectl-express/chunks"
"""An annotation of the head: the numbers of the first and the last chunk."""
_NUMBER = "kubectl-express/number"
_HEAD = re.compile(r"express-rollout-([1-9][0-9]{0,8})")
_CHUNK = 700_000
"""Bytes of a chunk: the API server takes 1 MiB of a Secret, and base64 makes four bytes of three on the way there."""
_LARGEST = 512 << 20
"""Bytes of a record unpacked: a few kilobytes may be packed so that they unpack to any number."""
_MERGE_PATCH = "application/merge-patch+json"


class Records:
    """The records of the rollouts of one system."""

    def __init__(self, cluster: Cluster, namespace: str, within: Callable[[], float] | None = None) -> None:
        """Take the seconds `within` which writing is allowed, asked before each write; None to read only."""
        self._cluster = cluster
        self._namespace = namespace
        self._within = within
        self._open = 0

    def heads(self) -> list[tuple[Record, Progress]]:
        """Return what is kept of every rollout, oldest first.

        Raises ExpressError where one cannot be read: to pass it over would have the wrong rollout undone.
        """
        return [self._read_head(head, number) for number, head in sorted(self._heads().items())]

    def touched(self, number: int) -> tuple[Touched, ...]:
        """Return the objects that a rollout touched, in the order in which it did.

        Raises ExpressError where the record is not whole.
        """
        parts = [_content(self._get(_name(number, each)), "touched") for each in _chunks(self._get(_name(number)))]
        try:
            return read_touched(_unpacked(b"".join(parts)))
        except UnreadableRecordError as error:
            raise self._unreadable(number, str(error)) from None
        except zlib.error:
            raise self._unreadable(number, "what it kept of the objects is damaged") from None

    def known_texts(self, *numbers: int) -> dict[str, list[tuple[str, str]]]:
        """Return texts that nodes' data has been, by node, each with the rollout that kept it, the latest first."""
        found: dict[str, list[tuple[str, str]]] = {}
        for number in sorted(numbers, reverse=True):
            for touched in self.touched(number):
                for data in (touched.data_after, touched.data_before):
                    if touched.node and data is not None:
                        found.setdefault(touched.name, []).append((f"the record of rollout {number}", data))
        return found

    def open(self, record: Record, touched: tuple[Touched, ...], progress: Progress) -> None:
        """Keep a rollout, in the place of one of the same number, which it goes on with. Those of long ago are deleted.

        Chunks are written before the head that names them and deleted after it, so that whoever is killed while doing
        this leaves a record that is whole, and at most chunks that the next one of that number writes over.
        """
        heads = self._heads()
        before = _chunks(heads[record.number]) if record.number in heads else range(0)
        packed = gzip.compress(write_touched(touched), compresslevel=6, mtime=0)
        chunks = range(before.stop or 1, (before.stop or 1) + -(-len(packed) // _CHUNK))
        for position, index in enumerate(chunks):
            part = packed[position * _CHUNK : (position + 1) * _CHUNK]
            self._write(self._secret(record.number, index, {"touched": part}))
        content = {"record": gzip.compress(write_record(record), mtime=0), "progress": write_progress(progress)}
        named = {_CHUNKS: f"{chunks.start}-{chunks.stop - 1}"}
        self._write(self._secret(record.number, None, content, named), anew=record.number not in heads)
        self._open = record.number
        with suppress(ServerError, UnreachableError):
            # Nothing of this is worth failing a rollout for, for want of the right to it, say.
            for index in before:
                self._deletes(_name(record.number, index))
            self._forget({number: head for number, head in heads.items() if number < record.number})

    def update(self, progress: Progress) -> None:
        """Keep how far the rollout has come that was opened: one small write."""
        content = base64.b64encode(write_progress(progress)).decode()
        self._send("PATCH", self._path(_name(self._open)), {"data": {"progress": content}}, _MERGE_PATCH)

    def _forget(self, heads: dict[int, Object]) -> None:
        """Delete the rollouts of long ago, of those before the open one."""
        for old in sorted(heads)[: -(KEPT - 1)]:
            last = _chunks(heads[old]).stop
            # What a killed one left goes, too; and the head last, so that what is left of it is found again.
            for index in range(1, last):
                self._deletes(_name(old, index))
            while self._deletes(_name(old, last)):
                last += 1
            self._deletes(_name(old))

    def _deletes(self, name: str) -> bool:
        """Delete a Secret; return whether there was one."""
        try:
            self._send("DELETE", self._path(name), None)
        except ServerError as error:
            if error.status != 404:
                raise
            return False
        return True

    def _heads(self) -> dict[int, Object]:
        """Return the heads as they are kept, by number; what others have named alike is none."""
        answer = self._cluster.get(self._path(), {"labelSelector": f"{LABEL}=head"})
        found = {}
        for item in objects(answer.get("items")):
            named = _HEAD.fullmatch(text(at(item, "/metadata/name")) or "")
            if named and at(item, "/type") == TYPE:
                found[int(named.group(1))] = item
        return found

    def _read_head(self, head: Object, number: int) -> tuple[Record, Progress]:
        try:
            record = read_record(_unpacked(_content(head, "record")))
            progress = read_progress(_content(head, "progress"))
        except UnreadableRecordError as error:
            raise self._unreadable(number, str(error)) from None
        except zlib.error:
            raise self._unreadable(number, "it is damaged") from None
        if record.number != number:
            raise self._unreadable(number, f"it says that it is rollout {record.number}")
        return record, progress

    def _unreadable(self, number: int, why: str) -> ExpressError:
        return ExpressError(
            f"the record of rollout {number} of {self._namespace} cannot be read: {why}; "
            f"without it: kubectl delete secret {_name(number)} --namespace {self._namespace}"
        )

    def _write(self, secret: Object, *, anew: bool = True) -> None:
        """Create a Secret, or write over what there is by its name."""
        if anew:
            try:
                self._send("POST", self._path(), secret)
            except ServerError as error:
                if error.status != 409:
                    raise
            else:
                return
        metadata = mapping(secret["metadata"])
        changed: Object = {"metadata": {"annotations": metadata["annotations"]}, "data": secret["data"]}
        self._send("PATCH", self._path(text(metadata["name"]) or ""), changed, _MERGE_PATCH)

    def _secret(
        self, number: int, index: int | None, data: dict[str, bytes], annotations: dict[str, str] | None = None
    ) -> Object:
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": TYPE,
            "metadata": {
                "name": _name(number, index),
                "labels": {LABEL: "head" if index is None else "chunk", _NUMBER: str(number)},
                "annotations": {**(annotations or {})},
            },
            "data": {key: base64.b64encode(content).decode() for key, content in data.items()},
        }

    def _path(self, name: str = "") -> str:
        return f"/api/v1/namespaces/{segment(self._namespace)}/secrets{'/' if name else ''}{quote(name)}"

    def _get(self, name: str) -> Object:
        try:
            return self._cluster.get(self._path(name))
        except ServerError as error:
            if error.status != 404:
                raise
            raise ExpressError(
                f"the record of a rollout of {self._namespace} is not whole: there is no Secret {name}"
            ) from None

    def _send(self, method: str, path: str, body: Object | None, content_type: str = "application/json") -> None:
        content = None if body is None else json.dumps(body).encode()
        within = self._within() if self._within else None
        self._cluster.send(method, path, (), content, content_type, within=within)


def _name(number: int, index: int | None = None) -> str:
    return f"express-rollout-{number}" if index is None else f"express-rollout-{number}-{index}"


def _content(secret: Object, key: str) -> bytes:
    """Return what a key of a Secret holds; nothing where it is not there."""
    try:
        return base64.b64decode(text(at(secret, f"/data/{key}")) or "", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _unpacked(packed: bytes) -> bytes:
    """Return what was packed with gzip. Raises zlib.error where it is damaged, or larger than any record."""
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    content = unpacking.decompress(packed, _LARGEST)
    if not unpacking.eof:
        raise zlib.error("not whole")
    return content


def _chunks(head: Object) -> range:
    """Return the numbers of a record's chunks; none where its head does not tell."""
    said = re.fullmatch(
        "([0-9]{1,6})-([0-9]{1,6})", text(mapping(at(head, "/metadata/annotations")).get(_CHUNKS)) or ""
    )
    return range(int(said.group(1)), int(said.group(2)) + 1) if said else range(0)
