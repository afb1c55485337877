"""Weigh which marks a number has: what its components look like, and the whole of it.

The digits of a reading are settled when this begins. The string reader then says how
probable each text is that has these digits, with whatever marks; and each text in which
a stroke that was read as a 1 is a slash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from formreader.digits.composition import extract_value
from formreader.digits.ctc import best_strings, log_probabilities, without_marks
from formreader.digits.expected_marks import ExpectedMarks
from formreader.digits.settings import SETTINGS
from formreader.readings import DigitReading
from formreader.records import MARKS

__all__ = ["MarkedText", "find_slashes", "weigh_marks", "write_text"]

_MARKS = SETTINGS.marks
_SLASH, _ONE = "/", "1"
_MOST_SLASHES = 3  # in a date, of which one may be a doubtful stroke


@dataclass(frozen=True)
class MarkedText:
    """A number with its marks.

    Attributes:
        text: Its characters.
        share: Probability that these are its marks, if its digits are right.
        slashes: Places in `text` of slashes that the digits have as a 1.
    """

    text: str
    share: float
    slashes: tuple[int, ...] = ()


def weigh_marks(
    written: str,
    log_probs: npt.NDArray[np.floating],
    expected: ExpectedMarks,
    looks: Sequence[npt.NDArray[np.floating]] = (),
) -> list[MarkedText]:
    """Say which marks a number has by the string reader.

    Args:
        written: A reading, digits and marks.
        log_probs: (T, 16) answer of the string reader about the field with its marks.
        expected: Which marks the field may hold.
        looks: Other answers about the same field, (T, 16) each; the texts are those
            that `log_probs` shows, and how probable they are is the mean of all, in
            logarithms.

    Returns:
        `written` first; then other texts of other values, the most probable first.
        Nothing where the string reader does not know these digits at all.
    """
    digits = _drop_marks(written)
    every = (log_probs, *looks)
    (known,) = _average([without_marks(look) for look in every], [digits])
    (certainty,) = _average(every, [written])
    if certainty > np.log(_MARKS.seen):
        return [MarkedText(written, float(np.exp(certainty - max(known, certainty))))]
    if known < _MARKS.least:
        known = _MARKS.least  # so that a slash instead of a 1 is heard all the same
    found = dict(best_strings(log_probs, _MARKS.texts))
    found.setdefault(written, certainty)
    named = list(dict.fromkeys([*found, digits]))
    found = dict(zip(named, _average(every, named), strict=True))
    texts = {text: find_slashes(text, digits) for text in found}
    texts = {t: s for t, s in texts.items() if s is not None and _may_be(t, expected)}
    slashed = [found[text] for text, slashes in texts.items() if slashes]
    total = np.logaddexp.reduce([known, *slashed])
    if total <= _MARKS.least:
        return []
    pooled: dict[str, list[MarkedText]] = {}
    for text, slashes in texts.items():
        one = MarkedText(text, float(np.exp(found[text] - total)), slashes or ())
        pooled.setdefault(_canonical(text, expected), []).append(one)
    return _order(pooled, _canonical(written, expected), written)


def _average(
    looks: Sequence[npt.NDArray[np.floating]], texts: Sequence[str]
) -> list[float]:
    """Average the log-probabilities of texts; no look alone rules one out."""
    logs = np.array([log_probabilities(look, texts) for look in looks])
    if len(looks) > 1:
        logs = np.maximum(logs, _MARKS.unseen)
    means: list[float] = logs.mean(axis=0).tolist()
    return means


def _order(
    pooled: Mapping[str, Sequence[MarkedText]], first: str, written: str
) -> list[MarkedText]:
    """Give one text for each value, the one that was written first."""
    merged = {
        value: replace(
            max(same, key=lambda one: one.share),
            share=min(1.0, sum(one.share for one in same)),
        )
        for value, same in pooled.items()
    }
    own = merged.pop(first, MarkedText(written, 0.0))
    others = sorted(merged.values(), key=lambda one: -one.share)
    return [replace(own, text=written, slashes=()), *others]


def write_text(
    marked: MarkedText, written: Sequence[DigitReading]
) -> tuple[DigitReading, ...]:
    """Write a number with its marks out.

    Args:
        marked: The text; it has the digits of `written`, but for its slashes.
        written: The characters that were read, with the marks that were told by their
            looks.
    """
    digits = iter([one for one in written if one.character not in MARKS])
    marks = [one for one in written if one.character in MARKS]
    result = []
    for place, character in enumerate(marked.text):
        if place in marked.slashes:
            result.append(
                replace(next(digits), character=character, confidence=marked.share)
            )
        elif character not in MARKS:
            result.append(next(digits))
        else:
            same = [one for one in marks if one.character == character]
            if same:
                marks.remove(same[0])
            result.append(same[0] if same else DigitReading(character, marked.share))
    return tuple(result)


def _drop_marks(text: str) -> str:
    return "".join(character for character in text if character not in MARKS)


def _may_be(text: str, expected: ExpectedMarks) -> bool:
    """Tell whether a field may hold the marks of a text."""
    return set(text) & set(MARKS) <= set("".join(expected.groups))


def _canonical(text: str, expected: ExpectedMarks) -> str:
    """Give the value of a text; marks that mean the same are the same."""
    value = extract_value(text)
    for group in expected.groups:
        for mark in group[1:]:
            value = value.replace(mark, group[0])
    return value


def find_slashes(text: str, digits: str) -> tuple[int, ...] | None:
    """Find which slashes of a text stand for a 1 among some digits.

    Returns:
        Their places; none if the text has the digits without; None if it has others.
    """
    if _drop_marks(text) == digits:
        return ()
    places = [at for at, character in enumerate(text) if character == _SLASH]
    missing = len(digits) - len(_drop_marks(text))
    if not 0 < missing <= min(len(places), _MOST_SLASHES):
        return None
    for chosen in combinations(places, missing):
        tried = "".join(_ONE if at in chosen else c for at, c in enumerate(text))
        if _drop_marks(tried) == digits:
            return chosen
    return None
