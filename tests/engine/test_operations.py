"""The table of operations, the language and the meanings name the same things."""

from __future__ import annotations

import inspect

from lockmodel.engine.operations import MEANING
from lockmodel.ir.operations import GHOSTS, OPERATIONS
from lockmodel.language import kernel


def test_every_operation_has_a_meaning_and_no_other_does() -> None:
    assert set(MEANING) == set(OPERATIONS) | set(GHOSTS)


def test_every_operation_can_be_written_in_a_spec_with_as_many_operands() -> None:
    for name, operation in {**OPERATIONS, **GHOSTS}.items():
        function = getattr(kernel, name)
        assert len(inspect.signature(function).parameters) == len(operation.parameters), name
