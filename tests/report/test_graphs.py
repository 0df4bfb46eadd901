"""Graphs as DOT, and through Graphviz."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import msgspec
import pytest

from lockmodel.errors import UsageError
from lockmodel.report import graphs
from lockmodel.report.dot import to_dot
from lockmodel.report.graphs import RenderError, describe_graphviz, paint, render
from lockmodel.report.wait_for import wait_for_diagram, wait_for_graph
from tests.report import samples


def test_the_dot_of_a_deadlock_is_its_golden_file(golden: Callable[[str, str | bytes], None]) -> None:
    golden("report/philosophers_wait_for.dot", to_dot(wait_for_diagram(samples.philosophers(), "table")))


def test_everyone_in_the_cycle_is_marked_and_nobody_else() -> None:
    finding = samples.philosophers()
    late = msgspec.structs.replace(
        finding.waiting[0], thread="spinoza", wants="fork#1.sem", held_by="kant", holds=["spoon#1.sem"]
    )
    finding = msgspec.structs.replace(finding, waiting=[*finding.waiting, late])
    graph = wait_for_graph(finding)
    outside = [node for node, told in graph.nodes(data=True) if not told["cycle"]]
    assert outside == ["thread spinoza", "lock spoon#1.sem"]
    assert sum(told["cycle"] for _, _, told in graph.edges(data=True)) == 6


def test_a_holder_that_waits_for_nothing_is_in_the_graph() -> None:
    finding = samples.philosophers()
    waiting = [msgspec.structs.replace(finding.waiting[0], held_by="ended")]
    graph = wait_for_graph(msgspec.structs.replace(finding, waiting=waiting))
    assert sorted(graph.edges) == [
        ("lock fork#1.sem", "thread kant"),
        ("lock fork#2.sem", "thread ended"),
        ("thread kant", "lock fork#2.sem"),
    ]
    assert not [node for node, told in graph.nodes(data=True) if told["cycle"]]


def test_who_stands_before_it_in_line_is_told_apart_from_who_has_it() -> None:
    finding = samples.philosophers()
    waiting = [msgspec.structs.replace(finding.waiting[0], behind="hume"), *finding.waiting[1:]]
    graph = wait_for_graph(msgspec.structs.replace(finding, waiting=waiting))
    kinds = {holder: told["kind"] for _, holder, told in graph.out_edges("lock fork#2.sem", data=True)}
    assert kinds == {"thread hegel": "held by", "thread hume": "in line"}


def test_names_that_mean_something_in_dot_stay_names() -> None:
    finding = samples.philosophers()
    waiting = [msgspec.structs.replace(finding.waiting[0], thread='a:n "b" \\N', wants="<b>x</b>", held_by=None)]
    svg = render(wait_for_diagram(msgspec.structs.replace(finding, waiting=waiting), "table"), "svg")
    texts = [element.text for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert 'a:n "b" \\N' in [(text or "").replace("\xa0", " ") for text in texts]
    assert "<b>x</b>" in texts


def test_a_finding_in_which_nobody_waits_has_no_such_graph() -> None:
    with pytest.raises(UsageError) as caught:
        wait_for_diagram(samples.race(), "two")
    assert str(caught.value) == (
        "LM301 data-race has no wait-for graph: no thread waits at its end\n  Draw its schedule: --kind witness."
    )


def test_graphs_are_drawn_without_a_system_graphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    diagram = wait_for_diagram(samples.philosophers(), "table")
    assert ElementTree.fromstring(render(diagram, "svg")).tag.endswith("svg")
    assert render(diagram, "png").startswith(b"\x89PNG")
    assert render(diagram, "dot") == to_dot(diagram).encode()


def test_what_graphviz_prints_is_kept_from_the_user() -> None:
    program = "from lockmodel.report.graphs import paint; paint('digraph { a -> b }', 'png')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_dot_that_is_wrong_is_an_error_of_ours() -> None:
    with pytest.raises(RenderError, match="Graphviz could not draw the graph: "):
        paint("digraph {", "svg")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        render(wait_for_diagram(samples.philosophers(), "table"), "gif")  # type: ignore[arg-type]
    assert str(caught.value) == "there is no graph format 'gif'; there are svg, png, dot, graphml, mmd"


def test_a_missing_system_graphviz_is_said_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError) as caught:
        paint("digraph { }", "svg", renderer="system")
    assert str(caught.value) == (
        "cannot draw graphs with the system's Graphviz: there is no program dot on the path\n"
        "  Leave --graphviz out (the bundled one draws), or ask for a .dot file."
    )
    assert describe_graphviz("system").problem == str(caught.value).partition("\n")[0]


def test_a_missing_pygraphviz_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(RenderError, match=r"pygraphviz does not load .*; ask for the system's Graphviz, or for \.dot"):
        paint("digraph { }", "svg")
    assert not describe_graphviz().works


def test_doctor_tries_the_renderer() -> None:
    state = describe_graphviz()
    assert state.works
    assert state.problem == ""
    assert state.version.startswith("pygraphviz 2")
    assert " with Graphviz " in state.version


def test_doctor_tells_a_renderer_that_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "_bundled", lambda dot, output_format: b"")
    assert describe_graphviz().problem == "Graphviz ran and drew nothing"
