"""The declared lock order: its names are checked, its chains joined, and what contradicts itself is refused."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from lockmodel.compile.designs import own_chains
from lockmodel.compile.naming import Place, described, suggestion
from lockmodel.ir.hierarchy import SUBCLASSES, Chain, Hierarchy, Rank, subclass_name, whole_class
from lockmodel.ir.types import IntType, LockType, RefType, Struct
from lockmodel.language.library import ChainRecord
from lockmodel.language.model import Model
from lockmodel.source import Site


def lower_hierarchy(model: Model, design: str, structs: Mapping[str, Struct]) -> Hierarchy:
    """The lock order that holds under a design; `structs` are those of the model."""
    classes = lock_classes(model, structs)
    chains = [Chain(tuple(record.locks), Site("", record.path, record.line)) for record in chains_of(model, design)]
    ranks: list[Rank] = []
    for record in model.ordered_locks:
        place = Place(record.path, record.line)
        check_lock_class(record.lock, classes, place, f"`ordered` names `{record.lock}`")
        if any(rank.lock == record.lock for rank in ranks):
            raise place.error(f"`{record.lock}` is ordered twice", "Keep one of them.")
        ranks.append(_rank(record.lock, record.by, structs, place))
    return join_chains(chains, classes, tuple(ranks))


def chains_of(model: Model, design: str) -> list[ChainRecord]:
    """The chains that hold under a design: its own, or else of those that it is made of, or else of the whole model."""
    own = own_chains(model, design)
    if own:
        return own
    whole = list(model.declared)
    if whole and all(isinstance(chain, str) for chain in whole):  # one chain may stand without its brackets
        whole = [[str(lock) for lock in whole]]
    said = [
        ChainRecord((chain,) if isinstance(chain, str) else tuple(chain), None, model.file, model.line)
        for chain in whole
    ]
    return said + [chain for chain in model.chains if chain.design is None]


def join_chains(chains: Sequence[Chain], classes: Mapping[str, LockType], ranks: tuple[Rank, ...] = ()) -> Hierarchy:
    """One partial order of several chains; SpecError for a name that is no lock, or a chain against another one."""
    below: dict[str, dict[str, Place]] = {}
    subclasses = [subclass_name(lock, n) for lock in classes for n in range(1, SUBCLASSES)]
    for chain in chains:
        place = Place(chain.site.path, chain.site.line)
        for number, name in enumerate(chain.locks):
            if name not in subclasses:
                check_lock_class(name, classes, place, f"the hierarchy names `{name}`")
            if name in chain.locks[:number]:
                raise place.error(
                    f"the hierarchy names `{name}` twice in one chain", "Keep one: a chain goes from the outside in."
                )
        for outer, inner in itertools.pairwise(chain.locks):
            if back := _way(below, inner, outer):
                told = [f"`{a}` above `{b}` ({below[a][b]})" for a, b in itertools.pairwise(back)]
                raise place.error(
                    f"the hierarchy contradicts itself: `{outer}` above `{inner}` ({place}), but {', '.join(told)}",
                    "Take one of these lines out.",
                )
            below.setdefault(outer, {}).setdefault(inner, place)
    above = frozenset((outer, inner) for outer in below for inner in _reached(below, outer))
    return Hierarchy(tuple(chains), above, ranks, tuple(_notes(chains, classes)))


def lock_classes(model: Model, structs: Mapping[str, Struct]) -> dict[str, LockType]:
    """Every lock class of a model, as lockdep means them ("inode_lock", "Inode.inotify_sem"), with its kind."""
    found = {name: LockType(lock.kind, lock.count, lock.owned) for name, lock in model.locks.items()}
    for struct in structs.values():
        for field in struct.fields:
            if isinstance(field.type, LockType):
                found[f"{struct.name}.{field.name}"] = field.type
    return found


def check_lock_class(name: str, classes: Iterable[str], place: Place, what: str) -> None:
    """SpecError if there is no lock class of that name; `what` says where it is named."""
    known = list(classes)
    if name not in known:
        raise place.error(f"{what}, which is no lock class of the model", suggestion(name, known, "locks"))


def _rank(lock: str, by: str, structs: Mapping[str, Struct], place: Place) -> Rank:
    """The order among the instances of a class, by a constant field of the objects that they are in."""
    name, _, inside = lock.partition(".")
    if not inside:
        raise place.error(f"`{lock}` is ordered, but there is only one", "Order the lock of a Struct: `Fork.lock`.")
    struct = structs[name]
    field = next((field for field in struct.fields if field.name == by), None)
    if field is None:
        known = [field.name for field in struct.fields]
        raise place.error(
            f"`{lock}` is ordered by `{by}`, which is no field of {name}", suggestion(by, known, "fields")
        )
    if not isinstance(field.type, IntType) and field.type != RefType(name):
        raise place.error(
            f"`{lock}` is ordered by `{by}`, which is {described(field.type)}",
            f"Order it by a number, or by a reference to a {name}.",
        )
    if not field.constant:
        raise place.error(
            f"`{lock}` is ordered by `{by}`, which can change", f"Declare it as `{by}: ... = field(constant=True)`."
        )
    return Rank(lock, by, isinstance(field.type, RefType), Site("", place.path, place.line))


def _notes(chains: Sequence[Chain], classes: Mapping[str, LockType]) -> Iterable[str]:
    """A lock that sleeps can never be asked for under one that spins, whatever the order says."""
    for chain in chains:
        spinning = ""
        for name in chain.locks:
            if not classes[whole_class(name)].sleeps:
                spinning = name
            elif spinning:
                yield (
                    f"{chain.site.spec}: the hierarchy puts {name}, for which a thread sleeps, below the spinlock "
                    f"{spinning}: to ask for it there is LM601"
                )


def _way(below: Mapping[str, Mapping[str, Place]], start: str, goal: str) -> list[str]:
    """A shortest way down from one lock to another one; none is []."""
    before: dict[str, str] = {start: ""}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        if at == goal:
            way = [at]
            while before[way[-1]]:
                way.append(before[way[-1]])
            return way[::-1]
        for name in below.get(at, {}):
            if name not in before:
                before[name] = at
                waiting.append(name)
    return []


def _reached(below: Mapping[str, Mapping[str, Place]], start: str) -> dict[str, None]:
    """Every lock that is somewhere below another one."""
    found: dict[str, None] = {}
    waiting = list(below.get(start, {}))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting.extend(below.get(name, {}))
    return found
