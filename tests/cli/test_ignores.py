"""What a comment silences counts for no verdict, is told in every report, and nothing else is silenced with it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from lockmodel.explain import page
from tests.cli import specs
from tests.cli.conftest import Run
from tests.report.published import assert_junit, assert_sarif

RACE = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import Model, Mutex, Range, Scenario, Struct, mutex_lock, mutex_unlock

model = Model("counter")
often = model.switch("often", False, "it is counted once more")


class Counter(Struct):
    lock: Mutex
    n: Annotated[int, Range(0, 4)]
    m: Annotated[int, Range(0, 4)]


@model.path
def count(counter: Counter) -> None:
    counter.n += 1  # lockmodel: ignore[LM301] it is "<only>" a hint
    if often:
        counter.m += 1


@model.design("repaired", replaces=count)
def count_locked(counter: Counter) -> None:
    mutex_lock(counter.lock)
    counter.n += 1
    mutex_unlock(counter.lock)


@model.path
def reset(counter: Counter) -> None:
    counter.n = 0


@model.scenario
def two_count(m: Scenario) -> None:
    counter = m.new(Counter)
    m.thread("first", count, counter)
    m.thread("second", count, counter)


@model.scenario
def count_and_reset(m: Scenario) -> None:
    counter = m.new(Counter)
    m.thread("counts", count, counter)
    m.thread("resets", reset, counter)
"""

COMMENT = '  # lockmodel: ignore[LM301] it is "<only>" a hint'

FOUND = "    session = table.session\n    mutex_unlock(table.lock)\n"


@pytest.fixture(autouse=True)
def _specs(tmp_path: Path) -> None:
    (tmp_path / "race.py").write_text(RACE, encoding="utf-8")


def example(folder: Path, code: str, line: str) -> str:
    """The example of a rule's page with a comment behind this line."""
    text = page(code).example
    assert text.count(f"{line}\n") == 1
    (folder / "example.py").write_text(
        text.replace(f"{line}\n", f"{line}  # lockmodel: ignore[{code}] we know\n"), encoding="utf-8"
    )
    return "example.py"


def result_of(run: Run, *arguments: str) -> Any:
    return json.loads(run("check", *arguments, "--output-format", "json").stdout)


def test_a_finding_that_is_silenced_is_no_finding_and_is_told(run: Run) -> None:
    checked = run("check", "race.py")
    assert checked.exit_code == 0
    assert "LM301 data-race  in count" not in checked.stdout
    said = " ".join(checked.stdout.split())
    assert 'ignored: LM301 data-race in count, race.py:19: it is "<only>" a hint (two_count)' in said
    assert "within the bounds named above. 2 findings ignored as the spec says." in said
    told = result_of(run, "race.py")
    assert [[one["comment"] for one in scenario["ignored"]] for scenario in told["scenarios"]] == [["race.py:19"]] * 2
    assert told["scenarios"][0]["ignored"][0]["finding"]["rule"] == "LM301"
    assert told["scenarios"][0]["bounds"] == ["1 finding ignored as the spec says"]
    assert told["ignores"] == [
        {"spec": "race.py:19", "rules": ["LM301"], "reason": 'it is "<only>" a hint', "findings": 2, "unused": []}
    ]


def test_a_race_is_silenced_at_either_of_its_places(run: Run) -> None:
    Path("race.py").write_text(RACE.replace(COMMENT, "").replace("n = 0", f"n = 0{COMMENT}"), encoding="utf-8")
    told = result_of(run, "race.py")
    assert [(len(s["findings"]), len(s["ignored"])) for s in told["scenarios"]] == [(1, 0), (0, 1)]


