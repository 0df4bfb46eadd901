"""The reduced search on trial: one condition of it is left out at a time, which the comparison with the full one tells.

Each machine is the smallest one found on which something is lost without its condition: a finding, a final state or a
step that a thread can make. The search as it is keeps them all, on every machine.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lockmodel.engine.behaviour import Answer
from lockmodel.engine.reduction import futures, reduced
from lockmodel.engine.reduction.dependence import Dependence, Next
from lockmodel.engine.reduction.futures import HELD, Edge, Future, Futures, Part, _Relaxation
from lockmodel.engine.reduction.persistent import Persistent
from lockmodel.engine.reduction.reduced import ReducedSearch, Reductions, Standing
from lockmodel.ir.layout import Layout
from tests.engine.strategies.models import machine
from tests.engine.test_reduced import Told, full
from tests.engine.test_reduced import reduced as search_reduced

ALLOCATE = "item = kmem_cache_zalloc(items, GFP_KERNEL)\n"
TWICE = "@model.invariant()\ndef never(box: Box) -> bool:\n    return not ({})\n"
HAPPENS_LATER = "box.x == 1 and box.flag and box.first and atomic_read(box.hits) == 1"

MACHINES: dict[str, tuple[str, ...]] = {
    # The last one can let the first one go, which then writes what the second one is about to read.
    "a wait for a lock": ("down(box.empty)\nbox.x = 1", "seen = box.x", "up(box.empty)"),
    "a wait for a condition": ("await_(box.flag)\nbox.x = 1", "seen = box.x", "box.flag = True"),
    # While the first one holds the lock, the last one lets the second one go by what it does to the count.
    "a wait for a lock and a count": (
        "spin_lock(big)\nbox.flag = True\nseen = box.x",
        "if atomic_dec_and_lock(item.count, big):\n    mark('last')\nbox.x = 1",
        "await_(box.flag)\natomic_inc(item.count)",
    ),
    # The flag was never seen up by the second one, which comes to its wait too late if the first one is let through.
    "a wait that was never seen to end": ("box.flag = True\nbox.flag = False", "mark('a')\nawait_(box.flag)"),
    # The last one asks for the lock only after the second one, and has always seen it held by then.
    "a value that was not seen yet": (
        "mutex_lock(box.other)\nmark('a')",
        "box.x += 1",
        "await_(box.x == 1)\nmutex_lock(box.other)",
    ),
    # The claim was never asked while the lock is free and the number is 1, as it is if the second one goes first.
    "a claim about what was not seen yet": (
        "mutex_lock(item.lock)\nbox.flag = not box.flag",
        "box.flag = True\nitem.number = 1",
    ),
    # Whether the first one's lock is held matters to one that releases it although it does not hold it.
    "a release of what another holds": (
        "mutex_lock(item.lock)\nmutex_unlock(item.lock)\nup(box.sem)",
        "down(box.sem)\nmutex_unlock(item.lock)",
    ),
    "a step that ends the execution": ("box.first.number = 1", "box.first.number = 2", "box.x = 1"),
    # The second one's third object has no room, and ends the execution before or after the first one's step.
    "a pool that runs out": ("mark('a')", ALLOCATE * 3),
    # Two slots are reclaimed or one, depending on whether the reference to one of them is gone.
    "slots that are used again": (
        "box.first = NULL",
        f"box.first = kmem_cache_zalloc(items, GFP_KERNEL)\n{ALLOCATE}kfree(item)\nkfree(box.first)\n{ALLOCATE}",
    ),
    "a claim about two things": ("mark('a')\nbox.x = 1\nbox.x = 0", "box.flag = not box.flag"),
    # The claim reads one thing more in each pass.
    "a claim about four things": (
        "box.x = 1\nbox.x = 0",
        "box.flag = True\nbox.flag = False",
        "box.first = item\nbox.first = NULL",
        "atomic_inc(box.hits)\natomic_dec(box.hits)",
    ),
    "two writers": ("box.x = 1", "box.x = 2"),
    "two writers, one later": ("box.x = 1", "mark('a')\nbox.x = 2"),
    "a reader and a writer": ("seen = box.x", "box.x = 2"),
    "a reader, and a writer later": ("seen = box.x", "mark('a')\nbox.x = 2"),
    "a writer, and a reader later": ("box.x = 2\nbox.x = 1", "mark('a')\nseen = box.x"),
    "a reader and two writers": ("if box.flag:\n    box.x = 1", "box.flag = True\nbox.flag = False", "seen = box.x"),
    # The second one's lock is given back before the first one reads, so that the third one can write before it.
    "a lock whose holder moves": (
        "seen = box.x",
        "mutex_lock(box.mutex)\nbox.flag = True\nmutex_unlock(box.mutex)",
        "await_(box.flag)\nmutex_lock(box.mutex)\nbox.x = 1\nmutex_unlock(box.mutex)",
    ),
    "an alternative that writes": ("seen = box.x", "seen = choose(0, 1)\nif seen:\n    box.x = 2"),
    # A thread that only goes on by itself would have every turn, and the assertion would never be asked.
    "one that runs for ever": ("while True:\n    mark('a')", "assert box.x == 1"),
    # The second one nests its locks only if it reads between the writes.
    "an order that is seen in between": (
        "box.x = 1\nbox.x = 0",
        "seen = box.x\nif seen == 1:\n    mutex_lock(box.mutex)\n    spin_lock(box.spin)\n    spin_unlock(box.spin)\n"
        "    mutex_unlock(box.mutex)",
    ),
    "one that goes round in two states": ("while True:\n    box.flag = not box.flag", "assert box.x == 1"),
}

CLAIMS = {
    "a claim about what was not seen yet": (
        "@model.invariant(outside=['item.lock'])\ndef never(item: Item) -> bool:\n    return item.number == 0\n"
    ),
    "a claim about two things": TWICE.format("box.x == 1 and box.flag"),
    "a claim about four things": TWICE.format(HAPPENS_LATER),
}


@pytest.fixture(autouse=True)
def no_run_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reduced, "LONGEST", 40)


def layout_of(folder: Path, name: str) -> Layout:
    return machine(folder, *MACHINES[name], claims=CLAIMS.get(name, ""))


def both(folder: Path, name: str) -> tuple[Told, Told]:
    """What the full search of a machine tells, and what the reduced search does, mutilated or not."""
    layout = layout_of(folder, name)
    expected = full(layout)
    assert expected is not None
    told, search = search_reduced(layout, Reductions())
    if search.recurs():
        expected[0].broken -= {identity for identity in expected[0].broken - told.broken if identity[0] == "LM101"}
    return expected[0], told


@pytest.mark.parametrize("name", MACHINES)
def test_the_search_as_it_is_keeps_everything(tmp_path: Path, name: str) -> None:
    truth, told = both(tmp_path, name)
    assert told == truth


# --- what can be left out ---------------------------------------------------------------------------------------

Patch = pytest.MonkeyPatch


def around(patch: Patch, kind: type, method: str, wrapper: Callable[..., Any]) -> None:
    """Put a function around a method, which it gets as its first argument."""
    whole = getattr(kind, method)
    patch.setattr(kind, method, lambda *arguments: wrapper(whole, *arguments))


def changed_next(patch: Patch, change: Callable[[Next, tuple[Answer, ...]], None]) -> None:
    def init(whole: Callable[..., None], self: Next, answers: tuple[Answer, ...], checks: bool) -> None:
        whole(self, answers, checks)
        change(self, answers)

    around(patch, Next, "__init__", init)


def a_wait_for_a_lock_touches_nothing(patch: Patch) -> None:
    def change(self: Next, answers: tuple[Answer, ...]) -> None:
        self.touches = sum(answer.reads & ~answer.lock if answer.blocked else answer.reads for answer in answers)

    changed_next(patch, change)


def a_wait_for_a_condition_touches_nothing(patch: Patch) -> None:
    def change(self: Next, answers: tuple[Answer, ...]) -> None:
        self.touches = sum(0 if answer.blocked and not answer.lock else answer.reads for answer in answers)

    changed_next(patch, change)


def a_wait_for_a_lock_touches_the_lock_only(patch: Patch) -> None:
    def change(self: Next, answers: tuple[Answer, ...]) -> None:
        self.touches = sum(answer.lock or answer.reads if answer.blocked else answer.reads for answer in answers)

    changed_next(patch, change)


def what_waits_later_reads_nothing(patch: Patch) -> None:
    """It counts twice: by the request that waits, and by the read of a value that might change."""
    requests_that_wait_read_nothing(patch)
    reads_count_by_what_follows(patch)


class Blind(futures.Test):
    """A test whose read does not count where it is asked."""

    __slots__ = ("_read",)
    asked = False

    @property
    def read(self) -> int:
        return 0 if Blind.asked else self._read

    @read.setter
    def read(self, read: int) -> None:
        self._read = read


def blind(patch: Patch, method: str) -> None:
    def ask(whole: Callable[..., Any], *arguments: Any) -> Any:
        with pytest.MonkeyPatch.context() as asking:
            asking.setattr(Blind, "asked", True)
            return whole(*arguments)

    patch.setattr(futures, "Test", Blind)
    around(patch, Futures, method, ask)


def only_learned_values_are_read_by_locks(patch: Patch) -> None:
    blind(patch, "by_locks")


def only_learned_values_are_read_by_values(patch: Patch) -> None:
    blind(patch, "by_values")


def claims_about_new_values_read_nothing(patch: Patch) -> None:
    def fill(
        whole: Callable[..., None], self: Any, part: Part, root: Any, before: int, written: dict[int, int]
    ) -> None:
        while type(root) is list and root[0] in written:
            if written[root[0]] not in root[1]:
                return
            before, root = before | 1 << root[0], root[1][written[root[0]]]
        whole(self, part, root, before, written)

    around(patch, Futures, "_fill", fill)


def a_held_lock_stops_whoever_reads_it(patch: Patch) -> None:
    class Stopping(futures.Test):
        def __init__(self, offset: int, read: int, parts: dict[int, Part]) -> None:
            super().__init__(offset, read, parts)
            self.parts = {HELD: Part(), **parts}

    patch.setattr(futures, "Test", Stopping)


def there_is_one_pass(patch: Patch) -> None:
    def search(self: ReducedSearch) -> None:
        self.passes = 1
        self._pass()

    patch.setattr(ReducedSearch, "_search", search)


def what_claims_read_is_known_from_the_start(patch: Patch) -> None:
    def refresh(whole: Callable[..., None], self: Dependence) -> None:
        if not self.version:
            whole(self)

    around(patch, Dependence, "refresh", refresh)


def new_steps_are_nothing_to_learn(patch: Patch) -> None:
    patch.setattr(ReducedSearch, "_known", lambda self: (0, sum(claim.known for claim in self._claims)))


def new_reads_of_claims_are_nothing_to_learn(patch: Patch) -> None:
    patch.setattr(ReducedSearch, "_known", lambda self: (len(self.behaviour.answers), 0))


def what_was_concluded_stays(patch: Patch) -> None:
    patch.setattr(Futures, "forget", lambda self: None)


def what_ends_the_execution_is_a_member(patch: Patch) -> None:
    changed_next(patch, lambda self, answers: setattr(self, "last", self.pool))


def what_runs_out_of_a_pool_is_a_member(patch: Patch) -> None:
    changed_next(patch, lambda self, answers: setattr(self, "last", any(answer.halts for answer in answers)))


def pools_do_not_run_out_later(patch: Patch) -> None:
    def add(whole: Callable[..., None], self: Futures, part: Part, answer: Answer) -> None:
        whole(self, part, answer)
        part.pool = False

    around(patch, Futures, "_add", add)


def who_sleeps_sleeps_while_slots_are_reclaimed(patch: Patch) -> None:
    kept: list[int] = []

    def run(whole: Callable[..., bool], self: Any, before: Any, number: int, move: Any, step: Answer, s: int) -> bool:
        if step.pool is not None:
            kept.append(s)
        return whole(self, before, number, move, step, s)

    def still(whole: Callable[..., int], self: Any, here: Standing, thread: int, answer: Answer, sleep: int) -> int:
        return whole(self, here, thread, answer, kept.pop() if kept else sleep)

    around(patch, ReducedSearch, "_run", run)
    around(patch, ReducedSearch, "_still_asleep", still)


def later_steps_bring_up_no_claims(patch: Patch) -> None:
    def init(whole: Callable[..., None], self: Edge, writes: Any, target: Any, claims: Any) -> None:
        whole(self, writes, target, None)

    around(patch, Edge, "__init__", init)


def claims_are_judged_at_the_ends_of_runs(patch: Patch) -> None:
    late: dict[object, list[Any]] = {}
    meet = ReducedSearch._meet

    def wait(whole: Callable[..., None], self: Any, violation: Any, number: int, moves: Any) -> None:
        if violation.claim and moves:
            late.setdefault((number, moves), []).append(violation)
        else:
            whole(self, violation, number, moves)

    def arrive(whole: Callable[..., int], self: Any, state: bytes, sleep: int, parent: int, moves: Any) -> int:
        for violation in late.pop((parent, moves), ()):
            meet(self, violation, parent, moves)
        return whole(self, state, sleep, parent, moves)

    around(patch, ReducedSearch, "_meet", wait)
    around(patch, ReducedSearch, "_arrive", arrive)


def nobody_is_woken(patch: Patch) -> None:
    patch.setattr(ReducedSearch, "_still_asleep", lambda self, here, thread, answer, sleep: sleep & ~(1 << thread))


def who_reads_is_not_woken_by_a_write(patch: Patch) -> None:
    around(patch, Next, "depends", lambda whole, self, other: bool(self.changes & (other.touches | other.changes)))


def who_writes_is_not_woken_by_a_read(patch: Patch) -> None:
    around(patch, Next, "depends", lambda whole, self, other: bool((self.touches | self.changes) & other.changes))


def who_writes_is_not_woken_by_a_write(patch: Patch) -> None:
    def depends(whole: Callable[..., bool], self: Next, other: Next) -> bool:
        return bool(self.changes & other.touches or self.touches & other.changes)

    around(patch, Next, "depends", depends)


def nothing_is_done_with_care(patch: Patch) -> None:
    patch.setattr(ReducedSearch, "_must_take_care", lambda self: False)


def no_state_is_expanded_in_full(patch: Patch) -> None:
    around(patch, ReducedSearch, "_run", lambda whole, *arguments: whole(*arguments) or True)


def only_a_state_that_leads_to_itself_is_expanded_in_full(patch: Patch) -> None:
    reached: list[int] = []

    def run(whole: Callable[..., bool], self: Any, before: Any, number: int, *rest: Any) -> bool:
        reached.clear()
        return whole(self, before, number, *rest) or reached != [number]

    def arrive(whole: Callable[..., int], *arguments: Any) -> int:
        reached.append(whole(*arguments))
        return reached[-1]

    around(patch, ReducedSearch, "_run", run)
    around(patch, ReducedSearch, "_arrive", arrive)


def values_that_others_write_are_not_followed(patch: Patch) -> None:
    patch.setattr(_Relaxation, "_allow", lambda self, offset, bit: None)


def every_lock_stays_held(patch: Patch) -> None:
    held = [0]

    def choose(whole: Callable[..., int], self: Any, state: bytes, nodes: Any, *rest: Any) -> int:
        held[0] = 0
        for node in nodes:
            held[0] |= node.held
        return whole(self, state, nodes, *rest)

    around(patch, Persistent, "choose", choose)
    around(patch, Futures, "by_locks", lambda whole, self, node, mine: whole(self, node, mine | held[0]))


def meets(patch: Patch, touched: bool, changed: bool, touches: bool) -> None:
    """Of what others change it matters what members `touched` or `changed`; of what others touch, with `touches`."""

    def meets(self: Any, members_touch: int, members_change: int) -> bool:
        found = (self.changes & members_touch) * touched | (self.changes & members_change) * changed
        return bool(found or (self.touches & members_change) * touches or self.pool)

    patch.setattr(Next, "meets", meets)
    patch.setattr(Future, "meets", meets)


def others_may_write_what_members_read(patch: Patch) -> None:
    meets(patch, touched=False, changed=True, touches=True)


def others_may_write_what_members_write(patch: Patch) -> None:
    meets(patch, touched=True, changed=False, touches=True)


def others_may_read_what_members_write(patch: Patch) -> None:
    meets(patch, touched=True, changed=True, touches=False)


def a_set_grows_once(patch: Patch) -> None:
    def grown(
        self: Persistent, thread: int, state: bytes, nodes: Any, nexts: list[Next | None], enabled: int, most: int
    ) -> int:
        mine = nexts[thread]
        assert mine is not None
        rest = {n: other for n, other in enumerate(nexts) if other is not None and n != thread}
        added = sum(1 << n for n, one in rest.items() if one.enabled and one.meets(mine.touches, mine.changes))
        added = added or self._met_later(state, nodes, rest, nodes[thread].held, mine.touches, mine.changes)
        if mine.last or any(added >> n & 1 and one.last for n, one in rest.items()):
            return enabled
        found = (added | 1 << thread) & enabled
        return found if found.bit_count() < most else enabled

    patch.setattr(Persistent, "_grown", grown)


def only_next_steps_are_met(patch: Patch) -> None:
    patch.setattr(Persistent, "_met_later", lambda self, *arguments: 0)
    patch.setattr(Futures, "by_locks", lambda self, node, held: Future())


def later_alternatives_are_the_first_one(patch: Patch) -> None:
    def part(whole: Callable[..., Part], self: Futures, node: Any) -> Part:
        if len(node.roots) < 2:
            return whole(self, node)
        found = Part()
        self._fill(found, node.roots[0], 0, {})
        return found

    around(patch, Futures, "_part", part)


CAUGHT: list[tuple[Callable[[Patch], None], str]] = [
    (a_wait_for_a_lock_touches_nothing, "a wait for a lock"),
    (a_wait_for_a_condition_touches_nothing, "a wait for a condition"),
    (a_wait_for_a_lock_touches_the_lock_only, "a wait for a lock and a count"),
    (what_waits_later_reads_nothing, "a wait that was never seen to end"),
    (only_learned_values_are_read_by_locks, "a value that was not seen yet"),
    (only_learned_values_are_read_by_values, "a value that was not seen yet"),
    (claims_about_new_values_read_nothing, "a claim about what was not seen yet"),
    (a_held_lock_stops_whoever_reads_it, "a release of what another holds"),
    (there_is_one_pass, "a claim about four things"),
    (there_is_one_pass, "a reader and two writers"),
    (new_steps_are_nothing_to_learn, "a reader and two writers"),
    (new_reads_of_claims_are_nothing_to_learn, "a claim about four things"),
    (what_claims_read_is_known_from_the_start, "a claim about four things"),
    (what_was_concluded_stays, "a reader and two writers"),
    (what_ends_the_execution_is_a_member, "a step that ends the execution"),
    (what_runs_out_of_a_pool_is_a_member, "a pool that runs out"),
    (pools_do_not_run_out_later, "slots that are used again"),
    (who_sleeps_sleeps_while_slots_are_reclaimed, "slots that are used again"),
    (later_steps_bring_up_no_claims, "a claim about two things"),
    (claims_are_judged_at_the_ends_of_runs, "a claim about two things"),
    (nobody_is_woken, "two writers"),
    (who_reads_is_not_woken_by_a_write, "a reader and two writers"),
    (who_writes_is_not_woken_by_a_read, "slots that are used again"),
    (who_writes_is_not_woken_by_a_write, "two writers"),
    (nothing_is_done_with_care, "one that runs for ever"),
    (no_state_is_expanded_in_full, "one that runs for ever"),
    (only_a_state_that_leads_to_itself_is_expanded_in_full, "one that goes round in two states"),
    (values_that_others_write_are_not_followed, "a lock whose holder moves"),
    (every_lock_stays_held, "a lock whose holder moves"),
    (others_may_write_what_members_read, "a reader, and a writer later"),
    (others_may_write_what_members_write, "two writers, one later"),
    (others_may_read_what_members_write, "a writer, and a reader later"),
    (a_set_grows_once, "a wait for a condition"),
    (only_next_steps_are_met, "two writers, one later"),
    (later_alternatives_are_the_first_one, "an alternative that writes"),
]


@pytest.mark.parametrize(("leave_out", "name"), CAUGHT, ids=lambda value: getattr(value, "__name__", value))
def test_a_condition_that_is_left_out_is_caught(
    tmp_path: Path, monkeypatch: Patch, leave_out: Callable[[Patch], None], name: str
) -> None:
    leave_out(monkeypatch)
    truth, told = both(tmp_path, name)
    assert told.broken <= truth.broken
    assert told.steps <= truth.steps
    assert told != truth


@pytest.mark.parametrize("leave_out", [nobody_is_woken, others_may_read_what_members_write])
def test_a_reduction_that_hides_an_order_of_locks_is_caught(
    tmp_path: Path, monkeypatch: Patch, leave_out: Callable[[Patch], None]
) -> None:
    leave_out(monkeypatch)
    truth, told = both(tmp_path, "an order that is seen in between")
    assert told.notes < truth.notes


# --- what is implied --------------------------------------------------------------------------------------------


def requests_that_wait_read_nothing(patch: Patch) -> None:
    """What is not followed counts as read where it is tested, and what is followed where it can have a new value."""

    def add(whole: Callable[..., None], self: Futures, part: Part, answer: Answer) -> None:
        if not answer.blocked:
            whole(self, part, answer)

    around(patch, Futures, "_add", add)


def reads_count_by_what_follows(patch: Patch) -> None:
    """A byte that is not followed is among the reads of every step that its values lead to."""

    def fill(
        whole: Callable[..., None], self: Any, part: Part, root: Any, before: int, written: dict[int, int]
    ) -> None:
        waiting = [(root, before)]
        while waiting:
            at, before = waiting.pop()
            if type(at) is list and at[0] not in written and at[0] not in self._is_followed:
                waiting.extend((child, before | 1 << at[0]) for child in at[1].values())
            else:
                whole(self, part, at, before, written)

    around(patch, Futures, "_fill", fill)


def next_steps_are_not_asked_first(patch: Patch) -> None:
    """They are a part of the futures."""
    patch.setattr(Next, "meets", lambda self, touches, changes: False)


def next_steps_bring_up_no_claims(patch: Patch) -> None:
    """Futures bring them up; and who sleeps has been where it would lead to, so that was judged."""

    def following(whole: Callable[..., Next], *arguments: Any) -> Next:
        found = copy.copy(whole(*arguments))
        found.looks = found.judges = 0
        return found

    around(patch, Dependence, "next", following)


def pools_are_as_other_memory_to_sleepers(patch: Patch) -> None:
    """Who runs out of one is not put to sleep, and everybody is woken where slots are reclaimed."""

    def depends(whole: Callable[..., bool], self: Next, other: Next) -> bool:
        mine, its = copy.copy(self), copy.copy(other)
        mine.pool = its.pool = False
        return whole(mine, its)

    around(patch, Next, "depends", depends)


def whatever_ends_the_execution_sleeps(patch: Patch) -> None:
    """It breaks no other rule later: it reads the same, or it is woken; and nothing comes after it."""

    def follow(whole: Callable[..., bool], self: Any, here: Standing, number: int, threads: int, sleep: int) -> bool:
        forward = False
        for thread in bits_of(threads):
            forward = whole(self, here, number, 1 << thread, sleep) or forward
            sleep |= self._sleeping << thread
        return forward

    around(patch, ReducedSearch, "_follow", follow)


def bits_of(threads: int) -> Iterator[int]:
    return (thread for thread in range(threads.bit_length()) if threads >> thread & 1)


def nothing_is_learned_ahead(patch: Patch) -> None:
    """What a thread would do alone is learned early, which saves passes of larger models."""

    def learn_from(self: ReducedSearch, thread: int, choice: int, state: bytes) -> None:
        self._learn(self._node(state, thread), choice, state)

    patch.setattr(ReducedSearch, "_learn_from", learn_from)


IMPLIED: list[Callable[[Patch], None]] = [
    requests_that_wait_read_nothing,
    reads_count_by_what_follows,
    next_steps_are_not_asked_first,
    next_steps_bring_up_no_claims,
    pools_are_as_other_memory_to_sleepers,
    whatever_ends_the_execution_sleeps,
    nothing_is_learned_ahead,
]


@pytest.mark.parametrize("leave_out", IMPLIED)
def test_what_is_implied_or_saves_work_only_can_be_left_out(
    tmp_path: Path, monkeypatch: Patch, leave_out: Callable[[Patch], None]
) -> None:
    leave_out(monkeypatch)
    for name in MACHINES:
        truth, told = both(tmp_path, name)
        assert told == truth, name
