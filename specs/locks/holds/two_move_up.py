"""Claim: where `up` is two moves, what it uses is there: with a completion, a count put after it, or nobody in line."""

from __future__ import annotations

from lockmodel import (
    GFP_KERNEL,
    NULL,
    Completion,
    Model,
    RefCount,
    Scenario,
    Semaphore,
    Struct,
    atomic_dec_and_test,
    complete,
    down,
    down_trylock,
    init_completion,
    kfree,
    kmem_cache_alloc,
    semaphore,
    up,
    wait_for_completion,
)

model = Model("two_move_up", two_move_up=True)


class Request(Struct):
    done: Completion


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
    init_completion(request.done)
    slot.request = request
    up(slot.filled)
    wait_for_completion(request.done)
    kfree(request)


@model.path
def answer() -> None:
    down(slot.filled)
    request = slot.request
    slot.request = NULL
    complete(request.done)


@model.path
def release(pipe: Pipe) -> None:
    down(pipe.sem)
    up(pipe.sem)
    if atomic_dec_and_test(pipe.users):
        kfree(pipe)


@model.path
def try_to_release(pipe: Pipe) -> None:
    while down_trylock(pipe.sem):
        pass
    last = atomic_dec_and_test(pipe.users)
    up(pipe.sem)
    if last:
        kfree(pipe)


@model.scenario
def a_request_is_completed(m: Scenario) -> None:
    """`complete` is one move: it holds the spinlock of the wait queue, and so does who looks whether it is done."""
    m.thread("asks", ask)
    m.thread("answers", answer)


@model.scenario
def a_pipe_is_put_after_its_lock(m: Scenario) -> None:
    pipe = m.new(Pipe, users=2)
    m.thread("reader", release, pipe)
    m.thread("writer", release, pipe)


@model.scenario
def nobody_stands_in_line(m: Scenario) -> None:
    pipe = m.new(Pipe, users=2)
    m.thread("reader", try_to_release, pipe)
    m.thread("writer", try_to_release, pipe)
