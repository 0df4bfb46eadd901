"""What a check prints."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Callable

import msgspec
import pytest
from rich.cells import cell_len

from lockmodel.findings.finding import Finding
from lockmodel.report.terminal import ASCII, PLAIN_WIDTH, Terminal, terminal_for
from lockmodel.report.text import QUIET, VERBOSE, distinct, render_check, render_finding, replay_command
from tests.report import samples

Golden = Callable[[str, str | bytes], None]

FINDINGS: dict[str, Callable[[], Finding]] = {
    "null_dereference": samples.null_dereference,
    "philosophers": samples.philosophers,
    "list_corruption": samples.list_corruption,
    "race": samples.race,
    "crowd": lambda: samples.crowd(3),
}
EVERY_FINDING = pytest.mark.parametrize("name", sorted(FINDINGS))
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def shown(name: str, width: int = PLAIN_WIDTH, *, verbose: bool = False) -> str:
    finding = FINDINGS[name]()
    spec = finding.place.spec.rpartition(":")[0]
    terminal = Terminal(width)
    return render_finding(finding, "two_threads", spec=spec, design="2005", terminal=terminal, verbose=verbose)


@EVERY_FINDING
@pytest.mark.parametrize("width", [80, 110])
def test_a_finding_reads_as_its_golden_file(name: str, width: int, golden: Golden) -> None:
    golden(f"report/{name}_{width}.txt", shown(name, width))


@EVERY_FINDING
@pytest.mark.parametrize("width", [60, 72, 80, 100, 120, 160])
def test_nothing_is_wider_than_the_page_but_the_command_to_copy(name: str, width: int) -> None:
    for line in shown(name, width).splitlines():
        assert cell_len(line) <= width or line.startswith("  replay  lockmodel replay ")


@EVERY_FINDING
def test_no_line_ends_in_blanks(name: str) -> None:
    assert not [line for line in shown(name).splitlines() if line != line.rstrip()]


@EVERY_FINDING
def test_a_file_gets_no_colour_codes_and_a_terminal_the_same_words(name: str) -> None:
    finding = FINDINGS[name]()
    plain = render_finding(finding, "s", spec="specs/a.py", terminal=Terminal(110))
    coloured = render_finding(finding, "s", spec="specs/a.py", terminal=Terminal(110, colour=True))
    assert "\x1b" not in plain
    assert "\x1b[" in coloured
    assert ANSI.sub("", coloured) == plain


@EVERY_FINDING
def test_ascii_has_only_ascii(name: str) -> None:
    finding = FINDINGS[name]()
    assert render_finding(finding, "s", spec="specs/a.py", terminal=Terminal(110, glyphs=ASCII)).isascii()


@EVERY_FINDING
def test_the_last_lines_give_the_command_that_replays_it(name: str) -> None:
    command = shown(name).splitlines()[-1].removeprefix("  replay  ")
    assert command == replay_command(FINDINGS[name]().place.spec.rpartition(":")[0], FINDINGS[name]())
    assert shlex.split(command)[-1] == FINDINGS[name]().schedule


def test_a_spec_with_a_blank_in_its_name_is_quoted() -> None:
    assert replay_command("my specs/a.py", samples.race()) == "lockmodel replay 'my specs/a.py' lm1-Ab3"


def test_verbose_shows_every_step_and_the_default_folds_what_changes_nothing() -> None:
    finding = samples.list_corruption()
    verbose = {int(number) for number in re.findall(r"^. +(\d+) ", shown("list_corruption", verbose=True), re.M)}
    default = {int(number) for number in re.findall(r"^. +(\d+) ", shown("list_corruption"), re.M)}
    assert verbose == {step.n for step in finding.steps}
    folded = [step for step in finding.steps if step.n not in default]
    assert len(folded) == 22
    assert all(re.match(r"read |write event#2|atomic_read|list_\w+_entry|idr_find", step.operation) for step in folded)


def test_the_violating_step_is_marked_and_named() -> None:
    lines = shown("null_dereference").splitlines()
    marked = [index for index, line in enumerate(lines) if line.startswith("✗")]
    assert len(marked) == 1
    assert "22" in lines[marked[0]]
    assert "^^^" in lines[marked[0] + 1]
    assert "LM305 null-dereference" in lines[marked[0] + 2]


def test_control_characters_of_a_spec_do_not_reach_the_terminal() -> None:
    finding = samples.race()
    step = msgspec.structs.replace(finding.steps[-1], operation="mark(\x1b[2J\n)", changes=["a\x07: 1 -> 2"])
    bad = msgspec.structs.replace(
        finding, steps=[*finding.steps[:-1], step], message="one\x1b]0;title\x07two", state=["x\r\ny"]
    )
    text = render_finding(bad, "s", spec="specs/a.py")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)


def test_a_finding_without_steps_can_be_told() -> None:
    finding = msgspec.structs.replace(samples.race(), steps=[], stack=[], threads=[])
    assert render_finding(finding, "s", spec="specs/a.py").startswith("LM301 data-race  in bump")


@pytest.mark.parametrize(("verbosity", "name"), [(0, "check"), (QUIET, "check_quiet"), (VERBOSE, "check_verbose")])
def test_a_run_reads_as_its_golden_file(verbosity: int, name: str, golden: Golden) -> None:
    text = render_check(samples.everything(), verbosity=verbosity)
    # The one field of the clock is shown only in the verbose table.
    golden(f"report/{name}.txt", text)


def test_a_place_is_shown_once_with_its_shortest_schedule() -> None:
    first = distinct(samples.everything())[0]
    assert (first.finding.rule, first.scenario, len(first.finding.steps)) == ("LM305", "rm_watch_umount", 22)
    assert [(scenario.name, len(finding.steps)) for scenario, finding in first.also] == [("rm_watch_umount_close", 26)]


def test_findings_come_in_the_order_of_their_codes_whatever_the_order_of_the_scenarios() -> None:
    result = samples.everything()
    backwards = msgspec.structs.replace(result, scenarios=result.scenarios[::-1])
    assert [one.finding.rule for one in distinct(backwards)] == ["LM305", "LM306"]
    assert [one.scenario for one in distinct(backwards)] == ["rm_watch_umount", "rm_watch_umount_close"]


class Stream(io.StringIO):
    """A terminal, or not one."""

    def __init__(self, *, interactive: bool, encoding: str = "utf-8") -> None:
        super().__init__()
        self.interactive = interactive
        self.coding = encoding

    def isatty(self) -> bool:
        return self.interactive

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.coding


def test_colours_go_to_terminals_only_and_never_against_the_users_word() -> None:
    assert terminal_for(Stream(interactive=True), {}, 120) == Terminal(120, colour=True)
    assert not terminal_for(Stream(interactive=True), {"NO_COLOR": "1"}, 120).colour
    assert not terminal_for(Stream(interactive=True), {"TERM": "dumb"}, 120).colour
    assert terminal_for(Stream(interactive=False), {}, 40) == Terminal(PLAIN_WIDTH)


def test_the_width_is_kept_readable() -> None:
    assert terminal_for(Stream(interactive=True), {}, 20).width == 60
    assert terminal_for(Stream(interactive=True), {}, 400).width == 160


def test_a_terminal_without_our_characters_gets_ascii() -> None:
    assert terminal_for(Stream(interactive=True, encoding="latin-1"), {}, 80).glyphs is ASCII
    assert terminal_for(Stream(interactive=True, encoding="no-such"), {}, 80).glyphs is ASCII
