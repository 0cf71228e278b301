"""Resources in every state that matters to their health, mixed from a table of what each part may hold."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

from kubectl_express.core.argocd_health import HealthStatus, health
from kubectl_express.core.gate import reported_revision_path
from kubectl_express.core.settings import ResourceSettings
from kubectl_express.core.values import split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubectl_express.core.argocd_health import Health
    from kubectl_express.core.values import Object

LAYOUTS = (
    ResourceSettings(),
    ResourceSettings(group="fleet.example.org", kinds=("Vessel",), revision_path="/spec/rollout/revi~1sion"),
    ResourceSettings(group="staged.example.org", kinds=("Stage", "Last"), revision_path='/spec/stages/1/a "b\\c'),
)
"""What `.express.yaml` may say: the defaults, a path with a slash in a name, one through a list and with quotes."""

_ABSENT = object()
_REVISION = "91b9d4e077"
_ODD: tuple[Any, ...] = (None, "", 0, 7, 1.5, True, False, [], {}, ["91b9d4e077"], {"0": "91b9d4e077"})
_GENERATIONS = (1, 2, 3, 10, 4096)
_STRANGE_STATUSES: tuple[Any, ...] = (_ABSENT, None, {}, [], "ready", True)


@dataclass(frozen=True, slots=True)
class State:
    """One resource, under one layout, and the health that the gate's conditions give it."""

    resource: Object
    layout: ResourceSettings
    health: Health


def states_of_each_health(number: int, seed: int) -> list[State]:
    """Return so many different resources of each health, the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - to be met again, not to be unguessable
    wanted = dict.fromkeys(HealthStatus, number)
    found: list[State] = []
    seen: set[str] = set()
    for state in _mixed(chance):
        if wanted[state.health.status] and (key := repr(state.resource)) not in seen:
            seen.add(key)
            wanted[state.health.status] -= 1
            found.append(state)
        if not any(wanted.values()):
            break
    return found


def _mixed(chance: random.Random) -> Iterator[State]:
    """Yield resources without end. Each part is mostly as it should be, so that the others matter."""
    for _ in count():
        layout = chance.choice(LAYOUTS)
        path = layout.revision_path
        generation: int | None = chance.choice(_GENERATIONS)
        declared = _odd_or(_REVISION, chance)
        metadata: dict[str, Any] = {"name": chance.choice(("be1", "fe10")), "generation": generation}
        if chance.random() < 0.1:
            metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            metadata["finalizers"] = ["express.example.com/hold"]
        if chance.random() < 0.1:
            generation = None
            del metadata["generation"]
        resource: dict[str, Any] = {
            "apiVersion": f"{layout.group}/{layout.version}",
            "kind": chance.choice(layout.kinds),
            "metadata": metadata,
            "spec": {"zone": chance.choice("abc")},
        }
        _put(resource, path, declared)
        if chance.random() < 0.15:
            status = chance.choice(_STRANGE_STATUSES)
            if status is not _ABSENT:
                resource["status"] = status
        else:
            resource["status"] = {"pods": [f"be1-{chance.randrange(20)}"]}
            usual = declared if chance.random() < 0.8 else chance.choice(("3f2a9c01de", f" {_REVISION}"))
            _put(resource, reported_revision_path(path), _odd_or(usual, chance))
            _put(resource, "/status/ready", _odd_or(chance.choice((True, True, False)), chance))
            _put(resource, "/status/observedGeneration", _observed(generation, chance))
        yield State(resource, layout, health(resource, path))


def _odd_or(usual: Any, chance: random.Random) -> Any:
    dice = chance.random()
    return usual if dice < 0.7 else _ABSENT if dice < 0.8 else chance.choice(_ODD)


def _observed(generation: int | None, chance: random.Random) -> Any:
    if generation is None:
        return chance.choice((_ABSENT, 1))
    others = (generation - 1, generation + 1, str(generation), float(generation), -generation)
    return _odd_or(generation if chance.random() < 0.7 else chance.choice(others), chance)


def _put(resource: dict[str, Any], pointer: str, value: Any) -> None:
    """Put a value where a JSON Pointer leads, making maps on the way, and lists for numbers."""
    if value is _ABSENT:
        return
    place: Any = resource
    parts = split(pointer)
    for part, following in pairwise(parts):
        if isinstance(place, list):
            place = place[int(part)]
        else:
            place = place.setdefault(part, [{}, {}] if following.isdecimal() else {})
    place[parts[-1]] = value
