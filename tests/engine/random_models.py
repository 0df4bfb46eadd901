"""Random small models, as the text of a spec: locks, counters, references, lists, allocation and free, choices, waits.

Most are wrong in some way, which is the point: the searches must agree on what is wrong with them. `random_specs` draws
models whose executions all end; `rich_specs` draws from the whole language, with threads that may run for ever; in
`ring_specs` the boxes stand in a ring, each with an item of its own and threads that do the same at it.
"""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

HEAD = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import (
    GFP_KERNEL, NULL, Atomic, ListEntry, ListHead, Model, Mutex, Range, RefCount, Scenario, Semaphore, SpinLock, Struct,
    atomic_dec_and_lock, atomic_dec_and_test, atomic_inc, atomic_read, await_, choose, down, field, kfree,
    kmem_cache_alloc, list_add_tail, list_del, list_empty, list_first_entry, list_for_each_entry_safe, list_of, mark,
    mutex_lock, mutex_unlock, spin_lock, spin_unlock, up, list_length,
)

model = Model("random")
big = model.spinlock("big")


class Item(Struct):
    link: ListEntry
    count: RefCount
    number: Annotated[int, Range(0, 3)]


class Box(Struct):
    spin: SpinLock
    sem: Semaphore
    mutex: Mutex
    items: ListHead[Item] = list_of("link", guarded_by="sem")
    first: Item
    flag: bool
    x: Annotated[int, Range(0, 3)]
    y: Annotated[int, Range(-2, 2)] = field(guarded_by="mutex")
    hits: Atomic


