"""The same threads, one of which may stop for good: how a search that does not visit every state finds data races.

Two next steps in one state are nothing that a reduced search keeps; what steps show is. So the program gets one more
alternative, at the local states that are suspects: a thread whose next step writes may stop before it, which it writes
down in the mark of the layout. A suspect that finds somebody stopped looks at both steps as they would be made in the
state at hand; if they race it says so (and the execution ends), if not it cannot take the alternative now.

That is exact. A thread that has stopped is still where it was, so without the stop the schedule is one of the original
program, and both steps are next at its end, as they were looked at. The other way round: to a state with a race, take
the schedule that leads there, let one of the two that writes stop, then the other one look. So the shortest schedule
to a race is two steps shorter than the shortest one here.

Everything else that the steps show is left out: it was found already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lockmodel.engine.collect import attempt
from lockmodel.engine.local import LocalState, Outcome, Step, Violation
from lockmodel.engine.move import Source
from lockmodel.engine.races import plain, races
from lockmodel.engine.remembered import Remembered
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import Move
from lockmodel.errors import InternalError
from lockmodel.ir.layout import Layout

STOP = 1
"""The alternative of a suspect to stop, or to say who it races with. (A step with accesses has no others.)"""


class StoppingStepper(Stepper):
    """Makes steps, and stops, of one scenario. Its layout has a mark."""

    def __init__(
        self,
        layout: Layout,
        suspects: Iterable[LocalState],
        *,
        clear_dead: bool = True,
        remembered: Remembered | None = None,
    ) -> None:
        super().__init__(layout, clear_dead=clear_dead, remembered=remembered)
        self._suspects = dict.fromkeys(suspects)
        self._stopped: list[LocalState] = []
        self._numbers: dict[LocalState, int] = {}

    def start(self, thread: int, source: Source) -> Step:
        """The local code before a thread's first step."""
        return _quiet(super().start(thread, source))

    def choices(self, local: LocalState) -> int:
        """How many alternatives the next step has."""
        if local.stopped:
            return 0
        return STOP + 1 if local in self._suspects else super().choices(local)

    def step(self, local: LocalState, source: Source, choice: int = 0) -> Step:
        """One step, or the alternative to it."""
        if local in self._suspects and choice == STOP:
            return self._stop(local, source)
        return _quiet(super().step(local, source, choice))

    def _stop(self, local: LocalState, source: Source) -> Step:
        reads: dict[int, int] = {}

        def look(location: int) -> int:
            if location not in reads:
                reads[location] = source(location)
            return reads[location]

        stopped = look(self.layout.mark)
        mine = super().step(local, look)
        found: list[Violation] = []
        if stopped:
            other = self._stopped[stopped - 1]
            found = races(self, [(0, local, mine.accesses), (1, other, super().step(other, look).accesses)])
        may = not stopped and any(access.writes for access in plain(mine.accesses))
        return replace(
            _quiet(mine),
            outcome=Outcome.HALTED if found else Outcome.MOVED if may else Outcome.BLOCKED,
            reads=tuple(reads.items()),
            writes=((self.layout.mark, self._number(local)),) if may else (),
            after=replace(local, stopped=True) if may else None,
            violations=tuple(found),
            wants=-1,
            pool=None,
            covered=(),
        )

    def _number(self, local: LocalState) -> int:
        number = self._numbers.get(local)
        if number is None:
            self._stopped.append(local)
            number = self._numbers[local] = len(self._stopped)
        return number

    def without_stops(self, schedule: Sequence[Move]) -> tuple[Move, ...]:
        """The schedule of the original program that a schedule to a race is."""
        state, begun = self.begin()
        locals_ = [step.after or LocalState(thread, ()) for thread, step in enumerate(begun)]
        kept: list[Move] = []
        for thread, choice in schedule[:-1]:
            state, step = attempt(self, state, locals_, thread, choice)
            if step.after is None:
                raise InternalError("a schedule to a data race goes on where the execution has ended")
            state, locals_[thread] = self.layout.written(state, step.writes), step.after
            if not step.after.stopped:
                kept.append((thread, choice))
        return tuple(kept)


def _quiet(step: Step) -> Step:
    return replace(step, violations=(), notes=(), asked=None)
