"""The subjects that frontrun is given, as threads of Python: run with a subject, a size and seconds, it prints JSON.

frontrun runs the threads again and again, one execution for each order of conflicting operations, and stores no
states. So a philosopher dines once here and not for ever, which a search that stores no states would never end. All
orders are asked for (`stop_on_first=False`, no bound on preemptions), as the other tools are.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable

import frontrun  # type: ignore[import-untyped, import-not-found, unused-ignore]


class Table:
    """The locks."""

    def __init__(self, locks: int) -> None:
        self.locks = [threading.Lock() for _ in range(locks)]


def both(first: int, second: int) -> Callable[[Table], None]:
    """A thread that takes two locks, one inside the other."""

    def run(table: Table) -> None:
        with table.locks[first], table.locks[second]:
            pass

    return run


def main() -> None:
    """Print what was found."""
    form, n, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    pairs = [(i, (i + 1) % n) for i in range(n)]
    if form == "lower_first":
        pairs = [(min(pair), max(pair)) for pair in pairs]
    elif form == "nested_locks":
        pairs = [(0, 1)] * n
    started = time.perf_counter()
    result = frontrun.explore(
        setup=lambda: Table(n if form != "nested_locks" else 2),
        workers=[both(*pair) for pair in pairs],
        invariant=lambda _: True,
        preemption_bound=None,
        stop_on_first=False,
        detect_io=False,
        reproduce_on_failure=0,
        total_timeout=seconds,
    )
    elapsed = time.perf_counter() - started
    if elapsed >= seconds:
        verdict = "unfinished"
    else:
        verdict = "verified" if result.property_holds else "violated"
    print(json.dumps({"verdict": verdict, "runs": result.num_explored, "searched": elapsed}))


if __name__ == "__main__":
    main()
