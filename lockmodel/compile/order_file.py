"""A declared lock order in a file of its own, as `lockmodel order --emit toml` writes it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from lockmodel.compile.hierarchy import join_chains
from lockmodel.errors import SpecError
from lockmodel.ir.hierarchy import Chain, Hierarchy
from lockmodel.ir.nodes import Program
from lockmodel.ir.types import LockType
from lockmodel.source import Site


def read_order(path: str, program: Program) -> Hierarchy:
    """The order that a file declares for a program; SpecError where it is none."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"cannot be read: {error}", path=path) from error
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"is no TOML: {error}", path=path) from error
    declared = document.get("chains")
    if not isinstance(declared, list) or not all(
        isinstance(chain, list) and all(isinstance(name, str) for name in chain) for chain in declared
    ):
        raise SpecError(
            "has no `chains`", path=path, remedy='Write `chains = [["inode_lock", "Inode.sem"]]`, outermost first.'
        )
    lines = text.splitlines()
    chains = [Chain(tuple(chain), Site("", path, _line(lines, chain))) for chain in declared]
    return join_chains(chains, _classes(program), program.hierarchy.ranks)


def _line(lines: list[str], chain: list[str]) -> int:
    """The line on which a chain stands, or that on which it begins."""
    for wanted in (chain, chain[:1]):
        text = ", ".join(f'"{name}"' for name in wanted)
        for number, line in enumerate(lines, start=1):
            if f"[{text}" in line.replace("'", '"'):
                return number
    return 1


def _classes(program: Program) -> dict[str, LockType]:
    locks = {item.name for item in program.globals if item.lock}
    return {
        struct.name if struct.name in locks else f"{struct.name}.{field.name}": field.type
        for struct in program.structs.values()
        for field in struct.fields
        if isinstance(field.type, LockType)
    }
