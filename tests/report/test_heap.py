"""The heap at one step of a witness."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import msgspec
import pytest

from lockmodel.check import CheckOptions, check, heap
from lockmodel.errors import UsageError
from lockmodel.findings.finding import Finding, Heap, HeapLink, HeapObject
from lockmodel.report.graphs import render
from lockmodel.report.heap import heap_diagram
from tests.engine.machines import write_machine
from tests.report import samples

FREES = """
@model.path
def first(box: Box, item: Item) -> None:
    mutex_lock(box.mutex)
    list_add_tail(item.link, box.items)
    mutex_unlock(box.mutex)


@model.path
def second(box: Box) -> None:
    made = kmem_cache_alloc(items, GFP_KERNEL)
    kmem_cache_free(items, made)
    kmem_cache_free(items, made)
"""


@pytest.fixture
def found(tmp_path: Path) -> tuple[str, Finding]:
    scenario = "m.thread('one', first, box, item)\nm.thread('two', second, box)"
    spec = str(write_machine(tmp_path, FREES, scenario))
    findings = check(CheckOptions(spec)).result.scenarios[0].findings
    return spec, next(finding for finding in findings if finding.rule == "LM304")


def test_a_freed_object_is_still_referred_to(found: tuple[str, Finding]) -> None:
    spec, finding = found
    at_the_end = heap(spec, finding.schedule)
    assert at_the_end.step == at_the_end.steps == len(finding.steps)
    freed = [item for item in at_the_end.objects if item.status == "freed"]
    assert [item.name for item in freed] == finding.objects
    assert HeapLink("two", freed[0].name, "made", "local") in at_the_end.links


def test_before_the_first_step_there_is_what_the_scenario_made(found: tuple[str, Finding]) -> None:
    spec, finding = found
    at_first = heap(spec, finding.schedule, 0)
    assert [item.name for item in at_first.objects] == ["box#1", "item#1"]
    assert at_first.links == [
        HeapLink("one", "box#1", "box", "local"),
        HeapLink("one", "item#1", "item", "local"),
    ]


def test_a_step_that_is_not_there_is_refused(found: tuple[str, Finding]) -> None:
    spec, finding = found
    with pytest.raises(UsageError) as caught:
        heap(spec, finding.schedule, 99)
    assert str(caught.value) == f"--step: there is no step 99\n  The schedule has {len(finding.steps)} steps."


def test_a_held_lock_leads_from_the_thread_to_its_object() -> None:
    root = Path(__file__).parents[2]
    spec = str(root / "specs/classic/abba.py")
    finding = next(one for one in check(CheckOptions(spec)).result.scenarios[0].findings if one.rule == "LM101")
    at_the_end = heap(spec, finding.schedule)
    assert [link for link in at_the_end.links if link.kind == "lock"] == [
        HeapLink("forth", "a", "", "lock"),
        HeapLink("back", "b", "", "lock"),
    ]
    assert at_the_end.objects == [HeapObject("a", "live", ["held"]), HeapObject("b", "live", ["held"])]


def test_names_that_mean_something_in_dot_or_html_stay_names() -> None:
    name = 'a:n <b> & "ü" \\N'
    drawn = Heap(1, 2, [HeapObject(name, "freed", [name])], [HeapLink(name, name, name, "local")], [name], [""])
    finding = msgspec.structs.replace(samples.race(), message=name)
    svg = render(heap_diagram(drawn, finding, name), "svg")
    texts = [
        (element.text or "").replace("\xa0", " ")
        for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert texts.count(name) >= 3
    assert f"{name} (freed)" in texts
