"""Finds the marks of a number that the ink network took for print or for a line.

A point of half a millimetre looks to it like one of a row of printed dots, a dash like
a piece of a line. Where it stands tells better: beside digits of the pen, between their
tops and feet or a little lower, as dark as these, and with few others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, label_components

__all__ = ["join_marks"]

Mask = npt.NDArray[np.uint8]
Character = tuple[Box, npt.NDArray[np.bool_]]

# Lengths in heights of the pen's digits beside a mark.
_POINT = 0.4  # a point or comma is no wider or higher
_DASH_WIDTH, _DASH_HEIGHT = (0.15, 0.9), 0.3
_HEIGHT = (0.1, 1.4)  # where the middle of a point or comma lies, from their tops
_MIDDLE = (0.25, 0.8)  # where a dash's does
_NEAR = 0.8  # between a mark and the digit beside it, at most
_LEAST_PEN = 0.5  # of the pen's width, that a mark has each way
_MOST = 3  # in a number; more are a row of dots to write on
_AS_DARK = 0.6  # of the pen's contrast: small marks are blurred


def join_marks(
    pen: Mask,
    others: Mask,
    frame: Box,
    tones: Mask,
    digits: Sequence[Character],
) -> Mask:
    """Add the marks of a number to the pen's ink.

    Args:
        pen: (h, w) uint8, 255 = ink of the pen in a field.
        others: The same of print, and of what is neither.
        frame: The box in it.
        tones: (h, w) uint8, 0 = black: the page there.
        digits: What in `pen` is as high as a digit, and its ink.
    """
    if not digits or not others.any():
        return pen
    paper = float(np.median(tones[frame.slices]))
    dark = [float(np.median(tones[box.slices][mask])) for box, mask in digits]
    least_tone = _AS_DARK * abs(paper - float(np.median(dark)))
    thin = _LEAST_PEN * float(np.median([_measure_pen(mask) for _, mask in digits]))
    labels, stats, _ = label_components(others)
    found = []
    for label, (left, top, width, height, _) in enumerate(stats[1:].tolist(), 1):
        box = Box(left, top, left + width, top + height)
        if min(width, height) < thin or not _is_inside(box, frame):
            continue
        if not _stands_like_mark(box, [digit for digit, _ in digits]):
            continue
        mask = labels[box.slices] == label
        if abs(paper - float(np.median(tones[box.slices][mask]))) >= least_tone:
            found.append((box, mask))
    if len(found) > _MOST:
        return pen
    joined = pen.copy()
    for box, mask in found:
        joined[box.slices][mask] = 255
    return joined


def _measure_pen(mask: npt.NDArray[np.bool_]) -> float:
    """Measure the width of the pen that drew a stroke: its area by half its rim."""
    inner = mask[1:-1, 1:-1]
    whole = inner & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    area = int(mask.sum())
    return 2 * area / max(1, area - int(whole.sum()))


def _is_inside(box: Box, frame: Box) -> bool:
    return (
        box.left > frame.left
        and box.top > frame.top
        and box.right < frame.right
        and box.bottom < frame.bottom
    )


def _stands_like_mark(box: Box, digits: Sequence[Box]) -> bool:
    """Tell whether a component has the size and the place of a mark beside digits."""
    x, y = box.centre
    before = max((d for d in digits if d.centre[0] < x), key=_right, default=None)
    after = min((d for d in digits if d.centre[0] >= x), key=_left, default=None)
    beside = [digit for digit in (before, after) if digit is not None]
    height = float(np.median([digit.height for digit in beside]))
    top = float(np.median([digit.top for digit in beside]))
    place = (y - top) / height
    gaps = [
        (box.left - before.right) / height if before else 0.0,
        (after.left - box.right) / height if after else 0.0,
    ]
    if max(gaps) > _NEAR or after is None:
        return False
    width, tall = box.width / height, box.height / height
    is_point = before is not None and width <= _POINT and tall <= _POINT
    is_dash = _DASH_WIDTH[0] <= width <= _DASH_WIDTH[1] and tall <= _DASH_HEIGHT
    is_level = _HEIGHT[0] <= place <= _HEIGHT[1]
    is_middle = _MIDDLE[0] <= place <= _MIDDLE[1]
    return (is_point and is_level) or (
        is_dash and is_middle and box.width >= box.height
    )


def _left(box: Box) -> int:
    return box.left


def _right(box: Box) -> int:
    return box.right
