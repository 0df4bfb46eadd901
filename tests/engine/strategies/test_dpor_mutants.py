"""DPOR on trial: one condition of it left out at a time. The comparison with brute force must notice each.

The machines are small ones in which the conditions matter; the search as it is agrees with brute force on all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lockmodel.engine.strategies import dpor
from lockmodel.engine.strategies.access import Access, Accesses, Groups
from lockmodel.engine.strategies.dpor import Rivals
from lockmodel.engine.strategies.strategy import Option
from lockmodel.engine.strategies.wakeup import Branch, Event, insert
from lockmodel.engine.transitions import Move
from tests.engine.strategies.models import machine
from tests.engine.strategies.test_dpor import UPON, Recording, check_layout
from tests.engine.test_exactness import layout_of

LOCKED = "mutex_lock(box.mutex)\nbox.y = 1\nmutex_unlock(box.mutex)"
ALLOCATING = "item = kmem_cache_zalloc(items, GFP_KERNEL)\nbox.first = item\nkfree(item)\n"

MACHINES: dict[str, tuple[str, ...]] = {
    "a step that ends the execution": ("box.first.number = 1", "mark('a')\nbox.x = 1\nbox.x = box.x + 3", "mark('b')"),
    "writers and readers": ("box.x = 1\nseen = box.x", "box.x = 2\nbox.flag = True", "seen = box.x\nseen = box.flag"),
    "three variables": (
        "box.x = 1\nseen = box.flag",
        "box.flag = True\natomic_inc(box.hits)",
        "seen = atomic_read(box.hits)\nbox.x = 2",
    ),
    "one lock": (LOCKED, LOCKED, "mutex_lock(box.mutex)\nmutex_unlock(box.mutex)"),
    "a lock that is kept": ("mutex_lock(box.mutex)\nawait_(box.flag)", LOCKED, LOCKED),
    "a wait for two things": ("await_(not box.flag and box.x == 0)", "box.flag = True", "box.x = 1"),
    "a wait that breaks a rule while it waits": ("mark('a')\nawait_(box.x == 0 or box.y == 1)", "box.x = 1\nbox.x = 0"),
    "alternatives": ("box.x = choose(0, 1)", "seen = choose(0, 1)\nif seen:\n    box.x = 2", "seen = box.x"),
    "slots that are used again": (ALLOCATING * 3, "box.first = NULL"),
    "a claim about two things": ("box.x = 3\nbox.x = 0", "box.flag = True\nbox.flag = False"),
}

CLAIM = """
@model.invariant(outside=["Box.sem"])
def never_both(box: Box) -> bool:
    return not (box.x == 3 and box.flag)
"""


def agrees(folder: Path, name: str, kind: type[Recording] = Recording) -> bool:
    """Does the search of a machine come to what brute force does?"""
    layout = machine(folder, *MACHINES[name], claims=CLAIM if "claim" in name else "")
    try:
        return check_layout(layout, kind) is not None
    except (AssertionError, LookupError, StopIteration):
        return False


@pytest.mark.parametrize("name", MACHINES)
def test_the_search_as_it_is_agrees(tmp_path: Path, name: str) -> None:
    assert agrees(tmp_path, name)


# --- what can be left out ---------------------------------------------------------------------------------------


class OwnAlternativesForgotten(Recording):
    def _rivals(self, events: list[Event], end: bytes) -> list[Rivals]:
        found = super()._rivals(events, end)
        return [{r: None for r in rivals if r[0] != event.thread} for event, rivals in zip(events, found, strict=True)]


class NothingInsteadOfTheEnd(Recording):
    def _rivals(self, events: list[Event], end: bytes) -> list[Rivals]:
        found = super()._rivals(events, end)
        if events and events[-1].access.total:
            found[-1] = {rival: None for rival in found[-1] if rival[1] is not None}
        return found


class SleepsForEver(Recording):
    def _enter(self, state: bytes, tree: list[Branch], sleep: dict[Move, Event]) -> None:
        super()._enter(state, tree, dict(self.way[-1].sleep) if self.way else sleep)


class NeverSleeps(Recording):
    def _enter(self, state: bytes, tree: list[Branch], sleep: dict[Move, Event]) -> None:
        super()._enter(state, tree, {})


class AlternativesWaitTogether(Recording):
    """What the first alternative of a step touches is taken for what all of them do."""

    def _touched(self, state: bytes, thread: int) -> int:
        answer = self._options(state, thread)[0].answer
        return answer.reads | answer.changes


class AlternativesComeTogether(Recording):
    """Nothing is left out but what an alternative is tried before; its own thread's step by another one stays."""

    def _rivals(self, events: list[Event], end: bytes) -> list[Rivals]:
        found = super()._rivals(events, end)
        return [{(thread, choice, -1): None for thread, choice, _ in rivals} for rivals in found]


