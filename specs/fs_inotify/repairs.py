"""The repairs: each a design of its own, with its reason, and `repaired`, which is all of them."""

from __future__ import annotations

from linux26.ground import inode_lock
from linux26.icache import __iget, iput
from linux26.memory import copy_to_user
from linux26.objects import FileName, IState, Mm, filename_cachep

from fs_inotify import promise
from fs_inotify.base import (
    ALL_EVENTS,
    MAX_QUEUED_EVENTS,
    MAX_USER_INSTANCES,
    MAX_USER_WATCHES,
    SIZEOF_EVENT,
    Dentry,
    Device,
    Ev,
    File,
    Inode,
    KernelEvent,
    SuperBlock,
    User,
    Watch,
    device_cachep,
    file_c,
    inotify,
)
from fs_inotify.device import (
    buffer_too_small,
    copy_failed,
    inotify_ignore,
    inotify_ioctl,
    inotify_read,
    inotify_release,
    nothing_left,
    take_events,
    wait_for_events,
)
from fs_inotify.events import (
    inotify_inode_is_dead,
    inotify_unmount_inodes,
    is_unmounted,
    name_to_tell,
    name_was_told,
    remove_used_up,
    unmount_watches,
)
from fs_inotify.queue import (
    before_an_allocation,
    event_to_compare_with,
    free_device,
    get_inotify_watch,
    inotify_dev_event_dequeue,
    inotify_dev_get_event,
    inotify_dev_queue_event,
    put_inotify_dev,
    put_inotify_watch,
    remove_kevent,
)
from fs_inotify.syscalls import (
    charge_user_for_a_device,
    flags_kept,
    inotify_setup,
    kmem_cache_create,
    uncharge_user_for_a_device,
    user_may_have_a_device,
)
from fs_inotify.watches import (
    charge_user,
    lowest_wd_to_give,
    remove_watch,
    remove_watch_no_event,
    uncharge_user,
    user_may_watch,
    wd_to_remember,
)
from lockmodel import (
    EFAULT,
    EINVAL,
    ERESTARTSYS,
    GFP_KERNEL,
    NULL,
    WRITE_ONCE,
    atomic_dec,
    atomic_inc_return,
    atomic_read,
    atomic_set,
    down,
    idr_find,
    kfree,
    kmem_cache_alloc,
    kmem_cache_free,
    likely,
    list_empty,
    list_first_entry,
    list_for_each_entry,
    list_for_each_entry_safe,
    list_last_entry,
    spin_lock,
    spin_unlock,
    unlikely,
    up,
)

REPAIRS = [
    "fix-coalescing",
    "fix-reclaim",
    "fix-unmount-walk",
    "fix-release",
    "fix-ignore",
    "fix-wd",
    "fix-two-readers",
    "fix-small-buffer",
    "fix-efault",
    "fix-copy",
    "fix-limits",
    "fix-fionread",
    "fix-oneshot",
    "fix-oneshot-ignored",
    "fix-media-change",
    "fix-names",
    "fix-boot",
    "fix-idr-memory",
    "fix-up",
]


# --- the queue --------------------------------------------------------------------------------------------------------


@inotify.design("fix-coalescing", replaces=event_to_compare_with)
def newest_event(dev: Device) -> KernelEvent:
    """An event is compared with the one before it.

    The file reads the head of an empty queue as if it were an event (282), and on a queue of several it compares with
    the oldest: an event is dropped as a repetition although others came between.
    """
    if list_empty(dev.events):
        return NULL
    last = list_last_entry(dev.events)
    return NULL if last.taken else last


@inotify.design("fix-reclaim", replaces=before_an_allocation)
def no_reclaim_into_file_systems() -> None:
    """Allocations are made with GFP_NOFS.

    Every caller but inotify_init holds a device's sem, and umount iprune_sem as well: an allocation that goes into
    shrink_icache_memory takes iprune_sem below them, or a second time, and one that goes into shrink_dcache_memory may
    come back to this file, to the very sems that it holds.
    """


