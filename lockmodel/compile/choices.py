"""Answers to the questions of a `Pick`: all of them in turn, or those that a scenario's name tells.

Takes questions as the functions of a spec ask them; gives answers, and the name that tells them again. Whoever wants
every combination of answers runs those functions again and again: they are the generator, as in Korat and SmallCheck.
"""

from __future__ import annotations

import enum
import functools
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from lockmodel.compile.naming import shown_value
from lockmodel.errors import UsageError
from lockmodel.language.scenario import MemberHandle, ObjectHandle, Scenario, member_of, record_of

NUMBER, SUBSET, ONE, ORDER = "a number", "a subset", "one of several", "an order"
"""What is asked for."""

BOUNDED = (NUMBER, SUBSET)
"""What a bound may be given to from outside."""


class ExcludedError(Exception):
    """There is no scenario with these answers; the text is what it is counted under."""


class PickError(Exception):
    """A question that has no answer: a message, and a remedy. Who knows its place makes a SpecError of it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass
class Labels:
    """The bounds that are given from outside, by label; and what is asked under each label over all scenarios."""

    bounds: Mapping[str, int]
    kinds: dict[str, str] = field(default_factory=dict)

    def ask(self, label: object, kind: str) -> str:
        """The label of a question: always for the same kind, since bounds are given by it."""
        if not isinstance(label, str) or not label:
            raise PickError(f"the label of a pick is {shown_value(label)}", 'Write `pick("device", devices)`.')
        if self.kinds.setdefault(label, kind) != kind:
            raise PickError(
                f'the label "{label}" is asked for {kind} here, and elsewhere for {self.kinds[label]}',
                "Give one of them another label.",
            )
        return label


@dataclass(frozen=True)
class Question:
    """What is asked, and the answers that there are: items by their positions, one or several.

    `told` says that names have the answer even where there is one only: under other bounds there may be more. `usual`:
    the spec gives one answer, the first, which names leave out also where a bound makes more of them.
    """

    key: str
    items: Sequence[object]
    answers: Sequence[tuple[int, ...]] | None
    told: bool
    usual: bool = False

    @property
    def count(self) -> int:
        """So many answers."""
        return len(self.items) if self.answers is None else len(self.answers)

    def text(self, answer: int, objects: Mapping[int, str]) -> str:
        """An answer as a name has it."""
        if self.answers is None:
            return shown(self.items[answer], answer, objects)
        return "+".join(shown(self.items[at], at, objects) for at in self.answers[answer]) or "none"


def shown(item: object, position: int, objects: Mapping[int, str]) -> str:
    """An item in a name; `objects` has what those of the scenario are called. What has no text is told by position."""
    match item:
        case enum.Enum():
            return item.name or str(item.value)
        case bool() | int() | str() | None:
            return str(item)
        case tuple() | list():
            return ".".join(shown(part, at, objects) for at, part in enumerate(item))
        case ObjectHandle():
            return objects.get(id(item), "") or record_of(item).name
        case MemberHandle():
            owner, name = member_of(item)
            return f"{shown(owner, position, objects)}.{name}"
        case _:
            return str(position)


class Choices:
    """Answers the questions of one scenario after another; a subclass says which answer it is.

    `by` is who asks: a thread, or "" for the world. `told` are the questions of this scenario with their answers.
    """

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.by = ""
        self.told: list[tuple[Question, int]] = []
        self._scenario = Scenario()

    def begin(self, scenario: Scenario) -> None:
        """A scenario is begun anew."""
        self.by = ""
        self.told = []
        self._scenario = scenario

    def one(self, label: str, options: Iterable[object]) -> object:
        """One of the options."""
        items = self._items(self.labels.ask(label, ONE), options)
        if not items:
            raise PickError(f'there is nothing to pick for "{label}"', "Say when that is: `pick.require(devices)`.")
        return items[self._ask(label, items, None, told=False)]

    def number(self, label: str, least: int, most: int) -> int:
        """A number."""
        self.labels.ask(label, NUMBER)
        for bound in (least, most):
            if isinstance(bound, bool) or not isinstance(bound, int):
                raise PickError(f'a bound of "{label}" is {shown_value(bound)}', "Give two whole numbers.")
        top = self._most(label, NUMBER, most)
        if top < least:
            if label in self.labels.bounds:
                raise self._too_low(label, top, least)
            raise PickError(f'"{label}" is a number from {least} to {top}: there is none', "Turn them round.")
        return least + self._ask(label, range(least, top + 1), None, told=True, usual=most == least)

    def several(self, label: str, items: Iterable[object], least: int, most: int | None) -> Sequence[object]:
        """Some of the items, in their order."""
        known = self._items(self.labels.ask(label, SUBSET), items)
        top = min(self._most(label, SUBSET, len(known) if most is None else most), len(known))
        if top < least:
            if label in self.labels.bounds:
                raise self._too_low(label, top, least)
            raise PickError(
                f'there is no subset for "{label}" of at least {least} and at most {top} items', "Ask for fewer."
            )
        answers = _subsets(len(known), least, top)
        return [known[at] for at in answers[self._ask(label, known, answers, told=True)]]

    def order(self, label: str, items: Iterable[object]) -> Sequence[object]:
        """All of the items, in some order."""
        known = self._items(self.labels.ask(label, ORDER), items)
        answers = _orders(len(known))
        return [known[at] for at in answers[self._ask(label, known, answers, told=False)]]

    def refuse(self, reason: str) -> NoReturn:
        """There is no such scenario."""
        raise ExcludedError(reason)

    def name(self) -> str:
        """The answers of this scenario, as its name has them: `[inodes=1,ignore.device=#1]`."""
        objects = numbered(self._scenario)
        told = [
            f"{question.key}={question.text(answer, objects)}"
            for question, answer in self.told
            if (question.told or question.count > 1) and not (question.usual and not answer)
        ]
        return f"[{','.join(told)}]" if told else ""

    def _items(self, label: str, items: Iterable[object]) -> Sequence[object]:
        if isinstance(items, (set, frozenset)):
            raise PickError(f'what is picked for "{label}" is a set, which has no order', "Give a list or a tuple.")
        return list(items)

    def _ask(
        self,
        label: str,
        items: Sequence[object],
        answers: Sequence[tuple[int, ...]] | None,
        told: bool,
        usual: bool = False,
    ) -> int:
        key = f"{self.by.replace(' ', '')}.{label}" if self.by else label
        if any(question.key == key for question, _ in self.told):
            raise PickError(
                f'the label "{label}" is asked for twice by {f"`{self.by}`" if self.by else "the world"}',
                'Number the labels: `pick(f"mask{n}", masks)`.',
            )
        question = Question(key, items, answers, told, usual)
        answer = self._answer(question)
        self.told.append((question, answer))
        return answer

    def _most(self, label: str, kind: str, given: int) -> int:
        """The upper bound under a label."""
        return self.labels.bounds.get(label, given)

    def _too_low(self, label: str, top: int, least: int) -> UsageError:
        return UsageError(
            f"the bound `{label}` is {top}, and the spec asks for {least} at least\n  Give {least} or more."
        )

    def _answer(self, question: Question) -> int:
        raise NotImplementedError


class Odometer(Choices):
    """All answers in turn: the last question's change first, and what is asked after one is asked anew."""

    def __init__(self, labels: Labels) -> None:
        super().__init__(labels)
        self._digits: list[int] = []
        self._shapes: list[tuple[str, int]] = []

    def advance(self) -> bool:
        """On to the next combination of answers; False after the last one."""
        self._digits, self._shapes = self._digits[: len(self.told)], self._shapes[: len(self.told)]
        while self._digits and self._digits[-1] + 1 == self._shapes[-1][1]:
            self._digits.pop()
            self._shapes.pop()
        if self._digits:
            self._digits[-1] += 1
        return bool(self._digits)

    def _answer(self, question: Question) -> int:
        at, shape = len(self.told), (question.key, question.count)
        if at == len(self._digits):
            _check_distinct(question, numbered(self._scenario))
            self._digits.append(0)
            self._shapes.append(shape)
        elif self._shapes[at] != shape:
            raise PickError(
                f'"{question.key}" is asked for with {question.count} answers, after the same answers as before, when '
                f'it was "{self._shapes[at][0]}" with {self._shapes[at][1]}',
                "Let what is asked depend on nothing but what was picked before.",
            )
        return self._digits[at]


