"""Shows fields to a reader as the page shows them: grey, with the lines around.

The other readers see ink that was told from paper, lines and print before. A stroke
that was lost there, or a line that was taken for one, misleads both of them alike; who
looks at the page itself is not misled.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.picture_settings import PICTURES
from formreader.digits.strings import (
    StringReader,
    darkness,
    log_probability,
    without_marks,
)
from formreader.geometry import Box
from formreader.records import ClassifiedField

__all__ = ["cut_picture", "read_pictures", "show_number"]

Gray = npt.NDArray[np.uint8]


def read_pictures(
    reader: StringReader, pictures: Sequence[Gray | None]
) -> list[npt.NDArray[np.float32] | None]:
    """Ask a reader what it sees on the page itself.

    Args:
        reader: Was trained on numbers with what forms print around them.
        pictures: As `cut_picture` gives them; None where there is no writing.

    Returns:
        Of each the reader's answer, (T, 16) log-probabilities, or None.
    """
    shown = [darkness(picture) for picture in pictures if picture is not None]
    answers = iter(reader.predict(shown))
    return [None if picture is None else next(answers) for picture in pictures]


def show_number(picture: npt.NDArray[np.floating]) -> float:
    """Say how probable it is that a picture shows any digit.

    Args:
        picture: (T, 16) log-probabilities, a reader's answer.

    Returns:
        A probability in [0, 1]; a word has no digit.
    """
    return 1 - float(np.exp(log_probability(without_marks(picture), "")))


def cut_picture(page: Gray, one: ClassifiedField) -> Gray | None:
    """Cut out of the page what stands where a field has writing, upright.

    Args:
        page: (H, W) uint8, 0 = black.
        one: The field as it was cut and classified.

    Returns:
        (h, w) uint8, 0 = black; None if there is no writing.
    """
    field = one.image
    boxes = [segment.box for segment in one.cut.segments]
    boxes += [mark.box for mark in one.marks]
    if not boxes:
        return None
    writing = reduce(Box.union, boxes)
    margin = round(PICTURES.margin * writing.height)
    around = writing.expanded(margin, margin).clipped(field.ink.shape)
    scale = max(1.0, PICTURES.least_px / around.height)
    size = (round(around.width * scale), round(around.height * scale))
    shift = np.array([[1, 0, around.left], [0, 1, around.top], [0, 0, 1]], np.float64)
    to_page = field.to_page @ shift @ np.diag([1 / scale, 1 / scale, 1])
    picture = cv2.warpPerspective(
        page,
        to_page,
        size,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(picture, np.uint8)
