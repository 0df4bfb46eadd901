"""Objects that can be exchanged: which are, how few states are left, and what goes wrong if something is forgotten."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lockmodel.engine.behaviour import Answer, Node
from lockmodel.engine.local import LocalState
from lockmodel.engine.native.reduced import NativeReducedSearch, unavailable
from lockmodel.engine.reduction import exchange
from lockmodel.engine.reduction import reduced as reduction
from lockmodel.engine.reduction.exchange import Exchange
from lockmodel.engine.reduction.reduced import ReducedSearch, Reductions
from lockmodel.engine.reduction.symmetry import Symmetry
from lockmodel.engine.step import Stepper
from lockmodel.errors import InternalError, UsageError
from lockmodel.ir import ledger
from lockmodel.ir.layout import NODE_BYTES, Layout
from lockmodel.ir.types import LedgerType
from lockmodel.ir.values import is_head
from tests.engine import test_native_reduced, test_reduced
from tests.engine.random_ledgers import ledger_specs
from tests.engine.random_models import RICH_HEAD, ring_specs
from tests.engine.test_exactness import TIMES, layout_of
from tests.engine.test_native_reduced import counts, native, replays, searched, ways
from tests.engine.test_reduced import full, no_run_is_long
from tests.engine.test_symmetry import symmetry_of

__all__ = ["no_run_is_long"]

APART = Reductions(symmetry=False)

HEAD = RICH_HEAD.replace(
    "class Box(Struct):\n",
    """class Box(Struct):
    own: RwSemaphore
    line: RwLock = rwlock(queued=True)
    sequence: SeqLock
    queue: WaitQueue
    rank: Annotated[int, Range(0, 3)] = field(constant=True)
    above: Box = field(constant=True)
""",
)


def spec(scenario: str, *bodies: str, claims: str = "", capacity: int = 1) -> Layout:
    """Paths with `box`, `other` and `item`, and the lines of a scenario."""
    text = [HEAD + f"item_cache = model.cache(Item, capacity={capacity})", "", claims]
    for number, body in enumerate(bodies):
        text += ["", "@model.path", f"def path{number}(box: Box, other: Box, item: Item) -> None:"]
        text += [textwrap.indent(f"seen, id = 0, 0\n{textwrap.dedent(body).strip()}", "    "), ""]
    text += ["", "@model.scenario", "def scenario(m: Scenario) -> None:"]
    text += [textwrap.indent(textwrap.dedent(scenario).strip(), "    ")]
    layout = layout_of("\n".join(text) + "\n")
    assert layout is not None
    return layout


def ring(
    boxes: int, *bodies: str, box: str = "", item: str = "home=boxes[n]", more: str = "", **options: Any
) -> Layout:
    """Each of these bodies at each box of a ring; each box has an item. `box` and `item` are what box n begins with."""
    scenario = f"""
        boxes = [m.new(Box, {box}) for n in range({boxes})]
        items = [m.new(Item, count=1, {item}) for n in range({boxes})]
        {more or "pass"}
        for n in range({boxes}):
            for path in ({"".join(f"path{n}, " for n in range(len(bodies)))}):
                m.thread(f"{{path.__name__}} {{n}}", path, boxes[n], boxes[(n + 1) % {boxes}], items[n])
    """
    return spec(scenario, *bodies, **options)


NEST = """
mutex_lock(box.mutex)
mutex_lock(item.lock)
mutex_unlock(item.lock)
mutex_unlock(box.mutex)
"""

PHILOSOPHER = """
mutex_lock(box.mutex)
mutex_lock(other.mutex)
mutex_unlock(other.mutex)
mutex_unlock(box.mutex)
"""

READ_AND_WRITE = """
down_read(box.own)
down_write(other.own)
downgrade_write(other.own)
up_read(other.own)
up_read(box.own)
"""

IN_LINE = """
write_lock(other.line)
other.x = 1
write_unlock(other.line)
read_lock(box.line)
read_unlock(box.line)
"""

OFF = """
flags = spin_lock_irqsave(box.spin)
write_seqlock(other.sequence)
write_sequnlock(other.sequence)
start = read_seqbegin(box.sequence)
spin_unlock_irqrestore(box.spin, flags)
"""

SLEEP = """
box.flag = True
wake_up(other.queue)
wait_event(box.queue, other.flag)
"""

PAIR = """
boxes = [m.new(Box) for n in range(3)]
items = [m.new(Item, count=1, home=boxes[n]) for n in range(3)]
for n in range(2):
    m.thread(f"t{n}", path0, boxes[n], boxes[n], items[n])
