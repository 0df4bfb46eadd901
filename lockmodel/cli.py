"""The command `lockmodel`: what each of its commands takes, and the exit code that it gives.

Exit codes: 0 all verified · 1 a finding · 2 a usage or spec error · 3 incomplete: a limit was hit, never a pass ·
4 an internal error · 5 nothing to check · 130 interrupted.

Of several targets each is checked and reported, also after another one's error; the code is then the first that occurs
of 130, 4, 2, 1, 3, 5, 0. A user's mistake is one `error: ...` on stderr and never a traceback.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from lockmodel import __version__
from lockmodel.boundary import guard
from lockmodel.errors import UsageError
from lockmodel.options import (
    EMITS,
    FORMATS,
    GRAPHS,
    MATRICES,
    read_bounds,
    read_boxes,
    read_choice,
    read_graph_file,
    read_options,
    read_renderer,
    read_rules,
    read_step,
)
from lockmodel.outcome import Exit
from lockmodel.output import print_bytes, print_text
from lockmodel.settings import Given, Layer, read_settings, split_pairs

EXIT_CODES = (
    "[bold]Exit codes[/bold]: 0 all verified · 1 a finding · 2 usage or spec error · 3 incomplete (a limit was hit) · "
    "4 internal error · 5 nothing to check · 130 interrupted"
)
SEVERAL = (
    "With several targets all are checked, whatever becomes of one of them; the exit code is the first that occurs of "
    "130, 4, 2, 1, 3, 5, 0. One target gives one JSON document, several give a list of them (json-lines: one a line)."
)

app = typer.Typer(
    name="lockmodel",
    help="Check a locking design: every interleaving, and the shortest one that breaks it.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

STRATEGY = "Strategy"
LIMITS = "Limits"
FINDINGS = "Findings"
OUTPUT = "Output"

Target = Annotated[str, typer.Argument(metavar="TARGET", help="path.py, path.py::scenario or package.module")]
Targets = Annotated[
    list[str], typer.Argument(metavar="TARGET", help="path.py, path.py::scenario or package.module; one or more")
]
DesignOption = Annotated[
    str | None, typer.Option("--design", metavar="NAME", help="The variant of the model (otherwise the one as written)")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="SWITCH=VALUE", help="Set a switch: on, off or a value; repeatable")
]
BoundOption = Annotated[
    list[str] | None,
    typer.Option("--bound", metavar="LABEL=N", help="At most so many where worlds are picked by program; repeatable"),
]
MatrixOption = Annotated[
    str | None,
    typer.Option("--matrix", metavar="each|pairs", help="Then with each switch turned alone, then with each two"),
]
EngineOption = Annotated[str | None, typer.Option("--engine", metavar="NAME", help="auto, python or native")]
StrategyOption = Annotated[
    str | None,
    typer.Option(
        "--strategy",
        metavar="NAME",
        help="exhaustive, preemption, pct, walk, pos or dpor (all but the first run in Python)",
        rich_help_panel=STRATEGY,
    ),
]
ReductionOption = Annotated[
    bool | None,
    typer.Option(
        "--reduction/--no-reduction", help="Leave out what comes to the same (docs/reduction.md); without: every state"
    ),
]
PreemptionsOption = Annotated[
    str | None,
    typer.Option(
        "--preemptions",
        metavar="N",
        help="preemption: at most so many a schedule (otherwise until something is found)",
        rich_help_panel=STRATEGY,
    ),
]
RunsOption = Annotated[
    str | None,
    typer.Option("--runs", metavar="N", help="pct, walk, pos: so many runs (1000)", rich_help_panel=STRATEGY),
]
DepthOption = Annotated[
    str | None,
    typer.Option(
        "--depth", metavar="N", help="pct: the ordering constraints that a bug needs (3)", rich_help_panel=STRATEGY
    ),
]
MaxStepsOption = Annotated[
    str | None,
    typer.Option(
        "--max-steps",
        metavar="N",
        help="pct, walk, pos, dpor: cut a run after so many steps (2000; dpor 500)",
        rich_help_panel=STRATEGY,
    ),
]
MaxStatesOption = Annotated[
    str | None, typer.Option("--max-states", metavar="N", help="Stop there", rich_help_panel=LIMITS)
]
MaxMemoryOption = Annotated[
    str | None,
    typer.Option("--max-memory", metavar="SIZE", help="Stop there, such as 512M or 2G", rich_help_panel=LIMITS),
]
TimeoutOption = Annotated[
    str | None,
    typer.Option("--timeout", metavar="TIME", help="Stop then, such as 30s, 5m or 1h", rich_help_panel=LIMITS),
]
SeedOption = Annotated[
    str | None,
    typer.Option(
        "--seed", metavar="N", help="pct, walk, pos: other runs for another seed (0)", rich_help_panel=STRATEGY
    ),
]
ExactOption = Annotated[
    bool | None,
    typer.Option("--exact/--no-exact", help="Compare whole states, where many would be told apart by fingerprints"),
]
WaitingOption = Annotated[
    bool | None,
    typer.Option("--waiting/--no-waiting", help="Tell how long threads wait for each lock (needs every state)"),
]
MinimiseOption = Annotated[
    str | None,
    typer.Option(
        "--minimise", metavar="WHAT", help="Schedules with the fewest steps or switches", rich_help_panel=FINDINGS
    ),
]
JobsOption = Annotated[
    str | None, typer.Option("-j", "--jobs", metavar="N", help="Workers (what runs in Python uses one)")
]
StopFirstOption = Annotated[
    bool | None,
    typer.Option("-x/ ", "--stop-first/--no-stop-first", help="Stop at the first finding", rich_help_panel=FINDINGS),
]
StrictOrderOption = Annotated[
    bool | None,
    typer.Option(
        "--strict-order/--no-strict-order",
        help="A lock cycle is a finding (LM202) also where it cannot deadlock, or where that was not examined",
        rich_help_panel=FINDINGS,
    ),
]
SelectOption = Annotated[
    list[str] | None,
    typer.Option("--select", metavar="CODES", help="Only these rules, such as LM3,LM101", rich_help_panel=FINDINGS),
]
IgnoreOption = Annotated[
    list[str] | None, typer.Option("--ignore", metavar="CODES", help="Not these rules", rich_help_panel=FINDINGS)
]
FormatOption = Annotated[
    str | None, typer.Option("--output-format", metavar="NAME", help=", ".join(FORMATS), rich_help_panel=OUTPUT)
]
FileOption = Annotated[
    str | None,
    typer.Option(
        "--output-file",
        metavar="FILE",
        help="Put the report there, whole or not at all; the text for people is still printed (not with -q)",
        rich_help_panel=OUTPUT,
    ),
]
ProgressOption = Annotated[
    str | None,
    typer.Option(
        "--progress",
        metavar="HOW",
        help="On stderr: line, none, or json: a line when a scenario ends, and every two seconds",
        rich_help_panel=OUTPUT,
    ),
]
QuietOption = Annotated[
    bool | None,
    typer.Option(
        "-q", "--quiet", help="No progress and no explanations: verdicts and findings", rich_help_panel=OUTPUT
    ),
]
VerboseOption = Annotated[
    bool | None,
    typer.Option("-v", "--verbose", help="More: whole schedules, tracebacks", rich_help_panel=OUTPUT),
]
FindingOption = Annotated[
    str | None, typer.Option("--finding", metavar="RULE|N", help="Which finding: its rule, or its number from 1")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        print_text(f"lockmodel {__version__}")
        raise typer.Exit


@app.callback()
def lockmodel(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop")
    ] = False,
) -> None:
    """Check a locking design: every interleaving, and the shortest one that breaks it."""


@app.command(epilog=f"{EXIT_CODES}\n\n{SEVERAL}")
def check(
    targets: Targets,
    design: DesignOption = None,
    switches: SetOption = None,
    bounds: BoundOption = None,
    matrix: MatrixOption = None,
    engine: EngineOption = None,
    strategy: StrategyOption = None,
    reduction: ReductionOption = None,
    preemptions: PreemptionsOption = None,
    seed: SeedOption = None,
    runs: RunsOption = None,
    depth: DepthOption = None,
    max_steps: MaxStepsOption = None,
    max_states: MaxStatesOption = None,
    max_memory: MaxMemoryOption = None,
    timeout: TimeoutOption = None,
    jobs: JobsOption = None,
    exact: ExactOption = None,
    waiting: WaitingOption = None,
    minimise: MinimiseOption = None,
    stop_first: StopFirstOption = None,
    strict_order: StrictOrderOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    output_format: FormatOption = None,
    output_file: FileOption = None,
    progress: ProgressOption = None,
    quiet: QuietOption = None,
    verbose: VerboseOption = None,
) -> None:
    """Run every interleaving of each scenario and report what breaks.

    A comment behind a line of the spec, `# lockmodel: ignore[LM301] why`, silences a finding that is placed there.

    Where there are too many: --strategy preemption runs those with few preemptions first, dpor one of each class of
    interleavings that differ in more than the order of independent steps; pct, walk and pos draw runs at random.
    """
    with guard(verbose):
        options = read_options(
            _settings(
                {
                    "design": design,
                    "set": switches,
                    "bound": bounds,
                    "matrix": matrix,
                    "engine": engine,
                    "strategy": strategy,
                    "reduction": reduction,
                    "preemptions": preemptions,
                    "seed": seed,
                    "runs": runs,
                    "depth": depth,
                    "max-steps": max_steps,
                    "max-states": max_states,
                    "max-memory": max_memory,
                    "timeout": timeout,
                    "jobs": jobs,
                    "exact": exact,
                    "waiting": waiting,
                    "minimise": minimise,
                    "stop-first": stop_first,
                    "strict-order": strict_order,
                    "select": select,
                    "ignore": ignore,
                    "output-format": output_format,
                    "output-file": output_file,
                    "progress": progress,
                    "quiet": quiet,
                    "verbose": verbose,
                }
            )
        )
        from lockmodel.batch import check_targets

        raise typer.Exit(check_targets(targets, options))


@app.command("list")
def list_model(
    target: Target,
    bounds: BoundOption = None,
    output_format: Annotated[str | None, typer.Option("--output-format", metavar="NAME", help="text or json")] = None,
    verbose: VerboseOption = None,
) -> None:
    """Show what a model holds: scenarios, paths, designs, switches, claims, locks.

    Scenarios that the program writes are counted by their entries; with --verbose each is named.
    """
    with guard(verbose):
        given = Given(output_format, "--output-format") if output_format else None
        form = read_choice(given, ("text", "json"), "is no output format of list")
        from lockmodel.inventory import describe, load_inventory, to_json

        bound = read_bounds(_settings({"bound": bounds}))
        inventory = load_inventory(target, __version__, bound)
        print_text(to_json(inventory) if form == "json" else describe(inventory, verbose=bool(verbose)))


@app.command(
    epilog="[bold]Exit codes[/bold]: 1 the finding is there · 0 the schedule ends without one, or the spec ignores it "
    "· 2, 4 errors"
)
def replay(
    target: Target,
    schedule: Annotated[
        str,
        typer.Argument(
            metavar="TOKEN-or-FILE", help="lm1-..., or a file with findings (JSON or any text that holds a token)"
        ),
    ],
    finding: FindingOption = None,
    switches: SetOption = None,
    verbose: VerboseOption = None,
) -> None:
    """Run one schedule again and show it step by step.

    The schedule says which scenario, design and switches it was found under; --set overrides a switch.
    """
    with guard(verbose):
        given = split_pairs("set", Given(None, "--set"), switches or [])
        from lockmodel.batch import replay_schedule

        chosen = {name: switch.value for name, switch in given.items()}
        raise typer.Exit(replay_schedule(target, schedule, finding, chosen, verbose=bool(verbose)))


@app.command(
    epilog="[bold]Exit codes[/bold]: 0 the picture is there · 2 usage or spec error, or no finding · "
    "3 interleavings: too many states to know all of them · 4 errors"
)
def graph(
    target: Target,
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help=" or ".join(GRAPHS))],
    file: Annotated[
        str | None,
        typer.Option(
            "-o",
            metavar="FILE",
            help="Its ending says the format: .svg, .png, .dot, .graphml, .mmd (Mermaid), of some kinds .txt or .json; "
            "without: as text",
        ),
    ] = None,
    limit: Annotated[
        str | None,
        typer.Option("--limit", metavar="N", help="interleavings: at most so many boxes, folded as far as needed (24)"),
    ] = None,
    step: Annotated[
        str | None, typer.Option("--step", metavar="N", help="heap: after this step of the schedule (its last one)")
    ] = None,
    finding: FindingOption = None,
    design: DesignOption = None,
    switches: SetOption = None,
    bounds: BoundOption = None,
    max_states: MaxStatesOption = None,
    max_memory: MaxMemoryOption = None,
    timeout: TimeoutOption = None,
    graphviz: Annotated[
        str | None, typer.Option("--graphviz", metavar="NAME", help="Which draws what is no witness: bundled or system")
    ] = None,
    quiet: QuietOption = None,
    verbose: VerboseOption = None,
) -> None:
    """Check a target and draw it.

    witness: the schedule of one finding; with --finding bypass (or "bypass LOCK") an execution in which a thread that
    waits for a lock is passed by for ever

    wait-for: who waits for whom at its end

    heap: its objects, and who refers to them

    protection: what protects which field, over all scenarios

    lock-order: which lock is asked for under which, beside what is declared

    interleavings: every schedule of one scenario as one graph, with what can still become of each state; with
    --finding the fate of that one finding
    """
    with guard(verbose):
        chosen = Given(kind, "--kind")
        path = read_graph_file(chosen, Given(file, "-o") if file else None)
        renderer = read_renderer(Given(graphviz, "--graphviz") if graphviz else None)
        options = read_options(
            _settings(
                {
                    "design": design,
                    "set": switches,
                    "bound": bounds,
                    "max-states": max_states,
                    "max-memory": max_memory,
                    "timeout": timeout,
                    "quiet": quiet,
                    "verbose": verbose,
                }
            )
        )
        boxes = read_boxes(chosen, Given(limit, "--limit") if limit else None)
        at = read_step(chosen, Given(step, "--step") if step else None)
        from lockmodel.drawing import Drawing, draw

        raise typer.Exit(draw(target, Drawing(kind, path, finding, renderer, boxes, at), options))


@app.command(
    epilog="[bold]Exit codes[/bold]: 0 there is an order, and it keeps to FILE · 1 it goes round, or against FILE · "
    "2 usage or spec error, or FILE is no order · 3 incomplete · 4 errors"
)
def order(
    target: Target,
    emit: Annotated[str | None, typer.Option("--emit", metavar="FORM", help=" or ".join(EMITS))] = None,
    against: Annotated[
        str, typer.Option("--against", metavar="FILE", help="Hold the order against the one that this TOML declares")
    ] = "",
    design: DesignOption = None,
    switches: SetOption = None,
    bounds: BoundOption = None,
    max_states: MaxStatesOption = None,
    max_memory: MaxMemoryOption = None,
    timeout: TimeoutOption = None,
    quiet: QuietOption = None,
    verbose: VerboseOption = None,
) -> None:
    """Print the lock order that holds over all states, as a declaration; or hold it against a declared one.

    As TOML, which --against reads; as a comment for the head of a C file; or as a function that teaches it to lockdep.
    """
    with guard(verbose):
        form = read_choice(Given(emit, "--emit") if emit else None, EMITS, "is no form of a lock order")
        if emit and against:
            raise UsageError("--emit and --against contradict each other\n  Keep one of them.")
        options = read_options(
            _settings(
                {
                    "design": design,
                    "set": switches,
                    "bound": bounds,
                    "max-states": max_states,
                    "max-memory": max_memory,
                    "timeout": timeout,
                    "quiet": quiet,
                    "verbose": verbose,
                }
            )
        )
        from lockmodel.batch import show_order

        raise typer.Exit(show_order(target, form, against, options))


@app.command(
    epilog="[bold]Exit codes[/bold], of the second design: 0 verified · 1 a finding · 3 incomplete, or the first is · "
    "2 usage or spec error · 4 errors · 5 nothing to check · 130 interrupted"
)
def compare(
    target: Target,
    designs: Annotated[
        tuple[str, str], typer.Option("--designs", metavar="BEFORE AFTER", help="The two designs, as `list` names them")
    ],
    switches: SetOption = None,
    bounds: BoundOption = None,
    engine: EngineOption = None,
    max_states: MaxStatesOption = None,
    max_memory: MaxMemoryOption = None,
    timeout: TimeoutOption = None,
    jobs: JobsOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    output_format: Annotated[str | None, typer.Option("--output-format", metavar="NAME", help="text or json")] = None,
    progress: ProgressOption = None,
    quiet: QuietOption = None,
    verbose: VerboseOption = None,
) -> None:
    """Check a target under two designs and show what changes: findings new, gone and unchanged, and the lock order.

    A finding is the same one if its rule and its place are, or what it claims. A place is the line of the modelled
    source where the spec gives it, so that it does not matter which procedure stands for that line.
    """
    with guard(verbose):
        given = Given(output_format, "--output-format") if output_format else None
        form = read_choice(given, ("text", "json"), "is no output format of compare")
        if designs[0] == designs[1]:
            raise UsageError(f"--designs: {designs[0]} is compared with itself\n  Name two designs.")
        options = read_options(
            _settings(
                {
                    "set": switches,
                    "bound": bounds,
                    "engine": engine,
                    "max-states": max_states,
                    "max-memory": max_memory,
                    "timeout": timeout,
                    "jobs": jobs,
                    "select": select,
                    "ignore": ignore,
                    "progress": progress,
                    "quiet": quiet,
                    "verbose": verbose,
                }
            )
        )
        from lockmodel.batch import compare_designs

        raise typer.Exit(compare_designs(target, designs, form, options))


@app.command(epilog=EXIT_CODES)
def record(
    target: Target,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="The folder that it is written to")],
    repaired: Annotated[
        str | None, typer.Option("--repaired", metavar="NAME", help="The design that has all repairs (`repaired`)")
    ] = None,
    matrix: Annotated[
        str | None, typer.Option("--matrix", metavar="NAME", help="none, each switch, or pairs of switches (each)")
    ] = None,
    design: DesignOption = None,
    switches: SetOption = None,
    bounds: BoundOption = None,
    engine: EngineOption = None,
    max_states: MaxStatesOption = None,
    max_memory: MaxMemoryOption = None,
    timeout: TimeoutOption = None,
    jobs: JobsOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    progress: ProgressOption = None,
    quiet: QuietOption = None,
    verbose: VerboseOption = None,
) -> None:
    """Write down every defect of a target once, with its cause, and what was checked and holds.

    Findings that the same repair removes are one defect: `findings.md` has each with its smallest witness, the switches
    that it needs, and the design that removes it; `findings.json` the same for programs; `coverage.md` what became of
    each line of the modelled source, where the spec says which lines carry code.
    """
    with guard(verbose):
        given = Given(matrix, "--matrix") if matrix else None
        which = read_choice(given, (*MATRICES, "none"), "is no matrix of switches")
        options = read_options(
            _settings(
                {
                    "design": design,
                    "set": switches,
                    "bound": bounds,
                    "engine": engine,
                    "max-states": max_states,
                    "max-memory": max_memory,
                    "timeout": timeout,
                    "jobs": jobs,
                    "select": select,
                    "ignore": ignore,
                    "progress": progress,
                    "quiet": quiet,
                    "verbose": verbose,
                }
            )
        )
        from lockmodel.batch import write_record

        raise typer.Exit(write_record(target, output, repaired, which, options))


@app.command(epilog=EXIT_CODES)
def review(
    target: Target,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="The folder that it is written to")],
    earlier: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="JSON of an earlier record, review or check: nothing is searched"),
    ] = None,
    repaired: Annotated[
        str | None, typer.Option("--repaired", metavar="NAME", help="The design that has all repairs (`repaired`)")
    ] = None,
    matrix: Annotated[
        str | None, typer.Option("--matrix", metavar="NAME", help="none, each switch, or pairs of switches (each)")
    ] = None,
    design: DesignOption = None,
    switches: SetOption = None,
    bounds: BoundOption = None,
    engine: EngineOption = None,
    max_states: MaxStatesOption = None,
    max_memory: MaxMemoryOption = None,
    timeout: TimeoutOption = None,
    jobs: JobsOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    quiet: QuietOption = None,
    verbose: VerboseOption = None,
) -> None:
    """Write the report for people: one HTML page, its pictures, and the data that it is made from.

    The verdict and what it rests on, each defect with its schedule and what would have to change, the matrix of
    scenarios and switches, the lock order, what protects what, lifetimes, waits, events, what holds, and what was not
    checked. With --from every witness in FILE is replayed, and nothing is searched.
    """
    with guard(verbose):
        given = Given(matrix, "--matrix") if matrix else None
        which = read_choice(given, ("each", "pairs", "none"), "is no matrix of switches")
        if earlier is not None and (said := [name for name, value in {
            "--design": design, "--set": switches, "--bound": bounds, "--matrix": matrix, "--repaired": repaired,
            "--select": select, "--ignore": ignore,
        }.items() if value]):  # fmt: skip
            raise UsageError(f"--from and {said[0]} contradict each other\n  What FILE tells was searched already.")
        options = read_options(
            _settings(
                {
                    "design": design,
                    "set": switches,
                    "bound": bounds,
                    "engine": engine,
                    "max-states": max_states,
                    "max-memory": max_memory,
                    "timeout": timeout,
                    "jobs": jobs,
                    "select": select,
                    "ignore": ignore,
                    "quiet": quiet,
                    "verbose": verbose,
                }
            )
        )
        from lockmodel.batch import write_review

        raise typer.Exit(write_review(target, output, earlier, repaired, which, options))


@app.command()
def explain(
    rules: Annotated[
        list[str] | None,
        typer.Argument(metavar="RULE", help="Code or name, one or more; without: all, a line each"),
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="Print the spec of the example alone")] = False,
    output_format: Annotated[str | None, typer.Option("--output-format", metavar="NAME", help="text or json")] = None,
) -> None:
    """Say what a rule means: how to read its witness, what repairs it, a spec that breaks it and one that does not."""
    with guard(None):
        given = Given(output_format, "--output-format") if output_format else None
        form = read_choice(given, ("text", "json"), "is no output format of explain")
        codes = read_rules(rules or [])
        if example and len(codes) != 1:
            raise UsageError("--example prints one spec\n  Name one rule.")
        from lockmodel.batch import explain_rules

        explain_rules(codes, form, example=example)


@app.command()
def schema(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="What is described; without: what there is")
    ] = None,
) -> None:
    """Print the JSON schema (2020-12) of what a command gives to programs."""
    with guard(None):
        from lockmodel import schemas

        if name is None:
            print_text(schemas.overview())
        else:
            known = tuple(schemas.DOCUMENTS)
            print_bytes(schemas.schema(read_choice(Given(name, "schema"), known, "is nothing that has a schema")))


@app.command()
def doctor() -> None:
    """Show what lockmodel runs on: versions, searches, Graphviz, folders, terminal."""
    with guard(None):
        from lockmodel.doctor import examine

        lines = examine(__version__, os.environ, Path.cwd(), sys.stdout)
        width = max(len(name) for name, _ in lines)
        print_text("\n".join(f"{name:<{width}}  {said}" for name, said in lines))


def _settings(arguments: dict[str, object]) -> Layer:
    """What the command line, the environment and the file say, here and now."""
    try:
        folder = Path.cwd()
    except FileNotFoundError as error:
        raise UsageError("the current folder does not exist any more\n  Go to another one.") from error
    return read_settings(arguments, os.environ, folder)


def main() -> None:
    """The entry point of `lockmodel` and of `python -m lockmodel`."""
    try:
        app(prog_name="lockmodel")
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
