"""The formats for programs."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import msgspec
import pytest

from lockmodel.errors import UsageError
from lockmodel.report.machine import (
    FORMATS,
    ScenarioLine,
    decode_json,
    encode,
    encode_json,
    encode_json_array,
    encode_json_lines,
)
from lockmodel.report.sarif import RuleText
from tests.report import samples
from tests.report.published import assert_junit, assert_sarif

RULES = {
    "LM305": RuleText("null-dereference", "A null reference is used.", ((476, "NULL Pointer Dereference"),)),
    "LM101": RuleText("deadlock", "Nobody can move."),
}
NASTY = 'a<b>&"c"\r\n%0A::error::\x00\x1b[31m\ud7ff,=;'


def parsed(data: bytes) -> Any:
    return json.loads(data)


# JSON


def test_json_is_read_back_as_it_was_but_for_the_rounded_clock() -> None:
    result = samples.everything()
    back = decode_json(encode_json(result))
    assert [scenario.seconds for scenario in back.scenarios] == [0.123] * 4
    unrounded = [msgspec.structs.replace(scenario, seconds=0.123456789) for scenario in back.scenarios]
    assert msgspec.structs.replace(back, scenarios=unrounded) == result


def test_json_has_the_fields_of_the_contract_in_their_order() -> None:
    result = parsed(encode_json(samples.everything()))
    assert list(result)[:8] == [
        "schema_version", "lockmodel", "spec", "model", "design", "switches", "scenarios", "order",
    ]  # fmt: skip
    scenario = result["scenarios"][0]
    for name in (
        "name", "verdict", "complete", "reason", "states", "transitions", "depth", "seconds", "engine", "strategy",
        "reductions", "unreached", "findings",
    ):  # fmt: skip
        assert name in scenario
    finding = scenario["findings"][0]
    for name in (
        "rule", "name", "message", "threads", "locks", "objects", "thread_switches", "minimal", "place", "stack",
        "steps", "schedule",
    ):  # fmt: skip
        assert name in finding
    assert finding["place"] == {
        "procedure": "inotify_ignore", "spec": "specs/inotify.py:212", "source": "fs/inotify.c:825",
    }  # fmt: skip
    for name in ("n", "thread", "procedure", "spec", "source", "operation"):
        assert name in finding["steps"][0]
    assert list(result["order"]) == ["edges", "cycles", "judged", "declared", "notes", "classes"]


def test_json_is_the_same_bytes_each_time_and_ends_in_a_newline() -> None:
    assert encode_json(samples.everything()) == encode_json(samples.everything())
    assert encode_json(samples.everything()).endswith(b"}\n")


def test_several_specs_are_an_array_and_one_is_an_object() -> None:
    one, two = samples.result(samples.verified()), samples.result(samples.incomplete())
    assert encode([one], "json") == encode_json(one)
    assert encode([one, two], "json") == encode_json_array([one, two])
    assert [result["scenarios"][0]["verdict"] for result in parsed(encode([one, two], "json"))] == [
        "verified",
        "incomplete",
    ]


def test_json_lines_have_a_scenario_each_that_can_be_read_alone() -> None:
    lines = encode_json_lines(samples.everything()).splitlines()
    read = [msgspec.json.decode(line, type=ScenarioLine) for line in lines]
    assert [(line.spec, line.design, line.scenario.name) for line in read] == [
        ("specs/inotify.py", "2005", "rm_watch_umount"),
        ("specs/inotify.py", "2005", "rm_watch_umount_close"),
        ("specs/inotify.py", "2005", "add_and_read"),
        ("specs/inotify.py", "2005", "five_threads"),
    ]


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", encode_json(samples.everything())[:100]])
def test_what_is_not_our_json_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match="this is not the JSON of a check: "):
        decode_json(data)


def test_an_unknown_format_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        encode([samples.everything()], "yaml")
    assert str(caught.value) == (
        "there is no output format 'yaml'; there are text, json, json-lines, sarif, junit, github"
    )


@pytest.mark.parametrize("output_format", FORMATS)
def test_incomplete_is_said_in_every_format(output_format: str) -> None:
    assert b"incomplete" in encode([samples.result(samples.incomplete())], output_format)


@pytest.mark.parametrize("output_format", FORMATS)
def test_nothing_to_check_can_be_said_in_every_format(output_format: str) -> None:
    encode([samples.result()], output_format)


@pytest.mark.parametrize("output_format", FORMATS)
def test_what_is_no_text_is_refused_or_left_out(output_format: str) -> None:
    finding = msgspec.structs.replace(samples.race(), message="\udcff")
    result = msgspec.structs.replace(samples.result(samples.scenario("s", "violated", finding)), spec="\udcff.py")
    if output_format in ("json", "json-lines", "sarif"):
        with pytest.raises(UsageError, match=r"is no Unicode text\n  Give the file"):
            encode([result], output_format)
    elif output_format != "text":  # the terminal's encoding is left to who prints
        assert encode([result], output_format).decode()


# SARIF


def sarif() -> Any:
    return assert_sarif(encode([samples.everything()], "sarif", rules=RULES))


def test_sarif_lists_the_rules_it_was_given_and_those_it_needs() -> None:
    run = sarif()["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["LM101", "LM305", "LM306"]
    assert rules[1]["name"] == "NullDereference"
    assert rules[1]["fullDescription"] == {"text": "A null reference is used."}
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["LM305", "LM305", "LM306"]
    assert [result["ruleId"] for result in run["results"]] == ["LM305", "LM305", "LM306"]


def test_sarif_points_into_the_spec() -> None:
    physical = sarif()["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert physical == {"artifactLocation": {"uri": "specs/inotify.py"}, "region": {"startLine": 212}}


def test_sarif_flows_have_the_steps_in_order_and_by_thread() -> None:
    schedule, by_thread = sarif()["runs"][0]["results"][0]["codeFlows"]
    steps = schedule["threadFlows"][0]["locations"]
    assert [step["executionOrder"] for step in steps] == list(range(1, 23))
    assert steps[2]["location"]["message"]["text"] == (
        "3 rm_watch: atomic_inc(watch#1.count)  1 -> 2 (fs/inotify.c:184)"
    )
    assert [flow["id"] for flow in by_thread["threadFlows"]] == ["rm_watch", "umount"]
    assert sum(len(flow["locations"]) for flow in by_thread["threadFlows"]) == 22


def test_sarif_says_that_a_search_was_cut() -> None:
    notes = sarif()["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    told = [(note["descriptor"]["id"], note["level"], note["message"]["text"].partition(":")[0]) for note in notes]
    assert [one for one in told if one[0] == "incomplete"] == [
        ("incomplete", "warning", "scenario five_threads is incomplete")
    ]
    assert all(one[:2] == ("note", "note") for one in told if one[0] != "incomplete")


def test_sarif_names_the_weakness_of_a_rule() -> None:
    run = sarif()["runs"][0]
    [relation] = run["tool"]["driver"]["rules"][1]["relationships"]
    assert run["taxonomies"][0]["taxa"][relation["target"]["index"]]["id"] == relation["target"]["id"] == "476"
    assert run["tool"]["driver"]["rules"][1]["properties"]["tags"] == ["concurrency", "external/cwe/cwe-476"]


def test_sarif_points_into_the_modelled_source() -> None:
    first = sarif()["runs"][0]["results"][0]["relatedLocations"][0]
    assert first["message"]["text"] == "the modelled source, fs/inotify.c:825"
    assert first["physicalLocation"] == {
        "artifactLocation": {"uri": "fs/inotify.c", "uriBaseId": "MODELLED"},
        "region": {"startLine": 825},
    }


def test_sarif_tells_the_runs_of_several_specs_apart() -> None:
    results = [samples.result(samples.verified()), msgspec.structs.replace(samples.everything(), design="fixed")]
    runs = assert_sarif(encode(results, "sarif", rules=RULES))["runs"]
    assert [run["automationDetails"]["id"] for run in runs] == [
        "lockmodel/specs/inotify.py/2005/",
        "lockmodel/specs/inotify.py/fixed/",
    ]


def test_sarif_has_no_placeholders_and_no_links_of_its_own() -> None:
    finding = msgspec.structs.replace(samples.race(), message="idr: {0} -> [here](1) <b>")
    result = samples.result(samples.scenario("s", "violated", finding))
    told = assert_sarif(encode([result], "sarif"))["runs"][0]["results"][0]["message"]["text"]
    assert told == "idr: {{0}} -> [here\\](1) <b>"


def test_sarif_keeps_the_steps_of_threads_with_strange_names() -> None:
    finding = samples.race()
    steps = [msgspec.structs.replace(step, thread=f"\x1b{step.thread}\n") for step in finding.steps]
    odd = msgspec.structs.replace(finding, steps=steps, threads=[f"\x1b{name}\n" for name in finding.threads])
    log = assert_sarif(encode([samples.result(samples.scenario("s", "violated", odd))], "sarif"))
    by_thread = log["runs"][0]["results"][0]["codeFlows"][1]["threadFlows"]
    assert sum(len(flow["locations"]) for flow in by_thread) == len(steps)


def test_a_fingerprint_outlives_lines_added_above() -> None:
    finding = samples.null_dereference()
    frames = [msgspec.structs.replace(frame, spec="specs/inotify.py:999") for frame in finding.stack]
    place = msgspec.structs.replace(finding.place, spec="specs/inotify.py:1000")
    moved = msgspec.structs.replace(finding, place=place, stack=frames)
    both = [samples.result(samples.scenario("s", "violated", one)) for one in (finding, moved)]
    prints = [
        parsed(encode([one], "sarif"))["runs"][0]["results"][0]["partialFingerprints"]["lockmodelPlace/v1"]
        for one in both
    ]
    assert prints[0] == prints[1]


def test_the_fingerprint_of_a_deadlock_is_that_of_where_threads_wait() -> None:
    finding = samples.philosophers()
    other = msgspec.structs.replace(finding, steps=finding.steps[::-1], waiting=finding.waiting[::-1])
    elsewhere = msgspec.structs.replace(finding, waiting=finding.waiting[1:])
    prints = [
        parsed(encode([samples.result(samples.scenario("s", "violated", one))], "sarif"))["runs"][0]["results"][0][
            "partialFingerprints"
        ]["lockmodelPlace/v1"]
        for one in (finding, other, elsewhere)
    ]
    assert prints[0] == prints[1] != prints[2]


def test_sarif_escapes_paths() -> None:
    finding = msgspec.structs.replace(samples.race(), place=samples.frame("f", 3, None, path="my specs/ä#1.py"))
    result = samples.result(samples.scenario("s", "violated", finding))
    location = parsed(encode([result], "sarif"))["runs"][0]["results"][0]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "my%20specs/%C3%A4%231.py"


def test_sarif_has_each_of_thousands_of_steps_once_in_each_flow() -> None:
    script = samples.Script()
    for thread in ("even", "odd"):
        script.at(thread, ("p", 10, 100))
    for number in range(5_000):
        script.do(("even", "odd")[number % 2], 10, 100, "write box.x", f"= {number}", f"box.x: 0 -> {number}")
    finding = msgspec.structs.replace(samples.race(), steps=script.steps, threads=["even", "odd"])
    log = parsed(encode([samples.result(samples.scenario("s", "violated", finding))], "sarif"))
    whole, by_thread = log["runs"][0]["results"][0]["codeFlows"]
    orders = [[step["executionOrder"] for step in flow["locations"]] for flow in by_thread["threadFlows"]]
    assert [step["executionOrder"] for step in whole["threadFlows"][0]["locations"]] == list(range(1, 5_001))
    assert orders == [list(range(1, 5_001, 2)), list(range(2, 5_001, 2))]


# JUnit


def junit(*scenarios: Any) -> ElementTree.Element:
    data = encode([samples.result(*scenarios)], "junit")
    assert_junit(data)
    return ElementTree.fromstring(data)


def test_junit_has_a_case_a_scenario_and_counts_them() -> None:
    root = ElementTree.fromstring(encode([samples.everything()], "junit"))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "2", "1")
    cases = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert cases == {
        "rm_watch_umount": ["failure", "system-out"],
        "rm_watch_umount_close": ["failure", "system-out"],
        "add_and_read": ["system-out"],
        "five_threads": ["error", "system-out"],
    }


def test_junit_shows_the_schedule() -> None:
    failure = junit(samples.violated()).find(".//failure")
    assert failure is not None
    assert failure.text is not None
    assert failure.get("type") == "LM305"
    assert "down(inode#1.inotify_sem)" in failure.text


def test_junit_holds_what_xml_cannot() -> None:
    finding = msgspec.structs.replace(samples.race(), message=NASTY)
    failure = junit(samples.scenario("s\x00", "violated", finding)).find(".//failure")
    assert failure is not None
    message = failure.get("message") or ""
    assert 'a<b>&"c"' in message
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", message)


# GitHub


def test_github_gets_one_line_a_command() -> None:
    lines = encode([samples.everything()], "github").decode().splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::error", "::warning", "::error"]
    assert lines[0].startswith("::error file=specs/inotify.py,line=212,title=LM305 null-dereference::put_inotify_watch")
    assert "%0Alockmodel replay specs/inotify.py lm1-" in lines[0]
    assert "%0Ascenario: rm_watch_umount, rm_watch_umount_close%0A" in lines[0]
    assert lines[3].startswith("::error file=specs/inotify.py,title=incomplete::scenario five_threads: ")


def test_github_says_well_with_bounds() -> None:
    assert encode([samples.result(samples.verified())], "github").decode() == (
        "::notice file=specs/inotify.py,title=lockmodel::verified: every interleaving of 2 threads, 18,204 states; "
        "at most 4 watches; at most 8 events.\n"
    )


def test_github_logs_are_not_told_what_to_do() -> None:
    finding = msgspec.structs.replace(samples.race(), message=NASTY)
    data = encode([samples.result(samples.scenario("s\x00", "violated", finding))], "github")
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", data)
    assert b"%0D%0A%250A::error::??[31m" in data


def test_github_commands_cannot_be_smuggled_in() -> None:
    finding = msgspec.structs.replace(samples.race(), message="x\n::set-output name=a::b 100%", name="a,b:c")
    text = encode([samples.result(samples.scenario("s", "violated", finding))], "github").decode()
    assert text.startswith(
        "::error file=specs/counter.py,line=9,title=LM301 a%2Cb%3Ac::x%0A::set-output name=a::b 100%25"
    )
    assert len(text.splitlines()) == 1
