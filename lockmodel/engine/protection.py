"""What protects what: the locks that are held at an access, each by its relation to the object that is accessed.

Such a lock is named as `guarded_by` would name it: a lock of the same object ("sem"), one that constant references lead
to ("inode.inotify_sem"), a global lock ("inode_lock"). Of any other only the class is told ("a Device.sem"): it need
not be the same one at each access.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lockmodel.engine.local import Access, LocalState
from lockmodel.ir.layout import Layout
from lockmodel.ir.types import LockType, RefType
from lockmodel.ir.values import is_object
from lockmodel.source import Site

SOME = "a"
"""What stands before a lock of which only the class is told."""

LONGEST_PATH = 3
"""References on the way to a lock: longer ones nobody would declare."""


@dataclass(frozen=True, slots=True, order=True)
class Observed:
    """An access to a field, with the locks that are held there: `exclusive`, and `shared` (held for reading)."""

    struct: str
    field: str
    writes: bool
    atomic: bool
    racy: bool
    private: bool
    exclusive: tuple[str, ...]
    shared: tuple[str, ...]
    place: Site


def observe(layout: Layout, local: LocalState, access: Access, place: Site, read: Callable[[int], int]) -> Observed:
    """What an access shows; `read` gives the values in a state in which it was made."""
    at = layout.locations[access.location]
    known = dict(_locks(layout, at.owner, read)) if local.held else {}
    exclusive: dict[str, None] = {}
    shared: dict[str, None] = {}
    for lock in local.held:
        name = known.get(lock) or f"{SOME} {layout.lock_class(lock)}"
        (shared if lock in local.shared else exclusive).setdefault(name)
    return Observed(
        layout.objects[at.owner].struct,
        at.field,
        access.writes,
        access.atomic,
        access.racy,
        access.private,
        tuple(sorted(exclusive)),
        tuple(sorted(shared)),
        place,
    )


def _locks(layout: Layout, number: int, read: Callable[[int], int]) -> Iterator[tuple[int, str]]:
    """The locks that have a name as seen from an object; of several names of one the first is the longest."""
    for name in sorted(layout.global_locks):
        yield layout.address(layout.globals[name], "lock"), name
    waiting = [(number, "")]
    found: list[tuple[int, str]] = []
    for _ in range(LONGEST_PATH):
        following: list[tuple[int, str]] = []
        for owner, path in waiting:
            for field in layout.struct(owner).fields:
                if isinstance(field.type, LockType):
                    found.append((layout.address(owner, field.name), path + field.name))
                elif isinstance(field.type, RefType) and field.constant:
                    target = read(layout.address(owner, field.name))
                    if is_object(target):
                        following.append((target, f"{path}{field.name}."))
        waiting = following
    yield from reversed(found)
