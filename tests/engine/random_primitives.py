"""Random small models of all kinds of locks and of what interrupts them, as the text of a spec.

Reader-writer locks with and without a line, seqlocks, completions, wait queues, condition variables, RCU, trylocks,
what a thread turns off, interrupts, several threads on one CPU. Most are wrong in some way, as in `random_models`.
"""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from tests.engine.random_models import _indent as indent

HEAD = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import *

model = Model("primitives", spurious_wakeups={spurious}, signals={signals})
spin = model.spinlock("spin")
raw = model.raw_spinlock("raw")
rw = model.rwlock("rw")
fair = model.rwlock("fair", queued=True)
rwsem = model.rwsem("rwsem")
seq = model.seqlock("seq")
mutex = model.mutex("mutex")
rt = model.rt_mutex("rt")
sem = model.semaphore("sem")
done = model.completion("done")


class Item(Struct):
    number: Annotated[int, Range(0, 3)]
    lock: RwLock = rwlock(queued=True)


class Box(Struct):
    queue: WaitQueue
    changed: Condition
    own: RwSemaphore
    ready: bool
    item: Item
    x: Annotated[int, Range(0, 3)]
    hits: Atomic = atomic(-2, 4)


item_cache = model.cache(Item, capacity=1)
"""

_PAIRS = [
    ("spin_lock(spin)", "spin_unlock(spin)"),
    ("spin_lock_irq(spin)", "spin_unlock_irq(spin)"),
    ("flags = spin_lock_irqsave(spin)", "spin_unlock_irqrestore(spin, flags)"),
    ("spin_lock_bh(spin)", "spin_unlock_bh(spin)"),
    ("raw_spin_lock(raw)", "raw_spin_unlock(raw)"),
    ("read_lock(rw)", "read_unlock(rw)"),
    ("write_lock(rw)", "write_unlock(rw)"),
    ("write_lock_irq(rw)", "write_unlock_irq(rw)"),
    ("read_lock(fair)", "read_unlock(fair)"),
    ("read_lock(fair)", "read_unlock(fair)"),
    ("write_lock(fair)", "write_unlock(fair)"),
    ("down_read(rwsem)", "up_read(rwsem)"),
    ("down_read_nested(rwsem, 2)", "up_read(rwsem)"),
    ("down_read(rwsem)", "up_read(rwsem)"),
    ("down_write(rwsem)", "up_write(rwsem)"),
    ("down_write(rwsem)", "downgrade_write(rwsem); up_read(rwsem)"),
    ("down_read(box.own)", "up_read(box.own)"),
    ("down_write(box.own)", "up_write(box.own)"),
    ("write_seqlock(seq)", "write_sequnlock(seq)"),
    ("mutex_lock(mutex)", "mutex_unlock(mutex)"),
    ("mutex_lock_nested(mutex, 1)", "mutex_unlock(mutex)"),
    ("rt_mutex_lock(rt)", "rt_mutex_unlock(rt)"),
    ("rt_mutex_lock_nested(rt, 1)", "rt_mutex_unlock(rt)"),
    ("write_lock_nested(rw, 1)", "write_unlock(rw)"),
    ("flags = spin_lock_irqsave_nested(spin, 1)", "spin_unlock_irqrestore(spin, flags)"),
    ("spin_lock_bh_nested(spin, 1)", "spin_unlock_bh(spin)"),
    ("down(sem)", "up(sem)"),
    ("local_irq_disable()", "local_irq_enable()"),
    ("flags = local_irq_save()", "local_irq_restore(flags)"),
    ("local_bh_disable()", "local_bh_enable()"),
    ("preempt_disable()", "preempt_enable()"),
    ("rcu_read_lock()", "rcu_read_unlock()"),
    ("rcu_read_lock()", "rcu_read_unlock()"),
]

_TRIED = [
    ("spin_trylock(spin)", "spin_unlock(spin)"),
    ("read_trylock(rw)", "read_unlock(rw)"),
    ("write_trylock(fair)", "write_unlock(fair)"),
    ("down_read_trylock(rwsem)", "up_read(rwsem)"),
    ("down_write_trylock(rwsem)", "up_write(rwsem)"),
    ("mutex_trylock(mutex)", "mutex_unlock(mutex)"),
    ("rt_mutex_trylock(rt)", "rt_mutex_unlock(rt)"),
    ("not down_trylock(sem)", "up(sem)"),
    ("not down_interruptible(sem)", "up(sem)"),
    ("not mutex_lock_interruptible(mutex)", "mutex_unlock(mutex)"),
    ("not mutex_lock_interruptible_nested(mutex, 1)", "mutex_unlock(mutex)"),
    ("try_wait_for_completion(done)", "mark('done')"),
]

_LINES = [
    "box.x = 1",
    "box.x += 1",
    "seen = box.x",
    "box.ready = True",
    "box.ready = False",
    "atomic_inc(box.hits)",
    "mark('here')",
    "assert seen < 1",
    "assert box.x < 2",
    "might_sleep()",
]

_WAITING = [
    "complete(done)",
    "complete(done)",
    "complete_all(done)",
    "wait_for_completion(done)",
    "reinit_completion(done)",
    "wake_up(box.queue)",
    "wake_up_all(box.queue)",
    "wake_up_interruptible(box.queue)",
    "box.ready = True; wake_up(box.queue)",
    "wait_event(box.queue, box.ready)",
    "seen = 1 if wait_event_interruptible(box.queue, box.ready) else 0",
    "prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE); schedule(); finish_wait(box.queue)",
    "prepare_to_wait_exclusive(box.queue, TASK_INTERRUPTIBLE); schedule(); finish_wait(box.queue)",
    "prepare_to_wait(box.queue, TASK_INTERRUPTIBLE); schedule()",
    "cond_signal(box.changed)",
    "cond_broadcast(box.changed)",
    "synchronize_rcu()",
    "synchronize_rcu()",
    "item = box.item",
    "box.item = NULL",
    "seen = item.number",
    "kfree(item)",
    "if item: read_lock(item.lock)",
    "item = kmem_cache_alloc(item_cache, GFP_ATOMIC)",
]

_MISUSE = [
    "spin_unlock(spin)",
    "read_lock(fair)",
    "read_unlock(rw)",
    "write_unlock(fair)",
    "down_read(rwsem)",
    "up_write(rwsem)",
    "downgrade_write(rwsem)",
    "write_sequnlock(seq)",
    "mutex_lock(mutex)",
    "rt_mutex_unlock(rt)",
    "local_irq_disable()",
    "local_bh_enable()",
    "preempt_enable()",
    "rcu_read_unlock()",
    "rcu_read_lock()",
    "spin_lock_init(spin)",
    "rwlock_init(fair)",
    "init_rwsem(rwsem)",
    "seqlock_init(seq)",
    "init_completion(done)",
    "init_waitqueue_head(box.queue)",
    "if box.item: rwlock_init(box.item.lock)",
]

_line = st.one_of(
    *(st.sampled_from(lines) for lines in (_LINES, _LINES, _WAITING, _WAITING, _WAITING, _LINES + _MISUSE))
).map(lambda line: line.split("; "))
_quick = st.sampled_from([*_LINES, "complete(done)", "wake_up(box.queue)", "wake_up_interruptible_all(box.queue)"]).map(
    lambda line: [line]
)


_CALLS = [
    "call_rcu(item, later)",
    "call_rcu(item, again)",
    "item = box.item; box.item = NULL; call_rcu(item, later)",
    "if item: call_rcu(item, later)",
    "rcu_barrier()",
]
_called = st.sampled_from(
    [
        "kfree(item)",
        "kfree(item)",
        "seen = item.number",
        "item.number = 1",
        "if seen: read_lock(item.lock)",
        "call_rcu(item, again)",
        "rcu_barrier()",
        "complete(done)",
        "mark('called')",
        "assert seen < 1",
        "might_sleep()",
        "rcu_read_lock()",
        "spin_lock(spin)",
    ]
).map(lambda line: [line])


def _around(pair: tuple[str, str], body: list[str]) -> list[str]:
    return [pair[0], *body, *pair[1].split("; ")]


def _tried(pair: tuple[str, str], body: list[str]) -> list[str]:
    return [f"if {pair[0]}:", *indent([*body, pair[1]])]


def _blocks(inner: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    return st.one_of(
        st.builds(_around, st.sampled_from(_PAIRS), inner),
        st.builds(_around, st.sampled_from(_PAIRS), st.builds(_around, st.sampled_from(_PAIRS), inner)),
        st.builds(_around, st.sampled_from(_PAIRS), st.builds(_tried, st.sampled_from(_TRIED), inner)),
        st.builds(_tried, st.sampled_from(_TRIED), inner),
        st.builds(lambda a: ["if box.ready:", *indent(a)], inner),
        st.just(
            ["mutex_lock(mutex)", "while not box.ready:", "    cond_wait(box.changed, mutex)", "mutex_unlock(mutex)"]
        ),
        st.just(["mutex_lock(mutex)", "cond_wait(box.changed, mutex)", "mutex_unlock(mutex)"]),
        st.just(["start = read_seqbegin(seq)", "seen = box.x", "if read_seqretry(seq, start):", "    mark('again')"]),
        st.just(["rcu_read_lock()", "item = box.item", "if item:", "    seen = item.number", "rcu_read_unlock()"]),
        st.just(["item = box.item", "box.item = NULL", "synchronize_rcu()", "if item:", "    kfree(item)"]),
    )


def _flat(parts: list[list[str]]) -> list[str]:
    return list(itertools.chain.from_iterable(parts))


def _body(line: st.SearchStrategy[list[str]], most: int) -> st.SearchStrategy[list[str]]:
    inner = st.lists(line, min_size=1, max_size=2).map(_flat)
    return st.lists(st.one_of(line, _blocks(inner), _blocks(inner)), min_size=1, max_size=most).map(_flat)


@st.composite
def primitive_specs(
    draw: st.DrawFn, threads: int = 2, most: int = 3, *, interrupts: bool = False, callbacks: bool = False
) -> str:
    """The text of a spec with one scenario, `scenario`.

    With `interrupts`, one or two may come to a thread's CPU; with `callbacks`, RCU calls one or two procedures.
    """
    odd = st.sampled_from([False, False, True])
    text = [HEAD.format(spurious=draw(odd), signals=draw(odd))]
    if callbacks:
        text += ["home = model.object(Box, 'home', item=model.object(Item, 'first'))"]
    used = draw(st.integers(1, threads))
    beginning = ["seen, flags, item = 0, 0, box.item"]
    called = st.sampled_from(_CALLS).map(lambda line: line.split("; "))
    for number in range(used):
        text += ["", "@model.path", f"def path{number}(box: Box) -> None:"]
        body = draw(_body(st.one_of(_line, called) if callbacks else _line, most))
        text += [*indent([*beginning, *body, *(draw(called) if callbacks else [])]), ""]
    for name in ("later", "again") if callbacks else ():
        text += ["", "@model.procedure", f"def {name}(item: Item) -> None:"]
        text += [*indent(["seen, flags, box = 0, 0, home", *draw(_body(_called, 1))]), ""]
    levels = draw(st.sampled_from([["hardirq"], ["softirq"], ["hardirq", "softirq"]])) if interrupts else []
    for level in levels:
        text += ["", "@model.path", f"def {level}(box: Box) -> None:"]
        text += [*indent([*beginning, *draw(_body(_quick, 1))]), ""]
    text += ["", "@model.scenario", "def scenario(m: Scenario) -> None:"]
    text += ["    box = home"] if callbacks else ["    item = m.new(Item)", "    box = m.new(Box, item=item)"]
    for number in range(threads):
        cpu = ", cpu=0" if levels and number == 0 else draw(st.sampled_from(["", "", "", ", cpu=0", ", cpu=1"]))
        waits = draw(st.sampled_from(["", "", ", may_wait=True"]))
        text += [f"    m.thread('t{number}', path{number % used}, box{waits}{cpu})"]
    text += [f"    m.{level}('{level}', {level}, box, cpu=0)" for level in levels]
    return "\n".join(text) + "\n"
