"""What a search says about the model beside its findings: what was never reached, and within which sizes it looked.

A pass should say something: statements, claims and locks that no state reached, and threads that never end, are told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lockmodel.engine.exploration import Exploration
from lockmodel.findings.finding import Unreached
from lockmodel.ir.control import can_end
from lockmodel.ir.form import Reach
from lockmodel.ir.layout import Layout
from lockmodel.ir.nodes import Claim
from lockmodel.ir.types import LockType
from lockmodel.properties.judge import RuleJudge
from lockmodel.source import Site


@dataclass(frozen=True, slots=True)
class Reached:
    """What a search came to: `lines` of code by file and number; and the claims and locks that it did not come to."""

    lines: frozenset[tuple[str, int]]
    missed: tuple[Unreached, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a scenario was within reach, and what of that no state reached."""

    statements: tuple[Unreached, ...]
    missed: tuple[Unreached, ...]


def reached(layout: Layout, found: Exploration, judge: RuleJudge) -> Reached:
    """What a search of a scenario came to."""
    claims = [
        Unreached("claim", claim.name, claim.site.spec, claim.site.source or None)
        for claim in layout.program.claims
        if claim.name not in judge.claims.judged
    ]
    taken = {layout.lock_class(lock) for lock in found.behaviour.taken}
    locks = [Unreached("lock", name, site.spec, None) for name, site in _locks(layout) if name not in taken]
    lines = frozenset((site.path, site.line) for site in found.behaviour.covered if not site.end)
    return Reached(lines, (*claims, *locks))


class Coverages:
    """Gives the coverages of scenarios, and tells the statements within one reach once."""

    def __init__(self) -> None:
        self._statements: dict[Reach, tuple[Unreached, ...]] = {}

    def of(self, reach: Reach, came_to: Reached) -> Coverage:
        """The statements that the threads of a scenario can come to; and the statements, claims, locks not reached."""
        if reach not in self._statements:
            self._statements[reach] = tuple(
                Unreached("statement", site.procedure, site.spec, site.source or None) for site in reach.sites
            )
        statements = self._statements[reach]
        missed = [
            statement
            for statement, site in zip(statements, reach.sites, strict=True)
            if (site.path, site.line) not in came_to.lines
        ]
        return Coverage(statements, (*missed, *came_to.missed))


def missed_everywhere(scenarios: Sequence[Coverage]) -> list[Unreached]:
    """The statements that were within reach of some scenario and reached in none, in the order of the spec."""
    reached = {item for one in scenarios for item in set(one.statements).difference(one.missed)}
    missed = dict.fromkeys(item for one in scenarios for item in one.statements if item not in reached)
    return sorted(missed, key=lambda item: (item.spec.rpartition(":")[0], int(item.spec.rpartition(":")[2])))


def reached_somewhere(scenarios: Sequence[Coverage]) -> list[str]:
    """The procedures that some scenario came to, by name."""
    return sorted({item.name for one in scenarios for item in set(one.statements).difference(one.missed)})


def reached_places(scenarios: Sequence[Coverage], claims: Sequence[Claim]) -> set[str]:
    """The lines of statements that some scenario came to, and of claims that were judged in one, as "path:line"."""
    reached = {item.spec for one in scenarios for item in set(one.statements).difference(one.missed)}
    for one in scenarios:
        unjudged = {item.name for item in one.missed if item.kind == "claim"}
        reached |= {claim.site.spec for claim in claims if claim.name not in unjudged}
    return reached


def unreached_text(item: Unreached) -> str:
    """One line: kind, name and place."""
    where = f" ({item.source})" if item.source else ""
    return f"{item.kind} {item.name} {item.spec}{where}"


def endless(layout: Layout, found: Exploration) -> list[str]:
    """A warning for each thread that could end by the shape of its code and never did."""
    return [
        f"thread {thread.name} never runs to its end under any schedule"
        for thread, ended in zip(layout.setup.threads, found.ended, strict=True)
        if not ended and thread.callback is None and can_end(layout.program.procedures[thread.procedure])
    ]


def bounds(layout: Layout) -> list[str]:
    """What a verdict holds within, beside the threads and objects that the scenario names: the sizes of its pools."""
    caches = [layout.program.caches[name] for name in dict.fromkeys(name for name, _ in layout.pools)]
    return [f"at most {cache.capacity} {cache.struct} allocated by a thread at a time" for cache in caches]


def _locks(layout: Layout) -> Iterator[tuple[str, Site]]:
    seen: set[str] = set()
    for item in layout.objects[1:]:
        struct = layout.struct(item.number)
        for declared in struct.fields:
            if isinstance(declared.type, LockType):
                name = layout.lock_class(layout.address(item.number, declared.name))
                if name not in seen:
                    seen.add(name)
                    yield name, Site("", declared.path or struct.path, declared.line or struct.line)
