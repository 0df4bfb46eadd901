"""Two scenarios have one form if and only if renaming makes them equal: held against every renaming there is."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from lockmodel.ir.likeness import Likeness
from lockmodel.ir.nodes import Program
from lockmodel.ir.setup import Argument, Carried, IdrEntry, InitialObject, Link, Setup, Thread
from tests.compile.specs import Specs

BODY = """
class Cell(Struct):
    next: Cell
    other: Cell
    value: Small
    count: RefCount
    inside: ListHead[Cell] = list_of("at")
    at: ListEntry
    ids: Idr[Cell] = idr_of(3)
    book: Ledger[Cell, Cell, Small, Cell] = ledger(capacity=2)
class Lone(Struct):
    cell: Cell
shared = model.object(Cell, "shared")
@model.path
def f(c: Cell, x: int) -> None: pass
@model.path
def g(c: Cell, d: Cell, s: ListHead[Cell]) -> None: pass
"""
GLOBALS = 2
"""big_lock of the common header, and `shared`."""

Draw = random.Random


@pytest.fixture
def program(specs: Specs) -> Program:
    return specs.program(BODY)


def drawn(draw: Draw, program: Program) -> Setup:
    """A scenario of two to five objects of two Structs, and one to three threads."""
    cells, lones = draw.randint(1, 4), draw.randint(0, 1)
    numbers = range(GLOBALS + 1, GLOBALS + 1 + cells)
    refer = [0, 0, GLOBALS, *numbers]

    def cell(name: str) -> InitialObject:
        values = (draw.choice(refer), draw.choice(refer), draw.randint(0, 1), draw.randint(1, 2))
        fields = ("next", "other", "value", "count")
        return InitialObject(name, "Cell", tuple(zip(fields, values, strict=True)))

    objects = [InitialObject(known.name, known.struct, known.values) for known in program.globals]
    objects += [cell(f"cell#{n}") for n in numbers]
    objects += [InitialObject(f"lone#{n}", "Lone", (("cell", draw.choice(refer)),)) for n in range(lones)]
    links = [Link(n, "at", draw.choice([*numbers, GLOBALS]), "inside") for n in numbers if draw.random() < 0.4]
    draw.shuffle(links)
    ids = [IdrEntry(draw.choice(numbers), "ids", n, draw.choice(numbers)) for n in range(3) if draw.random() < 0.3]
    threads = []
    for n in range(draw.randint(1, 3)):
        one, other, third = (Argument(draw.choice([*numbers, GLOBALS])) for _ in range(3))
        if draw.random() < 0.6:
            threads.append(Thread(f"t{n}", "f", (one, Argument(draw.randint(0, 1))), draw.random() < 0.2))
        else:
            threads.append(Thread(f"t{n}", "g", (one, other, replace(third, field="inside"))))
    kept = [(draw.choice(numbers), "count") for _ in range(draw.randint(0, 2))]
    carried = [
        Carried(
            draw.choice(numbers), "book", draw.choice(numbers), (draw.randint(0, 1), draw.choice(refer)), numbers[0]
        )
        for _ in range(draw.choice([0, 0, 1, 2]))
    ]
    return Setup("s", tuple(objects), tuple(links), tuple(ids), tuple(threads), tuple(kept), carried=tuple(carried))


def renamed(setup: Setup, numbers: dict[int, int], threads: tuple[int, ...]) -> Setup:
    """The setup with other objects in the places of its own, and its threads in another order."""
    of = {0: 0, **numbers}

    def value(name: str, at: int) -> int:
        return of[at] if name in ("next", "other", "cell") else at

    objects = list(setup.objects)
    for number, item in enumerate(setup.objects, 1):
        values = tuple((name, value(name, at)) for name, at in item.values)
        objects[of[number] - 1] = InitialObject("", item.struct, values)
    moved = []
    for thread in (setup.threads[at] for at in threads):
        given = [
            argument if thread.procedure == "f" and at else replace(argument, value=of[argument.value])
            for at, argument in enumerate(thread.arguments)
        ]
        moved.append(replace(thread, name="", arguments=tuple(given)))
    return Setup(
        "",
        tuple(objects),
        tuple(Link(of[one.entry], one.link, of[one.head], one.head_field) for one in setup.links),
        tuple(IdrEntry(of[one.idr], one.field, one.id, of[one.target]) for one in setup.idr_entries),
        tuple(moved),
        tuple((of[number], field) for number, field in setup.kept),
        carried=tuple(
            Carried(of[one.owner], one.field, of[one.claimant], (one.event[0], of[one.event[1]]), of[one.carrier])
            for one in setup.carried
        ),
    )


def written(setup: Setup) -> object:
    """What a setup says, whatever the order in which lists of different heads, ids and keeps were told."""
    lists: dict[tuple[int, str], list[int]] = {}
    for link in setup.links:
        lists.setdefault((link.head, link.head_field), []).append(link.entry)
    ids = sorted((one.idr, one.field, one.id, one.target) for one in setup.idr_entries)
    books: dict[int, list[Carried]] = {}
    for one in setup.carried:
        books.setdefault(one.owner, []).append(one)
    told = sorted(lists.items()), ids, sorted(books.items()), sorted(setup.kept)
    return [item.values for item in setup.objects], setup.threads, told


def renamings(setup: Setup) -> list[tuple[dict[int, int], tuple[int, ...]]]:
    """Every way to rename the objects of each Struct, but the global ones, and the threads."""
    groups: dict[str, list[int]] = {}
    for number, item in enumerate(setup.objects, 1):
        groups.setdefault(str(number) if number <= GLOBALS else item.struct, []).append(number)
    found = []
    for parts in itertools.product(*(itertools.permutations(group) for group in groups.values())):
        numbers = {
            n: m for group, part in zip(groups.values(), parts, strict=True) for n, m in zip(group, part, strict=True)
        }
        found += [(numbers, threads) for threads in itertools.permutations(range(len(setup.threads)))]
    return found


def alike(one: Setup, other: Setup) -> bool:
    """Is there a renaming that makes them equal?"""
    if [item.struct for item in one.objects] != [item.struct for item in other.objects]:
        return False
    if len(one.threads) != len(other.threads):
        return False
    bare = renamed(other, {n: n for n in range(1, len(other.objects) + 1)}, tuple(range(len(other.threads))))
    return any(written(renamed(one, numbers, threads)) == written(bare) for numbers, threads in renamings(one))


@pytest.mark.parametrize("seed", range(60))
def test_what_is_renamed_keeps_its_form(program: Program, seed: int) -> None:
    draw = random.Random(seed)
    likeness = Likeness(program)
    setup = drawn(draw, program)
    form = likeness.form(setup)
    ways = renamings(setup)
    for numbers, threads in draw.sample(ways, min(6, len(ways))):
        assert likeness.form(renamed(setup, numbers, threads)) == form


@pytest.mark.parametrize("seed", range(40))
def test_scenarios_have_one_form_if_and_only_if_they_are_alike(program: Program, seed: int) -> None:
    draw = random.Random(1000 + seed)
    likeness = Likeness(program)
    first = drawn(draw, program)
    # one that differs in one place only is more likely to be alike than one that is drawn anew
    others = [changed(draw, first) for _ in range(12)]
    for other in others:
        assert (likeness.form(first) == likeness.form(other)) == alike(first, other)


def changed(draw: Draw, setup: Setup) -> Setup:
    """A renaming of the setup, with one of its objects replaced by one that is drawn, or with other keeps or links."""
    numbers, threads = draw.choice(renamings(setup))
    setup = renamed(setup, numbers, threads)
    cells = [n for n, item in enumerate(setup.objects, 1) if n > GLOBALS and item.struct == "Cell"]
    match draw.randint(0, 3):
        case 0:
            objects = list(setup.objects)
            number = draw.choice(cells)
            values = dict(objects[number - 1].values)
            values[draw.choice(["next", "other"])] = draw.choice([0, GLOBALS, *cells])
            objects[number - 1] = replace(objects[number - 1], values=tuple(values.items()))
            return replace(setup, objects=tuple(objects))
        case 1:
            return replace(setup, kept=tuple((draw.choice(cells), "count") for _ in setup.kept))
        case 2:
            links = list(setup.links)
            draw.shuffle(links)
            return replace(setup, links=tuple(links))
        case _:
            return setup


def test_a_dozen_objects_that_nobody_tells_apart_take_no_time(program: Program) -> None:
    known = tuple(InitialObject(one.name, one.struct, one.values) for one in program.globals)
    cells = tuple(
        InitialObject(f"cell#{n}", "Cell", (("next", 0), ("other", 0), ("value", 0), ("count", 1))) for n in range(40)
    )
    setup = Setup("s", known + cells, (), (), (Thread("t", "f", (Argument(GLOBALS + 1), Argument(0))),))
    assert len(Likeness(program).form(setup)) > 40
