"""A reference count falls below the references that there are: below zero. Somebody put what they did not hold, or
put it twice.

Witness: Count the puts: each lane may have one for each reference that it got or was given. The last step is the one
too many, which need not be the wrong one.

Repair: Put once for each get, on every way out; let the one who takes the pointer out of its place be the one to
put.
"""

from __future__ import annotations

from lockmodel import Model, RefCount, Scenario, Struct, atomic_dec, atomic_inc, mark

model = Model("module")


class Module(Struct):
    users: RefCount


@model.path
def use(module: Module) -> None:
    mark("use")
    atomic_dec(module.users)


@model.design("repaired", replaces=use)
def use_and_put(module: Module) -> None:
    atomic_inc(module.users)
    mark("use")
    atomic_dec(module.users)


@model.scenario
def two_users(m: Scenario) -> None:
    module = m.new(Module, users=1)
    m.keep(module)
    m.thread("first", use, module)
    m.thread("second", use, module)
