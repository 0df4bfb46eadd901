"""`Model`: a library with what it takes to check it: assumptions about the environment, and scenarios."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from lockmodel.errors import SpecError
from lockmodel.language.library import Library, Switch, caller, definition
from lockmodel.language.scenario import Scenario
from lockmodel.language.worlds import EntryRecord, EveryRecord, Pick, WorldRecord

W = TypeVar("W")


@dataclass(frozen=True)
class ScenarioRecord:
    """A scenario: `build` fills a Scenario. `name` carries the parameters, as in `table[n=3]`."""

    name: str
    build: Callable[[Scenario], None]
    doc: str
    path: str
    line: int


class Model(Library):
    """A locking design: what is locked by what, the procedures that do it, and the scenarios to judge it in."""

    def __init__(
        self,
        name: str,
        *,
        source: str = "",
        uses: Sequence[Library] = (),
        as_written: str = "as-written",
        hierarchy: Sequence[str | Sequence[str]] = (),
        spurious_wakeups: bool | Switch = False,
        signals: bool | Switch = False,
        rcu_callbacks: int | None = None,
        two_move_up: bool | Switch = False,
    ) -> None:
        """Start an empty model.

        `source` is the file that trailing comments such as `# 805` are lines of. `uses` are the libraries whose
        declarations are the model's as well. `as_written` names the design that the plain procedures make up.
        `hierarchy` is the declared lock order, as chains of lock classes, outermost first; the method of that name adds
        to it. `spurious_wakeups`: who sleeps on a queue or a condition may wake for no reason. `signals`: who waits
        interruptibly may be sent a signal. `rcu_callbacks`: how many callbacks of one procedure each thread may have
        queued by `call_rcu` at a time, before the verdict is `incomplete`; otherwise as many as it has calls.
        `two_move_up`: `up` is two moves where somebody stands in line (see there).
        """
        super().__init__(name, source=source, uses=uses)
        self.default_design = as_written
        self.spurious_wakeups = spurious_wakeups
        self.signals = signals
        self.rcu_callbacks = rcu_callbacks
        self.two_move_up = two_move_up
        self.declared = hierarchy
        self.designs = {as_written: None, **self.designs}
        self.scenarios: dict[str, ScenarioRecord] = {}
        self.built: WorldRecord | None = None
        self.entries: dict[str, EntryRecord] = {}
        self.groups: dict[str, EveryRecord] = {}

    @overload
    def scenario(self, build: Callable[[Scenario], None], /) -> Callable[[Scenario], None]: ...
    @overload
    def scenario(self, /, **parameters: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]: ...
    def scenario(self, build: Any = None, /, **parameters: Iterable[Any]) -> Any:
        """A scenario, or with `n=range(2, 7)` and the like one for each combination of the parameters' values.

        `table[n=3]` is the name of the one that `table(m, n=3)` fills.
        """

        def declare(f: Callable[..., None]) -> Callable[..., None]:
            names = list(parameters)
            for values in itertools.product(*parameters.values()):
                chosen = dict(zip(names, values, strict=True))
                suffix = ",".join(f"{key}={_plain(value)}" for key, value in chosen.items())
                self.add_scenario(
                    f"{f.__name__}[{suffix}]" if suffix else f.__name__,
                    functools.partial(_fill, f, chosen),
                    f.__doc__ or "",
                    definition(f),
                )
            return f

        return declare if build is None else declare(build)

    def add_scenario(
        self, name: str, build: Callable[[Scenario], None], doc: str = "", place: tuple[str, int] | None = None
    ) -> None:
        """A scenario that the spec names and builds by program."""
        path, line = place or caller()
        if name in self.scenarios:
            taken = self.scenarios[name]
            raise SpecError(
                f"there are two scenarios named {name} (the other: {taken.path}:{taken.line})",
                path=path,
                line=line,
                remedy="Rename one of them.",
            )
        self.scenarios[name] = ScenarioRecord(name, build, doc, path, line)

    def world(self, build: Callable[[Scenario, Pick], W], /) -> Callable[[Scenario, Pick], W]:
        """The function that builds what stands before the threads start; what it gives is handed to each entry.

        It is run anew for every scenario. What it asks of the `Pick` says how the scenarios differ.
        """
        path, line = definition(build)
        if self.built is not None:
            raise SpecError(
                f"there are two worlds (before: {self.built.path}:{self.built.line})",
                path=path,
                line=line,
                remedy="Keep one of them: a pick can say which it is.",
            )
        self.built = WorldRecord(build, path, line)
        return build

    def entry(self, build: Callable[[Scenario, W, Pick, str], None], /) -> Callable[[Scenario, W, Pick, str], None]:
        """A way for a thread to get in: what it holds, what it asks for, and the path, in `m.thread(thread, ...)`."""
        path, line = definition(build)
        name = build.__name__
        if name in self.entries:
            raise SpecError(f"there are two entries named {name}", path=path, line=line, remedy="Rename one of them.")
        self.entries[name] = EntryRecord(name, build, build.__doc__ or "", path, line)
        return build

    def every(
        self, name: str, /, *, of: int, entries: Sequence[str | Sequence[str]] | None = None, default: bool = True
    ) -> None:
        """A group of scenarios: every choice of `of` entries, one as often as it takes, in every world.

        `entries`: of these only; or, where they are given as tuples, just these combinations. Without `default` they
        are checked where a target names them: `spec.py::name`, `spec.py::name/*`. What cannot be told apart but by
        the names of objects, and of threads in one path, is one scenario.
        """
        path, line = caller()
        if name in self.groups:
            raise SpecError(f"there are two groups named {name}", path=path, line=line, remedy="Rename one of them.")
        chosen = None if entries is None else tuple(e if isinstance(e, str) else tuple(e) for e in entries)
        self.groups[name] = EveryRecord(name, of, chosen, default, path, line)


def _fill(build: Callable[..., None], chosen: dict[str, Any], scenario: Scenario) -> None:
    build(scenario, **chosen)


def _plain(value: object) -> str:
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) else str(value)
