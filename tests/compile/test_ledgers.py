"""Ledgers: what is said of events is compiled to no step, and the whole message of each refusal."""

from __future__ import annotations

import pytest

from lockmodel.ir.setup import Carried
from tests.compile.specs import Specs

QUEUE = """\
class Queue(Struct):
    ledger: Ledger[Node, Queue, Kind, bool] = ledger(capacity=2)
    head: Node
"""

SAID = [
    ("owe(q.ledger, n, Kind.FILE)", "owe(ledger, Node, Kind, bool)"),
    ("owe(q.ledger, n, Kind.FILE, True, n)", "owe(ledger, Node, Kind, bool)"),
    ("carry(q.ledger, n, Kind.FILE, True)", "carry(ledger, Node, Kind, bool, by=Queue)"),
    ("carry(q.ledger, n, Kind.FILE, True, q)", "carry(ledger, Node, Kind, bool, by=Queue)"),
    ("overflow(q.ledger, q)", "overflow(ledger, by=Queue)"),
    ("got(q.ledger, by=q)", "got(ledger, Queue)"),
    ("got(q.ledger)", "got(ledger, Queue)"),
    ("forgive(q.ledger, n, n)", "forgive(ledger, Node)"),
    ("merge(q.ledger, n, to=True)", "merge(ledger, Node, Kind, bool)"),
]

REFUSED = [
    (
        "owe(n, q.ledger)",
        "`owe` takes a Ledger first, not a Node\n  Name one: `dev.ledger`.",
    ),
    (
        "owe()",
        "`owe` takes a Ledger first, not nothing\n  Name one: `dev.ledger`.",
    ),
    (
        "owe(q.ledger, q, Kind.FILE, True)",
        "the claimant of `owe` takes a Node, not a Queue\n  Give a Node.",
    ),
    (
        "owe(q.ledger, n, True, True)",
        "the event of `owe` takes a Kind, not a bool\n  Write `Kind(...)`.",
    ),
    (
        "carry(q.ledger, n, Kind.FILE, True, by=n)",
        "the carrier of `carry` takes a Queue, not a Node\n  Give a Queue.",
    ),
    (
        "owe(q.ledger, q.head, Kind.FILE, True)",
        "`q.head` reads shared memory, which is a step, but ghost code takes none\n"
        "  Give `owe` a local, or the object itself and read it in a ghost procedure.",
    ),
    (
        "await_(got(q.ledger, q))",
        "`got` in a claim or an awaited condition, which only reads\n"
        "  Use what reads only: fields, atomic_read, list_empty, idr_find, list_length, live, is_locked.",
    ),
]

FIELDS = [
    (
        "ledger: Ledger[Node, Node, bool]",
        "the field `Queue.ledger` does not say how many events it holds\n  Write `= ledger(capacity=4)`.",
    ),
    (
        "ledger: Ledger[Node, Node, bool] = ledger(capacity=0)",
        "an option of the field `Queue.ledger` is 0\n  It must be at least 1.",
    ),
    (
        "ledger: Ledger[Node, int, bool] = ledger(capacity=1)",
        "the field `Queue.ledger` has int for its carriers, which is no Struct\n  Name a Struct.",
    ),
    (
        "ledger: Ledger[Node, Node, int] = ledger(capacity=1)",
        "the field `Queue.ledger` has int in its events\n"
        "  Use values: bool, Annotated[int, Range(0, 7)], Flags, Enum, a Struct.",
    ),
    (
        "ledger: Ledger = ledger(capacity=1)",
        "the field `Queue.ledger` does not say what it holds\n"
        "  Write `Ledger[Claimant, Carrier, int, ...]`: an event's values last.",
    ),
    (
        "head: Node = ledger(capacity=1)",
        "the field `Queue.head` is a Node, but `ledger` is for a Ledger",
    ),
]


def body(line: str) -> str:
    return f"{QUEUE}@model.procedure\ndef f(q: Queue, n: Node) -> None:\n    {line}\n"


