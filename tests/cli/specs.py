"""Small specs for the command line's tests, one for each way a check can end."""

from __future__ import annotations

HEAD = """\
from __future__ import annotations

from lockmodel import Model, Scenario, mutex_lock, mutex_unlock

m = Model("{name}")
a = m.mutex("a")
b = m.mutex("b")


@m.path
def forth() -> None:
    mutex_lock(a)
    mutex_lock(b)
    mutex_unlock(b)
    mutex_unlock(a)


@m.path
def back() -> None:
    mutex_lock(b)
    mutex_lock(a)
    mutex_unlock(a)
    mutex_unlock(b)


@m.design("ordered", replaces=back)
def back_in_order() -> None:
    mutex_lock(a)
    mutex_lock(b)
    mutex_unlock(b)
    mutex_unlock(a)
"""

TWO_THREADS = """

@m.scenario
def two_threads(s: Scenario) -> None:
    s.thread("forth", forth)
    s.thread("back", back)
"""

ONE_THREAD = """

@m.scenario
def one_thread(s: Scenario) -> None:
    s.thread("forth", forth)
"""

MANY_THREADS = """

@m.scenario
def many_threads(s: Scenario) -> None:
    for number in range(5):
        s.thread(f"forth{number}", forth)
"""

DEADLOCK = HEAD.format(name="abba") + TWO_THREADS + ONE_THREAD
VERIFIED = HEAD.format(name="fine") + ONE_THREAD
BIG = HEAD.format(name="big") + MANY_THREADS
EMPTY = HEAD.format(name="empty")
BROKEN = HEAD.format(name="broken") + "\n\ndef (:\n"
