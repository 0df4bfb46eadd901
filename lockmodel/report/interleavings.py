"""Every schedule of a scenario as one graph, and as an outline for a terminal.

Takes `Interleavings`; gives a diagram or text. The words of regions and passages are the same in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lockmodel.findings.interleavings import Deed, Interleavings, Passage, Region
from lockmodel.report.diagram import Arrow, Diagram, Edge, Look, Node, Sign, Value, lines
from lockmodel.report.palette import (
    BAD,
    DOOMED,
    DOUBT,
    FAINT,
    GOOD,
    GREY,
    INK,
    ON_COLOUR,
    SAFE,
    THREAD_COLOURS,
    UNKNOWN,
)
from lockmodel.report.places import spec_and_source
from lockmodel.report.words import count, listed, title
from lockmodel.report.wrapping import printable

WAYS, RUN = 3, 6
"""Lines on an arrow: of several ways to get there the first ones, of a run the first ones and the last."""

LOOKS = {
    "open": Look("rounded"),
    "doomed": Look("box", DOOMED, BAD, width=2),
    "safe": Look("rounded", SAFE, words=GREY),
    "risky": Look("box", UNKNOWN, DOUBT, stroke="dashed"),
    "unknown": Look("rounded", UNKNOWN, stroke="dotted"),
}
BROKEN, START = Look("octagon", BAD, BAD, ON_COLOUR, 2.5), Look("rounded", width=2.5)
ENDS = Look("rounded", SAFE, GOOD, GREY, double=True)
MEANINGS = {
    "open": "can still fail, and can still be saved",
    "doomed": "fails whatever comes",
    "safe": "cannot fail any more",
    "risky": "can fail; whether it can be saved is not known",
    "unknown": "not known: not searched to its end",
}
SHORT = {
    "open": "can fail", "doomed": "must fail", "safe": "cannot fail", "risky": "can fail, perhaps must",
    "unknown": "not known",
}  # fmt: skip
"""The same in a box: its colour says nothing to who cannot see it."""
UNJUDGED = {
    "LM104": "some schedules go on for ever, perhaps without anybody getting on",
    "LM702": "whether what must come true does",
}
"""What a search of states alone does not see; `check` does."""

SAME = ("the same final states can be reached", "the same findings can be reached and avoided")
"""What states have in common that are shown as one: where nothing can be found, and where something can."""

FOLDINGS = {
    "runs": "runs of steps without a choice are one arrow",
    "locks": "states are one where {} by the same threads' steps, and the same locks are held",
    "fate": "states are one where {} by the same threads' steps",
}


def interleavings_diagram(told: Interleavings) -> Diagram:
    """The graph to be drawn: an arrow's colour is its thread, a box's look what can become of its states."""
    nodes = [
        Node(
            f"r{region.number}",
            lines(*_words(told, region, _fate(told, region))),
            _look(region),
            _region_data(told, region),
        )
        for region in told.regions
    ]
    colours = {thread: THREAD_COLOURS[n % len(THREAD_COLOURS)] for n, thread in enumerate(told.threads)}
    hidden = {region.number for region in told.regions if region.summary}
    edges = [
        Edge(
            f"r{passage.source}",
            f"r{passage.target}",
            lines(*_lines(passage), *_breaks(told, passage), *(["no return"] if passage.pivot else [])),
            Arrow(
                colours.get(passage.thread, FAINT),
                BAD if passage.pivot or passage.breaks else INK if passage.target not in hidden else GREY,
                3 if passage.witness else 1.2,
                "dotted" if passage.target in hidden else "solid",
                "diamond" if passage.pivot else "normal",
            ),
            _passage_data(told, passage),
        )
        for passage in told.passages
    ]
    head, *notes = _title(told)
    findings = tuple(f"{n}  {line}" for n, line in enumerate(_findings(told), 1))
    return Diagram(
        "interleavings", head, tuple(notes), tuple(nodes), tuple(edges), findings, tuple(_signs(told, colours)),
        down=True,
    )  # fmt: skip


def _signs(told: Interleavings, colours: dict[str, str]) -> list[Sign]:
    """The legend."""
    signs = [Sign(thread, Arrow(colour)) for thread, colour in colours.items()]
    if told.findings:
        signs.append(Sign("thick: the marked schedule", Arrow(INK, width=3)))
        signs.append(Sign("no return: from here on every schedule fails", Arrow(BAD, head="diamond")))
    fates = dict.fromkeys(region.fate for region in told.regions if not region.breaks)
    signs += [Sign(_meaning(told, fate), LOOKS[fate]) for fate in MEANINGS if fate in fates]
    if any(region.finals and region.fate == "safe" and not region.summary for region in told.regions):
        signs.append(Sign("ends well", ENDS))
    return signs + ([Sign("finding", BROKEN)] if told.findings else [])


def _fate(told: Interleavings, region: Region) -> list[str]:
    """What becomes of a region's states, in a few words; none where it says nothing: it is the same for all."""
    return [] if region.breaks or region.cut or not (told.findings or region.summary) else [SHORT[region.fate]]


