"""Claim: the inotify of Linux 2.6.13-rc6 is wrong in some twenty ways, and each has a repair of its own.

The model is the whole of `fs/inotify.c` (git blob 27ebcac5), statement for statement, in the parts in `fs_inotify/`; a
trailing `# 805` is the line of that file which a statement stands for. It stands on the VFS of 2.6.13 in `linux26/`:
inodes, dentries, superblocks, files, reclaim, page faults, each with its locks and lifetimes.

Designs: `2005` is the file as it is. Each `fix-...` makes one repair, for the reason that its docstring gives;
`repaired` makes all of them (`fs_inotify/repairs.py`).

Scenarios are written by the program (`fs_inotify/worlds.py`): every pair of the ways in, over all small worlds of
inodes, superblocks, devices, watches and queued events, and every triple where it is asked for
(`specs/inotify.py::triples`). What a thread must hold to enter a path, and what excludes it, is said once a path.

Switches: by default the environment is the plainest; what may happen else (`lockmodel list specs/inotify.py` shows the
switches) is turned on one by one or in pairs with `--matrix`.

What user space was promised, and a lost or spurious event is judged by, stands in one place: `fs_inotify/promise.py`.

Bounds: queues of three events and the overflow; ids 0 to 2; at most three watches at the start; names are one letter. A
thread enters one path, once. Left out: sysctl, permissions, and looking up a path before its dentry is held;
`fs_inotify/coverage.py` has each line of the file that is not modelled, with the reason.
"""

from __future__ import annotations

from fs_inotify import claims, coverage, remarks, repairs, worlds
from fs_inotify.base import inotify

__all__ = ["claims", "coverage", "inotify", "remarks", "repairs", "worlds"]
