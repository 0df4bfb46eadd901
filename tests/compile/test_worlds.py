"""Scenarios that the program writes: which there are, by hand and by count; their names; what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.compile import Worlds, Written, compile_model, load, lower_scenario
from lockmodel.compile.worlds import Tally, like, may_begin
from lockmodel.errors import LockmodelError, UsageError
from tests.compile.specs import Specs, relative

DOCUMENTS = str(Path(__file__).resolve().parents[2] / "specs" / "classic" / "documents.py")

PATHS = """\
@model.path
def f(n: Node, x: int) -> None: pass
@model.path
def g(n: Node) -> None: pass
"""
WORLD = """\
@model.world
def world(m: Scenario, pick: Pick) -> list[Node]:
    return [m.new(Node, value=1) for _ in range(pick.number("nodes", 1, 2))]
"""
ENTRY = """\
@model.entry
def enter(m: Scenario, world: list[Node], pick: Pick, thread: str) -> None:
    m.thread(thread, g, pick("node", world))
"""
EVERY = """\
model.every("pairs", of=2)
"""


def worlds_of(spec: str, **bounds: int) -> Worlds:
    model = load(spec)
    return Worlds(model, compile_model(model), bounds)


def names(scenarios: list[Written]) -> list[str]:
    return [one.name for one in scenarios]


def picked(specs: Specs, body: str, wanted: str = "", **bounds: int) -> list[str]:
    """What is picked in a world of this body, one thread in it: what stands in the names' brackets."""
    world = "@model.world\ndef world(m: Scenario, pick: Pick) -> None:\n" + "".join(
        f"    {line}\n" for line in body.splitlines()
    )
    entry = (
        "@model.entry\ndef enter(m: Scenario, world: None, pick: Pick, thread: str) -> None:\n"
        "    m.thread(thread, f, m.new(Node), 1)\n"
    )
    worlds = worlds_of(specs.spec(PATHS + world + entry + 'model.every("one", of=1)\n'), **bounds)
    scenarios = worlds.all()
    symmetric = worlds.tallies["one"].symmetric
    return [name.removeprefix("one/enter") for name in names(scenarios)] + ["..."] * symmetric


# --- which there are --------------------------------------------------------------------------------------------------


def test_pairs_on_one_document_and_on_two_are_those_counted_by_hand() -> None:
    """On one document: five pairs of reads, writes and deletes, of which a second delete is excluded.

    On two: of any two of these paths those with one document and those with two, and one of deletes-deletes; of each of
    them with a copy those with what it reads and those with what it writes to; of two copies those in the same way and
    those in opposite ways.
    """
    worlds = worlds_of(DOCUMENTS)
    scenarios = worlds.all()
    groups = {one.group: 0 for one in scenarios}
    for one in scenarios:
        groups[one.group] += 1
    assert groups == {
        "pairs/reads-reads": 3,
        "pairs/reads-writes": 3,
        "pairs/reads-copies": 2,
        "pairs/reads-deletes": 3,
        "pairs/writes-writes": 3,
        "pairs/writes-copies": 2,
        "pairs/writes-deletes": 3,
        "pairs/copies-copies": 2,
        "pairs/copies-deletes": 2,
        "pairs/deletes-deletes": 1,
    }
    assert worlds.tallies == {"pairs": Tally(24, 19, {"a document to copy to": 4, "name": 3})}


def test_each_group_is_looked_at_only_where_it_is_named() -> None:
    worlds = worlds_of(DOCUMENTS)
    assert worlds.like("triples/deletes-*") == []
    assert worlds.tallies == {"triples": Tally(0, 0, {"name": 7})}
    assert names(worlds.like("*-deletes*")) == [
        name for name in names(worlds_of(DOCUMENTS).all()) if "-deletes" in name
    ]


