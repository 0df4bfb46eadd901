"""What must balance: counts raised and dropped, objects made and freed, waits and wakes, events owed and paid.

The field names are the JSON contract.
"""

from __future__ import annotations

import msgspec

from lockmodel.findings.finding import Frame


class Use(msgspec.Struct, frozen=True):
    """One place that does something: `deed` is the operation ("atomic_inc"), `reached` whether some state came to it.

    `callers` are the places that call it, where it stands in a get or put helper or in a ghost.
    """

    deed: str
    place: Frame
    reached: bool
    callers: list[Frame]


class Side(msgspec.Struct, frozen=True):
    """The places that do one and the same to a member ("raised", "dropped")."""

    name: str
    uses: list[Use]


class Pairing(msgspec.Struct, frozen=True):
    """A member ("Watch.count") or a Struct and what is done to it, side by side.

    `kind` is "count", "object", "wait" (a wait queue, a condition, a completion, a semaphore that anyone may raise),
    "condition" (what an `await_` waits for) or "ledger". `holders` are the fields and lists that hold a reference.
    """

    kind: str
    name: str
    sides: list[Side]
    holders: list[str]

    def side(self, name: str) -> list[Use]:
        """The places of one side."""
        return next((side.uses for side in self.sides if side.name == name), [])
