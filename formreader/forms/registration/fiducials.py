"""Where printed forms carry markers, by which a page is aligned with its template."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

DICTIONARY = cv2.aruco.DICT_4X4_50
"""The ArUco dictionary of the markers."""

MARKER_MODULES = 6
"""Black and white squares along a marker's side, its border included."""

_SIDE = 0.05  # of the page's shorter side: 10 mm on A4
_INSET = 0.035  # of the same: printers leave out up to 5 mm


def marker_corners(width: int, height: int) -> dict[int, npt.NDArray[np.float64]]:
    """Place the markers of a printed page.

    Args:
        width: Of the page in pixels of the template.
        height: The same.

    Returns:
        For the ids 0 to 3, clockwise from the upper left of the page: (4, 2) float64
        corners (x, y) of the marker's black border in pixels of the template, clockwise
        from its own upper left, as `cv2.aruco` reports them.

    Example:
        >>> marker_corners(2000, 3000)[2][2].tolist()
        [1930.0, 2930.0]
    """
    shorter = min(width, height)
    side = MARKER_MODULES * max(1, round(_SIDE * shorter / MARKER_MODULES))
    inset = round(_INSET * shorter)
    right, bottom = width - inset - side, height - inset - side
    square = np.array([[0, 0], [side, 0], [side, side], [0, side]], dtype=np.float64)
    places = ((inset, inset), (right, inset), (right, bottom), (inset, bottom))
    return {number: square + place for number, place in enumerate(places)}


def marker_modules(number: int) -> npt.NDArray[np.bool_]:
    """Draw a marker.

    Args:
        number: Its id, 0 to 49.

    Returns:
        (6, 6) bool, True = black.
    """
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARY)
    image = cv2.aruco.generateImageMarker(dictionary, number, MARKER_MODULES)
    return np.asarray(np.asarray(image) == 0, dtype=np.bool_)
