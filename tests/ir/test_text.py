"""The text of a program, whole."""

from __future__ import annotations

import pytest

from lockmodel.compile import compile_model, load
from lockmodel.ir.nodes import Binary, Const, Local, Unary
from lockmodel.ir.text import expression_text, procedure_text, program_text, type_text
from lockmodel.ir.types import (
    AtomicType,
    BoolType,
    CacheType,
    EnumType,
    IdrType,
    IntType,
    ListHeadType,
    RefType,
    TupleType,
    Type,
    VoidType,
)
from tests.compile.specs import Specs

SPEC = """\
from __future__ import annotations
from typing import Annotated
from lockmodel import (
    GFP_KERNEL, Enum, ListEntry, ListHead, Model, Range, RefCount, Semaphore, Struct, WaitQueue, await_, choose,
    data_race, down, field, kmem_cache_alloc, list_for_each_entry_safe, list_is_head, list_length, list_of, mark, up,
)

model = Model("shop", source="shop.c")
gate = model.semaphore("gate", 2)
broken = model.switch("broken", False, "the till may break")


class State(Enum):
    OPEN = 0
    SHUT = 1


class Till(Struct):
    sem: Semaphore
    wq: WaitQueue
    state: State = field(guarded_by="sem")
    open_: bool = field(constant=True, default=True)
    queue: ListHead[Buyer] = list_of("link", guarded_by="sem", counted="count")


class Buyer(Struct):
    link: ListEntry
    count: RefCount
    till: Till
    paid: Annotated[int, Range(0, 3)]


buyers = model.cache(Buyer, capacity=2, may_fail=broken)
till = model.object(Till, "till")


@model.procedure(holds=["till.sem"], helper=True)
def serve(till: Till, most: int) -> int:
    served = 0
    for buyer, following in list_for_each_entry_safe(till.queue):  # 10
        if buyer.paid >= most or list_is_head(following, till.queue):  # 11
            break
        buyer.paid += 1  # 12
        served = served + 1 if till.state == State.OPEN else -(served & 3)  # 13
    return min(served, most)


@model.path
def shop() -> None:
    down(gate)  # 20
    buyer = kmem_cache_alloc(buyers, GFP_KERNEL)
    if not buyer:
        return
    down(till.sem)
    assert serve(till, choose(1, 2)) < 3, "not too many"
    await_(list_length(till.queue) == 0)
    mark("done")
    data_race(till.state)
    up(till.sem)
    up(gate)


@model.invariant(outside=["Till.sem"])
def paid(buyer: Buyer) -> bool:
    return buyer.paid < 3
""".replace("till.state == State.OPEN", "till.state == State.OPEN")

