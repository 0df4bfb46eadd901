"""LM602: a lock that is taken in an interrupt, and elsewhere with that interrupt on, itself or by way of others.

As lockdep has it (kernel/locking/lockdep.c, check_irq_usage): an interrupt may come upon a thread that holds a lock,
and ask for it; or for one under which another thread waits for it. Takes facts and edges; gives questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lockmodel.engine.local import Situation
from lockmodel.properties.order.graph import Edge, Fact, blocks
from lockmodel.properties.order.question import Question, alike

LEVELS = ("hardirq", "softirq")

Usage = dict[str, list[tuple[str, Fact]]]
"""For each lock class the facts that show a use of it, each with the mode."""


def may_come(level: str, situation: Situation) -> bool:
    """Can an interrupt of a level come upon a thread in this situation?"""
    if situation.irqs_off:
        return False
    if level == "hardirq":
        return situation.level != "hardirq"
    return situation.level == "process" and not situation.bh_off


def inversions(facts: Sequence[Fact], edges: Sequence[Edge], writers: frozenset[str]) -> list[Question]:
    """The locks that interrupts ask for and that are held, directly or by way of others, where they may come."""
    found = []
    for level in LEVELS:
        inside, outside = _asked_in(level, facts), _held_under(level, facts)
        for lock in sorted(inside):
            if question := _direct(level, lock, inside, outside, writers):
                found.append(question)
            else:
                found += _by_way(level, lock, inside, outside, edges, writers)
    return found


def _asked_in(level: str, facts: Iterable[Fact]) -> Usage:
    found: Usage = {}
    for fact in facts:
        if fact.nesting.situation.level == level and not fact.nesting.trying:
            found.setdefault(fact.nesting.inner[0], []).append((fact.nesting.mode, fact))
    return found


def _held_under(level: str, facts: Iterable[Fact]) -> Usage:
    """What is held, or about to be, while an interrupt of that level may come."""
    found: Usage = {}
    for fact in facts:
        nesting = fact.nesting
        if may_come(level, nesting.situation):
            mode = "write" if nesting.mode == "write" else "read"
            for lock, _, how in (*nesting.held, (*nesting.inner, mode)):
                found.setdefault(lock, []).append((how, fact))
    return found


def _direct(level: str, lock: str, inside: Usage, outside: Usage, writers: frozenset[str]) -> Question | None:
    pairs = [
        (asker, holder)
        for asked, asker in inside[lock]
        for held, holder in outside.get(lock, [])
        if blocks(lock, asked, held, writers)
    ]
    if not pairs:
        return None
    parts = (alike(asker for asker, _ in pairs), alike(holder for _, holder in pairs))
    return Question("LM602", f"{lock} in {level}", (lock,), parts, level=level)


def _by_way(
    level: str, lock: str, inside: Usage, outside: Usage, edges: Sequence[Edge], writers: frozenset[str]
) -> list[Question]:
    """The nearest locks that are held where the interrupt may come, each with a shortest way to it."""
    asked = [mode for mode, _ in inside[lock]]
    first = [e for e in edges if e.outer == lock and any(blocks(lock, mode, e.mode_outer, writers) for mode in asked)]
    ways: list[tuple[Edge, ...]] = [(edge,) for edge in first if not edge.tried]
    seen = {lock}
    found = []
    while ways:
        way = ways.pop(0)
        last = way[-1]
        if last.inner in seen:
            continue
        seen.add(last.inner)
        holders = [
            fact for how, fact in outside.get(last.inner, []) if blocks(last.inner, last.mode_inner, how, writers)
        ]
        if holders:
            classes = (lock, *(edge.inner for edge in way))
            parts = (alike(fact for _, fact in inside[lock]), *(alike(edge.facts) for edge in way), alike(holders))
            found.append(Question("LM602", f"{' -> '.join(classes)} in {level}", classes, parts, level=level))
            continue
        ways += [
            (*way, edge)
            for edge in edges
            if edge.outer == last.inner
            and not edge.tried
            and blocks(edge.outer, last.mode_inner, edge.mode_outer, writers)
        ]
    return found
