"""Some threads wait for each other for ever: each holds what the next one asks for, and none can go on to let go of
it. So does one that waits for something that no thread is left to give: a semaphore that nobody raises any more,
a condition that nobody makes true.

Witness: The last line of each lane says what its thread waits for and who holds it; `cycle` names the ring, and
`waits` says where each one stands and what it holds. The steps before are no more than are needed to get there.

Repair: Ask for the locks in one order everywhere, and declare it (`model.hierarchy`), so that the next one to break
it is told so by LM201. Where the order cannot be known, take the second lock by trylock and let go of the first
where that fails. A thread that may wait for ever for good reason is entered with `m.thread(..., may_wait=True)`.
"""

from __future__ import annotations

from lockmodel import Model, Mutex, Scenario, mutex_lock, mutex_unlock

bank = Model("bank")
a, b = bank.mutex("a"), bank.mutex("b")


@bank.path
def there(first: Mutex, second: Mutex) -> None:
    mutex_lock(first)
    mutex_lock(second)
    mutex_unlock(second)
    mutex_unlock(first)


@bank.path
def back(first: Mutex, second: Mutex) -> None:
    mutex_lock(second)
    mutex_lock(first)
    mutex_unlock(first)
    mutex_unlock(second)


@bank.design("repaired", replaces=back)
def back_in_order(first: Mutex, second: Mutex) -> None:
    mutex_lock(first)
    mutex_lock(second)
    mutex_unlock(second)
    mutex_unlock(first)


@bank.scenario
def both_ways(m: Scenario) -> None:
    m.thread("there", there, a, b)
    m.thread("back", back, a, b)