TEXT = """\
model shop, design as-written
switch broken = True

struct gate  ; shop.py:9
  lock: semaphore counting from 2

struct Till  ; shop.py:18
  sem: semaphore
  wq: waitqueue
  state: enum State, guarded by sem
  open_: bool, constant, default 1
  queue: head of Buyer.link counted by count, guarded by sem

struct Buyer  ; shop.py:26
  link: entry
  count: refcount 0..100
  till: *Till
  paid: int 0..3

global gate: gate(lock=2)
global till: Till(sem=1, state=0, open_=1)
cache Buyer: 2 of Buyer, may fail
claim paid(Buyer) outside Till.sem

helper procedure serve(till: *Till, most: int) -> int  ; shop.py:38
  holds till.sem
  locals served: int, buyer: *Buyer, following: *Buyer, %1: int 0..3, %2: int 0..3, %3: int, %4: enum State
    0 served = 0                                          ; 39
    1 buyer = list_first_entry(&till->queue)              ; 40 shop.c:10
    2 following = list_next_entry(buyer, &till->queue)    ; 40 shop.c:10
    3 branch buyer == head_of(&till->queue) ? 18 : 4      ; 40 shop.c:10
    4 %1 = load buyer->paid                               ; 41 shop.c:11
    5 branch %1 >= most ? 18 : 6                          ; 41 shop.c:11
    6 branch following == head_of(&till->queue) ? 18 : 7  ; 41 shop.c:11
    7 %2 = load buyer->paid                               ; 43 shop.c:12
    8 store buyer->paid = %2 + 1                          ; 43 shop.c:12
    9 %4 = load till->state                               ; 44 shop.c:13
   10 branch %4 == 0 ? 11 : 13                            ; 44 shop.c:13
   11 %3 = served + 1                                     ; 44 shop.c:13
   12 jump 14                                             ; 44 shop.c:13
   13 %3 = -(served & 3)                                  ; 44 shop.c:13
   14 served = %3                                         ; 44 shop.c:13
   15 buyer = following                                   ; 40 shop.c:10
   16 following = list_next_entry(buyer, &till->queue)    ; 40 shop.c:10
   17 jump 3                                              ; 40 shop.c:10
   18 return min(served, most)                            ; 45

atomic procedure shop.await1() -> bool  ; shop.py:56
  locals %1: int
    0 %1 = list_length(&@till->queue)  ; 56
    1 branch %1 == 0 ? 2 : 3           ; 56
    2 return 1                         ; 56
    3 return 0                         ; 56

procedure shop() -> nothing  ; shop.py:49
  locals buyer: *Buyer, %2: int, %3: int, %4: enum State
    0 down(&@gate->lock)                                  ; 50 shop.c:20
    1 buyer = kmem_cache_alloc(Buyer, 1)                  ; 51
    2 branch buyer ? 4 : 3                                ; 52
    3 return                                              ; 53
    4 down(&@till->sem)                                   ; 54
    5 %2 = choose(1, 2)                                   ; 55
    6 %3 = call serve(@till, %2)                          ; 55
    7 assert %3 < 3 'not too many'                        ; 55
    8 await shop.await1() 'list_length(till.queue) == 0'  ; 56
    9 mark 'done'                                         ; 57
   10 %4 = load @till->state racy                         ; 58
   11 up(&@till->sem)                                     ; 59
   12 up(&@gate->lock)                                    ; 60
   13 return                                              ; 60

atomic procedure paid(buyer: *Buyer) -> bool  ; shop.py:64
  locals %1: int 0..3
    0 %1 = load buyer->paid  ; 65
    1 return %1 < 3          ; 65
"""

LIVE = """\
atomic procedure paid(buyer: *Buyer) -> bool  ; shop.py:64
  locals %1: int 0..3
      {buyer}
    0 %1 = load buyer->paid  ; 65
      {%1}
    1 return %1 < 3          ; 65
"""


def test_a_program_is_shown_whole(specs: Specs) -> None:
    specs.write(SPEC, "shop.py")
    assert program_text(compile_model(load("shop.py"), None, {"broken": "on"})) == TEXT


def test_liveness_is_shown_before_each_instruction(specs: Specs) -> None:
    specs.write(SPEC, "shop.py")
    assert procedure_text(compile_model(load("shop.py")).procedures["paid"], live=True) == LIVE


NESTED = Binary("+", Unary("-", Local("a")), Binary("min", Binary("*", Local("b"), Const(2)), Unary("not", Local("c"))))


def test_operations_inside_others_have_brackets() -> None:
    assert expression_text(NESTED) == "(-a) + min(b * 2, not c)"


TYPES: list[tuple[Type, str]] = [
    (AtomicType(0, 9, counts=True, zero_is_cached=True), "refcount 0..9, zero is cached"),
    (AtomicType(-1, 9), "atomic -1..9"),
    (CacheType("Node"), "cache Node"),
    (EnumType("Mode", (), flags=True), "flags Mode"),
    (IdrType("Node", 0), "idr of ? Node"),
    (ListHeadType("Node", ""), "head of Node.?"),
    (RefType(""), "*any"),
    (TupleType((IntType(), BoolType())), "(int, bool)"),
    (VoidType(), "nothing"),
]


@pytest.mark.parametrize(("type_", "text"), TYPES)
def test_types_have_a_text(type_: Type, text: str) -> None:
    assert type_text(type_) == text
