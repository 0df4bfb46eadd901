"""What the commands do once their options are known: check targets one after another, replay.

Takes targets and `Options`, calls `check`, hands results to `report`, and gives the exit code.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from lockmodel import check
from lockmodel.boundary import explain
from lockmodel.explain import page, pages
from lockmodel.explain.text import render_pages, render_table, rule_text
from lockmodel.findings.comparison import compare
from lockmodel.findings.finding import CheckResult
from lockmodel.findings.record import Record
from lockmodel.options import Options
from lockmodel.outcome import Exit, judge, outrank
from lockmodel.output import print_bytes, print_error, print_text
from lockmodel.progress_line import ProgressLine
from lockmodel.progress_lines import ProgressLines
from lockmodel.record import RecordOptions, record
from lockmodel.report.comparison import render_comparison
from lockmodel.report.files import check_folder, write_file, write_folder
from lockmodel.report.hierarchy import as_comment, as_lockdep, as_toml
from lockmodel.report.json_text import as_json
from lockmodel.report.machine import encode, encode_json_array
from lockmodel.report.record import record_markdown
from lockmodel.report.source_lines import coverage_markdown
from lockmodel.report.terminal import Terminal, terminal_for
from lockmodel.report.text import NORMAL, QUIET, VERBOSE, render_check, render_finding
from lockmodel.report.words import count, unused_comments, why_ignored
from lockmodel.selection import read_witness

NO_WARNINGS = ("json-lines",)
"""Formats that have no place for what is said of the run and not of a scenario."""


def check_targets(targets: Sequence[str], options: Options) -> Exit:
    """Check each target and report it: as text at once, for machines when all are done.

    What goes wrong with one target is said and does not touch the others. Ctrl-C ends the run, and so does `-x` at the
    first target with a finding.
    """
    results: list[CheckResult] = []
    codes: list[Exit] = []
    if not options.quiet:
        _note_search(options)
    for number, target in enumerate(targets):
        try:
            run = check_target(target, options)
        except (KeyboardInterrupt, Exception) as error:
            codes.append(explain(error, options.verbose))
        else:
            if _prints_text(options):
                text = render_check(run.result, terminal=_terminal(), verbosity=_verbosity(options))
                print_text(f"\n{text}" if results else text)
            results.append(run.result)
            codes.append(_judge(target, run, options))
        if codes[-1] is Exit.INTERRUPTED or (options.stop_first and codes[-1] is Exit.FINDING):
            if left := targets[number + 1 :]:
                print_error(f"not checked: {', '.join(left)}")
            break
    if results or len(targets) > 1:
        _report(results, options, several=len(targets) > 1)
    return outrank(codes)


def compare_designs(target: str, designs: tuple[str, str], output_format: str, options: Options) -> Exit:
    """Check a target under two designs and print what changes from the first to the second."""
    if not options.quiet:
        _note_search(options)
    with show_progress(options) as progress:
        checker = check.Checker(to_check(target, options), progress)
        for design in designs:  # a wrong name is told before anything is searched
            checker.compiled(design, options.switches)
        runs = [checker.check(design, options.switches) for design in designs]
    comparison = compare(runs[0].result, runs[1].result)
    if output_format == "json":
        print_bytes(as_json(comparison))
    else:
        print_text(render_comparison(comparison, terminal=_terminal()))
    code = _judge(target, runs[1], options)
    return Exit.INCOMPLETE if code is Exit.VERIFIED and not comparison.complete else code


def write_record(target: str, folder: Path, repaired: str | None, matrix: str, options: Options) -> Exit:
    """Write the record of a target to a folder: whole files, or none where nothing was searched."""
    check_folder(folder)
    if not options.quiet:
        _note_search(options)
    with show_progress(options) as progress:
        run = record(RecordOptions(to_check(target, options), repaired, matrix), progress)
    if run.record is None:
        print_error("interrupted before anything was searched: nothing is written")
        return Exit.INTERRUPTED
    files = {"findings.md": record_markdown(run.record).encode(), "findings.json": as_json(run.record)}
    if run.lines:
        unreached = [missed.source for missed in run.record.holds[0].unreached if missed.source]
        files["coverage.md"] = coverage_markdown(run.record.model, run.record.spec, run.lines, unreached).encode()
    write_folder(folder, files)
    if not options.quiet:
        print_text(f"{_defects(run.record)}, written to {folder}")
    return _outcome(run.record, interrupted=run.interrupted)


def write_review(
    target: str, folder: Path, earlier: Path | None, repaired: str | None, matrix: str, options: Options
) -> Exit:
    """Write the report of a target to a folder: a page, its pictures and its data, or nothing at all."""
    from lockmodel.review import ReviewOptions, left_over, review  # what draws takes a quarter of a second to load

    check_folder(folder)
    if not options.quiet and earlier is None:
        _note_search(options)
    with show_progress(options) as progress:
        run = review(ReviewOptions(RecordOptions(to_check(target, options), repaired, matrix), earlier), progress)
    if run.record is None:
        print_error("interrupted before anything was searched: nothing is written")
        return Exit.INTERRUPTED
    write_folder(folder, run.files)
    for path in left_over(folder, run.files):
        path.unlink()
    if run.undrawn:
        print_error(f"note: graphs stand beside the page as DOT only: {run.undrawn}")
    if not options.quiet:
        print_text(f"{folder / 'index.html'}: {_defects(run.record)}, {len(run.files['index.html']) // 1024 + 1} KB")
    return _outcome(run.record, interrupted=run.interrupted)


def _defects(record: Record) -> str:
    return count(len(record.defects), "defect")


def _outcome(record: Record, *, interrupted: bool) -> Exit:
    """The exit code of a record, after saying what cut it short."""
    if record.cut:
        print_error(record.cut)
    if interrupted:
        return Exit.INTERRUPTED
    unfinished = record.cut or any(holding.unfinished for holding in record.holds)
    return Exit.FINDING if record.defects else Exit.INCOMPLETE if unfinished else Exit.VERIFIED


def replay_schedule(target: str, text: str, pick: str | None, switches: dict[str, str], *, verbose: bool) -> Exit:
    """Run the schedule that `text` is or holds, and print what it shows. `switches` override those of the schedule."""
    result, finding, steps = check.replay(target, read_witness(text, pick).token, switches)
    name = result.scenarios[0].name
    for one in result.scenarios[0].ignored:
        print_error(f"ignored: {why_ignored(one)}")
    if finding is None:
        print_text(f"{name}: the schedule runs to its end ({count(len(steps), 'step')}) and shows nothing wrong")
        return Exit.VERIFIED
    # One schedule says nothing of the others: the check that found it may have proved that none is shorter.
    finding = msgspec.structs.replace(finding, minimal="")
    print_text(
        render_finding(finding, name, spec=result.spec, design=result.design, terminal=_terminal(), verbose=verbose)
    )
    return Exit.FINDING if result.scenarios[0].findings else Exit.VERIFIED


def show_order(target: str, emit: str, against: str, options: Options) -> Exit:
    """Print the lock order of a target as a declaration, or hold it against a declared one."""
    with show_progress(options) as progress:
        run = check.check(dataclasses.replace(to_check(target, options), against=against), progress)
    result = run.result
    if against:
        result = _order_alone(result)
        print_text(render_check(result, terminal=_terminal(), verbosity=_verbosity(options)))
    elif cycles := [judged for judged in result.order.judged if judged.rule == "LM202" and judged.reason != "trylock"]:
        for judged in cycles:
            said = judged.reason or f"it deadlocks in {judged.scenario}"
            print_error(f"the lock order goes round: {judged.claim} ({judged.verdict.replace('-', ' ')}: {said})")
        print_error("there is no order to declare while it does")
        return Exit.FINDING
    else:
        print_text(_declared(result, emit).removesuffix("\n"))
    if run.interrupted:
        return Exit.INTERRUPTED
    code = judge(_order_alone(result))
    if code is Exit.INCOMPLETE:
        print_error("incomplete: not every interleaving was searched, so there may be other orders")
    return code


def explain_rules(codes: Sequence[str], output_format: str, *, example: bool) -> None:
    """Print the pages of rules; a line for each rule where none is named."""
    chosen = [page(code) for code in codes] or pages()
    if example:
        print_text(chosen[0].example)
    elif output_format == "json":
        print_bytes(as_json(chosen))
    else:
        print_text((render_pages if codes else render_table)(chosen, _terminal()))


def _order_alone(result: CheckResult) -> CheckResult:
    """A result with what it says of the declared order, and of nothing else."""
    scenarios = []
    for scenario in result.scenarios:
        findings = [finding for finding in scenario.findings if finding.rule == "LM201"]
        verdict = "violated" if findings else "verified" if scenario.complete else "incomplete"
        scenarios.append(msgspec.structs.replace(scenario, findings=findings, verdict=verdict))
    return msgspec.structs.replace(result, scenarios=scenarios)


def _declared(result: CheckResult, emit: str) -> str:
    """The order that was seen, as it is declared."""
    edges = [(edge.outer, edge.inner) for edge in result.order.edges]
    seen = "every interleaving" if result.complete else "not every interleaving"
    scenarios = count(len(result.scenarios), "scenario")
    bounds = f"As seen by lockmodel in {seen} of {scenarios} of {result.spec} ({result.design})."
    if emit == "toml":
        return as_toml(edges, result.model, result.design, bounds)
    if emit == "comment":
        return as_comment(edges, result.model, bounds)
    kinds = {its.name: its.kind for its in result.order.classes}
    return as_lockdep(edges, result.model, kinds, bounds)


def _note_search(options: Options) -> None:
    """Say on stderr which search serves, where it is another one than the options make expect."""
    if options.strategy != "exhaustive":
        if options.jobs > 1:
            print_error(f"note: the strategy {options.strategy} runs in one worker, whatever -j says")
    elif options.engine == "auto" and (reason := check.native_unavailable()):
        print_error(f"note: the search in Python serves, since {reason}: it is slower, and finds the same")


def _report(results: list[CheckResult], options: Options, *, several: bool) -> None:
    """The results in the format that was asked for, where it was asked for. Text on the terminal is printed already."""
    if options.output_format == "text" and options.output_file is None:
        return
    if options.output_format == "json" and several:
        data = encode_json_array(results)
    else:
        data = encode(
            results,
            options.output_format,
            rules={page.code: rule_text(page) for page in pages()},
            verbosity=_verbosity(options),
        )
    if options.output_file is None:
        print_bytes(data)
    else:
        write_file(options.output_file, data)


def _prints_text(options: Options) -> bool:
    """Whether each result is printed for people as soon as it is there."""
    return options.output_format == "text" if options.output_file is None else not options.quiet


def _judge(target: str, run: check.CheckRun, options: Options) -> Exit:
    """The exit code of one target, after saying on stderr what its report does not."""
    result = run.result
    if run.interrupted:
        print_error("interrupted: what was found until then is reported")
        return Exit.INTERRUPTED
    if options.output_format in NO_WARNINGS:
        for _, told in unused_comments(result):
            print_error(f"warning: {told}")
    if not result.scenarios:
        print_error(
            f"error: {target}: the model {result.model} has no scenario, so there is nothing to check\n"
            "  Add one with @model.scenario."
        )
    return judge(result)


def check_target(target: str, options: Options) -> check.CheckRun:
    """Check one target, with a line on stderr that says how far it has come."""
    with show_progress(options) as progress:
        if options.matrix:
            return check.check_matrix(to_check(target, options), options.matrix, progress)
        return check.check(to_check(target, options), progress)


def show_progress(options: Options) -> ProgressLine | ProgressLines:
    """What shows on stderr how far a check has come: to people, who may not want it, or to programs."""
    if options.progress == "json":
        return ProgressLines()
    return ProgressLine(quiet=options.quiet or options.progress == "none")


def to_check(target: str, options: Options) -> check.CheckOptions:
    """What the options say of the check of one target."""
    return check.CheckOptions(
        target=target,
        design=options.design,
        switches=options.switches,
        bounds=options.bounds,
        engine=options.engine,
        strategy=options.strategy,
        reduction=options.reduction,
        preemptions=options.preemptions,
        seed=options.seed,
        runs=options.runs,
        depth=options.depth,
        max_steps=options.max_steps,
        max_states=options.max_states,
        max_memory=options.max_memory,
        timeout=options.timeout,
        jobs=options.jobs,
        exact=options.exact,
        waiting=options.waiting,
        minimise=options.minimise,
        stop_first=options.stop_first,
        strict_order=options.strict_order,
        select=options.select,
        ignore=options.ignore,
    )


def _verbosity(options: Options) -> int:
    return QUIET if options.quiet else VERBOSE if options.verbose else NORMAL


def _terminal() -> Terminal:
    return terminal_for(sys.stdout, os.environ, shutil.get_terminal_size().columns)