@inotify.design("fix-limits", replaces=user_may_watch)
def charge_first(dev: Device) -> bool:
    """The count of a user's watches or devices is raised first, and taken back where that is too much.

    The file reads it (391, 875) and raises it later (424, 908): in between others of the same user do the same.
    """
    if atomic_inc_return(dev.user.inotify_watches) <= file_c.max_user_watches:
        return True
    atomic_dec(dev.user.inotify_watches)
    return False


@inotify.design("fix-limits", replaces=charge_user)
def is_charged(dev: Device) -> None:
    """It is already."""


@inotify.design("fix-limits", replaces=uncharge_user)
def take_the_charge_back(dev: Device) -> None:
    atomic_dec(dev.user.inotify_watches)


@inotify.design("fix-limits", replaces=user_may_have_a_device)
def charge_for_the_device_first(user: User) -> bool:
    if atomic_inc_return(user.inotify_devs) <= file_c.max_user_instances:
        return True
    atomic_dec(user.inotify_devs)
    return False


@inotify.design("fix-limits", replaces=charge_user_for_a_device)
def is_charged_for_the_device(user: User) -> None:
    """It is already."""


@inotify.design("fix-limits", replaces=uncharge_user_for_a_device)
def take_the_charge_for_the_device_back(user: User) -> None:
    atomic_dec(user.inotify_devs)


@inotify.design("fix-idr-memory", replaces=free_device)
def free_device_with_its_idr(dev: Device) -> None:
    """The idr is destroyed with its device: it keeps the memory that idr_pre_get took (354), which 178 forgets."""
    kfree(dev.idr_layer)
    kmem_cache_free(device_cachep, dev)  # 178


@inotify.design("fix-wd", replaces=wd_to_remember)
def wd_that_was_given(ret: int, watch: Watch, dev: Device) -> int:
    """last_wd is the last wd that was given, as the comment at line 93 has it, and the search begins after it.

    The file stores the result of inotify_dev_get_wd (405), which is 0: the next search begins at 0 again, and a wd is
    given anew while inotify_ignore is under way for the watch that had it before, whose successor it then removes.
    """
    return watch.wd


@inotify.design("fix-wd", replaces=lowest_wd_to_give)
def wd_after_the_last(dev: Device) -> int:
    return dev.last_wd + 1


# --- removing watches -------------------------------------------------------------------------------------------------


@inotify.design("fix-unmount-walk", replaces=inotify_unmount_inodes)
def unmount_inodes_that_pins_where_it_stands(sb: SuperBlock) -> None:
    """The walk keeps its reference to an inode until it has found the next one, with inode_lock held again.

    The file pins the next inode instead, in advance, and walks on to it even where it could not pin it: with count 0 or
    WILL_FREE (600 to 605), so that the last iput of it by another thread may free it while inode_lock is dropped.
    """
    if not is_unmounted(sb):
        return
    to_put: Inode = NULL
    for inode in list_for_each_entry(sb.s_inodes):  # 570
        if not atomic_read(inode.i_count):  # 581
            continue  # 582
        if inode.i_state & (IState.CLEAR | IState.FREEING | IState.WILL_FREE):  # 589
            continue  # 590
        __iget(inode)  # 596
        spin_unlock(inode_lock)  # 614
        if to_put:
            iput(to_put)
        unmount_watches(inode)  # 620
        to_put = inode
        spin_lock(inode_lock)  # 632
    if to_put:
        spin_unlock(inode_lock)
        iput(to_put)
        spin_lock(inode_lock)


@inotify.design("fix-media-change", replaces=is_unmounted)
def has_begun_to_end(sb: SuperBlock) -> bool:
    """Watches are removed, and IN_UNMOUNT told, only when the file system is being unmounted.

    The file is called from invalidate_inodes, which a change of the medium calls as well.
    """
    return not atomic_read(sb.s_active)


