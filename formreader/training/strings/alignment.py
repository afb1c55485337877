"""Finds where the digits of real strips part, so that strips can be spliced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import ALPHABET, SYMBOLS, without_marks
from formreader.digits.strip_normalization import COLUMN_PX, darkness
from formreader.training.strings.examples import Example, RealStrip, plain_example
from formreader.training.strings.stream import make_batch

if TYPE_CHECKING:
    import keras

__all__ = ["align_strips", "best_path"]

_BATCH = 32
_SEARCH = 0.25  # of the distance of two digits, to either side of the middle


def align_strips(model: keras.Model, strips: Sequence[RealStrip]) -> list[RealStrip]:
    """Give strips the places where their digits part.

    Args:
        model: A network that has begun to read.
        strips: Real strips.

    Returns:
        The same strips with `cuts`; those too short for their text, and those with
        marks, stay without.
    """
    order = sorted(range(len(strips)), key=lambda at: _width_of(strips[at]))
    aligned = list(strips)
    for first in range(0, len(order), _BATCH):
        places = [
            at for at in order[first : first + _BATCH] if strips[at].text.isdigit()
        ]
        examples = [plain_example(strips[at]) for at in places]
        if not examples:
            continue
        inputs = make_batch(examples).strips.astype(np.float32) / np.float32(255)
        logits = np.asarray(model(inputs[..., None], training=False))
        answers = logits.reshape(len(inputs), -1, SYMBOLS)
        for at, example, answer in zip(places, examples, answers, strict=True):
            aligned[at] = _align(strips[at], example, without_marks(answer))
    return aligned


def _width_of(strip: RealStrip) -> float:
    """Give the width of a strip by its height: strips of like width share a batch."""
    height, width = strip.pixels.shape
    return float(width / height)


def best_path(logits: npt.NDArray[np.floating], text: str) -> list[float] | None:
    """Find the columns of each character on the likeliest path that spells a text.

    The Viterbi algorithm over the states of the CTC forward algorithm (Graves et al.
    2006).

    Args:
        logits: (T, C) logits or log-probabilities, the last column the blank.
        text: Digits and marks, at least one.

    Returns:
        The middle column of each character, or None if T columns cannot spell `text`.
    """
    symbols = np.full(2 * len(text) + 1, logits.shape[1] - 1)
    symbols[1::2] = [ALPHABET.index(character) for character in text]
    skips = np.zeros(len(symbols), dtype=bool)
    skips[3::2] = symbols[3::2] != symbols[1:-2:2]
    scores = np.asarray(logits, dtype=np.float64)[:, symbols]
    best = np.full(len(symbols), -np.inf)
    best[:2] = scores[0, :2]
    steps = np.zeros(scores.shape, dtype=int)
    states = np.arange(len(symbols))
    for column in range(1, len(scores)):
        one = np.concatenate([[-np.inf], best[:-1]])
        two = np.where(skips, np.concatenate([[-np.inf] * 2, best[:-2]]), -np.inf)
        choices = np.stack([best, one, two])
        steps[column] = choices.argmax(axis=0)
        best = choices[steps[column], states] + scores[column]
    state = len(symbols) - (1 if best[-1] > best[-2] else 2)
    if best[state] == -np.inf:
        return None
    path = [state]
    for column in range(len(scores) - 1, 0, -1):
        path.append(path[-1] - steps[column, path[-1]])
    way = np.array(path[::-1])
    digits = range(1, len(symbols), 2)
    return [float(np.flatnonzero(way == digit).mean()) for digit in digits]


def _align(
    strip: RealStrip, example: Example, logits: npt.NDArray[np.floating]
) -> RealStrip:
    """Find the cuts of one strip: the palest columns between two digits."""
    middles = best_path(logits, strip.text)
    if middles is None:
        return strip
    scale = strip.pixels.shape[1] / example.strip.shape[1]
    places = (np.array(middles) + 0.5) * COLUMN_PX * scale
    ink = darkness(strip.pixels).sum(axis=0, dtype=np.int64)
    cuts = []
    for left, right in pairwise(places):
        reach = _SEARCH * (right - left)
        first = int((left + right) / 2 - reach)
        last = max(first + 1, int((left + right) / 2 + reach))
        last = min(last, len(ink))
        first = min(first, last - 1)
        cuts.append(first + int(np.argmin(ink[first:last])))
    return replace(strip, cuts=tuple(cuts))
