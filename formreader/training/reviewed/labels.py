"""Which digit each crop shows, as far as it follows from what people said.

A crop that nobody vouched for has no label, and neither has one about which people
contradict each other. A wrong label costs more than a crop that is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from formreader.digits.composition import strip_unused
from formreader.digits.model import DIGITS
from formreader.records import BLANK, CROSSED, MARKS, UNREADABLE
from formreader.store.people.decisions import Action
from formreader.store.people.reviewed import ReviewedField

__all__ = ["align", "label_field"]

_VOUCHED = frozenset({Action.ACCEPT, Action.CORRECT})
_NO_NUMBER = frozenset({Action.BLANK, Action.UNREADABLE})

_LOST = 2  # a digit of the value that no crop shows, or a crop that no digit owns
_MISREAD = 2  # one digit for another
_MISSED = 1  # a digit for a blank, a cross or no digit
_LEFT_OUT = {BLANK: 0, CROSSED: 0, UNREADABLE: 1, **dict.fromkeys(MARKS, 0)}


def label_field(field: ReviewedField) -> list[str | None]:
    """Say which digit each crop of a field shows.

    Args:
        field: What was read, and what people said about it.

    Returns:
        A digit for each character of `field.raw`, or None where it is not known.
    """
    if field.action in _NO_NUMBER:
        return [None] * len(field.digits)
    if field.action in _VOUCHED:
        labels = align(field.raw, _find_written(field))
        return [
            None if _is_denied(label, digit.character, digit.is_right) else label
            for label, digit in zip(labels, field.digits, strict=True)
        ]
    return [
        digit.character if digit.is_right and digit.character in DIGITS else None
        for digit in field.digits
    ]


def _find_written(field: ReviewedField) -> str:
    """Find out what is written, as far as the value says it.

    The parts of a date may be written in another order and with fewer digits than in
    its value; then only a reading that means the same is known to be right.
    """
    type_ = field.value_type
    if type_ is None or type_.kind.is_number:
        return field.value
    written = strip_unused(field.raw)
    found = type_.canonicalize(written)
    return written if found is not None and found.value == field.value else ""


def align(raw: str, value: str) -> list[str | None]:
    """Find the digit of a value that each character of a reading stands for.

    Of all ways to lay the value along the reading, those count that need the fewest
    changes: a digit read as another, a digit where none was seen, a blank or a cross
    left out at no cost. If one of them loses a digit, or leaves one over, the field was
    cut in the wrong places, and its crops show who knows what. If they disagree about a
    character, it has no label.

    Args:
        raw: What was read, a character a crop: `0`-`9`, `_`, `X`, `?`,
            and marks.
        value: The number that stands there; its marks are left out.

    Returns:
        (N,) a digit for each character of `raw`, or None.

    Example:
        >>> align("X17_", "12"), align("112", "42"), align("1?2", "132")
        ([None, '1', '2', None], [None, None, None], ['1', '3', '2'])
    """
    nothing: list[str | None] = [None] * len(raw)
    number = "".join(character for character in value if character not in MARKS)
    if not number or not set(number) <= set(DIGITS):
        return nothing
    shown: list[set[str | None]] = [set() for _ in raw]
    for step in _cheapest_steps(raw, number):
        if step.is_loss:
            return nothing
        shown[step.place].add(step.digit)
    return [found.pop() if len(found) == 1 else None for found in shown]


@dataclass(frozen=True)
class _Step:
    """One step along the reading and the value.

    Attributes:
        place: Position in the reading; the one before which the step lies if it takes
            no character.
        owner: Position in the value, likewise.
        digit: What the character shows; None if it is left out.
        takes: Characters of the reading, and digits of the value, that it takes.
        cost: What it costs.
        is_loss: Whether a digit has no crop, or a crop of a digit no digit.
    """

    place: int
    owner: int
    digit: str | None
    takes: tuple[int, int]
    cost: int
    is_loss: bool = False


def _cheapest_steps(raw: str, number: str) -> Iterator[_Step]:
    """Yield the steps that lie on a cheapest way from the beginnings to the ends."""
    places = [(i, j) for i in range(len(raw) + 1) for j in range(len(number) + 1)]
    before = dict.fromkeys(places, math.inf)
    after = dict(before)
    before[0, 0] = after[len(raw), len(number)] = 0.0
    for place in places:
        for step in _steps(raw, number, *place):
            there = _end(step)
            before[there] = min(before[there], before[place] + step.cost)
    for place in reversed(places):
        for step in _steps(raw, number, *place):
            after[place] = min(after[place], after[_end(step)] + step.cost)
    for place in places:
        for step in _steps(raw, number, *place):
            if before[place] + step.cost + after[_end(step)] == after[0, 0]:
                yield step


def _end(step: _Step) -> tuple[int, int]:
    return step.place + step.takes[0], step.owner + step.takes[1]


def _steps(raw: str, number: str, i: int, j: int) -> Iterator[_Step]:
    """Yield the steps that lead on from a place."""
    if j < len(number):
        yield _Step(i, j, None, (0, 1), _LOST, is_loss=True)
    if i == len(raw):
        return
    character = raw[i]
    is_digit = character in DIGITS
    yield _Step(i, j, None, (1, 0), _LEFT_OUT.get(character, _LOST), is_digit)
    if j < len(number):
        misread = _MISREAD if is_digit else _MISSED
        cost = 0 if character == number[j] else misread
        yield _Step(i, j, number[j], (1, 1), cost)


def _is_denied(label: str | None, character: str, is_right: bool | None) -> bool:
    """Tell whether somebody found something else about a digit."""
    return is_right is not None and is_right != (label == character)