@inotify.design("fix-up", replaces=unmount_watches)
def unmount_watches_that_holds_them(inode: Inode) -> None:
    """Whoever removes a watch holds it until the device's sem is released, as queue_event does (509).

    The file holds nothing of the device over up(&dev->sem) (627, 650): the watch that it removed may have held the last
    reference.
    """
    down(inode.inotify_sem)  # 620
    for watch, _ in list_for_each_entry_safe(inode.inotify_watches):  # 622
        dev = watch.dev  # 623
        get_inotify_watch(watch)
        down(dev.sem)  # 624
        promise.file_system_unmounted(watch)  # 624
        inotify_dev_queue_event(dev, watch, Ev.UNMOUNT, 0, NULL)  # 625
        remove_watch(watch, dev)  # 626
        up(dev.sem)  # 627
        put_inotify_watch(watch)
    up(inode.inotify_sem)  # 629


@inotify.design("fix-up", replaces=inotify_inode_is_dead)
def inode_is_dead_that_holds_them(inode: Inode) -> None:
    down(inode.inotify_sem)  # 645
    for watch, _ in list_for_each_entry_safe(inode.inotify_watches):  # 646
        dev = watch.dev  # 647
        get_inotify_watch(watch)
        down(dev.sem)  # 648
        promise.file_deleted(watch)  # 648
        remove_watch(watch, dev)  # 649
        up(dev.sem)  # 650
        put_inotify_watch(watch)
    up(inode.inotify_sem)  # 652


@inotify.design("fix-release", replaces=inotify_release)
def release_that_looks_again(dev: Device) -> int:
    """It removes the watch only if it is still there.

    Between 772 and 776 it holds no lock, and umount, a deleted file, or an event to a one-shot watch, may remove the
    watch; the file then removes it a second time (777).
    """
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
        if likely(idr_find(dev.idr, watch.wd) is watch):
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


@inotify.design("fix-ignore", replaces=inotify_ignore)
def ignore_that_keeps_its_watch(dev: Device, wd: int) -> int:
    """The put goes to the watch that was got, whoever removed it, and only that watch is removed.

    The file puts what the second look-up gives (825): NULL if somebody else removed the watch, so that it crashes and
    the reference got at 811 is never given back; and by then the wd could be another watch's.
    """
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
    if likely(idr_find(dev.idr, wd) is watch):  # 819
        remove_watch(watch, dev)  # 821
    dev.ignored |= 1 << wd
    up(dev.sem)  # 823
    up(inode.inotify_sem)  # 824
    put_inotify_watch(watch)  # 825
    return 0  # 827


@inotify.design("fix-oneshot", replaces=flags_kept)
def oneshot_is_kept(mask: Ev) -> Ev:
    """Who asks for one event gets a watch for one event: line 951 takes IN_ONESHOT away as if it were no valid bit."""
    return mask & (ALL_EVENTS | Ev.ONESHOT)  # 951


@inotify.design("fix-oneshot-ignored", replaces=remove_used_up)
def remove_used_up_and_say_so(watch: Watch, dev: Device) -> None:
    """A watch that is used up is removed with IN_IGNORED, as every other one that its owner did not close."""
    remove_watch(watch, dev)  # 513


# --- reading ----------------------------------------------------------------------------------------------------------


@inotify.design("fix-two-readers", replaces=nothing_left)
def another_was_faster() -> int:
    return -ERESTARTSYS


@inotify.design("fix-two-readers", replaces=inotify_read)
def read_that_waits_again(filp: File, mm: Mm, count: int) -> int:
    """A reader that finds the queue empty waits again.

    Between 691 and 714 it holds no lock: another reader may have taken what it saw, and 0 says "end of file".
    """
    dev = filp.private_data  # 682
    while True:
        ret = wait_for_events(filp, dev)  # 684
        if ret:  # 711
            return ret  # 712
        ret = take_events(dev, mm, count)  # 714
        if ret != -ERESTARTSYS:
            return ret  # 746


@inotify.design("fix-small-buffer", replaces=buffer_too_small)
def buffer_too_small_is_an_error() -> int:
    """A buffer that has no room for the first event is an error of the caller, not the end of the file."""
    return -EINVAL  # 724