def _region_data(told: Interleavings, region: Region) -> dict[str, Value]:
    return {
        "kind": "summary" if region.summary else "region",
        "fate": region.fate,
        "states": region.states,
        "finals": region.finals,
        "holds": "; ".join(region.holds),
        "breaks": "; ".join(title(told.findings[number]) for number in region.breaks),
        "reaches": "; ".join(title(told.findings[number]) for number in region.reaches),
        "first": region.first,
        "goes_round": region.goes_round,
        "cut": region.cut,
    }


def _passage_data(told: Interleavings, passage: Passage) -> dict[str, Value]:
    return {
        "thread": passage.thread,
        "deeds": "; ".join(f"{deed.thread}: {deed.operation} ({deed.place})" for deed in passage.deeds),
        "run": passage.run,
        "moves": passage.moves,
        "breaks": "; ".join(_breaks(told, passage)),
        "pivot": passage.pivot,
        "witness": passage.witness,
    }


def _breaks(told: Interleavings, passage: Passage) -> list[str]:
    return [f"{number + 1}  {title(told.findings[number])}" for number in passage.breaks]


def interleavings_text(told: Interleavings) -> str:
    """The graph as an outline: each region, and below it the steps that lead on from it."""
    text = [*_title(told), ""]
    text += [f"  {number}  {line}" for number, line in enumerate(_findings(told), 1)]
    text += [""] if told.findings else []
    number = {region.number: n for n, region in enumerate(told.regions, 1)}
    for region in told.regions:
        meaning = _meaning(told, region.fate)
        words = _words(told, region, [meaning] if region.summary else [])
        fate = "" if region.breaks or region.cut or region.summary else f"  ({meaning})"
        text.append(f"[{number[region.number]}] {'; '.join(words)}{fate}")
        for passage in told.passages:
            if passage.source == region.number:
                words = _lines(passage)
                marks = "".join(f" [{line}]" for line in _breaks(told, passage))
                marks += (" [no return]" if passage.pivot else "") + (" [witness]" if passage.witness else "")
                target = number[passage.target]
                text.append(f"      {'; '.join(words)} -> [{target}]{marks}")
    return "\n".join(printable(line) for line in text) + "\n"


def _meaning(told: Interleavings, fate: str) -> str:
    return MEANINGS[fate] if told.findings or fate != "safe" else "cannot fail"


def _title(told: Interleavings) -> list[str]:
    """What is shown of how much, and how it is folded."""
    design = f", design {told.design}" if told.design else ""
    threads = count(len(told.threads), "thread")
    finals = count(told.finals, "final state")
    head = (
        f"{'Schedules' if told.cut else 'Every schedule'} of {told.scenario} ({told.spec}, model {told.model}{design})"
    )
    size = f"{threads}, {count(told.states, 'state')}, {count(told.transitions, 'move')}, {finals}"
    if told.cut:
        size += " looked at"
    ending = (
        count(len(told.findings), "finding")
        if told.findings
        else f"every schedule {'that ends ' * ('LM104' in told.unjudged)}ends well"
    )
    if told.alone and len(told.findings) > 1:
        ending += f", of which only {told.picked + 1} counts here"
    elif len(told.findings) > 1:
        ending += " (--finding N tells the fate of one alone)"
    folded = FOLDINGS[told.folding].format(SAME[bool(told.findings)])
    whole = told.foldings[told.folding]
    if told.around is None:
        shown = f"shown: all{' of these' * bool(told.cut)}, folded into {count(whole, 'box', 'boxes')}: {folded}"
    else:
        kept = [region for region in told.regions if not region.summary]
        states = sum(region.states for region in kept)
        middle = f"the schedule of {title(told.findings[told.picked])}" if told.findings else "a shortest schedule"
        off = f"and what is at most {count(told.around, 'arrow')} off it" if told.around else "and nothing off it"
        if any(region.along for region in kept):
            off = "in stretches in which nothing is decided"
        shown = (
            f"shown: {count(states, 'state')} of {told.states:,}, {count(len(kept), 'box', 'boxes')} of {whole:,}: "
            f"{middle} {off} (a higher --limit than "
            f"{told.limit} shows more); the rest is counted in dashed boxes, whose ways back are not drawn; {folded}"
        )
    part = (
        f"not every state could be searched ({told.cut}): searched is what lies near the schedule of "
        f"{title(told.findings[told.picked])}, and from {count(told.ahead, 'state')} there nobody went on"
        if told.cut
        else ""
    )
    unjudged = [f"{rule}: {UNJUDGED[rule]}" for rule in told.unjudged]
    notes = [f"{size}: {ending}", *([part] if part else []), shown]
    return [head, *notes, *([f"not judged here: {'; '.join(unjudged)}"] if unjudged else [])]


