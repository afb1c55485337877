"""The shapes that people give to each digit, as points that the pen passes.

A shape is a string of points on a grid whose height is 100, y downwards. The pen passes
smoothly through the points; `!` after a point makes it a sharp corner and `/` lifts the
pen. Strokes of one digit meet, save that the bar of a `lifted` 5 may stand clear of it.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

__all__ = ["VARIANTS", "Points", "digit_shape", "parse_shape", "square_shape"]

Points = npt.NDArray[np.float64]

_SHAPES: dict[int, dict[str, str]] = {
    0: {
        "closed": "34,3 14,14 3,48 10,84 29,98 48,86 57,50 48,14 30,3 19,10",
        "narrow": "31,2 16,20 10,52 17,86 31,98 43,84 48,50 43,16 29,3 21,13",
        "curled": "46,14 28,3 9,22 3,56 14,90 34,97 52,80 56,46 46,13 30,7 20,14",
    },
    1: {
        "bare": "10,0 10,50 9,100",
        "flag": "6,24 17,13 27,0! 27,50 26,100",
        "base": "6,24 17,13 27,0! 27,50 26,99 / 4,98 26,97 50,98",
    },
    2: {
        "angled": "5,22 14,6 32,0 50,11 51,32 36,60 18,82 3,98! 22,97 42,96 60,97",
        "looped": "6,20 16,5 34,0 50,12 50,34 34,64 16,86 6,92 2,84 12,78 28,88 "
        "44,97 60,91",
        "waved": "4,26 12,8 30,0 48,8 51,29 39,56 20,80 4,97! 18,90 36,97 58,92",
    },
    3: {
        "round": "6,13 22,1 43,6 49,24 40,40 23,47! 44,53 54,72 46,92 25,100 3,90",
        "flat": "5,4 28,3 51,2! 38,20 24,41! 44,45 55,64 50,88 28,100 4,91",
        "curled": "5,15 20,2 42,5 48,23 37,41 22,46 20,51 30,51 47,57 54,76 42,95 "
        "21,100 3,89",
    },
    4: {
        "open": "14,4 10,32 5,58! 30,59 61,55 / 48,10 45,52 43,100",
        "closed": "44,0 25,32 2,66! 30,67 63,64 / 45,0 45,50 44,100",
        "running": "10,5 5,30 9,48 26,53 43,43 52,8! 49,50 45,100",
    },
    5: {
        "joined": "55,2 34,3 15,4! 13,22 9,45! 25,38 44,44 54,66 46,90 25,100 2,92",
        "lifted": "15,9 13,25 9,46! 25,39 44,44 54,66 46,90 25,100 2,92 "
        "/ 18,3 38,2 60,0",
        "curved": "53,2 34,3 17,6 11,24 13,41 30,41 48,51 53,70 44,91 24,100 3,93",
    },
    6: {
        "leaning": "43,0 23,20 8,48 4,74 14,94 32,99 49,88 51,70 39,57 22,60 8,76",
        "hooked": "51,9 38,1 19,14 6,46 5,78 20,98 40,96 52,79 46,61 28,57 9,72",
        "straight": "32,0 18,28 7,58 6,84 20,99 40,95 50,79 42,62 25,61 9,78",
    },
    7: {
        "plain": "2,7 28,5 56,3! 41,38 29,70 21,100",
        "barred": "2,7 28,5 56,3! 41,38 29,70 22,100 / 13,51 34,49 57,46",
        "hooked": "3,19 4,5! 30,5 57,4! 41,36 30,68 25,100",
    },
    8: {
        "looped": "49,13 31,1 12,9 12,28 29,45 48,63 50,85 30,99 9,88 9,68 25,49 "
        "43,33 50,16 42,5",
        "stacked": "30,48 13,37 10,17 29,1 47,15 45,36 29,49 10,62 5,82 18,98 40,98 "
        "54,81 48,62 28,48",
        "open": "53,7 36,0 14,8 12,28 30,46 50,64 50,88 28,100 8,88 10,66 28,48 "
        "45,30 52,13",
    },
    9: {
        "straight": "48,13 30,2 10,14 6,36 20,50 39,43 49,12! 47,56 45,100",
        "curved": "47,14 29,2 9,15 6,37 22,50 41,40 49,15 49,48 42,82 25,100 8,95",
        "leaning": "47,11 28,2 9,18 9,40 26,49 43,34 49,9! 40,56 31,100",
    },
}

_SQUARE_SHAPES: dict[int, str] = {
    0: "5,2! 53,3! 51,98! 4,97! 5,2",
    1: "8,0 7,50 8,100",
    2: "4,4! 51,2! 49,47! 6,51! 5,97! 54,96",
    3: "4,4! 50,2! 51,97! 4,98 / 10,50 50,49",
    4: "5,3! 6,51! 52,49 / 50,2 49,98",
    5: "53,3! 6,4! 5,49! 51,47! 52,96! 4,97",
    6: "50,3! 6,4! 5,97! 53,96! 51,50! 6,51",
    7: "3,5! 52,3! 50,99",
    8: "5,3! 53,4! 51,97! 6,96! 5,3 / 6,50 51,49",
    9: "51,50! 6,49! 5,3! 52,4! 50,97! 8,98",
}

VARIANTS = MappingProxyType({digit: tuple(known) for digit, known in _SHAPES.items()})
"""The names of each digit's shapes."""


def digit_shape(digit: int, variant: str) -> tuple[Points, ...]:
    """Give the strokes of a digit as `parse_shape` does; `variant` is its shape."""
    return parse_shape(_SHAPES[digit][variant])


def square_shape(digit: int) -> tuple[Points, ...]:
    """Give the strokes of a digit written along a guide in the shape of an 8."""
    return parse_shape(_SQUARE_SHAPES[digit])


@cache
def parse_shape(shape: str) -> tuple[Points, ...]:
    """Turn the notation of a shape into strokes.

    Args:
        shape: Points `x,y` in hundredths, with `!` and `/` as the module says.

    Returns:
        (N, 3) float64 arrays, one a stroke, read-only: x, y downwards, and 1 where the
        stroke turns a sharp corner, else 0; the height of a digit is 1.

    Example:
        >>> [stroke.shape for stroke in parse_shape("3,3 78,98 / 77,2 42,52 2,97")]
        [(2, 3), (3, 3)]
    """
    strokes = []
    for part in shape.split("/"):
        rows = []
        for point in part.split():
            x, y = point.rstrip("!").split(",")
            rows.append((int(x) / 100, int(y) / 100, float(point.endswith("!"))))
        stroke = np.array(rows)
        stroke.flags.writeable = False  # shared through the cache
        strokes.append(stroke)
    return tuple(strokes)