@pytest.mark.parametrize("wanted", ["triples", "triples/*", "triples*"])
def test_a_group_that_is_no_default_is_there_by_its_name(wanted: str) -> None:
    assert {one.group.partition("/")[0] for one in worlds_of(DOCUMENTS).like(wanted)} == {"triples"}
    assert len(worlds_of(DOCUMENTS).like(wanted)) == 59


def test_no_two_scenarios_have_one_name_and_each_is_found_by_it() -> None:
    scenarios = worlds_of(DOCUMENTS).all() + worlds_of(DOCUMENTS).like("triples")
    assert len({one.name for one in scenarios}) == len(scenarios)
    worlds = worlds_of(DOCUMENTS)
    for one in scenarios:
        (found,) = worlds.like(one.name)
        assert found == one
    assert worlds.tallies == {}


def test_a_name_is_found_whatever_the_bounds() -> None:
    wide = worlds_of(DOCUMENTS, documents=3).like("pairs/deletes-deletes")
    assert names(wide)[-1] == "pairs/deletes-deletes[documents=3,deletes1.name=#1,deletes2.name=#2]"
    assert worlds_of(DOCUMENTS).like(names(wide)[-1]) == [wide[-1]]


def test_one_that_is_like_another_one_can_still_be_named() -> None:
    (one,) = worlds_of(DOCUMENTS).like("pairs/reads-reads[documents=2,reads1.document=#2,reads2.document=#1]")
    assert [thread.arguments[0].value for thread in one.setup.threads] != []


@pytest.mark.parametrize(
    "name",
    [
        "pairs/reads-reads[documents=2,reads1.document=#3,reads2.document=#1]",
        "pairs/reads-reads[documents=2,reads1.document=#2]",
        "pairs/reads-reads[documents=1,reads1.document=#1,reads2.document=#1]",
        "pairs/reads-reads[documents=2,reads1.document=#1,reads2.document=#1,more=1]",
        "pairs/reads-reads[documents=0]",
        "pairs/deletes-deletes[documents=1]",
        "pairs/reads",
        "trios",
    ],
)
def test_a_name_that_no_answers_make_is_none(name: str) -> None:
    assert worlds_of(DOCUMENTS).like(name) == []


def test_a_bound_is_for_every_pick_of_its_label() -> None:
    """On three documents: 11 pairs without a copy; 9 with one, of whose documents the other path has either or the
    third; and two copies share both in the same way or in opposite ways, or one of them in three.
    """
    assert len(worlds_of(DOCUMENTS, documents=1).all()) == 5
    more = worlds_of(DOCUMENTS, documents=3)
    assert len([name for name in names(more.all()) if "documents=3" in name]) == 25


def test_a_bound_that_nobody_asks_for_is_refused() -> None:
    worlds = worlds_of(DOCUMENTS, document=1)
    worlds.like("pairs/reads-reads")
    with pytest.raises(UsageError) as caught:
        worlds.check_bounds()
    assert str(caught.value) == "the model documents has no bound `document`\n  Did you mean `documents`?"


def test_a_bound_of_what_was_not_looked_at_is_known_all_the_same(specs: Specs) -> None:
    body = (
        PATHS
        + WORLD
        + ENTRY
        + (
            "@model.entry\n"
            "def other(m: Scenario, world: list[Node], pick: Pick, thread: str) -> None:\n"
            '    m.thread(thread, f, world[0], pick.number("x", 1, 2))\n'
        )
        + EVERY
    )
    worlds = worlds_of(specs.spec(body), x=1)
    assert len(worlds.like("pairs/enter-enter")) == 3
    worlds.check_bounds()


def test_objects_nobody_comes_to_count_too(specs: Specs) -> None:
    """A claim is judged for each of them, so that none is left out."""
    worlds = worlds_of(specs.spec(PATHS + WORLD + ENTRY + 'model.every("one", of=1)\n'))
    assert names(worlds.all()) == ["one/enter[nodes=1]", "one/enter[nodes=2,enter.node=#1]"]


