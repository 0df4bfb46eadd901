"""What the searches in C have in common on their Python side: how they are loaded, and what they are told of a step."""

from __future__ import annotations

import importlib
from typing import Any

from lockmodel.engine.behaviour import Answer

BLOCKED, HALTS, POOL, PENDING = 1, 2, 4, 8
"""What the flags of an answer mean; the same in search.c and reduced.c."""


def load(name: str) -> tuple[Any, str]:
    """A module in C, or None and why it is not there."""
    try:
        return importlib.import_module(f"lockmodel.engine.native.{name}"), ""
    except ModuleNotFoundError:
        return None, "it was not built, for want of a C compiler when lockmodel was installed"
    except ImportError as error:  # built for another Python, or damaged
        return None, f"it cannot be loaded: {error}"


def flags(answer: Answer) -> int:
    """The flags of an answer."""
    return (
        BLOCKED * answer.blocked
        + HALTS * answer.halts
        + POOL * (answer.pool is not None)
        + PENDING * bool(answer.pending)
    )
