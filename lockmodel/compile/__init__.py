"""Stage 2: from a spec to the IR.

    load(target)                            the file is run by CPython, its procedures are not   -> Model
    compile_model(model, design, switches)  the syntax trees of its procedures become code       -> Program
    lower_scenario(model, record, program)  a scenario function is run, its records are checked  -> Setup
    Worlds(model, program, bounds)          the scenarios that the program writes, lowered       -> Written

`subset` says which Python a procedure may be written in; `structs` what a field may be. Whatever the spec says that
these cannot take is a `SpecError` with its file, its line, and what to write instead.
"""

from lockmodel.compile.load import load
from lockmodel.compile.lower import compile_model, switch_values
from lockmodel.compile.scenario import Written, lower_scenario
from lockmodel.compile.worlds import Worlds

__all__ = ["Worlds", "Written", "compile_model", "load", "lower_scenario", "switch_values"]