# --- what is picked ---------------------------------------------------------------------------------------------------


def test_answers_come_in_their_order_the_last_question_changing_first(specs: Specs) -> None:
    assert picked(specs, 'a = m.new(Node, value=pick.number("a", 1, 2), total=pick("b", (5, 3)))') == [
        "[a=1,b=5]", "[a=1,b=3]", "[a=2,b=5]", "[a=2,b=3]",
    ]  # fmt: skip


def test_subsets_are_small_first_and_bounded(specs: Specs) -> None:
    body = 'n = pick.subset("some", (1, 2, 4), at_most=2)\nm.new(Node, value=sum(n))'
    assert picked(specs, body) == [
        "[some=none]", "[some=1]", "[some=2]", "[some=4]", "[some=1+2]", "[some=1+4]", "[some=2+4]",
    ]  # fmt: skip
    assert picked(specs, body, some=1) == ["[some=none]", "[some=1]", "[some=2]", "[some=4]"]
    assert picked(specs, body, some=3)[-1] == "[some=1+2+4]"
    assert picked(specs, body, some=9) == picked(specs, body, some=3)


def test_orders_are_all_orders(specs: Specs) -> None:
    body = 'n = pick.order("way", ["a", "b", "c"])\nm.new(Node, value=["a", "b", "c"].index(n[0]))'
    assert picked(specs, body) == ["[way=a+b+c]", "[way=b+a+c]", "[way=c+a+b]", "...", "...", "..."]


def test_what_is_picked_has_a_text_in_names(specs: Specs) -> None:
    body = """\
a, b = m.new(Node, "a", value=1), m.new(Node, value=2)
class Odd: pass
n = pick("n", [a, b, (a, 1), Mode.READ, Mode.READ | Mode.WRITE, True, None, "word", b.sem, Odd()])
m.new(Node, total=0)"""
    shown = [name for name in picked(specs, body) if name != "..."]
    assert shown == ["[n=a]"]
    assert picked(specs, body.replace("total=0", "total=1") + '\npick("z", (1,))') == ["[n=a]"] + ["..."] * 9


def test_a_pick_that_leaves_no_choice_is_not_told(specs: Specs) -> None:
    assert picked(specs, 'pick("one", ["x"])\npick.order("way", [1])\npick.number("n", 1, 1)') == [""]


def test_a_number_is_told_unless_it_is_the_only_one_of_the_spec(specs: Specs) -> None:
    body = 'm.new(Node, value=pick.number("n", 1, 1))\nm.new(Node, value=pick.number("k", 1, 2))'
    assert picked(specs, body) == ["[k=1]", "[k=2]"]
    assert picked(specs, body, k=1) == ["[k=1]"]
    assert picked(specs, body, n=2, k=1) == ["[k=1]", "[n=2,k=1]"]


def test_what_is_required_is_counted_by_its_reason(specs: Specs) -> None:
    world = WORLD.replace("return [", 'pick.require(pick.number("extra", 0, 2) < 2, "not too many")\n    return [')
    entry = ENTRY.replace("m.thread", "pick.require(len(world) > 1)\n    m.thread")
    worlds = worlds_of(specs.spec(PATHS + world + entry + EVERY))
    worlds.all()
    assert worlds.tallies["pairs"].excluded == {"what `enter` requires": 2, "not too many": 1}


def test_who_shares_and_who_excludes(specs: Specs) -> None:
    entries = """\
@model.entry
def first(m: Scenario, world: list[Node], pick: Pick, thread: str) -> None:
    m.shares("file", world[0])
    m.excludes("own", world[0])
    m.shares("own", world[0])
    m.thread(thread, g, world[0])
@model.entry
def second(m: Scenario, world: list[Node], pick: Pick, thread: str) -> None:
    m.excludes("file", world[-1])
    m.thread(thread, f, world[0], 1)
"""
    worlds = worlds_of(specs.spec(PATHS + WORLD + entries + EVERY))
    assert names(worlds.all()) == ["pairs/first-second[nodes=2]"]
    # first-first: own, on one node and on two; second-second: file, both times; first-second: file, on one node
    assert worlds.tallies["pairs"].excluded == {"own": 2, "file": 3}