"""

TAKE_THE_TICKET = "down(tickets)\nbox.x = 1"

ALLOCATE = """
item = kmem_cache_zalloc(item_cache, GFP_KERNEL)
item.number = 1
spin_lock(big)
other.first = item
spin_unlock(big)
"""


# --- which there are ----------------------------------------------------------------------------------------------


def exchanged(layout: Layout) -> list[tuple[int, ...]]:
    """What becomes of the threads by each exchange."""
    return [found.threads for found in exchanges_of(layout)]


def exchanges_of(layout: Layout) -> list[Exchange]:
    _, _, search = searched(ReducedSearch, layout)
    return [] if search._symmetry is None else search._symmetry.exchanges


def test_a_table_can_be_turned() -> None:
    assert exchanged(ring(4, PHILOSOPHER)) == [(1, 2, 3, 0), (2, 3, 0, 1), (3, 0, 1, 2)]


def test_threads_with_objects_of_their_own_can_take_each_others_places() -> None:
    assert len(exchanged(ring(3, NEST))) == math.factorial(3) - 1
    pairs = exchanges_of(ring(2, NEST, "box.x = 1"))
    assert [found.threads for found in pairs] == [(2, 3, 0, 1)]
    assert pairs[0].order == (2, 3, 0, 1)


def test_threads_that_allocate_take_their_slots_along() -> None:
    layout = spec("box = m.new(Box)\nfor n in 'abc':\n    m.thread(n, path0, box, box, NULL)", ALLOCATE, capacity=2)
    assert len(exchanged(layout)) == math.factorial(3) - 1
    found = exchanges_of(layout)[0]
    assert found.threads == (0, 2, 1)
    slots = list(layout.pools.values())
    assert [found.objects[number] for number in slots[1]] == list(slots[2])


def test_alike_threads_keep_their_order() -> None:
    """Two at each of two boxes: the pairs are exchanged, and within them the threads are alike."""
    layout = ring(2, NEST, NEST.replace("item.lock", "box.mutex"), more="pass")
    assert exchanged(layout) == [(2, 3, 0, 1)]
    lines = "one, two = m.new(Box), m.new(Box)\nfor n in range(4):\n    box = [one, two][n % 2]\n"
    layout = spec(f"{lines}    m.thread(f't{{n}}', path0, box, box, NULL)", "box.x += 1")
    symmetry = symmetry_of(layout)
    assert symmetry.groups == [(0, 2), (1, 3)]
    assert [found.threads for found in symmetry.exchanges] == [(1, 0, 3, 2)]
    assert symmetry.same_for_alike([True, False, False, False]) == [True] * 4


def test_of_too_many_exchanges_those_of_the_last_threads_are_used() -> None:
    found = exchanged(ring(7, "box.x = 1"))
    assert len(found) == exchange.MOST - 1
    assert all(threads[:2] == (0, 1) for threads in found)


def test_none_is_used_where_looking_for_them_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "PATIENCE", 3)
    assert exchanged(ring(4, PHILOSOPHER)) == []


@pytest.mark.parametrize(
    "difference",
    [
        "m.keep(items[0])",
        "m.link(items[0].link, boxes[0].items)",
        "m.idr_set(boxes[0].ids, 0, items[0])\n        m.idr_set(boxes[1].ids, 1, items[1])",
        "m.thread('by itself', path0, boxes[0], boxes[0], items[0])",
        "m.thread('may wait', path0, boxes[0], boxes[0], items[0], may_wait=True)\n"
        "        m.thread('may not', path0, boxes[1], boxes[1], items[1])",
        "m.link(items[0].link, boxes[0].items)\n        m.link(items[1].link, boxes[0].items)",
    ],
)
def test_whatever_makes_a_difference_keeps_objects_apart(difference: str) -> None:
    assert exchanged(ring(2, NEST)) == [(1, 0)]
    assert exchanged(ring(2, NEST, more=difference)) == []


def test_who_is_known_by_a_number_keeps_its_place() -> None:
    """Who sleeps on queues, waits for readers, or shares a CPU; others can be exchanged all the same."""
    assert exchanged(ring(2, SLEEP)) == []
    layout = spec(PAIR + "m.thread('sleeper', path1, boxes[2], boxes[0], items[2])", NEST, SLEEP)
    assert exchanged(layout) == []
    layout = spec(PAIR + "m.thread('sleeper', path1, boxes[2], boxes[2], items[2])", NEST, SLEEP)
    assert exchanged(layout) == [(1, 0, 2)]
    for cpus, expected in (("n", [(1, 0)]), ("0", [])):
        layout = spec(PAIR.replace("items[n])", f"items[n], cpu={cpus})"), NEST)
        assert exchanged(layout) == expected


def test_a_declared_order_of_instances_makes_a_difference() -> None:
    """It is that of numbers, or of references, which an exchange keeps."""
    ordered = 'model.ordered("Box.mutex", by="rank")'
    assert exchanged(ring(3, PHILOSOPHER, claims=ordered)) == [(1, 2, 0), (2, 0, 1)]
    assert exchanged(ring(3, PHILOSOPHER, claims=ordered, box="rank=n")) == []
    ordered = 'model.ordered("Box.mutex", by="above")'
    lines = "root = m.new(Box)\n" + PAIR.replace("m.new(Box)", "m.new(Box, above=ABOVE)")
    up = NEST.replace("item.lock", "box.above.mutex")
    assert exchanged(spec(lines.replace("ABOVE", "root"), up, claims=ordered)) == [(1, 0)]
    assert exchanged(spec(lines.replace("ABOVE", "root if n == 1 else NULL"), up, claims=ordered)) == []


def test_where_threads_may_stop_none_is_exchanged() -> None:
    """The mark says where one of them has stopped."""
    layout = ring(3, NEST)
    marked = Layout(layout.program, layout.setup, marked=True)
    assert exchanged(layout)
    stepper = Stepper(marked)
    state, begun = stepper.begin()
    assert exchange.exchanges(marked, state, [step.after for step in begun if step.after is not None], []) == []


def test_what_objects_begin_with_makes_a_difference() -> None:
    assert exchanged(ring(2, NEST, box="x=2", item="number=1")) == [(1, 0)]
    assert exchanged(ring(2, NEST, box="x=n")) == []
    assert exchanged(ring(2, NEST, item="home=boxes[0]")) == []
    assert exchanged(ring(2, NEST, box="hits=n")) == []


# --- how few states are left --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "at_most"),
    [
        (lambda: ring(4, PHILOSOPHER), 0.5),
        (lambda: ring(6, PHILOSOPHER), 0.3),
        (lambda: ring(3, TAKE_THE_TICKET), 0.5),
        (lambda: ring(3, ALLOCATE), 0.7),
        (lambda: ring(3, READ_AND_WRITE), 0.6),
        (lambda: ring(3, IN_LINE), 0.6),
        (lambda: ring(3, OFF), 0.6),
        (lambda: spec(PAIR + "m.thread('sleeper', path1, boxes[2], boxes[2], items[2])", NEST, SLEEP), 1.0),
        (lambda: ring(4, PHILOSOPHER, claims='model.ordered("Box.mutex", by="rank")'), 0.5),
        (lambda: ring(2, NEST + "down(tickets)\nup(tickets)\n", PHILOSOPHER), 0.7),
    ],
)
def test_states_are_fewer_and_every_schedule_replays(layout: Callable[[], Layout], at_most: float) -> None:
    made = layout()
    apart, expected, _ = searched(ReducedSearch, made, reductions=APART)
    together, told, slow = searched(ReducedSearch, made)
    assert told == expected
    assert together.tally.states <= at_most * apart.tally.states
    assert replays(together, made)
    if not unavailable():
        found, told_in_c, fast = searched(NativeReducedSearch, made)
        assert told_in_c == expected
        assert counts(found) == counts(together)
        assert ways(fast) == ways(slow)


RINGS = st.one_of(
    ring_specs(2, 1, 4, endless=True),
    ring_specs(2, 1, 4),
    ring_specs(3, 1, 2),
    ring_specs(2, 2, 2),
    ledger_specs(1, 3, queues=2),
    ledger_specs(1, 2, queues=3),
)


@settings(max_examples=60 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(RINGS)
def test_objects_that_can_be_exchanged_are_found_out(text: str) -> None:
    usual = [Reductions(), Reductions(sleep=False), Reductions(persistent=False, values=False), APART]
    test_reduced.compare(text, usual, 1_500)


@native
@settings(max_examples=60 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(RINGS)
def test_c_says_what_python_says(text: str) -> None:
    layout = layout_of(text)
    assume(layout is not None)
    assert layout is not None
    assume(full(layout, 1_500) is not None)
    test_native_reduced.compare(text, [Reductions(), Reductions(sleep=False)], [{}, {"exact": True}, {"jobs": 2}])


@native
@settings(max_examples=20 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(RINGS)
def test_what_is_learned_from_executions_drawn_at_random_is_exchanged_too(text: str) -> None:
    layout = layout_of(text)
    assume(layout is not None)
    assert layout is not None
    assume(full(layout, 1_500) is not None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduction, "PATIENCE", 0)
        patch.setattr(reduction, "LOOK", 2)
        patch.setattr(ReducedSearch, "scouting", 64)
        patch.setattr(NativeReducedSearch, "scouting", 64)
        test_native_reduced.compare(text, [Reductions()], [{}, {"jobs": 2}])


@native
def test_the_core_refuses_exchanges_that_lead_outside_of_its_arrays() -> None:
    from lockmodel.engine.native._reduced import Search as Core

    core = Core(2, 2, 100, [])
    core.add_node(0, b"")
    for order in (b"\0", b"\0\0", b"\0\2"):
        with pytest.raises(ValueError, match="one thread into the place"):
            core.add_exchange(order, [], [])
    for cell in ((2, 0, 1, False), (0, 1, 2, False), (0, 0, 17, False), (0, 0, 8, True)):
        with pytest.raises(ValueError, match="no value"):
            core.add_exchange(b"\1\0", [cell], [])
    core = Core(2, 2, 100, [])
    core.add_node(0, b"")
    with pytest.raises(IndexError, match="one node by each"):
        core.add_images([0])
    core.add_exchange(b"\1\0", [(0, 1, 1, True)], [0])
    for images in ([1], [], [0, 0]):
        with pytest.raises(IndexError, match="one node by each"):
            core.add_images(images)
    core.add_images([0])
    with pytest.raises(ValueError, match="before what becomes of nodes"):
        core.add_exchange(b"\1\0", [], [])


# --- what goes wrong if something is forgotten --------------------------------------------------------------------

Patch = pytest.MonkeyPatch

ONCE = """
spin_lock(big)
if not other.flag:
    other.flag = True
    {}