item_cache = model.cache(Item, capacity=2)
model.hierarchy("big", "Box.spin")
model.hierarchy("Box.mutex", "Box.sem", "Box.spin")
"""

LOCKS = ("spin", "sem", "mutex", "big")

_simple = st.sampled_from(
    [
        "box.x = 1",
        "box.x += 1",
        "box.y -= 1",
        "box.flag = True",
        "box.flag = not box.flag",
        "seen = box.x",
        "box.x = seen",
        "box.x = choose(0, 2)",
        "seen = choose(0, 1, 2)",
        "atomic_inc(box.hits)",
        "await_(box.flag or box.x == 2)",
        "mark('here')",
        "item = box.first",
        "box.first = NULL",
        "box.first = item",
        "item = kmem_cache_alloc(item_cache, GFP_KERNEL)",
        "item.number = seen",
        "seen = item.number",
        "atomic_inc(item.count)",
        "list_add_tail(item.link, box.items)",
        "list_del(item.link)",
        "item = list_first_entry(box.items)",
        "kfree(item)",
        "box.first = kmem_cache_alloc(item_cache, GFP_KERNEL)",
        "assert seen < 2",
        "seen = 0",
        "spin_lock(box.spin)",
        "down(box.sem)",
        "up(box.sem)",
        "mutex_unlock(box.mutex)",
    ]
)


def _indent(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _locked(lock: str, body: list[str]) -> list[str]:
    target = "big" if lock == "big" else f"box.{lock}"
    kind = {"spin": "spin_{}lock", "big": "spin_{}lock", "mutex": "mutex_{}lock"}.get(lock)
    if kind is None:
        return [f"down({target})", *body, f"up({target})"]
    return [f"{kind.format('')}({target})", *body, f"{kind.format('un')}({target})"]


def _blocks(inner: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    condition = st.sampled_from(
        [
            "box.flag",
            "not box.first",
            "box.x == 1 and box.flag",
            "seen > 0 or box.x == 0",
            "atomic_dec_and_test(item.count)",
            "atomic_dec_and_lock(item.count, big)",
            "list_empty(box.items)",
            "item is not box.first",
        ]
    )
    return st.one_of(
        st.builds(_locked, st.sampled_from(LOCKS), inner),
        st.builds(lambda c, a: [f"if {c}:", *_indent(a)], condition, inner),
        st.builds(lambda c, a, b: [f"if {c}:", *_indent(a), "else:", *_indent(b)], condition, inner, inner),
        st.builds(lambda c, a: [f"while {c}:", *_indent(a), "    break"], condition, inner),
        st.builds(
            lambda a: ["for item, _ in list_for_each_entry_safe(box.items):", *_indent(a), "    mark('next')"], inner
        ),
        st.just(["touch(box, item)"]),
    )


def _body(most: int) -> st.SearchStrategy[list[str]]:
    line = st.builds(lambda s: [s], _simple)
    block = _blocks(st.lists(_simple, min_size=1, max_size=2))
    return st.lists(st.one_of(line, line, block), min_size=1, max_size=most).map(
        lambda parts: list(itertools.chain.from_iterable(parts))
    )


@st.composite
def random_specs(draw: st.DrawFn, threads: int = 2, most: int = 4) -> str:
    """The text of a spec with one scenario, `scenario`."""
    text = [HEAD]
    helper = draw(st.lists(_simple, min_size=1, max_size=2))
    text += ["", "@model.procedure", "def touch(box: Box, item: Item) -> None:", "    seen = 0", *_indent(helper), ""]
    if draw(st.booleans()):
        text += ["", "@model.invariant(outside=['Box.sem'])", "def small(box: Box) -> bool:"]
        text += ["    return box.x < 3 and list_length(box.items) < 2", ""]
    used = draw(st.integers(1, threads))
    for number in range(used):
        text += ["", "@model.path", f"def path{number}(box: Box, item: Item) -> None:", "    seen = 0"]
        text += [*_indent(draw(_body(most))), ""]
    text += ["", "@model.scenario", "def scenario(m: Scenario) -> None:", "    box = m.new(Box)"]
    text += [f"    item = m.new(Item, count={draw(st.integers(0, 2))})"]
    if draw(st.booleans()):
        text += ["    m.link(item.link, box.items)"]
    for number in range(threads):
        text += [f"    m.thread('t{number}', path{number % used}, box, item)"]
    return "\n".join(text) + "\n"


# --- the whole language -----------------------------------------------------------------------------------------

RICH_HEAD = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import *

model = Model("rich")
big = model.spinlock("big")
tickets = model.semaphore("tickets", 1)


class Box(Struct):
    spin: SpinLock
    sem: Semaphore
    mutex: Mutex
    empty: Semaphore = semaphore(0)
    items: ListHead[Item] = list_of("link", guarded_by="sem")
    spare: ListHead[Item] = list_of("link")
    first: Item = field(counted="count")
    flag: bool
    ready: bool
    turn: bool
    x: Annotated[int, Range(0, 3)]
    y: Annotated[int, Range(-2, 2)] = field(guarded_by="mutex")
    hits: Atomic = atomic(0, 2)
    ids: Idr[Item] = idr_of(2)
    inside: Annotated[int, Range(0, 3)] = field(ghost=True)
    noted: Annotated[int, Range(0, 3)] = field(ghost=True)
    latest: Item = field(ghost=True)
    book: Ledger[Item, Item, bool] = ledger(capacity=2)


class Item(Struct):
    link: ListEntry
    count: RefCount
    number: Annotated[int, Range(0, 3)]
    home: Box = field(constant=True)
    lock: Mutex


"""

_WRITES = [
    "box.x = 1",
    "box.x = 0",
    "box.flag = True",
    "box.flag = not box.flag",
    "box.ready = True",
    "box.ready = False",
    "box.turn = not box.turn",
    "seen = box.x",
    "box.x = seen",
    "box.y = 1",
    "seen = choose(0, 1)",
    "atomic_set(box.hits, seen)",
    "seen = atomic_read(box.hits)",
    "mark('here')",
    "other.x = 2",
    "other.flag = box.flag",
    "seen = 0",
]
"""Lines that a thread can run for ever without leaving what its fields can hold."""

_WAITS = [
    "await_(box.flag or box.x == 2)",
    "await_(box.ready)",
    "await_(not box.flag or box.turn)",
    "await_(atomic_read(box.hits) > 0)",
    "await_(box.first is not NULL and box.first.number == 1)",
    "down(box.empty)",
    "down(tickets)",
]

