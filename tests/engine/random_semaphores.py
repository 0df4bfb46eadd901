"""Random small models of semaphores in objects that are freed, as the text of a spec; `up` is two moves in most.

Used as mutexes, as counts and as completions, with signals that come; most are wrong in some way, as in
`random_models`.
"""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from tests.engine.random_models import _indent as indent

HEAD = """\
from __future__ import annotations

from lockmodel import *

model = Model("semaphores", signals={signals}, two_move_up={two_moves})


class Item(Struct):
    sem: Semaphore
    done: Semaphore = semaphore(0)
    users: RefCount


class Box(Struct):
    sem: Semaphore
    slots: Semaphore = semaphore(2)
    item: Item
    flag: bool


items = model.cache(Item, capacity=1)


@model.procedure
def put(item: Item) -> None:
    if atomic_dec_and_test(item.users):
        kfree(item)
"""

_LINES = [
    "up(item.done)",
    "up(item.done)",
    "down(item.done)",
    "down(item.done)",
    "down(item.done); kfree(item)",
    "if down_interruptible(item.done): kfree(item)",
    "if not down_interruptible(item.done): up(item.done)",
    "if not down_trylock(item.done): mark('tried')",
    "put(item)",
    "put(item)",
    "kfree(item)",
    "atomic_inc(item.users)",
    "down(box.slots)",
    "up(box.slots)",
    "box.flag = True",
    "if box.flag: up(item.done)",
    "seen = item; item = box.item; box.item = seen",
    "item = kmem_cache_alloc(items, GFP_KERNEL); sema_init(item.done, 0); init_MUTEX(item.sem)",
    "mark('here')",
]
_PAIRS = [
    ["down(item.sem)", "up(item.sem)"],
    ["down(item.sem)", "up(item.sem)"],
    ["down(box.sem)", "up(box.sem)"],
    ["down(box.slots)", "up(box.slots)"],
    ["if not down_interruptible(item.sem):", "    up(item.sem)"],
    ["if not down_trylock(item.sem):", "    up(item.sem)"],
]
_MISUSE = ["sema_init(item.done, 1)", "init_MUTEX(item.sem)", "up(item.sem)", "down(item.sem)", "down(box.sem)"]

_line = st.one_of(st.sampled_from(_LINES), st.sampled_from(_LINES), st.sampled_from(_LINES + _MISUSE)).map(
    lambda line: line.split("; ")
)
_short = st.lists(_line, max_size=1).map(lambda parts: list(itertools.chain.from_iterable(parts)))


def _around(pair: list[str], body: list[str]) -> list[str]:
    return [pair[0], *(indent(body) if pair[0].endswith(":") else body), *pair[1:]]


_part = st.one_of(_line, st.builds(_around, st.sampled_from(_PAIRS), _short))
_beginning = st.sampled_from(["item = box.item", "item = given", "item = given"])


@st.composite
def semaphore_specs(draw: st.DrawFn, threads: int = 2, most: int = 3) -> str:
    """The text of a spec with one scenario, `scenario`."""
    text = [HEAD.format(signals=draw(st.booleans()), two_moves=draw(st.sampled_from([True, True, True, False])))]
    used = draw(st.integers(1, threads))
    for number in range(used):
        body = itertools.chain.from_iterable(draw(st.lists(_part, min_size=1, max_size=most)))
        text += ["", "@model.path", f"def path{number}(box: Box, given: Item) -> None:"]
        text += [*indent([draw(_beginning), *body]), ""]
    text += ["", "@model.scenario", "def scenario(m: Scenario) -> None:"]
    text += [f"    item = m.new(Item, users={draw(st.integers(1, 2))})", "    box = m.new(Box, item=item)"]
    for number in range(threads):
        waits = draw(st.sampled_from(["", "", ", may_wait=True"]))
        text += [f"    m.thread('t{number}', path{number % used}, box, item{waits})"]
    return "\n".join(text) + "\n"
