"""The judge on trial: the repaired flagship with one thing missing at a time, made by program.

Every lock operation, every get and put and every change of a counter is dropped in turn, and every test in the paths
that add a watch or take one away is decided in advance, both ways. A mutant is *caught* if some small scenario of it
has a finding, or the warning that a thread never ends. One that is not must stand in `EXPLAINED`, with the reason why
it breaks no rule.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.exploration import Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.step import Stepper
from lockmodel.ir.layout import Layout, reachable
from lockmodel.ir.nodes import Branch, Call, Instruction, Jump, Operate, Procedure, Program
from lockmodel.language.model import Model
from lockmodel.properties.judge import RuleJudge

SPEC = str(Path(__file__).parent.parent / "specs" / "spine.py")
LOCKING = {"down", "up", "spin_lock", "spin_unlock", "mutex_lock", "mutex_unlock"}
COUNTING = {"atomic_inc", "atomic_dec"}
DECIDED = {"inotify_unmount_inodes", "inotify_release", "inotify_ignore", "sys_inotify_add_watch"}
"""Procedures whose tests are decided in advance."""


EXPLAINED: dict[str, str] = {
    "unmount_inodes_that_pins_where_it_stands:581 always": (
        "It gets and puts an inode that rests in the cache with count 0. The comment at 575 calls that violent, not "
        "wrong; what it evicts is not modelled."
    ),
    "unmount_inodes_that_pins_where_it_stands:589 never": (
        "Among these paths an inode is WILL_FREE or FREEING only with count 0, which 581 has passed over already."
    ),
    "sys_inotify_add_watch:952 always": "An add_watch that is refused changes nothing.",
    "sys_inotify_add_watch:952 never": "Every thread asks for something.",
    "sys_inotify_add_watch:969 never": "No allocation fails as long as the switch for that is off.",
}
"""Mutants that are no bugs, each with the reason."""


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
def flagship() -> tuple[Model, Program]:
    """The model and its repaired program."""
    model = load(SPEC)
    return model, compile_model(model, "repaired", {})


def mutants() -> Iterator[Mutant]:
    """Every mutant, in the order of the program."""
    _, program = flagship()
    entered = {
        "inotify_inode_queue_event",
        "inotify_dentry_parent_queue_event",
        "invalidate_inodes",
        "inotify_release",
        "inotify_ignore",
        "sys_inotify_add_watch",
    }
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
            case Branch(_, then, orelse) if procedure.name in DECIDED:
                yield Mutant(f"{where} always", procedure.name, at, Jump(then, instruction.site))
                yield Mutant(f"{where} never", procedure.name, at, Jump(orelse, instruction.site))
            case _:
                pass


def scenarios() -> list[str]:
    """Those of two or three threads, cheapest first; more threads show nothing that these do not."""
    model, _ = flagship()
    return sorted((n for n in model.scenarios if "/" in n), key=lambda n: ("two-" in n or "invalidate" in n, n))


def first_finding(program: Program, changed: str = "") -> tuple[str, str] | None:
    """The first scenario with a finding or a warning, and which; None where every one is verified without one.

    Those in which no thread can come to the procedure `changed` are as they were, and passed over.
    """
    model, _ = flagship()
    for name in scenarios():
        setup = lower_scenario(model, model.scenarios[name], program)
        if changed and not any(changed in reachable(program, thread.procedure) for thread in setup.threads):
            continue
        stepper = Stepper(Layout(program, setup))
        found = Search(stepper, RuleJudge(stepper), Limits(states=200_000), stop_at=lambda rule: True).run()
        if found.hits:
            return name, found.hits[0].violation.rule
        assert not found.reason, f"{name}: {found.reason}"
        if not all(found.ended):
            return name, "a thread that never runs to its end under any schedule"
    return None


def test_the_repaired_flagship_has_no_finding() -> None:
    _, program = flagship()
    assert first_finding(program) is None


@pytest.mark.parametrize("mutant", list(mutants()), ids=lambda mutant: mutant.name)
def test_every_mutant_is_caught_or_explained(mutant: Mutant) -> None:
    _, program = flagship()
    caught = first_finding(mutant.apply(program), mutant.procedure)
    explained = EXPLAINED.get(mutant.name)
    if explained is not None:
        assert caught is None, f"{mutant.name} is caught ({caught}), so it needs no explanation: {explained}"
    else:
        assert caught is not None, f"{mutant.name} has no finding in any small scenario"
