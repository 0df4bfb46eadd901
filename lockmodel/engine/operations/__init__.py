"""What each kernel operation does to memory: one function an operation, found by its name in `MEANING`.

Each takes the memory, the operands (numbers, references, addresses) and the instruction's context, and gives its
results and what a reader is told of them. `lockmodel.ir.operations` has the signatures; a test holds the two together.
"""

from lockmodel.engine.operations import counters, ghosts, idr, lists, locks, rcu, situations, slab, waiting
from lockmodel.engine.operations.meaning import Context, Meaning

MEANING: dict[str, Meaning] = {
    **locks.MEANING,
    **situations.MEANING,
    **rcu.MEANING,
    **counters.MEANING,
    **lists.MEANING,
    **idr.MEANING,
    **slab.MEANING,
    **waiting.MEANING,
    **ghosts.MEANING,
}

__all__ = ["MEANING", "Context"]
