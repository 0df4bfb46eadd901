"""Exchanges: objects, and threads with them, that can take each other's places without a difference.

An exchange is a permutation of the threads and of the objects that maps the initial state to itself: what threads do is
a function of the values that they meet, and of which object is which nothing else tells. So it is an automorphism of
the graph of states. It takes along whatever knows an object: references and links, in shared memory and in locals; the
addresses of members, the locks held or stood in line for, the objects that are private; the slots of a thread that
allocates, by their numbers. Global objects stay what they are, as do all plain numbers, ids among them; and so do
threads that shared memory knows by their numbers: those that share a CPU, sleep on queues, are waited for, or queue or
run RCU callbacks.

They are found by putting one thread into the place of another, and what it refers to into that of what the other one
refers to, and so on; and what was found is held against the whole initial state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lockmodel.engine.behaviour import Answer, written
from lockmodel.engine.frames import variables
from lockmodel.engine.local import Frame, LocalState, Violation
from lockmodel.engine.transitions import Move
from lockmodel.errors import InternalError
from lockmodel.ir.layout import Layout
from lockmodel.ir.types import MemberType, RefType
from lockmodel.ir.values import HEADS, is_head, is_object

MOST = 120
"""Exchanges that are used, the one that changes nothing included: 5! of them."""

PATIENCE = 20_000
"""How often one thread is put into another one's place before no more exchanges are looked for."""

Cell = tuple[int, int, int, bool]
"""The offset of a value, the one to which it goes, its width, and whether it is a reference."""


class Exchange:
    """Thread t comes into the place of `threads[t]`, object n into that of `objects[n]`.

    `order` is the other way round: for each place the thread that comes into it. `cells` are the values of a record
    that may change by it; those that are references change by `codes`. `nodes` gives for each local state, by its
    number, what becomes of it, and `claims` the same for claims; both are filled in by who knows them.
    """

    def __init__(self, layout: Layout, threads: Sequence[int], objects: Sequence[int]) -> None:
        self.threads = tuple(threads)
        self.objects = tuple(objects)
        self.order = tuple(sorted(range(len(threads)), key=lambda thread: threads[thread]))
        self.nodes: list[int] = []
        self.claims: list[int] = []
        self._procedures = layout.program.procedures
        self._locations = list(range(len(layout.locations)))
        for item in layout.objects[1:]:
            other = layout.objects[objects[item.number]]
            for one, two in ((item.status, other.status), (item.born, other.born)):
                if one >= 0:
                    self._locations[one] = two
            for n, location in enumerate(layout.locations_of(item.number)):
                self._locations[location] = other.first + n
        self._names = {layout.member_name(one): layout.member_name(other) for one, other in enumerate(self._locations)}
        self.cells: list[Cell] = []
        self.codes: list[int] = []
        for at in layout.locations:
            refers = layout.refers(at.number)
            there = layout.locations[self._locations[at.number]].offset
            if refers or there != at.offset:
                self.cells.append((at.offset, there, at.domain.width, refers))
            if refers and not self.codes:
                known = range(at.domain.high - at.domain.low + 1 + len(at.domain.others))
                codes = (at.domain.encode(self.reference(at.domain.decode(code))) for code in known)
                self.codes = [code for code in codes if code is not None]

    def reference(self, value: int) -> int:
        """What becomes of a reference."""
        if is_object(value):
            return self.objects[value]
        return HEADS + self._locations[value - HEADS] if is_head(value) else value

    def shared(self, state: bytes | bytearray) -> bytes:
        """The record with its shared part exchanged; what stands behind that is left as it is."""
        record, codes = bytearray(state), self.codes
        for source, to, width, refers in self.cells:
            if width == 1:
                record[to] = codes[state[source]] if refers else state[source]
                continue
            code = int.from_bytes(state[source : source + width], "little")
            record[to : to + width] = (codes[code] if refers else code).to_bytes(width, "little")
        return bytes(record)

    def local(self, local: LocalState) -> LocalState:
        """What becomes of a local state."""
        return replace(
            local,
            pool=self.threads[local.pool] if local.pool >= 0 else -1,
            frames=tuple(Frame(frame.procedure, frame.at, self._values(frame)) for frame in local.frames),
            held=tuple(self._locations[lock] for lock in local.held),
            private=tuple(sorted(self.objects[number] for number in local.private)),
            shared=tuple(self._locations[lock] for lock in local.shared),
            phase=self._locations[local.phase] if local.phase >= 0 else local.phase,
            queues=tuple(sorted(self._locations[queue] for queue in local.queues)),
            upon=self.objects[local.upon],
        )

    def image(self, violation: Violation) -> Violation:
        """What becomes of what a step shows. Only what is told of locks has their names in its identity."""
        nesting = violation.nesting
        if nesting is None:
            return violation
        kind, name = nesting.inner
        exchanged = replace(
            nesting,
            inner=(kind, self._names[name]),
            held=tuple((kind, self._names[name], mode) for kind, name, mode in nesting.held),
            ordered=tuple(self._names[name] for name in nesting.ordered),
        )
        return replace(violation, nesting=exchanged)

    def schedule(self, moves: Sequence[Move]) -> tuple[Move, ...]:
        """What becomes of a schedule."""
        return tuple((self.threads[thread], choice) for thread, choice in moves)

    def agree(self, state: bytes, answer: Answer, there: bytes, image: Answer) -> None:
        """A step in a state and what becomes of it do the same: InternalError if they do not."""
        one, other = (int.from_bytes(found.target, "little") if found.target else -1 for found in (answer, image))
        if (
            self.shared(written(state, answer)) != written(there, image)
            or (self.nodes[one] if one >= 0 else -1) != other
            or (answer.blocked, answer.halts, answer.pool is None, answer.gets_on)
            != (image.blocked, image.halts, image.pool is None, image.gets_on)
            or [violation.identity for violation in answer.violations] != [v.identity for v in image.violations]
            or [self.image(note).identity for note in answer.notes] != [note.identity for note in image.notes]
            or (self._locations[answer.took] if answer.took >= 0 else -1, answer.passed) != (image.took, image.passed)
            or [replace(access, location=self._locations[access.location]) for access in answer.accesses]
            != list(image.accesses)
        ):
            raise InternalError("a step with objects that were exchanged does something else than without that")

    def about(self, subject: tuple[str, tuple[int, ...]]) -> tuple[str, tuple[int, ...]]:
        """What becomes of the subject of a claim: its name, and the objects that it is about."""
        name, objects = subject
        return name, tuple(self.objects[number] for number in objects)

    def _values(self, frame: Frame) -> tuple[int, ...]:
        values = []
        for variable, value in zip(variables(self._procedures[frame.procedure]), frame.values, strict=True):
            if isinstance(variable.type, RefType):
                values.append(self.reference(value))
            elif isinstance(variable.type, MemberType) and 0 <= value < HEADS:
                values.append(self._locations[value])
            else:
                values.append(value)
        return tuple(values)