@inotify.design("fix-efault", replaces=copy_failed)
def what_was_copied(dev: Device, buf: int) -> int:
    """A read that fails after it took events returns these, and fails the next time: they have left the queue (742)."""
    return buf if buf else -EFAULT  # 727


@inotify.design("fix-copy", replaces=take_events)
def take_events_without_its_lock(dev: Device, mm: Mm, count: int) -> int:
    """Nothing is copied to user space while the device's sem is held; readers are serialised by a sem of their own.

    A page fault takes mmap_sem (726, 734), and munmap, which holds it, closes files, which takes inotify_sem and the
    device's sem. An event that is being copied stays on the queue, and nothing is merged with it any more.
    """
    buf = 0  # 681
    down(dev.read_sem)
    while True:  # 715
        ret = buf  # 718
        down(dev.sem)  # 714
        if list_empty(dev.events):  # 719
            if not ret:
                ret = nothing_left()  # 720
            up(dev.sem)  # 744
            break  # 720
        kevent = inotify_dev_get_event(dev)  # 722
        length = kevent.event.len
        if SIZEOF_EVENT + length > count:  # 723
            if not ret:
                ret = buffer_too_small()  # 724
            up(dev.sem)  # 744
            break  # 724
        kevent.taken = True
        up(dev.sem)
        failed = copy_to_user(mm)  # 726
        if not failed and length:  # 733
            failed = copy_to_user(mm)  # 734
        down(dev.sem)
        if failed:
            kevent.taken = False
            ret = copy_failed(dev, ret)  # 727
            up(dev.sem)  # 744
            break  # 728
        buf += SIZEOF_EVENT + length  # 730
        count -= SIZEOF_EVENT + length  # 731
        promise.taken(dev, kevent)  # 742
        remove_kevent(dev, kevent)  # 742
        up(dev.sem)
    promise.read_ends(dev)  # 744
    up(dev.read_sem)
    return ret  # 746


@inotify.design("fix-fionread", replaces=inotify_ioctl)
def ioctl_with_the_lock(filp: File, mm: Mm) -> int:
    """FIONREAD reads the size of the queue under the device's sem, as the comment at line 76 asks for (842)."""
    dev = filp.private_data  # 837
    down(dev.sem)
    size = dev.queue_size  # 842
    up(dev.sem)
    if copy_to_user(mm):  # 842
        return -EFAULT  # 846
    return size  # 846


# --- names, and boot --------------------------------------------------------------------------------------------------


@inotify.design("fix-names", replaces=name_to_tell)
def copy_of_the_name(dentry: Dentry) -> FileName:
    """Whoever tells of an event in a directory passes a copy of the name, made under d_lock.

    d_move changes the name of a dentry, and the old one goes with the other dentry, while kernel_event reads it (233,
    246) and inotify_dev_queue_event compares it (288).
    """
    name = kmem_cache_alloc(filename_cachep, GFP_KERNEL)
    if name:
        spin_lock(dentry.d_lock)
        name.text = dentry.d_name.text
        spin_unlock(dentry.d_lock)
    return name


@inotify.design("fix-names", replaces=name_was_told)
def free_the_copy(name: FileName) -> None:
    kfree(name)


@inotify.design("fix-boot", replaces=inotify_setup)
def setup_that_opens_last() -> int:
    """The caches are made before the limits are raised that keep users out.

    The file raises the limits first (1042), and a program that is started meanwhile allocates from a cache that is not
    there (395).
    """
    atomic_set(file_c.inotify_cookie, 0)  # 1045
    file_c.watch_cachep = kmem_cache_create()  # 1047
    file_c.event_cachep = kmem_cache_create()  # 1050
    file_c.max_queued_events = MAX_QUEUED_EVENTS  # 1041
    file_c.max_user_watches = MAX_USER_WATCHES  # 1043
    WRITE_ONCE(file_c.max_user_instances, MAX_USER_INSTANCES)  # 1042
    return 0  # 1054


inotify.combine("repaired", REPAIRS, "All repairs together.")
