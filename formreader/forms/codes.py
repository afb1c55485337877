"""Reads the QR codes that are printed in the fields of a form."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from formreader.forms.matching import Match
from formreader.forms.serials import split_code
from formreader.geometry import transform_points
from formreader.layout.prepared_page import PreparedPage
from formreader.readings import FieldReading
from formreader.records import FieldKind

__all__ = ["read_codes"]

Pixels = npt.NDArray[np.uint8]

_SIDES_PX = (320, 480, 240)  # of the box in the pictures that are tried
_MARGIN = 0.25  # of the box, around it: paper curls, and codes need free paper
_BLURS_PX = (0.0, 1.2, 2.5)


def read_codes(page: PreparedPage, match: Match) -> dict[str, FieldReading]:
    """Read the fields of a page that hold a printed code.

    Args:
        page: The page.
        match: Which form it is, and where.

    Returns:
        The readings by name; nobody has decided about them. One that cannot be read,
        or is of another form, has no value.
    """
    found = {}
    for field in match.template.fields_on(match.page):
        if field.kind is not FieldKind.CODE:
            continue
        outline = transform_points(
            field.box.corners, match.registration.near(field.box)
        )
        text = _decode(page, outline)
        value = split_code(text, match.template.name, match.page)
        found[field.name] = FieldReading.of_code(field.name, value or "", outline)
    return found


def _decode(page: PreparedPage, outline: npt.NDArray[np.float64]) -> str:
    """Decode the code in a place of the page; empty if there is none."""
    detectors = (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco())
    for picture in _list_pictures(page, outline):
        for detector in detectors:
            try:
                text, _, _ = detector.detectAndDecode(picture)
            except (cv2.error, UnicodeDecodeError):
                continue
            if text:
                return str(text)
    return ""


def _list_pictures(
    page: PreparedPage, outline: npt.NDArray[np.float64]
) -> Iterator[Pixels]:
    """Cut the place of a code out of a page, upright, at several sizes and sharpness.

    Yields:
        (S, S) uint8, 0 = black.
    """
    is_negative = page.paper is not None and page.paper.is_negative
    for side in _SIDES_PX:
        margin = round(_MARGIN * side)
        low, high = margin, margin + side
        corners = np.array([[low, low], [high, low], [high, high], [low, high]])
        to_page = cv2.getPerspectiveTransform(
            corners.astype(np.float32), outline.astype(np.float32)
        )
        size = side + 2 * margin
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        view = cv2.warpPerspective(
            page.pixels, to_page, (size, size), flags=flags, borderValue=255
        )
        view = 255 - view if is_negative else view
        for blur in _BLURS_PX:
            smooth = cv2.GaussianBlur(view, (0, 0), blur) if blur else view
            yield np.asarray(smooth, np.uint8)
            yield np.asarray(
                cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1],
                np.uint8,
            )
