"""What protects each field, over all states of all scenarios of a run: what was declared beside what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lockmodel.engine.exploration import Seen
from lockmodel.engine.protection import SOME, Observed
from lockmodel.findings.finding import Frame, Protection
from lockmodel.findings.telling import frame
from lockmodel.ir.nodes import Program

LOCKED = "locked"
SOME_LOCK = "some-lock"
LOCKED_WRITES = "locked-writes"
PUBLISHED = "published"
READ_ONLY = "read-only"
PRIVATE = "private"
ATOMIC = "atomic"
MARKED = "marked"
UNPROTECTED = "unprotected"


def protection(program: Program, searched: Sequence[Seen]) -> list[Protection]:
    """One record for each field that some step touched, by Struct and in the order of its fields."""
    seen: dict[tuple[str, str], list[Observed]] = {}
    for observed in dict.fromkeys(one for found in searched for one in found.observed):
        seen.setdefault((observed.struct, observed.field), []).append(observed)
    return [
        _told(program, struct.name, field.name, seen[struct.name, field.name])
        for struct in program.structs.values()
        for field in struct.fields
        if (struct.name, field.name) in seen
    ]


def _told(program: Program, struct: str, field: str, seen: Sequence[Observed]) -> Protection:
    declared = program.structs[struct].field(field)
    counted = [one for one in seen if not (one.racy or one.private)]
    writes = [one for one in counted if one.writes]
    always = _common([set(one.exclusive) | (set() if one.writes else set(one.shared)) for one in counted])
    writing = _common([set(one.exclusive) for one in writes])
    how, locks = _judged(seen, counted, writes, always, writing)
    unlocked = [one for one in counted if locks and not set(locks) & {*one.exclusive, *one.shared}]
    return Protection(
        field=f"{struct}.{field}",
        declared=declared.guarded_by.text if declared.guarded_by else "constant" if declared.constant else None,
        observed=how,
        locks=locks,
        reads=_frames(one for one in counted if not one.writes),
        writes=_frames(writes),
        without=_frames(unlocked if how == LOCKED_WRITES else counted if how == UNPROTECTED else ()),
        racy=_frames(one for one in seen if one.racy),
    )


def _judged(
    seen: Sequence[Observed],
    counted: Sequence[Observed],
    writes: Sequence[Observed],
    always: list[str],
    writing: list[str],
) -> tuple[str, list[str]]:
    """How a field is protected, and by which locks."""
    if not counted:
        return (PRIVATE if any(one.private for one in seen) else MARKED), []
    if any(one.atomic for one in counted):
        return ATOMIC, always
    if always:
        return (LOCKED if exact(always) else SOME_LOCK), always
    if not writes:
        return (PUBLISHED if any(one.private and one.writes for one in seen) else READ_ONLY), []
    return (LOCKED_WRITES, writing) if exact(writing) else (UNPROTECTED, [])


def _common(sets: Sequence[set[str]]) -> list[str]:
    """The locks that are in each; those of which only the class is told where there are no others."""
    common = sorted(set.intersection(*sets)) if sets else []
    return exact(common) or common


def exact(locks: Sequence[str]) -> list[str]:
    """Those that are the same lock whenever the object is the same."""
    return [lock for lock in locks if not lock.startswith(f"{SOME} ")]


def _frames(observed: Iterable[Observed]) -> list[Frame]:
    return [frame(place) for place in sorted({one.place for one in observed})]
