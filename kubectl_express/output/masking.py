"""Objects as they may be shown: without the values of Secrets, and without redacted parameters."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.entries import with_texts
from kubectl_express.core.manifests import is_node, is_revisions
from kubectl_express.core.values import Object, Value, at, mapping
from kubectl_express.output.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubectl_express.core.settings import Settings

_SECRET_MEMBERS = ("data", "stringData")
_UNREADABLE = "(unreadable, and some parameters are redacted)"


def masked_pair(old: Object | None, new: Object | None, settings: Settings) -> tuple[Object | None, Object | None]:
    """Return both versions of an object fit to be shown; a Secret's value that changes still shows that it does."""
    versions = [each for each in (old, new) if each is not None]
    if any(each.get("kind") == "Secret" for each in versions):
        return _masked_secret(old, new, "(before)"), _masked_secret(new, old, "(after)")
    # Either may lack the label that tells: what is parameters in one version is in the other one, too.
    if settings.redact and any(is_revisions(each, settings.revisions) for each in versions):
        return _without_redacted(old, settings), _without_redacted(new, settings)
    return old, new


def hidden_values(manifest: Object, settings: Settings) -> set[str]:
    """Return the texts of an object's values that are never shown, for where somebody else may quote them."""
    if manifest.get("kind") == "Secret":
        encoded, plain = (set(_texts(manifest.get(member))) for member in _SECRET_MEMBERS)
        return {*encoded, *plain, *filter(None, map(_decoded, encoded))}
    if not is_node(manifest, settings.resources):
        return set()
    data = at(manifest, settings.resources.data_path)
    return {text for pointer in settings.redact for text in _texts(at(data, pointer))}


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
    elif value is not None:
        yield value if isinstance(value, str) else gojson.encode(value)


def _decoded(encoded: str) -> str | None:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return None


def _masked_secret(secret: Object | None, other: Object | None, when: str) -> Object | None:
    if secret is None:
        return None
    masked = dict(secret)
    for member in _SECRET_MEMBERS:
        values, others = secret.get(member), mapping(mapping(other).get(member))
        if isinstance(values, dict):
            hidden: dict[str, Value] = {
                key: "***" if value == others.get(key) or key not in others else f"*** {when}"
                for key, value in values.items()
            }
            masked[member] = hidden
        elif values is not None:
            masked[member] = "***"
    return masked


def _without_redacted(manifest: Object | None, settings: Settings) -> Object | None:
    if manifest is None:
        return None
    data = mapping(manifest.get("data"))
    shown = with_texts(data, settings.revisions, lambda text: _redacted_text(text, settings), _UNREADABLE)
    return {**manifest, "data": shown}


def _redacted_text(text: str, settings: Settings) -> str:
    try:
        value = gojson.decode(text)
    except gojson.InvalidJSON:
        return _UNREADABLE
    return gojson.encode(redacted(mapping(value), settings.redact))
