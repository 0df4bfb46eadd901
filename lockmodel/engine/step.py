"""The interpreter of the IR: the one definition of the semantics.

Takes a thread's local state and something that answers reads; makes one step, which is one visible instruction and the
local code after it up to the next visible one; gives a `Step` with all that it read, wrote and did. It remembers
nothing between steps: the same local state and the same values read give the same step.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from lockmodel.engine.frames import Frames, Open
from lockmodel.engine.local import COMING, LocalState, Step, Violation
from lockmodel.engine.memory import Halt
from lockmodel.engine.move import Move, Source
from lockmodel.engine.remembered import Remembered
from lockmodel.ir.form import SIGNALS, fails
from lockmodel.ir.layout import Layout
from lockmodel.ir.nodes import (
    Choose,
    Claim,
    Instruction,
    Operate,
)
from lockmodel.ir.types import RefType
from lockmodel.source import Site


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a claim came to: the locations it read, in order, its violation if it fails, whether it said anything."""

    reads: tuple[int, ...]
    violation: Violation | None
    said: bool = True


class Stepper:
    """Makes steps of one scenario. `clear_dead` forgets named locals that will not be read and freed memory.

    `remembered` are steps that were made already, as far as they are kept.
    """

    def __init__(self, layout: Layout, *, clear_dead: bool = True, remembered: Remembered | None = None) -> None:
        self.layout = layout
        self.program = layout.program
        self.code = Frames(layout, clear_dead=clear_dead)
        self.remembered = remembered

    def begin(self) -> tuple[bytes, list[Step]]:
        """The local code of every thread before any step, one after the other: shared memory after it, and what it did.

        What one thread wrote (ghosts) the next one finds, as in every later step.
        """
        state, begun = self.layout.initial, []
        for thread in range(len(self.layout.setup.threads)):
            begun.append(self.start(thread, functools.partial(self.layout.read, state)))
            state = self.layout.written(state, begun[-1].writes)
        return state, begun

    def start(self, thread: int, source: Source) -> Step:
        """The local code before a thread's first step; no step itself. (An interrupt's has to wait until it comes.)"""
        record = self.layout.setup.threads[thread]
        frame = self.code.enter_thread(thread)
        known = record.numbered or any(owner == thread for _, owner in self.layout.pools)
        phase = COMING if record.level != "process" else -1
        local = LocalState(thread if known else -1, (), (), self._private(thread, source), phase=phase)
        move = Move(self.code, local, source, [frame], 0)
        move.memory.again = phase == COMING
        step = move.finish(lambda: move.requirements(frame) if record.callback is None else None, "starts", "")
        self._ask(*step.ran)
        return step

    def step(self, local: LocalState, source: Source, choice: int = 0) -> Step:
        """One step of a thread that has not ended. `choice` picks among the alternatives where there are several."""
        known = self.remembered.find(local, choice, source) if self.remembered else None
        if known is not None:
            return known
        move = Move(self.code, local, source, [Open.of(f) for f in local.frames], choice)
        step = move.finish(move.visible, "", "")
        if self.remembered:
            self.remembered.keep(local, choice, step)
        return step

    def choices(self, local: LocalState) -> int:
        """How many alternatives the next step has."""
        if local.phase == COMING:
            callback = self.layout.setup.threads[local.pool].callback
            return 1 if callback is None else 1 + len(callback.cpus)
        match self.instruction(local):
            case Choose(_, options):
                return len(options)
            case Operate("kmem_cache_alloc" | "kmem_cache_zalloc", cache=cache):
                self._ask(fails(cache))
                return 2 if self.program.caches[cache].may_fail else 1
            case Operate("schedule" | "cond_wait"):
                return 2 if self.program.spurious_wakeups and local.phase == -1 else 1
            case Operate("down_interruptible") if self.program.two_move_up and local.phase == -1:
                return 1  # it sleeps only once it stands in line
            case Operate("down_interruptible" | "mutex_lock_interruptible" | "mutex_lock_interruptible_nested"):
                self._ask(SIGNALS)
                return 2 if self.program.signals else 1
            case Operate("cond_signal"):
                return self.layout.places
            case _:
                return 1

    def _ask(self, *names: str) -> None:
        if self.remembered:
            self.remembered.ask(names)

    def wakes_itself(self, local: LocalState, choice: int) -> bool:
        """Is an alternative of the next step to wake for no reason?"""
        if not choice or local.phase == COMING:
            return False
        match self.instruction(local):
            case Operate("schedule" | "cond_wait"):
                return True
        return False

    def need_not_come(self, local: LocalState) -> bool:
        """Is it an interrupt that has not come? An RCU callback does come."""
        return local.phase == COMING and self.layout.setup.threads[local.pool].callback is None

    def instruction(self, local: LocalState) -> Instruction:
        """The visible instruction that the thread stands at."""
        frame = local.frames[-1]
        return self.program.procedures[frame.procedure].code[frame.at]

    def sites(self, local: LocalState) -> tuple[Site, ...]:
        """The call stack, innermost first."""
        return self.code.sites(local.frames)

    def place(self, local: LocalState) -> Site:
        """The innermost frame that is no helper."""
        return self.code.place(local.frames)

    def judge(self, claim: Claim, objects: Sequence[int], source: Source) -> Judgement:
        """A claim about these objects, in one state.

        Where it reads what was never set (an object that is still being made) it says nothing.
        """
        frame = self.code.enter(claim.procedure, objects)
        move = Move(self.code, LocalState(-1, ()), source, [], 0)
        names = tuple(self.layout.objects[n].name for n in objects)
        about = f" of {', '.join(names)}" if names else ""
        detail = ""
        try:
            if not move.truth(move.evaluate_procedure(frame)):
                detail = f"{claim.name}{about} does not hold"
        except Halt:
            if move.memory.violations[-1].rule == "LM307":
                return Judgement(tuple(move.memory.reads), None, said=False)
            detail = f"{claim.name}{about} cannot be judged: {move.memory.violations[-1].detail}"
        reads = tuple(move.memory.reads)
        move.memory.close()
        if not detail:
            return Judgement(reads, None)
        return Judgement(reads, Violation("LM701", detail, claim.site, (claim.site,), objects=names, claim=claim.name))

    # --- what only one thread can reach ---------------------------------------------------------------------------

    def _private(self, thread: int, source: Source) -> tuple[int, ...]:
        """The objects that only this thread can reach at the start, by its arguments."""
        mine = self._reach(self._roots(thread), source)
        others: list[int] = list(range(1, len(self.program.globals) + 1))
        for other in range(len(self.layout.setup.threads)):
            others.extend(self._roots(other) if other != thread else ())
        theirs = self._reach(others, source)
        return tuple(number for number in sorted(mine) if number not in theirs)

    def _roots(self, thread: int) -> list[int]:
        record = self.layout.setup.threads[thread]
        types = [v.type for v in self.program.procedures[record.procedure].parameters]
        return [
            argument.value
            for argument, kind in zip(record.arguments, types, strict=True)
            if argument.field or (isinstance(kind, RefType) and argument.value)
        ]

    def _reach(self, roots: Sequence[int], source: Source) -> set[int]:
        found: set[int] = set()
        waiting = list(roots)
        while waiting:
            number = waiting.pop()
            if number not in found:
                found.add(number)
                waiting.extend(self.layout.referred(number, source))
        return found
