"""Pages of rules as text for people, and as the help that goes with them to code hosts."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from lockmodel.explain import REPAIRED, Page
from lockmodel.report.sarif import RuleText
from lockmodel.report.terminal import BAD, FAINT, STRONG, Terminal, wrap

SILENCE = "To silence it behind one line of a spec"

MOST_WIDE = 100
"""Prose over the whole of a wide terminal is hard to read."""


def render_pages(pages: Sequence[Page], terminal: Terminal) -> str:
    """Whole pages, one after the other."""
    return terminal.show(Text("\n").join([_page(page, min(terminal.width, MOST_WIDE)) for page in pages]))


def render_table(pages: Sequence[Page], terminal: Terminal) -> str:
    """A line a rule."""
    text = Text()
    names = max(len(page.name) for page in pages)
    for page in pages:
        indent = len(page.code) + names + 4
        lines = wrap(page.when, terminal.width - indent)
        text.append_text(Text.assemble((page.code, STRONG), f"  {page.name:<{names}}  {lines[0]}\n"))
        for line in lines[1:]:
            text.append(" " * indent + line + "\n")
    return terminal.show(text)


def rule_text(page: Page) -> RuleText:
    """The page as a code host shows it beside a finding."""
    parts = [("Its witness", page.witness), ("What usually repairs it", page.repair)]
    return RuleText(
        page.name,
        page.when,
        tuple((cwe.number, cwe.name) for cwe in page.cwes),
        "\n\n".join([page.means, *(f"{head}: {body}" for head, body in parts), f"{SILENCE}: {page.silence}"]),
        "\n\n".join([page.means, *(f"**{head}.** {body}" for head, body in parts), f"**{SILENCE}:** `{page.silence}`"]),
    )


def _page(page: Page, width: int) -> Text:
    text = Text.assemble((f"{page.code} {page.name}", BAD), "\n")
    for line in wrap(f"Broken when {page.when}.", width - 2, 2):
        text.append(f"  {line}\n", STRONG)
    text.append("\n")
    for line in wrap(page.means, width - 2):
        text.append(f"  {line}\n")
    for head, body in (("Its witness", page.witness), ("What usually repairs it", page.repair)):
        _section(text, head, wrap(body, width - 4))
    if page.cwes:
        named = [f"CWE-{cwe.number} {cwe.name}" for cwe in page.cwes]
        _section(text, "Weaknesses", [line for name in named for line in wrap(name, width - 4, 2)])
    _section(text, SILENCE, [page.silence])
    _section(text, f"An example, verified under --design {REPAIRED}", page.example.splitlines())
    return text


def _section(text: Text, head: str, lines: Sequence[str]) -> None:
    text.append(f"\n  {head}\n", FAINT)
    for line in lines:
        text.append(f"    {line}\n" if line else "\n")
