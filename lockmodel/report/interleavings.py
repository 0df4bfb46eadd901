"""Every schedule of a scenario as one graph, as DOT and as an outline for a terminal.

Takes `Interleavings`; gives text. The words of regions and passages are the same in both.
"""

from __future__ import annotations

import graphviz

from lockmodel.findings.interleavings import Deed, Interleavings, Passage, Region
from lockmodel.report.graphs import BAD, EDGE, GRAPH, NODE
from lockmodel.report.heading import escaped, heading, wrapped
from lockmodel.report.palette import THREAD_COLOURS
from lockmodel.report.places import spec_and_source
from lockmodel.report.words import count, listed, title
from lockmodel.report.wrapping import printable

WAYS, RUN = 3, 6
"""Lines on an arrow: of several ways to get there the first ones, of a run the first ones and the last."""

FILLS = {"open": "#ffffff", "doomed": "#ffdcd7", "safe": "#eceff2", "unknown": "#fff8e1"}
MEANINGS = {
    "open": "can still fail, and can still be saved",
    "doomed": "fails whatever comes",
    "safe": "cannot fail any more",
    "unknown": "cut off further on, so nobody knows",
}
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


def interleavings_dot(told: Interleavings) -> str:
    """The graph as DOT: an arrow's colour is its thread, a box's ground what can become of its states."""
    graph = {**GRAPH, "rankdir": "TB", "labelloc": "t", "labeljust": "l", "label": _head(told), "nodesep": "0.25"}
    node = {**NODE, "shape": "box", "style": "rounded,filled", "fontsize": "11", "margin": "0.12,0.06"}
    dot = graphviz.Digraph("interleavings", graph_attr=graph, node_attr=node, edge_attr={**EDGE, "fontsize": "9"})
    for region in told.regions:
        dot.node(f"r{region.number}", graphviz.escape("\n".join(_words(told, region))), **_look(region))
    colours = _colours(told)
    hidden = {region.number for region in told.regions if region.summary}
    for passage in told.passages:
        colour = colours.get(passage.thread, "#8c959f")
        look = {"color": colour, "fontcolor": BAD if passage.pivot or passage.breaks else colour}
        if passage.pivot:
            look["arrowhead"] = "diamond"
        if passage.witness:
            look["penwidth"] = "3"
        if passage.target in hidden:
            look["style"] = "dotted"
        breaks = [f"{number + 1}  {title(told.findings[number])}" for number in passage.breaks]
        label = graphviz.escape("\n".join([*_lines(passage), *breaks]))
        dot.edge(f"r{passage.source}", f"r{passage.target}", label=label, **look)
    source: str = dot.source
    return source


def interleavings_text(told: Interleavings) -> str:
    """The graph as an outline: each region, and below it the steps that lead on from it."""
    lines = [*_title(told), ""]
    lines += [f"  {number}  {line}" for number, line in enumerate(_findings(told), 1)]
    lines += [""] if told.findings else []
    number = {region.number: n for n, region in enumerate(told.regions, 1)}
    for region in told.regions:
        first, *others = _words(told, region)
        fate = "" if region.breaks or region.cut else f"  ({_meaning(told, region.fate)})"
        lines.append(f"[{number[region.number]}] {'; '.join([first, *others])}{fate}")
        for passage in told.passages:
            if passage.source == region.number:
                words = _lines(passage)
                marks = "".join(f" [{n + 1}  {title(told.findings[n])}]" for n in passage.breaks)
                marks += (" [no return]" if passage.pivot else "") + (" [witness]" if passage.witness else "")
                target = number[passage.target]
                lines.append(f"      {'; '.join(words)} -> [{target}]{marks}")
    return "\n".join(printable(line) for line in lines) + "\n"


def _meaning(told: Interleavings, fate: str) -> str:
    return MEANINGS[fate] if told.findings or fate != "safe" else "cannot fail"


def _title(told: Interleavings) -> list[str]:
    """What is shown of how much, and how it is folded."""
    design = f", design {told.design}" if told.design else ""
    threads = count(len(told.threads), "thread")
    finals = count(told.finals, "final state")
    head = f"Every schedule of {told.scenario} ({told.spec}, model {told.model}{design})"
    size = f"{threads}, {count(told.states, 'state')}, {count(told.transitions, 'move')}, {finals}"
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
        shown = f"shown: all, folded into {count(whole, 'box', 'boxes')}: {folded}"
    else:
        kept = [region for region in told.regions if not region.summary]
        states = sum(region.states for region in kept)
        middle = f"the schedule of {title(told.findings[told.picked])}" if told.findings else "a shortest schedule"
        off = f"and what is at most {count(told.around, 'arrow')} off it" if told.around else "and nothing off it"
        shown = (
            f"shown: {count(states, 'state')} of {told.states:,}, {count(len(kept), 'box', 'boxes')} of {whole:,}: "
            f"{middle} {off} (a higher --limit than "
            f"{told.limit} shows more); the rest is counted in dashed boxes, whose ways back are not drawn; {folded}"
        )
    unjudged = [f"{rule}: {UNJUDGED[rule]}" for rule in told.unjudged]
    return [head, f"{size}: {ending}", shown, *([f"not judged here: {'; '.join(unjudged)}"] if unjudged else [])]


