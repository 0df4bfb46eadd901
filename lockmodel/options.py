"""The options of a check: settings with their meaning, validated one by one.

Takes the settings of `settings` (each with the place that says it); gives an `Options`. Every refusal names the value,
the reason and the remedy. Whether the design and the switches exist is left to the compiler, which knows the model.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockmodel.errors import UsageError
from lockmodel.properties.catalogue import RULES
from lockmodel.report.files import is_special
from lockmodel.settings import Given, Layer, refuse, suggest

if TYPE_CHECKING:
    from lockmodel.report.graphs import Renderer

FORMATS = ("text", "json", "json-lines", "sarif", "junit", "github")
STRATEGIES = ("exhaustive", "preemption", "pct", "walk", "pos", "dpor")
MINIMISE = ("steps", "switches")
PROGRESS = ("line", "json", "none")
ENGINES = ("auto", "native", "python")

# option -> the strategies that it means something to, and what it says to them
MEANINGS: dict[str, tuple[tuple[str, ...], str]] = {
    "preemptions": (("preemption",), "bounds the preemptions of schedules"),
    "seed": (("pct", "walk", "pos"), "says which runs are drawn"),
    "runs": (("pct", "walk", "pos"), "says how many runs are drawn"),
    "depth": (("pct",), "says at bugs of which depth runs are aimed"),
    "max-steps": (("pct", "walk", "pos", "dpor"), "bounds the steps of a run"),
}

MATRICES = ("each", "pairs")

EMITS = ("toml", "comment", "lockdep")

# kind of graph -> the formats that it can be drawn in
DRAWN = ("svg", "png", "dot", "graphml", "mmd")
GRAPHS: dict[str, tuple[str, ...]] = {
    "witness": DRAWN,
    "wait-for": DRAWN,
    "protection": DRAWN,
    "heap": DRAWN,
    "lock-order": (*DRAWN, "txt", "json"),
    "interleavings": (*DRAWN, "txt", "json"),
}

# Where nothing else is asked: what fits a page, arrows and words included.
BOXES = 24

# Binary multiples, as the memory of a machine is counted.
SIZES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
TIMES = {"ms": 0.001, "": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Options:
    """What a check is to do; `max_memory` in bytes, `timeout` in seconds, None for no limit.

    `preemptions` to `max_steps` are for the strategies in `MEANINGS`; None is what the strategy takes by itself.
    """

    design: str | None
    switches: dict[str, str]
    bounds: dict[str, int]
    matrix: str
    engine: str
    strategy: str
    reduction: bool
    preemptions: int | None
    seed: int | None
    runs: int | None
    depth: int | None
    max_steps: int | None
    max_states: int | None
    max_memory: int | None
    timeout: float | None
    jobs: int
    exact: bool
    waiting: bool
    minimise: str
    stop_first: bool
    strict_order: bool
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    output_format: str
    output_file: Path | None
    progress: str
    quiet: bool
    verbose: bool


def read_options(layer: Layer) -> Options:
    """The options that the settings stand for."""
    quiet, verbose = (_flag(layer, key, False) for key in ("quiet", "verbose"))
    if quiet and verbose:
        raise UsageError(
            f"{layer['quiet'].origin} and {layer['verbose'].origin} contradict each other\n  Keep one of them."
        )
    strategy = read_choice(layer.get("strategy"), STRATEGIES, "is no strategy")
    refuse_native(layer, strategy)
    return Options(
        design=layer["design"].value if "design" in layer else None,
        switches={name: given.value for name, given in layer["set"].value.items()} if "set" in layer else {},
        bounds=read_bounds(layer),
        matrix=read_matrix(layer),
        engine=read_choice(layer.get("engine"), ENGINES, "is no engine"),
        strategy=strategy,
        reduction=_flag(layer, "reduction", True),
        preemptions=read_for(strategy, "preemptions", layer, 0),
        seed=read_for(strategy, "seed", layer, 0),
        runs=read_for(strategy, "runs", layer, 1),
        depth=read_for(strategy, "depth", layer, 1),
        max_steps=read_for(strategy, "max-steps", layer, 1),
        max_states=read_count(layer.get("max-states"), 1),
        max_memory=read_size(layer.get("max-memory")),
        timeout=read_time(layer.get("timeout")),
        jobs=read_count(layer.get("jobs"), 1) or 1,
        exact=_flag(layer, "exact", False),
        waiting=_flag(layer, "waiting", False),
        minimise=read_choice(layer.get("minimise"), MINIMISE, "is nothing to have few of"),
        stop_first=_flag(layer, "stop-first", False),
        strict_order=_flag(layer, "strict-order", False),
        select=refuse_unjudged(layer.get("select")),
        ignore=read_codes(layer.get("ignore")),
        output_format=read_choice(layer.get("output-format"), FORMATS, "is no output format"),
        output_file=read_output_file(layer.get("output-file")),
        progress=read_choice(layer.get("progress"), PROGRESS, "is no way to show progress"),
        quiet=quiet,
        verbose=verbose,
    )


def read_matrix(layer: Layer) -> str:
    """How many switches are turned at a time; "" for none."""
    if "matrix" not in layer:
        return ""
    form = layer["output-format"].value if "output-format" in layer else "text"
    if form not in ("text", "json"):
        raise refuse(layer["matrix"], f"has no place in {form}", "Use --output-format text or json.")
    return read_choice(layer["matrix"], MATRICES, "is no matrix")


def read_bounds(layer: Layer) -> dict[str, int]:
    """The bounds of picks by their labels, each a whole number."""
    table: dict[str, Given] = layer["bound"].value if "bound" in layer else {}
    for label, given in table.items():
        if not str(given.value).isdecimal():
            raise refuse(Given(f"{label}={given.value}", given.origin), "is no bound", "Write a whole number.")
    return {label: int(given.value) for label, given in table.items()}


def read_choice(given: Given | None, known: Sequence[str], reason: str) -> str:
    """One of the words in `known`; the first where nothing is given."""
    if given is None:
        return known[0]
    if given.value not in known:
        raise refuse(given, reason, f"{suggest(given.value, known)}Use {_list(known, 'or')}.")
    return str(given.value)


def read_for(strategy: str, key: str, layer: Layer, least: int) -> int | None:
    """A whole number that means something to some strategies only; refused with the others."""
    number = read_count(layer.get(key), least)
    strategies, meaning = MEANINGS[key]
    if number is not None and strategy not in strategies:
        told = f"{meaning}, which means nothing to the strategy {strategy}"
        raise refuse(layer[key], told, f"Leave it out, or give it with --strategy {_list(strategies, 'or')}.")
    return number


def refuse_native(layer: Layer, strategy: str) -> None:
    """The search in C is exhaustive; every other strategy runs in Python."""
    if strategy != "exhaustive" and "engine" in layer and layer["engine"].value == "native":
        raise refuse(
            layer["engine"],
            f"has only the strategy exhaustive, and not {strategy}",
            "Use --engine auto or python: the other strategies run in Python.",
        )


def read_count(given: Given | None, least: int) -> int | None:
    """A whole number, not below `least`."""
    if given is None:
        return None
    if given.value < least:
        raise refuse(given, "is too small", f"It must be {least} or more.")
    return int(given.value)


def read_size(given: Given | None) -> int | None:
    """`512M` in bytes; a bare number is bytes."""
    if given is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", str(given.value).strip().lower())
    size = int(float(match[1]) * SIZES[match[2]]) if match else 0
    if size < 1:
        raise refuse(given, "is no size", "Write a number with K, M or G, such as 512M or 2G.")
    return size


def read_time(given: Given | None) -> float | None:
    """`5m` in seconds; a bare number is seconds; `1h30m` is a sum."""
    if given is None:
        return None
    text = str(given.value).strip().lower()
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|)\s*", text)
    seconds = sum(float(number) * TIMES[unit] for number, unit in parts)
    if "".join(text.split()) != "".join(number + unit for number, unit in parts) or seconds <= 0:
        raise refuse(given, "is no time", "Write a number with s, m or h, such as 30s, 5m or 1h.")
    return seconds


def read_codes(given: Given | None) -> tuple[str, ...]:
    """Codes of rules or their beginnings, in capitals: `["LM3", "lm101,LM202"]` -> `("LM3", "LM101", "LM202")`."""
    if given is None:
        return ()
    texts = [given.value] if isinstance(given.value, str) else given.value
    words = [word for text in texts for word in text.replace(",", " ").split()]
    return tuple(dict.fromkeys(_code(Given(word, given.origin)) for word in words))


def refuse_unjudged(given: Given | None) -> tuple[str, ...]:
    """The codes to select, each with a rule that this version looks for: to look for nothing would always pass."""
    codes = read_codes(given)
    for code in codes:
        if given is not None and not any(rule.judged for rule in RULES.values() if rule.code.startswith(code)):
            names = _list([f"{rule.code} ({rule.name})" for rule in RULES.values() if rule.code.startswith(code)])
            raise refuse(
                Given(code, given.origin),
                "would select nothing",
                f"This version does not look for {names}; to check without it would not be a pass.",
            )
    return codes


def _code(given: Given) -> str:
    """One code, or an error with the closest one there is (by code, or by the name of a rule)."""
    word = str(given.value).upper()
    if len(word) > 2 and any(code.startswith(word) for code in RULES):
        return word
    by_name = next((rule.code for rule in RULES.values() if rule.name == given.value.lower()), None)
    group = [code for code in RULES if code[:3] == word[:3]]
    hint = f'Did you mean "{by_name}"? ' if by_name else "" if group else suggest(word, RULES)
    known = f"{word[:3]} has {_list(group)}" if group else f"The groups are {_list(sorted({c[:3] for c in RULES}))}"
    raise refuse(given, "is neither the code of a rule nor the beginning of one", f"{hint}{known}.")


def read_rules(words: Sequence[str]) -> list[str]:
    """Codes of rules from their codes or names."""
    names = {rule.name: code for code, rule in RULES.items()}
    codes = []
    for word in words:
        code = names.get(word.lower(), word.upper())
        if code not in RULES:
            near = suggest(word.lower(), names) or suggest(word.upper(), RULES)
            raise UsageError(
                f'there is no rule "{word}"\n  {near}`lockmodel explain` without a rule lists them, by code and name.'
            )
        codes.append(code)
    return list(dict.fromkeys(codes))


def read_output_file(given: Given | None) -> Path | None:
    """A file that can be written: asked before the check, not after ten minutes of it."""
    if given is None:
        return None
    path = Path(given.value)
    if path.is_dir():
        raise refuse(given, "is a folder", "Name a file in it.")
    if not path.parent.is_dir():
        raise refuse(given, f"cannot be written: there is no folder {path.parent}", "Make the folder first.")
    # the report is renamed into place, so that it is the folder which must take it
    folder = Path(os.path.realpath(path)).parent
    if not is_special(path) and not os.access(folder, os.W_OK | os.X_OK):
        raise refuse(given, f"cannot be written: {folder} takes no new files", "Name a file in another folder.")
    return path


def read_graph_file(kind: Given, file: Given | None) -> Path | None:
    """The file to draw into; its ending must be a format that this kind of graph has. None: print its text."""
    formats = GRAPHS[read_choice(kind, tuple(GRAPHS), "is no kind of graph")]
    endings = _list([f".{name}" for name in formats], "or")
    path = read_output_file(file)
    if file is None or path is None:
        if "txt" in formats:
            return None
        raise UsageError(f"{kind.value} is a picture and has no text\n  Name a file with -o that ends in {endings}.")
    if path.suffix.removeprefix(".").lower() not in formats:
        raise refuse(file, f"has no ending that says a format of {kind.value}", f"Use {endings}.")
    return path


def read_boxes(kind: Given, given: Given | None) -> int:
    """How many boxes a graph of interleavings may have."""
    return _read_for_kind("interleavings", kind, given, 2) or BOXES


def read_step(kind: Given, given: Given | None) -> int | None:
    """After which step of a witness the heap is drawn; None: after its last one."""
    return _read_for_kind("heap", kind, given, 0)


def _read_for_kind(only: str, kind: Given, given: Given | None, least: int) -> int | None:
    """A whole number that means something to one kind of graph only."""
    if given is None:
        return None
    if kind.value != only:
        raise refuse(given, f"means nothing to the kind {kind.value}", f"Give it with --kind {only}.")
    if not str(given.value).isdecimal():
        raise refuse(given, "is no number", "Write a whole number.")
    return read_count(Given(int(given.value), given.origin), least)


def read_renderer(given: Given | None) -> Renderer:
    """Which Graphviz draws: the one that pygraphviz brings along, or the system's `dot`."""
    return "system" if read_choice(given, ("bundled", "system"), "is no Graphviz") == "system" else "bundled"


def _flag(layer: Layer, key: str, default: bool) -> bool:
    return bool(layer[key].value) if key in layer else default


def _list(words: Sequence[str], last: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
