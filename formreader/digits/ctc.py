"""What the columns of a CTC network say about whole strings of digits and marks.

A network for connectionist temporal classification [1] gives, for each column of a
strip, probabilities of the ten digits, of the marks between them, and of a blank. A
path through the columns spells a string once repeated symbols are merged and blanks
left out; the probability of a string is the sum over all paths that spell it. Once each
mark counts as a blank, the same paths spell the digits alone (`without_marks`).

References:
    [1] Graves, Fernández, Gomez, Schmidhuber, "Connectionist temporal classification:
    labelling unsegmented sequence data with recurrent neural networks", ICML 2006.
    doi:10.1145/1143844.1143891
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from formreader.digits.settings import SETTINGS
from formreader.records import MARKS

__all__ = [
    "ALPHABET",
    "BLANK",
    "SYMBOLS",
    "SYMBOL_COUNTS",
    "best_strings",
    "log_probabilities",
    "log_probability",
    "without_marks",
]

_SEARCH = SETTINGS.search
_HOPELESS = float(np.exp(_SEARCH.hopeless))
_RESCALED = 8  # columns, after which probabilities are scaled, lest they vanish
_TINY = float(np.finfo(np.float64).tiny)

ALPHABET = "0123456789" + MARKS
"""What each column but the last stands for; the last is the blank."""
BLANK = len(ALPHABET)
SYMBOLS = len(ALPHABET) + 1
_DIGITS = 10
SYMBOL_COUNTS = (_DIGITS + 1, SYMBOLS)
"""How many columns there are: for digits alone, or for digits and marks."""

Logs = npt.NDArray[np.floating]


def log_probability(log_probs: Logs, value: str) -> float:
    """Compute how probable a string is, over all its paths.

    This is the forward algorithm of Graves et al. 2006, section 4.1, scaled on the way.

    Args:
        log_probs: (T, 16) floats, T > 0: natural logarithms of the probabilities of
            the digits 0 to 9, of the marks `. , - / :` and of the blank; each row's
            probabilities sum to 1. Or (T, 11), without the marks.
        value: Digits and marks; the empty string asks for none at all.

    Returns:
        The natural logarithm of the probability, at most 0; `-inf` if no path of T
        columns spells `value`, or none that is not hundreds of times less likely, in
        logarithms, than another beginning of it.

    Raises:
        ValueError: If `log_probs` is of another shape, or `value` holds anything that
            has no column.

    Example:
        >>> sure = np.log(np.full((1, 11), 0.05) + 0.45 * (np.arange(11) == 7))
        >>> round(float(np.exp(log_probability(sure, "7"))), 2)
        0.5
    """
    return log_probabilities(log_probs, [value])[0]


def log_probabilities(log_probs: Logs, values: Sequence[str]) -> list[float]:
    """Compute how probable several strings are; quicker than one after the other.

    Args:
        log_probs: (T, 16) or (T, 11) floats, as `log_probability` takes them.
        values: Digits and marks, each of any length.

    Returns:
        What `log_probability` says of each.

    Raises:
        ValueError: If `log_probs` is of another shape, or a value holds anything that
            has no column.
    """
    _check(log_probs)
    blank = log_probs.shape[1] - 1
    for value in values:
        if not set(value) <= set(ALPHABET[:blank]):
            raise ValueError(f"{value!r} is not made of {ALPHABET[:blank]}")
    if not values:
        return []
    ends = [2 * len(value) + 1 for value in values]
    symbols = np.full((len(values), max(ends)), blank)
    for row, value in zip(symbols, values, strict=True):
        row[1 : 2 * len(value) : 2] = [ALPHABET.index(c) for c in value]
    # A digit may follow the digit before it directly, unless it is the same.
    skips = np.zeros(symbols.shape)
    skips[:, 2:] = symbols[:, 2:] != symbols[:, :-2]
    columns, scale = _scale_columns(log_probs)
    scales = np.full(len(values), scale)
    # Two free places on the left, from which nothing comes. What lies behind the end
    # of a string is never asked for.
    forward = np.zeros((len(values), symbols.shape[1] + 2))
    inner, before, skipped = forward[:, 2:], forward[:, 1:-1], forward[:, :-2]
    inner[:, :2] = 1.0  # a string begins with a blank or its first digit
    inner *= columns[0, symbols]
    for index, column in enumerate(columns[1:, symbols]):
        reached = skips * skipped
        reached += before
        reached += inner
        np.multiply(reached, column, out=inner)
        if index % _RESCALED == 0:
            peaks = inner.max(axis=1, keepdims=True)
            inner /= np.maximum(peaks, _TINY)
            scales += np.log(np.maximum(peaks, _TINY))[:, 0]
    sums = [float(row[:end][-2:].sum()) for row, end in zip(inner, ends, strict=True)]
    return [
        min(0.0, math.log(total) + float(scale)) if total else -math.inf
        for total, scale in zip(sums, scales, strict=True)
    ]


def _scale_columns(log_probs: Logs) -> tuple[npt.NDArray[np.float64], float]:
    """Give the probabilities of columns, each with its likeliest symbol as 1.

    Returns:
        (T, C) float64 in [0, 1], and the logarithm of what all were divided by.
    """
    logs = np.asarray(log_probs, dtype=np.float64)
    peaks = logs.max(axis=1, keepdims=True)
    return np.exp(logs - peaks), float(peaks.sum())


def best_strings(
    log_probs: Logs, count: int, may_begin: Callable[[str], bool] | None = None
) -> list[tuple[str, float]]:
    """Find the most probable strings by prefix beam search.

    A prefix search as in Graves et al. 2006, section 3.2, that goes through the columns
    once and keeps the 12 best prefixes. What it finds is then measured exactly.

    Args:
        log_probs: (T, 16) or (T, 11) floats, as `log_probability` takes them.
        count: How many strings to give at most; positive.
        may_begin: Tells what a string may begin with, where not all are allowed; the
            empty string always is.

    Returns:
        Strings with the logarithms of their probabilities, most probable first; never
        empty, and "" stands for nothing at all.

    Raises:
        ValueError: If `log_probs` is of another shape or `count` is not positive.
    """
    _check(log_probs)
    if count < 1:
        raise ValueError(f"cannot give {count} strings")
    width = max(_SEARCH.beam, 2 * count)
    columns, _ = _scale_columns(log_probs)
    likely = log_probs[:, :-1] > _SEARCH.negligible
    is_bare = np.logical_not(likely.max(axis=1))
    # Of several columns in a row without a character, the first ends all characters;
    # the others change no prefix in relation to another.
    told = np.concatenate([[True], ~(is_bare[1:] & is_bare[:-1])])
    beam: _Beam = {"": (-1, 1.0, 0.0)}
    for column, row in zip(columns[told].tolist(), likely[told].tolist(), strict=True):
        beam, before = _stay(beam, column), beam
        symbols = [symbol for symbol, is_likely in enumerate(row) if is_likely]
        if symbols:
            _grow(beam, before, column, symbols, width, may_begin)
            beam = _keep_best(beam, width)
    likeliest = list(_keep_best(beam, width))[: 2 * count]
    found = zip(likeliest, log_probabilities(log_probs, likeliest), strict=True)
    return sorted(found, key=lambda pair: pair[1], reverse=True)[:count]


_Beam = dict[str, tuple[int, float, float]]
"""Prefixes, the column of the last character of each, and its probabilities over paths
that end in a blank, and in that character."""


def _stay(beam: _Beam, column: list[float]) -> _Beam:
    """Let every prefix stay as it is in one more column.

    Args:
        beam: The prefixes so far.
        column: The probability of each symbol.
    """
    blank = column[-1]
    return {
        prefix: (last, (in_blank + in_symbol) * blank, in_symbol * column[last])
        for prefix, (last, in_blank, in_symbol) in beam.items()
    }


def _grow(
    grown: _Beam,
    beam: _Beam,
    column: list[float],
    likely: list[int],
    width: int,
    may_begin: Callable[[str], bool] | None,
) -> None:
    """Let every prefix take up a likely character, unless others leave it no chance.

    Args:
        grown: The prefixes that stay in this column; those that grow are added.
        beam: The prefixes before it.
        column: The probability of each symbol.
        likely: The columns of the characters that may be taken up.
        width: How many of the prefixes will be kept.
        may_begin: As for `best_strings`.
    """
    totals = sorted([in_blank + in_symbol for _, in_blank, in_symbol in grown.values()])
    # No other prefix leads to one that is new, so that all of its probability is known.
    least = max(totals[-1] * _HOPELESS, totals[-width] if len(totals) >= width else 0.0)
    peak = max([column[symbol] for symbol in likely])
    letters = [(symbol, ALPHABET[symbol], column[symbol]) for symbol in likely]
    parents = {prefix[:-1] for prefix in beam}
    for prefix, (last, in_blank, in_symbol) in beam.items():
        total = in_blank + in_symbol
        if total * peak < least and prefix not in parents:
            continue
        for symbol, letter, chance in letters:
            # The same character again counts as a new one only after a blank.
            added = (in_blank if symbol == last else total) * chance
            longer = prefix + letter
            if longer in beam:
                _, blank, old = grown[longer]
                grown[longer] = symbol, blank, old + added
            elif added >= least and (may_begin is None or may_begin(longer)):
                grown[longer] = symbol, 0.0, added


def _keep_best(grown: _Beam, width: int) -> _Beam:
    """Keep the likeliest prefixes, in their order, the likeliest scaled to 1."""
    totals = [(ends[1] + ends[2], prefix) for prefix, ends in grown.items()]
    ranked = sorted(totals, reverse=True)[:width]
    most = ranked[0][0]
    kept = [prefix for total, prefix in ranked if total >= most * _HOPELESS]
    found = [(prefix, grown[prefix]) for prefix in kept]
    return {p: (last, blank / most, end / most) for p, (last, blank, end) in found}


def _check(log_probs: Logs) -> None:
    """Refuse what is no answer of a CTC network.

    Raises:
        ValueError: If the shape is neither (T, 16) nor (T, 11) with T > 0.
    """
    is_known = log_probs.ndim == 2 and log_probs.shape[1] in SYMBOL_COUNTS
    if not is_known or len(log_probs) == 0:
        raise ValueError(f"log_probs has shape {log_probs.shape}, not (T, {SYMBOLS})")


def without_marks(log_probs: Logs) -> npt.NDArray[np.float32]:
    """Let each mark count as a blank.

    A string of digits is then as probable as all strings together that have these
    digits, with any marks between them.

    Args:
        log_probs: (T, 16) or (T, 11) floats, as `log_probability` takes them.

    Returns:
        (T, 11) float32.

    Example:
        >>> even = np.log(np.full((1, 16), 1 / 16))
        >>> np.exp(without_marks(even)).round(4)[0, [0, 10]].tolist()
        [0.0625, 0.375]
    """
    _check(log_probs)
    others = np.logaddexp.reduce(log_probs[:, _DIGITS:], axis=1, keepdims=True)
    return np.hstack([log_probs[:, :_DIGITS], others]).astype(np.float32)
