"""What there is to say of each rule: a page a rule, which is a spec that breaks it and says so.

`pages/lm101.py` is a spec that `check` shows LM101 of and nothing else, and that is verified under its design
`repaired`; its docstring is the page: what the rule means, then `Witness: ...` and `Repair: ...`. Pages are read as
text and never run here; a test runs them.
"""

from __future__ import annotations

import ast
from functools import cache
from importlib import resources

import msgspec

from lockmodel.properties.catalogue import CWES, RULES

REPAIRED = "repaired"
"""The design of an example that is verified."""

SECTIONS = ("Witness", "Repair")


class Weakness(msgspec.Struct, frozen=True):
    """An entry of the Common Weakness Enumeration."""

    number: int
    name: str
    url: str


class Page(msgspec.Struct, frozen=True):
    """What there is to say of a rule.

    `when` it is broken, in a line; what it `means`; how to read its `witness`; what usually repairs it. `example` is a
    spec that breaks it and nothing else, and not under its design `repaired`. `cwes` are the weaknesses that it finds,
    what fits best first. `silence` is the comment that silences it at one line of a spec.
    """

    code: str
    name: str
    when: str
    means: str
    witness: str
    repair: str
    example: str
    cwes: list[Weakness]
    silence: str


@cache
def page(code: str) -> Page:
    """The page of a rule."""
    rule = RULES[code]
    text = (resources.files(__name__) / "pages" / f"{code.lower()}.py").read_text(encoding="utf-8")
    docstring = ast.parse(text).body[0]
    means, *sections = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")
    told = dict(section.split(": ", 1) for section in sections)
    return Page(
        code=code,
        name=rule.name,
        when=rule.when,
        means=_joined(means),
        witness=_joined(told["Witness"]),
        repair=_joined(told["Repair"]),
        example="\n".join(text.splitlines()[docstring.end_lineno :]).strip("\n") + "\n",
        cwes=[Weakness(n, CWES[n], f"https://cwe.mitre.org/data/definitions/{n}.html") for n in rule.cwes],
        silence=f"# lockmodel: ignore[{code}] why this is right here",
    )


def pages() -> list[Page]:
    """The pages of all rules that are looked for, by code."""
    return [page(code) for code, rule in RULES.items() if rule.judged]


def _joined(text: str) -> str:
    """A paragraph as one line."""
    return " ".join(text.split())
