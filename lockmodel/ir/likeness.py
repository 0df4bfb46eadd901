"""Scenarios that are alike: equal but for which object of a Struct is which, and which thread of a path.

Takes setups, gives a form of each: two of one `Likeness` have the same form if and only if they are alike. What a
scenario can do depends on nothing else (see `engine.reduction.exchange`), so that one of those alike stands for all.
Every object counts, also one that no thread can get to: claims are judged for it, and it may hold a reference.

A form is the setup written down with objects numbered as threads come upon them: by their arguments, then by what those
refer to, and so on. Where that leaves a choice (threads that look the same, objects that nobody comes upon), each
alternative is written down, and the least is the form. That is McKay's canonical labelling (Practical graph
isomorphism, 1981) without its care for large graphs: these have a dozen objects, and threads to begin at.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from lockmodel.ir.nodes import Program
from lockmodel.ir.setup import Setup
from lockmodel.ir.types import IdrType, LedgerType, ListEntryType, ListHeadType, MemberType, RefType

Form = tuple[int, ...]

NOT_YET = 1_000_000
"""Stands for an object that has no number yet; no scenario has as many."""


class Likeness:
    """Gives the forms of the setups of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._codes: dict[object, int] = {}
        self._shapes = {
            name: (
                tuple(field.name for field in struct.fields if isinstance(field.type, RefType)),
                tuple(
                    field.name
                    for field in struct.fields
                    if isinstance(field.type, ListHeadType | ListEntryType | IdrType | LedgerType)
                ),
            )
            for name, struct in program.structs.items()
        }

    def form(self, setup: Setup) -> Form:
        """What is the same for all setups that are alike, and for no others."""
        graph = _Graph(self, setup)
        return min(form for order in graph.orders() for form in graph.forms(order))

    def code(self, thing: object) -> int:
        """A number for a thing, the same for equal ones. Which number it is means nothing."""
        return self._codes.setdefault(thing, len(self._codes))

    def shape(self, struct: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The references of a Struct, and its lists, links, idrs and ledgers; a Struct of the machine has none."""
        return self._shapes.get(struct, ((), ()))


class _Graph:
    """A setup as a graph of objects and threads, both numbered.

    A label is all that one is by itself. Its edges are the objects that it is linked to, in order, with a 0 for each
    null reference, and negative numbers for what else must be told (the length of a list, an id).
    """

    def __init__(self, likeness: Likeness, setup: Setup) -> None:
        self.globals = len(likeness.program.globals)
        self.labels, self.edges = self._objects(likeness, setup)
        self.thread_labels: list[int] = []
        self.thread_edges: list[list[int]] = []
        for thread in setup.threads:
            variables = likeness.program.procedures[thread.procedure].parameters
            refers = [isinstance(variable.type, RefType | MemberType) for variable in variables]
            given = list(zip(thread.arguments, refers, strict=True))
            plain = tuple((argument.field, 0 if refers else argument.value) for argument, refers in given)
            calls, callback = tuple(procedure for procedure, _ in thread.calls), thread.callback
            machine = [thread.cpu, thread.task, *((callback.slot, *callback.cpus) if callback else ())]
            itself = (thread.procedure, thread.level, thread.may_wait, plain, calls, len(machine))
            self.thread_labels.append(likeness.code(("thread", itself)))
            self.thread_edges.append([argument.value for argument, refers in given if refers] + machine)

    def _objects(self, likeness: Likeness, setup: Setup) -> tuple[list[int], list[list[int]]]:
        kept: dict[int, list[str]] = {}
        for number, field in setup.kept:
            kept.setdefault(number, []).append(field)
        linked: dict[tuple[int, str], list[int]] = {}
        for link in setup.links:
            linked.setdefault((link.head, link.head_field), []).append(link.entry)
            linked[link.entry, link.link] = [link.head]
        for entry in sorted(setup.idr_entries, key=lambda entry: entry.id):
            linked.setdefault((entry.idr, entry.field), []).extend((-1 - entry.id, entry.target))
        for carried in setup.carried:
            kind = likeness.program.structs[setup.objects[carried.owner - 1].struct].field(carried.field).type
            assert isinstance(kind, LedgerType)
            event = [
                value if isinstance(type_, RefType) else -1 - likeness.code(("value", value))
                for type_, value in zip(kind.event, carried.event, strict=True)
            ]
            there = linked.setdefault((carried.owner, carried.field), [])
            there += [carried.claimant, *event, carried.carrier]
        labels, edges = [0], [[0]]
        for number, item in enumerate(setup.objects, 1):
            references, members = likeness.shape(item.struct)
            values = dict(item.values)
            out = [values.pop(name) for name in references]
            for name in members:
                there = linked.get((number, name), [])
                out += [-1 - len(there), *there]
            itself = number if number <= self.globals else item.struct
            labels.append(likeness.code(("object", itself, *values.values(), *sorted(kept.get(number, ())))))
            edges.append(out)
        return labels, edges

    def orders(self) -> Iterator[tuple[int, ...]]:
        """The orders to write the threads down in: by what they are by themselves, else in every way."""
        known: dict[tuple[int, ...], list[int]] = {}
        for thread, edges in enumerate(self.thread_edges):
            key = (self.thread_labels[thread], *(self.labels[number] for number in edges))
            known.setdefault(key, []).append(thread)
        alike = [itertools.permutations(known[key]) for key in sorted(known)]
        return (tuple(itertools.chain(*parts)) for parts in itertools.product(*alike))

    def forms(self, order: Sequence[int]) -> Iterator[Form]:
        """The ways to write the setup down with its threads in this order."""
        numbers = [0] * len(self.labels)
        found: list[int] = []
        starts = itertools.chain(range(1, self.globals + 1), *(self.thread_edges[thread] for thread in order))
        self._reach(starts, found, numbers)
        return self._beyond(order, found, numbers)

    def _reach(self, starts: Iterable[int], found: list[int], numbers: list[int]) -> None:
        """Number some objects, and all that can be come upon from them."""
        at = len(found)
        for number in starts:
            if number > 0 and not numbers[number]:
                found.append(number)
                numbers[number] = len(found)
        while at < len(found):
            for number in self.edges[found[at]]:
                if number > 0 and not numbers[number]:
                    found.append(number)
                    numbers[number] = len(found)
            at += 1

    def _beyond(self, order: Sequence[int], found: list[int], numbers: list[int]) -> Iterator[Form]:
        left = [number for number in range(1, len(numbers)) if not numbers[number]]
        if not left:
            yield self._written(order, found, numbers)
            return
        for number in self._alternatives(left, numbers):
            further, numbered = found.copy(), numbers.copy()
            self._reach((number,), further, numbered)
            yield from self._beyond(order, further, numbered)

    def _alternatives(self, left: Sequence[int], numbers: Sequence[int]) -> Sequence[int]:
        """Those to number next: the fewest that look the same. Of those that are the same one is enough."""
        known: dict[tuple[int, ...], list[int]] = {}
        for number in left:
            key = (
                self.labels[number],
                *(numbers[other] or NOT_YET if other > 0 else other for other in self.edges[number]),
            )
            known.setdefault(key, []).append(number)
        _, key = min((len(alike), key) for key, alike in known.items())
        alike = known[key]
        referred = any(other in alike for number in left for other in self.edges[number])
        return alike if referred or NOT_YET in key else alike[:1]

    def _written(self, order: Sequence[int], found: Sequence[int], numbers: Sequence[int]) -> Form:
        form: list[int] = []
        for thread in order:
            form.append(self.thread_labels[thread])
            form += [numbers[number] for number in self.thread_edges[thread]]
        for number in found:
            form.append(self.labels[number])
            form += [numbers[other] if other > 0 else other for other in self.edges[number]]
        return tuple(form)
