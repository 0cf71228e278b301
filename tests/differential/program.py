"""The part of this program that must be exact, as it is or with one of its special cases taken out."""

from __future__ import annotations

import inspect
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

import kubectl_express.core as package
from kubectl_express.core import (
    gojson,
    goyaml_parser,
    hashing,
    kubectl_yaml,
    plain_yaml,
    yaml_chunks,
    yaml_parser,
    yaml_scalars,
    yaml_values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubectl_express.core.values import Value

MODULES = (
    gojson, hashing, yaml_scalars, yaml_values, goyaml_parser, yaml_parser, yaml_chunks, plain_yaml, kubectl_yaml,
)  # fmt: skip
"""Those that must be exact, in the order in which they import each other."""


@dataclass(frozen=True, slots=True)
class Program:
    """The modules that are compared."""

    gojson: Any
    hashing: Any
    goyaml_parser: Any
    kubectl_yaml: Any

    def read(self, text: str, *, pure: bool = False) -> list[Value]:
        """Return the values of a text's documents; `pure` reads without libyaml."""
        parser = self.goyaml_parser.GoParser if pure else None
        return [document.value for document in self.kubectl_yaml.read_documents(text, "text", parser)]


AS_IT_IS = Program(gojson, hashing, goyaml_parser, kubectl_yaml)


@dataclass(frozen=True, slots=True)
class Replaced:
    """A mutant: a piece of a module's source, which is there just once, is another one."""

    module: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.module}: {self.new!r} for {self.old!r}"

    def source(self, source: str) -> str:
        if source.count(self.old) != 1:
            raise AssertionError(f"{self.old!r} stands {source.count(self.old)} times in {self.module}")
        return source.replace(self.old, self.new)

    def change(self, module: ModuleType) -> None:
        """Leave the module alone: its source was changed."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A mutant: an entry of a module's table, or of a class, is not there. `table` is its name: `Class.table`."""

    module: str
    table: str
    entry: str

    def __str__(self) -> str:
        return f"{self.module}: {self.table} without {self.entry!r}"

    def source(self, source: str) -> str:
        return source

    def change(self, module: ModuleType) -> None:
        *path, name = self.table.split(".")
        owner: Any = module
        for part in path:
            owner = getattr(owner, part)
        table = getattr(owner, name)
        if isinstance(table, type):
            delattr(table, self.entry)
        elif isinstance(table, dict):
            setattr(owner, name, {key: value for key, value in table.items() if key != self.entry})
        elif isinstance(table, frozenset):
            setattr(owner, name, table - {self.entry})
        elif isinstance(table, str):
            setattr(owner, name, table.replace(self.entry, ""))
        else:
            setattr(owner, name, tuple(each for each in table if self.entry not in each))


Mutant: TypeAlias = Removed | Replaced


def _code(module: ModuleType) -> CodeType:
    loader: Any = module.__loader__
    code: CodeType = loader.get_code(module.__name__)
    return code


@contextmanager
def mutated(mutant: Mutant) -> Iterator[Program]:
    """Yield the program with a mutant's change, as modules of its own: nobody else's imports see it."""
    names = {module.__name__: module for module in MODULES}
    made: dict[str, ModuleType] = {}
    try:
        for full_name, original in names.items():
            short = full_name.rpartition(".")[2]
            module = made[short] = ModuleType(full_name)
            sys.modules[full_name] = module
            setattr(package, short, module)
            if short == mutant.module:
                exec(compile(mutant.source(inspect.getsource(original)), full_name, "exec"), module.__dict__)  # noqa: S102
                mutant.change(module)
            else:
                exec(_code(original), module.__dict__)  # noqa: S102
        yield Program(made["gojson"], made["hashing"], made["goyaml_parser"], made["kubectl_yaml"])
    finally:
        for full_name, original in names.items():
            sys.modules[full_name] = original
            setattr(package, full_name.rpartition(".")[2], original)
