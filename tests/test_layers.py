"""The way of the data is one direction: which part of lockmodel may import which.

A part is a stage's folder or a module beside them. Every import counts, wherever it stands in a module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import lockmodel

PACKAGE = Path(__file__).resolve().parent.parent / "lockmodel"

RECORDS = "findings.finding"
INTERLEAVINGS = "findings.interleavings"
COMPARISON = "findings.comparison"
PLAYBACK = "findings.playback"
RECORD = "findings.record"
MATRIX = "findings.matrix"
NEEDS = "findings.needs"
PAIRING = "findings.pairing"
TOKEN = "findings.token"
CATALOGUE = "properties.catalogue"
STAGES = ("language", "compile", "ir", "engine", "properties", "findings", "report")
COMMAND_LINE = {
    "batch", "boundary", "check", "cli", "compile", "doctor", "drawing", "errors", "explain", "inventory", "lockmodel",
    "options", "outcome", "output", "progress_line", "progress_lines", "record", "report", "review", "schemas",
    "selection", "settings", CATALOGUE, COMPARISON, INTERLEAVINGS, RECORD, RECORDS, TOKEN,
}  # fmt: skip
# what the commands are made of, without the stages and records that they use
COMMANDS = {part for part in COMMAND_LINE if "." not in part} - {
    "check", "compile", "errors", "lockmodel", "record", "report", "review",
}  # fmt: skip

# part -> the other parts that it may import; "lockmodel" is the package's own __init__. The longest name that fits
# a module is its part.
ALLOWED: dict[str, set[str]] = {
    "lockmodel": {"language"},
    "errors": set(),
    "source": set(),
    "language": {"errors"},
    "ir": {"errors", "source"},
    "compile": {"language", "ir", "errors", "source"},
    "engine": {"ir", "errors", "source"},
    CATALOGUE: set(),
    "properties": {CATALOGUE, "ir", "engine", "errors", "source"},
    RECORDS: set(),
    INTERLEAVINGS: {RECORDS},
    COMPARISON: {RECORDS},
    PLAYBACK: set(),
    NEEDS: set(),
    MATRIX: {RECORDS, COMPARISON, NEEDS},
    TOKEN: {"errors"},
    PAIRING: {RECORDS},
    "findings": {
        RECORDS,
        PAIRING,
        INTERLEAVINGS,
        PLAYBACK,
        TOKEN,
        CATALOGUE,
        "properties",
        "engine",
        "ir",
        "errors",
        "source",
    },
    "report": {RECORDS, INTERLEAVINGS, COMPARISON, PLAYBACK, RECORD, PAIRING, "errors"},
    "request": set(),
    "headway": {"engine", RECORDS},
    "results": {"lockmodel", "language", "ir", RECORDS, TOKEN},
    "target": {"compile", "language", "ir", "errors"},
    "silence": {"compile", "language", "engine", RECORDS, CATALOGUE},
    "chosen": {"compile", "language", "ir", "target", RECORDS},
    "workers": set(),
    "exhaustive": {"engine", "properties", "ir", "errors"},
    "adjudicate": {"engine", "properties", "findings", "ir", "errors"},
    "ordering": {"adjudicate", "properties", "findings", "ir", "results", "silence", RECORDS},
    "searching": {
        "adjudicate",
        "engine",
        "errors",
        "exhaustive",
        "findings",
        "ir",
        "properties",
        "report",
        "request",
        "results",
        "silence",
        RECORDS,
    },
    "shared": {"adjudicate", "chosen", "engine", "findings", "headway", "ir", "searching", "workers"},
    "surveying": {
        "compile",
        "engine",
        "errors",
        "exhaustive",
        "findings",
        "headway",
        "ir",
        "properties",
        "request",
        "results",
        "target",
        RECORDS,
        INTERLEAVINGS,
    },
    "replaying": {
        "compile",
        "engine",
        "errors",
        "findings",
        "ir",
        "language",
        "properties",
        "report",
        "results",
        "silence",
        "target",
        RECORDS,
        PLAYBACK,
        TOKEN,
    },
    "check": {
        "adjudicate",
        "chosen",
        "compile",
        "exhaustive",
        "findings",
        "headway",
        "ir",
        "matrix",
        "ordering",
        "replaying",
        "request",
        "results",
        "searching",
        "shared",
        "silence",
        "surveying",
        "target",
        RECORDS,
        MATRIX,
    },
    RECORD: {RECORDS, NEEDS, PAIRING},
    "matrix": {"compile", "language", "report"},
    "sightings": {"matrix", RECORDS, COMPARISON, NEEDS},
    "causes": {"check", "compile", "errors", "ir", "language", "matrix", "sightings", COMPARISON},
    "defects": {"causes", "language", "sightings", COMPARISON, RECORD},
    "holding": {COMPARISON, "language", "matrix", RECORDS, RECORD, PAIRING, CATALOGUE},
    "record": {
        "causes",
        "check",
        "compile",
        "defects",
        "errors",
        "findings",
        "holding",
        "language",
        "lockmodel",
        "matrix",
        "sightings",
        RECORDS,
        RECORD,
    },
    "review": {"check", "earlier", "errors", "explain", "record", "report", "target", RECORD},
    "earlier": {"check", "compile", "errors", "record", "target", RECORDS, RECORD},
    "__main__": {"cli"},
    **dict.fromkeys(sorted(COMMANDS), COMMAND_LINE),
    "inventory": COMMAND_LINE | {"language", "target"},
}

# Parts that may import nothing but these from outside the package: the records are a contract, not a program.
OUTSIDE: dict[str, set[str]] = {
    part: {"__future__", "msgspec"} for part in (RECORDS, INTERLEAVINGS, COMPARISON, PLAYBACK, RECORD, PAIRING)
}


def part_of(module: str) -> str:
    """`lockmodel.engine.step` -> `engine`; a part that the table lacks is named by its first word."""
    words = module.split(".")[1:]
    for length in range(len(words), 0, -1):
        if ".".join(words[:length]) in ALLOWED:
            return ".".join(words[:length])
    return words[0] if words else "lockmodel"


def module_name(path: Path, package: Path) -> str:
    """`.../lockmodel/engine/step.py` -> `lockmodel.engine.step`."""
    words = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


def imports(tree: ast.AST, module: str, is_package: bool, known: set[str]) -> Iterator[tuple[int, str]]:
    """Each (line, name of the imported module)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.split(".")[: len(module.split(".")) - node.level + is_package]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield node.lineno, whole if whole in known else base


