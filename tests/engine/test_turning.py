"""Whether some thread waits for ever while others go on: as the search in C tells it where it keeps no transitions.

Beside the definition, on machines that have no model: a few nodes and bytes, given to the core as `NativeSearch` gives
it what the interpreter learns. So loops, detours and threads that are lost are as frequent as one likes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from lockmodel.engine.exploration import Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.native.core import BLOCKED, HALTS, POOL
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import NOWHERE, Transitions, lost_threads
from lockmodel.ir.layout import NODE_BYTES
from lockmodel.properties.judge import RuleJudge
from tests.engine.random_models import rich_specs
from tests.engine.test_exactness import MOST, examples, laid_out
from tests.engine.test_native import native
from tests.engine.test_native_modes import in_c

VALUES = 3
"""Of a byte."""


@dataclass(frozen=True)
class Made:
    """A step that is made: a byte and what is written to it, the next node."""

    offset: int
    value: int
    target: int


Outcome = Made | str
"""Or "waits", "halts", "runs out" (of a pool for good), "collects" (and then does what it does where it reads 0)."""

Alternative = tuple[int, tuple[Outcome, ...]]
"""The byte that a step reads, and what it comes to for each value."""


@dataclass
class Machine:
    """The alternatives of each node, none where threads end; where each thread begins; how many bytes are shared."""

    nodes: list[list[Alternative]]
    begins: list[int]
    shared: int
    patient: set[int] = field(default_factory=set)

    def first(self) -> bytes:
        """The initial state."""
        return bytes(self.shared) + b"".join(node.to_bytes(NODE_BYTES, "little") for node in self.begins)

    def node(self, state: bytes, thread: int) -> int:
        """Where a thread stands."""
        at = self.shared + NODE_BYTES * thread
        return int.from_bytes(state[at : at + NODE_BYTES], "little")

    def outcome(self, state: bytes, thread: int, choice: int) -> tuple[bytes, Outcome]:
        """What a step comes to, and the state in which it is made: another one if it collects."""
        offset, outcomes = self.nodes[self.node(state, thread)][choice]
        if outcomes[state[offset]] == "collects" and outcomes[0] not in ("collects", "waits"):
            state = state[:offset] + b"\0" + state[offset + 1 :]
        return state, outcomes[state[offset]]

    def after(self, state: bytes, thread: int, made: Made) -> bytes:
        """The state to which a step leads."""
        record = bytearray(state)
        record[made.offset] = made.value
        at = self.shared + NODE_BYTES * thread
        record[at : at + NODE_BYTES] = made.target.to_bytes(NODE_BYTES, "little")
        return bytes(record)

    def lost(self) -> set[int]:
        """The threads that are lost in some state, by the definition."""
        numbers = {self.first(): 0}
        states = [self.first()]
        edges = Transitions()
        for state in states:
            edges.begin()
            for thread in range(len(self.begins)):
                for choice in range(len(self.nodes[self.node(state, thread)])):
                    base, outcome = self.outcome(state, thread, choice)
                    if outcome == "waits":
                        continue
                    edges.moves.append(thread << 16 | choice)
                    if not isinstance(outcome, Made):
                        edges.targets.append(NOWHERE)
                        continue
                    successor = self.after(base, thread, outcome)
                    if successor not in numbers:
                        numbers[successor] = len(states)
                        states.append(successor)
                    edges.targets.append(numbers[successor])

        def ended(number: int, thread: int) -> bool:
            return not self.nodes[self.node(states[number], thread)]

        found = lost_threads(edges, len(states), len(self.begins), ended)
        return {thread for threads in found.values() for thread in threads} - self.patient


class Host:
    """What the core asks."""

    def __init__(self, machine: Machine, **options: Any) -> None:
        from lockmodel.engine.native._search import Search as Core

        self.machine = machine
        self.core = Core(machine.shared, len(machine.begins), 10**6, keep=False, **options)
        for alternatives in machine.nodes:
            self.core.add_node(len(alternatives))
        for thread in machine.patient:
            self.core.may_wait(thread)
        self.known: dict[tuple[int, int, int], int] = {}
        self.ticks = 0

    def settled(self) -> bool:
        """Search; is it known that nobody is lost?"""
        self.core.start(self, self.machine.first())
        self.core.run(self)
        return self.core.nobody_is_lost()

    def _answer(self, node: int, choice: int, value: int) -> int:
        if (node, choice, value) not in self.known:
            offset, outcomes = self.machine.nodes[node][choice]
            outcome = outcomes[value]
            if isinstance(outcome, Made):
                answer = self.core.add_answer(((outcome.offset, outcome.value),), outcome.target, 0)
            else:
                answer = self.core.add_answer((), 0, {"waits": BLOCKED, "halts": HALTS}.get(outcome, POOL))
            self.core.add_step(node, choice, [(offset, value)], answer)
            self.known[node, choice, value] = answer
        return self.known[node, choice, value]

    def _asked(self, state: bytes, thread: int, choice: int) -> int:
        node = self.machine.node(state, thread)
        return self._answer(node, choice, state[self.machine.nodes[node][choice][0]])

    def learn(self, number: int, thread: int, choice: int) -> None:
        """A step."""
        self._asked(self.core.state(number), thread, choice)

    def collect(self, number: int, thread: int, choice: int) -> tuple[bytes, int]:
        """A pool ran out."""
        base, _ = self.machine.outcome(self.core.state(number), thread, choice)
        return base, self._asked(base, thread, choice)

    def waiting(self, number: int) -> None:
        """Nothing to judge."""

    def final(self, number: int) -> None:
        """Nothing to judge."""

    def tick(self, number: int) -> None:
        """Time to look at limits."""
        self.ticks += 1


@st.composite
def machines(draw: st.DrawFn, *others: str) -> Machine:
    """A machine whose steps come to a node, wait, or, in one of three machines, do one of some `others`."""
    shared, nodes, threads = draw(st.integers(1, 2)), draw(st.integers(2, 6)), draw(st.integers(2, 3))
    made = st.builds(Made, st.integers(0, shared - 1), st.integers(0, VALUES - 1), st.integers(0, nodes - 1))
    rare = others if draw(st.integers(0, 2)) == 0 else ()
    some = st.one_of(made, made, made, st.just("waits"), st.just("waits"), *map(st.just, rare))
    outcomes = st.one_of(*[st.tuples(*[outcome] * VALUES) for outcome in (made, made, some)])
    alternative = st.tuples(st.integers(0, shared - 1), outcomes)
    drawn = [draw(st.lists(alternative, min_size=1, max_size=2)) for _ in range(nodes)]
    if draw(st.booleans()):
        drawn[draw(st.integers(0, nodes - 1))] = []
    begins = draw(st.lists(st.integers(0, nodes - 1), min_size=threads, max_size=threads))
    patient = draw(st.sampled_from([set(), set(), {0}, {1}]))
    return Machine(drawn, begins, shared, patient)


HOW = st.fixed_dictionaries({"exact": st.booleans(), "jobs": st.integers(1, 2), "block": st.sampled_from([1, 7, 64])})


@native
@examples(400)
@given(machines("halts"), HOW)
def test_it_is_known_just_if_nobody_is_lost(machine: Machine, how: dict[str, Any]) -> None:
    lost = machine.lost()
    event("lost" if lost else "nobody is lost")
    assert Host(machine, **how).settled() == (not lost)


@native
@examples(300)
@given(machines("halts", "runs out", "collects"), HOW)
def test_where_pools_run_out_no_more_is_known_than_is_true(machine: Machine, how: dict[str, Any]) -> None:
    if Host(machine, **how).settled():
        assert not machine.lost()


@native
@examples(200)
@given(machines("halts"), st.integers(1, 4), st.integers(1, 3))
def test_equal_fingerprints_settle_nothing(machine: Machine, bits: int, jobs: int) -> None:
    """What is searched from a turning point has fingerprints of its own: where two are equal, less is known."""
    if Host(machine, exact=True, bits=bits, jobs=jobs).settled():
        assert not machine.lost()


@native
@examples(60)
@given(st.one_of(rich_specs(endless=True), rich_specs(threads=3, most=3, endless=True)), HOW)
def test_it_is_known_of_random_models(text: str, how: dict[str, Any]) -> None:
    layout = laid_out(text)
    stepper = Stepper(layout)
    slow = Search(stepper, RuleJudge(stepper), Limits(MOST))
    found = slow.run()
    if slow.reason:
        return
    lost = lost_threads(slow.edges, len(slow.depths), slow.threads, slow.has_ended)
    wrong = {thread for threads in lost.values() for thread in threads if not layout.setup.threads[thread].may_wait}
    fast = in_c(layout, Limits(MOST), keep=False, **how)
    core = fast._core
    told = fast.run()
    if wrong:
        assert not core.nobody_is_lost(), text
        assert told.hits == found.hits, text
    else:
        assert found.exhausted or core.nobody_is_lost(), text


# --- one thread waits until another has put in the right code ------------------------------------------------------


CODE = [2, 0, 1, 1, 0, 2, 2, 0, 1, 2, 0, 0, 1]
"""Not met by threads that take their turns and their alternatives in order."""


def coded(code: list[int], *, opens: bool = True, others: int = 0, rounds: int = 0) -> Machine:
    """A thread waits for byte 0. Another one puts in digits, one of `VALUES` each, and begins anew with a wrong one.

    After the whole code it sets the byte, if it `opens`. The `others` each go round for ever, in `rounds` steps. Nodes
    are numbered against their order, so that there are many turning points.
    """
    last = len(code) + 1
    node = {digit: last - digit for digit in range(len(code) + 1)}
    nodes: list[list[Alternative]] = [[] for _ in range(last + 1)]
    nodes[0] = [(0, ("waits", Made(0, 0, 0), Made(0, 0, 0)))]
    for at, right in enumerate(code):
        steps = [Made(1, 0, node[at + 1] if digit == right else node[0]) for digit in range(VALUES)]
        nodes[node[at]] = [(1, (step,) * VALUES) for step in steps]
    nodes[node[len(code)]] = [(0, (Made(0, int(opens), node[0]),) * VALUES)]
    for at in range(rounds):
        nodes.append([(1, (Made(1, 0, last + 1 + (at + rounds - 1) % rounds),) * VALUES)])
    return Machine(nodes, [0, node[0], *[last + 1] * others], 2)


@native
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("exact", [False, True])
def test_the_only_way_out_is_found_however_long(exact: bool, jobs: int) -> None:
    for opens in (True, False):
        machine = coded(CODE, opens=opens)
        assert machine.lost() == (set() if opens else {0})
        assert Host(machine, exact=exact, jobs=jobs).settled() == opens


@native
def test_what_would_take_too_long_is_not_settled() -> None:
    """There are 512 turning points, and from each a good part of all states is searched before the way out is met."""
    machine = coded([2, 0] * 5, others=3, rounds=9)
    assert not machine.lost()
    assert not Host(machine).settled()


@native
def test_limits_are_looked_at_while_doubts_are_settled() -> None:
    class Impatient(Host):
        def tick(self, number: int) -> None:
            super().tick(number)
            if self.ticks == 10:
                self.core.stop()

    host = Impatient(coded(CODE, others=2, rounds=5))
    assert not host.settled()
    assert host.ticks == 10


@native
def test_an_interrupt_passes_through_while_doubts_are_settled() -> None:
    class Interrupted(Host):
        def tick(self, number: int) -> None:
            super().tick(number)
            if self.ticks == 10:
                raise KeyboardInterrupt

    host = Interrupted(coded(CODE, others=2, rounds=5))
    with pytest.raises(KeyboardInterrupt):
        host.settled()


@native
def test_turning_points_that_are_kept_are_counted() -> None:
    machine = coded(CODE, opens=False)
    host = Host(machine)
    assert not host.settled()
    without = Host(coded([], opens=False))
    without.settled()
    records = len(machine.nodes) - 3
    assert host.core.tally()[4] > without.core.tally()[4] + records * len(machine.first())


@native
def test_only_a_thread_that_is_there_may_wait() -> None:
    from lockmodel.engine.native._search import Search as Core

    with pytest.raises(IndexError, match="no thread 2"):
        Core(1, 2, 100).may_wait(2)
