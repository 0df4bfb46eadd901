"""A diagram as GraphML, which networkx, yEd, Gephi and others open: labels and what is told to programs."""

from __future__ import annotations

import io

from networkx.readwrite.graphml import GraphMLWriter

from lockmodel.report.diagram import Diagram, as_networkx


def to_graphml(diagram: Diagram) -> bytes:
    """The diagram as GraphML; `networkx.read_graphml` gives `as_networkx` of it back.

    Written by networkx' own writer, not by the one on lxml that it takes where lxml is installed: the same bytes.
    """
    out = io.BytesIO()
    GraphMLWriter(graph=as_networkx(diagram), prettyprint=True).dump(out)
    return out.getvalue()
