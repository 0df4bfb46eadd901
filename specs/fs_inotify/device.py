"""The device interface: lines 655 to 847."""

from __future__ import annotations

from linux26 import file
from linux26.memory import copy_to_user
from linux26.objects import Mm

from fs_inotify import promise
from fs_inotify.base import SIZEOF_EVENT, Device, File, inotify
from fs_inotify.queue import (
    get_inotify_watch,
    inotify_dev_event_dequeue,
    inotify_dev_get_event,
    put_inotify_dev,
    put_inotify_watch,
    remove_kevent,
)
from fs_inotify.watches import remove_watch, remove_watch_no_event
from lockmodel import (
    EAGAIN,
    EFAULT,
    EINTR,
    EINVAL,
    NULL,
    TASK_INTERRUPTIBLE,
    down,
    finish_wait,
    idr_find,
    likely,
    list_empty,
    list_first_entry,
    prepare_to_wait,
    schedule,
    signal_pending,
    unlikely,
    up,
)

POLLIN = 1


# Line 663, which registers with the queue whoever polls, is left out: it sleeps elsewhere, and asks again.
@inotify.procedure
def inotify_poll(filp: File) -> int:
    dev = filp.private_data  # 660
    ret = 0  # 661
    down(dev.sem)  # 664
    if not list_empty(dev.events):  # 665
        ret = POLLIN  # 666
    up(dev.sem)  # 667
    return ret  # 669


# The file has no such function: lines 684 to 710. The result is 0 where there is something to read.
@inotify.procedure
def wait_for_events(filp: File, dev: Device) -> int:
    while True:  # 684
        prepare_to_wait(dev.wq, TASK_INTERRUPTIBLE)  # 687
        down(dev.sem)  # 689
        events = not list_empty(dev.events)  # 690
        up(dev.sem)  # 691
        if events:  # 692
            ret = 0  # 693
            break  # 694
        if filp.f_nonblock:  # 697
            ret = -EAGAIN  # 698
            break  # 699
        if signal_pending():  # 702
            ret = -EINTR  # 703
            break  # 704
        schedule()  # 707
    finish_wait(dev.wq)  # 710
    return ret  # 712


# A read of nothing says "end of file" to every program. The file has no such functions: names for where it returns 0.
@inotify.procedure(helper=True)
def end_of_file() -> int:
    says_end_of_file = True
    assert not says_end_of_file
    return 0


@inotify.procedure(helper=True)
def nothing_left() -> int:
    return end_of_file()  # 720


@inotify.procedure(helper=True)
def buffer_too_small() -> int:
    return end_of_file()  # 724


# Nor this one: a name for lines 727 and 735.
@inotify.procedure(holds=["dev.sem"], helper=True)
def copy_failed(dev: Device, buf: int) -> int:
    promise.read_tells_nothing(dev)  # 727
    return -EFAULT  # 727


# `count` is the room in the buffer, `buf` how much of it is filled: lines 714 to 746.
@inotify.procedure
def take_events(dev: Device, mm: Mm, count: int) -> int:
    buf = 0  # 681
    down(dev.sem)  # 714
    while True:  # 715
        ret = buf  # 718
        if list_empty(dev.events):  # 719
            if not ret:
                ret = nothing_left()  # 720
            break  # 720
        kevent = inotify_dev_get_event(dev)  # 722
        if SIZEOF_EVENT + kevent.event.len > count:  # 723
            if not ret:
                ret = buffer_too_small()  # 724
            break  # 724
        if copy_to_user(mm):  # 726
            ret = copy_failed(dev, ret)  # 727
            break  # 728
        buf += SIZEOF_EVENT  # 730
        count -= SIZEOF_EVENT  # 731
        if kevent.name:  # 733
            if copy_to_user(mm):  # 734
                ret = copy_failed(dev, ret)  # 735
                break  # 736
            buf += kevent.event.len  # 738
            count -= kevent.event.len  # 739
        promise.taken(dev, kevent)  # 742
        remove_kevent(dev, kevent)  # 742
    promise.read_ends(dev)  # 744
    up(dev.sem)  # 744
    return ret  # 746


@inotify.procedure
def inotify_read(filp: File, mm: Mm, count: int) -> int:
    dev = filp.private_data  # 682
    ret = wait_for_events(filp, dev)  # 684
    if ret:  # 711
        return ret  # 712
    return take_events(dev, mm, count)  # 714


@inotify.procedure
def inotify_release(dev: Device) -> int:
    while True:  # 759
        down(dev.sem)  # 764
        if list_empty(dev.watches):  # 766
            up(dev.sem)  # 767
            break  # 768
        watch = list_first_entry(dev.watches)  # 770
        get_inotify_watch(watch)  # 771
        up(dev.sem)  # 772
        inode = watch.inode  # 774
        down(inode.inotify_sem)  # 775
        down(dev.sem)  # 776
        remove_watch_no_event(watch, dev)  # 777
        up(dev.sem)  # 778
        up(inode.inotify_sem)  # 779
        put_inotify_watch(watch)  # 780
    down(dev.sem)  # 784
    while not list_empty(dev.events):  # 785
        inotify_dev_event_dequeue(dev)  # 786
    up(dev.sem)  # 787
    put_inotify_dev(dev)  # 790
    return 0  # 792


@inotify.implements(file.file_release)
def file_release(filp: File) -> None:
    """Of the files here only those of inotify have a release of their own."""
    dev = filp.private_data  # 751
    if dev:
        filp.private_data = NULL
        promise.nobody_reads_any_more(dev)  # 751
        inotify_release(dev)


@inotify.procedure
def inotify_ignore(dev: Device, wd: int) -> int:
    down(dev.sem)  # 805
    watch = idr_find(dev.idr, wd)  # 806
    if unlikely(not watch):  # 807
        dev.ignored |= 1 << wd
        up(dev.sem)  # 808
        return -EINVAL  # 809
    promise.part(watch)  # 806
    get_inotify_watch(watch)  # 811
    inode = watch.inode  # 812
    up(dev.sem)  # 813
    down(inode.inotify_sem)  # 815
    down(dev.sem)  # 816
    watch = idr_find(dev.idr, wd)  # 819
    if likely(watch):  # 820
        remove_watch(watch, dev)  # 821
    dev.ignored |= 1 << wd
    up(dev.sem)  # 823
    up(inode.inotify_sem)  # 824
    put_inotify_watch(watch)  # 825
    return 0  # 827


# The only command is FIONREAD.
@inotify.procedure
def inotify_ioctl(filp: File, mm: Mm) -> int:
    dev = filp.private_data  # 837
    size = dev.queue_size  # 842
    if copy_to_user(mm):  # 842
        return -EFAULT  # 846
    return size  # 846
