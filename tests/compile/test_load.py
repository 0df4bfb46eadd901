"""Loading: which file a target names, what it sees, what is left behind, and what is said when it goes wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockmodel.compile import load
from lockmodel.compile.load import modules_of
from lockmodel.errors import SpecError
from tests.compile.specs import Specs

FUTURE = "from __future__ import annotations\n"
MODEL = FUTURE + 'from lockmodel import Model\nmodel = Model("m")\n'
IMPORTER = FUTURE + "from shared_part import model\n"
ADD_FUTURE = (
    "  Add the line `from __future__ import annotations` here, before everything but the docstring: "
    "types refer to each other."
)


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    path, modules, finders = list(sys.path), dict(sys.modules), list(sys.meta_path)
    yield
    assert (path, finders) == (sys.path, sys.meta_path)
    assert {name: sys.modules[name] for name in sys.modules if not name.startswith("_pytest")} == {
        name: modules[name] for name in modules if not name.startswith("_pytest")
    }


REFUSED = [
    (
        FUTURE + "x = = 3\n",
        "spec.py:2: syntax error: invalid syntax\n  A spec is a Python file: mend what Python itself cannot read here.",
    ),
    (
        FUTURE + "break\n",
        "spec.py:2: syntax error: 'break' outside loop\n"
        "  A spec is a Python file: mend what Python itself cannot read here.",
    ),
    (
        '"""A doc."""\n\nfrom lockmodel import Model\n',
        f"spec.py:3: `from __future__ import annotations` is missing\n{ADD_FUTURE}",
    ),
    ("", f"spec.py:1: `from __future__ import annotations` is missing\n{ADD_FUTURE}"),
    (
        FUTURE,
        'spec.py: there is no Model in it\n  Write `model = Model("name", source="fs/file.c")` at module level.',
    ),
    (
        MODEL + 'other = Model("k")\n',
        "spec.py: there are 2 Models in it: model, other\n  Give each a spec file of its own.",
    ),
    (
        MODEL + "def half() -> float:\n    return 1 / 0\nhalf()\n",
        "spec.py:5: importing it raised ZeroDivisionError: division by zero",
    ),
    (
        MODEL + "import json\njson.loads('{')\n",
        "spec.py:5: importing it raised JSONDecodeError: "
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ),
    (MODEL + "raise SystemExit(3)\n", "spec.py:4: importing it raised SystemExit: 3"),
    (MODEL + "raise ValueError\n", "spec.py:4: importing it raised ValueError"),
    (MODEL + "import nothere\n", "spec.py:4: importing it raised ModuleNotFoundError: No module named 'nothere'"),
    (
        MODEL + "from lockmodel import Semaphor\n",
        "spec.py:4: `lockmodel` has no `Semaphor` to import\n  Did you mean `Semaphore`?",
    ),
    (
        MODEL + "@model.scenario\ndef s(m): ...\n@model.scenario\ndef s(m): ...\n",
        "spec.py:6: there are two scenarios named s (the other: spec.py:4)\n  Rename one of them.",
    ),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_spec_that_cannot_be_imported_says_where_and_why(specs: Specs, text: str, message: str) -> None:
    specs.write(text)
    with pytest.raises(SpecError) as caught:
        load("spec.py")
    assert str(caught.value) == message


TARGETS = [
    ("specs/x.py", "specs/x.py: there is no such file"),
    ("modle.py", "modle.py: there is no such file\n  Did you mean `model.py`?"),
    ("folder/", "folder/: it is a folder\n  Name one of the spec files in it."),
    ("a b", "a b: it is neither a file nor a module\n  Name a `path.py` or a `package.module`."),
    (
        "json.nothere",
        "json.nothere: there is no such module\n  Name a file, or a module that Python can import from here.",
    ),
]


@pytest.mark.parametrize(("target", "message"), TARGETS)
def test_a_target_that_is_not_there_is_refused(specs: Specs, target: str, message: str) -> None:
    specs.write(MODEL, "model.py")
    (specs.folder / "folder").mkdir()
    with pytest.raises(SpecError) as caught:
        load(target)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\x00", "spec.py: it cannot be read: invalid or missing encoding declaration for 'spec.py'"),
        (
            FUTURE.encode() + b"\x00",
            "spec.py: syntax error: source code string cannot contain null bytes\n"
            "  A spec is a Python file: mend what Python itself cannot read here.",
        ),
    ],
)
def test_a_file_that_is_no_text_is_refused(specs: Specs, content: bytes, message: str) -> None:
    (specs.folder / "spec.py").write_bytes(content)
    with pytest.raises(SpecError) as caught:
        load("spec.py")
    assert str(caught.value) == message


def test_places_are_as_the_user_named_the_file(specs: Specs) -> None:
    name = specs.write(MODEL, "models/spec.py")
    assert load(name).file == "models/spec.py"
    absolute = os.path.join(specs.folder, "models", "spec.py")
    assert load(absolute).file == absolute


def test_one_model_under_two_names_is_one_model(specs: Specs) -> None:
    assert load(specs.write(MODEL + "same = model\n")).name == "m"


def test_loading_twice_gives_fresh_modules(specs: Specs) -> None:
    specs.write(MODEL, "shared_part.py")
    name = specs.write(IMPORTER)
    first, second = load(name), load(name)
    assert first is not second
    assert modules_of(first)["shared_part"] is not modules_of(second)["shared_part"]


def test_a_changed_file_is_read_again(specs: Specs) -> None:
    name = specs.write(MODEL)
    assert load(name).name == "m"
    specs.write(MODEL.replace('"m"', '"changed"'))
    assert load(name).name == "changed"


def test_a_spec_sees_the_modules_beside_it(specs: Specs) -> None:
    specs.write(MODEL, "models/shared_part.py")
    model = load(specs.write(IMPORTER, "models/spec.py"))
    assert [(name, module.__file__) for name, module in modules_of(model).items()] == [
        ("shared_part", "models/shared_part.py"),
        ("spec", "models/spec.py"),
    ]
    assert not (specs.folder / "models" / "__pycache__").exists()


def test_a_spec_beside_a_module_that_is_already_imported_gets_its_own(specs: Specs) -> None:
    module = type(sys)("shared_part")
    sys.modules["shared_part"] = module
    try:
        specs.write(MODEL, "shared_part.py")
        assert load(specs.write(IMPORTER)).name == "m"
        assert sys.modules["shared_part"] is module
    finally:
        del sys.modules["shared_part"]


SIBLINGS = [
    (MODEL + "1 / 0\n", "shared_part.py:4: importing it raised ZeroDivisionError: division by zero"),
    (
        "a b\n",
        "shared_part.py:1: syntax error: invalid syntax\n"
        "  A spec is a Python file: mend what Python itself cannot read here.",
    ),
    (
        "from lockmodel import Model\n",
        f"shared_part.py:1: `from __future__ import annotations` is missing\n{ADD_FUTURE}",
    ),
    ("x = 1\n", "spec.py:2: `shared_part` has no `model` to import"),
]


@pytest.mark.parametrize(("text", "message"), SIBLINGS)
def test_what_goes_wrong_in_a_module_beside_a_spec_is_said_of_it(specs: Specs, text: str, message: str) -> None:
    specs.write(text, "shared_part.py")
    specs.write(IMPORTER)
    with pytest.raises(SpecError) as caught:
        load("spec.py")
    assert str(caught.value) == message


@pytest.mark.parametrize("package", [False, True])
@pytest.mark.parametrize("form", ["from .shared_part import model\n", "from models.shared_part import model\n"])
def test_a_module_of_a_package_is_found_from_the_current_folder(specs: Specs, package: bool, form: str) -> None:
    if package:
        specs.write("", "models/__init__.py")
    specs.write(MODEL, "models/shared_part.py")
    specs.write(FUTURE + form, "models/spec.py")
    model = load("models.spec")
    assert model.file == os.path.join("models", "shared_part.py")
    assert [name for name in modules_of(model) if name != "models"] == ["models.shared_part", "models.spec"]


def test_a_module_of_an_installed_package_is_found(
    specs: Specs, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere: Path = tmp_path_factory.mktemp("site")
    (elsewhere / "installed_spec.py").write_text(MODEL)
    monkeypatch.syspath_prepend(str(elsewhere))
    assert load("installed_spec").file == str(elsewhere / "installed_spec.py")
