"""What may stand before the threads start, and how each path is entered: from this the scenarios are written.

A hold is a word and an object: who looked up a path, has a file open there or a dentry in use holds the "mount" of its
superblock, and an umount starts after the last one has gone; a "descriptor" that threads do not share is used by one.
"""

from __future__ import annotations

from linux26 import dcache, file, icache, namei, super
from linux26.ground import shared_descriptor
from linux26.objects import Descriptor, FileName, Mm, Text, caches

from fs_inotify import events, syscalls
from fs_inotify.base import (
    ALL_EVENTS,
    MAX_QUEUED_EVENTS,
    MAX_USER_WATCHES,
    SIZEOF_EVENT,
    Dentry,
    Device,
    Ev,
    File,
    IdrLayer,
    Inode,
    KernelEvent,
    SuperBlock,
    User,
    Watch,
    file_c,
    inotify,
    keeps_oneshot,
)
from lockmodel import NULL, REFERENCES, Pick, Scenario


class World:
    """What the threads need, made as they ask for it: one that is there already, or a new one, up to the bounds.

    What no thread asks for is not there. `pick.number` counts from 1, and one more than there are is a new one.
    """

    def __init__(self, m: Scenario, pick: Pick) -> None:
        self.m = m
        self.pick = pick
        self.limit = MAX_USER_WATCHES
        self.users = [self._user() for _ in range(pick.number("users", 1, 1))]
        self.room = MAX_QUEUED_EVENTS + 1 - pick.number("rooms", 1, 1)  # events that a queue takes
        self.once = bool(keeps_oneshot)  # the first watch is asked for one event: without one nothing is kept
        self.mm = m.new(Mm)
        self.superblocks: list[SuperBlock] = []
        self.inodes: list[Inode] = []
        self.placed: dict[int, int] = {}  # inode -> superblock
        self.directories: dict[int, int] = {}  # file -> directory
        self.dentries: dict[int, Dentry] = {}
        self.listed: set[int] = set()
        self.devices: list[Device] = []
        self.files: list[File] = []
        self.descriptors: list[Descriptor] = []
        self.watches: dict[tuple[int, int], Watch | None] = {}  # None: decided that there is none
        self.given: dict[int, int] = {}  # device -> how many wds
        self.queued: set[int] = set()  # devices that have an event

    # --- what there is ------------------------------------------------------------------------------------------------

    def superblock(self, pick: Pick, label: str = "superblock") -> int:
        """One of those that are there, or a new one."""
        number = pick.number(label, 1, 2) - 1
        pick.require(number <= len(self.superblocks), "superblocks are made in order")
        if number == len(self.superblocks):
            sb = self.m.new(SuperBlock, s_active=1)
            self.m.link(sb.s_list, caches.super_blocks)
            self.superblocks.append(sb)
        return number

    def inode(self, pick: Pick, label: str = "inode", on: int | None = None) -> int:
        """One of those that are there, or a new one, on superblock `on` if that is given."""
        number = pick.number(label, 1, 2) - 1
        pick.require(number <= len(self.inodes), "inodes are made in order")
        if number == len(self.inodes):
            where = self.superblock(pick, f"{label}.sb") if on is None else on
            self.new_inode(where)
        pick.require(on is None or self.placed[number] == on, "an inode is on one superblock")
        return number

    def new_inode(self, where: int) -> int:
        """One more on a superblock."""
        sb = self.superblocks[where]
        inode = self.m.new(Inode, i_count=REFERENCES, i_nlink=1, i_sb=sb)
        self.m.link(inode.i_sb_list, sb.s_inodes)
        self.inodes.append(inode)
        self.placed[len(self.inodes) - 1] = where
        return len(self.inodes) - 1

    def file(self, pick: Pick) -> tuple[int, int]:
        """A directory and a file in it."""
        directory = self.inode(pick, "directory")
        number = self.inode(pick, "file", on=self.placed[directory])
        pick.require(number != directory, "no directory is in itself")
        pick.require(self.directories.get(number, directory) == directory, "a file is in one directory")
        pick.require(number not in self.directories.values(), "a file is no directory")
        pick.require(number in self.directories or number not in self.dentries, "a dentry has one parent")
        self.directories[number] = directory
        return directory, number

    def sb(self, inode: int) -> SuperBlock:
        """The superblock of an inode."""
        return self.superblocks[self.placed[inode]]

    def device(self, pick: Pick) -> int:
        """A thread uses the descriptor of a device, one that is there or a new one."""
        number = pick.number("device", 1, 2) - 1
        pick.require(number <= len(self.devices), "devices are made in order")
        if number == len(self.devices):
            self.new_device()
        if not shared_descriptor:
            self.m.excludes("descriptor", self.descriptors[number])
        return number

    def new_device(self) -> int:
        """One more, with the file that it is open by and the descriptor of that."""
        user = self.users[len(self.devices) % len(self.users)]
        dev = self.m.new(Device, count=REFERENCES, user=user, max_events=self.room)
        self.m.hold(user.inotify_devs)
        filp = self.m.new(File, f_count=REFERENCES, private_data=dev)
        self.files.append(filp)
        self.descriptors.append(self.m.new(Descriptor, file=filp))
        self.devices.append(dev)
        return len(self.devices) - 1

    def _user(self) -> User:
        user = self.m.new(User, count=REFERENCES)
        self.m.keep(user)
        return user

    # --- who watches what ---------------------------------------------------------------------------------------------

    def watch(self, device: int, inode: int) -> Watch:
        """The device's watch on the inode."""
        known = self.watches.get((device, inode))
        if known is None:
            known = self.watches[device, inode] = self._new_watch(device, inode)
        return known

    def maybe_watch(self, pick: Pick, label: str, device: int, inode: int) -> None:
        """There is such a watch, or there is none."""
        if (device, inode) not in self.watches:
            if pick(label, (False, True)):
                self.watch(device, inode)
            else:
                self.watches[device, inode] = None

    def watchers(self, pick: Pick, inode: int, label: str = "by") -> None:
        """Of the devices that are there, and one that is new, each watches an inode or does not."""
        there = range(len(self.devices))
        asked = [device for device in there if (device, inode) not in self.watches]
        new = [len(self.devices)] if len(self.devices) < 2 else []
        watching = pick.subset(label, [device + 1 for device in asked + new])
        for device in asked:
            self.watches[device, inode] = None
        for number in watching:
            self.watch(self.new_device() if number - 1 in new else number - 1, inode)

    def _new_watch(self, device: int, inode: int) -> Watch:
        there = sum(watch is not None for watch in self.watches.values())
        self.pick.require(there < self.limit, "no more watches than a user may have")
        dev = self.devices[device]
        wd = self.given.get(device, 0)
        self.given[device] = wd + 1
        if not wd:
            self.m.set(dev, idr_layer=self.m.new(IdrLayer))
        self.m.set(dev, given=(1 << self.given[device]) - 1, last_wd=wd)
        once = self.once and not any(self.watches.values())
        watch = self.m.new(
            Watch,
            count=REFERENCES,
            dev=dev,
            inode=self.inodes[inode],
            wd=wd,
            mask=ALL_EVENTS | Ev.ONESHOT if once else ALL_EVENTS,
            once=once,
        )
        self.m.hold(dev.user.inotify_watches)
        self.m.idr_set(dev.idr, wd, watch)
        self.m.link(watch.i_list, self.inodes[inode].inotify_watches)
        self.m.link(watch.d_list, dev.watches)
        return watch

    def queue(self, device: int, watch: Watch, events: int) -> None:
        """So many events wait on the device's queue, no two of which are merged."""
        dev = self.devices[device]
        self.m.set(dev, event_count=events, queue_size=SIZEOF_EVENT * events)
        self.queued.add(device)
        for number in range(events):
            mask = (Ev.MODIFY, Ev.CLOSE)[number % 2]
            kevent = self.m.new(KernelEvent, event={"wd": watch.wd, "mask": mask}, watch=watch)
            self.m.link(kevent.list, dev.events)
            self.m.carry(dev.promises, watch, mask, 0, Text.NONE, by=kevent)

    # --- dentries -----------------------------------------------------------------------------------------------------

    def dentry(self, inode: int) -> Dentry:
        """The dentry of an inode, in the cache, and that of the directory above it."""
        known = self.dentries.get(inode)
        if known is None:
            directory = self.directories.get(inode)
            parent = None if directory is None else self.dentry(directory)
            known = self.dentries[inode] = self.new_dentry(self.inodes[inode], parent, self.sb(inode), Text.A)
        return known

    def new_dentry(self, inode: Inode | None, parent: Dentry | None, sb: SuperBlock, text: Text) -> Dentry:
        """One that is hashed, and held by nobody but those who are told so."""
        given: dict[str, object] = {} if parent is None else {"d_parent": parent}
        if inode is not None:
            given["d_inode"] = inode
        name = self.m.new(FileName, text=text)
        return self.m.new(Dentry, d_count=REFERENCES, d_hashed=True, d_sb=sb, d_name=name, **given)

    def look_up(self, inode: int) -> Dentry:
        """A thread has looked up a path: it holds the dentry, and the mount."""
        dentry = self.dentry(inode)
        self.m.hold(dentry.d_count)
        self.m.shares("mount", self.sb(inode))
        return dentry


