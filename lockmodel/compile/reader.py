"""From a function or class of the spec to its syntax tree, and from its lines to the modelled source's lines.

A trailing comment of exactly `# 805` says that the line stands for line 805 of the model's source file, and
`# fs/inode.c:1127` for a line of another one; what follows in `# 805  # lockmodel: ...` is no part of it. A file is
read and parsed once, and again when it has changed.
"""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lockmodel.compile.naming import Place
from lockmodel.errors import SpecError
from lockmodel.source import Site

_LINE_COMMENT = re.compile(r"#\s*(\d+)\s*")
_FILE_COMMENT = re.compile(r"#\s*([\w./+-]+\.\w+:\d+)\s*")
FOR_LOCKMODEL = re.compile(r"#\s*lockmodel\s*:")
"""What begins a comment, or the rest of one, that is for lockmodel itself."""

_LAYOUT_TOKENS = frozenset(
    (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
)


@dataclass(frozen=True)
class SourceFile:
    """A parsed file. `comments` are the source references by line; `code_lines` the lines with any code on them."""

    path: str
    text: str
    tree: ast.Module
    comments: Mapping[int, str]
    code_lines: frozenset[int]

    def header_end(self, statement: ast.stmt) -> int:
        """The last line of a statement, or of its header if it has a body."""
        body: list[ast.stmt] | None = getattr(statement, "body", None)
        if not body:
            return statement.end_lineno or statement.lineno
        last = body[0].lineno
        return max((n for n in range(statement.lineno, last) if n in self.code_lines), default=statement.lineno)


@dataclass(frozen=True)
class FunctionSource:
    """A function of the spec: its file, its syntax tree, and the name that places in it carry."""

    file: SourceFile
    node: ast.FunctionDef
    model_source: str

    @property
    def place(self) -> Place:
        """The line of its `def`."""
        return Place(self.file.path, self.node.lineno)

    def site(self, line: int, statement: ast.stmt) -> Site:
        """The site of a line in a statement.

        The reference is the line's own, else that of the last line of the statement (of the header, where it has a
        body), else that of the first.
        """
        comments = self.file.comments
        found = ""
        for candidate in (line, self.file.header_end(statement), statement.lineno):
            if candidate in comments:
                found = comments[candidate]
                break
        if found.isdigit():
            found = f"{self.model_source}:{found}" if self.model_source else ""
        return Site(self.node.name, self.file.path, line, found)


_FILES: dict[str, tuple[tuple[int, int], SourceFile]] = {}


def read_file(path: str) -> SourceFile:
    """The file, parsed; SpecError where it cannot be read or is no Python."""
    key = os.path.abspath(path)
    try:
        status = os.stat(path)
    except OSError as error:
        raise SpecError(
            f"it cannot be read: {error.strerror}", path=path, remedy="Procedures must stand in a file of their own."
        ) from error
    stamp = (status.st_mtime_ns, status.st_size)
    cached = _FILES.get(key)
    if cached is not None and cached[0] == stamp and cached[1].path == path:
        return cached[1]
    file = parse(path, read_text(path))
    _FILES[key] = (stamp, file)
    return file


def read_text(path: str) -> str:
    """The text of a Python file in the encoding that it declares."""
    try:
        with tokenize.open(path) as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError, SyntaxError) as error:
        raise SpecError(f"it cannot be read: {error}", path=path) from error


NO_PYTHON = "A spec is a Python file: mend what Python itself cannot read here."


def no_python(error: SyntaxError, path: str) -> SpecError:
    """The refusal of a file that Python cannot read."""
    return SpecError(f"syntax error: {error.msg}", path=path, line=error.lineno or 0, remedy=NO_PYTHON)


def parse(path: str, text: str) -> SourceFile:
    """The text of a file, parsed."""
    try:
        tree = ast.parse(text, filename=path)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except SyntaxError as error:
        raise no_python(error, path) from error
    except (ValueError, tokenize.TokenError) as error:
        raise SpecError(f"syntax error: {error}", path=path, remedy=NO_PYTHON) from error
    comments: dict[int, str] = {}
    code_lines: set[int] = set()
    for token in tokens:
        line = token.start[0]
        if token.type == tokenize.COMMENT:
            if line in code_lines:
                told = FOR_LOCKMODEL.split(token.string)[0]
                reference = _LINE_COMMENT.fullmatch(told) or _FILE_COMMENT.fullmatch(told)
                if reference:
                    comments[line] = reference.group(1)
        elif token.type not in _LAYOUT_TOKENS:
            code_lines.update(range(line, token.end[0] + 1))
    return SourceFile(path, text, tree, comments, frozenset(code_lines))


def find_function(path: str, line: int, name: str, model_source: str) -> FunctionSource:
    """The function whose `def`, or first decorator, is on this line."""
    file = read_file(path)
    for node in ast.walk(file.tree):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            if line in (node.lineno, *(decorator.lineno for decorator in node.decorator_list[:1])):
                return FunctionSource(file, node, model_source)
    raise SpecError(
        f"`{name}` is not made by a plain `def`",
        path=path,
        line=line,
        remedy="Write `def name(parameter: Type) -> Type:`.",
    )


@dataclass(frozen=True)
class ClassSource:
    """Where a class and its fields stand."""

    place: Place
    fields: Mapping[str, Place]

    def field(self, name: str) -> Place:
        """The line of a field, or of its class."""
        return self.fields.get(name, self.place)


def find_class(path: str, qualified_name: str) -> ClassSource:
    """Where a class of the file and its annotated fields stand."""
    file = read_file(path)
    body: list[ast.stmt] = file.tree.body
    found: ast.ClassDef | None = None
    for part in qualified_name.replace("<locals>.", "").split("."):
        found = None
        for statement in _scope(body):
            if statement.name == part:
                body = statement.body
                found = statement if isinstance(statement, ast.ClassDef) else None
                break
    if found is None:
        return ClassSource(Place(path, 0), {})
    fields = {
        statement.target.id: Place(path, statement.lineno)
        for statement in found.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }
    return ClassSource(Place(path, found.lineno), fields)


def _scope(body: list[ast.stmt]) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    """The classes and functions of a body, those under an `if` or the like too, but not those inside others."""
    for statement in body:
        if isinstance(statement, (ast.ClassDef, ast.FunctionDef)):
            yield statement
        else:
            yield from _scope([inner for inner in ast.iter_child_nodes(statement) if isinstance(inner, ast.stmt)])
