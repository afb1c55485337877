"""Makes the reading of a field of what its boxes are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formreader.geometry import bounding_box
from formreader.readings import Alternative, DigitReading, FieldReading, order_flags
from formreader.records import BLANK, CROSSED, UNREADABLE, FieldKind, Flag
from formreader.ticks.model import EXPECTED_SHARES, TickClass

__all__ = ["Question", "decide_boxes", "weigh_answers"]

Chances = npt.NDArray[np.float64]

_LEAST_ALTERNATIVE = 1e-4
_CHARACTERS = (BLANK, CROSSED, UNREADABLE, UNREADABLE)  # in the order of `TickClass`
_TICKED, _UNTICKED = "1", "0"
_PERHAPS_STRUCK = 0.1  # chance
# How many choices have no box ticked, and two, a guess; all others have one.
_NONE, _TWO = 0.05, 0.05


@dataclass(frozen=True)
class Question:
    """A field of boxes to tick.

    Attributes:
        name: Its name in the results.
        kind: One box to tick, or a choice.
        values: What each box of a choice stands for; empty for one box.
        takes_many: Whether several may be ticked.
        columns: How many choices stand side by side, a character of the value each.
    """

    name: str
    kind: FieldKind
    values: tuple[str, ...] = ()
    takes_many: bool = False
    columns: int = 1


@dataclass(frozen=True)
class _Answer:
    """What a field of boxes is read as; as in `FieldReading`."""

    value: str
    confidence: float
    flags: frozenset[Flag]
    raw: str
    alternatives: tuple[Alternative, ...] = ()


def decide_boxes(
    question: Question, chances: Chances, outline: npt.NDArray[np.float64]
) -> FieldReading:
    """Read a field of boxes.

    Args:
        question: The field.
        chances: (N, 4) probabilities of `TickClass` for each box; those of several
            columns column by column.
        outline: (4, 2) corners (x, y) of the field in pixels of the page.

    Returns:
        Its reading; nobody has decided about it.
    """
    if question.kind is FieldKind.TICK:
        answer = _decide_tick(chances[0])
    elif question.columns > 1:
        answer = _decide_columns(question, chances)
    elif question.takes_many:
        answer = _decide_many(question.values, chances)
    else:
        answer = _decide_one(question.values, chances)
    sure = chances.max(axis=1)
    if question.columns > 1:
        sure = sure.reshape(question.columns, -1).min(axis=1)
    digits = zip(answer.raw, sure.tolist(), strict=True)
    return FieldReading(
        question.name,
        answer.value,
        answer.confidence,
        order_flags(answer.flags),
        tuple(DigitReading(character, chance) for character, chance in digits),
        bounding_box(outline),
        outline,
        question.kind,
        answer.alternatives,
    )


def _decide_tick(chances: Chances) -> _Answer:
    """Read one box as 1 or 0, or as none of both where it is in doubt."""
    found = TickClass(int(chances.argmax()))
    both = {
        TickClass.MARKED: (_TICKED, CROSSED),
        TickClass.BLANK: (_UNTICKED, BLANK),
    }
    others = tuple(
        Alternative(*both[one], float(chances[one])) for one in both if one is not found
    )
    others = tuple(sorted(others, key=lambda one: -one.probability))
    if found in both:
        value, raw = both[found]
        return _Answer(value, float(chances[found]), frozenset(), raw, others)
    flag = Flag.STRUCK_OUT if found is TickClass.STRUCK else Flag.LOW_CONFIDENCE
    return _Answer("", 0.0, frozenset({flag}), UNREADABLE, others)


def _decide_one(values: Sequence[str], chances: Chances) -> _Answer:
    """Choose the one box that is ticked."""
    found = _take_back(chances)
    raw = "".join(_CHARACTERS[one] for one in found)
    no_answer = chances[:, TickClass.BLANK] + chances[:, TickClass.STRUCK]
    alone = weigh_answers(chances[:, TickClass.MARKED])
    flags = {Flag.STRUCK_OUT} if TickClass.STRUCK in found else set()
    ticked = np.flatnonzero(found == TickClass.MARKED)
    others = _list_others(values, chances, alone)
    if len(ticked) == 1:
        place = int(ticked[0])
        if TickClass.DOUBTFUL in found:
            flags.add(Flag.LOW_CONFIDENCE)
        kept = tuple(one for one in others if one.value != values[place])
        return _Answer(values[place], float(alone[place]), frozenset(flags), raw, kept)
    if set(found) == {TickClass.BLANK}:
        blank = float(no_answer.prod())
        return _Answer("", blank, frozenset({Flag.BLANK}), raw, others)
    flags.add(Flag.RULE_FAILED if len(ticked) else Flag.LOW_CONFIDENCE)
    return _Answer("", 0.0, frozenset(flags), raw, others)


def _take_back(chances: Chances) -> npt.NDArray[np.intp]:
    """Say what each box of a choice is; of several ticked, which were taken back.

    A box that is perhaps scribbled over is, where another one is clearly ticked.

    Returns:
        (N,) `TickClass` of each box.
    """
    found = np.asarray(chances.argmax(axis=1))
    ticked = found == TickClass.MARKED
    perhaps = ticked & (chances[:, TickClass.STRUCK] >= _PERHAPS_STRUCK)
    if np.count_nonzero(ticked & ~perhaps) == 1:
        found[perhaps] = TickClass.STRUCK
    return found


def weigh_answers(marked: Chances) -> Chances:
    """Say of each box of a choice how likely it alone is ticked.

    The network looks at each box by itself. Of a choice it is known that mostly one of
    its boxes is ticked, so that many boxes that are a little in doubt leave no doubt
    about one that is clearly ticked.

    Args:
        marked: (N,) probability in [0, 1] that a box is ticked, of boxes of which the
            share in `EXPECTED_SHARES` is.

    Returns:
        (N,) float64 in [0, 1]; what is missing to 1 is none, or two of them.

    Example:
        >>> weigh_answers(np.array([0.99, 0.02, 0.02])).round(3).tolist()
        [0.994, 0.0, 0.0]
    """
    count, share = len(marked), EXPECTED_SHARES[TickClass.MARKED]
    certain = np.clip(marked, 1e-6, 1 - 1e-6)
    odds = certain / (1 - certain) * (1 - share) / share
    one = (1 - _NONE - _TWO) / count * odds
    pairs = (odds.sum() ** 2 - (odds**2).sum()) / (count * (count - 1))
    return np.asarray(one / (_NONE + one.sum() + _TWO * pairs))


def _list_others(
    values: Sequence[str], chances: Chances, alone: Chances
) -> tuple[Alternative, ...]:
    """List the values that a choice may have, the most probable first.

    Where several boxes look ticked, each alone is hardly probable; a person is then
    offered them by how ticked they look.
    """
    marked = chances[:, TickClass.MARKED] + chances[:, TickClass.DOUBTFUL]
    weights = np.maximum(alone, 1e-3 * marked)
    listed = []
    for place in np.argsort(-weights, kind="stable").tolist():
        if weights[place] >= _LEAST_ALTERNATIVE:
            raw = BLANK * place + CROSSED + BLANK * (len(values) - place - 1)
            listed.append(Alternative(values[place], raw, float(weights[place])))
    return tuple(listed)


def _decide_many(values: Sequence[str], chances: Chances) -> _Answer:
    """List all boxes that are ticked."""
    found = chances.argmax(axis=1)
    raw = "".join(_CHARACTERS[one] for one in found)
    marked = chances[:, TickClass.MARKED]
    ticked_chances = np.where(found == TickClass.MARKED, marked, 1 - marked)
    confidence = float(ticked_chances.prod())
    if set(found) == {TickClass.BLANK}:
        return _Answer("", confidence, frozenset({Flag.BLANK}), raw)
    flags = set()
    if TickClass.STRUCK in found:
        flags.add(Flag.STRUCK_OUT)
    if TickClass.DOUBTFUL in found:
        return _Answer("", 0.0, frozenset({*flags, Flag.LOW_CONFIDENCE}), raw)
    ticked = np.flatnonzero(found == TickClass.MARKED)
    value = " ".join(values[place] for place in ticked.tolist())
    return _Answer(value, confidence if value else 0.0, frozenset(flags), raw)


def _decide_columns(question: Question, chances: Chances) -> _Answer:
    """Read a number of which each digit is bubbled in a column of its own."""
    parts = chances.reshape(question.columns, -1, chances.shape[1])
    answers = [_decide_one(question.values, part) for part in parts]
    raw = "".join(
        BLANK if Flag.BLANK in one.flags else one.value or UNREADABLE for one in answers
    )
    flags = frozenset(flag for one in answers for flag in one.flags) - {Flag.BLANK}
    confidence = float(np.prod([one.confidence for one in answers]))
    value = raw.strip(BLANK)
    if not value:
        return _Answer("", confidence, frozenset({Flag.BLANK}), raw)
    if BLANK in value or UNREADABLE in value:
        more = flags or {Flag.WRONG_LENGTH}
        return _Answer("", 0.0, frozenset(more), raw)
    return _Answer(value, confidence, flags, raw)