@inotify.world
def world(m: Scenario, pick: Pick) -> World:
    return World(m, pick)


# --- the ways in ------------------------------------------------------------------------------------------------------


@inotify.entry
def add_watch(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """An inode begins to be watched, or its watch is changed."""
    device, inode = world.device(pick), world.inode(pick)
    if keeps_oneshot and not any(world.watches.values()):
        world.once = pick("once", (False, True))
    world.maybe_watch(pick, "watched", device, inode)
    if not any(world.watches.values()) and world.limit > 1 and pick("near_limit", (False, True)):
        world.limit = 1
        m.set(file_c, max_user_watches=1)
    mask = pick("asks", (ALL_EVENTS, ALL_EVENTS | Ev.ONESHOT)) if keeps_oneshot else ALL_EVENTS
    m.thread(thread, syscalls.sys_inotify_add_watch, world.descriptors[device], world.look_up(inode), mask)


@inotify.entry
def rm_watch(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """A watch is removed by its wd."""
    device = world.device(pick)
    watch = world.watch(device, world.inode(pick))
    m.thread(thread, syscalls.sys_inotify_rm_watch, world.descriptors[device], watch.wd)


@inotify.entry
def read(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """Events are read."""
    device = world.device(pick)
    watch = world.watch(device, world.inode(pick))
    queued = 0
    if device not in world.queued:
        queued = pick("queued", tuple(dict.fromkeys((0, 1, world.room))))
        world.queue(device, watch, queued)
    room = pick.number("buffer", 1, 2)
    pick.require(room > 1 or not queued, "a small buffer is small for a name, of which none is queued")
    if room > 1 and not queued and pick("nonblock", (False, True)):
        m.set(world.files[device], f_nonblock=True)
    m.thread(thread, syscalls.sys_read, world.descriptors[device], world.mm, room, may_wait=True)


@inotify.entry
def poll(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """Somebody asks whether there is an event."""
    m.thread(thread, syscalls.sys_poll, world.descriptors[world.device(pick)])


@inotify.entry
def ioctl(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """FIONREAD: how much there is to read."""
    m.thread(thread, syscalls.sys_ioctl, world.descriptors[world.device(pick)], world.mm)


@inotify.entry
def close(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """A descriptor is closed: the last reference to its file releases the device."""
    device = world.device(pick)
    watches = pick.number("watches", 0, 2)
    for number in range(watches):
        world.watch(device, world.inode(pick, f"inode{number + 1}"))
    m.thread(thread, file.sys_close, world.descriptors[device])


@inotify.entry
def event(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """An event happens to an inode."""
    inode = world.inode(pick)
    world.watchers(pick, inode)
    first = next((d for (d, i), watch in world.watches.items() if i == inode and watch and d not in world.queued), None)
    if first is not None:
        world.queue(first, world.watch(first, inode), pick("queued", (0, 1)))
    m.thread(thread, events.write, world.look_up(inode))


@inotify.entry
def parent(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """An event happens to a file, of which its directory is told by its name."""
    directory, inode = world.file(pick)
    world.watchers(pick, directory)
    m.thread(thread, events.write_in_directory, world.look_up(inode))


@inotify.entry
def unlink(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """A file loses a link, maybe the last."""
    directory, inode = world.file(pick)
    world.watchers(pick, inode)
    m.excludes("name", world.dentry(inode))
    if pick("links", (1, 2)) == 2:
        m.hold(world.inodes[inode].i_nlink)
    m.thread(thread, namei.sys_unlink, world.look_up(directory), world.look_up(inode))


@inotify.entry
def rename(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """A file gets another name in its directory."""
    directory, inode = world.file(pick)
    world.watchers(pick, directory)
    m.excludes("name", world.dentry(inode))
    target = world.new_dentry(None, world.dentry(directory), world.sb(directory), Text.B)
    m.hold(target.d_count)
    old, moved, new = world.look_up(directory), world.look_up(inode), world.look_up(directory)
    m.thread(thread, namei.sys_rename, old, moved, new, target)


@inotify.entry
def munmap(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """The last mapping of a closed file goes."""
    directory, inode = world.file(pick)
    world.watchers(pick, directory)
    filp = m.new(File, f_count=1, f_dentry=world.dentry(inode))
    m.shares("mount", world.sb(inode))
    m.thread(thread, file.sys_munmap, world.mm, filp)


@inotify.entry
def stat(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """An inode that is in the cache is looked up and let go of."""
    inode = world.inode(pick)
    m.shares("mount", world.sb(inode))
    m.thread(thread, events.find_and_forget, world.sb(inode), world.inodes[inode])


@inotify.entry
def shrink_icache(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """kswapd frees an inode, if nobody uses it."""
    inode = world.inode(pick)
    m.excludes("unused inode", world.inodes[inode])
    m.link(world.inodes[inode].i_list, caches.inode_unused)
    m.thread(thread, icache.shrink_icache_memory)


@inotify.entry
def shrink_dcache(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """kswapd kills a dentry, if nobody uses it."""
    inode = world.file(pick)[1] if pick("in_directory", (False, True)) else world.inode(pick)
    dentry = world.dentry(inode)
    m.excludes("unused dentry", dentry)
    m.link(dentry.d_lru, caches.dentry_unused)
    m.thread(thread, dcache.shrink_dcache_memory)


def on_superblock(world: World, pick: Pick) -> int:
    """A superblock with its inodes: those that are there and, up to two, new ones, each with its watchers."""
    number = world.superblock(pick)
    missing = pick.number("more_inodes", 0, 2)
    pick.require(len(world.inodes) + missing <= 2, "at most two inodes")
    for _ in range(missing):
        world.new_inode(number)
    for inode, where in world.placed.items():
        if where == number:
            world.watchers(pick, inode, f"by{inode + 1}")
    return number


@inotify.entry
def umount(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """A superblock is shut down."""
    sb = world.superblocks[on_superblock(world, pick)]
    m.excludes("mount", sb)
    m.thread(thread, super.generic_shutdown_super, sb)


@inotify.entry
def invalidate(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """The medium under a superblock was changed."""
    sb = world.superblocks[on_superblock(world, pick)]
    m.shares("mount", sb)
    m.thread(thread, super.__invalidate_device, sb)


@inotify.entry
def init(m: Scenario, world: World, pick: Pick, thread: str) -> None:
    """A device is made."""
    user = world.users[pick.number("user", 1, 1) - 1]
    if not world.devices and pick("first", (True, False)) is False:
        world.new_device()
    m.thread(thread, syscalls.sys_inotify_init, m.new(Descriptor), user)


inotify.every("pairs", of=2)
inotify.every("triples", of=3, default=False)
inotify.every(
    "quadruples",
    of=4,
    entries=[
        ("add_watch", "rm_watch", "event", "umount"),
        ("rm_watch", "close", "event", "invalidate"),
        ("rm_watch", "read", "event", "unlink"),
    ],
    default=False,
)


def one_inode(m: Scenario, dentries: int) -> list[Dentry]:
    """An inode that nobody watches, and dentries of it, each held by a thread."""
    sb = m.new(SuperBlock, s_active=1)
    m.link(sb.s_list, caches.super_blocks)
    inode = m.new(Inode, i_count=REFERENCES, i_nlink=1, i_sb=sb)
    m.link(inode.i_sb_list, sb.s_inodes)
    names = [m.new(FileName, text=Text.A) for _ in range(dentries)]
    return [m.new(Dentry, d_count=1, d_hashed=True, d_sb=sb, d_inode=inode, d_name=name) for name in names]


@inotify.scenario
def boot(m: Scenario) -> None:
    """A program is started while setup is under way: it makes a device and watches something."""
    m.set(file_c, watch_cachep=NULL, event_cachep=NULL, max_user_instances=0, max_user_watches=0, max_queued_events=0)
    user = m.new(User, count=1)
    m.keep(user)
    (dentry,) = one_inode(m, 1)
    m.thread("setup", syscalls.inotify_setup)
    m.thread("user_helper", syscalls.user_helper, m.new(Descriptor), user, dentry)


@inotify.scenario
def alone(m: Scenario) -> None:
    """A program makes a device, watches something, and ends."""
    user = m.new(User, count=1)
    m.keep(user)
    (dentry,) = one_inode(m, 1)
    m.thread("program", syscalls.watch_and_close, m.new(Descriptor), user, dentry)


@inotify.scenario
def one_shot(m: Scenario) -> None:
    """A program asks for one event of a file, to which two different ones happen."""
    user = m.new(User, count=REFERENCES)
    m.keep(user)
    dev = m.new(Device, count=REFERENCES, user=user, max_events=2)
    m.hold(user.inotify_devs)
    fd = m.new(Descriptor, file=m.new(File, f_count=REFERENCES, private_data=dev))
    looked_up, opened = one_inode(m, 2)
    m.thread("program", syscalls.watch_for_one_event, fd, looked_up, opened)