class Told(Choices):
    """The answers that a name tells, whatever the bounds; `UnheardError` where it tells none."""

    def __init__(self, labels: Labels, answers: str) -> None:
        super().__init__(labels)
        self._left = answers

    def end(self) -> None:
        """All questions are answered: the name must have told no more."""
        if self._left:
            raise UnheardError

    def _most(self, label: str, kind: str, given: int) -> int:
        return _LARGEST if kind == NUMBER else self._left.count("+") + 1

    def _answer(self, question: Question) -> int:
        if question.count == 1 and not question.told:
            return 0
        objects = numbered(self._scenario)
        if isinstance(question.items, range):
            digits = re.match(rf"{re.escape(question.key)}=(-?\d+)", self._left)
            known = [int(digits[1]) - question.items[0]] if digits and int(digits[1]) in question.items else []
        else:
            known = list(range(question.count))
        # the longest first: one may be the beginning of another one
        for _, answer in sorted((-len(question.text(answer, objects)), answer) for answer in known):
            text = f"{question.key}={question.text(answer, objects)}"
            if self._left == text or self._left.startswith(f"{text},"):
                self._left = self._left[len(text) + 1 :]
                return answer
        if question.usual:
            return 0
        raise UnheardError


class UnheardError(Exception):
    """A name tells of no scenario."""


_LARGEST = 10**9
"""Beyond any number that a model can bear."""


def numbered(scenario: Scenario) -> dict[int, str]:
    """What names call the objects of a scenario that have no name of their own: by number, as findings do."""
    running: dict[type, int] = {}
    names: dict[int, str] = {}
    for handle in scenario.objects:
        record = record_of(handle)
        if not record.name:
            running[record.struct] = running.get(record.struct, 0) + 1
            names[id(handle)] = f"#{running[record.struct]}"
    return names


def _check_distinct(question: Question, objects: Mapping[int, str]) -> None:
    seen: dict[str, int] = {}
    if isinstance(question.items, range):
        return
    for at, item in enumerate(question.items):
        text = shown(item, at, objects)
        if seen.setdefault(text, at) != at:
            raise PickError(
                f'two of what is picked for "{question.key}" are told as `{text}`',
                "Let them differ: names of scenarios tell what was picked.",
            )


@functools.cache
def _subsets(count: int, least: int, most: int) -> list[tuple[int, ...]]:
    return [some for size in range(least, most + 1) for some in itertools.combinations(range(count), size)]


@functools.cache
def _orders(count: int) -> list[tuple[int, ...]]:
    return list(itertools.permutations(range(count)))