spin_unlock(big)
"""
"""Only the first one does it."""

CLAIM = "@model.invariant()\ndef never(item: Item) -> bool:\n    return item.home.x < 2 or item.number == 0\n"

COMMON = """
boxes = [m.new(Box) for n in range(3)]
items = [m.new(Item, count=1, home=boxes[n], number={number}) for n in range(2)]
{more}
for n in range(2):
    m.thread(f"t{{n}}", path0, boxes[n], boxes[2], items[n], {waits})
"""


def common(body: str, number: str = "0", more: str = "", waits: str = "may_wait=False") -> Layout:
    """Two threads, each with its own box and item, and a third box, which is `other` to both."""
    return spec(COMMON.format(number=number, more=more, waits=waits), body)


EXAMPLES: dict[str, Callable[[], Layout]] = {
    "philosophers": lambda: ring(3, PHILOSOPHER),
    "readers": lambda: ring(3, READ_AND_WRITE),
    "in line": lambda: ring(3, IN_LINE),
    "sleepers": lambda: ring(2, SLEEP),
    "references": lambda: ring(2, "box.first = item\nitem = other.first\nif item:\n    item.number = 1"),
    "slots": lambda: ring(2, ALLOCATE),
    "allocate": lambda: ring(2, "item = kmem_cache_zalloc(item_cache, GFP_KERNEL)\nmark('a')\nkfree(item)"),
    "lists": lambda: ring(2, "spin_lock(big)\nlist_add(item.link, other.spare)\nspin_unlock(big)"),
    "ids": lambda: ring(2, "err, id = idr_get_new(other.ids, item)\nmark('a')\nitem = idr_find(box.ids, id)"),
    "who may wait": lambda: common("down(tickets)", waits="may_wait=n == 0"),
    "who may not wait": lambda: common("down(tickets)", waits="may_wait=n == 1"),
    "kept": lambda: common(ONCE.format("atomic_dec(item.count)"), more="m.keep(items[0])"),
    "kept, the other one": lambda: common(ONCE.format("atomic_dec(item.count)"), more="m.keep(items[1])"),
    "numbers": lambda: common(ONCE.format("assert item.number == 0"), number="n"),
    "numbers, the other way": lambda: common(ONCE.format("assert item.number == 1"), number="n"),
    "ledgers": lambda: common(
        "mark('a')\nowe(other.book, item, True)\nmark('b')\ncarry(other.book, item, True, by=item)"
    ),
    "a claim": lambda: ring(2, "box.x = 1\nbox.x = 2\nbox.x = 0", "item.number = 1\nitem.number = 0", claims=CLAIM),
    "who gets the ticket": lambda: ring(2, "down(tickets)\nseen = box.x\nassert seen == 0", "box.x = 1"),
}


def caught(layout: Layout) -> bool:
    """Does the reduced search fall over, lose something, or tell a schedule that does not lead there?"""
    expected = full(layout)
    assert expected is not None
    try:
        found, told, search = searched(ReducedSearch, layout)
        if search.recurs():
            expected[0].broken -= {identity for identity in expected[0].broken - told.broken if identity[0] == "LM101"}
        return told != expected[0] or not replays(found, layout)
    except (InternalError, KeyError, AssertionError, UsageError):
        return True


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_search_as_it_is_keeps_everything(name: str) -> None:
    assert not caught(EXAMPLES[name]())


def leaving(patch: Patch, part: str) -> None:
    """Exchanges of local states that leave a part of them as it is."""
    whole = Exchange.local

    def local(self: Exchange, before: LocalState) -> LocalState:
        return replace(whole(self, before), **{part: getattr(before, part)})

    patch.setattr(Exchange, "local", local)


def locals_are_left(patch: Patch) -> None:
    leaving(patch, "frames")


def locks_held_are_left(patch: Patch) -> None:
    leaving(patch, "held")


def private_objects_are_left(patch: Patch) -> None:
    leaving(patch, "private")


def pools_are_left(patch: Patch) -> None:
    leaving(patch, "pool")


def locks_held_for_reading_are_left(patch: Patch) -> None:
    leaving(patch, "shared")


def places_in_line_are_left(patch: Patch) -> None:
    leaving(patch, "phase")


def numbers_of_threads_are_left(patch: Patch) -> None:
    """Threads that sleep on queues take each other's places."""
    whole = exchange._Search.__init__

    def init(self: Any, *arguments: Any) -> None:
        whole(self, *arguments)
        self.bound = set()

    patch.setattr(exchange._Search, "__init__", init)


