"""What an operation is given and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lockmodel.engine.memory import Memory
from lockmodel.source import Site

GFP_WAIT = 1
"""The bit of the allocation flags that lets an allocation sleep (GFP_KERNEL has it)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an operation knows beside its operands.

    `entry` is the procedure by which its thread was entered, `callback` the one that it is given.
    """

    name: str
    cache: str
    thread: int
    choice: int
    racy: bool
    clear_dead: bool
    site: Site
    entry: str
    callback: str = ""


Result = tuple[tuple[int, ...], str]
Meaning = Callable[[Memory, tuple[int, ...], Context], Result]
