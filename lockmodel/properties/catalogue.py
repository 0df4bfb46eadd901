"""The rules: code, name, when they are broken, and the weaknesses of the CWE that they find. Codes are for ever."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `cwes` are numbers of `CWES`, what fits best first. `judged`: does this version look for it?"""

    code: str
    name: str
    when: str
    cwes: tuple[int, ...] = ()
    judged: bool = True


CWES: dict[int, str] = {
    362: "Concurrent Execution using Shared Resource with Improper Synchronization ('Race Condition')",
    401: "Missing Release of Memory after Effective Lifetime",
    415: "Double Free",
    416: "Use After Free",
    476: "NULL Pointer Dereference",
    617: "Reachable Assertion",
    662: "Improper Synchronization",
    664: "Improper Control of a Resource Through its Lifetime",
    667: "Improper Locking",
    764: "Multiple Locks of a Critical Resource",
    765: "Multiple Unlocks of a Critical Resource",
    820: "Missing Synchronization",
    832: "Unlock of a Resource that is not Locked",
    833: "Deadlock",
    835: "Loop with Unreachable Exit Condition ('Infinite Loop')",
    843: "Access of Resource Using Incompatible Type ('Type Confusion')",
    908: "Use of Uninitialized Resource",
    911: "Improper Update of Reference Count",
}
"""Those of the Common Weakness Enumeration that rules find. What a model says of itself fits none (LM5xx, LM702)."""


def _catalogue(*rules: Rule) -> dict[str, Rule]:
    return {rule.code: rule for rule in rules}


RULES: dict[str, Rule] = _catalogue(
    Rule("LM101", "deadlock", "some threads wait for each other for ever", (833,)),
    Rule("LM102", "self-deadlock", "a thread waits for what it holds itself", (833, 764)),
    Rule("LM103", "lost-wakeup", "a thread sleeps for ever that would go on if it were woken", (662,)),
    Rule("LM104", "livelock", "threads move for ever and none gets on, under weak fairness", (835,)),
    Rule("LM201", "hierarchy", "a lock is asked for against the declared order", (667,)),
    Rule("LM202", "lock-cycle", "the orders seen over all states form a cycle", (833, 667)),
    Rule("LM301", "data-race", "two threads can touch one plain location next, one of them writing", (362,)),
    Rule(
        "LM302",
        "unprotected",
        "a guarded field is touched, or a procedure entered, without the lock it asks for",
        (820, 667),
    ),
    Rule("LM303", "use-after-free", "a freed object is used", (416,)),
    Rule("LM304", "double-free", "an object or an id is given back twice", (415,)),
    Rule("LM305", "null-dereference", "an object is used through a null pointer", (476,)),
    Rule("LM306", "list-corruption", "an entry is removed twice, added twice, or freed while it is on a list", (664,)),
    Rule("LM307", "uninitialised", "something is used that was never set", (908,)),
    Rule("LM308", "wrong-object", "a list head or an error pointer is used as an entry", (843,)),
    Rule("LM401", "refcount-underflow", "a reference count falls below the references that there are", (911,)),
    Rule("LM402", "refcount-resurrected", "a reference count is raised after its last put", (911, 416)),
    Rule("LM403", "leak", "at the end an object or a count is left that no one will drop", (401, 911)),
    Rule("LM501", "lost-event", "an event that was owed is not delivered, and no overflow excuses that"),
    Rule("LM502", "spurious-event", "an event is delivered twice, to the wrong one, out of order; a false overflow"),
    Rule("LM601", "sleep-in-atomic", "a thread may sleep while it holds a spinlock", (667,)),
    Rule("LM602", "irq-inversion", "a lock is taken in an interrupt and elsewhere with it enabled", (833, 667)),
    Rule("LM603", "lock-misuse", "a lock is released by one that does not hold it, or left held", (832, 765, 667)),
    Rule("LM701", "invariant", "an assertion, an invariant or a range of the model fails", (617,)),
    Rule("LM702", "never-happens", "an `eventually` of the model fails, under weak fairness"),
)
