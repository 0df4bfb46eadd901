"""Frozen futures: all that a thread may touch from where it stands, while some other threads stand still.

An over-approximation, read off the learned behaviour; the threads that stand still are called frozen. Two of them:

by locks      The values read are left open, but a lock that a frozen thread holds stays held. A function of the node
              and of these locks, hence remembered. (It contains Lipton's movers: what a held lock protects is out of
              reach.)
by values     Beside that, locks, references, links and the states of objects can only have the values that they have
              now or that a thread which is not frozen may give them: the least fixpoint over all such threads together
              (the delete relaxation of planning). What nothing refers to is out of reach.

A read counts although no learned step follows from it, where a value might show that was not seen yet; a request for a
lock that cannot be had does not count as a read of the lock, since it is no step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

from lockmodel.engine.behaviour import Answer, Behaviour, Node
from lockmodel.engine.reduction.dependence import Dependence
from lockmodel.ir.layout import Layout
from lockmodel.ir.types import IdrType, ListEntryType, ListHeadType, LockType, RefType

T = TypeVar("T")

EVERYTHING = -1
"""All bytes, as bits."""

HELD = 1
"""The values of a lock that is held, as bits: 0 is the only one."""


class Future:
    """Bytes that may be touched and changed, as bits; `pool`: a pool may run out, which depends on everything."""

    __slots__ = ("changes", "pool", "touches")

    def __init__(self) -> None:
        self.touches = self.changes = 0
        self.pool = False

    def meets(self, touches: int, changes: int) -> bool:
        """Does something in it depend on steps that touch and change these bytes?"""
        return bool(self.changes & (touches | changes) or self.touches & changes or self.pool)


class Part:
    """A part of a step, or of a claim, that the values read so far may lead to.

    It touches and changes some bytes, leads to `edges`, and goes on where `tests` of followed bytes lead.
    """

    __slots__ = ("changes", "edges", "pool", "tests", "touches")

    def __init__(self) -> None:
        self.touches = self.changes = 0
        self.pool = False
        self.edges: list[Edge] = []
        self.tests: list[Test] = []


class Test:
    """A read of a followed byte: `read` are the bytes read up to here; `seen` its values, each leading to a part."""

    __slots__ = ("offset", "parts", "read", "seen")

    def __init__(self, offset: int, read: int, parts: dict[int, Part]) -> None:
        self.offset = offset
        self.read = read
        self.parts = parts
        self.seen = sum(parts)


class Edge:
    """A step: what it writes to followed bytes, the node that it leads to, and the claims that it brings up."""

    __slots__ = ("claims", "target", "writes")

    def __init__(self, writes: tuple[tuple[int, int], ...], target: Node | None, claims: Part | None) -> None:
        self.writes = writes
        self.target = target
        self.claims = claims


class Futures:
    """The frozen futures of one scenario. `forget` when the behaviour has grown."""

    def __init__(self, behaviour: Behaviour, dependence: Dependence) -> None:
        self._nodes = behaviour.nodes
        self._dependence = dependence
        self._followed = followed_bytes(behaviour.layout)
        self._is_followed = frozenset(self._followed)
        self._parts: dict[int, Part] = {}
        self._by_locks: dict[tuple[int, int], Future] = {}
        self._by_values = _Memory[Future]()
        self._met = _Memory[int]()

    def forget(self) -> None:
        """What was remembered no longer holds."""
        self._parts.clear()
        self._by_locks.clear()
        self._by_values = _Memory()
        self._met = _Memory()

    def by_locks(self, node: Node, held: int) -> Future:
        """What a thread may touch from this node while the locks `held` (as bits) stay held."""
        key = node.number, held
        found = self._by_locks.get(key)
        if found is None:
            found = self._by_locks[key] = Future()
            reached = {node.number}
            waiting = [self._part(node)]
            while waiting:
                part = waiting.pop()
                _note(found, part)
                for edge in part.edges:
                    if edge.claims is not None:
                        waiting.append(edge.claims)
                    if edge.target is not None and edge.target.number not in reached:
                        reached.add(edge.target.number)
                        known = self._by_locks.get((edge.target.number, held))
                        if known is not None and known is not found:
                            _note(found, known)
                        else:
                            waiting.append(self._part(edge.target))
                for test in part.tests:
                    if not held >> test.offset & 1:
                        found.touches |= test.read
                        waiting.extend(test.parts.values())
                    elif HELD in test.parts:
                        waiting.append(test.parts[HELD])
                    else:
                        found.touches |= test.read
        return found

    def by_values(
        self, state: bytes, nodes: Sequence[Node], moving: int, meeting: int, touches: int, changes: int
    ) -> int:
        """The first of the threads `moving` that may meet steps that touch and change these bytes, or -1.

        The other threads are frozen in this state. `meeting` are those that may meet them as far as locks tell: they
        are asked one by one first, and have their turns before the others. Both are sets of threads, as bits.
        """
        for thread in _bits(meeting):
            if self._alone(state, nodes[thread]).meets(touches, changes):
                return thread
        standing = tuple(node.number if moving >> thread & 1 else -1 for thread, node in enumerate(nodes))
        future = self._by_values.get(standing, state)
        if future is not None and not future.meets(touches, changes):
            return -1
        question = (standing, meeting, touches, changes)
        found = self._met.get(question, state)
        if found is None:
            turns = [*_bits(meeting), *_bits(moving & ~meeting)]
            relaxation = _Relaxation(self, state, {thread: nodes[thread] for thread in turns})
            found = relaxation.first_to_meet(touches, changes)
            if found < 0:
                self._by_values.put(standing, state, relaxation.tested, relaxation.future())
            else:
                self._met.put(question, state, relaxation.tested, found)
        return found

    def _alone(self, state: bytes, node: Node) -> Future:
        """What a thread may touch from a node if no other thread moves."""
        found = self._by_values.get(node.number, state)
        if found is None:
            relaxation = _Relaxation(self, state, {0: node})
            relaxation.first_to_meet(0, 0)
            found = relaxation.future()
            self._by_values.put(node.number, state, relaxation.tested, found)
        return found

    def _part(self, node: Node) -> Part:
        """What the step at a node may come to, for all its alternatives."""
        found = self._parts.get(node.number)
        if found is None:
            found = self._parts[node.number] = Part()
            for root in node.roots:
                self._fill(found, root, 0, {})
        return found

    def _fill(self, part: Part, root: Any, before: int, written: dict[int, int]) -> None:
        """Add to a part what a tree may lead to, the bytes `before` read already; `written` are values known by now."""
        waiting = [(root, before)]
        while waiting:
            at, before = waiting.pop()
            if type(at) is list:
                offset, children = at
                read = before | 1 << offset
                if offset in written:
                    if written[offset] in children:
                        waiting.append((children[written[offset]], read))
                    else:
                        part.touches |= read
                elif offset in self._is_followed:
                    parts: dict[int, Part] = {}
                    for byte, child in children.items():
                        parts[1 << byte] = Part()
                        self._fill(parts[1 << byte], child, read, written)
                    part.tests.append(Test(offset, read, parts))
                else:
                    part.touches |= read
                    waiting.extend((child, read) for child in children.values())
            elif isinstance(at, Answer):
                self._add(part, at)
            elif at is None:  # not known yet
                part.touches = part.changes = EVERYTHING
            elif at.said:  # a claim that has read all this
                part.touches |= before

    def _add(self, part: Part, answer: Answer) -> None:
        """Add a step to a part."""
        part.touches |= answer.reads & ~answer.lock if answer.blocked else answer.reads
        part.changes |= answer.changes
        part.pool = part.pool or answer.pool is not None
        if answer.blocked:
            return
        claims = None
        if brought_up := self._dependence.checks(answer):
            claims = Part()
            for claim in brought_up:
                self._fill(claims, claim.root, 0, dict(answer.writes))
        writes = tuple((offset, 1 << byte) for offset, byte in answer.writes if offset in self._is_followed)
        part.edges.append(Edge(writes, self._nodes[answer.target] if answer.target else None, claims))


class _Memory(Generic[T]):
    """Answers to questions about states: one holds wherever the bytes that were tested to find it are the same."""

    def __init__(self) -> None:
        self._tested: dict[object, tuple[int, ...]] = {}
        self._answers: dict[tuple[object, ...], T] = {}

    def get(self, question: object, state: bytes) -> T | None:
        tested = self._tested.get(question, ())
        return self._answers.get((question, *[state[offset] for offset in tested]))

    def put(self, question: object, state: bytes, tested: Iterable[int], answer: T) -> None:
        """Keep an answer. The bytes tested for its question so far only become more, so their number tells which."""
        known = self._tested.get(question, ())
        known = self._tested[question] = (*known, *sorted(set(tested) - set(known)))
        self._answers[question, *[state[offset] for offset in known]] = answer


class _Relaxation:
    """Threads that go as far as values allow, in turn; a value that a byte could have once it can have for ever.

    Most of the time of a search in Python goes by in `first_to_meet`, which is why it calls so little.
    """

    def __init__(self, futures: Futures, state: bytes, threads: dict[int, Node]) -> None:
        self._part = futures._part
        self._allowed = {offset: 1 << state[offset] for offset in futures._followed}
        self._found = {thread: Future() for thread in threads}
        self._reached = {thread: {node.number} for thread, node in threads.items()}
        self._waiting = {thread: [futures._part(node)] for thread, node in threads.items()}
        self.tested: dict[int, list[tuple[int, Test]]] = {}

    def first_to_meet(self, touches: int, changes: int) -> int:
        """Let each thread in turn go as far as it can, until none has anywhere to go; the first that meets, or -1."""
        allowed, tested, part_of = self._allowed, self.tested, self._part
        while any(self._waiting.values()):
            for thread, waiting in self._waiting.items():
                future, reached = self._found[thread], self._reached[thread]
                while waiting:
                    part = waiting.pop()
                    future.touches |= part.touches
                    future.changes |= part.changes
                    future.pool = future.pool or part.pool
                    for edge in part.edges:
                        for offset, bit in edge.writes:
                            if not allowed[offset] & bit:
                                self._allow(offset, bit)
                        if edge.claims is not None:
                            waiting.append(edge.claims)
                        target = edge.target
                        if target is not None and target.number not in reached:
                            reached.add(target.number)
                            waiting.append(part_of(target))
                    for test in part.tests:
                        values = allowed[test.offset]
                        following = test.parts.get(values)
                        if following is not None:  # it has one value, and that was seen
                            waiting.append(following)
                        else:
                            if values & ~test.seen:
                                future.touches |= test.read
                            for bit, following in test.parts.items():
                                if values & bit:
                                    waiting.append(following)
                        if test.offset in tested:
                            tested[test.offset].append((thread, test))
                        else:
                            tested[test.offset] = [(thread, test)]
                    if future.changes & (touches | changes) or future.touches & changes or future.pool:
                        return thread
                if future.meets(touches, changes):
                    return thread
        return next((thread for thread, future in self._found.items() if future.meets(touches, changes)), -1)

    def future(self) -> Future:
        """What all of them together may touch, once they have gone as far as they can."""
        whole = Future()
        for found in self._found.values():
            _note(whole, found)
        return whole

    def _allow(self, offset: int, bit: int) -> None:
        """A byte may have one more value: whoever tested it may go on."""
        self._allowed[offset] |= bit
        for thread, test in self.tested.get(offset, ()):
            if test.seen & bit:
                self._waiting[thread].append(test.parts[bit])
            else:
                self._found[thread].touches |= test.read


def _note(future: Future, part: Part | Future) -> None:
    future.touches |= part.touches
    future.changes |= part.changes
    future.pool = future.pool or part.pool


def _bits(threads: int) -> list[int]:
    return [thread for thread in range(threads.bit_length()) if threads >> thread & 1]


def followed_bytes(layout: Layout) -> list[int]:
    """The bytes whose values are followed: locks, references, links, ids and the states of objects."""
    statuses = {item.status for item in layout.objects[1:]}
    others = {layout.mark, *(item.born for item in layout.objects[1:])}
    followed = LockType | RefType | ListEntryType | ListHeadType | IdrType
    return [
        at.offset + n
        for at in layout.locations
        if at.number in statuses or (at.number not in others and isinstance(layout.field(at.number).type, followed))
        for n in range(at.domain.width)
    ]
