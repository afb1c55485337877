"""Reads the boxes to tick of a page that was recognised."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.forms.matching import Match
from formreader.forms.registration.registration import refine_field
from formreader.forms.registration.views import Reference
from formreader.forms.templates.entries import FieldTemplate
from formreader.geometry import Box, measure_sides, transform_points
from formreader.layout.prepared_page import PreparedPage
from formreader.readings import FieldReading
from formreader.records import FieldKind
from formreader.ticks.decisions import Question, decide_boxes
from formreader.ticks.measures import (
    MARGIN_PX,
    PATCH_PX,
    REACH_PX,
    SIDE_PX,
    measure_marks,
    to_darkness,
)
from formreader.ticks.model import load_tick_model

__all__ = ["read_ticks"]

Floats = npt.NDArray[np.float64]

_SURROUNDINGS = 3  # sides of a box, by whose print it is aligned
_MOST_FINE = 4  # pixels of the page for one of a patch, each way
_LEAST_SHARE = 0.12  # of the place of a box that its print encloses
_LEAST_SIDE = 6  # pixels
_LONGEST = 3.0  # times as long as broad
_VIEW = PATCH_PX + 2 * REACH_PX


def read_ticks(page: PreparedPage, match: Match) -> dict[str, FieldReading]:
    """Read the fields of a page that are boxes to tick.

    Args:
        page: The page.
        match: Which form it is, and where.

    Returns:
        The readings by name; nobody has decided about them.

    Raises:
        ModelError: If the network that ships is missing or damaged.
    """
    fields = [
        field
        for field in match.template.fields_on(match.page)
        if field.kind in (FieldKind.TICK, FieldKind.CHOICE)
    ]
    if not fields:
        return {}
    views, blanks, counts = [], [], []
    for field in fields:
        boxes = [find_printed_box(match.reference, box) for box in field.mark_boxes]
        counts.append(len(boxes))
        for box in boxes:
            views.append(_cut_view(page, _align(page, match, box), box))
            blanks.append(_cut_view(match.reference, np.eye(3), box, REACH_PX))
    inputs = measure_marks(np.stack(views), np.stack(blanks))
    chances = load_tick_model().predict(inputs)
    parts = np.split(chances, np.cumsum(counts)[:-1])
    return {
        field.name: decide_boxes(_ask(field), part, _outline(field, match))
        for field, part in zip(fields, parts, strict=True)
    }


def _ask(field: FieldTemplate) -> Question:
    return Question(
        field.name,
        field.kind,
        field.option_values,
        takes_many=field.select == "many",
        columns=field.columns,
    )


def _outline(field: FieldTemplate, match: Match) -> Floats:
    return transform_points(field.box.corners, match.registration.near(field.box))


def find_printed_box(reference: Reference, place: Box) -> Box:
    """Find the inner edge of the box or bubble that is printed at a place.

    Args:
        reference: The blank page.
        place: Where the template says that it is, in pixels of the reference.

    Returns:
        The largest part of the place that print encloses; the place where none does.
    """
    reach = max(2, round(0.2 * min(place.width, place.height)))
    area = place.expanded(reach, reach).clipped(reference.pixels.shape)
    ink = np.ascontiguousarray(reference.faint_ink[area.slices])
    contours, tree = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    best, best_area = place, _LEAST_SHARE * place.area
    for contour, (_, _, _, parent) in zip(
        contours, tree[0] if len(contours) else (), strict=True
    ):
        left, top, width, height = cv2.boundingRect(contour)
        is_box = min(width, height) >= _LEAST_SIDE
        is_box = is_box and max(width, height) <= _LONGEST * min(width, height)
        # The contour of a hole runs along the print around it.
        if parent >= 0 and is_box and width * height > best_area:
            box = Box(left + 1, top + 1, left + width - 1, top + height - 1)
            best, best_area = box.shifted(area.left, area.top), width * height
    return best


def _align(page: PreparedPage, match: Match, box: Box) -> Floats:
    """Find where on the page a box is, by all that is printed near it."""
    margin = _SURROUNDINGS * max(box.width, box.height) // 2
    area = box.expanded(margin, margin).clipped(match.reference.pixels.shape)
    return refine_field(page, match.registration, match.reference, area)


def _cut_view(
    page: PreparedPage, to_page: Floats, box: Box, cropped: int = 0
) -> npt.NDArray[np.float32]:
    """Cut out a box with what is around it, upright and of one size.

    Args:
        page: The page, or the reference.
        to_page: (3, 3) homography from the reference to it.
        box: The box, in pixels of the reference.
        cropped: Pixels to leave out on each side.

    Returns:
        (V, V) float32 in [0, 1], as `measure_marks` takes it.
    """
    width, height = measure_sides(transform_points(box.corners, to_page)[None])[0]
    fine = int(np.clip(np.ceil(max(width, height) / SIDE_PX), 1, _MOST_FINE))
    step = np.array([box.width, box.height]) / (SIDE_PX * fine)
    corner = np.array([box.left, box.top]) - (MARGIN_PX + REACH_PX) * fine * step
    # Whole numbers are the middles of pixels.
    shift = corner + step / 2 - 0.5
    to_reference = np.array([[step[0], 0, shift[0]], [0, step[1], shift[1]], [0, 0, 1]])
    view = cv2.warpPerspective(
        page.pixels,
        to_page @ to_reference,
        (_VIEW * fine, _VIEW * fine),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    darkest = 0 if page.paper is None else page.paper.darkest
    if page.paper is not None and page.paper.is_negative:
        view = 255 - view
    view = cv2.resize(view, (_VIEW, _VIEW), interpolation=cv2.INTER_AREA)
    dark = to_darkness(np.asarray(view, np.uint8), darkest)
    return dark[cropped : _VIEW - cropped, cropped : _VIEW - cropped]
