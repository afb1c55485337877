"""Tell a slash between digits from a 1.

To the classifier both are one straight stroke. A slash leans more than the digits
beside it and reaches beyond them above and below; a 1 stands as its writer's other
digits do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from formreader.digits.settings import SETTINGS
from formreader.records import Segment

__all__ = ["find_slashes"]

_SLASHES = SETTINGS.slashes


def find_slashes(read: Sequence[tuple[str, Segment]]) -> bool:
    """Tell whether one of the 1s of a number looks like a slash.

    Args:
        read: The digits of a field that were cut out, from left to right, with their
            segments.

    Returns:
        Whether a 1 that has a digit after it leans and reaches like a slash.
    """
    shapes = [_measure(segment.ink) for _, segment in read]
    for index, (character, _) in enumerate(read[:-1]):
        others = [shape for i, shape in enumerate(shapes) if i != index]
        if character == "1" and _is_slash(shapes[index], np.array(others)):
            return True
    return False


def _is_slash(
    shape: tuple[float, float, float], others: npt.NDArray[np.float64]
) -> bool:
    height, lean_deg, spread = shape
    usual_height, usual_lean_deg, _ = np.median(others, axis=0)
    return bool(
        spread <= _SLASHES.straight * height
        and height >= _SLASHES.taller * usual_height
        and lean_deg - usual_lean_deg >= _SLASHES.lean_deg
    )


def _measure(ink: npt.NDArray[np.uint8]) -> tuple[float, float, float]:
    """Measure height, lean to the right in degrees, and spread about the line.

    The line is that of least squares of x by y.
    """
    y, x = np.nonzero(ink)
    if len(y) == 0 or y.max() == y.min():
        return 1.0, 0.0, 0.0
    down, across = y - y.mean(), x - x.mean()
    slope = float((down * across).sum() / (down**2).sum())
    spread = float(np.std(across - slope * down))
    return float(y.max() - y.min() + 1), float(-np.degrees(np.arctan(slope))), spread