_POINTERS = [
    "item = box.first",
    "box.first = NULL",
    "box.first = item",
    "other.first = item",
    "item.number = seen",
    "seen = item.number",
    "item.number = 1",
    "item = kmem_cache_alloc(item_cache, GFP_KERNEL)",
    "item = kmem_cache_zalloc(item_cache, GFP_KERNEL)",
    "item = kmem_cache_zalloc(item_cache, GFP_ATOMIC)",
    "box.first = kmem_cache_zalloc(item_cache, GFP_KERNEL)",
    "item.home = box",
    "kfree(item)",
    "kfree(box.first)",
    "kmem_cache_free(item_cache, item)",
    "list_add_tail(item.link, box.items)",
    "list_add(item.link, box.spare)",
    "list_move(item.link, box.spare)",
    "list_del(item.link)",
    "list_del_init(item.link)",
    "item = list_first_entry(box.items)",
    "item = list_first_entry(box.spare)",
    "err, id = idr_get_new(box.ids, item)",
    "item = idr_find(box.ids, id)",
    "item = idr_find(box.ids, 0)",
    "idr_remove(box.ids, id)",
    "idr_remove(box.ids, 0)",
    "atomic_inc(item.count)",
    "atomic_dec(item.count)",
]

_OTHERS = [
    "box.x += 1",
    "box.x = choose(0, 2)",
    "atomic_inc(box.hits)",
    "up(box.empty)",
    "up(tickets)",
    "assert seen < 1",
    "assert not box.flag",
    "might_sleep()",
    "box.inside += 1",
    "note(box, item)",
    "note(other, item)",
    "owe(box.book, item, True)",
    "carry(box.book, item, True, by=item)",
    "got(box.book, item)",
    "spin_lock(box.spin)",
    "spin_unlock(box.spin)",
    "down(box.sem)",
    "up(box.sem)",
    "mutex_lock(box.mutex)",
    "mutex_unlock(box.mutex)",
    "mutex_unlock(item.lock)",
    "up(other.sem)",
    "mutex_lock(other.mutex)",
]

_CONDITIONS = [
    "box.flag",
    "not box.first",
    "box.x == 1 and box.flag",
    "seen > 0 or box.x == 0",
    "item",
    "box.first is item",
    "not idr_find(box.ids, 0)",
    "atomic_dec_and_test(item.count)",
    "atomic_dec_and_lock(item.count, big)",
    "atomic_inc_not_zero(item.count)",
    "list_empty(box.items)",
    "list_empty(box.spare)",
    "atomic_read(box.hits) == 1",
]

_CLAIMS = [
    ["@model.invariant(outside=['Box.sem'])", "def small(box: Box) -> bool:",
     "    return box.x < 3 and list_length(box.items) < 2"],
    ["@model.invariant(outside=['box.sem', 'big'])", "def flagged(box: Box) -> bool:",
     "    return not box.flag or box.x < 2"],
    ["@model.invariant(outside=['item.home.sem'])", "def numbered(item: Item) -> bool:",
     "    return item.number < 2"],
    ["@model.invariant(outside=['item.lock', 'item.home.mutex'])", "def at_home(item: Item) -> bool:",
     "    return item.home.first is not item or item.number == 0"],
    ["@model.invariant()", "def never_both(box: Box) -> bool:", "    return not (box.flag and box.ready)"],
    ["@model.invariant()", "def one_inside(box: Box) -> bool:", "    return box.inside < 2"],
    ["@model.invariant()", "def few_noted(box: Box) -> bool:", "    return box.noted < 2"],
    ["@model.at_quiescence", "def latest_first(box: Box) -> bool:",
     "    return box.latest is NULL or box.latest is box.first"],
    ["@model.invariant(outside=['Item.lock'])", "def apart(box: Box, item: Item) -> bool:",
     "    return not list_contains(box.spare, item) or item.number != 1"],
    ["@model.at_quiescence", "def quiet(box: Box) -> bool:", "    return not box.flag and list_empty(box.items)"],
    ["@model.at_quiescence", "def settled(box: Box) -> bool:", "    return box.x == 1 and not is_locked(box.sem)"],
]  # fmt: skip

_GHOSTS = [
    ["box.noted = box.x"],
    ["box.noted = 0", "for found in list_for_each_entry(box.items):", "    box.noted += 1"],
    ["box.latest = box.first", "if live(box.latest):", "    box.noted = box.latest.number"],
    ["if list_empty(box.spare) and not is_locked(box.sem):", "    box.latest = item"],
    ["for found in list_for_each_entry(box.items):", "    owe(box.book, found, True)"],
    ["if box.first:", "    drop(box.book, item, True)", "else:", "    forgive(box.book)"],
    ["box.noted += 1", "assert box.noted < 3 or box.flag"],
]
"""What ghost code does."""