def names_of_locks_are_left(patch: Patch) -> None:
    patch.setattr(Exchange, "image", lambda self, violation: violation)


def notes_are_not_exchanged(patch: Patch) -> None:
    """What is shown about the locks of one object is not told of those of another one."""
    patch.setattr(Symmetry, "everywhere", lambda self, violation, names, schedule: [(violation, schedule)])


def change_cells(patch: Patch, change: Callable[[tuple[int, int, int, bool]], tuple[int, int, int, bool]]) -> None:
    whole = Exchange.__init__

    def init(self: Exchange, *arguments: Any) -> None:
        whole(self, *arguments)
        self.cells = [change(cell) for cell in self.cells]

    patch.setattr(Exchange, "__init__", init)


def references_are_left(patch: Patch) -> None:
    change_cells(patch, lambda cell: (*cell[:3], False))


def places_are_left(patch: Patch) -> None:
    change_cells(patch, lambda cell: (cell[0], *cell[:1], *cell[2:]))


def heads_are_left(patch: Patch) -> None:
    whole = Exchange.reference
    patch.setattr(Exchange, "reference", lambda self, value: value if is_head(value) else whole(self, value))


def slots_are_left(patch: Patch) -> None:
    """Threads that allocate take each other's places, but their slots do not."""
    whole = exchange._Fitting.fit_object

    def fit_object(self: Any, one: int, other: int) -> bool:
        slot = bool(self.search.layout.objects[one].cache)
        return slot or whole(self, one, other)

    patch.setattr(exchange._Fitting, "fit_object", fit_object)