def test_the_world_holds_as_well(specs: Specs) -> None:
    world = WORLD.replace("    return", '    m.shares("boot")\n    return')
    entry = ENTRY.replace("    m.thread", '    m.excludes("boot")\n    m.thread')
    worlds = worlds_of(specs.spec(PATHS + world + entry + 'model.every("one", of=1)\n'))
    assert worlds.all() == []
    assert worlds.tallies["one"].excluded == {"boot": 3}


def test_groups_of_some_entries_and_of_given_combinations(specs: Specs) -> None:
    entries = ENTRY + ENTRY.replace("enter", "b") + ENTRY.replace("enter", "c")
    every = 'model.every("some", of=2, entries=["c", "b"])\nmodel.every("these", of=3, entries=[("c", "enter", "c")])\n'
    worlds = worlds_of(specs.spec(PATHS + WORLD + entries + every), nodes=1)
    assert names(worlds.all()) == [
        "some/c-c[nodes=1]", "some/c-b[nodes=1]", "some/b-b[nodes=1]", "these/c-enter-c[nodes=1]",
    ]  # fmt: skip
    assert [thread.name for thread in worlds.all()[-1].setup.threads] == ["c 1", "enter", "c 2"]


def test_the_doc_of_a_scenario_is_those_of_its_entries() -> None:
    (one,) = worlds_of(DOCUMENTS).like(
        "pairs/copies-copies[documents=2,copies1.documents_in_order=#1+#2,copies2.documents_in_order=#2+#1]"
    )
    assert one.doc == "One document is copied to another one. One document is copied to another one."


def test_switches_are_what_the_program_has(specs: Specs) -> None:
    world = 'two = model.switch("two", False, "two nodes")\n' + WORLD.replace(
        'pick.number("nodes", 1, 2)', "1 + bool(two)"
    )
    model = load(specs.spec(PATHS + world + ENTRY + EVERY))
    assert len(Worlds(model, compile_model(model, None, {"two": "on"}), {}).all()) == 2
    assert len(Worlds(model, compile_model(model), {}).all()) == 1


@pytest.mark.parametrize(
    ("title", "pattern", "expected"),
    [
        ("pairs/a-b", "*", True),
        ("pairs/a-b", "pairs/a-b", True),
        ("pairs/a-b", "pairs/a-b[n=1,*", True),
        ("pairs/a-b", "pairs/a-*", True),
        ("pairs/a-b", "*/a-b*", True),
        ("pairs/a-b", "*=#2]", True),
        ("pairs/a-b", "*[n=1*", True),
        ("pairs/a-b", "pairs/a-c*", False),
        ("pairs/a-b", "*/b*", True),
        ("pairs/a-b", "pairs/a", False),
        ("pairs/a-b", "pairs/a-bc*", False),
        ("pairs/a-b", "triples/*", False),
    ],
)
def test_entries_that_a_pattern_cannot_name_are_known(title: str, pattern: str, expected: bool) -> None:
    assert may_begin(title, pattern) == expected


def test_a_star_is_all_that_means_something_in_a_pattern() -> None:
    assert like("a/b[n=1]", "a/b[n=*]")
    assert not like("a/bn", "a/b[n]")
    assert not like("a/b", "a/?")


# --- what they start from ---------------------------------------------------------------------------------------------

