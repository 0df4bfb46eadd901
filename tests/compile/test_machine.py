"""What a spec says wrongly of CPUs, interrupts and kinds of locks is refused, with what to write instead."""

from __future__ import annotations

import pytest

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.errors import SpecError
from tests.compile.specs import HEADER, Specs

LOCKS = """\
mutex = model.mutex("mutex")
rwsem = model.rwsem("rwsem")
rw = model.rwlock("rw")
@model.path
def f() -> None:
    {}
"""

SCENARIO = LOCKS.format("pass") + "@model.scenario\ndef s(m: Scenario) -> None:\n    {}\n"


@pytest.mark.parametrize(
    ("threads", "message"),
    [
        (
            'm.hardirq("i", f, cpu=0)',
            "L9: the hardirq `i` comes on CPU 0, where it has nobody to interrupt\n"
            "  Give a thread `cpu=0`: there is none.",
        ),
        (
            'm.thread("t", f)\n    m.hardirq("i", f, cpu=0)',
            "L10: the hardirq `i` comes on CPU 0, where it has nobody to interrupt\n  Give a thread `cpu=0`: `t` (L9).",
        ),
        (
            'm.thread("t", f, cpu=1)\n    m.thread("u", f, cpu=2)\n    m.softirq("i", f, cpu=0)',
            "L11: the softirq `i` comes on CPU 0, where it has nobody to interrupt\n"
            "  Give a thread `cpu=0`: `t` (L9), `u` (L10).",
        ),
        ('m.thread("t", f, cpu=-1)', "L9: the CPU of `t` is -1\n  Number CPUs from 0."),
        ('m.thread("t", f, cpu="0")', "L9: the CPU of `t` is '0'\n  Number CPUs from 0."),
        ('m.thread("t", f, cpu=True)', "L9: the CPU of `t` is True\n  Number CPUs from 0."),
    ],
)
def test_where_a_thread_runs(specs: Specs, threads: str, message: str) -> None:
    assert specs.refusal(SCENARIO.format(threads), "s").replace("spec.py:", "") == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("spin_lock(mutex)", "`spin_lock` takes a SpinLock, not a Mutex\n  Use `mutex_lock`."),
        ("spin_lock_irq(mutex)", "`spin_lock_irq` takes a SpinLock, not a Mutex\n  Use `mutex_lock`."),
        ("spin_trylock(mutex)", "`spin_trylock` takes a SpinLock, not a Mutex\n  Use `mutex_trylock`."),
        ("mutex_unlock(big_lock)", "`mutex_unlock` takes a Mutex, not a SpinLock\n  Use `spin_unlock`."),
        ("down(rwsem)", "`down` takes a Semaphore, not a RwSemaphore\n  Use `down_write`."),
        ("up(rwsem)", "`up` takes a Semaphore, not a RwSemaphore\n  Use `up_write`."),
        ("read_lock(rwsem)", "`read_lock` takes a RwLock, not a RwSemaphore\n  Use `down_read`."),
        ("down_read(rw)", "`down_read` takes a RwSemaphore, not a RwLock\n  Use `read_lock`."),
        ("write_trylock(rwsem)", "`write_trylock` takes a RwLock, not a RwSemaphore\n  Use `down_write_trylock`."),
        ("downgrade_write(mutex)", "`downgrade_write` takes a RwSemaphore, not a Mutex\n  Give a RwSemaphore."),
        (
            "mutex_lock_interruptible(big_lock)",
            "`mutex_lock_interruptible` takes a Mutex, not a SpinLock\n"
            "  Use `spin_lock`: no signal interrupts who waits for a SpinLock.",
        ),
        (
            "down_interruptible(rwsem)",
            "`down_interruptible` takes a Semaphore, not a RwSemaphore\n"
            "  Use `down_write`: no signal interrupts who waits for a RwSemaphore.",
        ),
        (
            "mutex_lock_interruptible_nested(big_lock, 1)",
            "`mutex_lock_interruptible_nested` takes a Mutex, not a SpinLock\n"
            "  Use `spin_lock_nested`: no signal interrupts who waits for a SpinLock.",
        ),
        (
            "down_trylock(mutex)",
            "`down_trylock` takes a Semaphore, not a Mutex\n"
            "  Use `mutex_trylock`, which gives 1 where it takes the lock.",
        ),
        (
            "spin_lock_irqsave_nested(mutex, 1)",
            "`spin_lock_irqsave_nested` takes a SpinLock, not a Mutex\n  Use `mutex_lock_nested`.",
        ),
        (
            "raw_spin_lock_bh_nested(big_lock, 1)",
            "`raw_spin_lock_bh_nested` takes a RawSpinLock, not a SpinLock\n  Use `spin_lock_bh_nested`.",
        ),
        ("down_read_nested(rw, 1)", "`down_read_nested` takes a RwSemaphore, not a RwLock\n  Use `read_lock`."),
        ("spin_lock_irq(rw)", "`spin_lock_irq` takes a SpinLock, not a RwLock\n  Use `write_lock_irq`."),
        ("spin_unlock_irq(rw)", "`spin_unlock_irq` takes a SpinLock, not a RwLock\n  Use `write_unlock_irq`."),
        ("read_seqbegin(mutex)", "`read_seqbegin` takes a SeqLock, not a Mutex\n  Give a SeqLock."),
    ],
)
def test_the_operation_for_another_kind_of_lock_is_named(specs: Specs, call: str, message: str) -> None:
    assert specs.refusal(LOCKS.format(call)) == f"L6: {message}"


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("Mutex = rwlock(queued=True)", "is a Mutex, but `rwlock` is for a RwLock"),
        ("RwLock = rwsem()", "is a RwLock, but `rwsem` is for a RwSemaphore"),
        ("Mutex = semaphore(2)", "is a Mutex, but `semaphore` is for a Semaphore"),
        ("bool = rwlock()", "is a bool, but `rwlock` is for a RwLock"),
        ("Small = semaphore(2)", "is an int of 0..7, but `semaphore` is for a Semaphore"),
    ],
)
def test_what_a_lock_is_declared_with_is_of_its_kind(specs: Specs, field: str, message: str) -> None:
    assert specs.refusal(f"class Box(Struct):\n    lock: {field}\n") == f"L2: the field `Box.lock` {message}"


