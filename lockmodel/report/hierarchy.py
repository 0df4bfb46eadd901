"""The order of locks that was seen, as a declaration: TOML, a comment for the head of a C file, or code for lockdep.

Takes edges without a cycle; gives chains, outermost first, that say no more than is needed.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Mapping, Sequence

Edges = Sequence[tuple[str, str]]

TAKES: dict[str, tuple[str, str]] = {
    "spinlock": ("spin_lock", "spin_unlock"),
    "raw_spinlock": ("raw_spin_lock", "raw_spin_unlock"),
    "rwlock": ("write_lock", "write_unlock"),
    "seqlock": ("write_seqlock", "write_sequnlock"),
    "mutex": ("mutex_lock", "mutex_unlock"),
    "rt_mutex": ("rt_mutex_lock", "rt_mutex_unlock"),
    "rwsem": ("down_write", "up_write"),
}
"""How a lock of each kind that lockdep knows is taken and released. A struct semaphore has no map for it."""


def whole_class(name: str) -> str:
    """The class that a subclass of locks ("Dir.lock/1") is of."""
    return name.partition("/")[0]


def reduced(edges: Edges) -> list[tuple[str, str]]:
    """The edges that do not follow from others, outermost first. There must be no cycle."""
    inner_of: dict[str, list[str]] = {}
    for outer, inner in sorted(set(edges)):
        inner_of.setdefault(outer, []).append(inner)
    place = {name: n for n, name in enumerate(topological(edges))}
    kept = [
        (outer, inner)
        for outer, inners in inner_of.items()
        for inner in inners
        if not any(_leads(inner_of, other, inner) for other in inners if other != inner)
    ]
    return sorted(kept, key=lambda edge: (place[edge[0]], place[edge[1]]))


def topological(edges: Edges) -> list[str]:
    """Every lock behind those that are outside it; of several that may come next, the first by name."""
    outside: dict[str, set[str]] = {}
    for outer, inner in edges:
        outside.setdefault(outer, set())
        outside.setdefault(inner, set()).add(outer)
    ready = sorted(name for name, above in outside.items() if not above)
    found: list[str] = []
    while ready:
        found.append(heapq.heappop(ready))
        for name in sorted(outside):
            if found[-1] in outside[name]:
                outside[name].remove(found[-1])
                if not outside[name]:
                    heapq.heappush(ready, name)
    return found


def chains(edges: Edges) -> list[list[str]]:
    """As few chains as a simple way gives in which each of the reduced edges stands once."""
    left = reduced(edges)
    found = []
    while left:
        chain = list(left.pop(0))
        while following := next((edge for edge in left if edge[0] == chain[-1]), None):
            left.remove(following)
            chain.append(following[1])
        found.append(chain)
    return found


def as_toml(edges: Edges, model: str, design: str, bounds: str) -> str:
    """A file that `lockmodel order --against` reads."""
    rows = "".join(f"    {json.dumps(chain)},\n" for chain in chains(edges))
    return (
        f"# {bounds}\n"
        f"model = {json.dumps(model)}\ndesign = {json.dumps(design)}\n"
        f"# lock classes, outermost first\nchains = [\n{rows}]\n"
    )


def as_comment(edges: Edges, model: str, bounds: str) -> str:
    """A comment for the head of a C file, in the way of mm/filemap.c."""
    lines = ["/*", f" * Lock ordering of {model}, outermost first.", f" * {bounds}", " *"]
    for number, chain in enumerate(chains(edges)):
        lines += [" *"] if number else []
        lines += [f" *  {'  ' * depth}->{name}" for depth, name in enumerate(chain)]
    return "\n".join([*lines, " */"]) + "\n"


def as_lockdep(edges: Edges, model: str, kinds: Mapping[str, str], bounds: str) -> str:
    """A function that shows lockdep each edge once."""
    inner_of: dict[str, list[str]] = {}
    for outer, inner in reduced(edges):
        inner_of.setdefault(outer, []).append(inner)
    known = [(outer, [i for i in inners if kinds.get(whole_class(i)) in TAKES]) for outer, inners in inner_of.items()]
    known = [(outer, inners) for outer, inners in known if inners and kinds.get(whole_class(outer)) in TAKES]
    told = {name for outer, inners in known for name in (outer, *inners)}
    structs = sorted({name.partition(".")[0] for name in told if "." in name})
    parameters = ", ".join(f"struct {struct.lower()} *{struct.lower()}" for struct in structs) or "void"
    lines = [
        "/*",
        f" * The lock order of {model}. {bounds}",
        " *",
        " * Call it once at init, with one object of each kind: from then on lockdep reports the first step against",
        " * this order, also where the run never comes to the deadlock (the kernel does so for fs_reclaim and",
        " * mmap_lock, and might_lock() takes and releases a lock for lockdep alone).",
    ]
    lines += [
        f" * Not shown: {outer} -> {inner}, since a struct semaphore has no lockdep map."
        for outer, inner in reduced(edges)
        if kinds.get(whole_class(outer)) not in TAKES or kinds.get(whole_class(inner)) not in TAKES
    ]
    lines += [" */", f"static void __init {model}_teach_lockdep({parameters})", "{"]
    for outer, inners in known:
        take, release = TAKES[kinds[whole_class(outer)]]
        lines.append(f"\t{_call(take, outer)};")
        lines += [f"\t{_call('might_lock', inner)};" for inner in inners]
        lines.append(f"\t{release}({_in_c(whole_class(outer))});")
    return "\n".join([*lines, "}"]) + "\n"


def _call(function: str, lock: str) -> str:
    name, _, subclass = lock.partition("/")
    return f"{function}_nested({_in_c(name)}, {subclass})" if subclass else f"{function}({_in_c(name)})"


def _in_c(name: str) -> str:
    struct, _, field = name.partition(".")
    return f"&{struct.lower()}->{field}" if field else f"&{name}"


def _leads(inner_of: Mapping[str, Sequence[str]], start: str, goal: str) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        for name in inner_of.get(waiting.pop(), ()):
            if name == goal:
                return True
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return False
