"""The states of a trace, told one after another: what is different after each step.

Takes a trace; gives an `Opening` and a `Beat` a step. Several traces of one scenario share the lists of cells, links
and nexts that their beats name.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from lockmodel.engine.collect import attempt
from lockmodel.engine.judging import View
from lockmodel.engine.local import LocalState, Outcome
from lockmodel.engine.step import Stepper
from lockmodel.engine.words import show_number, show_value
from lockmodel.findings.ending import value_of
from lockmodel.findings.heap import links_of, links_of_thread, status_of
from lockmodel.findings.playback import Beat, Cell, Link, Next, Opening, Origin
from lockmodel.findings.telling import step_told
from lockmodel.findings.trace import Moment, Trace
from lockmodel.ir.machine import MACHINE
from lockmodel.ir.types import (
    BoolType,
    EnumType,
    IntType,
    LedgerType,
    ListHeadType,
    LockType,
    RefType,
    Type,
    WaitQueueType,
)
from lockmodel.ir.values import DEAD, FREE, LIMIT, UNINITIALISED
from lockmodel.properties.waiting import wait_of

STATUS = {FREE: "", DEAD: "freed"}
STANDS = {Outcome.BLOCKED: "waits", Outcome.EXHAUSTED: "full"}

State = tuple[bytes, tuple[LocalState, ...]]

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Numbered(Generic[K, T]):
    """Things in the order in which they were first named, each once."""

    def __init__(self) -> None:
        self.items: list[T] = []
        self._numbers: dict[K, int] = {}

    def number(self, key: K, item: T) -> int:
        """The number of a thing, a new one if it was not named before."""
        known = self._numbers.setdefault(key, len(self.items))
        if known == len(self.items):
            self.items.append(item)
        return known


@dataclass(slots=True)
class _Scene:
    """What is known of one state: what each object and thread shows, each thread's locks and next step."""

    cells: dict[int, dict[int, str]]
    links: dict[int, list[int]]
    status: dict[int, str]
    held: list[list[str]]
    nexts: list[int]