def test_nothing_else_is_silenced_with_it(run: Run) -> None:
    assert run("check", "race.py", "--set", "often=on").exit_code == 1
    told = result_of(run, "race.py", "--set", "often=on")
    found = [f["place"]["spec"] for scenario in told["scenarios"] for f in scenario["findings"]]
    assert found == ["race.py:21"]
    Path("race.py").write_text(RACE.replace("[LM301]", "[LM302]"), encoding="utf-8")
    assert run("check", "race.py").exit_code == 1


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("LM101", "def back(first: Mutex, second: Mutex) -> None:\n    mutex_lock(second)\n    mutex_lock(first)"),
        ("LM101", "def there(first: Mutex, second: Mutex) -> None:\n    mutex_lock(first)\n    mutex_lock(second)"),
        ("LM103", "        schedule()"),
        ("LM202", "def evict() -> None:\n    mutex_lock(page)\n    mutex_lock(index)"),
        ("LM202", "def look_up() -> None:\n    mutex_lock(index)\n    mutex_lock(page)"),
        ("LM303", f"{FOUND}    if session:\n        atomic_inc(session.hits)"),
        ("LM602", "def tick() -> None:\n    spin_lock(lock)"),
    ],
)
def test_what_ends_an_execution_is_silenced_and_no_pass(code: str, line: str, run: Run, tmp_path: Path) -> None:
    spec = example(tmp_path, code, line)
    checked = run("check", spec)
    assert checked.exit_code == 3
    said = " ".join(checked.stdout.split())
    assert f"executions that end in a finding left out as asked ({code}) were not followed further" in said
    assert f"ignored: {code} " in said
    assert "incomplete, which is not a pass" in said


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("LM201", "def backwards() -> None:\n    mutex_lock(inner)\n    mutex_lock(outer)"),
        ("LM302", "def peek(queue: Queue) -> None:\n    if queue.length:"),
        ("LM403", "def set_up(device: Device) -> None:\n    fresh = kmem_cache_zalloc(tables, GFP_KERNEL)"),
        ("LM601", "    spin_lock(registers)\n    mutex_lock(settings)"),
        ("LM701", "def nothing_is_lost(account: Account) -> bool:"),
        ("LM701", "@bank.at_quiescence"),
        ("LM702", "def it_is_read(box: Box) -> bool:"),
    ],
)
def test_what_ends_no_execution_is_silenced_and_the_rest_verified(
    code: str, line: str, run: Run, tmp_path: Path
) -> None:
    spec = example(tmp_path, code, line)
    checked = run("check", spec)
    assert checked.exit_code == 0, checked.stdout
    told = result_of(run, spec)
    assert [one["finding"]["rule"] for s in told["scenarios"] for one in s["ignored"]] == [code]
    assert told["ignores"][0]["unused"] == []


TWO_LINES = """\
from __future__ import annotations

from lockmodel import Model, Scenario, mutex_lock, mutex_unlock

model = Model("disk")
outer, inner = model.mutex("outer"), model.mutex("inner")
{hierarchy}


@model.path
def forth() -> None:
    mutex_lock(outer)
    mutex_lock(inner)
    mutex_unlock(inner)
    mutex_unlock(outer)


@model.path
def one() -> None:
    mutex_lock(inner)
    mutex_lock(outer)  # {first}
    mutex_unlock(outer)
    mutex_unlock(inner)


@model.path
def another() -> None:
    mutex_lock(inner)
    mutex_lock(outer)  # {second}
    mutex_unlock(outer)
    mutex_unlock(inner)


@model.scenario
def forwards(m: Scenario) -> None:
    m.thread("forth", forth)


@model.scenario
def backwards(m: Scenario) -> None:
    m.thread("one", one)
    m.thread("another", another)
"""


@pytest.mark.parametrize(
    ("code", "hierarchy", "ends"), [("LM201", 'model.hierarchy("outer", "inner")', 0), ("LM202", "", 3)]
)
def test_what_is_found_of_lock_classes_is_silenced_at_all_lines_that_show_it(
    code: str, hierarchy: str, ends: int, run: Run
) -> None:
    comment = f"lockmodel: ignore[{code}] it is known"
    exits = []
    for first, second in ((comment, "-"), ("-", comment), (comment, comment)):
        text = TWO_LINES.format(hierarchy=hierarchy, first=first, second=second)
        Path("two.py").write_text(text, encoding="utf-8")
        exits.append(run("check", "two.py::backwards" if code == "LM201" else "two.py").exit_code)
    assert exits == [1, 1, ends]


