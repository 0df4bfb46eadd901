"""Which steps depend on which: two steps are independent if either order comes to the same.

Steps depend on each other if one writes a byte that the other reads or writes. Claims are judged in every state; that
comes to judging them after each step that writes what they read, so they count as a part of such a step. (Where the
thread still holds a lock outside of which the claim is judged, it says nothing, and nothing is read.) But a claim only
looks: a step may be made before others although they write what a claim reads after it, since the claim is judged again
after them; only what a claim would read after the others must be left alone by it. A step that runs out of a pool
depends on everything, since what can be reclaimed is asked of the whole state. A step that ends the execution keeps
back what the others would still do.
"""

from __future__ import annotations

from collections.abc import Sequence

from lockmodel.engine.behaviour import Answer, Behaviour, Memo, bits, written


class Next:
    """What a thread would do next in a state: what its step comes to, for each alternative.

    `touches` are the bytes read, `changes` those written, `looks` those that claims read after it, `judges` those of
    them that were read by a claim that had something to say, as bits. `enabled`: some alternative can be made. `last`:
    one of them ends the execution or runs out of a pool, so that it must not be made in place of another's step.
    """

    __slots__ = ("answers", "changes", "checks", "enabled", "judges", "last", "looks", "pool", "touches")

    def __init__(self, answers: tuple[Answer, ...], checks: bool) -> None:
        self.answers = answers
        self.checks = checks
        self.changes = self.touches = self.looks = self.judges = 0
        for answer in answers:
            self.touches |= answer.reads
            self.changes |= answer.changes
        self.enabled = any(not answer.blocked for answer in answers)
        self.pool = any(answer.pool is not None for answer in answers)
        self.last = self.pool or any(answer.halts for answer in answers)

    def meets(self, touches: int, changes: int) -> bool:
        """Does it matter whether steps that touch and change these bytes are made before it?"""
        return bool(self.changes & (touches | changes) or (self.touches | self.judges) & changes or self.pool)

    def depends(self, other: Next) -> bool:
        """Does the order of it and another thread's next step matter in any way?"""
        mine, its = self.touches | self.looks, other.touches | other.looks
        return bool(self.changes & (its | other.changes) or mine & other.changes or self.pool or other.pool)


class Dependence:
    """The dependence between the steps of one scenario, as far as its behaviour and its claims are known.

    `version` grows with what claims have come to read.
    """

    def __init__(self, behaviour: Behaviour, claims: Sequence[Memo]) -> None:
        self._behaviour = behaviour
        self._claims = claims
        self._locks = [bits(claim.locks) for claim in claims]
        self._seen: list[int] = []
        self._known: dict[tuple[Answer, ...], Next] = {}
        self._checks: dict[Answer, tuple[Memo, ...]] = {}
        self.version = 0

    def refresh(self) -> None:
        """Take in what claims have come to read."""
        seen = [claim.known for claim in self._claims]
        if seen != self._seen:
            self._seen = seen
            self._known.clear()
            self._checks.clear()
            self.version += 1

    def checks(self, answer: Answer) -> tuple[Memo, ...]:
        """The claims that a step brings up."""
        found = self._checks.get(answer)
        if found is None:
            held = self._behaviour.nodes[answer.target].held if answer.target else 0
            found = self._checks[answer] = tuple(
                claim
                for claim, locks in zip(self._claims, self._locks, strict=True)
                if claim.reads & answer.changes and not locks & held
            )
        return found

    def next(self, answers: tuple[Answer, ...], state: bytes) -> Next:
        """The next step of a thread in a state, by what its alternatives come to."""
        found = self._known.get(answers)
        if found is None:
            found = self._known[answers] = Next(answers, any(self.checks(answer) for answer in answers))
        if found.checks:
            found = Next(answers, True)
            for answer in answers:
                for claim in self.checks(answer):
                    looked, judged = claim.read_in(bytes(written(state, answer)))
                    found.looks |= looked
                    if judged:
                        found.judges |= looked
        return found
