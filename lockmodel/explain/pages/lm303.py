"""An object is used that has been freed. A slot is handed out again only when nothing refers to it any more, so that
each use after free is seen, also where other memory would by then be there.

Witness: The message names the step in which it was freed and by whom. Between that step and the last one the other
thread kept a pointer: look where it got it, and what then kept the object alive.

Repair: Hold a reference of your own before you let go of the lock under which you found the object; or keep the
lock; or free it only after all who may look have gone (`synchronize_rcu`, `call_rcu`).
"""

from __future__ import annotations

from lockmodel import (
    NULL,
    Atomic,
    Model,
    Mutex,
    RefCount,
    Scenario,
    Struct,
    atomic_dec_and_test,
    atomic_inc,
    field,
    kfree,
    mutex_lock,
    mutex_unlock,
)

model = Model("session")


class Session(Struct):
    count: RefCount
    hits: Atomic


class Table(Struct):
    lock: Mutex
    session: Session = field(guarded_by="lock", counted="count")


@model.procedure
def put(session: Session) -> None:
    if atomic_dec_and_test(session.count):
        kfree(session)


@model.path
def use(table: Table) -> None:
    mutex_lock(table.lock)
    session = table.session
    mutex_unlock(table.lock)
    if session:
        atomic_inc(session.hits)


@model.design("repaired", replaces=use)
def use_counted(table: Table) -> None:
    mutex_lock(table.lock)
    session = table.session
    if session:
        atomic_inc(session.count)
    mutex_unlock(table.lock)
    if session:
        atomic_inc(session.hits)
        put(session)


@model.path
def close(table: Table) -> None:
    mutex_lock(table.lock)
    session = table.session
    table.session = NULL
    mutex_unlock(table.lock)
    put(session)


@model.scenario
def use_and_close(m: Scenario) -> None:
    table = m.new(Table, session=m.new(Session, count=1))
    m.thread("user", use, table)
    m.thread("closer", close, table)
