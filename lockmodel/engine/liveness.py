"""What can go on for ever: cycles in the graph of every state, as fair executions go round them.

An execution is fair if a thread that could move at all times from some moment on does move again and again (weak
fairness), and if no thread wakes for no reason for ever. Nothing obliges an interrupt to come, nor a sleeper to
wake for no reason, nor a signal to be sent. So a part of the graph that leads everywhere within itself, without such
wakes, can be gone round fairly just if each thread moves in it, or is not obliged to somewhere in it. Only the largest
such parts have to be looked at: they are fair where a part of them is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lockmodel.engine.behaviour import Answer, Behaviour, Node, decide, leaves
from lockmodel.engine.collect import collect
from lockmodel.engine.judging import View
from lockmodel.engine.local import LocalState
from lockmodel.engine.reduction.cycles import on_cycles
from lockmodel.engine.transitions import NOWHERE, Move, Schedules, Transitions
from lockmodel.ir.control import can_end
from lockmodel.ir.layout import NODE_BYTES, Layout, passes_progress

Edge = tuple[int, int, int]
"""(target, thread, alternative) of a transition, as `Transitions` gives it."""


@dataclass(frozen=True, slots=True)
class Lasso:
    """A schedule to a state, and one from there back to it, round which a fair execution can go for ever.

    `moves`: where each thread stands from which it moves in the part of the graph that the loop is in.
    """

    stem: tuple[Move, ...]
    loop: tuple[Move, ...]
    moves: tuple[tuple[int, tuple[LocalState, ...]], ...]


def may_get_on(layout: Layout) -> tuple[int, ...]:
    """The threads that can get on, by their code: that can end, or pass progress().

    The others do all that they are there for as they go round, so they get on with every step.
    """
    program = layout.program
    return tuple(
        number
        for number, thread in enumerate(layout.setup.threads)
        if can_end(program.procedures[thread.procedure]) or passes_progress(program, thread.procedure)
    )


class Graph:
    """Every state of a scenario with every transition, as a search kept them.

    `state` gives a state by its number, `shortest` the shortest schedules to all states below a number.
    """

    def __init__(
        self,
        behaviour: Behaviour,
        state: Callable[[int], bytes],
        edges: Transitions,
        states: int,
        shortest: Callable[[int], Schedules],
    ) -> None:
        self.behaviour = behaviour
        self.layout = behaviour.layout
        self.states = states
        self.edges = edges
        self.threads = len(self.layout.setup.threads)
        self._state = state
        self._shortest = shortest
        self._getting_on: dict[tuple[int, int], bool | None] = {}

    def nodes(self, number: int) -> list[Node]:
        """Where every thread stands in a state."""
        return self._nodes_of(self._state(number))

    def _nodes_of(self, state: bytes) -> list[Node]:
        first = self.layout.size
        every = range(first, first + NODE_BYTES * self.threads, NODE_BYTES)
        return [self.behaviour.nodes[state[at : at + NODE_BYTES]] for at in every]

    def waiting(self, number: int, nodes: list[Node]) -> Iterator[tuple[int, Answer]]:
        """The threads that cannot move in a state, each with what its step comes to."""
        state = self._state(number)
        for thread, node in enumerate(nodes):
            for root in node.roots[:1]:
                found = decide(root, state)
                if found is not None and found.blocked:
                    yield thread, found

    def made(self, number: int, nodes: list[Node], thread: int, choice: int) -> Answer:
        """What a move comes to in a state."""
        return self.answer(self._state(number), nodes, thread, choice)

    def view(self, number: int) -> View:
        """A state as a judge sees it."""
        nodes = self.nodes(number)
        blocked = tuple((thread, answer.wants) for thread, answer in self.waiting(number, nodes))
        return View(self.layout, self._state(number), tuple(node.local for node in nodes), blocked)

    def schedule(self, number: int, following: int) -> tuple[Move, ...]:
        """A shortest schedule to a state from which a thread moves next."""
        return self._shortest(number + 1).schedule(number, following)

    def _without_getting_on(self) -> dict[int, list[Edge]]:
        """The transitions by which no thread gets on, by the states that they leave; as far as cycles lead there."""
        able = may_get_on(self.layout)
        kept: dict[int, list[Edge]] = {}
        for number in self.edges.after_cycles(self.states):
            found = [edge for edge in self.edges.of(number) if edge[0] != NOWHERE and edge[1] in able]
            if found:
                state = self._state(number)
                nodes = self._nodes_of(state)
                found = [edge for edge in found if not self._gets_on(state, nodes, edge[1], edge[2])]
            kept[number] = found
        return kept

    def livelocks(self) -> Iterator[Lasso]:
        """Loops in which nobody gets on; some thread moves there that may not wait for ever."""
        return self._fair_lassos(self._without_getting_on(), self.schedule, impatient=True)

    def without(self, holds: Callable[[bytes], bool]) -> Lasso | None:
        """An execution that ends, or goes on for ever, and comes to no state in which something holds.

        It ends where no thread is obliged to move; its loop is empty then.
        """
        if holds(self._state(0)):
            return None
        kept: dict[int, list[Edge]] = {0: []}
        before: dict[int, tuple[int, Move]] = {}
        held: dict[int, bool] = {0: False}
        states = deque([0])

        def stem(number: int, following: int = -1) -> tuple[Move, ...]:
            way = []
            while number:
                number, move = before[number]
                way.append(move)
            return tuple(reversed(way))

        while states:
            number = states.popleft()
            if not self.obliged(number):
                return Lasso(stem(number), (), ())
            for edge in self.edges.of(number):
                target = edge[0]
                if target == NOWHERE:
                    continue
                if target not in held:
                    held[target] = holds(self._state(target))
                    if not held[target]:
                        kept[target] = []
                        before[target] = number, (edge[1], edge[2])
                        states.append(target)
                if not held[target]:
                    kept[number].append(edge)
        return next(self._fair_lassos(kept, stem, impatient=False), None)

    def _fair_lassos(
        self, kept: dict[int, list[Edge]], stem: Callable[[int, int], tuple[Move, ...]], *, impatient: bool
    ) -> Iterator[Lasso]:
        """Lassos that go round the largest parts of a graph that can be gone round fairly, one each.

        `stem` gives a way to a state, and is told who moves next. `impatient`: some thread must move in the loop that
        may not wait for ever.
        """
        if self.layout.program.spurious_wakeups:
            kept = self._woken(kept)
        inside = on_cycles({number: [target for target, _, _ in found] for number, found in kept.items()})
        parts: dict[int, list[int]] = {}
        for number in sorted(inside):
            parts.setdefault(inside[number], []).append(number)
        for part in sorted(parts.values()):
            members = set(part)
            edges = {number: [edge for edge in kept[number] if edge[0] in members] for number in part}
            movers = {thread for number in part for _, thread, _ in edges[number]}
            if impatient and not any(self._impatient(thread) for thread in movers):
                continue
            obliged = self._obliged_throughout(part)
            if obliged <= movers:
                yield self._lasso(part, edges, stem, impatient)

    def _woken(self, kept: dict[int, list[Edge]]) -> dict[int, list[Edge]]:
        """A graph without the transitions by which a thread wakes for no reason."""
        stepper = self.behaviour.stepper
        return {
            number: [edge for edge in found if not edge[2] or not stepper.wakes_itself(nodes[edge[1]].local, edge[2])]
            for number, found in kept.items()
            for nodes in [self.nodes(number)]
        }

    def obliged(self, number: int) -> set[int]:
        """The threads that must move some day if they can move all the time as they can in this state."""
        nodes = self.nodes(number)
        return {
            thread
            for _, thread, choice in self.edges.of(number)
            if choice == 0 and not self.behaviour.stepper.need_not_come(nodes[thread].local)
        }

    def _obliged_throughout(self, part: list[int]) -> set[int]:
        common = set(range(self.threads))
        for number in part:
            common &= self.obliged(number)
            if not common:
                break
        return common

    def _impatient(self, thread: int) -> bool:
        record = self.layout.setup.threads[thread]
        return not record.may_wait or record.level != "process"

    def _gets_on(self, state: bytes, nodes: list[Node], thread: int, choice: int) -> bool:
        """Does a thread get on by a move? What is the same for all outcomes of a step is found out once."""
        node = nodes[thread]
        key = node.number, choice
        if key not in self._getting_on:
            outcomes = {answer.gets_on for _, answer in leaves([node.roots[choice]]) if not answer.blocked}
            self._getting_on[key] = outcomes.pop() if len(outcomes) == 1 else None
        known = self._getting_on[key]
        return self.answer(state, nodes, thread, choice).gets_on if known is None else known

    def answer(self, state: bytes, nodes: list[Node], thread: int, choice: int) -> Answer:
        """What a move comes to in a state, freed slots reclaimed where it asks for one."""
        root = nodes[thread].roots[choice]
        found = decide(root, state)
        if found is not None and found.pool is not None:
            cleaned = collect(self.layout, state, [node.local for node in nodes], *found.pool)
            found = found if cleaned is None else decide(root, cleaned)
        assert found is not None
        return found

    # --- a way round ----------------------------------------------------------------------------------------------

    def _lasso(
        self,
        part: list[int],
        edges: dict[int, list[Edge]],
        stem: Callable[[int, int], tuple[Move, ...]],
        impatient: bool,
    ) -> Lasso:
        """A way to the first state of a part, and a short fair one round from there."""
        moves: dict[int, dict[LocalState, None]] = {}
        for number in part:
            nodes = self.nodes(number)
            for _, thread, _ in edges[number]:
                moves.setdefault(thread, {}).setdefault(nodes[thread].local)
        loop = self._round(part[0], edges, impatient)
        return Lasso(
            stem(part[0], loop[0][0]),
            loop,
            tuple((thread, tuple(moves[thread])) for thread in sorted(moves)),
        )

    def _round(self, first: int, edges: dict[int, list[Edge]], impatient: bool) -> tuple[Move, ...]:
        """A way from a state back to it: on it each thread moves, or stands where it is not obliged to."""
        waiting = set(range(self.threads))
        unmoved = impatient
        at, loop = first, list[Edge]()
        while True:
            waiting &= self.obliged(at)
            if not waiting and not unmoved and loop and at == first:
                return tuple((thread, choice) for _, thread, choice in loop)

            def wanted(edge: Edge, waiting: set[int] = waiting, unmoved: bool = unmoved) -> bool:
                target, thread, _ = edge
                if not waiting and not unmoved:
                    return target == first
                return (
                    thread in waiting or bool(waiting - self.obliged(target)) or (unmoved and self._impatient(thread))
                )

            for edge in way(at, edges, wanted):
                loop.append(edge)
                at = edge[0]
                waiting = (waiting - {edge[1]}) & self.obliged(at)
                unmoved = unmoved and not self._impatient(edge[1])


def way(first: int, edges: dict[int, list[Edge]], wanted: Callable[[Edge], bool]) -> list[Edge]:
    """A shortest way from a state to a transition that is wanted, with that one at its end."""
    before: dict[int, tuple[int, Edge]] = {}
    states = deque([first])
    while True:
        number = states.popleft()
        for edge in edges[number]:
            if wanted(edge):
                found = [edge]
                while number != first:
                    number, step = before[number]
                    found.append(step)
                return found[::-1]
            if edge[0] not in before and edge[0] != first:
                before[edge[0]] = number, edge
                states.append(edge[0])