def beginnings_are_not_compared(patch: Patch) -> None:
    def fit_object(self: Any, one: int, other: int) -> bool:
        self.objects[one], self.taken[other] = other, one
        return True

    patch.setattr(exchange._Fitting, "fit_object", fit_object)
    patch.setattr(exchange._Fitting, "_keeps_memory", lambda *arguments: True)


def who_may_wait_is_not_compared(patch: Patch) -> None:
    patch.setattr(exchange._Fitting, "_keeps_threads", lambda *arguments: True)


def what_is_kept_is_not_compared(patch: Patch) -> None:
    patch.setattr(exchange._Fitting, "_keeps_kept", lambda *arguments: True)


def steps_are_not_learned_elsewhere(patch: Patch) -> None:
    def learn(self: ReducedSearch, node: Node, choice: int, state: bytes) -> Answer:
        answer = self._learn_step(node, choice, state)
        if self._symmetry is not None:
            self._symmetry.complete()
        return answer

    patch.setattr(ReducedSearch, "_learn", learn)


def threads_keep_their_names(patch: Patch) -> None:
    whole = Symmetry.arrange
    patch.setattr(Symmetry, "arrange", lambda self, state, sleep: (*whole(self, state, sleep)[:2], None))


def what_ledgers_refer_to_is_left(patch: Patch) -> None:
    whole = Layout.refers

    def refers(self: Layout, location: int) -> bool:
        return whole(self, location) and self.locations[location].field != "book"

    patch.setattr(Layout, "refers", refers)


