"""The rules: code, name, and when they are broken. Codes are for ever."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `judged` says whether this version looks for it."""

    code: str
    name: str
    when: str
    judged: bool = True


def _catalogue(*rules: Rule) -> dict[str, Rule]:
    return {rule.code: rule for rule in rules}


RULES: dict[str, Rule] = _catalogue(
    Rule("LM101", "deadlock", "some threads wait for each other for ever"),
    Rule("LM102", "self-deadlock", "a thread waits for what it holds itself"),
    Rule("LM103", "lost-wakeup", "a thread sleeps for ever that would go on if it were woken"),
    Rule("LM104", "livelock", "threads move for ever and none gets on, under weak fairness"),
    Rule("LM201", "hierarchy", "a lock is asked for against the declared order"),
    Rule("LM202", "lock-cycle", "the orders seen over all states form a cycle"),
    Rule("LM301", "data-race", "two threads can touch one plain location next, one of them writing"),
    Rule("LM302", "unprotected", "a guarded field is touched, or a procedure entered, without the lock it asks for"),
    Rule("LM303", "use-after-free", "a freed object is used"),
    Rule("LM304", "double-free", "an object or an id is given back twice"),
    Rule("LM305", "null-dereference", "an object is used through a null pointer"),
    Rule("LM306", "list-corruption", "an entry is removed twice, added twice, or freed while it is on a list"),
    Rule("LM307", "uninitialised", "something is used that was never set"),
    Rule("LM308", "wrong-object", "a list head or an error pointer is used as an entry"),
    Rule("LM401", "refcount-underflow", "a reference count falls below the references that there are"),
    Rule("LM402", "refcount-resurrected", "a reference count is raised after its last put"),
    Rule("LM403", "leak", "at the end an object or a count is left that no one will drop"),
    Rule("LM501", "lost-event", "an event that was owed is not delivered, and no overflow excuses that"),
    Rule("LM502", "spurious-event", "an event is delivered twice, to the wrong one, out of order; a false overflow"),
    Rule("LM601", "sleep-in-atomic", "a thread may sleep while it holds a spinlock"),
    Rule("LM602", "irq-inversion", "a lock is taken in an interrupt and elsewhere with it enabled"),
    Rule("LM603", "lock-misuse", "a lock is released by one that does not hold it, or left held"),
    Rule("LM701", "invariant", "an assertion, an invariant or a range of the model fails"),
    Rule("LM702", "never-happens", "an `eventually` of the model fails, under weak fairness"),
)
