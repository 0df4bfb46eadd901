"""Graphs: DOT text, and the way from it to a picture without a Graphviz on the system.

pygraphviz' wheels carry Graphviz; a system `dot` is used only where it is asked for. Graphviz' layout is its own: the
DOT is the same bytes for the same finding, the picture need not be.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import graphviz
import networkx

from lockmodel.errors import LockmodelError, UsageError
from lockmodel.findings.finding import Finding, Protection
from lockmodel.report.places import spec_and_source
from lockmodel.report.words import told_protection
from lockmodel.report.wrapping import printable

GraphFormat = Literal["svg", "png", "dot"]
Renderer = Literal["bundled", "system"]

GRAPH = {"fontname": "Helvetica", "fontsize": "12", "bgcolor": "white", "rankdir": "LR", "nodesep": "0.4"}
NODE = {"fontname": "Helvetica", "fontsize": "12"}
EDGE = {"fontname": "Helvetica", "fontsize": "10", "color": "#57606a", "fontcolor": "#57606a"}
BAD = "#b3121d"

LINES = {"locked-writes": "dashed", "some-lock": "dotted"}
"""How the line to a lock is drawn that does not always protect the field."""

SECONDS = 60
"""What a system `dot` may take: our graphs are small, so longer means that it hangs."""


class RenderError(LockmodelError):
    """Graphviz is there and failed, or the bundled one does not load."""


@dataclass(frozen=True, slots=True)
class GraphvizState:
    """What `doctor` says about Graphviz. `problem` is "" where it works."""

    renderer: Renderer
    version: str
    works: bool
    problem: str


def wait_for_graph(finding: Finding) -> networkx.DiGraph[str]:
    """Who waits for what, and who has it, at the end of `finding`.

    Nodes are "thread NAME" and "lock NAME" with `kind`, `label` and, for threads, `place`. An edge's `kind` is
    "waits for", "held by" or "in line" (of a thread that stands there before another one). All have `cycle`, true for
    those that go round.
    """
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    for waiting in finding.waiting:
        where = f"{waiting.frame.procedure}\n{spec_and_source(waiting.frame)}"
        graph.add_node(f"thread {waiting.thread}", kind="thread", label=waiting.thread, place=where, cycle=False)
    for waiting in finding.waiting:
        for lock in (*waiting.holds, waiting.wants):
            graph.add_node(f"lock {lock}", kind="lock", label=lock, place="", cycle=False)
        for lock in waiting.holds:
            graph.add_edge(f"lock {lock}", f"thread {waiting.thread}", kind="held by", cycle=False)
        graph.add_edge(f"thread {waiting.thread}", f"lock {waiting.wants}", kind="waits for", cycle=False)
    for waiting in finding.waiting:
        # The holder may be a thread that waits for something else, or one that has ended and is not listed.
        for kind, name in (("held by", waiting.held_by), ("in line", waiting.behind)):
            if name is None:
                continue
            other = f"thread {name}"
            if other not in graph:
                graph.add_node(other, kind="thread", label=name, place="", cycle=False)
            graph.add_edge(f"lock {waiting.wants}", other, kind=kind, cycle=False)
    for component in networkx.strongly_connected_components(graph):
        if len(component) > 1:
            for node in component:
                graph.nodes[node]["cycle"] = True
            for one, other in graph.subgraph(component).edges:
                graph.edges[one, other]["cycle"] = True
    return graph


def wait_for_dot(finding: Finding) -> str:
    """The wait-for graph as DOT: threads are boxes, locks are ellipses, what goes round is red and thick."""
    if not finding.waiting:
        raise UsageError(
            f"{finding.rule} {finding.name} has no wait-for graph: no thread waits at its end\n"
            "  Draw its schedule: --kind witness."
        )
    graph = wait_for_graph(finding)
    dot = graphviz.Digraph("wait_for", graph_attr=GRAPH, node_attr=NODE, edge_attr=EDGE)
    # Names of our own: the graphviz package would take the part of a node's name after a colon for a port.
    names = {node: f"n{index}" for index, node in enumerate(graph.nodes)}
    for node, told in graph.nodes(data=True):
        style = {"color": BAD, "penwidth": "2"} if told["cycle"] else {"color": "#57606a"}
        label = told["label"] + (f"\n{told['place']}" if told["place"] else "")
        shape = "box" if told["kind"] == "thread" else "ellipse"
        dot.node(names[node], graphviz.escape(label), shape=shape, **style)
    for one, other, told in graph.edges(data=True):
        style = {"color": BAD, "fontcolor": BAD, "penwidth": "2"} if told["cycle"] else {}
        dot.edge(names[one], names[other], label=told["kind"], **style)
    source: str = dot.source
    return source


def protection_dot(fields: Sequence[Protection]) -> str:
    """What protects what, as DOT: fields are boxes, locks are ellipses, what nothing protects is red.

    Under a lock always: a line; for writing only: dashed; under some lock of that class: dotted.
    """
    if not fields:
        raise UsageError("no step of any scenario touches a field\n  Name a scenario whose threads do something.")
    dot = graphviz.Digraph("protection", graph_attr=GRAPH, node_attr=NODE, edge_attr=EDGE)
    names: dict[tuple[str, str], str] = {}
    for struct in dict.fromkeys(one.field.partition(".")[0] for one in fields):
        with dot.subgraph(name=f"cluster_{struct}", graph_attr={"label": struct, "color": "#d0d7de"}) as part:
            for one in (one for one in fields if one.field.partition(".")[0] == struct):
                bare = one.observed == "unprotected"
                label = one.field.partition(".")[2] + ("" if one.locks else f"\n{told_protection(one)}")
                name = names.setdefault((struct, one.field), f"n{len(names)}")
                style = {"color": BAD, "fontcolor": BAD, "penwidth": "2"} if bare else {"color": "#57606a"}
                part.node(name, graphviz.escape(label), shape="box", **style)
                for lock in one.locks:
                    if (struct, lock) not in names:
                        names[struct, lock] = f"n{len(names)}"
                        part.node(names[struct, lock], graphviz.escape(lock), shape="ellipse", color="#57606a")
                    told = {"style": LINES.get(one.observed, "solid")}
                    part.edge(
                        name, names[struct, lock], label="writing" if one.observed == "locked-writes" else "", **told
                    )
    source: str = dot.source
    return source


def render(dot: str, output_format: GraphFormat, *, renderer: Renderer = "bundled") -> bytes:
    """DOT as a picture, or as it is; without characters that no picture can hold."""
    dot = "".join(char if char in "\n\t" else printable(char) for char in dot)
    if output_format == "dot":
        return dot.encode()
    if output_format not in ("svg", "png"):
        raise UsageError(f"there is no graph format {output_format!r}; there are svg, png, dot")
    return _system(dot, output_format) if renderer == "system" else _bundled(dot, output_format)


def describe_graphviz(renderer: Renderer = "bundled") -> GraphvizState:
    """Whether graphs can be drawn, tried and not guessed."""
    version = ""
    try:
        version = _version(renderer)
        drawn = render("digraph { a -> b }", "svg", renderer=renderer)
    except LockmodelError as error:
        return GraphvizState(renderer, version, False, str(error).partition("\n")[0])
    if b"<svg" not in drawn:
        return GraphvizState(renderer, version, False, "Graphviz ran and drew nothing")
    return GraphvizState(renderer, version, True, "")


def _bundled(dot: str, output_format: str) -> bytes:
    try:
        import pygraphviz
    except ImportError as error:
        raise RenderError(
            f"cannot draw graphs: pygraphviz does not load ({error}); ask for the system's Graphviz, or for .dot"
        ) from error
    with _quiet():
        try:
            drawn = pygraphviz.AGraph(string=dot).draw(format=output_format, prog="dot")
        except Exception as error:  # what it raises is not documented
            raise RenderError(f"Graphviz could not draw the graph: {error}") from error
    return bytes(drawn)


def _system(dot: str, output_format: str) -> bytes:
    return _run(["-T", output_format], dot.encode())


def _run(arguments: list[str], data: bytes) -> bytes:
    program = shutil.which("dot")
    if program is None:
        raise UsageError(
            "cannot draw graphs with the system's Graphviz: there is no program dot on the path\n"
            "  Leave --graphviz out (the bundled one draws), or ask for a .dot file."
        )
    try:
        done = subprocess.run([program, *arguments], input=data, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RenderError(f"the system's dot failed: {error}") from error
    if done.returncode:
        raise RenderError(f"the system's dot failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout or done.stderr


def _version(renderer: Renderer) -> str:
    if renderer == "system":
        said = _run(["-V"], b"").decode(errors="replace")
        found = re.search(r"version (\S+)", said)
        return f"Graphviz {found.group(1)}" if found else said.strip()
    try:
        import pygraphviz
    except ImportError as error:
        raise RenderError(f"pygraphviz does not load: {error}") from error
    drawn = _bundled("graph { }", "svg").decode(errors="replace")
    found = re.search(r"graphviz version (\S+)", drawn)
    return f"pygraphviz {pygraphviz.__version__}" + (f" with Graphviz {found.group(1)}" if found else "")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what C libraries write to standard error from the user: fontconfig warns of files that are none of ours."""
    try:
        descriptor = sys.__stderr__.fileno() if sys.__stderr__ is not None else 2
        saved = os.dup(descriptor)
    except (OSError, ValueError):
        yield
        return
    try:
        with tempfile.TemporaryFile() as sink:
            os.dup2(sink.fileno(), descriptor)
            yield
    finally:
        os.dup2(saved, descriptor)
        os.close(saved)
