"""What a spec declared to its `Model`, checked for being of the types that the language asks for.

A type checker says the same; but a spec that was not checked by one must get a message too, and not a traceback.
"""

from __future__ import annotations

import re

from lockmodel.compile.designs import variants_of
from lockmodel.compile.naming import Place, place_of, shown_value, suggestion
from lockmodel.language.library import Switch
from lockmodel.language.model import Model
from lockmodel.language.scenario import record_of
from lockmodel.language.worlds import EveryRecord


def check_declarations(model: Model) -> None:
    """SpecError for the first declaration of a model that is not of its declared type."""
    place = Place(model.file, model.line)
    _texts(place, "the name of the model", [model.name])
    _texts(place, "`source`", [model.source])
    _texts(place, "the name of a design", list(model.designs))
    for combination in model.combinations.values():
        here = Place(combination.path, combination.line)
        _texts(here, f"what the design {combination.name} is made of", list(combination.parts))
    for design in model.designs:
        variants_of(model, design)
    _check_hierarchy(model, place)
    _check_chains(model)
    for lock in model.locks.values():
        here = Place(lock.path, lock.line)
        _texts(here, "the name of a lock", [lock.name])
        _count(here, f"the count of `{lock.name}`", lock.count, 0)
        if not isinstance(lock.queued, bool):
            raise here.error(
                f"`queued` of `{lock.name}` is {shown_value(lock.queued)}, which is no bool", "Give True or False."
            )
    for handle in model.objects.values():
        _texts(place_of(handle), "the name of an object", [record_of(handle).name])
    for switch in model.switches.values():
        here = Place(switch.path, switch.line)
        _texts(here, "the name of a switch", [switch.name])
        if not isinstance(switch.default, (bool, int, str)):
            raise here.error(
                f"the switch `{switch.name}` is {shown_value(switch.default)}", "Make it a bool, an int or a str."
            )
        if switch.values and any(type(value) is not type(switch.default) for value in switch.values):
            raise here.error(f"the values of the switch `{switch.name}` are not all of the type of its default")
        if switch.values and switch.default not in switch.values:
            raise here.error(
                f"the switch `{switch.name}` is {shown_value(switch.default)}, which is none of its values",
                f"Its values are {', '.join(map(str, switch.values))}.",
            )
    for option in ("spurious_wakeups", "signals", "two_move_up"):
        given = getattr(model, option)
        if not isinstance(given, (bool, Switch)):
            raise place.error(f"`{option}` is {shown_value(given)}", "Give a bool or a switch of the model.")
        if isinstance(given, Switch) and model.switches.get(given.name) is not given:
            raise place.error(f"`{option}` is `{given.name}`, a switch of another model")
    if model.rcu_callbacks is not None:
        _count(place, "`rcu_callbacks`", model.rcu_callbacks, 1)
    for cache in model.caches.values():
        here = Place(cache.path, cache.line)
        _count(here, f"the capacity of the cache of {cache.name}", cache.capacity, 1)
        if not isinstance(cache.may_fail, (bool, Switch)):
            raise here.error(f"`may_fail` is {shown_value(cache.may_fail)}", "Give a bool or a switch of the model.")
        if isinstance(cache.may_fail, Switch) and model.switches.get(cache.may_fail.name) is not cache.may_fail:
            raise here.error(f"`may_fail` is `{cache.may_fail.name}`, a switch of another model")
    for record in (*model.procedures.values(), *model.implementations.values(), *model.variants.values()):
        here = Place(record.path, record.line)
        _list(here, "`holds`", record.holds, '["dev.sem"]')
        if record.recursion is not None:
            _count(here, f"the `recursion` of `{record.name}`", record.recursion, 1)
    for claim in model.claims.values():
        _list(Place(claim.path, claim.line), "`outside`", claim.outside, '["Device.sem"]')
    for group in model.groups.values():
        _check_group(model, group, Place(group.path, group.line))


def _check_group(model: Model, group: EveryRecord, place: Place) -> None:
    _texts(place, "the name of a group", [group.name])
    if not re.fullmatch(r"[\w.-]+", group.name):
        raise place.error(f'the group "{group.name}" has a name that no target can have', "Use letters and digits.")
    _count(place, f"`of` of `{group.name}`", group.of, 1)
    if model.built is None:
        raise place.error(
            f"there is no world for the scenarios of `{group.name}`",
            f"Write a function that builds one, under `@{model.name}.world`.",
        )
    if not model.entries:
        raise place.error(
            f"there is no entry for the scenarios of `{group.name}`", f"Write one under `@{model.name}.entry`."
        )
    chosen = [(item,) if isinstance(item, str) else item for item in group.entries or ()]
    for name in (name for names in chosen for name in names):
        if name not in model.entries:
            raise place.error(f"the group `{group.name}` names the entry {name}", suggestion(name, model.entries, ""))
    if group.entries is not None and not chosen:
        raise place.error(f"the group `{group.name}` has no entries", "Leave `entries` out for all of them.")
    for names in group.entries or ():
        if not isinstance(names, str) and len(names) != group.of:
            raise place.error(
                f"the group `{group.name}` is of {group.of} entries each, and ({', '.join(names)}) are {len(names)}",
                "Give each combination as many.",
            )


def _check_hierarchy(model: Model, place: Place) -> None:
    example = '[["inode_lock", "Inode.sem"]]'
    chains = model.declared
    if isinstance(chains, str) or not isinstance(chains, (list, tuple)):
        raise place.error("`hierarchy` is no list of chains", f"Write `hierarchy={example}`.")
    for chain in chains:
        if not isinstance(chain, str):
            _list(place, "a chain of `hierarchy`", chain, '["inode_lock", "Inode.sem"]')


def _check_chains(model: Model) -> None:
    for chain in model.chains:
        place = Place(chain.path, chain.line)
        _list(place, "the chain of `hierarchy`", chain.locks, 'hierarchy("inode_lock", "Inode.sem")')
    for record in model.ordered_locks:
        _texts(Place(record.path, record.line), "the lock that is `ordered`", [record.lock])
        _texts(Place(record.path, record.line), "`by`", [record.by])


def _list(place: Place, what: str, items: object, example: str) -> None:
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise place.error(f"{what} is no list of lock names", f"Write `{example}`.")
    if items and all(len(item) == 1 for item in items) and len(items) > 1 and "".join(items).count("."):
        raise place.error(f"{what} is one text, read letter by letter", f"Write a list: `{example}`.")


def _texts(place: Place, what: str, names: list[object]) -> None:
    for name in names:
        if not isinstance(name, str):
            raise place.error(f"{what} is {shown_value(name)}, which is no text")


def _count(place: Place, what: str, count: object, least: int) -> None:
    if isinstance(count, bool) or not isinstance(count, int):
        raise place.error(f"{what} is {shown_value(count)}, which is no number")
    if count < least:
        raise place.error(f"{what} is {count}", f"It must be at least {least}.")
