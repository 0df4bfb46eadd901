"""What a scenario's search is given: two scenarios of which that is the same have the same result.

A search is given the form of its scenario, which is known beforehand, and the parts of the program that it asks for as
it goes: a procedure that no thread comes to cannot matter, whatever stands in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Generic, TypeVar

from lockmodel.ir.layout import fixed_by_code, reachable
from lockmodel.ir.nodes import Jump, Program
from lockmodel.ir.setup import Setup
from lockmodel.source import Site

Form = tuple[int, int]
"""The numbers of what is the same whatever threads come to, and of the setup. Equal numbers are of equal things."""

APART = ("design", "switches", "procedures", "caches", "signals")
"""Of a program, what a form leaves out: what a search never asks for, and what it asks for by and by."""

SIGNALS = "signals may come"
"""The part that says whether a thread that waits may be sent a signal."""


def fails(cache: str) -> str:
    """The part that says whether an allocation from a cache may fail."""
    return f"{cache} may fail"


@dataclass(frozen=True, eq=False)
class Reach:
    """The part of a program that threads who enter somewhere, or a claim, can come to. `number` tells its forms."""

    program: Program
    number: int
    entered: tuple[str, ...]

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The statements that the threads can come to, one site a line."""
        seen: dict[tuple[str, int], Site] = {}
        for entered in self.entered:
            for procedure in reachable(self.program, entered).values():
                for instruction in procedure.code:
                    site = instruction.site
                    if not (isinstance(instruction, Jump) or site.end):
                        seen.setdefault((site.path, site.line), site)
        return tuple(seen.values())


class Parts:
    """The parts of a program that a search may ask for by their names, each with a number that stands for it."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers
        self.all = frozenset(numbers.values())

    def of(self, names: Iterable[str]) -> frozenset[int]:
        """What parts of these names are in this program. Another one with the same numbers among its own has them."""
        return frozenset(self._numbers[name] for name in names)


class Forms:
    """Gives the forms of scenarios, and the parts of programs, whatever program they are of.

    There may be thousands of scenarios of a few sets of paths: what is the same for all of a set is made once.
    """

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._parts: dict[int, tuple[Program, Parts]] = {}
        self._reached: dict[tuple[int, tuple[str, ...]], Reach] = {}
        self._setups: dict[int, tuple[Setup, int]] = {}

    def of(self, program: Program, setup: Setup) -> tuple[Form, Reach]:
        """The form of a scenario, and what it can come to."""
        entered = tuple(dict.fromkeys(thread.procedure for thread in setup.threads))
        self.parts(program)  # which keeps it, and its id with it
        key = id(program), entered
        if key not in self._reached:
            within = _within_reach(program, entered)
            self._reached[key] = Reach(within, self._number(_told(within, entered)), entered)
        reach = self._reached[key]
        if id(setup) not in self._setups:
            self._setups[id(setup)] = setup, self._number(setup)
        return (reach.number, self._setups[id(setup)][1]), reach

    def parts(self, program: Program) -> Parts:
        """The parts of a program."""
        if id(program) not in self._parts:
            told = {
                **program.procedures,
                **{fails(name): cache.may_fail for name, cache in program.caches.items()},
                SIGNALS: program.signals,
            }
            numbers = {name: self._number((name, part)) for name, part in told.items()}
            self._parts[id(program)] = program, Parts(numbers)
        return self._parts[id(program)][1]

    def _number(self, thing: object) -> int:
        return self._numbers.setdefault(thing, len(self._numbers))


T = TypeVar("T")


class Shelf(Generic[T]):
    """What was found out about forms, each thing by what parts of a program it took."""

    def __init__(self) -> None:
        self._found: dict[Form, list[tuple[frozenset[int], T]]] = {}

    def get(self, form: Form, parts: Parts) -> T | None:
        """What is known of a form, in a program with these parts."""
        return next((found for asked, found in self._found.get(form, ()) if asked <= parts.all), None)

    def put(self, form: Form, asked: frozenset[int], found: T) -> None:
        """Keep what was found out by asking for these parts alone."""
        self._found.setdefault(form, []).append((asked, found))


def _within_reach(program: Program, entered: tuple[str, ...]) -> Program:
    """The program with those procedures alone that threads who enter these, or a claim, can come to."""
    starts = [*entered, *(claim.procedure for claim in program.claims)]
    found = {name for start in dict.fromkeys(starts) for name in reachable(program, start)}
    return replace(program, procedures={name: p for name, p in program.procedures.items() if name in found})


def _told(program: Program, entered: tuple[str, ...]) -> tuple[object, ...]:
    """All of a program that is asked for beforehand, or by what is not asked by name: claims."""
    parts = [getattr(program, field.name) for field in fields(program) if field.compare and field.name not in APART]
    caches = [replace(cache, may_fail=False) for cache in program.caches.values()]
    claims = [procedure for claim in program.claims for procedure in reachable(program, claim.procedure).values()]
    return (
        *(tuple(part.items()) if isinstance(part, dict) else part for part in parts),
        tuple(caches),
        tuple(claims),
        fixed_by_code(program, entered),
    )
