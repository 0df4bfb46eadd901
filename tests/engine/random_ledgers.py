"""Random small models about events: queues that deliver, merge and drop them, most of them wrong, and a ledger.

The bodies are drawn from lines that a queue is made of, in any order, so that each operation on a ledger meets each
state of one; half of them are under the lock that makes them whole.
"""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

HEAD = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import *

model = Model("events")


class Kind(Enum):
    MADE = 0
    GONE = 1


class Watch(Struct):
    link: ListEntry
    number: Annotated[int, Range(0, 3)]


class Event(Struct):
    link: ListEntry
    kind: Kind
    watch: Watch


class Queue(Struct):
    sem: Semaphore
    watches: ListHead[Watch] = list_of("link")
    events: ListHead[Event] = list_of("link")
    latest: Event
    flag: bool
    told: Annotated[int, Range(0, 3)] = field(ghost=True)
    ledger: Ledger[Watch, Event, Kind, {third}] = ledger(capacity={capacity})


event_cache = model.cache(Event, capacity=2)


@model.ghost
def happens(queue: Queue, kind: Kind) -> None:
    for watch in list_for_each_entry(queue.watches):
        if watch.number < 2:
            owe(queue.ledger, watch, kind, {value})


@model.ghost
def sent(queue: Queue, watch: Watch, kind: Kind, event: Event) -> None:
    if live(event):
        carry(queue.ledger, watch, kind, {value}, by=event)
        queue.told = 1


@model.invariant()
def told_once(queue: Queue) -> bool:
    return queue.told < 1 or not queue.flag


@model.at_quiescence
def told_at_all(queue: Queue) -> bool:
    return queue.told == 1 or not queue.latest
"""

_LINES = [
    "mark('here')",
    "mark('there')",
    "queue.flag = True",
    "queue.flag = not queue.flag",
    "event = queue.latest",
    "queue.latest = event",
    "queue.latest = NULL",
    "watch.number = 2",
    "event.watch = watch",
    "watch = event.watch",
    "event = kmem_cache_zalloc(event_cache, GFP_KERNEL)",
    "kfree(event)",
    "INIT_LIST_HEAD(event.link)",
    "list_add_tail(event.link, queue.events)",
    "list_del(event.link)",
    "event = list_first_entry(queue.events)",
    "down(queue.sem)",
    "up(queue.sem)",
    "kind = choose(Kind.MADE, Kind.GONE)",
]

_SAID = [
    "happens(queue, kind)",
    "happens(queue, Kind.MADE)",
    "sent(queue, watch, kind, event)",
    "owe(queue.ledger, watch, kind, {value})",
    "owe(queue.ledger, other, kind, {value})",
    "allow(queue.ledger, watch, kind, {value})",
    "carry(queue.ledger, watch, kind, {value}, by=event)",
    "carry(queue.ledger, watch, Kind.MADE, {value}, by=event)",
    "merge(queue.ledger, watch, kind, {value})",
    "drop(queue.ledger, watch, kind, {value})",
    "drop(queue.ledger, other, kind, {value})",
    "overflow(queue.ledger, by=event)",
    "got(queue.ledger, event)",
    "forgive(queue.ledger, watch)",
    "forgive(queue.ledger)",
]

_WHOLE = [
    ["happens(queue, kind)", "event = kmem_cache_zalloc(event_cache, GFP_KERNEL)", "INIT_LIST_HEAD(event.link)",
     "list_add_tail(event.link, queue.events)", "carry(queue.ledger, watch, kind, {value}, by=event)"],
    ["event = kmem_cache_zalloc(event_cache, GFP_KERNEL)", "overflow(queue.ledger, by=event)",
     "drop(queue.ledger, watch, kind, {value})", "queue.latest = event"],
    ["if not list_empty(queue.events):", "    event = list_first_entry(queue.events)", "    list_del(event.link)",
     "    got(queue.ledger, event)", "    kfree(event)"],
]  # fmt: skip
"""What a queue does that is right."""


def _indent(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


_line = st.one_of(st.sampled_from(_LINES), st.sampled_from(_SAID))
_block = st.one_of(
    st.builds(lambda line: [line], _line),
    st.builds(lambda line: [line], st.sampled_from(_SAID)),
    st.builds(lambda line: ["if queue.flag:", f"    {line}"], _line),
    st.builds(lambda lines: ["down(queue.sem)", *lines, "up(queue.sem)"], st.sampled_from(_WHOLE)),
    st.builds(lambda lines: ["down(queue.sem)", *lines, "up(queue.sem)"], st.lists(_line, min_size=1, max_size=2)),
    st.builds(
        lambda line: ["for watch in list_for_each_entry(queue.watches):", f"    {line}", "    mark('next')"], _line
    ),
)


@st.composite
def ledger_specs(draw: st.DrawFn, threads: int = 2, most: int = 4, queues: int = 1) -> str:
    """The text of a spec with one scenario, `scenario`; where there are several queues, each has its own threads."""
    third, value = draw(st.sampled_from([("bool", "True"), ("Watch", "watch"), ("Annotated[int, Range(2, 3)]", "2")]))
    text = [HEAD.format(third=third, value=value, capacity=draw(st.integers(2, 4)))]
    used = draw(st.integers(1, threads))
    for number in range(used):
        body = itertools.chain.from_iterable(draw(st.lists(_block, min_size=1, max_size=most)))
        text += [
            "",
            "@model.path",
            f"def path{number}(queue: Queue, watch: Watch, other: Watch, event: Event) -> None:",
        ]
        text += [*_indent(["kind = Kind.MADE", *(line.format(value=value) for line in body)]), ""]
    text += ["", "@model.scenario", "def scenario(m: Scenario) -> None:"]
    linked = [link for link in ("one", "two") if draw(st.booleans())]
    carried, near = draw(st.booleans()), draw(st.booleans())
    for n in range(queues):
        first = f"one{n}" if value == "watch" else value
        lines = [f"queue{n}, one{n}, two{n} = m.new(Queue), m.new(Watch), m.new(Watch)"]
        lines += [f"event{n} = m.new(Event, watch=one{n})"]
        lines += [f"m.link({watch}{n}.link, queue{n}.watches)" for watch in linked]
        if carried:
            lines += [f"m.link(event{n}.link, queue{n}.events)"]
            lines += [f"m.carry(queue{n}.ledger, one{n}, Kind.MADE, {first}, by=event{n})"]
        for number in range(threads):
            watches = f"one{n}, two{n}" if near or number % 2 else f"two{n}, one{n}"
            lines.append(f"m.thread('t{number}.{n}', path{number % used}, queue{n}, {watches}, event{n})")
        text += _indent(lines)
    return "\n".join(text) + "\n"
