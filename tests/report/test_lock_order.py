"""The lock order as a graph and as a table."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import msgspec
import pytest

from lockmodel.findings.finding import CheckResult, LockClass, Order, OrderEdge, OrderVerdict
from lockmodel.report.dot import to_dot
from lockmodel.report.graphs import render
from lockmodel.report.lock_order import OrderTable, lock_order_diagram, lock_order_text, order_table
from tests.report import samples


def edge(outer: str, inner: str, line: int, mode_outer: str = "write", mode_inner: str = "write") -> OrderEdge:
    return OrderEdge(outer, inner, f"specs/inotify.py:{line}", None, mode_outer, mode_inner, ["process"])


def result(order: Order) -> CheckResult:
    return msgspec.structs.replace(samples.everything(), order=order)


def all_of_it() -> Order:
    return Order(
        [
            edge("Inode.sem", "Device.sem", 206),
            msgspec.structs.replace(edge("Device.sem", "queue", 210), contexts=["process", "softirq"], places=3),
            edge("queue", "Inode.sem", 220),
            edge("Super.lock", "Inode.sem", 230, "read"),
            edge("Super.lock", "Inode.sem", 231),
            edge("spare", "other", 240),
            edge("other", "spare", 241),
        ],
        [["Device.sem", "queue", "Inode.sem"], ["other", "spare"]],
        judged=[
            OrderVerdict("LM202", "Device.sem -> queue -> Inode.sem -> Device.sem",
                         ["Device.sem", "queue", "Inode.sem"], "not-examined", "too many states"),
            OrderVerdict("LM202", "other -> spare -> other", ["other", "spare"], "unreachable", "gate lock big"),
        ],
        declared=[["Super.lock", "Inode.sem", "Device.sem"], ["Inode.sem", "queue"], ["big", "Super.lock"]],
        notes=["specs/inotify.py:9: the hierarchy puts Inode.sem below the spinlock Super.lock"],
        classes=[
            *(LockClass(name, "mutex", True) for name in ("big", "other", "spare", "unused")),
            LockClass("Device.sem", "semaphore", True),
            LockClass("Inode.sem", "semaphore", True),
            LockClass("Super.lock", "rwlock", False),
            LockClass("queue", "spinlock", False),
        ],
    )  # fmt: skip


def test_the_dot_and_the_table_are_their_golden_files(golden: Callable[[str, str | bytes], None]) -> None:
    table = order_table(result(all_of_it()))
    golden("report/lock_order.dot", to_dot(lock_order_diagram(table)))
    golden("report/lock_order.txt", lock_order_text(table))


def test_each_order_is_held_against_what_is_declared_and_what_follows_from_it() -> None:
    table = order_table(result(all_of_it()))
    assert {(row.outer, row.inner): row.relation for row in table.orders} == {
        ("Device.sem", "queue"): "on a cycle",
        ("Inode.sem", "Device.sem"): "on a cycle",
        ("Super.lock", "Inode.sem"): "as declared",
        ("other", "spare"): "on a cycle that cannot block",
        ("queue", "Inode.sem"): "against the declared order",
        ("spare", "other"): "on a cycle that cannot block",
    }
    assert table.unseen == [["Inode.sem", "queue"], ["big", "Super.lock"]]
    assert "unused" not in {its.name for its in table.classes}


def test_what_follows_from_a_declaration_counts_as_declared() -> None:
    order = Order([edge("a", "c", 1), edge("c", "a", 2), edge("d", "a", 3)], [], declared=[["a", "b"], ["b", "c"]])
    assert [row.relation for row in order_table(result(order)).orders] == [
        "as declared",
        "against the declared order",
        "not declared",
    ]


def test_where_nothing_is_declared_nothing_is_said_of_it() -> None:
    table = order_table(result(Order([edge("a", "b", 1)], [])))
    assert [row.relation for row in table.orders] == ["seen"]
    assert "declared: nothing" in lock_order_text(table)


def test_scenarios_that_were_not_searched_to_the_end_are_named() -> None:
    assert order_table(result(all_of_it())).unfinished == ["five_threads"]


def test_modes_of_one_order_share_an_arrow() -> None:
    row = next(row for row in order_table(result(all_of_it())).orders if row.outer == "Super.lock")
    assert row.modes == ["", "write under read"]


def test_the_table_is_json_and_back() -> None:
    table = order_table(result(all_of_it()))
    assert msgspec.json.decode(msgspec.json.encode(table), type=OrderTable) == table


@pytest.mark.parametrize("name", ['a:n "b" \\N', "<b>x</b>", "größe & co"])
def test_names_that_mean_something_in_dot_stay_names(name: str) -> None:
    svg = render(
        lock_order_diagram(order_table(result(Order([edge(name, "b", 1)], [], declared=[[name, "b"]])))), "svg"
    )
    texts = [
        (element.text or "").replace("\xa0", " ")
        for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert name in texts
