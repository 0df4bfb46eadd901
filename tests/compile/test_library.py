"""Libraries: what a model has of those that it uses, in which modules it may stand, and what is said of clashes."""

from __future__ import annotations

import pytest

from lockmodel.check import CheckOptions, check
from lockmodel.compile import compile_model, load
from lockmodel.errors import SpecError
from tests.compile.specs import Specs

HEAD = "from __future__ import annotations\nfrom typing import Annotated\nfrom lockmodel import *\n"

BASE = f"""{HEAD}
vfs = Library("vfs", source="fs/inode.c")
inode_lock = vfs.spinlock("inode_lock")
slow = vfs.switch("slow", False, "Reading takes its time.")


class Inode(Struct):
    count: Annotated[int, Range(0, 9)] = field(guarded_by=inode_lock)
    spare: Annotated[int, Range(0, 9)]


inodes = vfs.cache(Inode, capacity=1)
root = vfs.object(Inode, "root", count=1)
"""

# The model is declared before this module adds to the library that it uses.
PROCEDURES = f"""{HEAD}
from ground.base import Inode, inode_lock, slow, vfs


@vfs.procedure
def grab(inode: Inode) -> None:
    spin_lock(inode_lock)  # 12
    inode.count += 1
    if slow:
        mark("slow")
    spin_unlock(inode_lock)


@vfs.path
def grab_twice(inode: Inode) -> None:
    grab(inode)
    grab(inode)


@vfs.design("lazy", replaces=grab)
def grab_nothing(inode: Inode) -> None:
    spin_lock(inode_lock)
    spin_unlock(inode_lock)


@vfs.invariant(outside=["inode_lock"])
def few(inode: Inode) -> bool:
    return inode.count < 4
"""

MODEL = f"""{HEAD}
from ground.base import vfs

toy = Model("toy", source="fs/toy.c", uses=[vfs])
"""

PATHS = f"""{HEAD}
from ground.base import Inode
from ground.procedures import grab, grab_twice
from parts.model import toy


@toy.path
def enter(inode: Inode) -> None:
    grab(inode)  # 7
"""

SPEC = f"""{HEAD}
from ground.base import root
from ground.procedures import grab_twice
from parts.model import toy
from parts.paths import enter


@toy.scenario
def both(m: Scenario) -> None:
    m.thread("enter", enter, root)
    m.thread("twice", grab_twice, root)
"""


@pytest.fixture
def spec(specs: Specs) -> str:
    specs.write(BASE, "ground/base.py")
    specs.write(PROCEDURES, "ground/procedures.py")
    specs.write(MODEL, "parts/model.py")
    specs.write(PATHS, "parts/paths.py")
    return specs.write(SPEC)


def refusal(specs: Specs, text: str) -> str:
    with pytest.raises(SpecError) as caught:
        compile_model(load(specs.write(HEAD + text)))
    return str(caught.value)


def test_a_model_over_several_modules_has_what_its_library_declares(spec: str) -> None:
    program = compile_model(load(spec))
    assert list(program.procedures) == ["grab", "grab_twice", "enter", "few"]
    assert [shared.name for shared in program.globals] == ["inode_lock", "root"]
    assert program.switches == (("slow", False),)
    assert list(program.caches) == ["Inode"]


def test_a_line_is_of_the_source_of_the_library_or_the_model_that_it_stands_in(spec: str) -> None:
    program = compile_model(load(spec))
    found = [{i.site.source for i in program.procedures[name].code} - {""} for name in ("grab", "enter")]
    assert found == [{"fs/inode.c:12"}, {"fs/toy.c:7"}]


def test_the_claims_of_a_library_are_judged_in_the_model(spec: str) -> None:
    (scenario,) = check(CheckOptions(spec)).result.scenarios
    assert [(finding.rule, finding.claim) for finding in scenario.findings] == [("LM701", "few")]


def test_the_designs_and_switches_of_a_library_are_the_models(spec: str) -> None:
    (scenario,) = check(CheckOptions(spec, design="lazy", switches={"slow": "on"})).result.scenarios
    assert scenario.verdict == "verified"


