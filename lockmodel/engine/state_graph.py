"""Every state of a scenario with every move from it, and where rules are broken: what a search without reductions saw.

Takes a search that is complete and kept its transitions; gives a `StateGraph`. States have the numbers of the search; a
move that ends the execution leads to an `End`, which has a number after those of the states.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lockmodel.engine.behaviour import Answer
from lockmodel.engine.explore import Search
from lockmodel.engine.local import Violation
from lockmodel.engine.nearby import Nearby
from lockmodel.engine.races import races
from lockmodel.engine.transitions import NOWHERE, Move, lost_threads


@dataclass(frozen=True, slots=True)
class Edge:
    """A move from a state: where it leads, the rules that it breaks, and the step that it makes, by their numbers."""

    move: Move
    target: int
    broken: tuple[int, ...]
    step: int


@dataclass(frozen=True, slots=True)
class End:
    """Where a move leads that ends the execution: the rules that it breaks, or what cuts it off unjudged."""

    broken: tuple[int, ...]
    cut: str = ""


@dataclass(frozen=True, slots=True)
class StateGraph:
    """`edges` and `broken` (the rules broken in a state itself) are by state, and go on with the `ends`.

    `violations` are all that is broken, and `steps` all that threads do, each with the first state in which it is done;
    elsewhere they are named by their places in these. From the states `ahead` nobody went on: what comes after them is
    not known.
    """

    states: int
    edges: tuple[tuple[Edge, ...], ...]
    broken: tuple[tuple[int, ...], ...]
    ends: tuple[End, ...]
    violations: tuple[Violation, ...]
    steps: tuple[tuple[int, Move], ...]
    ahead: frozenset[int] = frozenset()

    def final(self, number: int) -> bool:
        """Can no thread move in this state?"""
        return number < self.states and not self.edges[number] and number not in self.ahead

    def end(self, number: int) -> End | None:
        """The end of that number, if it is one."""
        return self.ends[number - self.states] if number >= self.states else None

    def breaking(self, number: int, violation: Violation) -> StateGraph:
        """The graph with a rule broken in a state that shows it only to who has seen all states after it."""
        broken = list(self.broken)
        broken[number] = (*broken[number], len(self.violations))
        return replace(self, broken=tuple(broken), violations=(*self.violations, violation))

    def about(self, number: int) -> StateGraph:
        """The graph as if only one rule mattered, by its number: what another one ends is cut there."""
        cut = [f"{self.violations[end.broken[0]].rule} ended it" if end.broken else end.cut for end in self.ends]
        only = (number,)

        def kept(broken: tuple[int, ...]) -> tuple[int, ...]:
            return only if number in broken else ()

        return replace(
            self,
            edges=tuple(tuple(replace(edge, broken=kept(edge.broken)) for edge in edges) for edges in self.edges),
            broken=tuple(kept(broken) for broken in self.broken),
            ends=tuple(
                End(only) if number in end.broken else End((), why) for end, why in zip(self.ends, cut, strict=True)
            ),
        )


def state_graph(search: Search) -> StateGraph:
    """The graph of a search that has seen every state, or of one around a schedule."""
    return _Builder(search).build()


class _Builder:
    """Goes through the states once, in the order of their numbers."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.states = len(search.depths)
        self.part = isinstance(search, Nearby)
        self.ahead = frozenset(
            [n for n in range(self.states) if n not in search.edges.places] if isinstance(search, Nearby) else []
        )
        self.numbers: dict[tuple[object, ...], int] = {}
        self.violations: list[Violation] = []
        self.ends: dict[End, int] = {}
        self.done: dict[tuple[int, int], int] = {}  # thread and what its step comes to (answers stay): its number
        self.steps: list[tuple[int, Move]] = []

    def build(self) -> StateGraph:
        search = self.search
        lost = self._lost()
        edges: list[tuple[Edge, ...]] = []
        broken: list[tuple[int, ...]] = []
        for number in range(self.states):
            if number in self.ahead:
                edges.append(())
                broken.append(())
                continue
            view = search.view(number)
            answers = dict(search.answers(number))
            moves = [((thread, choice), target) for target, thread, choice in search.edges.of(number)]
            shown = list(search.judge.shared(view.state))
            nexts = [(thread, view.locals[thread], answer.accesses) for (thread, _), answer in answers.items()]
            shown += races(search.behaviour.stepper, nexts) if search.races else []
            for answer in answers.values():
                if answer.blocked or answer.pool is not None:
                    shown += answer.violations
            if view.blocked:
                shown += search.judge.waiting(view)
            if not moves:
                shown += search.judge.final(view)
            elif number in lost:
                starved = search.judge.starved(view, lost[number])
                shown += [violation for violation in starved if violation.identity in search.starving]
            broken.append(self._known(violation for violation in shown if violation.broken))
            edges.append(tuple(self._edge(number, move, target, answers[move]) for move, target in moves))
        return StateGraph(
            self.states,
            (*edges, *(() for _ in self.ends)),
            (*broken, *(end.broken for end in self.ends)),
            tuple(self.ends),
            tuple(self.violations),
            tuple(self.steps),
            self.ahead,
        )

    def _lost(self) -> dict[int, tuple[int, ...]]:
        search = self.search
        if not search.cyclic or self.part:  # of a part nobody can say who is lost
            return {}
        return lost_threads(search.edges, self.states, search.threads, search.has_ended)

    def _edge(self, number: int, move: Move, target: int, answer: Answer) -> Edge:
        broken = () if answer.pool is not None else self._known(answer.violations)
        if target == NOWHERE:
            end = End(broken, f"ran out of {answer.pool[0]}" if answer.pool is not None else "")
            target = self.states + self.ends.setdefault(end, len(self.ends))
        step = self.done.setdefault((move[0], id(answer)), len(self.steps))
        if step == len(self.steps):
            self.steps.append((number, move))
        return Edge(move, target, broken, step)

    def _known(self, violations: Iterable[Violation]) -> tuple[int, ...]:
        """The numbers of violations, each once, in order."""
        found = []
        for violation in violations:
            number = self.numbers.setdefault(violation.identity, len(self.violations))
            if number == len(self.violations):
                self.violations.append(violation)
            found.append(number)
        return tuple(sorted(dict.fromkeys(found)))
