"""Each rule fires where it should, says what went wrong, and is silent right beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.machines import rules, run_machine, run_paths

BROKEN = {
    "LM101": (
        ["mutex_lock(box.mutex)\nmutex_lock(box.other)\nmutex_unlock(box.other)\nmutex_unlock(box.mutex)",
         "mutex_lock(box.other)\nmutex_lock(box.mutex)\nmutex_unlock(box.mutex)\nmutex_unlock(box.other)"],
        "t0 waits for box#1.other, which t1 holds; t1 waits for box#1.mutex, which t0 holds.",
    ),
    "LM101 counting": (
        ["down(box.empty)"],
        "t0 waits for box#1.empty, which no thread is left to release.",
    ),
    "LM101 condition": (
        ["await_(box.flag)"],
        "t0 waits for a condition that no thread is left to make true.",
    ),
    "LM102": (
        ["mutex_lock(box.mutex)\nmutex_lock(box.mutex)"],
        "t0 asks for box#1.mutex, which it holds itself.",
    ),
    "LM302": (
        ["box.y = 1", "mutex_lock(box.mutex)\nbox.y = 2\nmutex_unlock(box.mutex)"],
        "Thread t0: p0 writes box#1.y without box#1.mutex, which guards it.",
    ),
    "LM303": (
        ["kfree(item)", "item.number = 1"],
        "Thread t1: p1 writes Item.number of item#1, which has been freed (t0 freed it in step 1).",
    ),
    "LM304": (
        ["kfree(item)", "kfree(item)"],
        "Thread t1, in p1: kfree frees item#1, which has been freed already (t0 freed it in step 1).",
    ),
    "LM304 id": (
        ["idr_remove(box.ids, 1)"],
        "Thread t0, in p0: idr_remove gives back id 1 of box#1.ids, which is not allocated.",
    ),
    "LM305": (
        ["box.first.number = 1"],
        "Thread t0: p0 writes Item.number through a null pointer.",
    ),
    "LM306": (
        ["list_add_tail(item.link, box.spare)\nlist_del(item.link)\nlist_del(item.link)"],
        "Thread t0, in p0: list_del removes item#1.link, which has been removed already (t0 removed it in step 2).",
    ),
    "LM306 added twice": (
        ["list_add_tail(item.link, box.spare)\nlist_add(item.link, box.spare)"],
        "Thread t0, in p0: list_add adds item#1.link, which is on box#1.spare already.",
    ),
    "LM306 freed while listed": (
        ["list_add_tail(item.link, box.spare)\nkfree(item)"],
        "Thread t0, in p0: kfree frees item#1 while its link is still on a list.",
    ),
    "LM307": (
        ["fresh = kmem_cache_alloc(items, GFP_KERNEL)\nbox.x = fresh.number"],
        "Thread t0: p0 reads item#t0.1.number, which was never initialised.",
    ),
    "LM308": (
        ["wrong = list_first_entry(box.spare)\nif wrong.number == 0:\n    mark('equal')"],
        "Thread t0: p0 reads Item.number through the head box#1.spare, which is no Item.",
    ),
    "LM401": (
        ["atomic_dec(item.count)\natomic_dec(item.count)"],
        "Thread t0, in p0: atomic_dec takes item#1.count below 0.",
    ),
    "LM402": (
        ["if atomic_dec_and_test(item.count):\n    mark('last')\natomic_inc(item.count)"],
        "Thread t0, in p0: atomic_inc raises item#1.count after its last put took it to 0 (t0 put it in step 1).",
    ),
    "LM403": (
        ["fresh = kmem_cache_zalloc(items, GFP_KERNEL)\nfresh.number = 1"],
        "item#t0.1 is left: nothing refers to it and no one can free it.",
    ),
    "LM601": (
        ["spin_lock(box.spin)\ndown(box.sem)\nup(box.sem)\nspin_unlock(box.spin)"],
        "Thread t0, in p0: down(box#1.sem) may sleep while the spinlock box#1.spin is held.",
    ),
    "LM601 allocation": (
        ["spin_lock(big)\nbox.first = kmem_cache_zalloc(items, GFP_KERNEL)\nspin_unlock(big)"],
        "Thread t0, in p0: kmem_cache_zalloc may sleep while the spinlock big is held.",
    ),
    "LM603": (
        ["mutex_unlock(box.mutex)"],
        "Thread t0, in p0: mutex_unlock releases box#1.mutex, which is free.",
    ),
    "LM603 left held": (
        ["mutex_lock(box.mutex)"],
        "Thread t0, in p0: the thread ends while it holds box#1.mutex.",
    ),
    "LM603 freed while held": (
        ["mutex_lock(item.lock)\nkfree(item)"],
        "Thread t0, in p0: kfree frees item#1 while its lock item#1.lock is held.",
    ),
    "LM603 initialised while held": (
        ["mutex_lock(box.mutex)\nmutex_init(box.mutex)"],
        "Thread t0, in p0: mutex_init initialises box#1.mutex while it is held.",
    ),
    "LM701": (
        ["seen = box.x\nassert seen == 1"],
        "Thread t0, in p0: the assertion seen == 1 fails.",
    ),
    "LM701 range": (
        ["box.x = 3\nbox.x += 1"],
        "Thread t0, in p0: box#1.x would become 4, outside its range 0..3.",
    ),
    "LM701 shift": (
        ["seen = box.x\nbox.x = 1 << seen - 1"],
        "Thread t0, in p0: shifts by -1, which is less than 0.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_found_and_told(name: str, tmp_path: Path) -> None:
    bodies, message = BROKEN[name]
    result = run_paths(tmp_path, *bodies)
    assert result.verdict == "violated"
    assert message in [f.message for f in result.findings if f.rule == name.split()[0]]


SOUND = {
    "one order": ["mutex_lock(box.mutex)\nmutex_lock(box.other)\nmutex_unlock(box.other)\nmutex_unlock(box.mutex)"] * 2,
    "a counting semaphore raised by another": ["down(box.empty)", "up(box.empty)"],
    "a condition that comes true": ["await_(box.flag)", "box.flag = True"],
    "under its lock": ["mutex_lock(box.mutex)\nbox.y = 1\nmutex_unlock(box.mutex)"] * 2,
    "racy on purpose": ["seen = data_race(box.y)\nif seen == 3:\n    mark('three')"],
    "freed after the last put": ["if atomic_dec_and_test(item.count):\n    kfree(item)"],
    "published before it is shared": [
        "fresh = kmem_cache_zalloc(items, GFP_KERNEL)\n"
        "fresh.number = 1\n"
        "mutex_lock(box.mutex)\n"
        "list_add(fresh.link, box.items)\n"
        "mutex_unlock(box.mutex)"
    ],
    "off one list and onto another": [
        "list_add(item.link, box.spare)\nlist_del(item.link)\nlist_add(item.link, box.spare)\nlist_del(item.link)"
    ],
    "a link follows a head in silence": [
        "for found, following in list_for_each_entry_safe(box.spare):\n    mark('entry')"
    ],
    "sleeping under a semaphore": ["down(box.sem)\nmutex_lock(box.mutex)\nmutex_unlock(box.mutex)\nup(box.sem)"],
    "an allocation that does not sleep": [
        "spin_lock(big)\nfresh = kmem_cache_zalloc(items, GFP_ATOMIC)\nkmem_cache_free(items, fresh)\nspin_unlock(big)"
    ],
    "kfree(NULL)": ["kfree(box.first)"],
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_is_passed_over(name: str, tmp_path: Path) -> None:
    result = run_paths(tmp_path, *SOUND[name])
    assert [(f.rule, f.message) for f in result.findings] == []
    assert result.verdict == "verified"


def test_a_caller_without_the_lock_that_is_asked_for(tmp_path: Path) -> None:
    result = run_machine(
        tmp_path,
        """
        @model.procedure(holds=["box.mutex"])
        def careful(box: Box) -> None:
            box.y = 1

        @model.path
        def careless(box: Box) -> None:
            careful(box)
        """,
        "m.thread('a', careless, box)\nm.thread('b', careless, box)",
    )
    assert rules(result) == ["LM302", "LM302"]
    assert [f.message for f in result.findings] == [
        "Thread a: careful writes box#1.y without box#1.mutex, which guards it.",
        "Thread a: careless calls careful without box#1.mutex, which it asks for.",
    ]


def test_an_object_that_no_other_thread_can_reach_needs_no_lock(tmp_path: Path) -> None:
    result = run_machine(
        tmp_path,
        """
        @model.path
        def alone(box: Box) -> None:
            box.y = 1
        """,
        "m.thread('a', alone, box)\nm.thread('b', alone, m.new(Box))",
    )
    assert result.verdict == "verified"


def test_what_a_thread_asks_for_is_judged_although_it_never_gets_it(tmp_path: Path) -> None:
    result = run_machine(
        tmp_path,
        """
        @model.path
        def waits(box: Box) -> None:
            await_(box.y == 3)

        @model.path
        def sleeps(box: Box) -> None:
            spin_lock(big)
            down(box.empty)
        """,
        """
        m.thread('waiter', waits, box, may_wait=True)
        m.thread('sleeper', sleeps, box, may_wait=True)
        """,
    )
    assert [(f.rule, f.message, len(f.steps)) for f in result.findings] == [
        ("LM302", "Thread waiter: waits reads box#1.y without box#1.mutex, which guards it.", 0),
        ("LM601", "Thread sleeper, in sleeps: down(box#1.empty) may sleep while the spinlock big is held.", 1),
    ]


def test_a_thread_that_may_wait_is_no_deadlock(tmp_path: Path) -> None:
    reader = """
        @model.path
        def reader(box: Box) -> None:
            down(box.empty)
        """
    assert rules(run_machine(tmp_path, reader, "m.thread('r', reader, box)")) == ["LM101"]
    assert run_machine(tmp_path, reader, "m.thread('r', reader, box, may_wait=True)").verdict == "verified"


def test_threads_that_wait_for_ever_while_another_goes_on(tmp_path: Path) -> None:
    result = run_machine(
        tmp_path,
        """
        @model.path
        def runs(box: Box) -> None:
            while True:
                mark("again")

        @model.path
        def waits(box: Box) -> None:
            await_(box.flag)
        """,
        "m.thread('runner', runs, box)\nm.thread('waiter', waits, box)",
    )
    assert [f.message for f in result.findings] == ["waiter waits for a condition that no thread is left to make true."]


def test_a_cycle_is_a_deadlock_although_a_third_thread_goes_on(tmp_path: Path) -> None:
    result = run_machine(
        tmp_path,
        """
        @model.path
        def runs(box: Box) -> None:
            while True:
                mark("again")

        @model.path
        def takes(first: Mutex, second: Mutex) -> None:
            mutex_lock(first)
            mutex_lock(second)
            mutex_unlock(second)
            mutex_unlock(first)
        """,
        """
        m.thread('runner', runs, box)
        m.thread('a', takes, box.mutex, box.other)
        m.thread('b', takes, box.other, box.mutex)
        """,
    )
    assert rules(result) == ["LM101"]
    assert result.findings[0].threads == ["a", "b"]
    assert len(result.findings[0].steps) == 2


def test_a_leaked_count_is_told_apart_from_a_leaked_object(tmp_path: Path) -> None:
    get = "@model.path\ndef get(item: Item) -> None:\n    atomic_inc(item.count)\n"
    counted = "\n\nclass Holder(Struct):\n    item: Item = field(counted='count')\n\n"
    result = run_machine(tmp_path, counted + get, "m.new(Holder, item=item)\nm.thread('a', get, item)")
    assert rules(result) == []
    result = run_machine(
        tmp_path, counted + get, "holder = m.new(Holder, item=item)\nm.thread('a', get, item)\nm.thread('b', get, item)"
    )
    assert [f.message for f in result.findings] == ["item#1.count is 3 at the end, but only 2 references hold it."]
    result = run_machine(
        tmp_path, counted + get, "m.new(Holder, item=item)\nm.new(Holder, item=item)\nm.thread('a', get, item)"
    )
    assert [(f.rule, f.message) for f in result.findings] == [
        ("LM401", "item#1.count is 2 at the end, although 3 references hold it.")
    ]


WARD = """
class Ward(Struct):
    sem: RwSemaphore
    beds: Annotated[int, Range(0, 3)] = field(guarded_by="sem")


@model.path
def count(ward: Ward) -> None:
    down_read(ward.sem)
    seen = ward.beds
    up_read(ward.sem)


@model.path
def add(ward: Ward) -> None:
    down_{0}(ward.sem)
    ward.beds = 1
    up_{0}(ward.sem)
"""


@pytest.mark.parametrize(("mode", "said"), [("write", []), ("read", ["held for reading"])])
def test_a_guard_that_is_held_for_reading_does_not_allow_writing(tmp_path: Path, mode: str, said: list[str]) -> None:
    scenario = "ward = m.new(Ward)\nm.thread('count', count, ward)\nm.thread('add', add, ward)"
    result = run_machine(tmp_path, WARD.format(mode), scenario)
    assert [f.message for f in result.findings] == [
        f"Thread add: add writes ward#1.beds with ward#1.sem, which guards it, {how}." for how in said
    ]
