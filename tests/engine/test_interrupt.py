"""Ctrl-C ends every search as an interrupt, wherever it comes: while progress is shown, or while C asks Python."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from lockmodel.engine.exploration import Explorer, Limits, Tally
from lockmodel.engine.explore import Search
from lockmodel.engine.native.reduced import NativeReducedSearch
from lockmodel.engine.native.search import NativeSearch
from lockmodel.engine.reduction.reduced import ReducedSearch
from lockmodel.engine.step import Stepper
from lockmodel.engine.strategies import STRATEGIES
from lockmodel.engine.strategies.fewest import FewestSwitches
from lockmodel.exhaustive import unavailable
from lockmodel.properties.judge import RuleJudge
from tests.engine.strategies.models import machine

native = pytest.mark.skipif(bool(unavailable()), reason=f"the searches in C are not there: {unavailable()}")
IN_C = [pytest.param(kind, marks=native) for kind in (NativeSearch, NativeReducedSearch)]

BUSY = "box.y = 1\nwhile True:\n    atomic_inc(box.hits)\n    atomic_dec(box.hits)"


@pytest.mark.parametrize("kind", [Search, ReducedSearch, *IN_C, FewestSwitches, *STRATEGIES.values()])
def test_while_progress_is_shown(tmp_path: Path, kind: type[Explorer]) -> None:
    def interrupt(tally: Tally) -> None:
        raise KeyboardInterrupt

    stepper = Stepper(machine(tmp_path, *[BUSY] * 8))
    search = kind(stepper, RuleJudge(stepper), Limits(), interrupt)
    search.progress_every = 0.0
    found = search.run()
    assert (found.interrupted, found.reason) == (True, "interrupted")


LOCKED = "mutex_lock(box.other)\n{}\nmutex_unlock(box.other)\n"
REUSED = "item = kmem_cache_zalloc(items, GFP_KERNEL)\nkfree(item)\n" * 3
ASKING = (LOCKED.format("box.y = 1") + REUSED, LOCKED.format("box.x = 1"))
NEVER = "@model.invariant()\ndef never(box: Box) -> bool:\n    return box.x != 1\n"
ASKED = ("learn", "collect", "broken", "claim", "waiting", "final", "full", "tick")
QUESTIONS = [*((NativeSearch, one) for one in ASKED), *((NativeReducedSearch, one) for one in (*ASKED, "fails"))]


@native
@pytest.mark.parametrize(("kind", "method"), QUESTIONS)
def test_while_c_asks_python(tmp_path: Path, kind: type[Explorer], method: str) -> None:
    """In each of its questions, the first time and every later one."""
    layout = machine(tmp_path, *ASKING, claims=NEVER)
    for last in itertools.count(1):
        asked = 0

        def ask(self: Explorer, *question: Any, last: int = last) -> Any:
            nonlocal asked
            asked += 1
            if asked == last:
                raise KeyboardInterrupt
            return getattr(super(type(self), self), method)(*question)

        stepper = Stepper(layout)
        interrupted = type("Interrupted", (kind,), {method: ask})
        found = interrupted(stepper, RuleJudge(stepper), Limits(states=2 if method == "full" else None)).run()
        if asked < last:
            assert not found.interrupted
            assert last > 1
            return
        assert (found.interrupted, found.reason) == (True, "interrupted")
