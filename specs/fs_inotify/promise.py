"""What user space was promised, in one place; ghost code, which is judged and never runs.

The promise is that of inotify(7) and of the file's own comments, and not what the code happens to do:

- An event that happens to an inode is told to every watch on it whose mask asks for it, in order, once (inotify(7):
  "the event queue is an ordered queue"; IN_ONESHOT: one event, then the watch is removed).
- It may be left out only if it repeats the event before it, which nobody has read (line 280; inotify(7) says the same:
  "successive output inotify events ... identical ... coalesced if the older event has not yet been read"), or if the
  queue is full, which IN_Q_OVERFLOW then tells (lines 292 and 296).
- Whoever is watched no more is told so by IN_IGNORED, once, after everything else: the watch was removed by its wd
  (line 461), the file was deleted or its file system unmounted; and IN_ONESHOT removes it as well.
- IN_UNMOUNT says that the file system was unmounted, IN_DELETE_SELF that the file was deleted.
- What read() gives is what was taken from the queue.

Nothing is owed to a device that was closed. What memory shortage takes away is owed: only an overflow is an excuse.
"""

from __future__ import annotations

from linux26.objects import FileName, Text

from fs_inotify.base import Device, Ev, Inode, KernelEvent, Watch, inotify
from lockmodel import (
    NULL,
    atomic_read,
    carry,
    drop,
    forgive,
    got,
    list_for_each_entry,
    live,
    merge,
    overflow,
    owe,
)


@inotify.ghost
def nothing_yet(dev: Device) -> None:
    """A device is new."""
    dev.closed = False
    dev.last_watch = NULL
    dev.last_mask = Ev(0)
    dev.last_cookie = 0
    dev.last_name = Text.NONE
    dev.ignored = 0
    dev.given = 0
    dev.given_twice = False


@inotify.ghost
def gets_wd(dev: Device, watch: Watch, wd: int) -> None:
    """A watch is new; an error gives no wd."""
    watch.spent = False
    watch.parted = False
    if wd >= 0:
        dev.ignored &= ~(1 << wd)
        dev.given_twice = dev.given_twice or bool(dev.given & (1 << wd))
        dev.given |= 1 << wd


@inotify.ghost
def asks(watch: Watch, mask: Ev) -> None:
    """What a program asks for, whatever is made of it."""
    watch.once = bool(mask & Ev.ONESHOT)


@inotify.ghost
def event_happens(inode: Inode, mask: Ev, cookie: int, name: FileName) -> None:
    """Every watch that asked for it is owed it, from when it is certain who watches."""
    text = name.text if name and live(name) else Text.NONE
    inode.telling = text
    for watch in list_for_each_entry(inode.inotify_watches):
        if not watch.mask & mask or watch.dev.closed:
            continue
        if watch.once:
            if watch.spent:
                continue
            watch.spent = True
        if mask == Ev.DELETE_SELF and atomic_read(inode.i_nlink) > 0:
            continue
        owe(watch.dev.promises, watch, mask, cookie, text)
        if watch.once:
            part(watch)


@inotify.ghost
def part(watch: Watch) -> None:
    """It will be watched no more, of which it is told once."""
    if not watch.parted and not watch.dev.closed:
        watch.parted = True
        owe(watch.dev.promises, watch, Ev.IGNORED, 0, Text.NONE)


@inotify.ghost
def file_system_unmounted(watch: Watch) -> None:
    """Judged where the inode is found; a medium that was changed is no unmount."""
    if not watch.dev.closed and watch.inode.i_sb.s_ending:
        owe(watch.dev.promises, watch, Ev.UNMOUNT, 0, Text.NONE)
        part(watch)


@inotify.ghost
def file_deleted(watch: Watch) -> None:
    if atomic_read(watch.inode.i_nlink) == 0:
        part(watch)


@inotify.ghost
def repeated(dev: Device, watch: Watch, mask: Ev, cookie: int, text: Text) -> None:
    """It is left out, as it repeats the event before it."""
    if not dev.closed:
        merge(dev.promises, watch, mask, cookie, text)


@inotify.ghost
def queued(dev: Device, watch: Watch, mask: Ev, cookie: int, kevent: KernelEvent) -> None:
    kevent.watch = watch
    if not dev.closed:
        carry(dev.promises, watch, mask, cookie, kevent.name, by=kevent)


@inotify.ghost
def given_up(dev: Device, watch: Watch, mask: Ev, cookie: int, name: FileName) -> None:
    """It is not queued, for want of room or of memory."""
    if not dev.closed:
        drop(dev.promises, watch, mask, cookie, watch.inode.telling if name else Text.NONE)


@inotify.ghost
def overflow_told(dev: Device, kevent: KernelEvent) -> None:
    kevent.watch = NULL
    if not dev.closed:
        overflow(dev.promises, by=kevent)


@inotify.ghost
def taken(dev: Device, kevent: KernelEvent) -> None:
    """It goes to user space, as far as what read() returns tells of it."""
    got(dev.promises, kevent)
    dev.last_watch = kevent.watch
    dev.last_mask = kevent.event.mask
    dev.last_cookie = kevent.event.cookie
    dev.last_name = kevent.name


@inotify.ghost
def read_tells_nothing(dev: Device) -> None:
    """What left the queue is owed again, of which the last is enough; and nobody will pay."""
    if dev.last_watch:
        owe(dev.promises, dev.last_watch, dev.last_mask, dev.last_cookie, dev.last_name)


@inotify.ghost
def read_ends(dev: Device) -> None:
    dev.last_watch = NULL


@inotify.ghost
def nobody_reads_any_more(dev: Device) -> None:
    dev.closed = True
    forgive(dev.promises)