def test_a_library_may_use_another_one_and_come_by_two_ways(specs: Specs) -> None:
    body = """\
low = Library("low")
left, right = Library("left", uses=[low]), Library("right", uses=[low])
model = Model("m", uses=[left, right])
a = low.mutex("a")
low.hierarchy("a", "b")
b = right.mutex("b")


@left.path
def f() -> None:
    mutex_lock(a)
    mutex_lock(b)
    mutex_unlock(b)
    mutex_unlock(a)
"""
    program = compile_model(load(specs.write(HEAD + body)))
    assert [shared.name for shared in program.globals] == ["a", "b"]
    assert [chain.locks for chain in program.hierarchy.chains] == [("a", "b")]
    assert list(program.procedures) == ["f"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            'low = Library("low")\na = low.mutex("a")\nmodel = Model("m", uses=[low])\nb = model.spinlock("a")',
            "spec.py:7: there are two globals named a (the other: spec.py:5)\n  Rename one of them.",
        ),
        (
            'low = Library("low")\nmodel = Model("m", uses=[low])\nb = model.spinlock("a")\na = low.mutex("a")',
            "spec.py:7: there are two globals named a (the other: spec.py:6)\n  Rename one of them.",
        ),
        (
            'one, two = Library("one"), Library("two")\n'
            "@one.procedure\ndef f() -> None: ...\n@two.procedure\ndef f() -> None: ...\n"
            'model = Model("m", uses=[one, two])',
            "spec.py:7: there are two procedures named f (the other: spec.py:5)\n  Rename one of them.",
        ),
        (
            'other = Model("o")\nmodel = Model("m", uses=[other])',
            'spec.py:5: m uses a Model, which is no Library\n  Write `vfs = Library("linux26")` and `uses=[vfs]`.',
        ),
        (
            'low = Library("low")\nmodel = Model("m")\n@low.procedure\ndef f() -> None: ...\n'
            "@model.path\ndef g() -> None:\n    f()",
            "spec.py:10: `f` is declared by the library low, which m does not use\n"
            '  Write `Model("m", ..., uses=[low])`.',
        ),
        (
            'low = Library("low")\nmodel = Model("m")\nfast = low.switch("fast", True, "")\n'
            "@model.path\ndef g() -> None:\n    if fast: ...",
            "spec.py:9: `fast` is a switch of another model",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_both_places(specs: Specs, body: str, message: str) -> None:
    assert refusal(specs, body) == message


def test_a_model_that_only_an_imported_module_names_is_found(specs: Specs) -> None:
    specs.write(f'{HEAD}\ninner = Model("inner")\n', "parts.py")
    assert load(specs.write("from __future__ import annotations\nimport parts\n")).name == "inner"


# --- hooks --------------------------------------------------------------------------------------------------------

HOOKS = f"""{HEAD}
Small = Annotated[int, Range(0, 9)]
vfs = Library("vfs")
sem = vfs.semaphore("sem")


class Inode(Struct):
    told: Small


root = vfs.object(Inode, "root")


@vfs.hook(holds=["sem"])
def removed(inode: Inode, how: int) -> None:
    \"\"\"Told where an inode is removed.\"\"\"


@vfs.hook
def weight(inode: Inode) -> int:
    return 1


@vfs.path
def remove(inode: Inode) -> None:
    down(sem)
    removed(inode, weight(inode))
    up(sem)


@vfs.procedure
def plain(inode: Inode) -> None: ...
"""
MODEL_OF_HOOKS = f"""{HEAD}
from hooks import Inode, plain, remove, removed, root, sem, vfs, weight

model = Model("m", uses=[vfs])


@model.scenario
def s(m: Scenario) -> None:
    m.thread("t", remove, root)


@model.at_quiescence
def told(inode: Inode) -> bool:
    return inode.told == 0


"""
LINES = MODEL_OF_HOOKS.count("\n")


def hooked(specs: Specs, body: str, design: str | None = None) -> list[str]:
    """The messages of what is found in a model that uses the hooks."""
    specs.write(HOOKS, "hooks.py")
    (scenario,) = check(CheckOptions(specs.write(MODEL_OF_HOOKS + body), design=design)).result.scenarios
    assert scenario.complete
    return [finding.message for finding in scenario.findings]


IMPLEMENTED = """\
@model.implements(removed)
def watches_of_removed(inode: Inode, how: int) -> None:
    assert how == 2


@model.implements(weight)
def weight(inode: Inode) -> int:
    return 2


@model.design("told", replaces=watches_of_removed)
def tell(inode: Inode, how: int) -> None:
    assert how == 2
    inode.told = how


@model.design("light", replaces=weight)
def one(inode: Inode) -> int:
    return 1


@model.design("deaf", replaces=removed)
def deaf(inode: Inode, how: int) -> None:
    inode.told = 3
"""


@pytest.mark.parametrize(
    ("body", "design", "found"),
    [
        ("", None, []),
        (IMPLEMENTED, None, []),
        (IMPLEMENTED, "told", ["told of root does not hold."]),
        (IMPLEMENTED, "light", ["Thread t, in watches_of_removed: the assertion how == 2 fails."]),
        (IMPLEMENTED, "deaf", ["told of root does not hold."]),
    ],
)
def test_a_hook_does_what_the_model_or_its_design_says(
    specs: Specs, body: str, design: str | None, found: list[str]
) -> None:
    assert hooked(specs, body, design) == found


def test_one_procedure_may_implement_several_hooks_and_be_called_by_its_name(specs: Specs) -> None:
    specs.write(f"""{HEAD}
vfs = Library("vfs")
@vfs.hook
def one() -> None: ...
@vfs.hook
def two() -> None: ...
@vfs.path
def both() -> None:
    one()
    two()
model = Model("m", uses=[vfs])
@model.implements(one)
@model.implements(two)
@model.path
def f() -> None:
    mark("here")
@model.path
def g() -> None:
    f()
""")
    program = compile_model(load("spec.py"))
    assert list(program.procedures) == ["f", "both", "g"]


def test_an_implementation_needs_the_locks_that_its_hook_needs(specs: Specs) -> None:
    body = """\
@model.implements(removed)
def f(inode: Inode, how: int) -> None: ...


@model.implements(weight)
def g(inode: Inode) -> int:
    f(inode, 1)
    return 1


@model.path
def outside(inode: Inode) -> None:
    f(inode, 1)


@model.scenario
def bare(m: Scenario) -> None:
    m.thread("t", outside, root)
"""
    specs.write(HOOKS, "hooks.py")
    result = check(CheckOptions(specs.write(MODEL_OF_HOOKS + body))).result
    assert [[finding.rule for finding in scenario.findings] for scenario in result.scenarios] == [[], ["LM302"]]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "@model.implements(weight)\ndef f(inode: Inode) -> bool:\n    return True",
            "L2: `f` implements `weight` (hooks.py:23) but takes or gives other types\n"
            "  Declare it as `def f(inode: Inode) -> int:`.",
        ),
        (
            "@model.implements(weight)\ndef f(inode: Inode) -> int:\n    return 1\n"
            "@model.implements(weight)\ndef g(inode: Inode) -> int:\n    return 2",
            "L4: the hook weight is implemented twice (the other: L1)\n  Keep one of them.",
        ),
        (
            "@model.implements(plain)\ndef f(inode: Inode) -> None: ...",
            "L1: `f` implements `plain` (hooks.py:34), which is no hook of m\n"
            "  Declare that with `@library.hook`, or replace it in a design.",
        ),
        (
            "def free() -> None: ...\n@model.implements(free)\ndef f() -> None: ...",
            "L2: `f` implements `free`, which is no hook of m\n"
            "  Declare that with `@library.hook`, or replace it in a design.",
        ),
    ],
)
def test_what_does_not_implement_a_hook_is_refused(specs: Specs, body: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        hooked(specs, body)
    said = str(caught.value)
    for line in range(LINES + 20, LINES, -1):
        said = said.replace(f"spec.py:{line}", f"L{line - LINES}")
    assert said == message
