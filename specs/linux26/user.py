"""The accounting of users (kernel/user.c)."""

from __future__ import annotations

from linux26.ground import vfs
from linux26.objects import User
from lockmodel import atomic_dec, atomic_inc


@vfs.procedure(helper=True)
def get_uid(user: User) -> None:
    atomic_inc(user.count)


@vfs.procedure(helper=True)
def free_uid(user: User) -> None:
    """Never the last reference: the processes of the user hold more."""
    atomic_dec(user.count)
