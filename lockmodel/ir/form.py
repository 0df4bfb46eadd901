"""What a scenario's search is given, and nothing else: two scenarios with the same form have the same result."""

from __future__ import annotations

from dataclasses import replace

from lockmodel.ir.layout import reachable
from lockmodel.ir.nodes import Program
from lockmodel.ir.setup import Setup

Form = tuple[object, ...]
"""Compared in whole, whatever its hash."""


def within_reach(program: Program, setup: Setup) -> Program:
    """The program with those procedures alone that the threads of a scenario, or a claim, can come to."""
    entered = [*(thread.procedure for thread in setup.threads), *(claim.procedure for claim in program.claims)]
    found = {name for start in dict.fromkeys(entered) for name in reachable(program, start)}
    return replace(program, procedures={name: p for name, p in program.procedures.items() if name in found})


def form_of(program: Program, setup: Setup) -> Form:
    """The form of a scenario of a program within its reach: all of both but the names of the design and the switches.

    What the switches say stands in the procedures.
    """
    return (
        program.model,
        tuple(program.structs.items()),
        program.globals,
        tuple(program.caches.items()),
        tuple(program.procedures.items()),
        program.claims,
        program.hierarchy,
        program.spurious_wakeups,
        program.signals,
        program.two_move_up,
        setup,
    )
