"""Threads of other scenarios put into one: what a joined scenario starts from.

Takes the setup of the host and the guests, each with the object that it is given in the host for each of its own; gives
one setup. A guest's objects that have no counterpart in the host come along.

Guests bring their CPUs with them: those of one scenario that share one there share one here, and interrupts come where
they came; RCU callbacks come with those who queue them. A guest may be put on a CPU of the host instead. What threads
see of each other is that of all of them: who sleeps can be woken by any, and who waits for RCU readers waits for those
of every scenario.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

from lockmodel.errors import UsageError
from lockmodel.ir.nodes import Program
from lockmodel.ir.placement import declared, place, unused
from lockmodel.ir.setup import Argument, Carried, IdrEntry, InitialObject, Link, Setup
from lockmodel.ir.types import LedgerType, MemberType, RefType

JOINED = " + "
"""Stands between the parts of the name of a joined scenario."""

ON_CPU = " on the CPU of "
"""Stands before the name of the thread whose CPU a guest is put on."""

ALONG = "+"
"""Stands before the name of an object that comes along with the guest."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A thread of another scenario. `given` names what it gets for each argument: an object of the host or a number.

    `upon` is the thread of the host on whose CPU it runs, "" for one that it brings along.
    """

    setup: Setup
    thread: int
    given: tuple[str, ...]
    upon: str = ""

    @property
    def name(self) -> str:
        """`other::thread(inode#1, 2) on the CPU of third`, as it stands in the name of a joined scenario."""
        call = f"{self.setup.name}::{self.setup.threads[self.thread].name}({', '.join(self.given)})"
        return f"{call}{ON_CPU}{self.upon}" if self.upon else call

    @staticmethod
    def named(name: str, setup_of: Callable[[str], Setup]) -> Guest:
        """The guest that has this `name`; `setup_of` gives a scenario of the spec. UsageError if it is not there."""
        call, _, upon = name.partition(ON_CPU)
        match = re.fullmatch(r"(.+)::(.+)\((.*)\)", call)
        setup = setup_of(match[1] if match else name)
        thread = next((n for n, one in enumerate(setup.threads) if match and one.name == match[2]), None)
        if match is None or thread is None:
            raise UsageError(f"there is no thread {name}\n  The spec has changed.")
        return Guest(setup, thread, tuple(match[3].split(", ")) if match[3] else (), upon)


def setup_named(program: Program, name: str, setup_of: Callable[[str], Setup]) -> Setup:
    """The scenario of a name: one of the spec, which `setup_of` gives, or one that `join` made of several."""
    host, *guests = name.split(JOINED)
    return join(program, setup_of(host), [Guest.named(guest, setup_of) for guest in guests])


def argument_objects(program: Program, setup: Setup, thread: int) -> list[int]:
    """For each argument of a thread the scenario's own object that it is, or is part of; 0 for all else."""
    record = setup.threads[thread]
    parameters = program.procedures[record.procedure].parameters
    return [
        argument.value
        if isinstance(variable.type, RefType | MemberType) and argument.value > len(program.globals)
        else 0
        for argument, variable in zip(record.arguments, parameters, strict=True)
    ]


def join(program: Program, host: Setup, guests: Sequence[Guest]) -> Setup:
    """The host with the guests' threads in it, the host itself if there are none."""
    if not guests:
        return host
    joined = replace(_without_machine(host), name=JOINED.join((host.name, *(guest.name for guest in guests))))
    numbers: dict[str, dict[int, int]] = {}
    for guest in guests:
        mapping = numbers.setdefault(guest.setup.name, {n: n for n in range(len(program.globals) + 1)})
        for own, given in zip(argument_objects(program, guest.setup, guest.thread), guest.given, strict=True):
            if own and not given.startswith(ALONG):
                mapping[own] = next(n for n, item in enumerate(host.objects, start=1) if item.name == given)
    for guest in guests:
        if any(given.startswith(ALONG) for given in guest.given):
            joined = _along(program, joined, _without_machine(guest.setup), numbers[guest.setup.name])
        joined = _with_thread(program, joined, guest, numbers[guest.setup.name])
    return _with_machine(program, joined, host, guests)


def _without_machine(setup: Setup) -> Setup:
    """Without CPUs, tasks and RCU callbacks; their objects are the last ones."""
    machine = {number for thread in setup.threads for number in (thread.cpu, thread.task)}
    machine.update(callback.slot for _, callback in setup.callbacks)
    objects = tuple(item for number, item in enumerate(setup.objects, start=1) if number not in machine)
    return replace(setup, objects=objects, threads=declared(setup.threads))


