"""What is claimed of the file, beside what every model is judged by."""

from __future__ import annotations

from fs_inotify.base import SIZEOF_EVENT, Device, Inode, User, Watch, file_c, inotify
from lockmodel import atomic_read, idr_find, list_contains, list_length, live


@inotify.invariant(outside=["Device.sem"])
def the_queue_is_counted(dev: Device) -> bool:
    return dev.event_count == list_length(dev.events)


@inotify.invariant(outside=["Device.sem"])
def the_queue_is_sized(dev: Device) -> bool:
    """A name may add to an event's size."""
    count, size = dev.event_count, dev.queue_size
    return SIZEOF_EVENT * count <= size and size <= (SIZEOF_EVENT + 1) * count


@inotify.invariant(outside=["Device.sem"])
def the_queue_is_bounded(dev: Device) -> bool:
    """One event more than the maximum: the one that tells of the overflow."""
    return dev.event_count <= dev.max_events + 1


@inotify.invariant(outside=["watch.inode.inotify_sem", "watch.dev.sem"])
def a_watch_is_in_all_three_places_or_in_none(watch: Watch) -> bool:
    """Judged while its inode is there: the last put of a watch puts the inode first."""
    if not live(watch.inode):
        return True
    on_inode = list_contains(watch.inode.inotify_watches, watch)
    on_device = list_contains(watch.dev.watches, watch)
    in_idr = idr_find(watch.dev.idr, watch.wd) is watch
    return on_inode == on_device and on_device == in_idr


@inotify.at_quiescence
def a_user_has_no_more_than_is_allowed(user: User) -> bool:
    return (
        atomic_read(user.inotify_watches) <= file_c.max_user_watches
        and atomic_read(user.inotify_devs) <= file_c.max_user_instances
    )


@inotify.at_quiescence
def nothing_of_a_closed_device_is_left(dev: Device) -> bool:
    return not dev.closed


@inotify.at_quiescence
def nothing_of_an_ignored_watch_is_left(watch: Watch) -> bool:
    return not watch.dev.ignored & (1 << watch.wd)


@inotify.at_quiescence
def a_wd_is_given_once(dev: Device) -> bool:
    return not dev.given_twice


@inotify.at_quiescence
def a_device_watches_an_inode_once(watch: Watch, other: Watch) -> bool:
    """As long as both can be found: what is on no list any more is on its way out."""
    twice = watch is not other and watch.dev is other.dev and watch.inode is other.inode
    return not (twice and list_contains(watch.dev.watches, watch) and list_contains(other.dev.watches, other))


@inotify.at_quiescence
def a_user_is_charged_for_devices(user: User) -> bool:
    """Each device holds a reference to its user, beside the one of the user's own processes."""
    devices = atomic_read(user.inotify_devs)
    return atomic_read(user.count) == 1 + devices and (devices > 0 or atomic_read(user.inotify_watches) == 0)


@inotify.at_quiescence
def no_inode_is_busy_after_umount(inode: Inode) -> bool:
    return live(inode.i_sb) and (not inode.i_sb.s_ending or atomic_read(inode.i_count) == 0)


@inotify.at_quiescence
def a_deleted_file_is_watched_no_more(watch: Watch) -> bool:
    """Who was not told that a file is gone would wait for ever."""
    return atomic_read(watch.inode.i_nlink) > 0 or not list_contains(watch.dev.watches, watch)
