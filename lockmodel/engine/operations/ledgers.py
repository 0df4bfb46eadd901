"""What is said of events in a ledger: who is owed one, what carries it, who got it. LM501 and LM502 come of it.

Debts that are equal cannot be told apart, so each operation settles the one that serves the design best.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from lockmodel.engine.memory import Exhausted, Memory
from lockmodel.engine.words import show_entry, show_event
from lockmodel.ir import ledger
from lockmodel.ir.layout import Layout
from lockmodel.ir.ledger import AGAIN, ALLOWED, CARRIED, DROPPED, EXCUSE, NOTICE, ON_THE_WAY, OWED, Entry
from lockmodel.ir.types import LedgerType
from lockmodel.ir.values import LIVE, NULL, is_object
from lockmodel.source import Site

DEBTS = (OWED, DROPPED, ALLOWED)
"""What is not on its way, in the order in which it is settled."""


@dataclass(slots=True)
class Page:
    """The ledger at a location; `read` answers what stands where."""

    layout: Layout
    at: int
    read: Callable[[int], int]
    entries: list[Entry]

    @staticmethod
    def of(layout: Layout, at: int, read: Callable[[int], int]) -> Page:
        """A ledger as it is now."""
        page = Page(layout, at, read, [])
        page.entries.extend(ledger.entries(page.kind, at, read))
        return page

    @property
    def kind(self) -> LedgerType:
        """What it holds."""
        kind = self.layout.field(self.at).type
        assert isinstance(kind, LedgerType)
        return kind

    def name(self, reference: int) -> str:
        """An object as a reader knows it."""
        return self.layout.describe(reference)

    def told(self, event: tuple[int, ...]) -> str:
        """An event as a reader knows it."""
        return f"the event {show_event(self.layout, self.kind, event)}"

    def lives(self, reference: int) -> bool:
        """Is an object still there?"""
        status = self.layout.objects[reference].status
        return status < 0 or self.read(status) == LIVE

    def enter(self, kind: int, claimant: int, event: tuple[int, ...], carrier: int, place: Site) -> None:
        """One more entry, made at a place."""
        self.entries.append(Entry(kind, claimant, carrier, self.layout.booked.index(place), event))

    def take(self, claimant: int, event: tuple[int, ...], kinds: Sequence[int]) -> Entry | None:
        """The first debt of one of these kinds, the kinds in this order; it is no longer in the ledger."""
        for kind in kinds:
            for entry in self.entries:
                if (entry.kind, entry.claimant, entry.event) == (kind, claimant, event):
                    self.entries.remove(entry)
                    return entry
        return None

    def moving(self) -> list[Entry]:
        """What is on its way, the oldest first."""
        return [entry for entry in self.entries if entry.kind in ON_THE_WAY]

    def notices(self) -> list[Entry]:
        """The overflow notices that may still be read."""
        return [entry for entry in self.moving() if entry.kind != CARRIED and self.lives(entry.carrier)]

    def excuse(self, notices: Sequence[Entry]) -> None:
        """Of these notices one has excused something: the first that did not yet, or else the last one once more."""
        notice = next((one for one in notices if one.kind == NOTICE), notices[-1])
        self.turn(notice, EXCUSE if notice.kind == NOTICE else AGAIN)

    def turn(self, entry: Entry, kind: int) -> None:
        """An entry becomes one of another kind."""
        self.entries[self.entries.index(entry)] = replace(entry, kind=kind)


def book(m: Memory, operation: str, operands: tuple[int, ...]) -> None:
    """Make an operation on a ledger, whose address is the first operand."""
    m.member(operands[0], f"{operation} uses a ledger")
    page = Page.of(m.layout, operands[0], m.read)
    before = list(page.entries)
    for what, reference in zip(_OBJECTS[operation], _objects(operation, operands), strict=True):
        if not is_object(reference):
            m.halt("LM701", f"{operation} is given {m.layout.describe(reference)} for a {what}")
    MEANING[operation](m, page, operands[1:])
    _write(m, page, before)


def _objects(operation: str, operands: tuple[int, ...]) -> list[int]:
    wanted = _OBJECTS[operation]
    return [operands[1] if what == "claimant" else operands[-1] for what in wanted]


_OBJECTS: dict[str, tuple[str, ...]] = {
    "owe": ("claimant",),
    "allow": ("claimant",),
    "carry": ("claimant", "carrier"),
    "merge": ("claimant",),
    "drop": ("claimant",),
    "overflow": ("carrier",),
    "got": ("carrier",),
    "forgive": ("claimant",),
    "forgive_all": (),
}


def _write(m: Memory, page: Page, before: Sequence[Entry]) -> None:
    """Only what is different is written, so that what changes nothing depends on nothing."""
    kind = page.kind
    after = ledger.in_order(kind, page.entries)
    if len(after) > kind.capacity:
        field = m.layout.field(page.at)
        name = m.layout.member_name(page.at)
        raise Exhausted((f"the ledger {name}, whose capacity is {kind.capacity} ({field.path}:{field.line})", -1))
    blank = ledger.blank(kind)
    location = page.at
    for n in range(max(len(before), len(after))):
        old = before[n] if n < len(before) else blank
        new = after[n] if n < len(after) else blank
        for one, other in zip(old.values, new.values, strict=True):
            if one != other:
                m.write(location, other)
            location += 1


# --- operations -----------------------------------------------------------------------------------------------------


def _owe(m: Memory, page: Page, operands: tuple[int, ...]) -> None:
    page.enter(OWED, operands[0], operands[1:], NULL, m.place())


def _allow(m: Memory, page: Page, operands: tuple[int, ...]) -> None:
    page.enter(ALLOWED, operands[0], operands[1:], NULL, m.place())


def _carry(m: Memory, page: Page, operands: tuple[int, ...]) -> None:
    claimant, *event, carrier = operands
    what = tuple(event)
    taken = page.take(claimant, what, DEBTS)
    if taken is None:
        m.report(
            "LM502",
            f"{page.told(what)} is put on its way to {page.name(claimant)}, which is not owed it{_instead(page, what)}",
            objects=(page.name(claimant), page.name(carrier)),
        )
        page.enter(CARRIED, claimant, what, carrier, m.place())
    else:
        page.entries.append(replace(taken, kind=CARRIED, carrier=carrier))


def _instead(page: Page, event: tuple[int, ...]) -> str:
    """Who else is owed an event, or that it is on its way already."""
    others = [page.name(entry.claimant) for entry in page.entries if entry.kind in DEBTS and entry.event == event]
    if others:
        return f"; {others[0]} is"
    moving = [page.name(entry.carrier) for entry in page.moving() if entry.kind == CARRIED and entry.event == event]
    return f"; {moving[0]} carries one already" if moving else ""


def _merge(m: Memory, page: Page, operands: tuple[int, ...]) -> None:
    claimant, event = operands[0], operands[1:]
    last = page.moving()[-1] if page.moving() else None
    if last is not None and (last.kind, last.claimant, last.event) == (CARRIED, claimant, event):
        if page.lives(last.carrier):
            page.take(claimant, event, DEBTS)
            return
    notices = page.notices()
    taken = page.take(claimant, event, (OWED, ALLOWED) if notices else (ALLOWED, OWED))
    if taken is not None and notices:
        page.excuse(notices)
    elif taken is not None and taken.kind == OWED:
        neighbour = "nothing is on its way" if last is None else f"the last one on its way is {_named(page, last)}"
        m.report(
            "LM501",
            f"{page.told(event)} for {page.name(claimant)} is merged with an equal neighbour, but {neighbour}",
            objects=(page.name(claimant),),
        )


def _named(page: Page, entry: Entry) -> str:
    gone = "" if page.lives(entry.carrier) else f", whose carrier {page.name(entry.carrier)} was freed"
    if entry.kind != CARRIED:
        return f"an overflow notice{gone}"
    return f"{page.told(entry.event)} for {page.name(entry.claimant)}{gone}"


def _drop(m: Memory, page: Page, operands: tuple[int, ...]) -> None:
    claimant, event = operands[0], operands[1:]
    if notices := page.notices():
        if page.take(claimant, event, (OWED, ALLOWED)) is not None:
            page.excuse(notices)
    elif (taken := page.take(claimant, event, (ALLOWED, OWED))) is not None and taken.kind == OWED:
        page.entries.append(replace(taken, kind=DROPPED))


def _overflow(m: Memory, page: Page, operands: tuple[int, ...]) -> None:
    carrier = operands[0]
    debts = [entry for entry in page.entries if entry.kind in DEBTS]
    dropped = [entry for entry in debts if entry.kind == DROPPED]
    again = [notice for notice in page.notices() if notice.kind == AGAIN]
    if not dropped and again:
        page.turn(again[0], EXCUSE)
    elif not debts:
        m.report("LM502", "an overflow is told, but no event is owed to anyone", objects=(page.name(carrier),))
    page.entries = [entry for entry in page.entries if entry.kind != DROPPED]
    kind = EXCUSE if dropped or again or not debts else NOTICE
    page.enter(kind, NULL, ledger.blank(page.kind).event, carrier, m.place())


def _got(m: Memory, page: Page, operands: tuple[int, ...]) -> None:
    carrier = operands[0]
    moving = page.moving()
    mine = [entry for entry in moving if entry.carrier == carrier]
    name = page.name(carrier)
    if not mine:
        m.report("LM502", f"{name} is read, which carries no event that was not read already", objects=(name,))
        return
    older = [entry for entry in moving[: moving.index(mine[0])] if page.lives(entry.carrier)]
    if older:
        m.report(
            "LM502",
            f"{_carried(page, mine[0])} is read before {_carried(page, older[0])}, which was put on its way earlier",
            objects=(name, page.name(older[0].carrier)),
        )
    if any(entry.kind == NOTICE for entry in mine):
        m.report("LM502", f"{name} tells of an overflow, but no event was dropped", objects=(name,))
    page.entries = [entry for entry in page.entries if entry not in mine]


def _carried(page: Page, entry: Entry) -> str:
    what = page.told(entry.event) if entry.kind == CARRIED else "an overflow notice"
    return f"{what} ({page.name(entry.carrier)})"


def _forgive(m: Memory, page: Page, operands: tuple[int, ...]) -> None:
    page.entries = [e for e in page.entries if e.kind in ON_THE_WAY or e.claimant != operands[0]]


def _forgive_all(m: Memory, page: Page, operands: tuple[int, ...]) -> None:
    page.entries = []


MEANING: dict[str, Callable[[Memory, Page, tuple[int, ...]], None]] = {
    "owe": _owe,
    "allow": _allow,
    "carry": _carry,
    "merge": _merge,
    "drop": _drop,
    "overflow": _overflow,
    "got": _got,
    "forgive": _forgive,
    "forgive_all": _forgive_all,
}


# --- what is lost ---------------------------------------------------------------------------------------------------


def lost(page: Page) -> Iterator[tuple[Entry, str]]:
    """What of a ledger, if nothing more happens, never comes to those whom it was owed; and why."""
    for entry in page.entries:
        what = f"{page.told(entry.event)}, which is owed to {page.name(entry.claimant)}," if entry.claimant else ""
        freed = f"{page.name(entry.carrier)}, which carried it, was freed before it was read"
        match entry.kind:
            case ledger.OWED:
                yield entry, f"{what} is never put on its way"
            case ledger.DROPPED:
                yield entry, f"{what} was dropped, and no overflow told so"
            case ledger.CARRIED if not page.lives(entry.carrier):
                yield entry, f"{what} never arrives: {freed}"
            case ledger.EXCUSE | ledger.AGAIN if not page.lives(entry.carrier):
                yield entry, f"the overflow that excuses dropped events is never told: {freed}"


def make_empty(m: Memory, at: int) -> None:
    """A ledger of an object that was allocated: nobody is owed anything."""
    kind = Page(m.layout, at, m.read, []).kind
    for n, value in enumerate(ledger.blank(kind).values * kind.capacity):
        m.write(at + n, value)


def end(m: Memory, at: int, operation: str) -> None:
    """The object of a ledger is freed: what is in it is lost."""
    page = Page.of(m.layout, at, m.read)
    left = [entry for entry in page.entries if entry.kind not in (ALLOWED, NOTICE)]
    if left:
        name = m.layout.owner(at).name
        what = show_entry(m.layout, page.kind, left[0])
        m.report("LM501", f"{operation} frees {name}, in whose ledger this is left: {what}", objects=(name,))
