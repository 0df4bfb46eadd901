"""Random small models, as the text of a spec: locks, counters, references, lists, allocation and free, choices, waits.

Most are wrong in some way, which is the point: the searches must agree on what is wrong with them.
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