COUNTS = """\
class Held(Struct):
    count: RefCount
    seen: Atomic = atomic(0, 3)
    at: ListEntry
class Holder(Struct):
    one: Held = field(counted="count")
    all: ListHead[Held] = list_of("at", counted="count")
@model.path
def h(held: Held) -> None: pass
@model.scenario
def s(m: Scenario) -> None:
    held = m.new(Held, "held", count=REFERENCES, seen=REFERENCES)
    a, b = m.new(Holder, one=held), m.new(Holder, one=held)
    m.link(held.at, a.all)
    m.keep(held)
    m.hold(held.count)
    m.hold(held.seen)
    m.thread("t", h, held)
"""


def test_references_are_counted_with_lists_with_keeps_and_with_holds(specs: Specs) -> None:
    (held,) = (item for item in specs.setup(COUNTS).objects if item.name == "held")
    assert dict(held.values) == {"count": 5, "seen": 1}


def test_a_hold_adds_to_a_number(specs: Specs) -> None:
    setup = specs.setup(COUNTS.replace("seen=REFERENCES", "seen=2").replace("count=REFERENCES, ", "count=1, "))
    (held,) = (item for item in setup.objects if item.name == "held")
    assert dict(held.values) == {"count": 2, "seen": 3}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "seen=REFERENCES",
            "seen=3",
            "L12: the field `seen` of held is 4, with all that hold it, outside of its range 0..3\n"
            "  Widen the range where it is declared.",
        ),
        (
            "m.hold(held.seen)",
            "m.hold(held)",
            "L17: what `m.hold` takes is no member of an object\n  Give a count: `m.hold(dev.count)`.",
        ),
        (
            "m.hold(held.seen)",
            "m.hold(held.at)",
            "L17: `m.hold` takes a RefCount or an Atomic, not a ListEntry\n  Give a count: `m.hold(dev.count)`.",
        ),
    ],
)
def test_what_cannot_be_held_is_refused(specs: Specs, old: str, new: str, message: str) -> None:
    assert specs.refusal(COUNTS.replace(old, new), "s") == message


def test_a_global_object_has_no_references_to_count(specs: Specs) -> None:
    assert specs.refusal('shared = model.object(Node, "shared", count=REFERENCES)') == (
        "L1: the field `count` of shared is REFERENCES, which a global object cannot have\n  Give it a number."
    )


def test_a_written_scenario_is_lowered_already() -> None:
    model = load(DOCUMENTS)
    program = compile_model(model)
    one = Worlds(model, program, {}).all()[0]
    assert lower_scenario(model, one, program) is one.setup
    assert one.setup.name == one.name


# --- what is refused --------------------------------------------------------------------------------------------------

ALL = PATHS + WORLD + ENTRY + EVERY

