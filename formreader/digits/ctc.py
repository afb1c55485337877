"""What the columns of a CTC network say about whole strings of digits.

A network for connectionist temporal classification [1] gives, for each column of a
strip, probabilities of the ten digits and of a blank. A path through the columns spells
a string once repeated symbols are merged and blanks left out; the probability of a
string is the sum over all paths that spell it.

References:
    [1] Graves, Fernández, Gomez, Schmidhuber, "Connectionist temporal classification:
    labelling unsegmented sequence data with recurrent neural networks", ICML 2006.
    doi:10.1145/1143844.1143891
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from formreader.digits.settings import SETTINGS

__all__ = ["BLANK", "SYMBOLS", "best_strings", "log_probabilities", "log_probability"]

_SEARCH = SETTINGS.search

BLANK = 10
"""Column of the blank; columns 0 to 9 are the digits."""
SYMBOLS = 11


Logs = npt.NDArray[np.floating]


def log_probability(log_probs: Logs, value: str) -> float:
    """Compute how probable a string is, over all its paths.

    This is the forward algorithm of Graves et al. 2006, section 4.1, with logarithms.

    Args:
        log_probs: (T, 11) floats, T > 0: natural logarithms of the probabilities of
            the digits 0 to 9 and of the blank; each row's probabilities sum to 1.
        value: Digits; the empty string asks for no digit at all.

    Returns:
        The natural logarithm of the probability, at most 0; `-inf` if no path of T
        columns spells `value`.

    Raises:
        ValueError: If `log_probs` is not (T, 11), or `value` holds anything but 0-9.

    Example:
        >>> sure = np.log(np.full((1, 11), 0.05) + 0.45 * (np.arange(11) == 7))
        >>> round(float(np.exp(log_probability(sure, "7"))), 2)
        0.5
    """
    return log_probabilities(log_probs, [value])[0]


def log_probabilities(log_probs: Logs, values: Sequence[str]) -> list[float]:
    """Compute how probable several strings are; quicker than one after the other.

    Args:
        log_probs: (T, 11) floats, T > 0, as `log_probability` takes them.
        values: Digits, each of any length.

    Returns:
        What `log_probability` says of each.

    Raises:
        ValueError: If `log_probs` is not (T, 11), or a value holds anything but 0-9.
    """
    _check(log_probs)
    for value in values:
        if value and not (value.isascii() and value.isdigit()):
            raise ValueError(f"{value!r} is not made of digits")
    ends = [2 * len(value) + 1 for value in values]
    symbols = np.full((len(values), max(ends, default=1)), BLANK)
    for row, value in zip(symbols, values, strict=True):
        row[1 : 2 * len(value) : 2] = [int(character) for character in value]
    # A digit may follow the digit before it directly, unless it is the same.
    skips = symbols[:, 2:] != symbols[:, :-2]
    columns = np.asarray(log_probs, dtype=np.float64)[:, symbols]
    forward = np.full(symbols.shape, -np.inf)
    forward[:, :2] = columns[0, :, :2]
    # What lies behind the end of a string is never asked for.
    for column in columns[1:]:
        reached = forward.copy()
        reached[:, 1:] = np.logaddexp(forward[:, 1:], forward[:, :-1])
        skipped = np.where(skips, forward[:, :-2], -np.inf)
        reached[:, 2:] = np.logaddexp(reached[:, 2:], skipped)
        forward = reached + column
    lasts = [row[:end][-2:] for row, end in zip(forward, ends, strict=True)]
    return [float(min(0.0, np.logaddexp.reduce(last))) for last in lasts]


def best_strings(log_probs: Logs, count: int) -> list[tuple[str, float]]:
    """Find the most probable strings by prefix beam search.

    A prefix search as in Graves et al. 2006, section 3.2, that goes through the columns
    once and keeps the 12 best prefixes. What it finds is then measured exactly.

    Args:
        log_probs: (T, 11) floats, T > 0, as `log_probability` takes them.
        count: How many strings to give at most; positive.

    Returns:
        Strings with the logarithms of their probabilities, most probable first; never
        empty, and "" stands for no digit at all.

    Raises:
        ValueError: If `log_probs` is not (T, 11) or `count` is not positive.
    """
    _check(log_probs)
    if count < 1:
        raise ValueError(f"cannot give {count} strings")
    beam = {"": (0.0, -np.inf)}
    width = max(_SEARCH.beam, 2 * count)
    for column in np.asarray(log_probs, dtype=np.float64):
        grown = _grow(beam, column)
        totals = {prefix: _add_logs(*ends) for prefix, ends in grown.items()}
        least = max(totals.values()) + _SEARCH.hopeless
        hopeful = [prefix for prefix, total in totals.items() if total >= least]
        kept = sorted(hopeful, key=totals.__getitem__, reverse=True)[:width]
        beam = {prefix: grown[prefix] for prefix in kept}
    likeliest = list(beam)[: 2 * count]
    found = zip(likeliest, log_probabilities(log_probs, likeliest), strict=True)
    return sorted(found, key=lambda pair: pair[1], reverse=True)[:count]


_Ends = tuple[float, float]
"""Log-probabilities of a prefix over paths that end in a blank, and in its digit."""


def _grow(beam: dict[str, _Ends], column: npt.NDArray[np.float64]) -> dict[str, _Ends]:
    """Let every prefix stay, or take up one digit, in one more column."""
    logs: list[float] = column.tolist()
    likely = [digit for digit in range(BLANK) if logs[digit] > _SEARCH.negligible]
    grown: dict[str, _Ends] = {}
    for prefix, (in_blank, in_digit) in beam.items():
        total = _add_logs(in_blank, in_digit)
        _add(grown, prefix, total + logs[BLANK], -np.inf)
        last = int(prefix[-1]) if prefix else -1
        if prefix:
            _add(grown, prefix, -np.inf, in_digit + logs[last])
        for digit in likely:
            # The same digit again counts as a new one only after a blank.
            start = in_blank if digit == last else total
            _add(grown, f"{prefix}{digit}", -np.inf, start + logs[digit])
    return grown


def _add(
    grown: dict[str, _Ends], prefix: str, in_blank: float, in_digit: float
) -> None:
    """Add the probabilities of further paths to those of a prefix."""
    old = grown.get(prefix)
    if old is not None:
        in_blank = _add_logs(old[0], in_blank)
        in_digit = _add_logs(old[1], in_digit)
    grown[prefix] = (in_blank, in_digit)


def _add_logs(first: float, second: float) -> float:
    """Add two probabilities given by their logarithms; quicker than numpy for two."""
    if first < second:
        first, second = second, first
    if second == -math.inf:
        return first
    return first + math.log1p(math.exp(second - first))


def _check(log_probs: Logs) -> None:
    """Refuse what is no answer of a CTC network.

    Raises:
        ValueError: If the shape is not (T, 11) with T > 0.
    """
    if log_probs.ndim != 2 or log_probs.shape[1] != SYMBOLS or len(log_probs) == 0:
        raise ValueError(f"log_probs has shape {log_probs.shape}, not (T, 11)")