@pytest.mark.parametrize("option", ["signals", "spurious_wakeups", "two_move_up"])
def test_what_is_assumed_is_a_bool_or_a_switch_of_the_model(specs: Specs, option: str) -> None:
    for given, message in (
        ("1", f"`{option}` is 1\n  Give a bool or a switch of the model."),
        ("Switch('s', True, '', '', 0)", f"`{option}` is `s`, a switch of another model"),
    ):
        text = HEADER.replace('"fs/toy.c")', f'"fs/toy.c", {option}={given})')
        with pytest.raises(SpecError) as caught:
            compile_model(load(specs.write(text)), None, {})
        assert str(caught.value) == f"spec.py:6: {message}"


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("RwLock = rwlock(queued=1)", "`queued` of the field `Box.lock` is 1, which is no bool"),
        ("RwSemaphore = rwsem(queued='no')", "`queued` of the field `Box.lock` is 'no', which is no bool"),
        ("RefCount = refcount(zero_is_cached=1)", "`zero_is_cached` of the field `Box.lock` is 1, which is no bool"),
    ],
)
def test_whether_is_said_by_a_bool(specs: Specs, field: str, message: str) -> None:
    assert specs.refusal(f"class Box(Struct):\n    lock: {field}\n") == f"L2: {message}\n  Give True or False."


@pytest.mark.parametrize("form", ["rwlock('x', queued=1)", "rwsem('x', queued=1)"])
def test_whether_a_global_lock_is_queued_is_said_by_a_bool(specs: Specs, form: str) -> None:
    assert specs.refusal(f"x = model.{form}\n") == "L1: `queued` of `x` is 1, which is no bool\n  Give True or False."


