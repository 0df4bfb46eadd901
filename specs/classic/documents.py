"""Claim: what two threads do with documents goes well together, but for two copies, each of what the other writes to.

The scenarios are written by the program: every pair of the four paths, on one document and on two, in every way in
which threads can have them, each once. `spec.py::triples` is every three of them.

Two threads that copy opposite ways have a read lock each and wait for the other's to write. The design `one-at-a-time`
lets go of what it read before it writes.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import (
    NULL,
    REFERENCES,
    Model,
    Pick,
    Range,
    RefCount,
    RwSemaphore,
    Scenario,
    Struct,
    atomic_dec_and_test,
    down_read,
    down_write,
    field,
    kfree,
    up_read,
    up_write,
)

documents = Model("documents", as_written="as-given")


class Document(Struct):
    lock: RwSemaphore
    users: RefCount
    text: Annotated[int, Range(0, 3)] = field(guarded_by="lock")


class Name(Struct):
    document: Document = field(counted="users")


@documents.procedure(helper=True)
def put(document: Document) -> None:
    if atomic_dec_and_test(document.users):
        kfree(document)


@documents.path
def read(document: Document) -> int:
    down_read(document.lock)
    text = document.text
    up_read(document.lock)
    put(document)
    return text


@documents.path
def write(document: Document, text: int) -> None:
    down_write(document.lock)
    document.text = text
    up_write(document.lock)
    put(document)


@documents.path
def copy(source: Document, target: Document) -> None:
    down_read(source.lock)
    down_write(target.lock)
    target.text = source.text
    up_write(target.lock)
    up_read(source.lock)
    put(source)
    put(target)


@documents.design("one-at-a-time", replaces=copy)
def copy_one_at_a_time(source: Document, target: Document) -> None:
    down_read(source.lock)
    text = source.text
    up_read(source.lock)
    put(source)
    down_write(target.lock)
    target.text = text
    up_write(target.lock)
    put(target)


@documents.path
def delete(name: Name) -> None:
    document = name.document
    name.document = NULL
    put(document)


@documents.world
def named_documents(m: Scenario, pick: Pick) -> list[Name]:
    number = pick.number("documents", 1, 2)
    return [m.new(Name, document=m.new(Document, users=REFERENCES)) for _ in range(number)]


@documents.entry
def reads(m: Scenario, names: list[Name], pick: Pick, thread: str) -> None:
    """A document is read that somebody has open."""
    document = pick("document", names).document
    m.hold(document.users)
    m.thread(thread, read, document)


@documents.entry
def writes(m: Scenario, names: list[Name], pick: Pick, thread: str) -> None:
    """A document is written to that somebody has open."""
    document = pick("document", names).document
    m.hold(document.users)
    m.thread(thread, write, document, 3)


@documents.entry
def copies(m: Scenario, names: list[Name], pick: Pick, thread: str) -> None:
    """One document is copied to another one."""
    pick.require(len(names) > 1, "a document to copy to")
    source, target = pick.order("documents_in_order", names)[:2]
    m.hold(source.document.users)
    m.hold(target.document.users)
    m.thread(thread, copy, source.document, target.document)


@documents.entry
def deletes(m: Scenario, names: list[Name], pick: Pick, thread: str) -> None:
    """The name of a document is taken away, as nobody else may at the same time."""
    name = pick("name", names)
    m.excludes("name", name)
    m.thread(thread, delete, name)


documents.every("pairs", of=2)
documents.every("triples", of=3, default=False)
