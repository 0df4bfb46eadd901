"""Something is used that was never set: a field of what `kmem_cache_alloc` gave, a lock or a list that was not
initialised.

Witness: The allocation is above; what lies between did not write the field on this way through the code. Where
another thread reads it, the object was made visible too early.

Repair: Initialise before you publish; allocate with `kmem_cache_zalloc` where zero is right; initialise locks and
lists by their own calls (`mutex_init`, `INIT_LIST_HEAD`).
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import GFP_KERNEL, Model, Range, Scenario, Struct, kfree, kmem_cache_alloc, mark

model = Model("request")


class Request(Struct):
    flags: Annotated[int, Range(0, 1)]


requests = model.cache(Request, capacity=1)


@model.path
def submit() -> None:
    request = kmem_cache_alloc(requests, GFP_KERNEL)
    if request.flags:
        mark("urgent")
    kfree(request)


@model.design("repaired", replaces=submit)
def submit_initialised() -> None:
    request = kmem_cache_alloc(requests, GFP_KERNEL)
    request.flags = 0
    if request.flags:
        mark("urgent")
    kfree(request)


@model.scenario
def one_request(m: Scenario) -> None:
    m.thread("submitter", submit)