class Film:
    """Tells traces of one scenario. An object is known by its number, a thread by -1 - its number."""

    def __init__(self, stepper: Stepper) -> None:
        self.stepper = stepper
        self.layout = stepper.layout
        self.names = [thread.name for thread in self.layout.setup.threads]
        self._cells: Numbered[tuple[int, int, str, str], Cell] = Numbered()
        self._links: Numbered[Link, Link] = Numbered()
        self._nexts: Numbered[Next, Next] = Numbered()
        self._numbers = [item.number for item in self.layout.objects[1:] if item.struct not in MACHINE]
        self._lists = [
            number
            for number in self._numbers
            if any(isinstance(field.type, ListHeadType) for field in self.layout.struct(number).fields)
        ]

    @property
    def cells(self) -> list[Cell]:
        """All that had a value so far."""
        return self._cells.items

    @property
    def links(self) -> list[Link]:
        """All references that there were so far."""
        return self._links.items

    @property
    def nexts(self) -> list[Next]:
        """All that a thread was about to do so far."""
        return self._nexts.items

    def objects(self) -> list[str]:
        """The objects that were there at some time, in the order of the layout; no global lock."""
        told = {cell.owner for cell in self.cells} | {
            name for link in self.links for name in (link.source, link.target)
        }
        return [
            self.layout.objects[number].name for number in self._numbers if self.layout.objects[number].name in told
        ]

    def play(self, trace: Trace) -> tuple[Opening, list[Beat]]:
        """A whole trace."""
        states = states_of(trace)
        memory, locals_ = states[0]
        scene = self._scene(memory, locals_)
        opening = Opening(
            [item for shown in scene.cells.values() for item in shown.items()],
            [link for links in scene.links.values() for link in links],
            [(self.layout.objects[number].name, status) for number, status in scene.status.items() if status],
            list(scene.held),
            list(scene.nexts),
        )
        origins = _Origins(self.stepper)
        beats = []
        for n, moment in enumerate(trace.moments, start=1):
            before = states[n - 1]
            after = states[n] if n < len(states) else (moment.after, before[1])
            mover = trace.moments[n - 2].thread if n > 1 else moment.thread
            beats.append(self._beat(n, moment, before, after, mover, scene, list(origins.of(n, moment))))
        return opening, beats

    def _beat(
        self, n: int, moment: Moment, before: State, after: State, mover: int, scene: _Scene, origins: list[Origin]
    ) -> Beat:
        """A step; the scene is that before it, and then that after it."""
        told = step_told(n, moment, self.layout)
        able = self._nexts.items[scene.nexts[mover]].stands in ("can", "full")
        switch = "" if mover == moment.thread else "free" if able else "forced"
        memory, locals_ = after
        stopped = moment.thread if moment.step.after is None else -1
        cells: list[tuple[int, str | None]] = []
        on: list[int] = []
        off: list[int] = []
        status = []
        for owner in self._touched(moment, before[0]):
            shown = self._shown(owner, memory, locals_)
            links = self._linked(owner, memory, locals_)
            was, had = scene.cells.get(owner, {}), scene.links.get(owner, [])
            cells += [(cell, value) for cell, value in shown.items() if was.get(cell) != value]
            cells += [(cell, None) for cell in was if cell not in shown]
            on += [link for link in links if link not in had]
            off += [link for link in had if link not in links]
            scene.cells[owner], scene.links[owner] = shown, links
            if owner >= 0 and (now := self._status(memory, owner)) != scene.status.get(owner):
                status.append((self.layout.objects[owner].name, now))
                scene.status[owner] = now
        held = self._held(locals_[moment.thread])
        nexts = [self._next(thread, memory, locals_, stopped) for thread in range(len(locals_))]
        beat = Beat(
            n=n,
            thread=told.thread,
            procedure=told.procedure,
            spec=told.spec,
            source=told.source or "",
            operation=told.operation,
            detail=told.detail,
            code=told.code,
            depth=len(told.stack) - 1,
            choice=moment.choice,
            switch=switch,
            cells=cells,
            on=on,
            off=off,
            status=status,
            held=held if held != scene.held[moment.thread] else None,
            nexts=[(thread, next_) for thread, next_ in enumerate(nexts) if next_ != scene.nexts[thread]],
            origins=origins,
            breaks=[f"{violation.rule} {violation.detail}" for violation in moment.step.violations if violation.broken],
        )
        scene.held[moment.thread], scene.nexts = held, nexts
        return beat

    def _touched(self, moment: Moment, before: bytes) -> list[int]:
        """The objects, and the thread, that may show something else after a step."""
        if moment.before != before:  # freed slots were reclaimed
            return [*self._numbers, -1 - moment.thread]
        written = {self.layout.locations[location].owner for location, _ in moment.step.writes}
        if any(self.layout.locations[location].part in ("next", "prev") for location, _ in moment.step.writes):
            written.update(self._lists)
        return [*(number for number in self._numbers if number in written), -1 - moment.thread]

    # --- one state ------------------------------------------------------------------------------------------------

    def _scene(self, memory: bytes, locals_: tuple[LocalState, ...]) -> _Scene:
        owners = [*self._numbers, *(-1 - thread for thread in range(len(locals_)))]
        return _Scene(
            {owner: self._shown(owner, memory, locals_) for owner in owners},
            {owner: self._linked(owner, memory, locals_) for owner in owners},
            {number: self._status(memory, number) for number in self._numbers},
            [self._held(local) for local in locals_],
            [self._next(thread, memory, locals_) for thread in range(len(locals_))],
        )

    def _status(self, memory: bytes, number: int) -> str:
        return STATUS.get(status_of(self.layout, memory, number), "live")

    def _held(self, local: LocalState) -> list[str]:
        return [
            self.layout.member_name(lock) + (" for reading" if lock in local.shared else "")
            for lock in dict.fromkeys(local.held)
        ]

    def _linked(self, owner: int, memory: bytes, locals_: tuple[LocalState, ...]) -> list[int]:
        """The references of an object that is there, or of a thread."""
        if owner < 0:
            links = links_of_thread(self.layout, memory, -1 - owner, locals_[-1 - owner])
        elif self._status(memory, owner):
            links = links_of(self.layout, memory, owner)
        else:
            return []
        known = [Link(link.source, link.target, link.label, link.kind) for link in links]
        return [self._links.number(link, link) for link in dict.fromkeys(known)]

    def _shown(self, owner: int, memory: bytes, locals_: tuple[LocalState, ...]) -> dict[int, str]:
        """What the fields of an object, or the locals of a thread, hold."""
        if owner < 0:
            return dict(self._locals(-1 - owner, locals_[-1 - owner]))
        return dict(self._fields(owner, memory, locals_)) if self._status(memory, owner) == "live" else {}

    def _fields(self, number: int, memory: bytes, locals_: tuple[LocalState, ...]) -> Iterator[tuple[int, str]]:
        layout = self.layout
        item = layout.objects[number]
        for field in layout.struct(number).fields:
            at = layout.address(number, field.name)
            value = value_of(layout, memory, at)
            if isinstance(field.type, WaitQueueType):
                standing = [layout.read(memory, at + n) for n in range(len(layout.parts(field)))]
                value = ", ".join(show_value(layout, at, one) for one in standing if one not in (0, UNINITIALISED))
            elif isinstance(field.type, LockType):
                having = ", ".join(self.names[n] for n, local in enumerate(locals_) if at in local.held)
                value = f"{value or 'held'} by {having}" if having and value in ("", "held") else value
            if value:
                name = "" if item.name in layout.global_locks else field.name
                yield self._cells.number((number, 0, "", field.name), Cell(item.name, name)), value

    def _locals(self, thread: int, local: LocalState) -> Iterator[tuple[int, str]]:
        for depth, frame in enumerate(local.frames):
            procedure = self.layout.program.procedures[frame.procedure]
            variables = (*procedure.parameters, *procedure.locals)
            for variable, value in zip(variables, frame.values, strict=True):
                if value != UNINITIALISED and not variable.name.startswith("%"):
                    key = (-1 - thread, depth, frame.procedure, variable.name)
                    cell = Cell(self.names[thread], variable.name, frame.procedure)
                    yield self._cells.number(key, cell), self._value(variable.type, value)

    def _value(self, kind: Type, value: int) -> str:
        """The value of a local, as a reader knows it: of the address of a member, what it is the address of."""
        match kind:
            case RefType():
                return self.layout.describe(value)
            case _ if value > LIMIT:
                return "a value that nobody stored"
            case BoolType():
                return str(bool(value))
            case EnumType():
                return show_number(kind, value)
            case IntType():
                return str(value)
            case _:
                return self.layout.member_name(value) if 0 <= value < len(self.layout.locations) else str(value)

    def _next(self, thread: int, memory: bytes, locals_: tuple[LocalState, ...], stopped: int = -1) -> int:
        """What a thread would do next."""
        local = locals_[thread]
        found = Next(self.names[thread], "ended")
        if not local.ended:
            choices = self.stepper.choices(local)
            tried = [attempt(self.stepper, memory, locals_, thread, choice)[1] for choice in range(choices)]
            step = next((one for one in tried if one.outcome not in (Outcome.BLOCKED, Outcome.EXHAUSTED)), tried[0])
            wants = held_by = behind = ""
            stands = STANDS.get(step.outcome, "can") if thread != stopped else "stopped"
            if stands == "waits":
                wait = wait_of(View(self.layout, memory, locals_, ()), thread, step.wants)
                wants = self.layout.member_name(step.wants) if step.wants >= 0 else ""
                held_by = ", ".join(self.names[other] for other in wait.holders if other not in wait.ahead)
                behind = ", ".join(self.names[other] for other in wait.ahead)
            found = Next(
                self.names[thread],
                stands,
                step.operation,
                step.site.procedure,
                step.site.spec,
                step.site.source,
                wants,
                held_by,
                behind,
                choices,
            )
        return self._nexts.number(found, found)


