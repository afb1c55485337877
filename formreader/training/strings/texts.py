"""Makes up numbers as they stand on forms, with the marks that people write."""

from __future__ import annotations

import numpy as np

__all__ = ["draw_text"]

Rng = np.random.Generator

_LENGTHS = (0.03, 0.06, 0.10, 0.14, 0.20, 0.19, 0.13, 0.07, 0.03, 0.03, 0.02)
"""Shares of the whole numbers by their number of digits, from none to ten."""
_SIGNED = 0.08  # of the numbers have a minus before them
_GROUPED = 0.3  # of the decimals of a thousand and more have marks for the thousands


def draw_text(rng: Rng) -> str:
    """Make up a number, a date or a time; seldom nothing.

    Args:
        rng: Source of the random draws.

    Returns:
        Digits and the marks `. , - / :`.
    """
    kind = rng.random()
    if kind < 0.68:
        text = _draw_digits(rng) if kind < 0.46 else _draw_decimal(rng)
        return f"-{text}" if text and rng.random() < _SIGNED else text
    if kind < 0.86:
        return _draw_date(rng)
    if kind < 0.91:
        return f"{rng.integers(24):0{rng.integers(1, 3)}d}:{rng.integers(60):02d}"
    if kind < 0.96:
        return "-".join(_draw_exactly(int(n), rng) for n in _draw_groups(rng))
    return f"{rng.integers(1, 100)}/{rng.integers(1, 100)}"


def _draw_digits(rng: Rng) -> str:
    """Draw digits as they stand on forms: zeros at the end are frequent."""
    length = int(rng.choice(len(_LENGTHS), p=_LENGTHS))
    digits = rng.integers(0, 10, length)
    draw = rng.random()
    if draw < 0.25 and length > 1:
        digits[-int(rng.integers(1, min(4, length) + 1)) :] = 0
    elif draw < 0.4:
        digits[:] = rng.choice(rng.integers(0, 10, 2), length)
    return "".join(str(digit) for digit in digits)


def _draw_decimal(rng: Rng) -> str:
    """Draw a number with decimals, mostly two of them."""
    point = str(rng.choice([".", ","]))
    whole = int(rng.integers(10 ** int(rng.integers(1, 6))))
    places = int(rng.choice([1, 2, 3], p=(0.35, 0.5, 0.15)))
    text = str(whole)
    if rng.random() < _GROUPED:
        text = f"{whole:,}".replace(",", "," if point == "." else ".")
    elif rng.random() < 0.06:
        text = ""
    return text + point + _draw_exactly(places, rng)


def _draw_date(rng: Rng) -> str:
    """Draw a day, a month and mostly a year, in any order that people write."""
    sign = str(rng.choice(["/", "-", "."], p=(0.6, 0.2, 0.2)))
    padded = 2 if rng.random() < 0.5 else 1
    parts = [f"{rng.integers(1, most):0{padded}d}" for most in (32, 13)]
    if rng.random() < 0.3:
        parts.reverse()
    year = int(rng.integers(1930, 2031))
    draw = rng.random()
    if draw < 0.8:
        parts.append(str(year) if draw < 0.4 else f"{year % 100:02d}")
    elif draw < 0.85:
        parts.insert(0, str(year))
    return sign.join(parts)


def _draw_groups(rng: Rng) -> list[int]:
    """Draw how many digits the groups of a number of a telephone or the like have."""
    kinds = ([3, 4], [3, 3, 4], [3, 2, 4], [5, 4], [1, 4], [2, 3])
    return kinds[int(rng.integers(len(kinds)))]


def _draw_exactly(count: int, rng: Rng) -> str:
    return "".join(str(digit) for digit in rng.integers(0, 10, count))
