"""What the threads can do, learned from the search: a graph of local states whose edges are steps.

A node is a local state; an edge is a step as `step` returned it. A step that was seen before is found by the values
that it reads, in the order in which it reads them, and is not interpreted again. What is local about a step (rules
broken, locks asked for, lines covered) is therefore known once an edge and not once a state.

The edges of a node stand in a decision tree over the bytes of a packed state:

    test [offset, {byte: test or answer}]   the byte at `offset` decides
    Answer                                  no more reads: this is what happens

A location of several bytes is several tests.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from lockmodel.engine.local import Access, LocalState, Outcome, Step, Violation
from lockmodel.engine.protection import Observed, observe
from lockmodel.engine.step import Stepper
from lockmodel.errors import InternalError
from lockmodel.ir.layout import NODE_BYTES
from lockmodel.source import Site

Test = list[Any]
"""[offset, {byte: Test | Answer}]"""

Reads = tuple[tuple[int, int], ...]
"""The (location, value) pairs that a step read."""

Path = list[tuple[int, int]]
"""The (offset, byte) pairs that decide one outcome of a step, in the order in which they are read."""


class Answer:
    """What a step comes to, for one outcome of its reads.

    `writes` are (offset, byte) pairs, `target` is the next node, packed as it stands in a state. `pending` are those of
    the `violations` and `notes` that the search has not met yet. A blocked step has the lock it waits for in
    `wants` (-1: a condition). `reads`, `changes` and `lock` are sets of offsets, as bits: what decided, what is
    written, the lock waited for. `accesses`, `took` and `passed` are those of the step, `gets_on` too.
    """

    __slots__ = (
        "accesses",
        "blocked",
        "changes",
        "gets_on",
        "halts",
        "lock",
        "notes",
        "passed",
        "pending",
        "pool",
        "reads",
        "target",
        "took",
        "violations",
        "wants",
        "writes",
    )

    def __init__(
        self,
        writes: tuple[tuple[int, int], ...],
        target: bytes,
        violations: tuple[Violation, ...],
        outcome: Outcome,
        wants: int,
        pool: tuple[str, int] | None,
        reads: int,
        lock: int,
        notes: tuple[Violation, ...] = (),
        accesses: tuple[Access, ...] = (),
        *,
        gets_on: bool = False,
        took: int = -1,
        passed: tuple[tuple[str, bool], ...] = (),
    ) -> None:
        self.writes = writes
        self.target = target
        self.violations = violations
        self.notes = notes
        self.pending = violations + notes
        self.blocked = outcome is Outcome.BLOCKED
        self.halts = outcome is Outcome.HALTED
        self.wants = wants
        self.pool = pool
        self.reads = reads
        self.changes = bits(offset for offset, _ in writes)
        self.lock = lock
        self.accesses = accesses
        self.gets_on = gets_on
        self.took = took
        self.passed = passed


def bits(numbers: Iterable[int]) -> int:
    """A set of small numbers, of offsets say, one bit each."""
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


@dataclass(slots=True)
class Node:
    """A local state and, for each alternative of its next step, the decision tree of what was seen.

    `held` are the bytes of the locks that are held there by nobody else, as bits.
    """

    number: int
    local: LocalState
    roots: list[Test | Answer | None]
    held: int


class Behaviour:
    """The learned graph of one scenario. Grows by `learn`; everything else reads it.

    `nodes` are found by their packed numbers, since that is how they stand in a state record. `answers` are all that
    steps have come to, in the order in which they were learned, and `learned` the steps: their nodes, alternatives, and
    the bytes that decided. `covered` are the places that were executed, `taken`
    the locks that were taken. `accesses` are what steps touch, each with the local state that it is made from and with
    what the step reads, in its different ways; `observed` is how that was protected.
    """

    def __init__(self, stepper: Stepper) -> None:
        self.stepper = stepper
        self.layout = stepper.layout
        self.nodes: dict[bytes, Node] = {}
        self.answers: list[Answer] = []
        self.learned: list[tuple[Node, int, Path]] = []
        self.covered: dict[Site, None] = {}
        self.taken: dict[int, None] = {}
        self.accesses: dict[tuple[LocalState, Access], list[Reads]] = {}
        self.observed: dict[Observed, None] = {}
        self._names: dict[LocalState, bytes] = {}

    def name(self, local: LocalState) -> bytes:
        """The number of a local state, packed as it stands in a state record."""
        name = self._names.get(local)
        if name is None:
            number = len(self.nodes)
            if number >= 1 << (8 * NODE_BYTES):
                raise InternalError("more local states than a state record has room for")
            name = self._names[local] = number.to_bytes(NODE_BYTES, "little")
            choices = 0 if local.ended else self.stepper.choices(local)
            self.nodes[name] = Node(
                number,
                local,
                [None] * choices,
                bits(self._bytes(lock for lock in local.held if lock not in local.shared)),
            )
        return name

    def learn(self, node: Node, choice: int, state: bytes) -> Answer:
        """Interpret the step of a node in a state, and remember it under the values that it read."""
        return self.learn_path(node, choice, state)[1]

    def learn_path(self, node: Node, choice: int, state: bytes) -> tuple[Path, Answer]:
        """As `learn`; also the bytes that decided, for a search that keeps trees of its own."""
        step = self.stepper.step(node.local, lambda location: self.layout.read(state, location), choice)
        self._note(node.local, step, state)
        target = self.name(step.after) if step.after is not None else b""
        writes = tuple(cell for location, value in step.writes for cell in self.layout.cells(location, value))
        path = self._path(step.reads, state)
        answer = Answer(
            writes,
            target,
            step.violations,
            step.outcome,
            step.wants,
            step.pool,
            bits(offset for offset, _ in path),
            bits(self._bytes((step.wants,) if step.wants >= 0 else ())),
            step.notes,
            step.accesses,
            gets_on=step.gets_on,
            took=step.took,
            passed=step.passed,
        )
        node.roots[choice] = graft(node.roots[choice], path, answer)
        self.answers.append(answer)
        self.learned.append((node, choice, path))
        return path, answer

    def again(self) -> Behaviour:
        """A graph of its own that begins with all steps that were learned, for another search of the same states.

        This one's search must be done: what steps break is told anew.
        """
        other = Behaviour(self.stepper)
        other._names = dict(self._names)
        for name, node in self.nodes.items():
            other.nodes[name] = Node(node.number, node.local, [None] * len(node.roots), node.held)
        twins = list(other.nodes.values())
        for (node, choice, path), answer in zip(self.learned, self.answers, strict=True):
            twin = twins[node.number]
            answer.pending = answer.violations + answer.notes
            twin.roots[choice] = graft(twin.roots[choice], path, answer)
            other.answers.append(answer)
            other.learned.append((twin, choice, path))
        return other

    def _bytes(self, locations: Iterable[int]) -> Iterator[int]:
        """The offsets of locations."""
        for location in locations:
            at = self.layout.locations[location]
            yield from range(at.offset, at.offset + at.domain.width)

    def _path(self, reads: tuple[tuple[int, int], ...], state: bytes) -> Path:
        """The bytes that the reads looked at, in order."""
        tests: Path = []
        for location, _ in reads:
            at = self.layout.locations[location]
            tests.extend((at.offset + n, state[at.offset + n]) for n in range(at.domain.width))
        return tests

    def _note(self, local: LocalState, step: Step, state: bytes) -> None:
        """Remember what is judged once for all states: lines covered, what is touched, locks taken."""
        for site in step.covered:
            self.covered.setdefault(site)
        for access in step.accesses:
            self.accesses.setdefault((local, access), []).append(step.reads)
            place = self.stepper.place(local)
            read = functools.partial(self.layout.read, state)
            self.observed.setdefault(observe(self.layout, local, access, place, read))
        if step.asked is not None and step.outcome is Outcome.MOVED:
            self.taken.setdefault(step.asked.lock)


def written(state: bytes, answer: Answer) -> bytearray:
    """A state with what a step writes to shared memory in it."""
    record = bytearray(state)
    for offset, byte in answer.writes:
        record[offset] = byte
    return record


Leaf = TypeVar("Leaf", Answer, "Verdict")
"""What the tests of a tree lead to."""


def decide(root: Test | Leaf | None, state: bytes) -> Leaf | None:
    """What a step or a claim comes to in a state; None if that was not seen yet."""
    at: Any = root
    while type(at) is list:
        at = at[1].get(state[at[0]])
    found: Leaf | None = at
    return found


def leaves(roots: Iterable[Test | Answer | None]) -> Iterator[tuple[Path, Answer]]:
    """All that decision trees lead to, each with the bytes that decide."""
    waiting: list[tuple[Path, Any]] = [([], root) for root in roots]
    while waiting:
        path, at = waiting.pop()
        if type(at) is list:
            waiting.extend(([*path, (at[0], byte)], below) for byte, below in at[1].items())
        elif at is not None:
            yield path, at


def graft(root: Test | Leaf | None, tests: Path, leaf: Leaf) -> Test | Leaf:
    """Add a path to a decision tree; the tree.

    A tree in which the path does not fit means that a step was not determined by what it read: InternalError.
    """
    if not tests:
        if root is not None:
            raise InternalError("a step that read nothing had two different outcomes")
        return leaf
    if root is None:
        root = [tests[0][0], {}]
    at: Any = root
    for n, (offset, byte) in enumerate(tests):
        if type(at) is not list or at[0] != offset:
            raise InternalError("a step did not read the same locations for the same values")
        following = at[1].get(byte)
        if n == len(tests) - 1:
            if following is not None:
                raise InternalError("the same reads of a step had two different outcomes")
            at[1][byte] = leaf
        elif following is None:
            following = at[1][byte] = [tests[n + 1][0], {}]
        at = following
    return root


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a claim comes to: its violation if it does not hold; `said` if it had anything to say."""

    violation: Violation | None
    said: bool = True


