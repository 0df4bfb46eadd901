"""Comments that silence findings: `# lockmodel: ignore[LM301] why this is right here`, behind a line of the spec.

Read from every module that a model was loaded with. A comment that cannot mean anything is refused where it stands.
"""

from __future__ import annotations

import ast
import difflib
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lockmodel.compile.load import modules_of
from lockmodel.compile.reader import FOR_LOCKMODEL, SourceFile, read_file
from lockmodel.errors import SpecError
from lockmodel.language.model import Model

FORM = "# lockmodel: ignore[LM301] why this is right here"
_IGNORE = re.compile(r"ignore\s*\[([^\]]*)\]\s*(.*)")
_OPENING = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


@dataclass(frozen=True, slots=True)
class Ignore:
    """A comment: it silences findings of these rules that are placed on `lines`, those of the statement it ends."""

    path: str
    line: int
    rules: tuple[str, ...]
    reason: str
    lines: range

    @property
    def spec(self) -> str:
        """`path:line`, as it is printed."""
        return f"{self.path}:{self.line}"


def ignores_of(model: Model, names: Mapping[str, str]) -> list[Ignore]:
    """The comments of a model's modules, in order; `names` are those of the rules that there are, by code."""
    paths = dict.fromkeys(path for module in modules_of(model).values() if (path := module.__file__))
    return [ignore for path in paths for ignore in _ignores_in(read_file(path), names)]


def _ignores_in(file: SourceFile, names: Mapping[str, str]) -> Iterator[Ignore]:
    if not FOR_LOCKMODEL.search(file.text):
        return  # without going through its tokens once more
    for line, told, first, last in _comments(file):
        if not first:
            raise _error(file, line, "it stands behind no statement", "Write it at the end of the line that it is for.")
        yield Ignore(file.path, line, *_read(file, line, told, names), _whole(file, first, last))


def _comments(file: SourceFile) -> Iterator[tuple[int, str, int, int]]:
    """Each comment for lockmodel: its line, what it says, and the lines of its statement, 0 where it has none."""
    pending: list[tuple[int, str]] = []
    first = 0
    for token in tokenize.generate_tokens(io.StringIO(file.text).readline):
        line = token.start[0]
        if token.type == tokenize.COMMENT and (marked := FOR_LOCKMODEL.search(token.string)):
            told = token.string[marked.end() :].strip()
            if first:
                pending.append((line, told))
            else:
                yield line, told, 0, 0
        elif token.type == tokenize.NEWLINE:
            yield from ((at, told, first, line) for at, told in pending)
            pending, first = [], 0
        elif token.type not in _OPENING:
            first = first or line


def _read(file: SourceFile, line: int, told: str, names: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """The rules and the reason."""
    match = _IGNORE.fullmatch(told)
    if match is None:
        raise _error(file, line, f"{told!r} means nothing to lockmodel", f"Write {FORM}")
    rules = tuple(word for word in re.split(r"[\s,]+", match[1]) if word)
    if not rules:
        raise _error(file, line, "it names no rule", f"Write {FORM}")
    for rule in rules:
        if rule not in names:
            codes = {name: code for code, name in names.items()}
            near = [codes.get(word, word) for word in difflib.get_close_matches(rule, [*names, *codes], n=1)]
            meant = f'Did you mean "{near[0]}"? ' if near else ""
            raise _error(file, line, f"there is no rule {rule}", f"{meant}`lockmodel explain` lists the rules.")
    if not match[2]:
        raise _error(file, line, "it gives no reason", "Say why the finding is right there, behind the bracket.")
    return rules, match[2]


def _whole(file: SourceFile, first: int, last: int) -> range:
    """The lines of a statement; those of a function's decorators belong to its `def`."""
    for node in ast.walk(file.tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.decorator_list:
            top, end = node.decorator_list[0].lineno, file.header_end(node)
            if top <= first <= end:
                return range(top, end + 1)
    return range(first, last + 1)


def _error(file: SourceFile, line: int, message: str, remedy: str) -> SpecError:
    return SpecError(f"the comment `# lockmodel: ...`: {message}", path=file.path, line=line, remedy=remedy)
