"""The instructions of one procedure while they are being written: targets are labels until `finish`."""

from __future__ import annotations

from dataclasses import replace

from lockmodel.errors import InternalError
from lockmodel.ir.nodes import Branch, Instruction, Jump


class Code:
    """A growing list of instructions, in which `Jump` and `Branch` name labels."""

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []
        self._labels: list[int] = []

    def label(self) -> int:
        """A new label, to be placed later."""
        self._labels.append(-1)
        return len(self._labels) - 1

    def place(self, label: int) -> None:
        """The label means the next instruction."""
        self._labels[label] = len(self.instructions)

    def emit(self, instruction: Instruction) -> None:
        """Add an instruction."""
        self.instructions.append(instruction)

    def finish(self) -> tuple[Instruction, ...]:
        """The instructions with their targets."""
        return tuple(self._resolved(instruction) for instruction in self.instructions)

    def _resolved(self, instruction: Instruction) -> Instruction:
        match instruction:
            case Jump(target):
                return replace(instruction, target=self._at(target))
            case Branch(_, then, orelse):
                return replace(instruction, then=self._at(then), orelse=self._at(orelse))
        return instruction

    def _at(self, label: int) -> int:
        at = self._labels[label]
        if not 0 <= at < len(self.instructions):
            raise InternalError(f"the label {label} was not placed before the end of its procedure")
        return at