class Memo:
    """A claim, a function of the shared state, remembered by the bytes that it read. `compute` gives (bytes, verdict).

    It is `about` these objects: (name, their numbers). `reads` are all bytes that it ever read, as bits, and `states`
    those in which it read them, one for each of the different ways. It says nothing while one of the locks at the bytes
    `locks` is held.
    """

    __slots__ = ("_compute", "about", "locks", "reads", "root", "states")

    def __init__(
        self,
        compute: Callable[[bytes], tuple[list[int], Verdict]],
        locks: Sequence[int] = (),
        about: tuple[str, tuple[int, ...]] = ("", ()),
    ) -> None:
        self._compute = compute
        self.about = about
        self.locks = locks
        self.root: Any = None
        self.reads = 0
        self.states: list[bytes] = []

    @property
    def known(self) -> int:
        """In how many different ways it was computed."""
        return len(self.states)

    def knows(self, state: bytes) -> bool:
        """Was it computed for the bytes that decide in this state?"""
        return decide(self.root, state) is not None

    def __call__(self, state: bytes) -> Violation | None:
        """The violation in this state, if there is one."""
        return self.verdict(state).violation

    def verdict(self, state: bytes) -> Verdict:
        """What it comes to in this state."""
        found: Verdict | None = decide(self.root, state)
        return self.path(state)[1] if found is None else found

    def read_in(self, state: bytes) -> tuple[int, bool]:
        """The bytes that decide in this state, as bits, and whether it has anything to say."""
        self(state)
        at, found = self.root, 0
        while type(at) is list:
            found |= 1 << at[0]
            at = at[1][state[at[0]]]
        return found, at.said

    def path(self, state: bytes) -> tuple[Path, Verdict]:
        """The bytes that decide in this state, and the verdict; computed anew."""
        offsets, verdict = self._compute(state)
        self.reads |= bits(offsets)
        path = [(offset, state[offset]) for offset in offsets]
        if not self.knows(state):
            self.root = graft(self.root, path, verdict)
            self.states.append(state)
        return path, verdict
