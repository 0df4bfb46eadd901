"""Facts about nested locks, built by hand."""

from __future__ import annotations

from lockmodel.engine.exploration import Hit
from lockmodel.engine.local import NOTE, PROCESS, Nesting, Situation, Violation
from lockmodel.properties.order.graph import Fact
from lockmodel.source import Site

SITE = Site("path", "spec.py", 1)


def fact(
    *held: str,
    asks: str,
    mode: str = "write",
    trying: bool = False,
    situation: Situation = PROCESS,
    entry: str = "path",
    scenario: int = 0,
    ordered: tuple[str, ...] = (),
) -> Fact:
    """`fact("a", "b:read", asks="c")`: a lock c is asked for under a, and b for reading. `Fork#1` is of class Fork."""

    def split(text: str) -> tuple[str, str, str]:
        name, _, how = text.partition(":")
        return name.partition("#")[0], name, how or "write"

    inner = split(asks)[:2]
    nesting = Nesting(inner, mode, trying, tuple(split(h) for h in held), situation, entry, SITE, ordered)
    return Fact(scenario, Hit(Violation(NOTE, "", SITE, (SITE,), nesting=nesting), ((0, 0),)), nesting)
