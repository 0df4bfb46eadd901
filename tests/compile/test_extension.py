"""Structs that extend those of a library: one struct with the fields of both, and what is said of those that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel import __version__
from lockmodel.check import CheckOptions, check
from lockmodel.compile import compile_model, load
from lockmodel.errors import SpecError
from lockmodel.inventory import load_inventory
from lockmodel.ir.types import Guard, ListHeadType
from tests.compile.specs import Specs

SPEC = "tests.compile.extension.spec"
HEAD = "from __future__ import annotations\nfrom lockmodel import *\n"
GROUND = f"""{HEAD}
low = Library("low")
big = low.spinlock("big")


class Item(Struct):
    link: ListEntry


class Box(Struct):
    lock: SpinLock
    items: ListHead[Item] = list_of("link", guarded_by=big)
    best: Item = field(guarded_by="lock")
"""
SPEC_HEAD = f"""{HEAD}from typing import cast
import ground
from ground import Box, Item, low

model = Model("m", uses=[low])
"""


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])


@pytest.mark.usefixtures("root")
def test_there_is_one_struct_with_the_fields_of_both() -> None:
    structs = compile_model(load(SPEC)).structs
    assert [name for name in structs if name not in ("inode_lock",)] == ["Inode", "SuperBlock", "Watch"]
    names = ["i_lock", "i_sb_list", "i_sb", "i_state.dirty", "i_state.uses", "inotify_sem", "watches", "told"]
    assert [field.name for field in structs["Inode"].fields] == names
    assert structs["Inode"].path.endswith("watches.py")
    heads = structs["SuperBlock"].field("s_inodes")
    assert (heads.type, heads.guarded_by) == (
        ListHeadType("Inode", "i_sb_list"),
        Guard("inode_lock", (), "inode_lock"),
    )
    assert structs["SuperBlock"].field("s_root").constant


@pytest.mark.usefixtures("root")
def test_a_model_is_verified_with_extended_structs() -> None:
    two, base = check(CheckOptions(SPEC)).result.scenarios
    assert (two.verdict, base.verdict) == ("verified", "verified")
    assert not two.unreached


@pytest.mark.usefixtures("root")
def test_a_design_may_replace_a_procedure_of_the_library() -> None:
    two, base = check(CheckOptions(SPEC, design="quiet")).result.scenarios
    assert [finding.claim for finding in two.findings + base.findings] == ["every_inode_was_told"] * 2


@pytest.mark.usefixtures("root")
def test_the_locks_of_both_are_listed_once() -> None:
    locks = [lock.name for lock in load_inventory(SPEC, __version__).locks]
    assert locks == ["inode_lock", "Inode.i_lock", "Inode.inotify_sem"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "class Other(Box):\n    x: bool",
            "spec.py:8: `Other` inherits from Box\n"
            "  Embed a Record instead: a Struct derives from Struct alone, or extends one of its name elsewhere.",
        ),
        (
            "class Box(Box, Item):\n    x: bool",
            "spec.py:8: `Box` inherits from Box, Item\n"
            "  Embed a Record instead: a Struct derives from Struct alone, or extends one of its name elsewhere.",
        ),
        (
            "import other\nclass Box(Box):\n    x: bool",
            "spec.py:9: `Box` (ground.py:12) is extended twice (the other: other.py:4)\n"
            "  Put the fields of both into one, or derive one from the other.",
        ),
        (
            'class Box(Box):\n    best: Item = field(guarded_by="big")',
            "spec.py:9: the field `Box.best` is declared otherwise than in what it extends (ground.py:15)\n"
            "  Say the same, or its type alone: `best: Type`.",
        ),
        (
            "class Box(Box):\n    best: bool",
            "spec.py:9: the field `Box.best` is declared otherwise than in what it extends (ground.py:15)\n"
            "  Say the same, or its type alone: `best: Type`.",
        ),
        (
            "@model.path\ndef f(box: Box) -> None:\n    cast(bool, box.best)",
            "spec.py:10: `cast` to `bool`, which is no Struct\n  Name a Struct.",
        ),
        (
            "@model.path\ndef f(box: Box) -> None:\n    it = cast(Item, box)",
            "spec.py:10: `cast` takes an Item, not a Box\n  Give an Item.",
        ),
    ],
)
def test_what_extends_no_struct_is_refused(specs: Specs, body: str, message: str) -> None:
    specs.write(GROUND, "ground.py")
    specs.write(f"{HEAD}import ground\nclass Box(ground.Box):\n    y: bool\n", "other.py")
    with pytest.raises(SpecError) as caught:
        compile_model(load(specs.write(f"{SPEC_HEAD}{body}\n")))
    assert str(caught.value) == message


def test_a_field_may_be_given_its_type_alone(specs: Specs) -> None:
    specs.write(GROUND, "ground.py")
    body = "class Item(Item):\n    x: bool\nclass Box(Box):\n    items: ListHead[Item]\n    best: Item\n    z: Item\n"
    box = compile_model(load(specs.write(SPEC_HEAD + body))).structs["Box"]
    assert [(field.name, field.guarded_by) for field in box.fields] == [
        ("lock", None),
        ("items", Guard("big", (), "big")),
        ("best", Guard("lock", ("lock",))),
        ("z", None),
    ]


def test_an_extension_may_be_extended(specs: Specs) -> None:
    specs.write(GROUND, "ground.py")
    specs.write(f"{HEAD}import ground\nclass Box(ground.Box):\n    y: bool\n", "other.py")
    program = compile_model(load(specs.write(f"{SPEC_HEAD}import other\nclass Box(other.Box):\n    z: bool\n")))
    assert [field.name for field in program.structs["Box"].fields] == ["lock", "items", "best", "y", "z"]
