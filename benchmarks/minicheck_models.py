"""The subjects that minicheck is given, as its `Protocol`: run with a subject and a size, it prints what it found.

A state is a tuple: where each thread stands, then what each lock is (0 is free). Deadlock is no notion of minicheck's;
it is asked as an invariant: that some thread can go on, or all are done. A transition does one operation on a lock, so
that the states are those of the other tools.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence

from minicheck import Protocol, check_safety  # type: ignore[import-untyped, import-not-found, unused-ignore]

State = tuple[int, ...]
Step = tuple[int, int]
"""A lock, and what it becomes: 1 is taken, 0 is given back."""


def protocol(programs: Sequence[Sequence[Step]], locks: int, endless: bool, expanded: list[int]) -> Protocol:
    """Threads that each run a program of steps, once or for ever. `expanded` counts the states it was asked about."""
    threads = len(programs)

    def moves(state: State) -> list[tuple[str, State]]:
        found = []
        for thread, program in enumerate(programs):
            at = state[thread]
            if at == len(program):
                continue
            lock, becomes = program[at]
            if becomes and state[threads + lock]:
                continue
            after = list(state)
            after[thread] = (at + 1) % len(program) if endless else at + 1
            after[threads + lock] = becomes
            found.append((f"thread {thread} {'takes' if becomes else 'gives'} {lock}", tuple(after)))
        return found

    def transitions(state: State) -> list[tuple[str, State]]:
        expanded[0] += 1
        return moves(state)

    fields = tuple([f"at{n}" for n in range(threads)] + [f"lock{n}" for n in range(locks)])

    def someone_can_go_on(values: dict[str, int]) -> bool:
        state = tuple(values[name] for name in fields)
        return all(state[n] == len(programs[n]) for n in range(threads)) or bool(moves(state))

    initial = (0,) * len(fields)
    return Protocol("locks", False, fields, initial, transitions, {"no deadlock": someone_can_go_on})


def both(first: int, second: int) -> list[Step]:
    """Two locks, one inside the other."""
    return [(first, 1), (second, 1), (second, 0), (first, 0)]


def left_first(n: int, expanded: list[int]) -> Protocol:
    """Philosophers with the deadlock."""
    return protocol([both(i, (i + 1) % n) for i in range(n)], n, True, expanded)


def lower_first(n: int, expanded: list[int]) -> Protocol:
    """Philosophers without."""
    pairs = [sorted((i, (i + 1) % n)) for i in range(n)]
    return protocol([both(lower, higher) for lower, higher in pairs], n, True, expanded)


def nested_locks(n: int, expanded: list[int]) -> Protocol:
    """Threads that take the same two locks once."""
    return protocol([both(0, 1)] * n, 2, False, expanded)


FORMS: dict[str, Callable[[int, list[int]], Protocol]] = {
    "left_first": left_first,
    "lower_first": lower_first,
    "nested_locks": nested_locks,
}


def main() -> None:
    """Print a JSON object; an interrupt ends the search, and how many states were expanded is said."""
    expanded = [0]
    model = FORMS[sys.argv[1]](int(sys.argv[2]), expanded)
    started = time.perf_counter()
    try:
        result = check_safety(model, max_states=10**9)
    except KeyboardInterrupt:
        print(json.dumps({"verdict": "unfinished", "states": expanded[0]}))
        return
    holds = all(found["holds"] for found in result["properties"].values())
    print(
        json.dumps(
            {
                "verdict": "verified" if holds else "violated",
                "states": result["reachable_states"],
                "searched": time.perf_counter() - started,
            }
        )
    )


if __name__ == "__main__":
    main()