CALLBACKS = """\
class Item(Struct):
    number: Small
def plain(item: Item) -> None:
    pass
@model.procedure
def free_item(item: Item) -> None:
    kfree(item)
@model.procedure
def free_two(item: Item, other: Item) -> None:
    pass
@model.procedure
def free_number(number: int) -> None:
    pass
@model.procedure
def tell(item: Item) -> bool:
    return True
@model.path
def f(item: Item, number: int) -> None:
    {}
"""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("call_rcu(item)", "`call_rcu` takes 2 arguments, not 1"),
        (
            "call_rcu(item, number)",
            "`call_rcu` takes a procedure of the model, not `number`\n"
            "  Name one that is given the object: `call_rcu(item, free_item)`.",
        ),
        (
            "call_rcu(item, kfree)",
            "`call_rcu` takes a procedure of the model, not `kfree`\n"
            "  Name one that is given the object: `call_rcu(item, free_item)`.",
        ),
        (
            "call_rcu(item, lambda item: None)",
            "`call_rcu` takes a procedure of the model, not `lambda item: None`\n"
            "  Name one that is given the object: `call_rcu(item, free_item)`.",
        ),
        (
            "call_rcu(item, plain)",
            "`plain` is a plain Python function, which is no part of the model\n  Declare it with `@toy.procedure`.",
        ),
        (
            "call_rcu(item, free_two)",
            "`call_rcu` gives `free_two` an Item, and takes no result\n"
            "  Declare it so, with one parameter (spec.py:9).",
        ),
        (
            "call_rcu(item, free_number)",
            "`call_rcu` gives `free_number` an Item, and takes no result\n"
            "  Declare it so, with one parameter (spec.py:12).",
        ),
        (
            "call_rcu(item, tell)",
            "`call_rcu` gives `tell` an Item, and takes no result\n  Declare it so, with one parameter (spec.py:15).",
        ),
        ("call_rcu(number, free_item)", "`call_rcu` takes a reference, not an int\n  Give an object."),
        ("call_rcu(item.number, free_item)", "`call_rcu` takes a reference, not an int of 0..7\n  Give an object."),
        (
            "await_(call_rcu(item, free_item))",
            "`call_rcu` in a claim or an awaited condition, which only reads\n"
            "  Use what reads only: fields, atomic_read, list_empty, idr_find, list_length, live, is_locked.",
        ),
    ],
)
def test_what_call_rcu_is_given(specs: Specs, call: str, message: str) -> None:
    assert specs.refusal(CALLBACKS.format(call)) == f"L19: {message}".replace("spec.py:", "L")


def test_callbacks_count_among_the_threads(specs: Specs) -> None:
    text = CALLBACKS.format("call_rcu(item, free_item)")
    text += "@model.scenario\ndef s(m: Scenario) -> None:\n    m.thread('t', f, m.new(Item), 0)\n"
    header = HEADER.replace('"fs/toy.c")', '"fs/toy.c", rcu_callbacks=64)')
    model = load(specs.write(header + text))
    with pytest.raises(SpecError) as caught:
        lower_scenario(model, model.scenarios["s"], compile_model(model, None, {}))
    assert str(caught.value).partition(": ")[2] == (
        "a scenario with 65 threads (with 64 for what call_rcu may have queued at a time), of which some sleep on "
        "queues, read under RCU or share a CPU\n  Use up to 64 threads."
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("0", "`rcu_callbacks` is 0\n  It must be at least 1."),
        ("True", "`rcu_callbacks` is True, which is no number"),
        ("'2'", "`rcu_callbacks` is '2', which is no number"),
    ],
)
def test_how_many_callbacks_there_may_be_is_a_number(specs: Specs, given: str, message: str) -> None:
    text = HEADER.replace('"fs/toy.c")', f'"fs/toy.c", rcu_callbacks={given})')
    with pytest.raises(SpecError) as caught:
        compile_model(load(specs.write(text)), None, {})
    assert str(caught.value) == f"spec.py:6: {message}"
