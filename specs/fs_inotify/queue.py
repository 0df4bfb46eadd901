"""References, and the queue of a device: lines 168 to 341."""

from __future__ import annotations

from linux26.ground import allocation_fails
from linux26.icache import iput
from linux26.memory import gfp_kernel
from linux26.objects import FileName, Text
from linux26.user import free_uid

from fs_inotify import promise
from fs_inotify.base import (
    SIZEOF_EVENT,
    Device,
    Ev,
    KernelEvent,
    Watch,
    device_cachep,
    event_cachep,
    file_c,
    inotify,
    watch_cachep,
)
from lockmodel import (
    GFP_KERNEL,
    INIT_LIST_HEAD,
    NULL,
    atomic_dec,
    atomic_dec_and_test,
    atomic_inc,
    choose,
    kmem_cache_alloc,
    kmem_cache_free,
    list_add_tail,
    list_del,
    list_empty,
    list_first_entry,
    unlikely,
    wake_up_interruptible,
)


@inotify.procedure(helper=True)
def get_inotify_dev(dev: Device) -> None:
    atomic_inc(dev.count)  # 170


# The file has no such function: a name for what line 178 calls, which a repair changes.
@inotify.procedure(helper=True)
def free_device(dev: Device) -> None:
    kmem_cache_free(device_cachep, dev)  # 178


@inotify.procedure(helper=True)
def put_inotify_dev(dev: Device) -> None:
    if atomic_dec_and_test(dev.count):  # 175
        atomic_dec(dev.user.inotify_devs)  # 176
        free_uid(dev.user)  # 177
        free_device(dev)  # 178


@inotify.procedure(helper=True)
def get_inotify_watch(watch: Watch) -> None:
    atomic_inc(watch.count)  # 184


@inotify.procedure(helper=True)
def put_inotify_watch(watch: Watch) -> None:
    if atomic_dec_and_test(watch.count):  # 193
        put_inotify_dev(watch.dev)  # 194
        iput(watch.inode)  # 195
        kmem_cache_free(watch_cachep, watch)  # 196


# The file has no such function: a name for how lines 210 and 241 ask for memory, which a repair changes.
@inotify.procedure(helper=True)
def before_an_allocation() -> None:
    gfp_kernel()  # 210


# Line 215, which zeroes the event, is subsumed: each of its fields is stored below before anyone sees it. The length
# of the name (233) and the copy of it (246) are two reads of it, as in strlen and memcpy.
@inotify.procedure
def kernel_event(wd: int, mask: Ev, cookie: int, name: FileName) -> KernelEvent:
    before_an_allocation()  # 210
    if not file_c.event_cachep.objects:  # 210
        return NULL  # 212
    kevent = kmem_cache_alloc(event_cachep, GFP_KERNEL)  # 210
    if unlikely(not kevent):  # 211
        return NULL  # 212
    kevent.event.wd = wd  # 217
    kevent.event.mask = mask  # 218
    kevent.event.cookie = cookie  # 219
    INIT_LIST_HEAD(kevent.list)  # 221
    kevent.taken = False
    if name:  # 223
        length = 1 if name.text else 0  # 233
        before_an_allocation()  # 241
        if allocation_fails and choose(False, True):  # 242
            kmem_cache_free(event_cachep, kevent)  # 243
            return NULL  # 244
        kevent.name = name.text  # 246
        kevent.event.len = length  # 249
    else:
        kevent.event.len = 0  # 251
        kevent.name = Text.NONE  # 252
    return kevent  # 255


@inotify.procedure(holds=["dev.sem"], helper=True)
def inotify_dev_get_event(dev: Device) -> KernelEvent:
    return list_first_entry(dev.events)  # 266


# The file has no such function: a name for what line 281 calls, which a repair changes.
@inotify.procedure(holds=["dev.sem"], helper=True)
def event_to_compare_with(dev: Device) -> KernelEvent:
    return inotify_dev_get_event(dev)  # 281


@inotify.procedure(holds=["dev.sem"])
def inotify_dev_queue_event(dev: Device, watch: Watch, mask: Ev, cookie: int, name: FileName) -> None:
    last = event_to_compare_with(dev)  # 281
    if (
        last  # 282
        and last.event.mask == mask  # 282
        and last.event.wd == watch.wd  # 282
        and last.event.cookie == cookie  # 283
    ):
        lastname = last.name  # 284
        if not name and not lastname:  # 286
            promise.repeated(dev, watch, mask, cookie, Text.NONE)  # 287
            return  # 287
        if name and lastname and lastname == name.text:  # 288
            promise.repeated(dev, watch, mask, cookie, lastname)  # 289
            return  # 289
    if unlikely(dev.event_count > dev.max_events):  # 293
        promise.given_up(dev, watch, mask, cookie, name)  # 294
        return  # 294
    if unlikely(dev.event_count == dev.max_events):  # 297
        kevent = kernel_event(-1, Ev.Q_OVERFLOW, cookie, NULL)  # 298
        promise.given_up(dev, watch, mask, cookie, name)  # 298
        if kevent:  # 298
            promise.overflow_told(dev, kevent)  # 298
    else:
        kevent = kernel_event(watch.wd, mask, cookie, name)  # 300
        if kevent:  # 300
            promise.queued(dev, watch, mask, cookie, kevent)  # 300
        else:
            promise.given_up(dev, watch, mask, cookie, name)  # 300
    if unlikely(not kevent):  # 302
        return  # 303
    dev.event_count += 1  # 306
    dev.queue_size += SIZEOF_EVENT + kevent.event.len  # 307
    list_add_tail(kevent.list, dev.events)  # 308
    wake_up_interruptible(dev.wq)  # 309


@inotify.procedure(holds=["dev.sem"])
def remove_kevent(dev: Device, kevent: KernelEvent) -> None:
    list_del(kevent.list)  # 320
    dev.event_count -= 1  # 322
    dev.queue_size -= SIZEOF_EVENT + kevent.event.len  # 323
    kmem_cache_free(event_cachep, kevent)  # 326


@inotify.procedure(holds=["dev.sem"])
def inotify_dev_event_dequeue(dev: Device) -> None:
    if not list_empty(dev.events):  # 336
        kevent = inotify_dev_get_event(dev)  # 338
        remove_kevent(dev, kevent)  # 339
