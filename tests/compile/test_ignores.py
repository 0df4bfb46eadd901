"""Comments that silence findings: where they stand, what they say, and what of it is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lockmodel.compile import load
from lockmodel.compile.ignores import Ignore, ignores_of
from lockmodel.compile.reader import read_file
from lockmodel.errors import SpecError

NAMES = {"LM301": "data-race", "LM302": "unprotected", "LM701": "invariant"}

SPEC = """\
from __future__ import annotations

from lockmodel import Model, Scenario, Struct

model = Model("machine", source="machine.c")


class Box(Struct):
    flag: bool


@model.path
def set_flag(
    box: Box,
) -> None:
    box.flag = True  # 805 {comment}


@model.scenario
def scenario(m: Scenario) -> None:
    m.thread("t", set_flag, m.new(Box))
"""


def written(folder: Path, text: str) -> list[Ignore]:
    path = folder / "spec.py"
    path.write_text(text, encoding="utf-8")
    return ignores_of(load(str(path)), NAMES)


def with_comment(folder: Path, comment: str) -> list[Ignore]:
    return written(folder, SPEC.replace("{comment}", comment))


def test_a_comment_names_rules_and_a_reason(tmp_path: Path) -> None:
    [one] = with_comment(tmp_path, "# lockmodel: ignore[LM301, LM302] it is [only] a hint: #3  ")
    assert (one.line, one.rules, one.reason) == (16, ("LM301", "LM302"), "it is [only] a hint: #3")
    assert list(one.lines) == [16]
    assert one.spec == f"{tmp_path}/spec.py:16"


@pytest.mark.parametrize("comment", ["#lockmodel:ignore[LM301]why", "#  lockmodel :  ignore [ LM301 ]  why"])
def test_blanks_do_not_matter(comment: str, tmp_path: Path) -> None:
    assert [(one.rules, one.reason) for one in with_comment(tmp_path, comment)] == [(("LM301",), "why")]


def test_the_line_of_the_source_is_still_read_before_it(tmp_path: Path) -> None:
    with_comment(tmp_path, "# lockmodel: ignore[LM301] why")
    assert read_file(str(tmp_path / "spec.py")).comments == {16: "805"}


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("    box.flag = True  # 805 {comment}", "    box.flag = (\n        True\n    )  # {c}", [16, 17, 18]),
        ("    box.flag = True  # 805 {comment}", "    box.flag = (  # {c}\n        True\n    )", [16, 17, 18]),
        ("def set_flag(\n    box: Box,\n) -> None:", "def set_flag(box: Box) -> None:  # {c}", [12, 13]),
        ("@model.path", "@model.path  # {c}", [12, 13, 14, 15]),
        ("    box: Box,\n", "    box: Box,  # {c}\n", [12, 13, 14, 15]),
        ("    box.flag = True", "    if box.flag:  # {c}\n        pass\n    box.flag = True", [16]),
        ("    flag: bool", "    flag: bool  # {c}", [9]),
    ],
)
def test_it_stands_for_the_whole_statement(old: str, new: str, lines: list[int], tmp_path: Path) -> None:
    text = SPEC.replace(old, new.replace("{c}", "lockmodel: ignore[LM701] why"))
    assert [list(one.lines) for one in written(tmp_path, text.replace(" {comment}", ""))] == [lines]


def test_what_looks_like_one_in_a_string_is_none(tmp_path: Path) -> None:
    text = SPEC.replace(" {comment}", "").replace(
        "class Box(Struct):\n", 'class Box(Struct):\n    """# lockmodel: nonsense"""\n\n'
    )
    assert written(tmp_path, text) == []


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# lockmodel: ignore[LM301]", "it gives no reason\n  Say why the finding is right there, behind the bracket."),
        ("# lockmodel: ignore[] why", "it names no rule\n  Write # lockmodel: ignore[LM301] why this is right here"),
        ("# lockmodel: ignore[LM3] why", 'there is no rule LM3\n  Did you mean "LM302"? `lockmodel explain` lists'),
        (
            "# lockmodel: ignore[data-race] why",
            'there is no rule data-race\n  Did you mean "LM301"? `lockmodel explain`',
        ),
        ("# lockmodel: ignore[xyz] why", "there is no rule xyz\n  `lockmodel explain` lists the rules."),
        (
            "# lockmodel: ignore LM301 why",
            "'ignore LM301 why' means nothing to lockmodel\n  Write # lockmodel: ignore[",
        ),
        ("# lockmodel: ignored[LM301] why", "'ignored[LM301] why' means nothing to lockmodel\n  Write # lockmodel: "),
        ("# lockmodel:", "'' means nothing to lockmodel\n  Write # lockmodel: ignore[LM301] why this is right here"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(comment: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=re.escape(f"{tmp_path}/spec.py:16: the comment `# lockmodel: ...`: {message}")):
        with_comment(tmp_path, comment)


def test_one_on_a_line_of_its_own_is_refused(tmp_path: Path) -> None:
    text = SPEC.replace(" {comment}", "").replace("    box.flag", "    # lockmodel: ignore[LM301] why\n    box.flag")
    with pytest.raises(SpecError, match=r"spec\.py:16: .* it stands behind no statement\n  Write it at the end of the"):
        written(tmp_path, text)
