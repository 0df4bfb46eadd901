"""Claim: nobody waits for ever. False where locks of one class nest in two orders, whatever their subclasses say.

Where a thread takes the child first, the order of locks goes round. Where two threads disagree on who is the child,
their subclasses hide that from the order of locks (as from lockdep), and it is the search that shows it.

LM202 Dir.mutex -> Dir.mutex/1 -> Dir.mutex reachable.
"""

from __future__ import annotations

from lockmodel import SINGLE_DEPTH_NESTING, Model, Mutex, Scenario, Struct, mutex_lock, mutex_lock_nested, mutex_unlock

model = Model("nested")


class Dir(Struct):
    mutex: Mutex


@model.path
def parent_first(parent: Dir, child: Dir) -> None:
    mutex_lock(parent.mutex)
    mutex_lock_nested(child.mutex, SINGLE_DEPTH_NESTING)
    mutex_unlock(child.mutex)
    mutex_unlock(parent.mutex)


@model.path
def child_first(parent: Dir, child: Dir) -> None:
    mutex_lock_nested(child.mutex, SINGLE_DEPTH_NESTING)
    mutex_lock(parent.mutex)
    mutex_unlock(parent.mutex)
    mutex_unlock(child.mutex)


@model.scenario
def child_and_parent(m: Scenario) -> None:
    """LM101 in parent_first, child_first."""
    parent, child = m.new(Dir, "parent"), m.new(Dir, "child")
    m.thread("t0", parent_first, parent, child)
    m.thread("t1", child_first, parent, child)


@model.scenario
def who_is_the_child(m: Scenario) -> None:
    """LM101 in parent_first."""
    a, b = m.new(Dir, "a"), m.new(Dir, "b")
    m.thread("t0", parent_first, a, b)
    m.thread("t1", parent_first, b, a)