def test_the_lines_that_are_not_silenced_are_named(run: Run) -> None:
    comment = "lockmodel: ignore[LM201] it is known"
    order = 'model.hierarchy("outer", "inner")'
    told = []
    for first, second in ((comment, "-"), ("-", comment)):
        Path("two.py").write_text(TWO_LINES.format(hierarchy=order, first=first, second=second), encoding="utf-8")
        told += [warning for s in result_of(run, "two.py::backwards")["scenarios"] for warning in s["warnings"]]
    assert told == ["LM201 hierarchy inner -> outer is not ignored at two.py:29: it is one finding"]


ONE_FINDING = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import (
    Completion, Model, Range, Scenario, Struct,
    local_bh_disable, local_bh_enable, local_irq_disable, local_irq_enable, mark, mutex_lock, mutex_unlock,
    wait_for_completion,
)

model = Model("device")
outer, inner = model.mutex("outer"), model.mutex("inner")
model.hierarchy("outer", "inner")


class Device(Struct):
    n: Annotated[int, Range(0, 3)]
    ready: Completion
    over: Completion


@model.procedure
def softirqs_on() -> None:
    local_bh_enable()  # lockmodel: ignore[LM603] it is known


@model.path
def twice(device: Device) -> None:
    local_bh_disable()
    local_irq_disable()
    softirqs_on()
    local_irq_enable()
    softirqs_on()
    assert device.n == 3


@model.path
def counts(device: Device) -> None:
    mark("high")
    if device.n == 1:
        device.n = 4  # {first} n
    device.n = 5  # {second} n


@model.path
def waits(device: Device) -> None:
    wait_for_completion(device.ready)  # {first} wait


@model.path
def waits_as_well(device: Device) -> None:
    wait_for_completion(device.over)  # {second} wait


@model.path
def orders(device: Device) -> None:
    mutex_lock(inner)
    mutex_lock(outer)  # {first} order
    mutex_unlock(outer)
    mutex_lock(outer)  # {second} order
    mutex_unlock(outer)
    mutex_unlock(inner)


@model.scenario
def turning_on(m: Scenario) -> None:
    m.thread("t", twice, m.new(Device))


@model.scenario
def counting(m: Scenario) -> None:
    m.thread("t", counts, m.new(Device, n=1))
    m.thread("u", counts, m.new(Device))


@model.scenario
def waiting(m: Scenario) -> None:
    device = m.new(Device)
    m.thread("t", waits, device)
    m.thread("u", waits_as_well, device)


@model.scenario
def ordering(m: Scenario) -> None:
    m.thread("t", orders, m.new(Device))
