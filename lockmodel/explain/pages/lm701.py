"""Something that the model says of itself is not so: an assertion, an invariant (`@model.invariant`), what must hold
in the end (`@model.at_quiescence`), or the range of an integer.

Witness: The last step is the one after which it does not hold, and `at end` has the values that matter. Ask which
step was the first from which this had to come: `lockmodel graph --kind interleavings` marks it.

Repair: Make the steps between which it does not hold one, under a lock; and say under which lock the claim may be
broken for a while (`outside=[...]`). Or the claim is wrong: then the witness is what it forgot.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import Model, Mutex, Range, Scenario, Struct, field, mutex_lock, mutex_unlock

bank = Model("bank")


class Account(Struct):
    lock: Mutex
    balance: Annotated[int, Range(0, 2)] = field(guarded_by="lock")


@bank.path
def pay_in(account: Account) -> None:
    mutex_lock(account.lock)
    balance = account.balance
    mutex_unlock(account.lock)
    mutex_lock(account.lock)
    account.balance = balance + 1
    mutex_unlock(account.lock)


@bank.design("repaired", replaces=pay_in)
def pay_in_at_once(account: Account) -> None:
    mutex_lock(account.lock)
    account.balance += 1
    mutex_unlock(account.lock)


@bank.at_quiescence
def nothing_is_lost(account: Account) -> bool:
    return account.balance == 2


@bank.scenario
def two_pay_in(m: Scenario) -> None:
    account = m.new(Account)
    m.thread("first", pay_in, account)
    m.thread("second", pay_in, account)
