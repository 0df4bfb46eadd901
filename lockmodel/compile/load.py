"""From what the user names (`path.py` or `package.module`) to the `Model` that it declares.

The file is run by CPython; its procedures are never called. It sees the modules beside it, and every load gives fresh
ones: neither `sys.modules` nor `sys.path` remembers a spec. Whatever goes wrong is a `SpecError` with its place.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import sys
import traceback
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn
from weakref import WeakKeyDictionary

from lockmodel.compile.naming import did_you_mean
from lockmodel.compile.reader import no_python, parse, read_text
from lockmodel.errors import SpecError
from lockmodel.language.model import Model

FUTURE = "from __future__ import annotations"

_MISSING_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_MODULES: WeakKeyDictionary[Model, dict[str, types.ModuleType]] = WeakKeyDictionary()


def load(target: str) -> Model:
    """The one model that a spec declares or names at module level; or else one of the modules that it imports."""
    path, name, root = _locate(target)
    source = read_text(path)
    tree = parse(path, source).tree
    _check_future(path, tree)
    module = types.ModuleType(name)
    module.__file__ = path
    module.__package__ = name.rpartition(".")[0]
    finder = _SpecFinder(root)
    with _importing(finder, name, module):
        _execute(module, source, path, finder)
    finder.loaded[name] = module
    model = _only_model([module, *finder.loaded.values()], path)
    _MODULES[model] = finder.loaded
    return model


def modules_of(model: Model) -> Mapping[str, types.ModuleType]:
    """The modules that were loaded with a model, the spec itself last; empty for a model that was not loaded."""
    return _MODULES.get(model, {})


def innermost_line(error: BaseException, paths: Sequence[str]) -> tuple[str, int]:
    """The innermost place of a traceback that lies in one of the files; ("", 0) if none does."""
    place = ("", 0)
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename in paths:
            place = (frame.f_code.co_filename, line)
    return place


def described_exception(error: BaseException) -> str:
    """`ZeroDivisionError: division by zero`."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


# --- which file -------------------------------------------------------------------------------------------------


def _locate(target: str) -> tuple[str, str, str]:
    """The file, the module's name, and the folder that its imports start from."""
    if target.endswith(".py") or os.sep in target or "/" in target:
        if os.path.isdir(target):
            raise SpecError("it is a folder", path=target, remedy="Name one of the spec files in it.")
        if not os.path.isfile(target):
            _no_such_file(target)
        folder, file = os.path.split(target)
        return target, os.path.splitext(file)[0], folder
    if not all(part.isidentifier() for part in target.split(".")):
        raise SpecError(
            "it is neither a file nor a module", path=target, remedy="Name a `path.py` or a `package.module`."
        )
    beneath = os.path.join(*target.split("."))
    for path in (f"{beneath}.py", os.path.join(beneath, "__init__.py")):
        if os.path.isfile(path):
            return path, target, ""
    return _installed(target)


def _no_such_file(target: str) -> NoReturn:
    folder, file = os.path.split(target)
    near: list[str] = []
    with contextlib.suppress(OSError):
        near = [name for name in os.listdir(folder or ".") if name.endswith(".py")]
    raise SpecError("there is no such file", path=target, remedy=did_you_mean(file, near))


def _installed(target: str) -> tuple[str, str, str]:
    try:
        spec = importlib.util.find_spec(target)
    except ModuleNotFoundError:
        spec = None
    except Exception as error:
        raise SpecError(f"importing its package raised {described_exception(error)}", path=target) from error
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        remedy = (
            f"Name the file: `{target}.py`."
            if os.path.isfile(f"{target}.py")
            else "Name a file, or a module that Python can import from here."
        )
        raise SpecError("there is no such module", path=target, remedy=remedy)
    return spec.origin, target, os.path.dirname(spec.origin)


def _check_future(path: str, tree: ast.Module) -> None:
    body = tree.body
    after = 1 if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else 0
    for statement in body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            if any(alias.name == "annotations" for alias in statement.names):
                return
    line = body[after].lineno if len(body) > after else 1
    raise SpecError(
        f"`{FUTURE}` is missing", path=path, line=line,
        remedy=f"Add the line `{FUTURE}` here, before everything but the docstring: types refer to each other.",
    )  # fmt: skip


