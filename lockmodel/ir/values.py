"""The values that are no plain numbers.

A reference is an int: 0 is NULL, 1.. are objects, negative ones are error pointers, and HEADS + n is the list head at
location n read as if it were an entry. The marks below stand far outside every range a model can declare.
"""

from __future__ import annotations

from typing import Final

NULL: Final = 0
HEADS: Final = 1 << 65
"""HEADS + location: the list head at that location, as a reference to an entry."""
POISON: Final = 1 << 66
"""What list_del leaves in the links of an entry."""
UNINITIALISED: Final = 1 << 67
"""Never written since it was allocated, or a local that was never assigned."""
GARBAGE: Final = 1 << 68
"""A plain value read through something that is no such object: equal to nothing that was ever stored."""
DROPPED: Final = 1 << 69
"""A reference count that its last put took to 0."""

RESERVED: Final = 1 << 70
"""An id of an idr that was allocated for NULL."""

LIMIT: Final = 1 << 64
"""Plain numbers stay between -LIMIT and LIMIT, so that none is ever taken for one of the marks above."""

FREE: Final = 0
LIVE: Final = 1
DEAD: Final = 2
"""The status of an object: never allocated (or collected), allocated, freed and perhaps still referenced."""


def is_head(reference: int) -> bool:
    """Is this reference a list head misread as an entry?"""
    return HEADS <= reference < POISON


def is_object(reference: int) -> bool:
    """Does this reference name an object (live or not)?"""
    return 0 < reference < HEADS
