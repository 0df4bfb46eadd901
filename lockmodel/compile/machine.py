"""The CPUs that a scenario declares, and the machine under its threads."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from lockmodel.compile.naming import Place, shown_value
from lockmodel.ir.machine import MOST_THREADS
from lockmodel.ir.nodes import Program
from lockmodel.ir.placement import place
from lockmodel.ir.setup import InitialObject, Thread
from lockmodel.language.scenario import ThreadRecord


class Machine:
    """Adds the objects of the machine to the initial ones of a scenario."""

    def __init__(self, program: Program, initial: list[InitialObject]) -> None:
        self._program = program
        self._initial = initial

    def placed(self, threads: Sequence[Thread], records: Sequence[ThreadRecord]) -> tuple[Thread, ...]:
        """The threads, each with its CPU and its task where anyone can see them, and the callbacks that they queue."""
        shared: dict[Hashable, str] = {cpu: f"cpu#{cpu}" for cpu in self._shared_cpus(records)}
        placed = place(self._program, self._initial, threads, [record.cpu for record in records], shared)
        if any(thread.numbered for thread in placed) and len(placed) > MOST_THREADS:
            callbacks = len(placed) - len(threads)
            told = f" (with {callbacks} for what call_rcu may have queued at a time)" if callbacks else ""
            raise Place(records[-1].path, records[-1].line).error(
                f"a scenario with {len(placed)} threads{told}, of which some sleep on queues, read under RCU or share "
                "a CPU",
                f"Use up to {MOST_THREADS} threads.",
            )
        return placed

    def _shared_cpus(self, records: Sequence[ThreadRecord]) -> list[int]:
        """The CPUs on which more than one thread runs, in order; an interrupt must find somebody there."""
        on: dict[int, list[ThreadRecord]] = {}
        for record in records:
            place = Place(record.path, record.line)
            if record.cpu is None:
                continue
            if isinstance(record.cpu, bool) or not isinstance(record.cpu, int) or record.cpu < 0:
                raise place.error(f"the CPU of `{record.name}` is {shown_value(record.cpu)}", "Number CPUs from 0.")
            on.setdefault(record.cpu, []).append(record)
        for cpu, there in on.items():
            if all(record.level != "process" for record in there):
                others = [f"`{r.name}` ({r.path}:{r.line})" for r in records if r.level == "process"]
                raise Place(there[0].path, there[0].line).error(
                    f"the {there[0].level} `{there[0].name}` comes on CPU {cpu}, where it has nobody to interrupt",
                    f"Give a thread `cpu={cpu}`: {', '.join(others) or 'there is none'}.",
                )
        return sorted(cpu for cpu, there in on.items() if len(there) > 1)
