"""A thread asks for a lock that it holds already, and that cannot be taken twice: it waits for itself.

Witness: The lock is taken by the same thread further up; `stack` says by which calls it came to ask once more. Where
the two are the locks of two objects, look which objects they are: here a transfer from an account to itself.

Repair: Let the caller take the lock and the helper ask for it (`@model.procedure(holds=[...])`), or leave out the
second one where both are the same object.
"""

from __future__ import annotations

from lockmodel import Model, Mutex, Scenario, Struct, mutex_lock, mutex_unlock

bank = Model("bank")


class Account(Struct):
    lock: Mutex


@bank.path
def transfer(source: Account, target: Account) -> None:
    mutex_lock(source.lock)
    mutex_lock(target.lock)
    mutex_unlock(target.lock)
    mutex_unlock(source.lock)


@bank.design("repaired", replaces=transfer)
def transfer_once(source: Account, target: Account) -> None:
    mutex_lock(source.lock)
    if target is not source:
        mutex_lock(target.lock)
        mutex_unlock(target.lock)
    mutex_unlock(source.lock)


@bank.scenario
def to_itself(m: Scenario) -> None:
    account = m.new(Account)
    m.thread("customer", transfer, account, account)
