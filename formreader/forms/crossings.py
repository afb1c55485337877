"""Numbers that go on across a wall of their field.

What lies mostly outside of a field belongs to a neighbour, as a rule. But a digit that
stands beside the others, on their line, and across the wall may be the last of them: a
number without it looks whole, and is wrong.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from formreader.digits.components import Component, find_components
from formreader.geometry import Box
from formreader.records import FieldImage

__all__ = ["mark_crossing"]

_SLACK_PX = 2  # by which a wall may lie off
_REACH = 0.1  # of a field's height; what reaches in less is dirt on a line
_NEAR = 1.0  # of the height of digits, between the last of them and the wall


def mark_crossing(field: FieldImage) -> FieldImage:
    """Say that writing goes on beside a field, if some of it crosses a wall.

    Args:
        field: The field, as it was cut out of a page by its template.
    """
    digits, _ = find_components(field)
    own = [digit for digit in digits if not digit.cut]
    if not own:
        return field
    count, _, stats, _ = cv2.connectedComponentsWithStats(field.ink)
    sides = [tuple(map(int, stats[label, :4])) for label in range(1, count)]
    boxes = [Box(left, top, left + w, top + h) for left, top, w, h in sides]
    known = {digit.box for digit in own}
    crossing = [box for box in boxes if box not in known]
    if not any(_continues(box, own, field.frame) for box in crossing):
        return field
    return replace(field, writing_beside=True)


def _continues(box: Box, own: list[Component], frame: Box) -> bool:
    """Tell whether a component may be a digit of the number in a field."""
    height = float(np.median([digit.box.height for digit in own]))
    first, last = own[0].box, own[-1].box
    at_left = box.left < frame.left - _SLACK_PX < frame.left + _SLACK_PX < box.right
    at_right = box.left < frame.right - _SLACK_PX < frame.right + _SLACK_PX < box.right
    if at_left:
        gap, beside = first.left - box.right, first
    elif at_right:
        gap, beside = box.left - last.right, last
    else:
        return False
    reaches = box.height >= _REACH * frame.height
    shared = min(box.bottom, beside.bottom) - max(box.top, beside.top)
    on_line = shared >= 0.5 * min(box.height, beside.height)
    return reaches and on_line and gap < _NEAR * height and box.height < 2 * height