class _Origins:
    """Who left what a step reads, as far as it was another thread and the reader has not looked since."""

    def __init__(self, stepper: Stepper) -> None:
        self.layout = stepper.layout
        self.names = [thread.name for thread in self.layout.setup.threads]
        self._writer: dict[int, tuple[int, int]] = {}
        self._seen: dict[tuple[int, int], tuple[int, int]] = {}

    def of(self, n: int, moment: Moment) -> list[Origin]:
        """What is to be told of a step; it is remembered for the next ones."""
        found = []
        for location, value in moment.step.reads:
            if not self._tells(location):
                continue
            by, writer = self._writer.get(location, (0, moment.thread))
            seen, before = self._seen.get((moment.thread, location), (0, UNINITIALISED))
            if writer != moment.thread and by > seen:
                was = show_value(self.layout, location, before) if seen and before != value else ""
                now = show_value(self.layout, location, value)
                found.append(Origin(self.layout.name(location), now, by, was, seen))
            self._seen[moment.thread, location] = n, value
        for location, value in moment.step.writes:
            if self._tells(location) and self.layout.read(moment.before, location) != value:
                self._writer[location] = n, moment.thread
                self._seen[moment.thread, location] = n, value
        return found

    def _tells(self, location: int) -> bool:
        """Is it the model's own memory, and no lock?"""
        if self.layout.locations[location].hidden or self.layout.owner(location).struct in MACHINE:
            return False
        field = self.layout.field(location)
        return not field.ghost and not isinstance(field.type, (LockType, WaitQueueType, LedgerType))


def states_of(trace: Trace) -> list[State]:
    """The states that a trace comes through, from the first one on; none after a step that ended it."""
    state, begun = trace.stepper.begin()
    locals_ = [step.after or LocalState(thread, ()) for thread, step in enumerate(begun)]
    found: list[State] = [(state, tuple(locals_))]
    for moment in trace.moments:
        if moment.step.after is None:
            break
        locals_[moment.thread] = moment.step.after
        found.append((moment.after, tuple(locals_)))
    return found
