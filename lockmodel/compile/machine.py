"""The CPUs and tasks that a scenario needs: those that more than one thread can tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lockmodel.compile.naming import Place, shown_value
from lockmodel.ir.layout import operations
from lockmodel.ir.machine import CPU, MOST_THREADS, TASK, seen_by_others
from lockmodel.ir.nodes import Program
from lockmodel.ir.setup import InitialObject, Thread
from lockmodel.language.scenario import ThreadRecord


class Machine:
    """Adds the objects of the machine to the initial ones of a scenario."""

    def __init__(self, program: Program, initial: list[InitialObject]) -> None:
        self._program = program
        self._initial = initial

    def placed(self, threads: Sequence[Thread], records: Sequence[ThreadRecord]) -> tuple[Thread, ...]:
        """The threads, each with its CPU and its task where anyone can see them."""
        shared = self._shared_cpus(records)
        cpus = {cpu: self._add(f"cpu#{cpu}", CPU.name) for cpu in shared}
        seen = seen_by_others([operations(self._program, thread.procedure) for thread in threads])
        if (shared or any(seen)) and len(threads) > MOST_THREADS:
            raise Place(records[-1].path, records[-1].line).error(
                f"a scenario with {len(threads)} threads, of which some sleep on queues, read under RCU or share a CPU",
                f"Use up to {MOST_THREADS} threads.",
            )
        placed = []
        for thread, record, visible in zip(threads, records, seen, strict=True):
            cpu = cpus.get(record.cpu, 0) if record.cpu is not None else 0
            task = self._add(f"task({thread.name})", TASK) if visible else 0
            placed.append(replace(thread, cpu=cpu, task=task))
        return tuple(placed)

    def _add(self, name: str, struct: str) -> int:
        self._initial.append(InitialObject(name, struct, ()))
        return len(self._initial)

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
