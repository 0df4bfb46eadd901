"""The frames of running procedures: how they are entered, what stands where in them, what may be forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lockmodel.engine.local import COMING, Frame, LocalState
from lockmodel.ir.layout import Layout, argument_value
from lockmodel.ir.nodes import Await, Call, Procedure, Variable
from lockmodel.ir.values import UNINITIALISED
from lockmodel.source import NOWHERE, Site


@dataclass(slots=True)
class Open:
    """A frame while a step runs."""

    procedure: str
    at: int
    values: list[int]

    @staticmethod
    def of(frame: Frame) -> Open:
        """A frame taken up again."""
        return Open(frame.procedure, frame.at, list(frame.values))


class Frames:
    """What the interpreter knows of a program's procedures. `clear_dead`: forget named locals that will not be read."""

    def __init__(self, layout: Layout, *, clear_dead: bool) -> None:
        self.layout = layout
        self.procedures = layout.program.procedures
        self.clear_dead = clear_dead
        self._variables = {name: variables(procedure) for name, procedure in self.procedures.items()}
        self._slots = {name: {v.name: n for n, v in enumerate(known)} for name, known in self._variables.items()}

    def slot(self, procedure: str, local: str) -> int:
        """The place of a local in its frame."""
        return self._slots[procedure][local]

    def variable(self, procedure: str, local: str) -> Variable:
        """A local, as it was declared."""
        return self._variables[procedure][self._slots[procedure][local]]

    def enter(self, procedure: str, arguments: Sequence[int]) -> Open:
        """A frame at the beginning of a procedure."""
        values = [UNINITIALISED] * len(self._variables[procedure])
        values[: len(arguments)] = arguments
        return Open(procedure, 0, values)

    def enter_thread(self, thread: int) -> Open:
        """The frame in which a thread begins."""
        record = self.layout.setup.threads[thread]
        return self.enter(record.procedure, [argument_value(self.layout, argument) for argument in record.arguments])

    def before_it_comes(self, thread: int) -> LocalState:
        """The local state of an RCU callback that does not run."""
        frame = self.enter_thread(thread)
        live = needed(self.procedures[frame.procedure], frame.at, begins=True)
        return LocalState(thread, (Frame(frame.procedure, frame.at, self.clean(frame, live)),), phase=COMING)

    def clean(self, frame: Open, live: frozenset[str]) -> tuple[int, ...]:
        """The values of a frame, those forgotten that will not be read: temporaries always, named ones if asked."""
        return tuple(
            value if variable.name in live or not (self.clear_dead or variable.temporary) else UNINITIALISED
            for variable, value in zip(self._variables[frame.procedure], frame.values, strict=True)
        )

    def sites(self, frames: Sequence[Frame | Open]) -> tuple[Site, ...]:
        """The call stack, innermost first; a condition and the line that awaits it are one place."""
        sites: list[Site] = []
        for frame in reversed(frames):
            waits = self.procedures[frame.procedure].code[frame.at]
            if not (isinstance(waits, Await) and sites[-1:] == [waits.site]):
                sites.append(waits.site)
        return tuple(sites)

    def place(self, frames: Sequence[Frame | Open]) -> Site:
        """The innermost frame that is no helper; the outermost where all are."""
        site = NOWHERE
        for frame in reversed(frames):
            procedure = self.procedures[frame.procedure]
            site = procedure.code[frame.at].site
            if not procedure.helper:
                return site
        return site


def needed(procedure: Procedure, at: int, *, begins: bool = False) -> frozenset[str]:
    """The locals of a frame that stands here that may yet be read: of a caller, after the call that it waits for.

    `begins`: it has run nothing yet, so that it waits for no call.
    """
    waits = procedure.code[at]
    if isinstance(waits, Call) and not begins:
        return procedure.live[at + 1] - set(waits.results)
    return procedure.live[at]


def variables(procedure: Procedure) -> tuple[Variable, ...]:
    """What a frame of the procedure holds, in order."""
    return (*procedure.parameters, *procedure.locals)