def exchanges(
    layout: Layout, first: bytes, locals_: Sequence[LocalState], alike: Sequence[Sequence[int]]
) -> list[Exchange]:
    """The exchanges of a scenario that begins like this, without the one that changes nothing.

    Together with it they are a group. Threads that are `alike` are exchanged otherwise: here they keep their order. If
    there are more than `MOST`, the first few threads stay where they are, as many as it takes. With a mark, which says
    of who stopped where he was, there are none.
    """
    if layout.mark >= 0:
        return []
    search = _Search(layout, first, locals_, alike)
    found = search.all(0)
    if found is None:
        found = []
        for fixed in range(len(locals_), 0, -1):
            more = search.all(fixed)
            if more is None:
                break
            found = more
    return [exchange for exchange in found if exchange.objects != tuple(range(len(layout.objects)))]


def _is_group(found: Sequence[Exchange]) -> bool:
    """Are any two of them, one after the other, a third one?"""
    known = {(one.threads, one.objects) for one in found}
    return all(
        (tuple(other.threads[n] for n in one.threads), tuple(other.objects[n] for n in one.objects)) in known
        for one in found
        for other in found
    )


class _Search:
    def __init__(
        self, layout: Layout, first: bytes, locals_: Sequence[LocalState], alike: Sequence[Sequence[int]]
    ) -> None:
        self.layout = layout
        self.first = first
        self.locals = locals_
        self.group = {thread: (group, n) for group in alike for n, thread in enumerate(group)}
        self.bound = {thread for thread, record in enumerate(layout.setup.threads) if record.numbered}
        self.tried = 0

    def all(self, fixed: int) -> list[Exchange] | None:
        """All exchanges that leave the first `fixed` threads in their places; None if these are too many."""
        found: list[Exchange] = []
        start = _Fitting(self)
        if not all(start.fit_object(number, number) for number in self.layout.globals.values()):
            return found
        for exchange in self._beyond(start, fixed):
            found.append(exchange)
            if len(found) > MOST:
                return None
        return found if self.tried <= PATIENCE and _is_group(found) else None

    def _beyond(self, so_far: _Fitting, fixed: int) -> Iterator[Exchange]:
        thread = len(so_far.threads)
        if thread == len(self.locals):
            exchange = so_far.whole()
            if exchange is not None:
                yield exchange
            return
        for other in (thread,) if thread < fixed else range(len(self.locals)):
            if self.tried <= PATIENCE and self._in_turn(so_far, thread, other):
                self.tried += 1
                following = so_far.copy()
                if following.fit_thread(thread, other):
                    yield from self._beyond(following, fixed)

    def _in_turn(self, so_far: _Fitting, thread: int, other: int) -> bool:
        """Is that place free, do alike threads keep their order, and those with a number their place?"""
        if thread in self.bound or other in self.bound:
            return thread == other
        if other in so_far.threads or (thread in self.group) != (other in self.group):
            return False
        if thread not in self.group:
            return True
        (mine, n), (its, k) = self.group[thread], self.group[other]
        return len(mine) == len(its) and n == k and (n == 0 or so_far.threads[mine[n - 1]] == its[n - 1])


