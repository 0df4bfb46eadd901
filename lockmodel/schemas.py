"""The JSON schemas of what commands give to programs, for `lockmodel schema`.

Titles and descriptions are those of the records. Fields may be added to a record and are never renamed, so that a
schema lets pass what it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from lockmodel.explain import Page
from lockmodel.findings.comparison import Comparison
from lockmodel.findings.finding import CheckResult
from lockmodel.findings.interleavings import Interleavings
from lockmodel.findings.record import Record
from lockmodel.inventory import Inventory
from lockmodel.progress_lines import ProgressEvent
from lockmodel.report.json_text import as_json
from lockmodel.report.lock_order import OrderTable
from lockmodel.report.machine import ScenarioLine

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class Document:
    """What is described: the record, and which command prints it."""

    record: type[msgspec.Struct]
    title: str


DOCUMENTS: dict[str, Document] = {
    "check": Document(CheckResult, "lockmodel check --output-format json (of several targets: an array of these)"),
    "lines": Document(ScenarioLine, "A line of lockmodel check --output-format json-lines"),
    "progress": Document(ProgressEvent, "A line of --progress json"),
    "list": Document(Inventory, "lockmodel list --output-format json"),
    "compare": Document(Comparison, "lockmodel compare --output-format json"),
    "record": Document(Record, "findings.json of lockmodel record"),
    "lock-order": Document(OrderTable, "lockmodel graph --kind lock-order -o FILE.json"),
    "interleavings": Document(Interleavings, "lockmodel graph --kind interleavings -o FILE.json"),
    "explain": Document(Page, "lockmodel explain --output-format json (an array of these)"),
}


def schema(name: str) -> bytes:
    """The JSON schema (2020-12) of a document, indented."""
    document = DOCUMENTS[name]
    told = {"$schema": DIALECT, "$id": f"urn:lockmodel:{name}:1", "title": document.title}
    return as_json({**told, **msgspec.json.schema(document.record)})


def overview() -> str:
    """The documents that there are, a line each."""
    width = max(map(len, DOCUMENTS))
    return "\n".join(f"{name:<{width}}  {document.title}" for name, document in DOCUMENTS.items())