def _findings(told: Interleavings) -> list[str]:
    """A line for each finding."""
    return [
        f"{title(finding)} in {finding.place.procedure}, {spec_and_source(finding.place)}"
        + (" (its schedule is marked)" if number == told.picked else "")
        for number, finding in enumerate(told.findings)
    ]


def _words(told: Interleavings, region: Region) -> list[str]:
    """What stands in a region's box."""
    words = ["start"] if region.first else []
    words += [f"{number + 1}  {title(told.findings[number])}" for number in region.breaks]
    if region.cut:
        words.append(f"cut off: {region.cut}")
    if region.summary:
        can = {"safe": "none can fail", "doomed": "all must fail", "open": "all can fail"}.get(region.fate, "unknown")
        words.append(f"… {count(region.states, 'more state')}, {can}")
    elif region.states > 1:
        words.append(count(region.states, "state"))
    if region.fate == "safe":
        ends = count(region.finals, "end")
        words.append((f"{ends}" if region.states > 1 else "ends well") if region.finals else "")
    if region.goes_round:
        words.append("may go round")
    words += region.holds
    several = len(told.findings) > 1 and not told.alone and not region.breaks and region.reaches
    others = [number for number in region.also if number not in region.breaks]
    words += (
        [f"also {listed([f'{number + 1}  {title(told.findings[number])}' for number in others])}"] if others else []
    )
    words += [f"can reach {listed([str(number + 1) for number in region.reaches])}"] if several else []
    return [word for word in words if word] or ["no lock is held" if told.folding == "locks" else "1 state"]


def _lines(passage: Passage) -> list[str]:
    """What stands on an arrow: the steps, of several ways the first ones."""
    if not passage.deeds:
        return [count(passage.moves, "move")]
    if passage.run:
        threads = ["", *(deed.thread for deed in passage.deeds)]
        lines = [_deed(deed, known) for deed, known in zip(passage.deeds, threads, strict=False)]
        left = len(lines) - RUN
        return [*lines[: RUN - 1], f"… {left} more …", lines[-1]] if left > 1 else lines
    told, left = passage.deeds[:WAYS], len(passage.deeds) - WAYS
    lines = [_deed(told[0], ""), *(f"or {_deed(deed, passage.thread)}" for deed in told[1:])]
    return [*lines, f"or {count(left, 'other step')}"] if left > 0 else lines


def _deed(deed: Deed, known: str) -> str:
    """'forth: down(a)  :18'; the thread only where it is another than the one that is `known`."""
    line = deed.place.rpartition(":")[2]
    return f"{'' if deed.thread == known else deed.thread + ': '}{deed.operation}  :{line}"


def _look(region: Region) -> dict[str, str]:
    if region.summary:
        return {"style": "dashed,filled", "fillcolor": FILLS[region.fate], "color": "#57606a", "fontcolor": "#57606a"}
    if region.breaks:
        return {"fillcolor": BAD, "color": BAD, "fontcolor": "#ffffff"}
    look = {"fillcolor": FILLS[region.fate], "color": "#57606a"}
    if region.fate == "doomed":
        look["color"] = BAD
    if region.fate == "safe":
        look["fontcolor"] = "#57606a"
        if region.finals:
            look |= {"color": "#1a7f37", "peripheries": "2"}
    if region.first:
        look["penwidth"] = "2.5"
    return look


def _colours(told: Interleavings) -> dict[str, str]:
    return {thread: THREAD_COLOURS[n % len(THREAD_COLOURS)] for n, thread in enumerate(told.threads)}


def _head(told: Interleavings) -> str:
    """The title and the legend, as an HTML-like label of Graphviz."""
    rows = [wrapped(line, large=not n) for n, line in enumerate(_title(told))]
    rows += [f'<FONT COLOR="{BAD}">{n}  {escaped(line)}</FONT>' for n, line in enumerate(_findings(told), 1)]
    threads = "   ".join(
        f'<FONT COLOR="{colour}"><B>→ {escaped(thread)}</B></FONT>' for thread, colour in _colours(told).items()
    )
    rows.append(f"threads:   {threads}   (where the colour changes, another thread goes on)")
    fates = dict.fromkeys(region.fate for region in told.regions if not region.breaks)
    cells = "".join(
        f'<TD BGCOLOR="{FILLS[fate]}" BORDER="1">{_meaning(told, fate)}</TD>' for fate in MEANINGS if fate in fates
    )
    ends = '<TD BORDER="2" COLOR="#1a7f37">ends well</TD>' if "safe" in fates else ""
    bad = f'<TD BGCOLOR="{BAD}"><FONT COLOR="#ffffff">finding</FONT></TD>' if told.findings else ""
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4" CELLPADDING="3"><TR>{cells}{ends}{bad}</TR></TABLE>'
    if told.findings:
        rows.append(
            f'thick: the marked schedule   <FONT COLOR="{BAD}">red words, diamond</FONT>: no return, '
            "from here on every schedule fails"
        )
    return heading([*rows, table])
