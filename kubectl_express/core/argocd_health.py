"""The health that Argo CD is to see in a node's resource: what the gate asks of it, here and as Lua for Argo CD."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from kubectl_express.core.gate import Wanted, has_observed, judge_resource, reported_revision_path
from kubectl_express.core.values import at, split, text

if TYPE_CHECKING:
    from kubectl_express.core.values import Object

READY_PATH = "/status/ready"
"""Where the operator says whether all of a node's pods are Ready."""


class HealthStatus(str, Enum):
    """What Argo CD knows of health, as far as a node has any."""

    HEALTHY = "Healthy"
    PROGRESSING = "Progressing"
    """A sync waits for it."""
    DEGRADED = "Degraded"
    """A sync fails of it: so no update may ever be that, however long it takes."""


@dataclass(frozen=True, slots=True)
class Health:
    """A resource's health, and why, in one line."""

    status: HealthStatus
    message: str


def health(resource: Object, revision_path: str) -> Health:
    """Return a node's health by its resource alone, which is all that Argo CD shows its checks.

    It is healthy where the gate would take the status for proof that the operator has seen this very resource, and the
    status says that the pods are Ready at the revision it declares. No pod is looked at: unlike in the gate, the
    operator's word is all there is, so where it names no revision, that is no word. What declares no revision
    can never become healthy.
    """
    declared = text(at(resource, revision_path)) or ""
    if not declared and at(resource, "/metadata/deletionTimestamp") is None:
        return Health(HealthStatus.DEGRADED, f"no revision at {revision_path}")
    obstacle = judge_resource(Wanted("", declared), resource, revision_path)
    if obstacle is not None:
        return Health(HealthStatus.PROGRESSING, obstacle.reason)
    if not has_observed(resource, declared, revision_path):
        return Health(HealthStatus.PROGRESSING, f"the operator has not said yet that it has seen {declared}")
    if at(resource, reported_revision_path(revision_path)) != declared:
        return Health(HealthStatus.PROGRESSING, f"the operator does not say that it is at {declared}")
    if at(resource, READY_PATH) is not True:
        return Health(HealthStatus.PROGRESSING, f"not ready yet at {declared}")
    return Health(HealthStatus.HEALTHY, f"ready at {declared}")


def health_lua(revision_path: str) -> str:
    """Return `health` as a check that Argo CD runs: Lua 5.1 that reads the resource from `obj` and returns a table.

    Argo CD calls what is being deleted Progressing by itself (gitops-engine's GetResourceHealth) and asks no check.
    """
    generation, observed = _lookup("/metadata/generation"), _lookup("/status/observedGeneration")
    return f"""\
-- A node is healthy where its operator says, of this very generation, that its pods are ready at the declared revision.
local function at(value, key, position)
  if type(value) ~= "table" then
    return nil
  end
  if value[key] == nil and position ~= nil then
    return value[position]
  end
  return value[key]
end

local declared = {_lookup(revision_path)}
local observed = {observed}
local reported = {_lookup(reported_revision_path(revision_path))}
local ready = {_lookup(READY_PATH)}

if type(declared) ~= "string" or declared == "" then
  return {{status = "Degraded", message = {_quoted(f"no revision at {revision_path}")}}}
end
-- Right after an apply the status is still that of the last generation.
if observed == nil or observed ~= {generation} or (reported ~= nil and reported ~= declared) then
  return {{status = "Progressing", message = "the operator has not said yet that it has seen " .. declared}}
end
if reported ~= declared then
  return {{status = "Progressing", message = "the operator does not say that it is at " .. declared}}
end
if ready ~= true then
  return {{status = "Progressing", message = "not ready yet at " .. declared}}
end
return {{status = "Healthy", message = "ready at " .. declared}}
"""


def _lookup(pointer: str) -> str:
    """Return the Lua expression for what a JSON Pointer leads to. Lua's lists begin at 1."""
    found = "obj"
    for part in split(pointer):
        position = f", {int(part) + 1}" if part.isdecimal() and len(part) < 10 else ""
        found = f"at({found}, {_quoted(part)}{position})"
    return found


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
