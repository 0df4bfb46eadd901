"""Small machines for the strategies: one thread a body, with claims where there are any."""

from __future__ import annotations

from pathlib import Path

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.ir.layout import Layout
from tests.engine.machines import write_machine


def machine(folder: Path, *bodies: str, claims: str = "") -> Layout:
    """The layout of threads t0, t1, ... that run these bodies with `box` and `item`."""
    procedures, scenario = claims, ""
    for number, body in enumerate(bodies):
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        procedures += f"\n@model.path\ndef p{number}(box: Box, item: Item) -> None:\n{lines}"
        scenario += f"m.thread('t{number}', p{number}, box, item)\n"
    model = load(str(write_machine(folder, procedures, scenario)))
    program = compile_model(model, None, {})
    return Layout(program, lower_scenario(model, model.scenarios["scenario"], program))
