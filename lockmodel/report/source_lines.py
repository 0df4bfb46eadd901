"""What became of each line of the modelled files, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from lockmodel.report.summary import ranges
from lockmodel.report.words import count


class Line(Protocol):
    """A line of a modelled file (see `compile.source_lines`)."""

    @property
    def file(self) -> str:
        """The modelled file."""

    @property
    def line(self) -> int:
        """Its number there."""

    @property
    def modelled(self) -> tuple[tuple[str, str], ...]:
        """The statements that stand for it."""

    @property
    def reason(self) -> str:
        """Why none does."""


def coverage_markdown(model: str, spec: str, lines: Sequence[Line], unreached: Sequence[str] = ()) -> str:
    """The whole of `coverage.md`; `unreached` are places of the files that no scenario came to."""
    parts = [f"# {model}: what of the source is modelled\n\nWritten by lockmodel from `{spec}`."]
    for file in dict.fromkeys(line.file for line in lines):
        of_file = [line for line in lines if line.file == file]
        missing = unaccounted(of_file)
        told = [
            f"{count(len(of_file), 'line')} of code",
            f"{sum(bool(line.modelled) for line in of_file)} modelled",
            f"{sum(bool(line.reason) for line in of_file)} left out for a reason",
            f"{len(missing)} unaccounted for" + (f" ({ranges([line.line for line in missing])})" if missing else ""),
        ]
        rows = "\n".join(f"| {numbers} | {said} |" for numbers, said in _rows(of_file, set(unreached)))
        parts.append(f"## {file}\n\n{'; '.join(told)}.\n\n| lines | what became of them |\n| --- | --- |\n{rows}")
    return "\n\n".join(parts) + "\n"


def unaccounted(lines: Sequence[Line]) -> list[Line]:
    """The lines that no statement stands for, and of which nothing is said."""
    return [line for line in lines if not (line.modelled or line.reason)]


def _rows(lines: Sequence[Line], unreached: set[str]) -> Iterator[tuple[str, str]]:
    """Lines that stand one after the other and of which the same is said are one row."""
    group: list[int] = []
    before = ""
    for line in lines:
        said = _said(line, f"{line.file}:{line.line}" in unreached)
        if group and said != before:
            yield ranges(group), before
            group = []
        group.append(line.line)
        before = said
    if group:
        yield ranges(group), before


def _said(line: Line, unreached: bool) -> str:
    if line.reason:
        return f"left out: {line.reason}"
    if not line.modelled:
        return "**unaccounted for**"
    at = ", ".join(f"`{procedure}` {place}" for procedure, place in line.modelled)
    return f"{at}; no scenario comes to it" if unreached else at