def scenario(line: str) -> str:
    return (
        f"{QUEUE}@model.path\ndef f(q: Queue) -> None: pass\n@model.scenario\ndef s(m: Scenario) -> None:\n"
        f"    q, n = m.new(Queue), m.new(Node)\n    {line}\n    m.thread('t', f, q)\n"
    )


@pytest.mark.parametrize(("line", "form"), SAID)
def test_what_is_said_has_a_form(specs: Specs, line: str, form: str) -> None:
    name = line.partition("(")[0]
    assert specs.refusal(body(line)) == f"L6: `{name}` does not take these operands\n  Write `{form}`."


@pytest.mark.parametrize(("line", "message"), REFUSED)
def test_what_is_said_is_refused_with_a_reason(specs: Specs, line: str, message: str) -> None:
    assert specs.refusal(body(line)) == f"L6: {message}"


@pytest.mark.parametrize(("line", "message"), FIELDS)
def test_a_ledger_says_what_it_holds(specs: Specs, line: str, message: str) -> None:
    text = f"class Queue(Struct):\n    {line}\n@model.procedure\ndef f(q: Queue) -> None: pass"
    assert specs.refusal(text) == f"L2: {message}"


def test_what_is_said_takes_no_step(specs: Specs) -> None:
    text = body(
        "owe(q.ledger, n, Kind.FILE, True)\n    carry(q.ledger, n, Kind.FILE, True, by=q)\n    got(q.ledger, q)\n"
        "    forgive(q.ledger)"
    )
    assert specs.code(text) == (
        "0 owe(&q->ledger, n, 0, 1)\n1 carry(&q->ledger, n, 0, 1, q)\n2 got(&q->ledger, q)\n"
        "3 forgive_all(&q->ledger)\n4 return"
    )
    field = specs.program(text).structs["Queue"].field("ledger")
    assert field.ghost


def test_a_ledger_may_be_handed_to_a_procedure(specs: Specs) -> None:
    text = (
        QUEUE
        + "@model.ghost\ndef note(book: Ledger[Node, Queue, Kind, bool], n: Node) -> None:\n"
        + "    owe(book, n, Kind.FILE, True)\n"
        + "@model.procedure\ndef f(q: Queue, n: Node) -> None:\n    note(q.ledger, n)\n"
    )
    assert specs.code(text) == "0 call note(&q->ledger, n)\n1 return"
    assert specs.code(text, "note") == "0 owe(book, n, 0, 1)\n1 return"


def test_events_on_their_way_at_the_start(specs: Specs) -> None:
    setup = specs.setup(scenario("m.carry(q.ledger, n, Kind.FOLDER, True, by=q)"))
    assert setup.carried == (Carried(2, "ledger", 3, (1, 1), 2),)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "m.carry(q.head, n, Kind.FILE, True, by=q)",
            "`m.carry` takes a Ledger, not a Node\n  Give a Ledger, a claimant, an event and what carries it: "
            "`m.carry(dev.ledger, watch, 1, by=event)`.",
        ),
        (
            "m.carry(q.ledger, n, Kind.FILE, by=q)",
            "the event of `m.carry` has 1 values\n  Give these: Kind, bool.",
        ),
        (
            "m.carry(q.ledger, n, 3, True, by=q)",
            "the event of `m.carry` takes a Kind, not 3\n  Write `Kind.FILE` or another of its members.",
        ),
        (
            "m.carry(q.ledger, NULL, Kind.FILE, True, by=q)",
            "`m.carry` is given NULL\n  Give a Ledger, a claimant, an event and what carries it: "
            "`m.carry(dev.ledger, watch, 1, by=event)`.",
        ),
        (
            "for _ in range(3): m.carry(q.ledger, n, Kind.FILE, True, by=q)",
            "the ledger holds 2 events\n  Give it more room: `ledger(capacity=...)`.",
        ),
    ],
)
def test_what_is_on_its_way_must_fit(specs: Specs, line: str, message: str) -> None:
    assert specs.refusal(scenario(line), "s") == f"L9: {message}"
