"""Shows fields to a reader as the page shows them: grey, with the lines around.

The other readers see ink that was told from paper, lines and print before. A stroke
that was lost there, or a line that was taken for one, misleads both of them alike; who
looks at the page itself is not misled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.picture_settings import PICTURES
from formreader.digits.seen_pictures import SeenPicture
from formreader.digits.strings import StringReader, darkness, log_probability
from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import BLANK, ClassifiedField, FieldImage, FieldKind

__all__ = [
    "Pictures",
    "cut_all_pictures",
    "cut_pictures",
    "read_pictures",
    "show_number",
]

Gray = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of what stands in a field, upright.

    Attributes:
        looks: (h, w) uint8, 0 = black, with each margin of the settings.
        aside: With what stands beside it, likewise; None where there is nothing.
        near: With what may stand right beside a lone digit without a box, likewise;
            None of others.
    """

    looks: tuple[Gray, ...]
    aside: Gray | None = None
    near: Gray | None = None

    @property
    def every(self) -> tuple[Gray, ...]:
        """All pictures."""
        more = (one for one in (self.aside, self.near) if one is not None)
        return (*self.looks, *more)


def read_pictures(
    reader: StringReader, pictures: Sequence[Pictures | None]
) -> list[SeenPicture | None]:
    """Ask a reader what it sees on the page itself.

    Args:
        reader: Was trained on numbers with what forms print around them.
        pictures: As `cut_pictures` gives them; None where there is no writing.

    Returns:
        Of each what the reader says, or None.
    """
    shown = [darkness(one) for several in pictures if several for one in several.every]
    answers = iter(reader.predict(shown))
    return [
        None
        if several is None
        else SeenPicture(
            tuple(islice(answers, len(several.looks))),
            None if several.aside is None else next(answers),
            None if several.near is None else next(answers),
        )
        for several in pictures
    ]


def show_number(picture: SeenPicture) -> float:
    """Say how probable it is that a picture shows any digit, with the plain margin.

    Returns:
        A probability in [0, 1]; a word has no digit.
    """
    return 1 - float(np.exp(log_probability(picture.digit_looks[0], "")))


def cut_all_pictures(
    page: Gray | None, seen: Sequence[tuple[ClassifiedField, FieldReading] | None]
) -> list[Pictures | None]:
    """Cut out of a page what stands where fields have writing.

    Args:
        page: (H, W) uint8, 0 = black; or None, and there is no picture.
        seen: The fields, and what was read of each; None where there are words.
    """
    if page is None:
        return [None] * len(seen)
    return [
        cut_pictures(page, *one)
        if one is not None and not one[1].stands_for_page and one[1].raw.strip(BLANK)
        else None
        for one in seen
    ]


def cut_pictures(
    page: Gray, one: ClassifiedField, reading: FieldReading
) -> Pictures | None:
    """Cut out of the page what stands where a field has writing, upright.

    Args:
        page: (H, W) uint8, 0 = black.
        one: The field as it was cut and classified.
        reading: What was made of it.

    Returns:
        The pictures; None if there is no writing.
    """
    boxes = [segment.box for segment in one.cut.segments]
    boxes += [mark.box for mark in one.marks]
    if not boxes:
        return None
    writing = reduce(Box.union, boxes)
    field = one.image
    margins = [round(margin * writing.height) for margin in PICTURES.margins]
    looks = tuple(
        _cut_picture(
            page, field, writing.expanded(margin, margin).clipped(field.ink.shape)
        )
        for margin in margins
    )
    if field.kind not in (FieldKind.LINE, FieldKind.PLAIN):
        return Pictures(looks)

    def widen(share: float) -> Gray:
        around = writing.expanded(round(share * writing.height), margins[0])
        return _cut_picture(page, field, around)

    is_lone = sum(character.isdigit() for character in reading.raw) == 1
    return Pictures(
        looks,
        widen(PICTURES.aside) if field.writing_beside else None,
        widen(PICTURES.near) if is_lone else None,
    )


def _cut_picture(page: Gray, field: FieldImage, around: Box) -> Gray:
    """Cut a place in the frame of a field out of its page."""
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
