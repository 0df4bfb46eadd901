"""The judge on trial: the repaired flagship with one thing missing at a time, made by program.

Every lock operation, every get and put, every re-check that a repair added is dropped in turn. A mutant is *caught* if
some pair scenario of it has a finding. One that is not must stand in `EXPLAINED`, with the reason why it is no bug.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.explore import Limits, Search
from lockmodel.engine.step import Stepper
from lockmodel.ir.layout import Layout, reachable
from lockmodel.ir.nodes import Branch, Call, Instruction, Jump, Operate, Procedure, Program
from lockmodel.language.model import Model
from lockmodel.properties.judge import RuleJudge

SPEC = str(Path(__file__).parent.parent / "specs" / "inotify.py")
LOCKING = {"down", "up", "spin_lock", "spin_unlock", "mutex_lock", "mutex_unlock"}
COUNTING = {"atomic_inc", "atomic_dec"}


@dataclass(frozen=True)
class Mutant:
    """One change: at instruction `at` of `procedure`, `becomes` stands in the place of what was there."""

    name: str
    procedure: str
    at: int
    becomes: Instruction

    def apply(self, program: Program) -> Program:
        """The program with this change."""
        procedure = program.procedures[self.procedure]
        code = (*procedure.code[: self.at], self.becomes, *procedure.code[self.at + 1 :])
        changed = dataclasses.replace(procedure, code=code)
        return dataclasses.replace(program, procedures={**program.procedures, self.procedure: changed})


@cache
def flagship() -> tuple[Model, Program, Program]:
    """The model, its repaired program and the one of 2005."""
    model = load(SPEC)
    return model, compile_model(model, "repaired", {}), compile_model(model, None, {})


def mutants() -> Iterator[Mutant]:
    """Every mutant, in the order of the program."""
    _, program, _ = flagship()
    entered = {"inotify_inode_queue_event", "invalidate_inodes", "inotify_release", "inotify_ignore"}
    names = dict.fromkeys(name for path in sorted(entered) for name in reachable(program, path))
    for name in names:
        procedure = program.procedures[name]
        if not procedure.atomic:
            yield from _mutants_of(procedure, program)


def _mutants_of(procedure: Procedure, program: Program) -> Iterator[Mutant]:
    for at, instruction in enumerate(procedure.code):
        where = f"{instruction.site.procedure}:{instruction.site.source.rpartition(':')[2] or instruction.site.line}"
        gone = Jump(at + 1, instruction.site)
        match instruction:
            case Operate(operation) if operation in LOCKING | COUNTING:
                yield Mutant(f"{where} without {operation}", procedure.name, at, gone)
            case Call(callee) if program.procedures[callee].helper and not instruction.results:
                yield Mutant(f"{where} without {callee}", procedure.name, at, gone)
            case Branch(_, then, _) if _rechecks(instruction, procedure):
                yield Mutant(f"{where} without its re-check", procedure.name, at, Jump(then, instruction.site))


def _rechecks(branch: Branch, procedure: Procedure) -> bool:
    """Is this a test that a repair added: in a procedure of the design, on a line that looks a watch up again?"""
    line = Path(SPEC).read_text().splitlines()[branch.site.line - 1]
    return "idr_find" in line and " is " in line