def offences(package: Path) -> list[str]:
    """Every import that the table does not allow, as `file:line: ...`."""
    files = sorted(package.rglob("*.py"))
    known = {module_name(path, package) for path in files}
    found = []
    for path in files:
        module = module_name(path, package)
        part = part_of(module)
        where = path.relative_to(package.parent)
        if part not in ALLOWED:
            found.append(f"{where}:1: {part} is a part that the table in tests/test_layers.py lacks")
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        for line, name in imports(tree, module, path.name == "__init__.py", known):
            if name.split(".")[0] == "lockmodel":
                target = part_of(name)
                if target != part and target not in ALLOWED[part]:
                    found.append(f"{where}:{line}: {part} imports {name}; it may import {names(ALLOWED[part])}")
            elif part in OUTSIDE and name.split(".")[0] not in OUTSIDE[part]:
                found.append(f"{where}:{line}: {part} imports {name}; it may import {names(OUTSIDE[part])}")
    return found


def names(parts: set[str]) -> str:
    return ", ".join(sorted(parts)) or "nothing of lockmodel"


def test_nothing_imports_backwards() -> None:
    found = offences(PACKAGE)
    assert not found, "\n" + "\n".join(found)


def test_every_stage_is_a_folder_and_stands_in_the_table() -> None:
    assert all((PACKAGE / stage).is_dir() and stage in ALLOWED for stage in STAGES)


def test_no_module_hides_what_a_spec_imports() -> None:
    """Who imports `lockmodel.a` makes `a` of the package that module."""
    assert not {path.stem for path in PACKAGE.iterdir()} & set(lockmodel.__all__)


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("language/a.py", "import os\nfrom lockmodel.compile import a\n", "a.py:2: language imports lockmodel.compile"),
        (
            "engine/a.py",
            "def f():\n    import lockmodel.findings.finding\n",
            "a.py:2: engine imports lockmodel.finding",
        ),
        ("report/a.py", "from ..engine.step import run\n", "a.py:1: report imports lockmodel.engine.step"),
        ("report/a.py", "from lockmodel import check\n", "a.py:1: report imports lockmodel.check"),
        ("findings/finding.py", "import rich\n", "finding.py:1: findings.finding imports rich"),
        ("newcomer.py", "", "newcomer.py:1: newcomer is a part that the table in tests/test_layers.py lacks"),
    ],
)
def test_an_import_backwards_is_named_with_file_and_line(tmp_path: Path, file: str, text: str, expected: str) -> None:
    found = offences(package_with(tmp_path, {file: text}))
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("compile/a.py", "from lockmodel.language.model import Model\nfrom lockmodel.ir import nodes\n"),
        ("engine/a.py", "from . import step\nfrom .step import run\nimport lockmodel.errors\n"),
        ("report/a.py", "from lockmodel.findings import finding\nfrom lockmodel.findings.finding import Step\n"),
        ("check.py", "from lockmodel.ir import nodes\nfrom lockmodel.findings.finding import Step\n"),
    ],
)
def test_an_import_forwards_is_let_pass(tmp_path: Path, file: str, text: str) -> None:
    assert offences(package_with(tmp_path, {file: text})) == []


def package_with(folder: Path, files: dict[str, str]) -> Path:
    """A package of that name with the modules that the tests import, and `files`."""
    package = folder / "lockmodel"
    there = ["errors.py", "check.py", "engine/step.py", "ir/nodes.py", "language/model.py", "findings/finding.py"]
    for name, text in {**dict.fromkeys(["__init__.py", *there], ""), **files}.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, encoding="utf-8")
    return package
