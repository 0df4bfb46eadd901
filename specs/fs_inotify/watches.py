"""Watches: lines 342 to 476."""

from __future__ import annotations

from linux26.icache import igrab

from fs_inotify import promise
from fs_inotify.base import (
    Device,
    Ev,
    IdrLayer,
    Inode,
    Watch,
    file_c,
    idr_layer_cachep,
    inotify,
    watch_cachep,
)
from fs_inotify.queue import (
    before_an_allocation,
    get_inotify_dev,
    get_inotify_watch,
    inotify_dev_queue_event,
    put_inotify_watch,
)
from lockmodel import (
    EAGAIN,
    ENOMEM,
    ENOSPC,
    ERR_PTR,
    GFP_KERNEL,
    INIT_LIST_HEAD,
    NULL,
    atomic_dec,
    atomic_inc,
    atomic_read,
    atomic_set,
    idr_get_new_above,
    idr_remove,
    kmem_cache_alloc,
    kmem_cache_free,
    list_del,
    list_for_each_entry,
    unlikely,
)


@inotify.procedure(holds=["dev.sem"], helper=True)
def idr_pre_get(dev: Device) -> int:
    """Not of this file: an idr keeps memory for the next id, and what is given back to it."""
    if dev.idr_layer:
        return 1
    before_an_allocation()
    layer: IdrLayer = kmem_cache_alloc(idr_layer_cachep, GFP_KERNEL)
    dev.idr_layer = layer
    return 1 if layer else 0


# The file has no such function: a name for what line 356 passes, which a repair changes.
@inotify.procedure(holds=["dev.sem"], helper=True)
def lowest_wd_to_give(dev: Device) -> int:
    return dev.last_wd  # 356


@inotify.procedure(holds=["dev.sem"])
def inotify_dev_get_wd(dev: Device, watch: Watch) -> int:
    while True:  # 353
        if unlikely(not idr_pre_get(dev)):  # 354
            return -ENOSPC  # 355
        ret, wd = idr_get_new_above(dev.idr, watch, lowest_wd_to_give(dev))  # 356
        watch.wd = wd  # 356
        promise.gets_wd(dev, watch, wd)  # 356
        if ret != -EAGAIN:  # 357
            return ret  # 359


# The file has no such function either: a name for what line 405 stores.
@inotify.procedure(holds=["dev.sem"], helper=True)
def wd_to_remember(ret: int, watch: Watch, dev: Device) -> int:
    return ret  # 405


# Nor such a one: lines 391 to 393 and 424, which a repair changes together.
@inotify.procedure(holds=["dev.sem"], helper=True)
def user_may_watch(dev: Device) -> bool:
    return atomic_read(dev.user.inotify_watches) < file_c.max_user_watches  # 391


@inotify.procedure(holds=["dev.sem"], helper=True)
def charge_user(dev: Device) -> None:
    atomic_inc(dev.user.inotify_watches)  # 424


@inotify.procedure(helper=True)
def uncharge_user(dev: Device) -> None:
    """Not of the file: a watch that was refused after all."""


# Three plain stores stand before line 399 here: an object counts as shared as soon as the idr refers to it, although
# nobody can look into the idr while the device's sem is held.
@inotify.procedure(holds=["dev.sem"])
def create_watch(dev: Device, mask: Ev, inode: Inode) -> Watch:
    if not user_may_watch(dev):  # 391
        return ERR_PTR(-ENOSPC)  # 393
    before_an_allocation()  # 395
    watch: Watch = NULL
    if file_c.watch_cachep.objects:  # 395
        watch = kmem_cache_alloc(watch_cachep, GFP_KERNEL)  # 395
    if unlikely(not watch):  # 396
        uncharge_user(dev)
        return ERR_PTR(-ENOMEM)  # 397
    watch.mask = mask  # 406
    watch.dev = dev  # 413
    watch.inode = inode  # 419
    ret = inotify_dev_get_wd(dev, watch)  # 399
    if unlikely(ret):  # 400
        kmem_cache_free(watch_cachep, watch)  # 401
        uncharge_user(dev)
        return ERR_PTR(ret)  # 402
    dev.last_wd = wd_to_remember(ret, watch, dev)  # 405
    atomic_set(watch.count, 0)  # 407
    INIT_LIST_HEAD(watch.d_list)  # 408
    INIT_LIST_HEAD(watch.i_list)  # 409
    get_inotify_dev(dev)  # 412
    grabbed = igrab(inode)  # 419
    assert grabbed is inode  # 419
    get_inotify_watch(watch)  # 422
    charge_user(dev)  # 424
    return watch  # 426


@inotify.procedure(holds=["inode.inotify_sem"])
def inode_find_dev(inode: Inode, dev: Device) -> Watch:
    for watch in list_for_each_entry(inode.inotify_watches):  # 439
        if watch.dev is dev:  # 440
            return watch  # 441
    return NULL  # 444


@inotify.procedure(holds=["watch.inode.inotify_sem", "dev.sem"])
def remove_watch_no_event(watch: Watch, dev: Device) -> None:
    list_del(watch.i_list)  # 453
    list_del(watch.d_list)  # 454
    atomic_dec(dev.user.inotify_watches)  # 456
    idr_remove(dev.idr, watch.wd)  # 457
    put_inotify_watch(watch)  # 458


@inotify.procedure(holds=["watch.inode.inotify_sem", "dev.sem"])
def remove_watch(watch: Watch, dev: Device) -> None:
    inotify_dev_queue_event(dev, watch, Ev.IGNORED, 0, NULL)  # 474
    remove_watch_no_event(watch, dev)  # 475