def _with_machine(program: Program, joined: Setup, host: Setup, guests: Sequence[Guest]) -> Setup:
    """With the CPUs of the host and the guests, the tasks that all of these see of each other, and their callbacks."""
    objects = list(joined.objects)
    homes = _homes(host, guests)
    shared: dict[Hashable, str] = {}
    for thread, home in zip(joined.threads, homes, strict=True):
        if home not in shared and (thread.level != "process" or homes.count(home) > 1):
            shared[home] = f"cpu#{len(shared)}"
    threads = place(program, objects, joined.threads, homes, shared)
    return replace(joined, objects=tuple(objects), threads=threads)


def _homes(host: Setup, guests: Sequence[Guest]) -> list[tuple[str, int]]:
    """The CPU of each thread of a joined scenario: a scenario, and a number that is one CPU there.

    UsageError where a guest is put on the CPU of a thread that is not there.
    """
    homes = {
        thread.name: (host.name, cpu_of(host, number))
        for number, thread in enumerate(host.threads)
        if thread.callback is None
    }
    found = list(homes.values())
    for guest in guests:
        if guest.upon and guest.upon not in homes:
            raise UsageError(f"there is no thread {host.name}::{guest.upon}\n  The spec has changed.")
        found.append(homes[guest.upon] if guest.upon else (guest.setup.name, cpu_of(guest.setup, guest.thread)))
    return found


def cpu_of(setup: Setup, thread: int) -> int:
    """A number for the CPU of a thread: the same for those that share one, below 0 for one of its own."""
    return setup.threads[thread].cpu or -1 - thread


def _with_thread(program: Program, joined: Setup, guest: Guest, numbers: dict[int, int]) -> Setup:
    record = guest.setup.threads[guest.thread]
    own = argument_objects(program, guest.setup, guest.thread)
    arguments = tuple(
        Argument(numbers[number], argument.field) if number else argument
        for argument, number in zip(record.arguments, own, strict=True)
    )
    name = unused(record.name, [thread.name for thread in joined.threads])
    thread = replace(record, name=name, arguments=arguments, cpu=0, task=0, calls=())
    return replace(joined, threads=(*joined.threads, thread))


def _along(program: Program, joined: Setup, guest: Setup, numbers: dict[int, int]) -> Setup:
    """With the guest's objects that have no counterpart yet, and what they are linked to."""
    fresh = [number for number in range(1, len(guest.objects) + 1) if number not in numbers]
    for there, number in enumerate(fresh, start=len(joined.objects) + 1):
        numbers[number] = there
    names = [item.name for item in joined.objects]
    copies = []
    for number in fresh:
        item = guest.objects[number - 1]
        struct = program.structs[item.struct]
        values = tuple(
            (name, numbers[value] if isinstance(struct.field(name).type, RefType) and value > 0 else value)
            for name, value in item.values
        )
        copies.append(InitialObject(unused(item.name, names), item.struct, values))
        names.append(copies[-1].name)
    links = [
        Link(numbers[link.entry], link.link, numbers[link.head], link.head_field)
        for link in guest.links
        if link.entry in fresh
    ]
    entries = [
        IdrEntry(numbers[entry.idr], entry.field, entry.id, numbers[entry.target])
        for entry in guest.idr_entries
        if entry.idr in fresh
    ]
    carried = [
        Carried(
            numbers[one.owner],
            one.field,
            numbers[one.claimant],
            _event(program, guest, one, numbers),
            numbers[one.carrier],
        )
        for one in guest.carried
        if one.owner in fresh
    ]
    kept = [(numbers[number], field) for number, field in guest.kept if number in fresh]
    return replace(
        joined,
        objects=(*joined.objects, *copies),
        links=(*joined.links, *links),
        idr_entries=(*joined.idr_entries, *entries),
        kept=(*joined.kept, *kept),
        carried=(*joined.carried, *carried),
    )


def _event(program: Program, guest: Setup, carried: Carried, numbers: dict[int, int]) -> tuple[int, ...]:
    kind = program.structs[guest.objects[carried.owner - 1].struct].field(carried.field).type
    assert isinstance(kind, LedgerType)
    return tuple(
        numbers[value] if isinstance(type_, RefType) and value > 0 else value
        for type_, value in zip(kind.event, carried.event, strict=True)
    )
