"""A diagram in every format: what programs read back is what was written, whatever names there are."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import networkx
import pygraphviz
import pytest
from msgspec.structs import replace

from lockmodel.findings.finding import Finding, Heap, HeapLink, HeapObject, Protection
from lockmodel.report.diagram import Diagram, as_networkx
from lockmodel.report.dot import to_dot
from lockmodel.report.graphs import render
from lockmodel.report.heap import heap_diagram
from lockmodel.report.mermaid import escape, to_mermaid
from lockmodel.report.protection import protection_diagram
from lockmodel.report.sequence import to_sequence
from lockmodel.report.steps import steps_diagram
from lockmodel.report.vector import SVG
from lockmodel.report.wait_for import wait_for_diagram
from lockmodel.report.wrapping import printable
from tests.report import samples

Golden = Callable[[str, str | bytes], None]

ODD = [
    "a \"b\" 'c'",
    "<b>&amp;</b>",
    "back\\slash \\N",
    "two\nlines",
    "größe 大きさ",
    "#35; end;",
    "`end`",
    "%%{init}%%",
    "1. -",
    "\x00\ufffe",
    "long_" * 40,
]


def named(name: str) -> Finding:
    """A deadlock in which everything has this name."""
    finding = samples.philosophers()
    waiting = [replace(finding.waiting[0], thread=name, wants=name, held_by=None), *finding.waiting[1:]]
    steps = [replace(step, thread=name, operation=name, detail=name) for step in finding.steps]
    return replace(finding, message=name, threads=[name], waiting=waiting, steps=steps)


def heap(name: str) -> Diagram:
    item, field = HeapObject(name, "freed", [name]), HeapLink(name, name, name, "field")
    return heap_diagram(Heap(1, 1, [item], [field], [name], [name]), named(name), name)


def fields() -> list[Protection]:
    return [
        Protection("Door.locked", "lock", "locked", ["lock"], [], [], [], []),
        Protection("Door.open", None, "locked", ["lock"], [], [], [], []),
        Protection("Door.bare", None, "unprotected", [], [], [], [], []),
        Protection("Door.read", None, "locked-writes", ["lock"], [], [], [], []),
        Protection("total", None, "atomic", [], [], [], [], []),
    ]


def diagrams(name: str) -> list[Diagram]:
    finding = named(name)
    protections = [Protection(f"{name}.x", None, "locked", [name], [], [], [], [])]
    return [
        wait_for_diagram(finding, name),
        steps_diagram(finding, name),
        heap(name),
        protection_diagram(protections, name),
    ]


@pytest.mark.parametrize("name", ODD)
def test_graphml_opens_again_with_all_that_was_told(name: str) -> None:
    for diagram in diagrams(name):
        again = networkx.read_graphml(io.BytesIO(render(diagram, "graphml")), force_multigraph=True)
        graph = as_networkx(diagram)
        assert list(again.nodes(data=True)) == list(graph.nodes(data=True))
        assert [edge[:2] for edge in again.edges] == [edge[:2] for edge in graph.edges]
        assert [told for _, _, told in again.edges(data=True)] == [
            {**told, **({"id": str(key)} if "id" in next(iter(again.edges(data=True)))[2] else {})}
            for _, _, key, told in graph.edges(keys=True, data=True)
        ]
        assert again.graph["title"] == graph.graph["title"]


@pytest.mark.parametrize("name", ODD)
def test_dot_is_parsed_again(name: str) -> None:
    for diagram in diagrams(name):
        again = pygraphviz.AGraph(string=to_dot(diagram))
        assert sorted(again.nodes()) == sorted(node.name for node in diagram.nodes)
        assert sorted(again.edges()) == sorted((edge.source, edge.target) for edge in diagram.edges)


@pytest.mark.parametrize("name", ODD)
def test_svg_is_xml_with_a_title_and_a_description_and_no_name_is_markup(name: str) -> None:
    for diagram in diagrams(name):
        root = ElementTree.fromstring(render(diagram, "svg"))
        assert root[0].tag == f"{{{SVG}}}title"
        assert root[0].text == printable(diagram.title)
        assert root[1].tag == f"{{{SVG}}}desc"
        assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
            "svg", "title", "desc", "style", "g", "polygon", "path", "text", "ellipse", "polyline",
        }  # fmt: skip
        assert "n0" not in [element.text for element in root.iter(f"{{{SVG}}}title")]


LABEL = r'"(?:[^"`<>&;]|#\d+;|<br/>)*"'
"""In quotes, and in them nothing that Mermaid or HTML would take for its own."""

NODE = rf"(?:\[|\(|\(\[|\{{\{{|\[\[){LABEL}(?:\]|\)|\]\)|\}}\}}|\]\]):::look\d+"

FLOWCHART = [
    r"    acc(Title|Descr): (?:[^;<>\"`]|#\d+;)*",
    rf"    (?:    )?(\w+){NODE}",
    rf"    subgraph g\d+\[{LABEL}\]",
    r"    end",
    rf"    (\w+) (?:-->|-\.->|==>)(?:\|{LABEL}\|)? (\w+)",
    r"    classDef look\d+ fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#[0-9a-f]{6},stroke-width:[\d.]+px\S*( \d)?",
    r"    linkStyle \d+(,\d+)* stroke:#[0-9a-f]{6},stroke-width:[\d.]+px",
]


@pytest.mark.parametrize("name", ODD)
def test_a_flowchart_has_no_line_but_those_that_mermaid_knows(name: str) -> None:
    for diagram in diagrams(name):
        begin, title, end, kind, *lines = to_mermaid(diagram).splitlines()
        assert (begin, end, kind in ("flowchart TB", "flowchart LR")) == ("---", "---", True)
        assert title.startswith('title: "')
        unknown = [line for line in lines if not any(re.fullmatch(form, line) for form in FLOWCHART)]
        assert unknown == []
        nodes = [found[1] for line in lines if (found := re.fullmatch(FLOWCHART[1], line))]
        assert sorted(nodes) == sorted(node.name for node in diagram.nodes)
        assert sum(line.startswith("    subgraph") for line in lines) == lines.count("    end")


SEQUENCE = [
    r"    acc(Title|Descr): (?:[^;<>\"`]|#\d+;)*",
    r"    participant t\d+ as (?:[^;<>\"`]|#\d+;)+",
    r"    Note over t\d+: (?:[^;<>\"`]|#\d+;|<br/>)+",
    r"    t\d+-->>t\d+: (?:[^;<>\"`]|#\d+;)+",
    r"    loop (?:[^;<>\"`]|#\d+;)+",
    r"    rect rgba\(179, 18, 29, 0.18\)",
    r"    end",
]


@pytest.mark.parametrize("name", ODD)
def test_a_sequence_has_no_line_but_those_that_mermaid_knows(name: str) -> None:
    lines = to_sequence(named(name), name).splitlines()[4:]
    assert [line for line in lines if not any(re.fullmatch(form, line) for form in SEQUENCE)] == []
    assert sum(line.startswith(("    rect", "    loop")) for line in lines) == lines.count("    end")


def test_a_name_that_means_something_to_mermaid_is_written_as_entities() -> None:
    assert escape('a "b" <c> #d; end of_it') == "a #34;b#34; #60;c#62; #35;d#59; #101;nd of_it"
    assert escape("__init__ [0] *x*") == "_#95;init_#95; #91;0#93; #42;x#42;"
    assert escape("1. one") == "1#46; one"
    assert escape("- one") == "#45; one"
    assert escape("append, ended, watch#1.count -> 2") == "append, ended, watch#35;1.count -#62; 2"


def test_the_sequences_of_the_samples_are_their_golden_files(golden: Golden) -> None:
    golden("report/null_dereference.mmd", to_sequence(samples.null_dereference(), "rm_watch-umount"))
    golden("report/philosophers.mmd", to_sequence(samples.philosophers(), "table"))


def test_a_lock_that_goes_from_one_thread_to_another_is_a_message() -> None:
    lines = to_sequence(samples.null_dereference(), "rm_watch-umount").splitlines()
    handed = next(line for line in lines if "-->>" in line)
    assert handed == "    t0-->>t1: device#35;1.sem handed over"


def test_a_round_that_goes_on_for_ever_is_a_loop() -> None:
    finding = replace(samples.race(), loop_from=2)
    lines = to_sequence(finding, "two").splitlines()
    assert f"    loop steps 2 to {len(finding.steps)}, again and again" in lines
    graph = as_networkx(steps_diagram(finding, "two"))
    assert (f"s{len(finding.steps)}", "s2") in [
        (one, other) for one, other, told in graph.edges(data=True) if told["kind"] == "again"
    ]


def test_the_steps_of_a_witness_are_in_their_order_in_the_frames_of_their_threads() -> None:
    finding = samples.null_dereference()
    diagram = steps_diagram(finding, "rm_watch-umount")
    assert [node.group for node in diagram.nodes] == [step.thread for step in finding.steps]
    graph = as_networkx(diagram)
    assert {told["kind"] for _, _, told in graph.edges(data=True)} == {"then", "switch", "handed over"}
    assert [number for number, told in graph.nodes(data=True) if told["breaks"]] == [f"s{len(finding.steps)}"]


def test_fields_that_are_protected_alike_are_one_box() -> None:
    diagram = protection_diagram(fields(), "door.py")
    told = {node.lines: (node.group, node.data["kind"]) for node in diagram.nodes}
    assert told == {
        ("locked", "open"): ("Door", "field"),
        ("lock",): ("Door", "lock"),
        ("bare", "(by nothing)"): ("Door", "field"),
        ("read", "(under lock for writing, read without it in 0", "  places)"): ("Door", "field"),
        ("total", "(atomic)"): ("", "field"),
    }
    assert diagram.findings == ("by nothing: 1 field (red, a thick frame)",)


def test_every_edge_leads_to_a_node_that_there_is() -> None:
    for diagram in [*diagrams("a"), protection_diagram(fields(), "door.py")]:
        names = {node.name for node in diagram.nodes}
        assert len(names) == len(diagram.nodes)
        assert all({edge.source, edge.target} <= names for edge in diagram.edges)
