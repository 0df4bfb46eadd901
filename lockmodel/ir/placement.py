"""The machine under the threads of a scenario: CPUs, what others see of tasks, and the threads that run RCU callbacks.

There is only what more than one thread can tell: a CPU that is shared or that a callback may come upon, the task of a
thread that others wake or wait for. A callback may come upon every thread for which it might have to wait; where it
waits for none, it makes no difference where it runs.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from lockmodel.ir.layout import instructions, operations
from lockmodel.ir.machine import CALLBACK, CPU, MOST_THREADS, TASK, TELLS_OF_TASKS, seen_by_others
from lockmodel.ir.nodes import Await, Operate, Program
from lockmodel.ir.operations import LOCKING
from lockmodel.ir.setup import Argument, Callback, InitialObject, Thread


def place(
    program: Program,
    objects: list[InitialObject],
    declared: Sequence[Thread],
    homes: Sequence[Hashable],
    shared: Mapping[Hashable, str],
) -> tuple[Thread, ...]:
    """The threads, each with its CPU and its task where it has any, and the callbacks after them.

    `homes` says who is on one CPU, and `shared` what those are called on which several threads run, or interrupts. What
    they need is added to the `objects`.
    """
    return _Placement(program, objects).run(declared, homes, shared)


def declared(threads: Sequence[Thread]) -> tuple[Thread, ...]:
    """The threads before they were placed."""
    return tuple(replace(thread, cpu=0, task=0, calls=()) for thread in threads if thread.callback is None)


def unused(name: str, used: Sequence[str], between: str = "~") -> str:
    """The name, or it with the first number that makes it one that is not used."""
    number = 2
    fresh = name
    while fresh in used:
        fresh, number = f"{name}{between}{number}", number + 1
    return fresh


@dataclass(frozen=True)
class Doing:
    """All that placing a thread asks of the code that it can come to.

    `queues` are the procedures that it gives to call_rcu, and how often they stand in that code. It `locks`, `awaits`
    conditions, and `of_tasks` are its operations that say whether others see its task.
    """

    queues: tuple[tuple[str, int], ...]
    locks: bool
    awaits: bool
    of_tasks: frozenset[str]

    @property
    def waits(self) -> bool:
        """Can it wait for what another thread has to do?"""
        return self.locks or self.awaits


def doing(program: Program, procedure: str) -> Doing:
    """What a thread that enters this procedure can come to do."""
    queues: dict[str, int] = {}
    awaits = False
    for instruction in instructions(program, procedure):
        awaits = awaits or isinstance(instruction, Await)
        if isinstance(instruction, Operate) and instruction.callback:
            queues[instruction.callback] = queues.get(instruction.callback, 0) + 1
    done = operations(program, procedure)
    locks = any(name in LOCKING or name == "atomic_dec_and_lock" for name in done)
    return Doing(tuple(queues.items()), locks, awaits, TELLS_OF_TASKS & done)


class _Placement:
    def __init__(self, program: Program, objects: list[InitialObject]) -> None:
        self.program = program
        self.objects = objects

    def run(
        self, declared: Sequence[Thread], homes: Sequence[Hashable], shared: Mapping[Hashable, str]
    ) -> tuple[Thread, ...]:
        threads = self._with_callbacks(declared)
        waiting = [thread.callback is not None and self._does(thread).waits for thread in threads]
        known = {home: self._add(name, CPU.name) for home, name in shared.items()}
        cpus = [known.get(home, 0) for home in homes] + [0] * (len(threads) - len(homes))
        if any(waiting):
            awaited = any(self._does(thread).awaits for thread in threads)
            for number, thread in enumerate(declared):
                if not cpus[number] and (awaited or self._does(thread).locks):
                    cpus[number] = self._add(f"cpu({thread.name})", CPU.name)
        upon = tuple(
            dict.fromkeys(c for c, thread in zip(cpus, threads, strict=True) if c and thread.level == "process")
        )
        seen = seen_by_others([self._does(thread).of_tasks for thread in threads])
        placed = []
        for thread, cpu, visible, waits in zip(threads, cpus, seen, waiting, strict=True):
            callback = replace(thread.callback, cpus=upon) if thread.callback and waits else thread.callback
            task = self._add(f"task({thread.name})", TASK) if visible else 0
            placed.append(replace(thread, cpu=cpu, task=task, callback=callback))
        return tuple(placed)

    def _add(self, name: str, struct: str) -> int:
        self.objects.append(InitialObject(unused(name, [item.name for item in self.objects]), struct, ()))
        return len(self.objects)

    def _with_callbacks(self, declared: Sequence[Thread]) -> list[Thread]:
        """With a thread for each callback that any of them may have queued at a time.

        Callbacks queue others in their turn; where a procedure comes back, it is by the callback that runs it already.
        """
        threads = list(declared)
        running: list[Mapping[str, tuple[int, ...]]] = [{} for _ in threads]
        for number in range(MOST_THREADS):
            if number == len(threads):
                break
            calls: list[tuple[str, tuple[int, ...]]] = []
            for procedure, count in self._does(threads[number]).queues:
                known = running[number].get(procedure)
                if known is None:
                    known = tuple(range(len(threads), len(threads) + (self.program.rcu_callbacks or count)))
                    for one in known:
                        threads.append(self._callback(procedure, threads[number], threads))
                        running.append({**running[number], procedure: (one,)})
                calls.append((procedure, known))
            threads[number] = replace(threads[number], calls=tuple(calls))
        return threads

    def _callback(self, procedure: str, caller: Thread, threads: Sequence[Thread]) -> Thread:
        name = unused(f"{procedure} of {caller.name}", [thread.name for thread in threads], " ")
        slot = Callback(self._add(f"RCU({name})", CALLBACK))
        return Thread(name, procedure, (Argument(0),), True, caller.site, "softirq", callback=slot)

    def _does(self, thread: Thread) -> Doing:
        return doing(self.program, thread.procedure)
