"""Claim: who has taken a semaphore after it was raised may free it. False where `up` is two moves, as it was in Linux.

Before 2.6.26 `up` raised the count first, and used the semaphore again to wake who had stood in line: by then it may be
gone. It is the reason why the kernel has completions, and why a reference count must not be put under a lock of its own
object. The same with `up` as one move is verified (`--set two_moves=off`).
"""

from __future__ import annotations

from lockmodel import (
    GFP_KERNEL,
    Library,
    Model,
    RefCount,
    Scenario,
    Semaphore,
    Struct,
    atomic_dec_and_test,
    down,
    kfree,
    kmem_cache_alloc,
    mark,
    sema_init,
    semaphore,
    up,
)

linux = Library("linux26")
two_moves = linux.switch("two_moves", True, "`up` raises a semaphore first, and then uses it to wake who waits")
model = Model("two_move_up", uses=[linux], two_move_up=two_moves)


class Request(Struct):
    done: Semaphore = semaphore(0)


class Slot(Struct):
    request: Request
    filled: Semaphore = semaphore(0)


class Pipe(Struct):
    sem: Semaphore
    users: RefCount


slot = model.object(Slot, "slot")
requests = model.cache(Request, capacity=1)


@model.path
def ask() -> None:
    request = kmem_cache_alloc(requests, GFP_KERNEL)
    sema_init(request.done, 0)
    slot.request = request
    up(slot.filled)
    down(request.done)
    kfree(request)


@model.path
def answer() -> None:
    down(slot.filled)
    request = slot.request
    mark("serve it")
    up(request.done)


@model.path
def release(pipe: Pipe) -> None:
    down(pipe.sem)
    last = atomic_dec_and_test(pipe.users)
    up(pipe.sem)
    if last:
        kfree(pipe)


@model.scenario
def a_request_is_answered(m: Scenario) -> None:
    """LM303 in answer."""
    m.thread("asks", ask)
    m.thread("answers", answer)


@model.scenario
def a_pipe_is_released_by_two(m: Scenario) -> None:
    """LM303 in release."""
    pipe = m.new(Pipe, users=2)
    m.thread("reader", release, pipe)
    m.thread("writer", release, pipe)
