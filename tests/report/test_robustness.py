"""Reports of whatever findings may come: no crash, no line too wide, no character that breaks a format."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from rich.cells import cell_len

from lockmodel.findings.finding import Finding, Frame, Step, Waiting
from lockmodel.report.machine import FORMATS, decode_json, encode
from lockmodel.report.scene import Text
from lockmodel.report.sequence import to_sequence
from lockmodel.report.terminal import Terminal
from lockmodel.report.text import render_finding
from lockmodel.report.witness import draw_witness, witness_png, witness_svg
from tests.report import samples
from tests.report.published import assert_junit, assert_sarif

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.from_regex(r"[a-z_]{1,12}(#[0-9])?(\.[a-z_]{1,14}){0,2}", fullmatch=True)
operations = st.one_of(
    anything,
    names.map(lambda name: f"read {name}"),
    st.tuples(st.sampled_from(["atomic_inc", "down", "list_add"]), names, names).map(
        lambda p: f"{p[0]}({p[1]}, {p[2]})"
    ),
)
places = st.one_of(st.just(""), anything, st.integers(1, 20_000).map(lambda line: f"specs/a.py:{line}"))
frames = st.builds(Frame, procedure=st.one_of(names, anything), spec=places, source=st.none() | places)


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    threads = draw(st.lists(st.one_of(names, anything), min_size=1, max_size=5, unique=True))
    locks = draw(st.lists(names, max_size=4, unique=True))
    held = st.lists(st.sampled_from(locks), max_size=3) if locks else st.just([])
    steps: list[Step] = []
    for number in range(draw(st.integers(0, 12))):
        at = draw(frames)
        steps.append(
            Step(
                n=number + 1,
                thread=draw(st.sampled_from(threads)),
                procedure=at.procedure,
                spec=at.spec,
                source=at.source,
                operation=draw(operations),
                detail=draw(st.one_of(st.just(""), st.just("= 1"), anything)),
                code=draw(anything),
                stack=[at, *draw(st.lists(frames, max_size=3))] if draw(st.booleans()) else [],
                locks=draw(held),
                choice=0,
                changes=draw(st.lists(st.one_of(anything, names.map(lambda name: f"{name}: 1 -> 2")), max_size=3)),
            )
        )
    waiting = [
        Waiting(
            thread=thread,
            wants=draw(st.one_of(names, anything)),
            held_by=draw(st.none() | st.sampled_from(threads)),
            frame=draw(frames),
            holds=draw(held),
            stack=[],
            behind=draw(st.none() | st.sampled_from(threads)),
        )
        for thread in draw(st.lists(st.sampled_from(threads), max_size=5, unique=True))
    ]
    return Finding(
        rule=draw(st.sampled_from(["LM101", "LM301", "LM305"])),
        name="name",
        message=draw(anything),
        threads=draw(st.permutations(threads)),
        locks=locks,
        objects=[],
        thread_switches=0,
        minimal="proved",
        place=draw(frames),
        stack=draw(st.lists(frames, max_size=4)),
        steps=steps,
        waiting=waiting,
        state=draw(st.lists(anything, max_size=3)),
        schedule=draw(st.from_regex(r"lm1-[A-Za-z0-9_-]{1,80}", fullmatch=True)),
        claim=draw(st.none() | names),
    )


some = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@some
@given(findings(), st.integers(60, 160), st.booleans())
def test_any_finding_prints_within_the_page(finding: Finding, width: int, verbose: bool) -> None:
    text = render_finding(finding, "s", spec="specs/a.py", terminal=Terminal(width), verbose=verbose)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    lines = text.splitlines()
    assert lines[-1].startswith("  replay  lockmodel replay specs/a.py lm1-")
    assert [line for line in lines[:-1] if cell_len(line) > width] == []


@some
@given(findings())
def test_any_finding_has_a_picture(finding: Finding) -> None:
    scene = draw_witness(finding, "s", spec="specs/a.py", model="m")
    for item in scene.items:
        if isinstance(item, Text):
            assert item.x + item.width <= scene.width, item
            assert item.y <= scene.height, item
    ElementTree.fromstring(witness_svg(finding, "s", spec="specs/a.py", model="m"))


@settings(some, max_examples=6)
@given(findings())
def test_any_finding_has_a_png(finding: Finding) -> None:
    png = witness_png(finding, "s", spec="specs/a.py", model="m", scale=1)
    with Image.open(io.BytesIO(png)) as image:
        image.load()


@pytest.mark.parametrize("output_format", FORMATS)
@settings(some, max_examples=6)
@given(findings())
def test_any_finding_goes_into_every_format(output_format: str, finding: Finding) -> None:
    result = samples.result(samples.scenario("s", "violated", finding))
    data = encode([result], output_format)
    if output_format == "junit":
        assert_junit(data)
    if output_format == "sarif":
        assert_sarif(data)
    if output_format == "json":
        assert decode_json(data).scenarios[0].findings == [finding]
    if output_format == "github":
        assert all(line.startswith(b"::") for line in data.splitlines())


def long(steps: int) -> Finding:
    """A witness of so many steps, in which locks are held over all that is not shown."""
    finding = samples.null_dereference()
    begin, *others = finding.steps
    made = [
        msgspec.structs.replace(others[n % (len(others) - 1)], n=n + 2, thread=f"t{n // 7 % 4}", locks=[], changes=[])
        for n in range(steps - 2)
    ]
    made = [msgspec.structs.replace(step, locks=["late"]) if step.n > steps - 20 else step for step in made]
    end = msgspec.structs.replace(others[-1], n=steps, thread=begin.thread, locks=begin.locks)
    return msgspec.structs.replace(finding, steps=[begin, *made, end], threads=[begin.thread])


def test_a_schedule_of_5000_steps_is_drawn_by_its_beginning_and_its_end() -> None:
    finding = long(5000)
    scene = draw_witness(finding, "long", spec="s.py", model="m")
    texts = [item.text for item in scene.items if isinstance(item, Text)]
    assert any(text.endswith("steps of 4 threads are not shown") for text in texts)
    assert {"1", "5000"} <= set(texts)
    assert scene.height < 20_000
    sequence = to_sequence(finding, "long")
    assert len(sequence) < 50_000, "Mermaid takes no more"
    assert "are not shown" in sequence


def test_all_of_a_schedule_of_5000_steps_is_drawn_where_that_is_asked_for() -> None:
    scene = draw_witness(long(5000), "long", spec="s.py", model="m", fold=False)
    numbers = {item.text for item in scene.items if isinstance(item, Text)}
    assert {str(n) for n in range(1, 5001)} <= numbers
