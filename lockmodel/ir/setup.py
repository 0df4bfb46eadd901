"""What a scenario starts from: objects, links, threads. Numbers of objects start at 1, global objects first."""

from __future__ import annotations

from dataclasses import dataclass

from lockmodel.source import NOWHERE, Site


@dataclass(frozen=True, slots=True)
class InitialObject:
    """An object that is there at the start; `values` are its plain fields, atomics and lock counts by field name.

    `site` is where it is made, NOWHERE if that is the scenario itself.
    """

    name: str
    struct: str
    values: tuple[tuple[str, int], ...]
    site: Site = NOWHERE


@dataclass(frozen=True, slots=True)
class Link:
    """Object `entry` is put, in the order of the links, at the tail of the list `head_field` of object `head`."""

    entry: int
    link: str
    head: int
    head_field: str


@dataclass(frozen=True, slots=True)
class IdrEntry:
    """Object `target` stands under `id` in the idr `field` of object `idr`."""

    idr: int
    field: str
    id: int
    target: int


@dataclass(frozen=True, slots=True)
class Carried:
    """In the ledger `field` of object `owner` the event for `claimant` is on its way, carried by `carrier`."""

    owner: int
    field: str
    claimant: int
    event: tuple[int, ...]
    carrier: int


@dataclass(frozen=True, slots=True)
class Argument:
    """A number or reference (`field` is ""), or the address of a member of object `value`."""

    value: int
    field: str = ""


@dataclass(frozen=True, slots=True)
class Callback:
    """What makes a thread one that runs what is given to call_rcu, again and again.

    `slot` is the object that holds what is queued. It runs on a CPU of its own, or comes upon one of `cpus`.
    """

    slot: int
    cpus: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread: the path that it enters and with what. `may_wait`: it may wait for ever without that being wrong.

    `level` is "process", or "softirq" or "hardirq" for an interrupt. `cpu` is the object that stands for its CPU, 0 if
    nothing else runs there; `task` the one for what others see of it (it sleeps, it reads under RCU), 0 if none do.
    `calls` are the procedures that it gives to call_rcu, each with the threads that may run them for it; such a thread
    has a `callback`.
    """

    name: str
    procedure: str
    arguments: tuple[Argument, ...]
    may_wait: bool = False
    site: Site = NOWHERE
    level: str = "process"
    cpu: int = 0
    task: int = 0
    calls: tuple[tuple[str, tuple[int, ...]], ...] = ()
    callback: Callback | None = None

    @property
    def numbered(self) -> bool:
        """Does shared memory know it by its number?"""
        return bool(self.cpu or self.task or self.calls or self.callback)


@dataclass(frozen=True, slots=True)
class Setup:
    """One scenario. `objects` are all initial objects, the global ones first; object number n is objects[n - 1].

    `kept` are (object, RefCount field) of references that the environment holds beyond the end of the threads.
    """

    name: str
    objects: tuple[InitialObject, ...]
    links: tuple[Link, ...]
    idr_entries: tuple[IdrEntry, ...]
    threads: tuple[Thread, ...]
    kept: tuple[tuple[int, str], ...] = ()
    site: Site = NOWHERE
    carried: tuple[Carried, ...] = ()

    @property
    def tasks(self) -> tuple[int, ...]:
        """The task object of each thread, 0 for one that has none."""
        return tuple(thread.task for thread in self.threads)

    @property
    def callbacks(self) -> tuple[tuple[int, Callback], ...]:
        """The threads that run what is given to call_rcu, by their numbers."""
        return tuple((n, thread.callback) for n, thread in enumerate(self.threads) if thread.callback is not None)
