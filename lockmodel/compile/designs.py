"""What holds in a design: what it replaces itself, and what those that it is made of replace."""

from __future__ import annotations

from collections.abc import Sequence

from lockmodel.compile.naming import Place, suggestion
from lockmodel.language.library import ChainRecord, ProcedureRecord
from lockmodel.language.model import Model


def variants_of(model: Model, design: str, within: Sequence[str] = ()) -> dict[str, ProcedureRecord]:
    """The replacements of a design by what they replace; SpecError where those that it is made of disagree."""
    own = {name: variant for (of, name), variant in model.variants.items() if of == design}
    combination = model.combinations.get(design)
    if combination is None:
        return own
    place = Place(combination.path, combination.line)
    if design in within:
        raise place.error(
            f"the design {design} is made of itself: {' -> '.join([*within[within.index(design) :], design])}",
            "Take one of them out.",
        )
    joined: dict[str, ProcedureRecord] = {}
    for part in combination.parts:
        if part not in model.designs:
            raise place.error(
                f"the design {design} is made of `{part}`, which is no design of the model {model.name}",
                suggestion(part, [name for name in model.designs if name != design], "designs"),
            )
        for name, variant in variants_of(model, part, (*within, design)).items():
            other = joined.setdefault(name, variant)
            if other.function is not variant.function and name not in own:
                raise place.error(
                    f"the design {design} is made of two that replace `{name}`: `{other.name}` in {other.design} "
                    f"({Place(other.path, other.line)}) and `{variant.name}` in {variant.design} "
                    f"({Place(variant.path, variant.line)})",
                    f'Write what has both, with `@{model.name}.design("{design}", replaces={name})`.',
                )
    return joined | own


def own_chains(model: Model, design: str) -> list[ChainRecord]:
    """The chains of the lock order that a design declares, or else those that it is made of."""
    own = [chain for chain in model.chains if chain.design == design]
    combination = model.combinations.get(design)
    if own or combination is None:
        return own
    return list(dict.fromkeys(chain for part in combination.parts for chain in own_chains(model, part)))
