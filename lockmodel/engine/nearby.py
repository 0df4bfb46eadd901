"""What can be known of the states near one schedule, where there are too many to search them all.

Takes a schedule and a limit; visits the states on it, and from each of them, the last one first, whatever other moves
lead to, deep first. Late states have little before them, and are known whole; what they lead to is known then when
earlier ones come to it. Each state of the schedule has its share of what is left of the limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lockmodel.engine.behaviour import Behaviour
from lockmodel.engine.exploration import TICK, Hit, Limits, Tally
from lockmodel.engine.explore import Search
from lockmodel.engine.judging import Judge
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import NOWHERE, Move, Transitions


class Scattered(Transitions):
    """Transitions of states that are expanded in any order: `places` says where those of a state stand."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[int, int] = {}

    def of(self, number: int) -> Iterator[tuple[int, int, int]]:
        """(target, thread, alternative) of each transition of a state; none where it was not expanded."""
        place = self.places.get(number)
        return iter(()) if place is None else super().of(place)


class Nearby(Search):
    """A search around a schedule; `edges.places` are the states from which it went on."""

    edges: Scattered

    def __init__(
        self,
        stepper: Stepper,
        judge: Judge,
        limits: Limits,
        progress: Callable[[Tally], None] | None = None,
        *,
        schedule: Sequence[Move],
        behaviour: Behaviour,
    ) -> None:
        """`limits.states` are states to go on from: those that they lead to are stored as well."""
        super().__init__(stepper, judge, Limits(None, limits.memory, limits.seconds), progress, behaviour=behaviour,
                         races=True)  # fmt: skip
        self.schedule = schedule
        self.room = limits.states or NOWHERE
        self.edges = Scattered()
        self.cyclic = True  # perhaps: nobody looked

    def _search(self) -> None:
        way = self._walk()
        for left, number in zip(range(len(way), 0, -1), reversed(way), strict=True):
            share = (self.room - len(self.edges.places)) // left
            self._look(number, max(share, 1))

    def _hits(self) -> list[Hit]:
        """None: the schedules to what is found here are not the shortest."""
        return []

    def _always_ends(self) -> bool:
        """Who is lost for ever shows only where all is known."""
        return True

    def _walk(self) -> list[int]:
        """The states on the schedule, each expanded."""
        at, way = 0, [0]
        self._go_on(0)
        for move in self.schedule:
            at = next(target for target, *its in self.edges.of(at) if tuple(its) == move)
            if at == NOWHERE:
                break
            self._go_on(at)
            way.append(at)
        return way

    def _look(self, number: int, share: int) -> None:
        """Go on from what a state leads to and from all that comes after it, deep first: from `share` states."""
        before = len(self.edges.places)
        ahead = self._nexts(number)
        while ahead and len(self.edges.places) - before < share and not self.reason:
            at = ahead.pop()
            if at in self.edges.places:
                continue
            self._go_on(at)
            ahead += self._nexts(at)

    def _nexts(self, number: int) -> list[int]:
        """Where the moves of a state lead that nobody went on from yet, the first thread's last."""
        targets = [target for target, *_ in self.edges.of(number) if target != NOWHERE]
        return [target for target in reversed(targets) if target not in self.edges.places]

    def _go_on(self, number: int) -> None:
        if number in self.edges.places:
            return
        if len(self.edges.places) % TICK == 0:
            self._tick()
        self.edges.places[number] = len(self.edges.first)
        self._expand(number, 0)