_CHAINS = [
    'model.hierarchy("Box.sem", "Box.mutex", "big")',
    'model.hierarchy("big", "Box.spin")',
    'model.hierarchy("Box.mutex", "Item.lock")',
]

_RICH_LOCKS = ("box.spin", "box.sem", "box.mutex", "other.sem", "other.mutex", "item.lock", "big")

_line = st.one_of(*(st.sampled_from(lines) for lines in (_WRITES, _WRITES, _WAITS, _POINTERS, _POINTERS, _OTHERS)))
_calm = st.one_of(st.sampled_from(_WRITES), st.sampled_from(_WRITES), st.sampled_from(_WAITS))


def _taken(lock: str, body: list[str]) -> list[str]:
    verb = {"spin": "spin_{}lock", "big": "spin_{}lock", "mutex": "mutex_{}lock", "lock": "mutex_{}lock"}.get(
        lock.rpartition(".")[2]
    )
    if verb is None:
        return [f"down({lock})", *body, f"up({lock})"]
    return [f"{verb.format('')}({lock})", *body, f"{verb.format('un')}({lock})"]


def _waits_its_turn(mine: str, turn: str, body: list[str]) -> list[str]:
    """Peterson's way in and out, with the flags `flag` and `ready` and the `turn`."""
    its, mark = ("ready" if mine == "flag" else "flag"), "" if turn == "True" else "not "
    enter = [f"box.{mine} = True", f"box.turn = {turn}", f"await_(not box.{its} or {mark}box.turn)"]
    return [*enter, "mark('in')", "box.inside += 1", *body, "mark('out')", "box.inside -= 1", f"box.{mine} = False"]


def _rich_blocks(inner: st.SearchStrategy[list[str]], *, endless: bool) -> st.SearchStrategy[list[str]]:
    condition = st.sampled_from(_CONDITIONS)
    several = [
        st.builds(_taken, st.sampled_from(_RICH_LOCKS), inner),
        st.builds(_taken, st.sampled_from(_RICH_LOCKS), inner),
        st.builds(lambda c, a: [f"if {c}:", *_indent(a)], condition, inner),
        st.builds(lambda c, a, b: [f"if {c}:", *_indent(a), "else:", *_indent(b)], condition, inner, inner),
        st.builds(lambda c, a: [f"while {c}:", *_indent(a), "    break"], condition, inner),
        st.builds(
            lambda head, a: [f"for item in list_for_each_entry(box.{head}):", *_indent(a), "    mark('next')"],
            st.sampled_from(["items", "spare"]),
            inner,
        ),
        st.just(["touch(box, item)"]),
        st.just(["if atomic_dec_and_test(item.count):", "    kfree(item)"]),
        st.just(["if atomic_dec_and_test(item.count):", "    mark('last')", "atomic_inc(item.count)"]),
    ]
    if endless:
        several += [
            st.sampled_from(
                [["while not box.flag:", "    mark('spin')"], ["while box.x == 1:", "    box.turn = True"]]
            ),
            st.builds(
                _waits_its_turn,
                st.sampled_from(["flag", "ready"]),
                st.sampled_from(["True", "False"]),
                st.lists(st.sampled_from(_WRITES), max_size=1),
            ),
        ]
    return st.one_of(*several)


@st.composite
def _rich_body(draw: st.DrawFn, most: int, *, endless: bool) -> list[str]:
    line = st.builds(lambda s: [s], _line)
    block = _rich_blocks(st.lists(_line, min_size=1, max_size=2), endless=endless)
    parts = draw(st.lists(st.one_of(line, line, block), min_size=1, max_size=most))
    if endless and draw(st.integers(0, 3)) == 0:
        again = _rich_blocks(st.lists(_calm, min_size=1, max_size=1), endless=True)
        turn = draw(st.lists(st.one_of(st.builds(lambda s: [s], _calm), again), min_size=1, max_size=2))
        parts = [*parts[:1], ["while True:", *_indent(["mark('again')", *itertools.chain.from_iterable(turn)])]]
    return list(itertools.chain.from_iterable(parts))


