"""Draw on a page what was read."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.readings import FieldReading, PageReading
from formreader.records import Flag, PageImage

_ACCEPTED, _REVIEW, _BLANK = (0, 130, 0), (0, 60, 230), (150, 150, 150)  # BGR
_TEXT_SHARE = 0.01  # of the page's larger side: height of the labels
_LARGEST_TEXT = 0.25  # of the field's height
_SMALLEST_TEXT_PX = 8
_FONT_PX = 22  # height of OpenCV's font at scale 1


def draw_overlay(page: PageImage, reading: PageReading) -> npt.NDArray[np.uint8]:
    """Draw the boxes, values and confidences of a page.

    Accepted fields are green, fields that need review red, blank ones grey.

    Returns:
        (H, W, 3) uint8 in OpenCV's order, blue first.
    """
    if page.colour is None:
        converted = cv2.cvtColor(page.pixels, cv2.COLOR_GRAY2BGR)
    else:
        converted = cv2.cvtColor(page.colour, cv2.COLOR_RGB2BGR)
    picture = np.asarray(converted, dtype=np.uint8)
    for field in reading.fields:
        _draw_field(picture, field)
    for field in reading.fields:
        others = [other.box for other in reading.fields if other is not field]
        _write_label(picture, field, others)
    return picture


def _draw_field(picture: npt.NDArray[np.uint8], field: FieldReading) -> None:
    """Draw the outline of a field and the boxes of its digits."""
    thickness = max(1, round(_text_height(picture, field) / 10))
    outline = np.round(field.outline).astype(np.int32)
    cv2.polylines(picture, [outline], True, _colour(field), thickness, cv2.LINE_AA)
    for digit in field.digits:
        if digit.box is not None:
            low, high = digit.box.corners[0], digit.box.corners[2]
            cv2.rectangle(picture, low.astype(int), high.astype(int), _colour(field), 1)


def _write_label(
    picture: npt.NDArray[np.uint8], field: FieldReading, others: list[Box]
) -> None:
    """Write value and confidence above a field, or inside where another is above."""
    size = _text_height(picture, field)
    # Rounded down like the CSV: 1.00 is certainty.
    confidence = math.floor(field.confidence * 100) / 100
    label = f"{field.value or field.raw or '-'}  {confidence:.2f}"
    above = Box(field.box.left, field.box.top - size, field.box.right, field.box.top)
    is_free = not any(above.intersection_area(other) for other in others)
    y = field.box.top - size // 3 if is_free else field.box.top + round(1.4 * size)
    cv2.putText(
        picture,
        label,
        (field.box.left + size // 3, max(size, y)),
        cv2.FONT_HERSHEY_SIMPLEX,
        size / _FONT_PX,
        _colour(field),
        max(1, round(size / 10)),
        cv2.LINE_AA,
    )


def _colour(field: FieldReading) -> tuple[int, int, int]:
    if field.needs_review:
        return _REVIEW
    return _BLANK if Flag.BLANK in field.flags else _ACCEPTED


def _text_height(picture: npt.NDArray[np.uint8], field: FieldReading) -> int:
    """Choose the height of a label in pixels."""
    largest = _LARGEST_TEXT * field.box.height
    size = min(_TEXT_SHARE * max(picture.shape), largest)
    return max(_SMALLEST_TEXT_PX, round(float(size)))
