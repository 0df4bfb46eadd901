"""What a scenario's search is given, and nothing else: two scenarios with the same form have the same result."""

from __future__ import annotations

from dataclasses import fields, replace

from lockmodel.ir.layout import reachable
from lockmodel.ir.nodes import Program
from lockmodel.ir.setup import Setup

Form = tuple[int, Setup]
"""The number of what is within reach, and the setup; compared in whole, whatever its hash."""

NAMES = ("design", "switches")
"""Of a program, what a search never asks for."""


class Forms:
    """Gives the forms of scenarios, and the programs within their reach, whatever program they are of.

    There may be thousands of scenarios of a few sets of paths: what is the same for all of a set is made once.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[object, ...], int] = {}
        self._reached: dict[tuple[str, ...], tuple[Program, int]] = {}
        self._program: Program | None = None

    def of(self, program: Program, setup: Setup) -> tuple[Form, Program]:
        """The form of a scenario, and the program with what it can come to and nothing else."""
        if program is not self._program:
            self._program, self._reached = program, {}
        entered = tuple(dict.fromkeys(thread.procedure for thread in setup.threads))
        if entered not in self._reached:
            within = _within_reach(program, entered)
            self._reached[entered] = within, self._numbers.setdefault(_told(within), len(self._numbers))
        within, number = self._reached[entered]
        return (number, setup), within


def _within_reach(program: Program, entered: tuple[str, ...]) -> Program:
    """The program with those procedures alone that threads who enter these, or a claim, can come to."""
    starts = [*entered, *(claim.procedure for claim in program.claims)]
    found = {name for start in dict.fromkeys(starts) for name in reachable(program, start)}
    return replace(program, procedures={name: p for name, p in program.procedures.items() if name in found})


def _told(program: Program) -> tuple[object, ...]:
    """All of a program but the names of the design and the switches: what those say stands in the procedures."""
    parts = [getattr(program, field.name) for field in fields(program) if field.compare and field.name not in NAMES]
    return tuple(tuple(part.items()) if isinstance(part, dict) else part for part in parts)