@st.composite
def _rich_program(draw: st.DrawFn, paths: int, most: int, *, endless: bool) -> list[str]:
    """The lines of a spec before its scenario."""
    capacity, fails = draw(st.integers(1, 2)), draw(st.booleans())
    text = [RICH_HEAD + f"item_cache = model.cache(Item, capacity={capacity}, may_fail={fails})", ""]
    text += draw(st.lists(st.sampled_from(_CHAINS), max_size=2))
    helper = draw(st.lists(_line, min_size=1, max_size=2))
    text += ["", "@model.procedure", "def touch(box: Box, item: Item) -> None:"]
    text += [*_indent(["seen, id, other = 0, 0, box", *helper]), ""]
    text += ["", "@model.ghost", "def note(box: Box, item: Item) -> None:"]
    ghosts = draw(st.lists(st.sampled_from(_GHOSTS), min_size=1, max_size=2, unique_by=lambda lines: lines[0]))
    text += [*_indent(list(itertools.chain.from_iterable(ghosts))), ""]
    for claim in draw(st.lists(st.sampled_from(_CLAIMS), max_size=3, unique_by=lambda lines: lines[1])):
        text += ["", *claim, ""]
    for number in range(paths):
        text += ["", "@model.path", f"def path{number}(box: Box, other: Box, item: Item) -> None:"]
        text += [*_indent(["seen, id = 0, 0", *draw(_rich_body(most, endless=endless))]), ""]
    return [*text, "", "@model.scenario", "def scenario(m: Scenario) -> None:"]


@st.composite
def rich_specs(draw: st.DrawFn, threads: int = 2, most: int = 4, *, endless: bool = False) -> str:
    """The text of a spec with one scenario, `scenario`; where `endless`, threads may run for ever."""
    used = draw(st.integers(1, threads))
    text = [*draw(_rich_program(used, most, endless=endless)), "    box = m.new(Box)"]
    text += ["    other = m.new(Box)" if draw(st.booleans()) else "    other = box"]
    count = draw(st.sampled_from([1, 1, 0, 2]))
    text += [f"    item = m.new(Item, count={count}, home=box)"]
    beginnings = ["m.link(item.link, box.items)", "m.link(item.link, box.spare)", "m.idr_set(box.ids, 0, item)"]
    beginnings += ["m.keep(item)"] * bool(count)
    chosen = draw(st.lists(st.sampled_from(beginnings), unique=True, max_size=2))
    if set(beginnings[:2]) <= set(chosen):
        chosen.remove(beginnings[1])
    text += _indent(chosen)
    for number in range(threads):
        boxes = draw(st.sampled_from(["box, other", "box, other", "other, box"]))
        waits = draw(st.sampled_from(["", "", ", may_wait=True"]))
        text += [f"    m.thread('t{number}', path{number % used}, {boxes}, item{waits})"]
    return "\n".join(text) + "\n"


@st.composite
def ring_specs(draw: st.DrawFn, boxes: int = 2, roles: int = 1, most: int = 3, *, endless: bool = False) -> str:
    """The text of a spec with one scenario: at each box of a ring as many threads as there are roles."""
    text = draw(_rich_program(roles, most, endless=endless))
    numbers = range(boxes)
    count = draw(st.sampled_from([1, 1, 0, 2]))
    lines = [
        f"box{n} = m.new(Box, x={draw(st.integers(0, 1)) if draw(st.integers(0, 5)) == 0 else 0})" for n in numbers
    ]
    lines += [f"item{n} = m.new(Item, count={count}, home=box{n})" for n in numbers]
    beginnings = [
        "m.link(item{}.link, box{}.items)",
        "m.link(item{}.link, box{}.spare)",
        "m.idr_set(box{1}.ids, 0, item{0})",
    ]
    for beginning in draw(st.lists(st.sampled_from(beginnings), max_size=1)):
        lines += [beginning.format(n, n) for n in numbers]
    if count and draw(st.booleans()):
        lines += [f"m.keep(item{n})" for n in numbers if n or draw(st.integers(0, 3))]
    for role in range(roles):
        waits = draw(st.sampled_from(["", "", ", may_wait=True"]))
        near = draw(st.booleans())
        for n in numbers:
            other = n if near else (n + 1) % boxes
            lines.append(f"m.thread('t{role}.{n}', path{role}, box{n}, box{other}, item{n}{waits})")
    return "\n".join([*text, *_indent(lines)]) + "\n"
