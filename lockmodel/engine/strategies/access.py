"""What a step touches, and when two steps of different threads depend on each other.

A step is known by the bytes that it reads and writes, as bits (see `behaviour.Answer`). Two steps depend on each other

- if one writes a byte that the other reads or writes;
- if one of them ends the execution, since what comes after it never happens;
- if one of them needs a slot reclaimed, which looks at every reference that there is;
- if they write bytes of one group.

Groups are made of bytes that something looks at which is no step: a claim, which is judged in every state, and a step
that waits for several things at once (`await_`, `atomic_dec_and_lock`), which is looked at for as long as it waits. In
the same way a step by which a thread comes to such a wait reads what the wait looks at. So states that a claim or a
wait tells apart are never merged by the order of steps being left open; groups can make more classes of interleavings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from lockmodel.engine.behaviour import Answer, Behaviour, Memo, Node, bits
from lockmodel.engine.strategies.strategy import Option
from lockmodel.ir.nodes import Await, Operate


class Access(NamedTuple):
    """The bytes that a step reads and writes, and the groups that it writes to, as bits.

    `total`: every step depends on it.
    """

    reads: int
    writes: int
    groups: int
    total: bool


def dependent(one: Access, other: Access) -> bool:
    """Do two steps of different threads depend on each other?"""
    return bool(
        one.total
        or other.total
        or one.writes & (other.reads | other.writes)
        or one.reads & other.writes
        or one.groups & other.groups
    )


class Groups:
    """The groups as far as they are known: claims first, then steps that wait for several things, by local state.

    They grow while states are met; whoever relied on them asks `known` afterwards whether they are still the same.
    """

    def __init__(self, behaviour: Behaviour, memos: Sequence[Memo]) -> None:
        self.behaviour = behaviour
        self.memos = memos

    def known(self) -> tuple[tuple[int, ...], dict[bytes, int]]:
        """The bytes of each group; and of those that belong to a wait, by the name of its local state."""
        waits = {name: _looked_at(node) for name, node in self.behaviour.nodes.items() if self._is_wait(node)}
        return (*(memo.reads for memo in self.memos), *waits.values()), waits

    def _is_wait(self, node: Node) -> bool:
        """May the step wait, and for more than one lock's word?"""
        if not node.roots:
            return False
        match self.behaviour.stepper.instruction(node.local):
            case Await() | Operate("atomic_dec_and_lock"):
                return True
            case _:
                return False


def _looked_at(node: Node) -> int:
    """Every byte that the step of a node was seen to read."""
    found = 0
    waiting: list[Any] = list(node.roots)
    while waiting:
        at = waiting.pop()
        if type(at) is list:
            waiting.extend(at[1].values())
        elif at is not None:
            found |= at.reads
    return found


class Accesses:
    """What each step touches, with the groups as they were known when this was made."""

    def __init__(self, groups: tuple[int, ...] = (), waits: dict[bytes, int] | None = None) -> None:
        self.groups = groups
        self.waits = waits or {}
        self._made: dict[Answer, Access] = {}

    def of(self, option: Option, state: bytes) -> Access:
        """What a move touches that is made in this state, or that waits there."""
        answer = option.answer
        if option.base is not state or option.ends:
            return ALL
        made = self._made.get(answer)
        if made is None:
            touched = bits(n for n, group in enumerate(self.groups) if group & answer.changes)
            reads = answer.reads | self.waits.get(answer.target, 0)
            made = self._made[answer] = Access(reads, answer.changes, touched, False)
        return made


ALL = Access(0, 0, 0, True)
"""A step that depends on every other one."""
