"""What became of each line of the modelled files: which statement of the spec stands for it, or why none does.

Takes a model; gives a record for each line that the model says carries code. What a design other than the one as
written replaces counts for nothing: its lines are not those of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lockmodel.compile.naming import Place, shown_value
from lockmodel.compile.reader import find_function
from lockmodel.language.library import LinesRecord, ProcedureRecord
from lockmodel.language.model import Model

_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a modelled file: the statements that stand for it ("procedure", "path:line"), or else the reason."""

    file: str
    line: int
    modelled: tuple[tuple[str, str], ...] = ()
    reason: str = ""


def source_lines(model: Model) -> list[SourceLine]:
    """Every line that carries code, file by file. SpecError where what the model says of a line contradicts itself."""
    code = _declared(model.code_lines, "carries code")
    excused = _declared(model.excused_lines, "is left out")
    modelled = _modelled(model)
    for key, record in excused.items():
        place = Place(record.path, record.line)
        if key in modelled:
            procedure, at = modelled[key][0]
            raise place.error(
                f"{_told(key)} is left out, and `{procedure}` ({at}) stands for it",
                "Take the line out of `not_modelled`, or the trailing comment away.",
            )
        if key not in code:
            raise place.error(
                f"{_told(key)} is left out, and is no line that carries code",
                "Name it in `source_lines`, or take it out of `not_modelled`.",
            )
    files = {file for file, _ in code}
    for key, statements in modelled.items():
        if key[0] in files and key not in code:
            procedure, at = statements[0]
            record = next(record for record in model.code_lines if record.source == key[0])
            raise Place(record.path, record.line).error(
                f"`{procedure}` ({at}) stands for {_told(key)}, which is no line that carries code",
                "Name it in `source_lines`, or mend the trailing comment.",
            )
    return [
        SourceLine(file, line, modelled.get((file, line), ()), excused[file, line].reason)
        if (file, line) in excused
        else SourceLine(file, line, modelled.get((file, line), ()))
        for file, line in sorted(code)
    ]


def _declared(records: list[LinesRecord], what: str) -> dict[tuple[str, int], LinesRecord]:
    """The lines that are named, each with the declaration that does."""
    named: dict[tuple[str, int], LinesRecord] = {}
    for record in records:
        place = Place(record.path, record.line)
        if not record.source:
            raise place.error("lines of no file are named", 'Give the model its file: `source="fs/inotify.c"`.')
        for line in _numbers(record.lines, place):
            other = named.setdefault((record.source, line), record)
            if other is not record:
                raise place.error(
                    f"it is said twice that {record.source}:{line} {what} (before: {other.path}:{other.line})",
                    "Keep one of them.",
                )
    return named


def _numbers(text: str, place: Place) -> Iterator[int]:
    for part in text.replace(",", " ").split():
        match = _RANGE.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            raise place.error(f"{shown_value(part)} names no lines", 'Write "1011-1022, 1030".')
        yield from range(first, last + 1)


def _modelled(model: Model) -> Mapping[tuple[str, int], tuple[tuple[str, str], ...]]:
    """The lines that trailing comments name, each with the statements that carry them."""
    found: dict[tuple[str, int], tuple[tuple[str, str], ...]] = {}
    for record in dict.fromkeys((*model.procedures.values(), *model.implementations.values())):
        for file, line, at in _comments(record):
            found[file, line] = (*found.get((file, line), ()), (record.name, at))
    return found


def _comments(record: ProcedureRecord) -> Iterator[tuple[str, int, str]]:
    """Each trailing comment in a procedure: the file and line that it names, and where it stands."""
    source = find_function(record.path, record.line, record.function.__name__, record.source)
    comments = source.file.comments
    for line in range(source.node.lineno, (source.node.end_lineno or source.node.lineno) + 1):
        if line not in comments:
            continue
        file, _, number = comments[line].rpartition(":")
        yield file or record.source, int(number), f"{source.file.path}:{line}"


def _told(key: tuple[str, int]) -> str:
    return f"{key[0]}:{key[1]}"
