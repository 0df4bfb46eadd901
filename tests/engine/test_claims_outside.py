"""Where a claim is judged: outside of locks that are named by a path from a parameter, by their class, or globally."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.engine.exploration import Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.reduction.reduced import ReducedSearch
from lockmodel.engine.step import Stepper
from lockmodel.errors import SpecError
from lockmodel.findings.finding import ScenarioResult
from lockmodel.properties.judge import RuleJudge
from tests.engine.machines import rules, run_machine
from tests.engine.strategies.models import machine

NESTED = """
class Room(Struct):
    lock: Mutex
    other: Mutex
    many: Semaphore = semaphore(2)
    house: Box = field(constant=True)
    guest: Item


class Desk(Struct):
    room: Room = field(constant=True)
    next: Room
    number: Annotated[int, Range(0, 3)]


desks = model.cache(Desk, capacity=2)
"""

CLAIM = """
@model.invariant(outside=[{outside}])
def orderly(desk: Desk) -> bool:
    return desk.number == 0
"""

OBJECTS = "room = m.new(Room, house=box)\nelsewhere = m.new(Room)\ndesk = m.new(Desk, room=room)\nm.new(Desk)\n"


def run(folder: Path, outside: str, *bodies: str) -> ScenarioResult:
    """Threads that run these bodies with `desk` and another room `elsewhere`, under a claim about every desk."""
    text, scenario = NESTED + CLAIM.format(outside=outside), OBJECTS
    for number, body in enumerate(bodies):
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        text += f"\n\n@model.path\ndef p{number}(desk: Desk, elsewhere: Room) -> None:\n{lines}"
        scenario += f"m.thread('t{number}', p{number}, desk, elsewhere)\n"
    return run_machine(folder, text, scenario)


def under(*locks: str) -> str:
    """Disorder, made and mended under these locks."""
    takes = [f"mutex_lock({lock})" for lock in locks]
    gives = [f"mutex_unlock({lock})" for lock in reversed(locks)]
    return "\n".join([*takes, "desk.number = 1", "desk.number = 0", *gives])


# --- what is accepted, and when it is judged ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outside", "lock"),
    [
        ("'desk.room.lock'", "desk.room.lock"),
        ("'desk.room.other'", "desk.room.other"),
        ("'desk.room.house.mutex'", "desk.room.house.mutex"),
        ("'Room.lock'", "desk.room.lock"),
        ("'desk.room.lock', 'Box.mutex'", "desk.room.lock"),
        ("'desk.room.lock', 'desk.room.house.mutex'", "desk.room.house.mutex"),
    ],
)
def test_it_says_nothing_while_the_lock_is_held(tmp_path: Path, outside: str, lock: str) -> None:
    assert run(tmp_path, outside, under(lock)).verdict == "verified"


@pytest.mark.parametrize(
    ("outside", "lock"),
    [
        ("", "desk.room.lock"),
        ("'desk.room.lock'", "desk.room.other"),
        ("'desk.room.lock'", "elsewhere.lock"),
        ("'desk.room.house.mutex'", "desk.room.lock"),
        ("'desk.room.lock', 'desk.room.house.mutex'", "desk.room.other"),
        ("'big'", "desk.room.lock"),
    ],
)
def test_it_is_judged_while_only_another_lock_is_held(tmp_path: Path, outside: str, lock: str) -> None:
    result = run(tmp_path, outside, under(lock))
    assert rules(result) == ["LM701"]
    assert len(result.findings[0].steps) == lock.count(".") + 1  # at once: each reference, the lock, the number


def test_a_class_means_the_locks_of_every_object_and_a_path_the_one_at_its_end(tmp_path: Path) -> None:
    assert run(tmp_path, "'Room.lock'", under("elsewhere.lock")).verdict == "verified"
    assert rules(run(tmp_path, "'desk.room.lock'", under("elsewhere.lock"))) == ["LM701"]


def test_it_is_judged_as_soon_as_the_lock_is_free(tmp_path: Path) -> None:
    left = "mutex_lock(desk.room.lock)\ndesk.number = 1\nmark('still held')\nmutex_unlock(desk.room.lock)"
    result = run(tmp_path, "'desk.room.lock'", left)
    assert rules(result) == ["LM701"]
    assert len(result.findings[0].steps) == 6  # the reference is read twice


def test_it_does_not_matter_who_holds_the_lock(tmp_path: Path) -> None:
    holds = "mutex_lock(desk.room.lock)\nmark('inside')\nmutex_unlock(desk.room.lock)"
    assert rules(run(tmp_path, "'desk.room.lock'", "desk.number = 1\ndesk.number = 0")) == ["LM701"]
    for first in ("mutex_lock(desk.room.lock)\nawait_(desk.number == 2)\nmutex_unlock(desk.room.lock)", holds):
        result = run(tmp_path, "'desk.room.lock'", first, "await_(is_locked(desk.room.lock))\ndesk.number = 1")
        assert ("LM701" in rules(result)) == (first == holds)


# --- an object that is still being made, and one that is gone -----------------------------------------------------


@pytest.mark.parametrize("how", ["kmem_cache_alloc", "kmem_cache_zalloc"])
def test_of_an_object_whose_reference_is_not_set_yet_nothing_is_said(tmp_path: Path, how: str) -> None:
    made = f"fresh = {how}(desks, GFP_KERNEL)\nfresh.number = 1\nmark('not yet')\n"
    kept = "kmem_cache_free(desks, fresh)"
    assert "LM701" not in rules(run(tmp_path, "'desk.room.lock'", made + kept))
    assert "LM701" in rules(run(tmp_path, "'desk.room.lock'", made + "fresh.room = elsewhere\n" + kept))
    assert "LM701" in rules(run(tmp_path, "'big'", made + kept))


def test_of_an_object_that_is_there_from_the_start_without_the_reference_nothing_is_said(tmp_path: Path) -> None:
    text = NESTED + CLAIM.format(outside="'desk.room.lock'")
    text += "\n\n@model.path\ndef p(desk: Desk) -> None:\n    desk.number = 1\n"
    assert run_machine(tmp_path, text, "m.thread('t', p, m.new(Desk))").verdict == "verified"
    assert rules(run_machine(tmp_path, text, "m.thread('t', p, m.new(Desk, room=m.new(Room)))")) == ["LM701"]


def test_of_an_object_that_was_freed_nothing_is_said(tmp_path: Path) -> None:
    freed = "mutex_lock(desk.room.lock)\ndesk.number = 1\nkfree(desk)\nmutex_unlock(elsewhere.lock)"
    assert "LM701" not in rules(run(tmp_path, "'desk.room.lock'", freed))


def test_a_lock_whose_object_was_freed_is_held_by_nobody(tmp_path: Path) -> None:
    freed = "room = desk.room\nmutex_lock(room.lock)\nmutex_unlock(room.lock)\nkfree(room)\ndesk.number = 1"
    assert "LM701" in rules(run(tmp_path, "'desk.room.lock'", freed))


# --- what is refused ----------------------------------------------------------------------------------------------

REFUSED = {
    "'desk.room.lokc'": "outside `desk.room.lokc`, but Room has no field `lokc`\n  Did you mean `lock`?",
    "'desk.rom.lock'": "outside `desk.rom.lock`, but Desk has no field `rom`\n  Did you mean `room`?",
    "'desk.next.lock'": (
        "outside `desk.next.lock`, a path through `Desk.next` (machine.py:{next}), which can change\n"
        "  Declare it as `next: Room = field(constant=True)`, or name another lock."
    ),
    "'desk.room.guest.lock'": "a path through `Room.guest`",
    "'desk.room'": "outside `desk.room`, but `Desk.room` (machine.py:{room}) is a Room\n  Name a lock:",
    "'desk.number'": "but `Desk.number` (machine.py:{number}) is an int of 0..3\n  Name a lock",
    "'desk.room.many'": "is a counting semaphore, which nobody holds\n  Guard it by a lock that has an owner.",
    "'desk'": "outside `desk`, which is no lock class of the model",
    "'dekk.room.lock'": "outside `dekk.room.lock`, which is no lock class of the model",
    "'Room.lokc'": "outside `Room.lokc`, which is no lock class of the model\n  Did you mean `Room.lock`?",
    "'Desk.room.lock'": "outside `Desk.room.lock`, which is no lock class of the model",
}


@pytest.mark.parametrize("outside", REFUSED)
def test_a_path_that_leads_to_no_lock_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outside: str) -> None:
    with pytest.raises(SpecError) as refusal:
        run(tmp_path, outside, "desk.number = 1")
    lines = (tmp_path / "machine.py").read_text().splitlines()
    places = {
        name: next(n for n, line in enumerate(lines, 1) if line.startswith(f"    {name}: "))
        for name in ("next", "room")
    }
    number = max(n for n, line in enumerate(lines, 1) if line.startswith("    number: "))
    assert "the claim `orderly` is judged " in str(refusal.value)
    said = str(refusal.value).replace(f"{tmp_path}/", "")
    assert REFUSED[outside].format(number=number, **places) in said


# --- the searches agree on it -------------------------------------------------------------------------------------


@pytest.mark.parametrize("outside", ["item.lock", "Item.lock", "big"])
def test_the_reduced_search_judges_it_where_the_full_one_does(tmp_path: Path, outside: str) -> None:
    claim = (
        f"@model.invariant(outside=['{outside}'])\n"
        "def zero(item: Item, box: Box) -> bool:\n    return item.number == 0 or box.flag\n"
    )
    hidden = "mutex_lock(item.lock)\nitem.number = 1\nitem.number = 0\nmutex_unlock(item.lock)"
    layout = machine(tmp_path, hidden, "box.flag = True\nbox.flag = False", claims=claim)
    found = []
    for kind in (Search, ReducedSearch):
        stepper = Stepper(layout)
        found.append({hit.violation.identity for hit in kind(stepper, RuleJudge(stepper), Limits()).run().hits})
    assert found[0] == found[1]
    assert bool(found[0]) == (outside == "big")
