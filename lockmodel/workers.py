"""Many small things done by several processes, each of which is a copy of this one: what comes out is as if one did it.

Copies (`fork`) need no pickling of what they work on, which is a model with its functions; what they give is pickled.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.pool import Pool
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_work: Callable[[object], object] | None = None
"""What the copies do; theirs from the moment in which they are made."""


def available() -> bool:
    """Can a process be copied here, threads of the system's own libraries and all?"""
    return sys.platform == "linux"


@contextlib.contextmanager
def copies(number: int, do: Callable[[T], R], things: Sequence[T]) -> Iterator[Iterator[R]]:
    """What `do` gives for each of the things, in their order, while so many copies of this process do them.

    They end with the context, whatever they have done by then. Ctrl-C is for this process alone, which does it all
    itself where there would be one copy.
    """
    global _work
    if number == 1 or len(things) < 2:
        yield map(do, things)
        return
    _work = do  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            # other threads than this one are none of theirs
            warnings.simplefilter("ignore", DeprecationWarning)
            pool: Pool = multiprocessing.get_context("fork").Pool(number, _ignore_interrupts)
        with pool:
            yield pool.imap(_do, things)  # type: ignore[arg-type]
    finally:
        _work = None


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _do(thing: object) -> object:
    assert _work is not None
    return _work(thing)
