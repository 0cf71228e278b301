"""What is broken in which way, and what reads it: each target tries one input, made by chance."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubectl_express.core import gojson
from kubectl_express.core.settings import Settings
from kubectl_express.errors import ExpressError
from kubectl_express.sources.configuration import load
from kubectl_express.sources.kubeconfig import ConnectionOptions, context_names, resolve
from kubectl_express.sources.sides import Sides
from tests.reliability.fuzz import mutants, seeds
from tests.reliability.fuzz.runs import answering, checked_run

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from kubectl_express.core.values import Value

FORMATS = ("table", "wide", "json", "yaml", "name", "markdown")
SHARED = """\
configMaps: {revisionKey: "nodes.json#/{node}/revision", dataKey: "nodes.json#/{node}/data"}
redact: [/image/tag, /a/0]
"""


@cache
def _folder() -> Path:
    """Return a folder of this process's own, with a sound rendering and a configuration of all nodes in one key."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    (folder / "sound.yaml").write_text(seeds.rendering())
    (folder / "shared.express.yaml").write_text(SHARED)
    (folder / "none.express.yaml").write_text("")
    return folder


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _stream(documents: list[Any], chance: random.Random) -> bytes:
    """Return documents as a file, as YAML or JSON, at times broken once more as a text or as bytes."""
    write = chance.choice((mutants.as_json, mutants.as_yaml, mutants.as_json))
    try:
        data = _bytes(write(documents))
    except (ValueError, TypeError):
        data = _bytes(mutants.as_json(documents))
    return mutants.broken_bytes(data, chance) if chance.randrange(8) == 0 else data


def _some_of_the_rendering(chance: random.Random) -> str:
    """Return the text of the first few documents, or all."""
    documents = seeds.rendering().split("\n---\n")
    return "\n---\n".join(documents[: chance.choice((2, 3, 5, 30))])


def _broken_objects(objects: tuple[Any, ...], chance: random.Random) -> list[Any]:
    """Return some of the objects, some broken, some twice."""
    kept = list(objects[: chance.choice((2, 4, 30))])
    for _ in range(chance.randint(1, 2)):
        index = chance.randrange(len(kept))
        kept[index] = mutants.broken_value(kept[index], chance)
    return [*kept, chance.choice(kept)] if chance.randrange(6) == 0 else kept


def _command(chance: random.Random) -> list[str]:
    commands = (
        ["revisions", "-f", "-"],
        ["inspect", "--all", "-f", "-"],
        ["inspect", "be1", "-f", "-"],
        ["verify", "-f", "-"],
        ["diff", "-f", "-", "--against", "sound.yaml", "--objects"],
        ["diff", "-f", "sound.yaml", "--against", "-"],
        ["verify", "-f", "-", "--against", "sound.yaml"],
        ["inspect", "--all", "-f", "-", "--against", "sound.yaml"],
    )
    command = chance.choice(commands)
    forms = (*FORMATS, "data") if command[0] == "inspect" and "--against" not in command else FORMATS
    return [*command, "-o", chance.choice(forms), *chance.choice(([], [], ["-v"]))]


def manifests(chance: random.Random) -> None:
    """Read a rendering that is broken as a text, or whose objects are."""
    if chance.random() < 0.5:
        data = _bytes(mutants.broken_text(_some_of_the_rendering(chance), chance))
    else:
        data = _stream(_broken_objects(seeds.objects(), chance), chance)
    checked_run([*_command(chance), "--config", "none.express.yaml"], data, _folder())


def one_key(chance: random.Random) -> None:
    """Read a rendering that keeps all nodes in the JSON of one key, broken."""
    data = _stream(_broken_objects(seeds.shared_layout(), chance), chance)
    checked_run([*_command(chance), "--config", "shared.express.yaml"], data, _folder())


def configuration(chance: random.Random) -> None:
    """Read a broken `.express.yaml`, and a sound rendering by what it says."""
    name = "broken.express.yaml"
    data = _bytes(mutants.broken_text(seeds.CONFIGURATION, chance))
    if chance.randrange(3) == 0:
        data = _bytes(mutants.written(mutants.broken_value(_settings(), chance)))
    (_folder() / name).write_bytes(mutants.broken_bytes(data, chance) if chance.randrange(8) == 0 else data)
    if chance.randrange(4):
        try:
            load(Path(name), _folder())
        except ExpressError:
            return
    command = chance.choice(
        (
            ["revisions", "-f", "sound.yaml"],
            ["verify"],
            ["revisions", "--chart"],
            ["inspect", "--all", "-f", "sound.yaml"],
        )
    )
    checked_run([*command, "-o", chance.choice(FORMATS), "--config", name, "--context", "yul1"], b"", _folder())


@cache
def _settings() -> Any:
    import yaml

    return yaml.safe_load(seeds.CONFIGURATION)


