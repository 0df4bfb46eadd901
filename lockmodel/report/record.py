"""The record of a model as Markdown: a table of the defects, a section for each, and what holds.

Takes a `Record`, gives text; no clock and no machine stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lockmodel.findings.finding import Unreached
from lockmodel.findings.record import Defect, Holding, Record, Recorded, Setting, Unfinished
from lockmodel.report.places import place_of
from lockmodel.report.summary import ranges
from lockmodel.report.terminal import Terminal
from lockmodel.report.text import render_finding
from lockmodel.report.words import count, listed

KINDS = {
    "repaired": "",
    "together": "",
    "remains": "remains",
    "introduced": "remains: shown by the repaired design alone",
    "unexplained": "no design removes it",
}
"""What stands in place of a repair."""

NAMED = 8
"""So many places are named; the JSON has them all."""

SCENARIOS = 3
"""So many scenarios: their names may be long."""


def record_markdown(record: Record) -> str:
    """The whole of `findings.md`."""
    parts = [_head(record), _table(record), *(_defect(record, one) for one in record.defects)]
    parts += [_holding(holding) for holding in record.holds]
    parts += [_lost(record)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(record: Record) -> str:
    of = f" (`{record.source}`)" if record.source else ""
    lines = [f"# {record.model}: what is wrong, and what holds", ""]
    lines.append(
        f"Written by `lockmodel record {record.spec}`. The design `{record.design}` of the model {record.model}{of} "
        f"was searched in {_scenarios(record)}, {_settings_told(record)}."
    )
    if record.repaired:
        lines.append(f"`{record.repaired}` is the design that has all repairs; it was searched in the same way.")
    if record.cut:
        lines += ["", f"**Incomplete**: {record.cut}. What comes after that is left out."]
    return "\n".join(lines)


def _scenarios(record: Record) -> str:
    return count(record.holds[0].scenarios, "scenario") if record.holds else "no scenario"


def _settings_told(record: Record) -> str:
    if not record.varied:
        return "with the switches as they are by default" if record.switches else "which has no switches"
    names = listed([f"`{name}`" for name in record.varied])
    pairs = ", and every two of them" if record.matrix == "pairs" else ""
    return f"with the switches as they are by default, then with each of {names}{pairs}"


def _table(record: Record) -> str:
    if not record.defects:
        return "No finding."
    rows = [
        [
            f"[{one.number}](#{one.number}-{_anchor(one.title)})",
            one.title,
            ", ".join(dict.fromkeys(found.rule for found in one.findings)),
            _some([found.place for found in one.findings]),
            str(len(one.findings[0].finding.threads)),
            str(len(one.findings[0].finding.steps)),
            _needs(one.needs),
            _removed(one),
            _sure(one.findings[0]),
        ]
        for one in record.defects
    ]
    head = ["#", "defect", "rules", "places", "threads", "steps", "switches", "removed by", "sure"]
    return f"## Defects\n\n{_markdown_table(head, rows)}\n\n" + _legend()


def _legend() -> str:
    return (
        "Threads and steps are those of the smallest witness. Every finding is an execution of the model, replayed by "
        "its interpreter. *shortest*: no schedule of that scenario has fewer steps. *by itself*: it shows where every "
        "other repair is applied."
    )


def _needs(needs: Sequence[Sequence[str]]) -> str:
    if any(not needed for needed in needs):
        return "none"
    return " or ".join(" and ".join(f"`{turned}`" for turned in needed) for needed in needs)


def _removed(defect: Defect) -> str:
    repairs = " + ".join(f"`{repair}`" for repair in defect.repairs)
    return f"{repairs} together" if len(defect.repairs) > 1 else repairs or KINDS[defect.kind]


def _sure(found: Recorded) -> str:
    said = ["shortest" if found.finding.minimal == "proved" else "replayed"]
    said += ["by itself"] if found.without else []
    return ", ".join(said)


# --- one defect -------------------------------------------------------------------------------------------------


def _defect(record: Record, defect: Defect) -> str:
    first = defect.findings[0]
    parts = [f"## {defect.number}. {defect.title}", defect.reason, _how(record, defect)]
    if remarks := list(dict.fromkeys(remark for found in defect.findings for remark in found.remarks)):
        parts.append("\n\n".join(f"> {remark}" for remark in remarks))
    if switches := [note for note in _switch_notes(record, defect) if note]:
        parts.append("\n".join(f"- {note}" for note in switches))
    if len(defect.findings) > 1:
        parts.append(_findings(defect))
    design = ", ".join([first.design, *first.switches])
    witness = render_finding(first.finding, first.scenario, spec=record.spec, design=design, terminal=Terminal())
    parts += ["Smallest witness:", f"```text\n{witness.rstrip()}\n```"]
    parts.append("How sure:\n\n" + "\n".join(f"- {reason}" for reason in first.sure))
    return "\n\n".join(part for part in parts if part)


def _how(record: Record, defect: Defect) -> str:
    """What removes it, in a sentence."""
    first = defect.findings[0]
    scenarios = list(dict.fromkeys(name for found in defect.findings for name in found.scenarios))
    shows = f"It shows in {count(len(scenarios), 'scenario')} ({_some(scenarios, SCENARIOS)})"
    needs = _needs(defect.needs)
    shows += ", and needs no switch" if needs == "none" else f", and needs {needs}"
    match defect.kind:
        case "repaired":
            others = dict.fromkeys(name for found in defect.findings for name in found.repaired_by)
            also = [f"`{name}`" for name in others if name not in defect.repairs]
            said = f"`{defect.repairs[0]}` alone removes it" + (
                f"; {listed(also)} alone would remove some of it as well" if also else ""
            )
        case "together":
            said = f"{listed([f'`{name}`' for name in defect.repairs])} remove it together, and none of them alone"
        case "remains":
            said = f"it remains in `{record.repaired}`"
        case "introduced":
            said = f"`{record.design}` does not show it, `{record.repaired}` does"
        case _:
            said = "no design of the model was seen to remove it" if not record.cut else "its cause was not examined"
    witnesses = count(first.witnesses, "witness", "witnesses")
    tried = f" (searched again: {witnesses} of the first finding)" if defect.kind == "repaired" else ""
    return f"{shows}; {said}{tried}."


def _switch_notes(record: Record, defect: Defect) -> Iterator[str]:
    for name in dict.fromkeys(t.partition("=")[0] for needed in defect.needs for t in needed):
        if name in record.switch_remarks:
            yield f"`{name}`: {record.switch_remarks[name]}"


def _findings(defect: Defect) -> str:
    rows = [
        [
            f"{found.rule} {found.name}",
            found.place,
            str(len(found.finding.steps)),
            found.scenario,
            str(len(found.scenarios)),
            _needs(found.needs),
            _sure(found),
        ]
        for found in defect.findings
    ]
    return _markdown_table(["finding", "place", "steps", "smallest in", "scenarios", "switches", "sure"], rows)


# --- what holds -------------------------------------------------------------------------------------------------


def _holding(holding: Holding) -> str:
    threads = listed([str(number) for number in dict.fromkeys(holding.threads)], "to")
    lines = [
        f"## What holds: `{holding.design}`",
        "",
        f"Every interleaving of {count(holding.scenarios, 'scenario')} of {threads} threads under "
        f"{count(len(holding.settings), 'setting')} of the switches ({_settings(holding.settings)}): "
        f"{holding.runs:,} in all, {holding.states:,} states stored.",
        "",
        *(f"- bound: {bound}" for bound in holding.bounds),
        *_unfinished(holding.unfinished),
        *_claims(holding),
        f"- nothing was found of {', '.join(holding.rules) or 'no rule'}"
        + (f"; findings are of {', '.join(holding.broken)}" if holding.broken else ""),
        *_ignored(holding),
        *_order(holding),
        *_unreached(holding.unreached),
    ]
    return "\n".join(lines)


def _settings(settings: list[Setting]) -> str:
    return ", ".join(" and ".join(setting.switches) or "as given" for setting in settings)


def _unfinished(unfinished: list[Unfinished]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for one in unfinished:
        where = " ".join([one.scenario, *one.switches])
        reasons.setdefault(one.reason, []).append(where)
    for reason, names in reasons.items():
        yield f"- **not searched to the end**: {_some(names, SCENARIOS)}: {reason}"


def _claims(holding: Holding) -> Iterator[str]:
    for claim in holding.claims:
        verdict = claim.verdict if claim.verdict == "holds" else f"**{claim.verdict}**"
        doc = f": {claim.doc}" if claim.doc else ""
        yield f"- {claim.kind} `{claim.name}` {verdict}{doc}"


def _ignored(holding: Holding) -> Iterator[str]:
    for one in holding.ignored:
        told = f"{one.rule} {one.name} in `{one.place.procedure}`, {one.comment}: {one.reason}"
        yield f"- ignored as the spec says: {told} ({_some(one.scenarios)})"


def _order(holding: Holding) -> Iterator[str]:
    for chain in holding.hierarchy:
        yield f"- the declared order `{' -> '.join(chain)}` " + ("is kept" if holding.obeyed else "**is not kept**")
    for judged in holding.order:
        what = "a lock order that goes round" if judged.rule == "LM202" else "a lock and an interrupt"
        told = judged.verdict.replace("-", " ")
        where = f", in {judged.scenario}" if judged.verdict == "reachable" and judged.scenario else ""
        reason = f": {judged.reason}" if judged.reason else ""
        yield f"- {what}, `{judged.claim}`, is {told}{where}{reason}"


def _unreached(unreached: list[Unreached]) -> Iterator[str]:
    """Statements that no run reached, a line a procedure."""
    lines: dict[tuple[str, str], list[int]] = {}
    for missed in unreached:
        at = place_of(missed.source) or place_of(missed.spec)
        if at is not None:
            lines.setdefault((missed.name, at.path), []).append(at.line or 0)
    for (procedure, path), numbers in lines.items():
        yield f"- never reached: {procedure}, {path}:{ranges(numbers)}"


def _lost(record: Record) -> str:
    if not record.lost:
        return ""
    return "## Remarks that fit no finding\n\n" + "\n".join(f"- {remark}" for remark in record.lost)


# --- Markdown ---------------------------------------------------------------------------------------------------


def _some(names: Sequence[str], most: int = NAMED) -> str:
    """The first of them, and how many more."""
    names = list(dict.fromkeys(names))
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _markdown_table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def _anchor(title: str) -> str:
    """What GitHub makes of a heading."""
    kept = "".join(char for char in title.lower() if char.isalnum() or char in " -_")
    return kept.replace(" ", "-")
