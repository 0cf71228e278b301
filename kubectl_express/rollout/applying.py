"""Applying to the cluster, as each object's deployer does; and deleting."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.client_side import note, without_nulls
from kubectl_express.core.deployer import (
    NEW,
    Approach,
    applied_fields,
    approach,
    body,
    is_shared,
    merge_patch,
    overridden,
)
from kubectl_express.core.drift import drift
from kubectl_express.core.folding import BEFORE
from kubectl_express.core.last_applied import ANNOTATION as LAST_APPLIED
from kubectl_express.core.live_data import parameters
from kubectl_express.core.managed_fields import owners
from kubectl_express.core.manifests import is_node
from kubectl_express.core.values import Object, Value, at, mapping, text
from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.output.masking import hidden_values
from kubectl_express.rollout.writing import ConflictError, Place, Writer
from kubectl_express.sources.concealing import concealed
from kubectl_express.sources.discovery import ServedKind, served_kind
from kubectl_express.sources.live_reader import Schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubectl_express.core.manifest import Manifest
    from kubectl_express.core.settings import Settings
    from kubectl_express.sources.cluster import Cluster


class Applier:
    """Applies objects of a system, acting for the deployer of each.

    Whatever refuses raises ServerError, an unknown kind ExpressError. Writing stops where `within` raises.
    """

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        settings: Settings,
        *,
        force_conflicts: bool = False,
        within: Callable[[], float],
    ) -> None:
        """Take the system's namespace; `within` gives the seconds in which writing is allowed, or raises."""
        self._cluster = cluster
        self._namespace = namespace
        self._settings = settings
        self._force = force_conflicts
        self._writer = Writer(cluster, within)
        self._kinds: dict[tuple[str, str], ServedKind] = {}
        self._schemas = Schemas(cluster, settings.resources)

    def served(self, manifest: Manifest) -> ServedKind:
        """Return how the server serves a manifest's kind. Raises ExpressError where it does not know it."""
        return self._served(manifest.object)

    def live(self, manifest: Object) -> Object | None:
        """Return the live object that a manifest names; None where there is none."""
        try:
            return self._cluster.get(self._place(manifest).path)
        except ServerError as error:
            if error.status == 404:
                return None
            raise

    def dry_run(self, manifest: Manifest, live: Object | None) -> Object:
        """Return the object as an apply would leave it, as far as the server can say beforehand.

        Raises ConflictError, what the server refuses with, and ExpressError where parameters would not be the chart's.
        Of an object whose managed fields change first, parameters that the chart has dropped are still in the answer.
        """
        place = self._place(manifest.object)
        with self._discreet(manifest.object):
            if live is None:
                answer = self._created(manifest, place, dry_run=True)
            else:
                answer = self._writer.repeated(lambda live: self._tried(manifest, live, place), live, place)
        if is_node(manifest.object, self._settings.resources):
            self._refuse_other_parameters(manifest.object, answer, place)
        return answer

    def apply(self, manifest: Manifest, live: Object | None) -> Object:
        """Apply, and return the object as it is then; `live` is what it was when last read, None where it was not.

        Nobody ever sees a generation with parameters of both. Raises ConflictError, and ServerError where the object
        is gone (404) or not as it was read (409); what changed in its status alone does not matter.
        """
        place = self._place(manifest.object)
        with self._discreet(manifest.object):
            if live is None:
                return self._created(manifest, place)
            return self._writer.repeated(lambda live: self._applied(manifest, live, place), live, place)

    def delete(self, live: Object) -> None:
        """Delete just this object as it was read, and what it owns after it, as kubectl does.

        Raises ServerError where it is gone (404) or not as it was read (409).
        """
        place = self._place(live)
        self._writer.repeated(lambda live: self._writer.delete(place, live), live, place)

    @contextmanager
    def _discreet(self, manifest: Object) -> Iterator[None]:
        """Leave out of the server's refusals what is never shown: they like to quote a value that they find wrong."""
        try:
            yield
        except ServerError as error:
            error.args = (concealed(str(error), hidden_values(manifest, self._settings)),)
            raise

    def _created(self, manifest: Manifest, place: Place, *, dry_run: bool = False) -> Object:
        """Apply what is new; where the kind allows none of its nulls, without them, as a client-side apply does it."""
        try:
            return self._writer.apply_patch(place, self._text(manifest), NEW, force=self._force, dry_run=dry_run)
        except ServerError as error:
            content, as_is = gojson.encode(without_nulls(manifest.object)), gojson.encode(manifest.object)
            if error.status != 422 or content == as_is:
                raise
        return self._writer.apply_patch(place, content, NEW, force=self._force, dry_run=dry_run)

    def _applied(self, manifest: Manifest, live: Object, place: Place) -> Object:
        live = self._with_managed_fields(manifest.object, live, place)
        way = self._approach(manifest.object, live, place)
        if way.patches:
            return self._merged(manifest.object, live, place, way)
        if way.managed_fields is not None:
            live = self._migrated(live, way.managed_fields, way.manager, place)
        said = body(manifest.object, live, way.manager)
        content = self._text(manifest) if said is manifest.object else gojson.encode(said)
        answer = self._writer.apply_patch(place, content, way.manager, force=self._force)
        if at(answer, "/metadata/uid") != at(live, "/metadata/uid"):
            raise ServerError("Conflict", f"{place.title} was deleted while it was applied, and is a new one now", 409)
        if way.renews is None:
            return answer
        annotations: Object = {LAST_APPLIED: note(manifest.object, answer, place.namespace)}
        return self._writer.merge_patch(place, {"metadata": {"annotations": annotations}}, answer, way.renews)

    def _merged(self, target: Object, live: Object, place: Place, way: Approach) -> Object:
        patch = merge_patch(target, live, place.namespace, self._settings)
        if not patch:
            return live
        if not self._force and is_shared(target, live, self._settings):
            answer = self._writer.merge_patch(place, patch, live, way.manager, dry_run=True)
            self._refuse_overriding(target, live, answer, place)
        if way.managed_fields is not None:
            live = self._migrated(live, way.managed_fields, way.manager, place)
        answer = self._writer.merge_patch(place, patch, live, way.manager)
        if not way.applies_next:
            return answer
        fields = applied_fields(target, answer, way.manager, self._settings)
        return self._migrated(answer, fields, way.manager, place) if fields else answer

    def _tried(self, manifest: Manifest, live: Object, place: Place) -> Object:
        target = manifest.object
        live = self._with_managed_fields(target, live, place)
        way = self._approach(target, live, place)
        if way.patches:
            patch = merge_patch(target, live, place.namespace, self._settings)
            answer = self._writer.merge_patch(place, patch, live, way.manager, dry_run=True) if patch else live
        elif way.managed_fields is None:
            said = body(target, live, way.manager)
            content = self._text(manifest) if said is target else gojson.encode(said)
            return self._writer.apply_patch(place, content, way.manager, force=self._force, dry_run=True)
        else:
            answer = self._replaced(manifest, live, place, way)
        if not self._force:
            self._refuse_overriding(target, live, answer, place)
        return answer

    def _replaced(self, manifest: Manifest, live: Object, place: Place, way: Approach) -> Object:
        """Return what a server-side apply leaves whose managed fields would be changed before.

        As they are not yet, it has to be forced, and leaves what the chart has dropped. Where that makes the server
        refuse the whole, as with two ports of one name, it is asked about the object without what was dropped.
        """
        try:
            return self._writer.apply_patch(place, self._text(manifest), way.manager, force=True, dry_run=True)
        except ServerError as error:
            if error.status != 422:
                raise
        members = [key for key in manifest.object if key not in ("apiVersion", "kind", "metadata")]
        operations: list[Value] = [{"op": "add", "path": f"/{key}", "value": manifest.object[key]} for key in members]
        return self._writer.json_patch(place, operations, live, way.manager, dry_run=True)

    def _with_managed_fields(self, target: Object, live: Object, place: Place) -> Object:
        """Return the live object with those that the server gives one that has none, as soon as somebody applies."""
        if owners(live):
            return live
        least: Object = {
            "apiVersion": target["apiVersion"],
            "kind": target["kind"],
            "metadata": {"name": at(target, "/metadata/name")},
        }
        answer = self._writer.apply_patch(place, gojson.encode(least), NEW, force=True, dry_run=True)
        entries = at(answer, "/metadata/managedFields")
        given = [entry for entry in (entries if isinstance(entries, list) else []) if at(entry, "/manager") == BEFORE]
        return {**live, "metadata": {**mapping(live["metadata"]), "managedFields": given}}

    def _migrated(self, live: Object, fields: list[Value], manager: str, place: Place) -> Object:
        """Change the managed fields and nothing else: no new generation comes of it."""
        operation: Object = {"op": "add", "path": "/metadata/managedFields", "value": fields}
        return self._writer.json_patch(place, [operation], live, manager)

    def _approach(self, target: Object, live: Object, place: Place) -> Approach:
        return approach(target, live, place.namespace, self._settings)

    def _refuse_overriding(self, target: Object, live: Object, answer: Object, place: Place) -> None:
        fields = overridden(target, live, answer, self._settings)
        if fields:
            raise ConflictError(place.title, fields)

    def _refuse_other_parameters(self, target: Object, answer: Object, place: Place) -> None:
        resources = self._settings.resources
        found = drift(
            answer,
            parameters(target, resources.data_path, resources.revision_path),
            data_path=resources.data_path,
            revision_path=resources.revision_path,
            schema=lambda: self._schemas(text(target.get("kind")) or ""),
        )
        wrong = [each.path for each in found if each.has_expected and each.expected is not None]
        if at(answer, resources.revision_path) != at(target, resources.revision_path):
            wrong.insert(0, resources.revision_path)
        if wrong:
            raise ExpressError(
                f"{place.title}: the server would not store what the chart says at {', '.join(wrong)}: "
                "look at the CRD's schema and at admission webhooks"
            )

    def _served(self, manifest: Object) -> ServedKind:
        api_version, kind = text(manifest.get("apiVersion")) or "", text(manifest.get("kind")) or ""
        if (api_version, kind) not in self._kinds:
            found = served_kind(self._cluster, api_version, kind)
            if found is None:
                raise ExpressError(
                    f"the server does not know the kind {kind} of {api_version}: install its CRD first, or correct it"
                )
            self._kinds[api_version, kind] = found
        return self._kinds[api_version, kind]

    def _place(self, manifest: Object) -> Place:
        served = self._served(manifest)
        namespace = (text(at(manifest, "/metadata/namespace")) or self._namespace) if served.namespaced else None
        name = text(at(manifest, "/metadata/name")) or ""
        title = f"{text(manifest.get('kind'))}/{name}"
        return Place(served.item(namespace or "", name), namespace, title)

    def _text(self, manifest: Manifest) -> str:
        """Return what a manifest says, in its own characters where kubectl and the server read those alike."""
        plain = manifest.text and "\r" not in manifest.text
        return manifest.text if plain else gojson.encode(manifest.object)
