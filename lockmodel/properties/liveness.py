"""LM104: threads move for ever, and none gets on."""

from __future__ import annotations

from collections.abc import Sequence

from lockmodel.engine.local import LocalState, Violation
from lockmodel.engine.step import Stepper


def livelock(stepper: Stepper, moves: Sequence[tuple[int, Sequence[LocalState]]]) -> Violation:
    """The violation of threads that go round for ever, each with the places from which it moves.

    The place is that of the thread that comes first: where its loop begins.
    """
    names = [stepper.layout.setup.threads[thread].name for thread, _ in moves]
    heads = [min(stepper.place(local) for local in locals_) for _, locals_ in moves]
    many = len(names) > 1
    told = f"{', '.join(names[:-1])} and {names[-1]}" if many else names[0]
    none = "and neither gets on" if len(names) == 2 else "and none of them gets on" if many else "and does not get on"
    return Violation(
        "LM104",
        f"{told} {'move' if many else 'moves'} for ever {none}",
        heads[0],
        (heads[0],),
        places=tuple(sorted(set(heads))),
        threads=tuple(thread for thread, _ in moves),
    )
