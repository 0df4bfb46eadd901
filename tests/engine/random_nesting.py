"""Random small models whose procedures call themselves and each other, as the text of a spec.

As in direct reclaim: what allocates may free, and what frees may allocate again. Some ask whether they were `entered`,
some run out of what their recursion is bounded by; most are wrong in some other way, as in `random_models`.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.engine.random_models import HEAD
from tests.engine.random_models import _body as body
from tests.engine.random_models import _indent as indent

PROCEDURES = ("reclaim", "allocate", "drop")
TAKES = "(box: Box, item: Item, n: int) -> int:"

_condition = st.one_of(
    st.sampled_from(PROCEDURES).map("entered({})".format),
    st.sampled_from(PROCEDURES).map("not entered({})".format),
    st.sampled_from(["n > 0", "box.flag", "choose(True, False)"]),
)
_call = st.one_of(
    st.sampled_from(PROCEDURES).map("seen = {}(box, item, n)".format),
    st.sampled_from(PROCEDURES).map("n = {}(box, item, n - 1)".format),
)


@st.composite
def _nesting(draw: st.DrawFn, most: int) -> list[str]:
    """A body that calls others, as a rule on some condition."""
    before, after = draw(body(most)), draw(st.one_of(st.just([]), body(1)))
    guard = [f"if {draw(_condition)}:", "    return seen"] if draw(st.booleans()) else []
    call = draw(_call)
    if draw(st.integers(0, 3)):
        return ["seen = n", *guard, *before, f"if {draw(_condition)}:", f"    {call}", *after, "return seen"]
    return ["seen = n", *before, *guard, call, *after, "return seen"]


@st.composite
def nested_specs(draw: st.DrawFn, threads: int = 2, most: int = 1) -> str:
    """The text of a spec with one scenario, `scenario`."""
    text = [HEAD.replace("from lockmodel import (", "from lockmodel import (\n    entered,")]
    text += ["", "@model.procedure", "def touch(box: Box, item: Item) -> None:", "    box.x = 1", ""]
    for name in PROCEDURES:
        holds = draw(st.sampled_from(["", "", ", holds=['box.mutex']"]))
        text += ["", f"@model.procedure(recursion={draw(st.integers(1, 3))}{holds})", f"def {name}{TAKES}"]
        text += [*indent(draw(_nesting(most))), ""]
    used = draw(st.integers(1, threads))
    for number in range(used):
        text += ["", "@model.path", f"def path{number}(box: Box, item: Item) -> None:"]
        text += indent(["seen = 0", "n = 1", *draw(body(1)), draw(_call), *draw(st.one_of(st.just([]), body(1)))])
    text += ["", "@model.scenario", "def scenario(m: Scenario) -> None:", "    box = m.new(Box)"]
    text += [f"    item = m.new(Item, count={draw(st.integers(0, 2))})"]
    for number in range(threads):
        text += [f"    m.thread('t{number}', path{number % used}, box, item)"]
    return "\n".join(text) + "\n"