class _Fitting:
    """Threads and objects that were put into the places of others so far, with all that follows from that."""

    def __init__(self, search: _Search) -> None:
        self.search = search
        self.threads: list[int] = []
        self.objects: dict[int, int] = {}
        self.taken: dict[int, int] = {}

    def copy(self) -> _Fitting:
        other = _Fitting(self.search)
        other.threads, other.objects, other.taken = self.threads.copy(), self.objects.copy(), self.taken.copy()
        return other

    def whole(self) -> Exchange | None:
        """The exchange, if it maps the beginning to itself.

        Objects that matter to no thread go with the threads that were given them, if they can, or else nowhere.
        """
        layout = self.search.layout
        for one, other in enumerate(self.threads):
            for a, b in zip(self._given(one), self._given(other), strict=False):
                following = self.copy()
                if a not in self.objects and following.fit_object(a, b):
                    self.objects, self.taken = following.objects, following.taken
        objects = [self.objects.get(number, number) for number in range(len(layout.objects))]
        if len(set(objects)) < len(objects):
            return None
        found = Exchange(layout, self.threads, objects)
        return found if self._keeps_memory(found) and self._keeps_threads(found) and self._keeps_kept(found) else None

    def _keeps_memory(self, found: Exchange) -> bool:
        return found.shared(self.search.first) == self.search.first

    def _keeps_threads(self, found: Exchange) -> bool:
        begin, threads = self.search.locals, self.search.layout.setup.threads
        return all(
            found.local(begin[one]) == begin[other] and threads[one].may_wait == threads[other].may_wait
            for one, other in enumerate(found.threads)
        )

    def _keeps_kept(self, found: Exchange) -> bool:
        kept = self.search.layout.setup.kept
        return sorted((found.objects[number], field) for number, field in kept) == sorted(kept)

    def fit_thread(self, one: int, other: int) -> bool:
        """Put a thread into the place of another."""
        layout = self.search.layout
        here, there = self.search.locals[one], self.search.locals[other]
        self.threads.append(other)
        if [(frame.procedure, frame.at) for frame in here.frames] != [
            (frame.procedure, frame.at) for frame in there.frames
        ] or len(here.held) != len(there.held):
            return False
        mine, its = ([(cache, slots) for (cache, t), slots in layout.pools.items() if t == n] for n in (one, other))
        if [(cache, self._kind(slots)) for cache, slots in mine] != [
            (cache, self._kind(slots)) for cache, slots in its
        ]:
            return False
        slots = [pair for (_, a), (_, b) in zip(mine, its, strict=True) for pair in zip(a, b, strict=True)]
        return (
            all(self.fit_object(a, b) for a, b in slots)
            and all(self._fit_frame(a, b) for a, b in zip(here.frames, there.frames, strict=True))
            and all(self._fit_address(a, b) for a, b in zip(here.held, there.held, strict=True))
        )

    def _given(self, thread: int) -> list[int]:
        """The objects that a thread was given."""
        layout = self.search.layout
        record = layout.setup.threads[thread]
        types = (variable.type for variable in layout.program.procedures[record.procedure].parameters)
        return [
            argument.value
            for argument, kind in zip(record.arguments, types, strict=True)
            if argument.field or (isinstance(kind, RefType) and is_object(argument.value))
        ]

    def _kind(self, slots: Sequence[int]) -> list[object]:
        return [self.search.layout.objects[number].sites for number in slots]

    def _fit_frame(self, here: Frame, there: Frame) -> bool:
        known = variables(self.search.layout.program.procedures[here.procedure])
        for variable, a, b in zip(known, here.values, there.values, strict=True):
            if isinstance(variable.type, RefType):
                fits = self._fit_reference(a, b)
            elif isinstance(variable.type, MemberType):
                fits = self._fit_address(a, b)
            else:
                fits = a == b
            if not fits:
                return False
        return True

    def _fit_reference(self, one: int, other: int) -> bool:
        if is_object(one) and is_object(other):
            return self.fit_object(one, other)
        if is_head(one) and is_head(other):
            return self._fit_address(one - HEADS, other - HEADS)
        return one == other

    def _fit_address(self, one: int, other: int) -> bool:
        """Put an object into the place of another, of both of which a member is named."""
        if not (0 <= one < HEADS and 0 <= other < HEADS):
            return one == other
        here, there = (self.search.layout.locations[location] for location in (one, other))
        return (here.field, here.part) == (there.field, there.part) and self.fit_object(here.owner, there.owner)

    def fit_object(self, one: int, other: int) -> bool:
        """Put an object into the place of another."""
        if one in self.objects or other in self.taken:
            return self.objects.get(one) == other
        layout, first = self.search.layout, self.search.first
        here, there = layout.objects[one], layout.objects[other]
        if (here.struct, here.cache, here.sites, here.status < 0) != (
            there.struct, there.cache, there.sites, there.status < 0,
        ):  # fmt: skip
            return False
        self.objects[one], self.taken[other] = other, one
        for a, b in zip(layout.locations_of(one), layout.locations_of(other), strict=True):
            before, after = layout.read(first, a), layout.read(first, b)
            if not (self._fit_reference(before, after) if layout.refers(a) else before == after):
                return False
        return True
