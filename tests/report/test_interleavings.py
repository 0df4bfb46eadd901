"""Every schedule as one graph: what stands in it, and how it is told."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from lockmodel.check import CheckOptions, interleavings
from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.exploration import Limits
from lockmodel.errors import IncompleteError, UsageError
from lockmodel.findings.interleavings import Deed, Interleavings
from lockmodel.findings.survey import About
from lockmodel.ir.layout import Layout
from lockmodel.report.dot import to_dot
from lockmodel.report.graphs import render
from lockmodel.report.interleavings import interleavings_diagram, interleavings_text
from lockmodel.surveying import Surveying
from tests.engine.machines import write_machine

Golden = Callable[[str, str | bytes], None]
ROOT = Path(__file__).parents[2]
ABBA, PHILOSOPHERS = "specs/classic/abba.py", "specs/classic/philosophers.py"


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def told(target: str, limit: int = 24, *, about: int | None = None, **options: object) -> Interleavings:
    return interleavings(CheckOptions(target, **options), limit, lambda _: about)  # type: ignore[arg-type]


def marked(graph: Interleavings) -> list[int]:
    """The regions on the marked schedule."""
    return [passage.target for passage in graph.passages if passage.witness]


def test_two_locks_in_two_orders_are_their_golden_files(golden: Golden) -> None:
    graph = told(ABBA)
    golden("report/abba_interleavings.dot", to_dot(interleavings_diagram(graph)))
    golden("report/abba_interleavings.txt", interleavings_text(graph))


def test_a_part_of_the_philosophers_is_its_golden_file(golden: Golden) -> None:
    golden("report/philosophers_interleavings.txt", interleavings_text(told(f"{PHILOSOPHERS}::left_first[n=3]", 8)))


def test_two_locks_in_two_orders_have_two_moves_without_return() -> None:
    graph = told(ABBA)
    assert (graph.states, graph.transitions, graph.finals) == (19, 22, 2)
    pivots = [passage for passage in graph.passages if passage.pivot]
    assert [(pivot.thread, pivot.deeds[0].operation) for pivot in pivots] == [
        ("back", "mutex_lock(b)"),
        ("forth", "mutex_lock(a)"),
    ]
    deadlock = graph.regions[pivots[0].target]
    assert (deadlock.breaks, deadlock.holds, deadlock.finals) == ([0], ["forth: a", "back: b"], 1)
    assert marked(graph)[-1] == deadlock.number


def test_every_state_is_counted_once_whatever_is_folded_or_left_out() -> None:
    for target in (ABBA, f"{PHILOSOPHERS}::left_first[n=3]", f"{PHILOSOPHERS}::lower_first[n=4]"):
        for limit in (2, 5, 12, 24, 100):
            graph = told(target, limit)
            assert sum(region.states for region in graph.regions) == graph.states
            assert sum(region.finals for region in graph.regions) == graph.finals
            numbers = {region.number for region in graph.regions}
            assert all({passage.source, passage.target} <= numbers for passage in graph.passages)


def test_states_are_folded_as_little_as_the_limit_allows() -> None:
    scenario = "specs/spine.py::ignore-ignore/one-inode"
    foldings = [(told(scenario, limit, about=0, design="2005").folding) for limit in (200, 40, 12)]
    assert foldings == ["runs", "locks", "fate"]


def test_what_is_too_much_is_shown_around_the_schedule_of_the_finding() -> None:
    graph = told(f"{PHILOSOPHERS}::left_first[n=5]", 12)
    shown = [region for region in graph.regions if not region.summary]
    assert graph.around is not None
    assert len(shown) <= 12 < graph.foldings[graph.folding]
    assert set(marked(graph)) <= {region.number for region in shown}
    assert "of 392" in interleavings_text(graph).splitlines()[2]


def test_a_marked_schedule_that_is_too_long_is_shown_in_stretches_in_which_nothing_is_decided() -> None:
    graph = told(f"{PHILOSOPHERS}::left_first[n=5]", 4)
    assert graph.around == 0
    begin, end = (region for region in graph.regions if not region.summary)
    assert [deed.thread for deed in begin.along] == [f"philosopher {n}" for n in range(4)]
    assert (begin.fate, begin.states, end.breaks) == ("open", 5, [0])
    passage = next(passage for passage in graph.passages if passage.target == end.number)
    assert (passage.source, passage.deeds[0].thread, passage.pivot, passage.witness) == (0, "philosopher 4", True, True)
    assert "in stretches in which nothing is decided" in interleavings_text(graph)


def test_without_a_finding_every_schedule_ends_well() -> None:
    graph = told(ABBA, design="ordered")
    assert {region.fate for region in graph.regions} == {"safe"}
    assert (graph.picked, graph.findings, marked(graph)) == (-1, [], [])
    assert "every schedule ends well" in interleavings_text(graph)


def test_what_is_not_judged_is_said() -> None:
    assert told(ABBA, design="ordered").unjudged == []
    graph = told(f"{PHILOSOPHERS}::lower_first[n=3]")
    assert graph.unjudged == ["LM104"]
    text = interleavings_text(graph)
    assert "every schedule that ends ends well" in text
    assert "not judged here: LM104: some schedules go on for ever, perhaps without anybody getting on" in text


def test_of_one_finding_alone_the_others_are_only_named() -> None:
    graph = told("specs/classic/lost_update.py", about=1)
    assert [finding.rule for finding in graph.findings] == ["LM301", "LM701"]
    assert {number for region in graph.regions for number in region.breaks} == {1}
    assert any(region.also == [0] for region in graph.regions)
    with_all = told("specs/classic/lost_update.py")
    assert {number for region in with_all.regions for number in region.breaks} == {0, 1}


def test_a_finding_that_does_not_end_the_execution_stands_on_its_arrow() -> None:
    graph = told("specs/spine.py::ignore-ignore/one-inode", design="2005")
    assert [finding.rule for finding in graph.findings if finding.rule != "LM301"] == ["LM305", "LM308"]
    number = next(n for n, finding in enumerate(graph.findings) if finding.rule == "LM308")
    assert any(passage.breaks == [number] for passage in graph.passages)
    assert f"[{number + 1}  LM308 wrong-object]" in interleavings_text(graph)


def test_the_graph_is_the_same_twice() -> None:
    one, other = (told(f"{PHILOSOPHERS}::left_first[n=4]") for _ in range(2))
    assert interleavings_diagram(one) == interleavings_diagram(other)
    assert msgspec.json.decode(msgspec.json.encode(one), type=Interleavings) == one


def test_names_that_mean_something_in_dot_or_html_stay_names() -> None:
    graph = told(ABBA)
    name = 'ä<b> & "c" \\N'
    odd = msgspec.structs.replace(
        graph,
        scenario=name,
        threads=[name, "back"],
        regions=[msgspec.structs.replace(region, holds=[name]) for region in graph.regions],
        passages=[
            msgspec.structs.replace(passage, thread=name, deeds=[Deed(name, name, "a.py:1")])
            for passage in graph.passages
        ],
    )
    svg = render(interleavings_diagram(odd), "svg")
    texts = [
        (element.text or "").replace("\xa0", " ")
        for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert name in texts
    assert f" {name}: {name}  :1 " in texts
    assert render(interleavings_diagram(odd), "png").startswith(b"\x89PNG")


def test_several_scenarios_are_not_one_graph() -> None:
    with pytest.raises(UsageError) as caught:
        told(f"{PHILOSOPHERS}::left_first")
    assert str(caught.value).splitlines()[:3] == [
        f"{PHILOSOPHERS}::left_first has 5 scenarios, and one is drawn",
        "  Name one:",
        f"    {PHILOSOPHERS}::left_first[n=2]",
    ]


def test_of_too_many_states_those_near_the_schedule_of_a_finding_are_shown() -> None:
    graph = told("specs/spine.py::ignore-ignore/one-inode", 8, about=0, design="2005", max_states=150)
    assert graph.cut == "reached the limit of 150 states"
    assert (graph.states, graph.ahead) == (154, 4)
    assert graph.findings[graph.picked].rule == "LM305"
    fates = {region.fate for region in graph.regions}
    assert {"doomed", "risky", "unknown"} <= fates
    broken = next(region.number for region in graph.regions if region.breaks)
    assert marked(graph)[-1] == broken
    text = interleavings_text(graph)
    assert text.startswith("Schedules of ignore-ignore/one-inode")
    assert (
        "not every state could be searched (reached the limit of 150 states): searched is what lies near the schedule "
        "of LM305 null-dereference, and from 4 states there nobody went on"
    ) in text
    assert "can fail; whether it can be saved is not known" in text
    assert sum(region.states for region in graph.regions) == graph.states


def test_a_long_schedule_of_too_many_states_keeps_to_the_limit() -> None:
    for limit in (4, 12, 24):
        graph = told("specs/spine.py::ignore-ignore/one-inode", limit, about=0, design="2005", max_states=60)
        assert sum(region.states for region in graph.regions) == graph.states
        numbers = [region.number for region in graph.regions]
        assert len(numbers) == len(set(numbers))
        assert all(passage.source in numbers and passage.target in numbers for passage in graph.passages)
        assert len([region for region in graph.regions if not region.summary]) <= max(limit, 6)


def test_threads_that_are_lost_are_marked_though_nobody_sees_it_in_a_part(tmp_path: Path) -> None:
    paths = "@model.path\ndef on(box: Box) -> None:\n    while True:\n        mark('on')\n        mark('on')\n\n\n"
    paths += "@model.path\ndef waits(box: Box) -> None:\n    down(box.empty)\n"
    spec = str(write_machine(tmp_path, paths, "m.thread('a', on, box)\nm.thread('b', waits, box)"))
    model = load(spec)
    program = compile_model(model)
    layout = Layout(program, lower_scenario(model, next(iter(model.scenarios.values())), program))
    surveying = Surveying("python", True, 1, Limits(), 1, 1000, lambda _: 0, 24)
    graph = surveying.survey(layout, About(1, spec, "machine", "", "start"))
    assert graph.cut == "reached the limit of 1 states"
    assert [finding.rule for finding in graph.findings] == ["LM101"]
    assert [region.breaks for region in graph.regions if region.breaks] == [[0]]


def test_too_many_states_without_a_finding_are_refused() -> None:
    with pytest.raises(IncompleteError) as caught:
        told(f"{PHILOSOPHERS}::lower_first[n=5]", max_states=100)
    assert str(caught.value) == (
        "not every state could be searched: reached the limit of 100 states\n"
        "  Nothing was found around which a part could be drawn. Choose a smaller scenario, or raise the limit."
    )


def test_a_scenario_that_breaks_before_its_first_step_has_no_graph(tmp_path: Path) -> None:
    spec = write_machine(
        tmp_path, "@model.path\ndef path(box: Box) -> None:\n    assert False\n", "m.thread('t', path, box)"
    )
    with pytest.raises(UsageError, match="no thread makes a step"):
        told(str(spec))
