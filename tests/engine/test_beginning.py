"""What threads do before their first step: it costs none, and it happens all the same, in the order of the threads."""

from __future__ import annotations

from pathlib import Path

from lockmodel.check import CheckOptions, check
from lockmodel.findings.finding import ScenarioResult
from tests.engine.machines import rules, run_paths

GHOSTS = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import *

model = Model("ghosts")


class Box(Struct):
    seen: Annotated[int, Range(0, 3)] = field(ghost=True)


box = model.object(Box, "box")


@model.path
def enter() -> None:
    box.seen += 1
    mark("entered")


@model.at_quiescence
def counted(b: Box) -> bool:
    return b.seen == {seen}


@model.scenario
def scenario(m: Scenario) -> None:
    m.thread("t0", enter)
    m.thread("t1", enter)
"""


def _ghosts(folder: Path, seen: int) -> ScenarioResult:
    path = folder / "ghosts.py"
    path.write_text(GHOSTS.format(seen=seen))
    return check(CheckOptions(str(path))).result.scenarios[0]


def test_a_thread_sees_the_ghosts_that_those_before_it_wrote(tmp_path: Path) -> None:
    assert _ghosts(tmp_path, 2).verdict == "verified"
    assert rules(_ghosts(tmp_path, 1)) == ["LM701"]


def test_a_rule_may_be_broken_before_the_first_step(tmp_path: Path) -> None:
    result = run_paths(tmp_path, "assert False", "box.x = 1")
    assert (rules(result), result.states, result.findings[0].steps) == (["LM701"], 0, [])


RANGES = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import *

model = Model("ranges")


class Kind(Enum):
    SOME = 2
    OTHER = 3


class Box(Struct):
    above: Annotated[int, Range(1, 3)]
    below: Annotated[int, Range(-3, -2)]
    within: Annotated[int, Range(-3, 3)]
    kind: Kind
    count: Atomic = atomic(2, 4)


@model.path
def look(box: Box) -> None:
    assert box.above == 1 and box.below == -2 and box.within == 0
    assert box.kind == Kind.SOME and atomic_read(box.count) == 2


@model.scenario
def scenario(m: Scenario) -> None:
    m.thread("t", look, m.new(Box))
"""


def test_a_field_begins_with_what_is_nearest_to_0(tmp_path: Path) -> None:
    path = tmp_path / "ranges.py"
    path.write_text(RANGES)
    assert check(CheckOptions(str(path))).result.scenarios[0].verdict == "verified"
