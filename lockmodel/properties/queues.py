"""How long threads wait for each lock: how often they are passed by, and in how long a row they stand."""

from __future__ import annotations

from lockmodel.engine.bypass import LockWait, bypasses
from lockmodel.engine.liveness import Graph
from lockmodel.properties.waiting import waits


def lock_waits(graph: Graph) -> list[LockWait]:
    """For each lock that some thread waits for, by name."""
    chains: dict[int | str, int] = {}
    for number in range(graph.states):
        by_thread = {wait.thread: wait for wait in waits(graph.view(number))}
        holders = {thread: wait.holders for thread, wait in by_thread.items()}
        for thread, wait in by_thread.items():
            if wait.wants >= 0:
                chains[wait.wants] = max(chains.get(wait.wants, 0), _row(thread, holders))
    layout = graph.layout
    return sorted(
        (
            LockWait(lock if isinstance(lock, str) else layout.member_name(lock), bypass, chains.get(lock, 1))
            for lock, bypass in bypasses(graph).items()
        ),
        key=lambda wait: wait.lock,
    )


def _row(thread: int, holders: dict[int, tuple[int, ...]], before: tuple[int, ...] = ()) -> int:
    """The longest row of threads from one on, in which each waits for the next; the last one need not wait."""
    following = [holder for holder in holders.get(thread, ()) if holder not in (*before, thread)]
    return 1 + max((_row(holder, holders, (*before, thread)) for holder in following), default=0)