def _findings(told: Interleavings) -> list[str]:
    """A line for each finding."""
    return [
        f"{title(finding)} in {finding.place.procedure}, {spec_and_source(finding.place)}"
        + (" (its schedule is marked)" if number == told.picked else "")
        for number, finding in enumerate(told.findings)
    ]


def _words(told: Interleavings, region: Region, fate: list[str]) -> list[str]:
    """What stands in a region's box; `fate` is what becomes of its states, as far as it stands there too."""
    words = ["start"] if region.first else []
    words += [] if region.summary else fate
    words += [f"{number + 1}  {title(told.findings[number])}" for number in region.breaks]
    if region.cut:
        words.append(f"cut off: {region.cut}")
    if region.summary:
        states = count(region.states, "more state") if region.states else "states counted above"
        words.append(": ".join([f"… {states}", *fate]))
    elif region.states > 1:
        words.append(count(region.states, "state"))
    if region.fate == "safe":
        ends = count(region.finals, "end")
        words.append((f"{ends}" if region.states > 1 else "ends well") if region.finals else "")
    if region.goes_round:
        words.append("may go round")
    words += [" holds ".join(held.split(": ", 1)) for held in region.holds]
    words += _run(region.along)
    several = (
        len(told.findings) > 1 and not told.alone and not region.breaks and 0 < len(region.reaches) < len(told.findings)
    )
    others = [number for number in region.also if number not in region.breaks]
    words += (
        [f"also {listed([f'{number + 1}  {title(told.findings[number])}' for number in others])}"] if others else []
    )
    words += [f"can reach {listed([str(number + 1) for number in region.reaches])}"] if several else []
    return [word for word in words if word] or ["no lock is held" if told.folding == "locks" else "1 state"]


def _lines(passage: Passage) -> list[str]:
    """What stands on an arrow: the steps, of several ways the first ones."""
    if not passage.deeds:
        return [count(passage.moves, "move") if passage.moves else "further on"]
    if passage.run:
        return _run(passage.deeds)
    told, left = passage.deeds[:WAYS], len(passage.deeds) - WAYS
    lines = [_deed(told[0], ""), *(f"or {_deed(deed, passage.thread)}" for deed in told[1:])]
    return [*lines, f"or {count(left, 'other step')}"] if left > 0 else lines


def _run(deeds: Sequence[Deed]) -> list[str]:
    """Steps one after another, of many the first ones and the last."""
    threads = ["", *(deed.thread for deed in deeds)]
    told = [_deed(deed, known) for deed, known in zip(deeds, threads, strict=False)]
    left = len(told) - RUN
    return [*told[: RUN - 1], f"… {left} more …", told[-1]] if left > 1 else told


def _deed(deed: Deed, known: str) -> str:
    """'forth: down(a)  :18'; the thread only where it is another than the one that is `known`."""
    line = deed.place.rpartition(":")[2]
    return f"{'' if deed.thread == known else deed.thread + ': '}{deed.operation}  :{line}"


def _look(region: Region) -> Look:
    if region.breaks:
        return BROKEN
    if region.summary:
        return replace(LOOKS[region.fate], stroke="dashed", words=GREY)
    if region.first and region.fate == "open":
        return START
    return ENDS if region.fate == "safe" and region.finals else LOOKS[region.fate]