def kubeconfig(chance: random.Random) -> None:
    """Read a broken kubeconfig as far as it says whom to ask, and as whom; nothing is sent, and no plugin is run."""
    file = _folder() / "kubeconfig"
    data = _bytes(mutants.broken_text(seeds.KUBECONFIG, chance))
    if chance.randrange(3) == 0:
        data = _bytes(mutants.written(mutants.broken_value(_kubeconfig(), chance)))
    file.write_bytes(mutants.broken_bytes(data, chance) if chance.randrange(8) == 0 else data)
    options = ConnectionOptions(kubeconfig=str(file), context=chance.choice((None, "yul1", "fra2")))
    for read in (resolve, context_names):
        with contextlib.suppress(ExpressError):
            read(options, {})


@cache
def _kubeconfig() -> Any:
    import yaml

    return yaml.safe_load(seeds.KUBECONFIG)


def helm_output(chance: random.Random) -> None:
    """Read what a helm printed that fails or is none: bytes that are no UTF-8 come as what stands for them."""
    data = _bytes(mutants.broken_text(_some_of_the_rendering(chance), chance))
    text = mutants.broken_bytes(data, chance).decode("utf-8", "surrogateescape")
    with contextlib.suppress(ExpressError):
        Sides().read(text, "chart", Settings(), origin="chart")


def json_texts(chance: random.Random) -> None:
    """Read broken JSON, and write what could be read: read again it is the same, and written again too."""
    whole = chance.choice(seeds.objects())
    text = mutants.written(mutants.broken_value(whole, chance), ascii_only=chance.random() < 0.5)
    if chance.random() < 0.5:
        text = mutants.broken_text(text, chance)
    try:
        value = gojson.decode(text)
    except gojson.InvalidJSON:
        return
    written = gojson.encode(value)
    again: Value = gojson.decode(written)
    assert gojson.same(value, again)


def live(chance: random.Random) -> None:
    """Read a cluster one of whose answers is broken: an object's parameters, who owns what, a record, a schema, …"""
    contents = _sound_answers()
    for _ in range(chance.choice((1, 1, 2))):
        name = chance.choice(tuple(contents))
        contents = {**contents, name: _broken_answer(name, chance)}
    commands: tuple[list[str], ...] = (
        ["revisions"],
        ["inspect", "--all"],
        ["diff", "-f", "sound.yaml"],
        ["diff", "-f", "sound.yaml", "--objects"],
        ["verify", "--live"],
        ["rollout", "status"],
        ["rollout", "history"],
        ["rollout", "-f", "sound.yaml", "--dry-run=client"],
        ["rollout", "undo", "--dry-run=client"],
    )
    command = chance.choice(commands)
    forms = ("table", "wide", "json") if command[0] == "rollout" else FORMATS
    verbose = chance.choice(([], [], ["-v"]))
    server = ["--server", "http://127.0.0.1:1", "--namespace", "systemdcrtest3", "--config", "none.express.yaml"]
    with answering(contents):
        checked_run([*command, "-o", chance.choice(forms), *server, *verbose], b"", _folder())


@cache
def _sound_answers() -> dict[str, bytes]:
    return {name: json.dumps(answer).encode() for name, answer in seeds.answers().items()}


def _broken_answer(name: str, chance: random.Random) -> bytes:
    sound = seeds.answers()[name]
    if chance.randrange(8) == 0:
        return mutants.broken_bytes(_sound_answers()[name], chance)
    if chance.randrange(8) == 0:
        return _bytes(mutants.broken_text(_sound_answers()[name].decode(), chance))
    if name.startswith("express-rollout") or (name == "secrets" and chance.randrange(2)):
        return _bytes(mutants.written(_broken_record(sound, chance)))
    items = sound.get("items")
    if not items or chance.randrange(8) == 0:
        return _bytes(mutants.written(mutants.broken_value(sound, chance), ascii_only=chance.random() < 0.5))
    index = chance.randrange(len(items))
    broken = mutants.broken_value(items[index], chance)
    return _bytes(mutants.written({**sound, "items": [*items[:index], broken, *items[index + 1 :]]}))


def _broken_record(answer: Any, chance: random.Random) -> Any:
    """Return a Secret of a rollout, or a list of one, with what it keeps broken inside the compression."""
    answer = json.loads(json.dumps(answer))
    data = answer["items"][0]["data"] if "items" in answer else answer["data"]
    key = chance.choice(tuple(data))
    content = base64.b64decode(data[key])
    packed = content[:2] == b"\x1f\x8b"
    value = mutants.written(mutants.broken_value(json.loads(gzip.decompress(content) if packed else content), chance))
    data[key] = base64.b64encode(gzip.compress(_bytes(value), 1) if packed else _bytes(value)).decode()
    return answer


TARGETS: dict[str, Callable[[random.Random], None]] = {
    each.__name__: each for each in (manifests, one_key, configuration, kubeconfig, helm_output, json_texts, live)
}