def debts_are_sorted_by_the_numbers_of_objects(patch: Patch) -> None:
    def in_order(kind: LedgerType, known: list[ledger.Entry]) -> list[ledger.Entry]:
        return sorted(known, key=lambda entry: entry.values)

    patch.setattr(ledger, "in_order", in_order)


LEFT_OUT: list[tuple[Callable[[Patch], None], str]] = [
    (locals_are_left, "allocate"),
    (locks_held_are_left, "philosophers"),
    (slots_are_left, "slots"),
    (beginnings_are_not_compared, "numbers"),
    (who_may_wait_is_not_compared, "who may not wait"),
    (what_is_kept_is_not_compared, "kept, the other one"),
    (steps_are_not_learned_elsewhere, "who gets the ticket"),
    (threads_keep_their_names, "philosophers"),
    (notes_are_not_exchanged, "philosophers"),
    (what_ledgers_refer_to_is_left, "ledgers"),
    (debts_are_sorted_by_the_numbers_of_objects, "ledgers"),
]


@pytest.mark.parametrize(("leave_out", "name"), LEFT_OUT)
def test_what_is_left_out_is_missed(monkeypatch: Patch, leave_out: Callable[[Patch], None], name: str) -> None:
    leave_out(monkeypatch)
    assert caught(EXAMPLES[name]())


FORGOTTEN: list[Callable[[Patch], None]] = [
    locals_are_left,
    locks_held_are_left,
    private_objects_are_left,
    pools_are_left,
    locks_held_for_reading_are_left,
    places_in_line_are_left,
    numbers_of_threads_are_left,
    names_of_locks_are_left,
    references_are_left,
    places_are_left,
    heads_are_left,
    slots_are_left,
]


@pytest.mark.parametrize("forget", FORGOTTEN)
def test_a_step_notices_what_an_exchange_does_not_take_along(
    monkeypatch: Patch, forget: Callable[[Patch], None]
) -> None:
    """Even if an exchange was not held against the beginning."""
    for condition in ("_keeps_memory", "_keeps_threads", "_keeps_kept"):
        monkeypatch.setattr(exchange._Fitting, condition, lambda *arguments: True)
    forget(monkeypatch)
    names = ("philosophers", "slots", "lists", "allocate", "readers", "in line", "sleepers")
    assert any(noticed(EXAMPLES[name]()) for name in names)


def noticed(layout: Layout) -> bool:
    try:
        searched(ReducedSearch, layout)
    except InternalError as error:
        return "objects that were exchanged" in str(error)
    return False


def test_sleep_sets_and_names_of_threads_go_with_them() -> None:
    """Of the three turns of a table, the one is taken in which the one who has a fork stands last."""
    layout = ring(3, PHILOSOPHER)
    symmetry = symmetry_of(layout)
    stepper = Stepper(layout)
    state, begun = stepper.begin()
    here = stepper.step(begun[0].after, lambda location: layout.read(state, location))  # type: ignore[arg-type]
    behaviour = symmetry._behaviour
    nodes = [behaviour.name(step.after) for step in (here, begun[1], begun[2])]  # type: ignore[arg-type]
    symmetry.complete()
    symmetry.rank([node.local for node in behaviour.nodes.values()])
    taken = layout.written(state, here.writes) + b"".join(nodes)
    arranged = {symmetry.arrange(taken, 0b010)}
    for found in symmetry.exchanges:
        names = [found.nodes[int.from_bytes(nodes[thread], "little")] for thread in found.order]
        there = found.shared(taken)[: layout.size] + b"".join(name.to_bytes(NODE_BYTES, "little") for name in names)
        sleep = sum((0b010 >> thread & 1) << place for place, thread in enumerate(found.order))
        arranged.add(symmetry.arrange(there, sleep))
    assert len({(there, sleep) for there, sleep, _ in arranged}) == 1
    assert len({order for _, _, order in arranged}) == 3
