"""Claim: nobody waits for ever, although two locks are taken in both orders.

What keeps the threads apart: a lock around both, that there is one thread only, that one of them waits until the other
is done, or that one of them only tries. `lockmodel check` lists such a cycle with its reason and
calls the run verified; with `--strict-order` it counts.
"""

from __future__ import annotations

from lockmodel import Model, Scenario, complete, mutex_lock, mutex_trylock, mutex_unlock, wait_for_completion

model = Model("unreachable")
gate = model.mutex("gate")
a = model.mutex("a")
b = model.mutex("b")
c = model.mutex("c")
d = model.mutex("d")
e = model.mutex("e")
f = model.mutex("f")
g = model.mutex("g")
h = model.mutex("h")
done = model.completion("done")


@model.path
def a_then_b() -> None:
    mutex_lock(gate)
    mutex_lock(a)
    mutex_lock(b)
    mutex_unlock(b)
    mutex_unlock(a)
    mutex_unlock(gate)


@model.path
def b_then_a() -> None:
    mutex_lock(gate)
    mutex_lock(b)
    mutex_lock(a)
    mutex_unlock(a)
    mutex_unlock(b)
    mutex_unlock(gate)


@model.scenario
def behind_a_gate(m: Scenario) -> None:
    """A third lock around both. LM202 a -> b -> a unreachable: gate lock gate."""
    m.thread("t", a_then_b)
    m.thread("u", b_then_a)


@model.path
def both_ways() -> None:
    mutex_lock(c)
    mutex_lock(d)
    mutex_unlock(d)
    mutex_unlock(c)
    mutex_lock(d)
    mutex_lock(c)
    mutex_unlock(c)
    mutex_unlock(d)


@model.scenario
def in_one_thread(m: Scenario) -> None:
    """One after the other. LM202 c -> d -> c unreachable: one thread."""
    m.thread("t", both_ways)


@model.path
def e_then_f() -> None:
    mutex_lock(e)
    mutex_lock(f)
    mutex_unlock(f)
    mutex_unlock(e)
    complete(done)


@model.path
def f_then_e() -> None:
    wait_for_completion(done)
    mutex_lock(f)
    mutex_lock(e)
    mutex_unlock(e)
    mutex_unlock(f)


@model.scenario
def one_after_the_other(m: Scenario) -> None:
    """Two threads, of which one waits for the end of the other. LM202 e -> f -> e unreachable: never together."""
    m.thread("t", e_then_f)
    m.thread("u", f_then_e)


@model.path
def g_then_h() -> None:
    mutex_lock(g)
    mutex_lock(h)
    mutex_unlock(h)
    mutex_unlock(g)


@model.path
def h_then_try_g() -> None:
    mutex_lock(h)
    if mutex_trylock(g):
        mutex_unlock(g)
    mutex_unlock(h)


@model.scenario
def tried(m: Scenario) -> None:
    """One of the two does not wait. LM202 g -> h -> g unreachable: trylock."""
    m.thread("t", g_then_h)
    m.thread("u", h_then_try_g)