REFUSED = [
    (
        ALL.replace("@model.world\n", ""),
        "L10: there is no world for the scenarios of `pairs`\n"
        "  Write a function that builds one, under `@toy.world`.",
    ),
    (
        ALL.replace("@model.entry\n", ""),
        "L10: there is no entry for the scenarios of `pairs`\n  Write one under `@toy.entry`.",
    ),
    (ALL + WORLD, "L12: there are two worlds (before: L5)\n  Keep one of them: a pick can say which it is."),
    (ALL + ENTRY, "L12: there are two entries named enter\n  Rename one of them."),
    (ALL + EVERY, "L12: there are two groups named pairs\n  Rename one of them."),
    (
        ALL.replace("of=2", 'of=2, entries=["entre"]'),
        "L11: the group `pairs` names the entry entre\n  Did you mean `enter`?",
    ),
    (
        ALL.replace("of=2", 'of=3, entries=[("enter", "enter")]'),
        "L11: the group `pairs` is of 3 entries each, and (enter, enter) are 2\n  Give each combination as many.",
    ),
    (
        ALL.replace("of=2", "of=2, entries=[]"),
        "L11: the group `pairs` has no entries\n  Leave `entries` out for all of them.",
    ),
    (ALL.replace("of=2", "of=0"), "L11: `of` of `pairs` is 0\n  It must be at least 1."),
    (
        ALL.replace('"pairs"', '"a/b"'),
        'L11: the group "a/b" has a name that no target can have\n  Use letters and digits.',
    ),
    (
        ALL.replace('m.thread(thread, g, pick("node", world))', "pass"),
        "L8: the entry `enter` begins no thread, where one named `enter 1` was asked for\n"
        "  Write `m.thread(thread, path, ...)` in it, once.",
    ),
    (
        ALL.replace("m.thread(thread", 'm.thread("other"'),
        "L8: the entry `enter` begins threads named other, where one named `enter 1` was asked for\n"
        "  Write `m.thread(thread, path, ...)` in it, once.",
    ),
    (
        ALL.replace('pick("node", world)', 'pick("node", [])'),
        'L10: there is nothing to pick for "node"\n  Say when that is: `pick.require(devices)`.',
    ),
    (
        ALL.replace('pick("node", world)', 'pick("node", set(world))'),
        'L10: what is picked for "node" is a set, which has no order\n  Give a list or a tuple.',
    ),
    (
        ALL.replace('pick("node", world)', 'pick(1, world)'),
        "L10: the label of a pick is 1\n  Write `pick(\"device\", devices)`.",
    ),
    (
        ALL.replace('pick("node", world)', 'pick("nodes", world)'),
        'L10: the label "nodes" is asked for one of several here, and elsewhere for a number\n'
        "  Give one of them another label.",
    ),
    (
        ALL.replace('pick("node", world)', 'pick("node", world * 2)'),
        'L10: two of what is picked for "enter1.node" are told as `#1`\n'
        "  Let them differ: names of scenarios tell what was picked.",
    ),
    (
        ALL.replace('g, pick("node", world)', 'g, (pick("node", world), pick("node", world))[0]'),
        'L10: the label "node" is asked for twice by `enter 1`\n'
        '  Number the labels: `pick(f"mask{n}", masks)`.',
    ),
    (
        ALL.replace('"nodes", 1, 2', '"nodes", 2, 1'),
        'L7: "nodes" is a number from 2 to 1: there is none\n  Turn them round.',
    ),
    (
        ALL.replace('"nodes", 1, 2', '"nodes", 1, None'),
        'L7: a bound of "nodes" is None\n  Give two whole numbers.',
    ),
    (
        ALL.replace('pick.number("nodes", 1, 2)', 'len(pick.subset("nodes", [1], at_least=2))'),
        'L7: there is no subset for "nodes" of at least 2 and at most 1 items\n  Ask for fewer.',
    ),
    (
        ALL.replace("value=1", "value=1 // 0"),
        "L7: the world raised ZeroDivisionError: integer division or modulo by zero",
    ),
    (
        ALL.replace("thread, g, pick", "thread, g, len, pick"),
        "L10: the thread `enter 1` gives 2 arguments to `g`, which takes 1\n  It is declared as `g(n)` (L4).",
    ),
    (
        ALL.replace(
            "    return [",
            '    model.calls = getattr(model, "calls", 0) + 1\n    pick("way", range(model.calls))\n    return [',
        ),
        'L8: "way" is asked for with 2 answers, after the same answers as before, when it was "way" with 1\n'
        "  Let what is asked depend on nothing but what was picked before.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_what_cannot_be_enumerated_is_refused_with_its_place(specs: Specs, body: str, message: str) -> None:
    with pytest.raises(LockmodelError) as caught:
        worlds_of(specs.spec(body)).all()
    assert relative(str(caught.value)) == message


@pytest.mark.parametrize("least", ["number", "subset"])
def test_a_bound_below_the_least_is_refused(specs: Specs, least: str) -> None:
    pick = 'pick.number("n", 2, 3)' if least == "number" else 'pick.subset("n", (1, 2, 3), at_least=2)'
    with pytest.raises(UsageError) as caught:
        picked(specs, pick, n=1)
    assert str(caught.value) == "the bound `n` is 1, and the spec asks for 2 at least\n  Give 2 or more."
