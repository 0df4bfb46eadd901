"""What is left over at the end, and what only looks so."""

from __future__ import annotations

from pathlib import Path

from lockmodel.check import CheckOptions, check
from tests.engine.machines import rules

NODES = """\
from __future__ import annotations

from lockmodel import *

model = Model("nodes")


class Node(Struct):
    following: Node


root = model.object(Node, "root")
nodes = model.cache(Node, capacity=1)


@model.path
def hang(lost: bool) -> None:
    node = kmem_cache_zalloc(nodes, GFP_KERNEL)
    root.following = node
    if lost:
        root.following = NULL


@model.path
def free(node: Node) -> None:
    kfree(node)


@model.scenario(lost=(False, True))
def scenario(m: Scenario, lost: bool) -> None:
    m.thread("t0", hang, lost)
"""


def test_what_a_global_object_leads_to_is_no_leak_nor_is_it_itself(tmp_path: Path) -> None:
    path = tmp_path / "nodes.py"
    path.write_text(NODES)
    kept, lost = check(CheckOptions(str(path))).result.scenarios
    assert (kept.verdict, rules(lost)) == ("verified", ["LM403"])
    assert [finding.objects for finding in lost.findings] == [["node#t0.1"]]
