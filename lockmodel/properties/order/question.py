"""What is asked of an order of locks: can the threads that show it ever wait for each other?

A cycle and an interrupt that breaks into an order are the same question. Each has parts, and each part is shown by some
facts; one of each part makes a way in which it might come true.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lockmodel.engine.local import Violation
from lockmodel.ir.hierarchy import whole_class
from lockmodel.ir.machine import CPU, OCCUPANTS
from lockmodel.properties.order.graph import Cycle, Edge, Fact, blocks

Group = tuple[Fact, ...]
"""Facts that differ in their scenario or their line only."""

Way = tuple[Group, ...]

OCCUPIED = tuple(f"{CPU.name}.{field}" for field in OCCUPANTS)
"""What of a CPU a thread waits for."""


@dataclass(frozen=True, slots=True)
class Question:
    """May a deadlock over these lock classes come true? `claim` names it; `rule` is what is broken if so.

    `parts` are the facts for each thread that has to be there, those of a group being alike. `weak` says why it can
    never block, whatever the threads do, or is "". `level` is that of the interrupt that has to be one of them, or "".
    """

    rule: str
    claim: str
    classes: tuple[str, ...]
    parts: tuple[tuple[Group, ...], ...]
    weak: str = ""
    level: str = ""

    def ways(self, writers: frozenset[str]) -> Iterator[Way]:
        """One group of each part, where each has to wait for the next one."""
        for way in itertools.product(*self.parts):
            if self.rule != "LM202" or all(
                _waits(asker[0], holder[0], writers) for asker, holder in zip(way, (*way[1:], way[0]), strict=True)
            ):
                yield way

    def is_answered_by(self, deadlock: Violation, classes: Mapping[str, str]) -> bool:
        """Is it the deadlock in question? `classes` has the whole class of each lock, and of what a CPU has, by name.

        Who an interrupt has come upon waits for it to leave the CPU.
        """
        found = {classes[name] for name in deadlock.locks}
        wanted = [whole_class(name) for name in self.classes]
        if self.rule == "LM202":
            # each waits for a lock of the cycle: where there are more threads than locks, some stand in a reader's way
            shared = any(group[0].nesting.mode == "read" for part in self.parts for group in part)
            return found == set(wanted) and (len(deadlock.locks) == len(deadlock.threads) or shared)
        return {wanted[0], f"{CPU.name}.{self.level}"} <= found <= {*wanted, *OCCUPIED}


def about_cycle(cycle: Cycle, edges: Sequence[Edge]) -> Question:
    """The question that a cycle of lock classes asks."""
    links = cycle.links if len(cycle.classes) > 1 else cycle.links * 2  # it takes two threads to wait for each other
    parts = [
        alike(
            fact
            for edge in edges
            if (edge.outer, edge.inner) == link and (cycle.weak or not edge.tried)
            for fact in edge.facts
        )
        for link in links
    ]
    return Question("LM202", cycle.text, cycle.classes, tuple(parts), cycle.weak)


def gate(way: Way) -> str:
    """The class of a lock that two parts hold beside those of the question, so that both are never there; or ""."""
    facts = [group[0] for group in way]
    asked = {fact.nesting.inner[0] for fact in facts}
    for one, other in itertools.combinations(facts, 2):
        for outer, name, mode in one.nesting.held:
            for outer2, name2, mode2 in other.nesting.held:
                same = (outer, name) == (outer2, name2)
                if same and "write" in (mode, mode2) and outer not in asked:
                    return outer
    return ""


def _waits(asker: Fact, holder: Fact, writers: frozenset[str]) -> bool:
    lock = asker.nesting.inner[0]
    modes = [mode for outer, _, mode in holder.nesting.held if outer == lock]
    return any(blocks(lock, asker.nesting.mode, mode, writers) for mode in modes)


def alike(facts: Iterable[Fact]) -> tuple[Group, ...]:
    """Facts by what they differ in beside their scenario and their line; one of each scenario."""
    found: dict[tuple[object, ...], dict[int, Fact]] = {}
    for fact in facts:
        nesting = fact.nesting
        key = (nesting.entry, nesting.inner, nesting.mode, nesting.held, nesting.situation)
        found.setdefault(key, {}).setdefault(fact.scenario, fact)
    return tuple(tuple(group.values()) for group in found.values())