class OnePass(Recording):
    def _search(self) -> None:
        self.passes = 1
        self._pass()


@pytest.mark.parametrize(
    ("mutant", "name"),
    [
        (OwnAlternativesForgotten, "alternatives"),
        (NothingInsteadOfTheEnd, "a step that ends the execution"),
        (SleepsForEver, "writers and readers"),
        (NeverSleeps, "three variables"),
        (OnePass, "a claim about two things"),
    ],
)
def test_a_search_without_one_of_its_parts_is_caught(tmp_path: Path, mutant: type[Recording], name: str) -> None:
    assert not agrees(tmp_path, name, mutant)


@pytest.mark.parametrize("mutant", [AlternativesWaitTogether, AlternativesComeTogether])
def test_alternatives_that_are_taken_for_one_are_caught(mutant: type[Recording]) -> None:
    layout = layout_of(UPON)
    assert layout is not None
    with pytest.raises(AssertionError):
        check_layout(layout, mutant)


def fatal_steps_are_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Option, "ends", property(lambda option: option.answer.pool is not None))


def reclaiming_is_like_other_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Accesses.of
    monkeypatch.setattr(Accesses, "of", lambda self, option, state: whole(self, option, option.base))


def reads_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def dependent(one: Access, other: Access) -> bool:
        return bool(one.total or other.total or one.writes & other.writes or one.groups & other.groups)

    monkeypatch.setattr("lockmodel.engine.strategies.wakeup.dependent", dependent)


def only_first_steps_are_inserted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Source sets without wakeup trees."""

    def shorter(tree: list[Branch], sequence: Sequence[Event]) -> bool:
        return insert(tree, sequence[:1])

    monkeypatch.setattr(dpor, "insert", shorter)


def what_sleeps_is_inserted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dpor, "remaining", lambda event, sequence: None)


def no_one_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dpor, "_waits", lambda instruction: False)


def there_are_no_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Groups, "known", lambda self: ((), {}))


def claims_make_no_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Groups.known

    def without(self: Groups) -> tuple[tuple[int, ...], dict[bytes, int]]:
        self.memos = ()
        return known(self)

    monkeypatch.setattr(Groups, "known", without)


def to_come_to_a_wait_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Groups.known
    monkeypatch.setattr(Groups, "known", lambda self: (known(self)[0], {}))


@pytest.mark.parametrize(
    ("leave_out", "name"),
    [
        (fatal_steps_are_like_others, "a step that ends the execution"),
        (reclaiming_is_like_other_steps, "slots that are used again"),
        (reads_do_not_count, "writers and readers"),
        (only_first_steps_are_inserted, "three variables"),
        (what_sleeps_is_inserted_again, "writers and readers"),
        (no_one_is_woken, "a lock that is kept"),
        (there_are_no_groups, "a wait for two things"),
        (claims_make_no_groups, "a claim about two things"),
        (to_come_to_a_wait_reads_nothing, "a wait that breaks a rule while it waits"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_condition_that_is_left_out_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leave_out: Callable[[pytest.MonkeyPatch], None], name: str
) -> None:
    leave_out(monkeypatch)
    assert not agrees(tmp_path, name)