"""


@pytest.mark.parametrize("arguments", [[], ["--ignore", "LM603"], ["--strategy", "dpor"], ["--engine", "python"]])
def test_where_executions_end_by_what_is_silenced_at_a_line_nothing_is_verified(
    arguments: list[str], run: Run, tmp_path: Path
) -> None:
    (tmp_path / "one.py").write_text(ONE_FINDING, encoding="utf-8")
    [told] = result_of(run, "one.py::turning_on", *arguments)["scenarios"]
    assert (told["findings"], told["verdict"]) == ([], "incomplete")
    assert told["reason"] == "executions that end in a finding left out as asked (LM603) were not followed further"


@pytest.mark.parametrize("arguments", [[], ["--strategy", "dpor"], ["--engine", "python"], ["--no-reduction"]])
@pytest.mark.parametrize(
    ("scenario", "rule", "what", "ends"),
    [("counting", "LM701", "n", 3), ("waiting", "LM101", "wait", 3), ("ordering", "LM201", "order", 0)],
)
def test_a_finding_that_shows_at_two_lines_takes_two_comments(
    scenario: str, rule: str, what: str, ends: int, arguments: list[str], run: Run, tmp_path: Path
) -> None:
    exits = []
    for silenced in (["first"], ["second"], ["first", "second"]):
        text = ONE_FINDING
        for which in silenced:
            text = text.replace(f"# {{{which}}} {what}\n", f"# lockmodel: ignore[{rule}] it is {which}\n")
        (tmp_path / "one.py").write_text(text, encoding="utf-8")
        exits.append(run("check", f"one.py::{scenario}", *arguments).exit_code)
    assert exits == [1, 1, ends]
    told = result_of(run, f"one.py::{scenario}", *arguments)
    [silenced] = [one for s in told["scenarios"] for one in s["ignored"]]
    assert len({silenced["comment"], *silenced["also"]}) == 2
    comments = [one for one in told["ignores"] if rule in one["rules"]]
    assert [one["findings"] for one in comments] == [1, 1]


def test_no_comment_that_meets_a_finding_is_called_unused(run: Run, tmp_path: Path) -> None:
    both = ONE_FINDING.replace("# {first} order", "# lockmodel: ignore[LM201] it is first")
    for text in (both, both.replace("# {second} order", "# lockmodel: ignore[LM201] it is second")):
        (tmp_path / "one.py").write_text(text, encoding="utf-8")
        assert all(one["unused"] == [] for one in result_of(run, "one.py")["ignores"])


def test_an_order_that_cannot_deadlock_is_silenced_where_the_order_is_strict(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "gated.py"
    spec.write_text(specs.GATED, encoding="utf-8")
    [shown] = [f for s in result_of(run, "gated.py", "--strict-order")["scenarios"] for f in s["findings"]]
    lines = specs.GATED.splitlines()
    lines[int(shown["place"]["spec"].rpartition(":")[2]) - 1] += "  # lockmodel: ignore[LM202] g is always held"
    spec.write_text("\n".join(lines) + "\n", encoding="utf-8")
    checked = run("check", "gated.py", "--strict-order")
    assert checked.exit_code == 0
    assert "g is always held" in checked.stdout


def test_a_comment_that_silences_nothing_is_told(run: Run) -> None:
    Path("race.py").write_text(RACE.replace("[LM301]", "[LM301, LM302]"), encoding="utf-8")
    checked = run("check", "race.py")
    assert checked.exit_code == 0
    assert "  warning: ignore[LM302] at race.py:19 matches no finding\n" in checked.stdout
    lines = run("check", "race.py", "--output-format", "json-lines")
    assert lines.stderr == "warning: ignore[LM302] at race.py:19 matches no finding\n"
    github = run("check", "race.py", "--output-format", "github").stdout
    assert "::warning file=race.py,line=19,title=lockmodel::ignore[LM302] at race.py%3A19" not in github
    assert "::warning file=race.py,line=19,title=lockmodel::ignore[LM302] at race.py:19 matches no finding\n" in github
    assert result_of(run, "race.py")["ignores"][0]["unused"] == ["LM302"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["race.py::two_count"],
        ["race.py", "--select", "LM1"],
        ["race.py", "--ignore", "LM302"],
        ["race.py", "--design", "repaired"],
        ["race.py", "--max-states", "2"],
        ["race.py", "--strategy", "walk", "--runs", "2"],
    ],
)
def test_a_run_that_did_not_look_calls_no_comment_unused(arguments: list[str], run: Run) -> None:
    Path("race.py").write_text(RACE.replace("[LM301]", "[LM302]"), encoding="utf-8")
    assert [one["unused"] for one in result_of(run, *arguments)["ignores"]] == [[]]


def test_a_comment_of_another_design_is_not_unused(run: Run) -> None:
    text = RACE.replace(COMMENT, "").replace(
        "    mutex_lock(counter.lock)\n    counter.n += 1\n",
        f"    mutex_lock(counter.lock)\n    counter.n += 1{COMMENT}\n",
    )
    Path("race.py").write_text(text, encoding="utf-8")
    assert result_of(run, "race.py")["ignores"][0]["unused"] == []
    told = result_of(run, "race.py::two_count", "--design", "repaired")
    assert told["ignores"][0]["findings"] == 0


def test_what_is_not_selected_is_not_silenced_twice(run: Run) -> None:
    told = result_of(run, "race.py", "--ignore", "LM301")
    assert [scenario["ignored"] for scenario in told["scenarios"]] == [[], []]
    assert told["ignores"][0]["unused"] == []


def test_a_run_that_stops_at_the_first_finding_does_not_stop_at_a_silenced_one(run: Run, tmp_path: Path) -> None:
    spec = example(tmp_path, "LM302", "def peek(queue: Queue) -> None:\n    if queue.length:")
    assert run("check", spec, "-x").exit_code == 0
    text = Path(spec).read_text(encoding="utf-8").replace('mark("something is there")', "queue.length = 0")
    text = text.replace("    if queue.length:  #", "    seen = queue.length  #").replace(
        "        queue.length = 0", "    queue.length = 0", 1
    )
    Path(spec).write_text(text, encoding="utf-8")
    stopped = result_of(run, spec, "-x")["scenarios"][0]
    assert [finding["rule"] for finding in stopped["findings"]] == ["LM302"]
    assert "seen" not in stopped["findings"][0]["steps"][-1]["code"]


def test_schedules_with_few_preemptions_go_on_past_a_silenced_finding(run: Run, tmp_path: Path) -> None:
    spec = example(tmp_path, "LM302", "def peek(queue: Queue) -> None:\n    if queue.length:")
    assert run("check", spec, "--strategy", "preemption").exit_code == 0
    assert run("check", spec, "--strategy", "dpor").exit_code == 0


@pytest.mark.parametrize(
    "arguments", [["-j", "2"], ["--engine", "python"], ["--no-reduction"], ["--exact"], ["--minimise", "switches"]]
)
def test_every_search_silences_the_same(arguments: list[str], run: Run) -> None:
    many = "".join(
        f'\n\n@model.scenario\ndef s{n}(m: Scenario) -> None:\n    m.thread("one", count, m.new(Counter))\n'
        for n in range(8)
    )
    Path("race.py").write_text(RACE + many, encoding="utf-8")

    def told(*arguments: str) -> Any:
        result = result_of(run, "race.py", *arguments)
        silenced = [[one["comment"] for one in scenario["ignored"]] for scenario in result["scenarios"]]
        return silenced, [scenario["verdict"] for scenario in result["scenarios"]], result["ignores"]

    assert told(*arguments) == told()
    assert told()[0][:3] == [["race.py:19"], ["race.py:19"], []]


def test_silenced_findings_are_told_by_a_comparison(run: Run) -> None:
    compared = run("compare", "race.py::two_count", "--designs", "as-written", "repaired")
    assert compared.exit_code == 0
    assert "new, none gone, none unchanged" in compared.stdout
    said = " ".join(compared.stdout.split())
    assert 'ignored: LM301 data-race in count, race.py:19: it is "<only>" a hint (as-written)' in said
    told = run("compare", "race.py::two_count", "--designs", "as-written", "repaired", "--output-format", "json")
    [one] = json.loads(told.stdout)["ignored"]
    assert (one["before"], one["after"], one["reason"]) == (["two_count"], [], 'it is "<only>" a hint')


def test_a_matrix_counts_them_and_knows_where_a_comment_has_its_use(run: Run) -> None:
    text = RACE.replace(COMMENT, "").replace("counter.m += 1", f"counter.m += 1{COMMENT}")
    Path("race.py").write_text(text, encoding="utf-8")
    told = result_of(run, "race.py::two_count", "--matrix", "each")
    assert [(one["turned"], one["findings"], one["ignored"]) for one in told["matrix"]] == [
        ({}, 1, 0),
        ({"often": True}, 1, 1),
    ]
    assert told["needing"] == []
    text = " ".join(run("check", "race.py::two_count", "--matrix", "each").stdout.split())
    assert "findings that need a turned switch: none. Ignored as the spec says: 1 at most under one setting." in text
    whole = result_of(run, "race.py", "--matrix", "each")
    assert whole["ignores"][0]["unused"] == []


def test_a_record_has_them_beside_what_holds(run: Run) -> None:
    recorded = run("record", "race.py", "-o", "record", "--matrix", "none")
    assert recorded.exit_code == 1  # the repaired design locks in one place alone
    told = json.loads(Path("record/findings.json").read_text(encoding="utf-8"))
    written = told["holds"][0]
    assert {one["comment"] for one in written["ignored"]} == {"race.py:19"}
    assert "LM301" not in written["rules"]
    assert (
        "- ignored as the spec says: LM301 data-race in `count`, race.py:19" in Path("record/findings.md").read_text()
    )


def test_a_review_tells_them_among_its_facts(run: Run) -> None:
    assert run("review", "race.py", "-o", "out", "-q").exit_code in (0, 1)
    page = Path("out/index.html").read_text(encoding="utf-8")
    assert "findings ignored as the spec says" in page
    assert "LM301 at race.py:19: it is &#34;&lt;only&gt;&#34; a hint" in page.replace("&quot;", "&#34;")


def test_a_claim_that_is_silenced_does_not_hold(run: Run, tmp_path: Path) -> None:
    spec = example(tmp_path, "LM701", "def nothing_is_lost(account: Account) -> bool:")
    run("record", spec, "-o", "record", "--matrix", "none")
    [claim] = json.loads(Path("record/findings.json").read_text(encoding="utf-8"))["holds"][0]["claims"]
    assert claim["verdict"] == "ignored"


def test_a_replay_shows_what_is_silenced_and_says_so(run: Run) -> None:
    token = result_of(run, "race.py")["scenarios"][0]["ignored"][0]["finding"]["schedule"]
    replayed = run("replay", "race.py", token)
    assert replayed.exit_code == 0
    assert "LM301 data-race  in count" in replayed.stdout
    assert replayed.stderr == 'ignored: LM301 data-race in count, race.py:19: it is "<only>" a hint\n'


def test_lines_of_modules_that_the_spec_imports_count(run: Run, tmp_path: Path) -> None:
    package = tmp_path / "parts"
    package.mkdir()
    head, rest = RACE.split("@model.scenario\n", 1)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "code.py").write_text(head, encoding="utf-8")
    (tmp_path / "whole.py").write_text(
        "from __future__ import annotations\n\nfrom lockmodel import Scenario\nfrom parts.code import *\n"
        f"from parts.code import Counter, count, model, reset\n\n\n@model.scenario\n{rest}",
        encoding="utf-8",
    )
    checked = run("check", "whole.py")
    assert checked.exit_code == 0, checked.output
    assert "parts/code.py:19" in checked.stdout
    (package / "code.py").write_text(head.replace("[LM301]", "[LM999]"), encoding="utf-8")
    refused = run("check", "whole.py")
    assert refused.exit_code == 2
    assert "parts/code.py:19: the comment `# lockmodel: ...`: there is no rule LM999\n" in refused.stderr


@pytest.mark.parametrize(
    "command", [["check"], ["record", "-o", "record"], ["compare", "--designs", "as-written", "repaired"]]
)
def test_a_comment_that_says_nothing_is_a_mistake_in_the_spec(command: list[str], run: Run) -> None:
    Path("race.py").write_text(RACE.replace(' it is "<only>" a hint', ""), encoding="utf-8")
    refused = run(command[0], "race.py", *command[1:])
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (
        "error: race.py:19: the comment `# lockmodel: ...`: it gives no reason\n"
        "  Say why the finding is right there, behind the bracket.\n"
    )


def test_code_hosts_get_them_as_suppressed(run: Run) -> None:
    log = assert_sarif(run("check", "race.py", "--output-format", "sarif").stdout.encode())
    results = log["runs"][0]["results"]
    assert [[one["justification"] for one in result["suppressions"]] for result in results] == [
        ['it is "<only>" a hint']
    ] * 2
    shown = assert_sarif(run("check", "race.py", "--set", "often=on", "--output-format", "sarif").stdout.encode())
    assert [len(result["suppressions"]) for result in shown["runs"][0]["results"]] == [0, 1, 1]


def test_test_reports_have_them_beside_the_verdict(run: Run) -> None:
    text = run("check", "race.py", "--output-format", "junit").stdout
    assert_junit(text.encode())
    cases = list(ElementTree.fromstring(text).iter("testcase"))
    assert [[child.tag for child in case] for case in cases] == [["system-out"]] * 2
    assert 'ignored: LM301 data-race in count, race.py:19: it is "<only>" a hint' in (
        cases[0].findtext("system-out") or ""
    )


def test_workflows_get_a_notice(run: Run) -> None:
    lines = run("check", "race.py", "--output-format", "github").stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::notice"] * 3
    assert lines[0].startswith(
        "::notice file=race.py,line=19,title=ignored%3A LM301 data-race::LM301 data-race in count"
    )
