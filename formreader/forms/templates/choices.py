"""What fields that hold no written number may say: boxes to tick, and texts."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from formreader.forms.templates.places import PlacedError
from formreader.geometry import Box

__all__ = [
    "MOST_COLUMNS",
    "check_value",
    "divide_box",
    "kinds_with",
    "refuse_strange_keys",
]

MOST_COLUMNS = 40
"""Choices that stand side by side in one field."""

# Values of several boxes are joined by spaces.
_VALUE = re.compile(r"[\w.+-]{1,32}")
_ALL = {"name", "page", "box", "holds", "appearance"}
_OF_CHOICES = {"options", "values", "direction", "columns", "select"}
_KEYS = {
    "tick": _ALL,
    "choice": _ALL
    | _OF_CHOICES
    | {"blank", "length", "min", "max", "pattern", "checksum", "one_of", "assign"},
    "text": _ALL | {"required"},
    "code": _ALL | {"blank"},
}
_ONLY = {**dict.fromkeys(sorted(_OF_CHOICES), "choice"), "required": "text"}


def check_value(value: str) -> str:
    """Take what a box of a choice stands for.

    Raises:
        ValueError: If it is more than a word.
    """
    if not _VALUE.fullmatch(value):
        raise ValueError(
            f"{value[:40]!r} is no value of a box: one word of at most 32 letters, "
            "digits and _ . + -"
        )
    return value


def refuse_strange_keys(holds: str | None, given: Mapping[str, object]) -> None:
    """Refuse keys that say nothing of what a field holds.

    Args:
        holds: The key `kind`; None for a number.
        given: The keys that the field has.

    Raises:
        PlacedError: If there is one.
    """
    for key in given:
        if holds is None and key in _ONLY:
            raise PlacedError((key,), f'goes with kind = "{_ONLY[key]}"')
        if holds is not None and key not in _KEYS[holds]:
            raise PlacedError((key,), f'says nothing of kind = "{holds}"')


def kinds_with(key: str) -> tuple[str, ...]:
    """List the kinds of field that may say something; `number` is one without `kind`.

    Example:
        >>> kinds_with("cells"), kinds_with("min"), kinds_with("values")
        (('number',), ('number', 'choice'), ('choice',))
    """
    number = () if key in _ONLY else ("number",)
    return (*number, *(kind for kind, keys in _KEYS.items() if key in keys))


def divide_box(box: Box, count: int, columns: int, goes_down: bool) -> tuple[Box, ...]:
    """Divide a box evenly into those of a choice, or of several side by side.

    Args:
        box: The box around them.
        count: Boxes of a choice.
        columns: Choices; they stand side by side if their boxes go down, else one
            below the other.
        goes_down: Whether the boxes of a choice lie one below the other.

    Returns:
        The boxes, choice by choice.

    Example:
        >>> [part.left for part in divide_box(Box(0, 0, 30, 9), 3, 1, False)]
        [0, 10, 20]
    """
    across, down = (columns, count) if goes_down else (count, columns)
    xs = np.linspace(box.left, box.right, across + 1).round().astype(int).tolist()
    ys = np.linspace(box.top, box.bottom, down + 1).round().astype(int).tolist()
    places = [
        (choice, place) if goes_down else (place, choice)
        for choice in range(columns)
        for place in range(count)
    ]
    return tuple(Box(xs[x], ys[y], xs[x + 1], ys[y + 1]) for x, y in places)