def _only_model(modules: Sequence[types.ModuleType], path: str) -> Model:
    """The model of the first module, or where that names none, of all."""
    found: dict[int, tuple[str, Model]] = {}
    for module in modules:
        for name, value in vars(module).items():
            if isinstance(value, Model):
                found.setdefault(id(value), (name, value))
        if found and module is modules[0]:
            break
    if not found:
        raise SpecError(
            "there is no Model in it",
            path=path,
            remedy='Write `model = Model("name", source="fs/file.c")` at module level.',
        )
    if len(found) > 1:
        names = ", ".join(name for name, _ in found.values())
        raise SpecError(
            f"there are {len(found)} Models in it: {names}", path=path, remedy="Give each a spec file of its own."
        )
    return next(iter(found.values()))[1]


# --- importing --------------------------------------------------------------------------------------------------


class _SpecFinder(importlib.abc.MetaPathFinder):
    """Finds the modules beside a spec and gives them paths as the user would write them."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.loaded: dict[str, types.ModuleType] = {}
        self.paths: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Python's question: is this module one of ours?"""
        if path is not None and not any(self.owns(entry) for entry in path):
            return None
        stem = os.path.join(self.root, *fullname.split("."))
        for file, is_package in ((f"{stem}.py", False), (os.path.join(stem, "__init__.py"), True)):
            if os.path.isfile(file):
                spec = importlib.machinery.ModuleSpec(
                    fullname, _SpecLoader(self, file), origin=file, is_package=is_package
                )
                if is_package:
                    spec.submodule_search_locations = [os.path.dirname(file)]
                return spec
        return None

    def owns(self, entry: str) -> bool:
        """Does a folder lie below the root?"""
        root = os.path.abspath(self.root)
        return os.path.commonpath((root, os.path.abspath(entry))) == root


class _SpecLoader(importlib.abc.Loader):
    """Runs one module beside a spec, from its source, leaving no compiled file behind."""

    def __init__(self, finder: _SpecFinder, path: str) -> None:
        self.finder = finder
        self.path = path

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        """Python's own kind of module."""
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        """Run it; one that declares types or procedures needs the future import as the spec does."""
        source = read_text(self.path)
        tree = parse(self.path, source).tree
        if any(_imports_lockmodel(statement) for statement in tree.body):
            _check_future(self.path, tree)
        module.__file__ = self.path
        self.finder.loaded[module.__name__] = module
        _execute(module, source, self.path, self.finder)


def _imports_lockmodel(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import(names):
            return any(alias.name.split(".")[0] == "lockmodel" for alias in names)
        case ast.ImportFrom(module=str(module)):
            return module.split(".")[0] == "lockmodel"
    return False


def _execute(module: types.ModuleType, source: str, path: str, finder: _SpecFinder) -> None:
    finder.paths.append(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # what Python warns of, such as `x is 3`, is refused later
            code = compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise no_python(error, path) from error
    try:
        exec(code, vars(module))
    except SpecError:
        raise
    except (Exception, SystemExit) as error:
        where, line = innermost_line(error, finder.paths)
        missing = _MISSING_NAME.match(str(error)) if isinstance(error, ImportError) else None
        if missing:
            name, source_module = missing.groups()
            known = [known for known in dir(sys.modules.get(source_module)) if not known.startswith("_")]
            message, remedy = f"`{source_module}` has no `{name}` to import", did_you_mean(name, known)
        else:
            message, remedy = f"importing it raised {described_exception(error)}", ""
            if isinstance(error, NameError) and error.name:
                remedy = did_you_mean(error.name, vars(module))
        raise SpecError(message, path=where or path, line=line, remedy=remedy) from error


@contextlib.contextmanager
def _importing(finder: _SpecFinder, name: str, module: types.ModuleType) -> Iterator[None]:
    """Python's import machinery with the spec's folder in front; as it was, afterwards."""
    before = dict(sys.modules)
    path = list(sys.path)
    for known in list(sys.modules):
        top = known.split(".")[0]
        if top == "lockmodel" or top in sys.stdlib_module_names:
            continue
        beside = os.path.join(finder.root, top)
        if os.path.isfile(f"{beside}.py") or os.path.isfile(os.path.join(beside, "__init__.py")):
            del sys.modules[known]
    sys.modules[name] = module
    sys.path.insert(0, os.path.abspath(finder.root or "."))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.path[:] = path
        for known in list(sys.modules):
            if known in before:
                sys.modules[known] = before[known]
            elif known == name or known in finder.loaded or _is_folder_below(sys.modules[known], finder):
                del sys.modules[known]
        sys.modules.update(before)


def _is_folder_below(module: types.ModuleType, finder: _SpecFinder) -> bool:
    """Is it a namespace package of the spec's tree?"""
    if getattr(module, "__file__", None) is not None:
        return False
    return any(finder.owns(entry) for entry in getattr(module, "__path__", ()))
