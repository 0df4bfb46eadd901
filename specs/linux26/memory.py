"""What an allocation may do to find memory, and what a copy to user space may do to find its page."""

from __future__ import annotations

from linux26.dcache import shrink_dcache_memory
from linux26.ground import copy_fails, copy_faults, reclaim_dcache, reclaim_icache, vfs
from linux26.icache import shrink_icache_memory
from linux26.objects import Mm
from lockmodel import choose, down_read, entered, might_sleep, up_read


@vfs.procedure(recursion=2)
def try_to_free_pages() -> None:
    """Direct reclaim, of an allocation that allows calls of file systems (GFP_KERNEL); a thread does not nest it."""
    might_sleep()
    if reclaim_icache and choose(False, True):
        shrink_icache_memory()
    if reclaim_dcache and choose(False, True):
        shrink_dcache_memory()


@vfs.procedure
def gfp_kernel() -> None:
    """Before an allocation with GFP_KERNEL gives memory, or does not."""
    might_sleep()
    if not entered(try_to_free_pages):
        try_to_free_pages()


@vfs.procedure
def copy_to_user(mm: Mm) -> int:
    """Copies to a buffer of the process; how much was not copied."""
    might_sleep()
    if copy_faults and choose(False, True):
        down_read(mm.mmap_sem)
        gfp_kernel()
        up_read(mm.mmap_sem)
    if copy_fails:
        return choose(0, 1)
    return 0
