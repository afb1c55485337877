"""Finds combs: a base line with short teeth, between which a digit each is written.

With a frame around it a comb is a wide box with teeth on its lower or upper side;
without one, a line from which teeth point up. Either way they stand at an even pitch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import (
    Box,
    bound_components,
    side_lengths,
    transform_points,
)
from formreader.layout.cells import Cell, Row, cut_at
from formreader.layout.runs import find_runs
from formreader.layout.settings import SETTINGS
from formreader.layout.skew import estimate_skew

__all__ = ["find_combs", "part_at_teeth"]

_COMBS = SETTINGS.combs

Mask = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]


def part_at_teeth(row: Row, rule: Mask) -> Row:
    """Part a box, or boxes that adjoin, at the teeth on the lower and upper side.

    Args:
        row: Cells that adjoin; a wall between two of them counts as a tooth.
        rule: (H, W) uint8, 255 = a line of the form.

    Returns:
        A cell between each two teeth, with the name of the first; the same row if the
        teeth stand at no even pitch.
    """
    width, height = side_lengths(row.outline)
    if width < _COMBS.fewest * _COMBS.pitch[0] * height:
        return row
    frame = Box(0, 0, width, height).corners.astype(np.float32)
    to_page = cv2.getPerspectiveTransform(frame, row.outline.astype(np.float32))
    turned = cv2.warpPerspective(
        rule, to_page, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    inside = np.asarray(turned > 127, np.bool_)
    lengths = np.maximum(_measure_teeth(inside), _measure_teeth(inside[::-1]))
    thickest = max(_COMBS.thinnest_px, _COMBS.thickest * height)
    teeth = _find_teeth(lengths, _COMBS.tooth * height, thickest)
    rim = _COMBS.pitch[0] * height / 2
    teeth = teeth[(teeth > rim) & (teeth < width - rim)]
    places = _fit_pitch(np.concatenate([[0.0], teeth, [float(width)]]), height)
    if places is None or len(places) - 1 <= len(row):
        return row
    return cut_at(replace(row[0], corners=row.outline), places[1:-1] / width)


def find_combs(rule: Mask, taken: Mask) -> list[Row]:
    """Find the combs without a frame.

    Args:
        rule: (H, W) uint8, 255 = a line of the form.
        taken: (H, W) uint8, 255 = cells that were found, print, and what else a number
            cannot stand on.

    Returns:
        The cells of each comb.
    """
    height, width = rule.shape
    if not rule.any():
        return []
    skew_deg = estimate_skew(rule)
    middle = width / 2, height / 2
    matrix = np.asarray(cv2.getRotationMatrix2D(middle, skew_deg, 1.0), np.float64)
    upright = np.asarray(cv2.warpAffine(rule, matrix, (width, height)) > 127, np.bool_)
    found = [(line, _find_places(line, upright)) for line in _find_lines(upright)]
    to_page = np.linalg.inv(np.vstack([matrix, [0.0, 0.0, 1.0]]))
    combs = []
    for line, places in found:
        if places is None:
            continue
        around = _find_room(line, places, taken, matrix)
        if around is not None:
            corners = transform_points(around.corners, to_page)
            shares = (places[1:-1] - places[0]) / (places[-1] - places[0])
            combs.append(cut_at(Cell(corners, around, float(line.height)), shares))
    return combs


def _find_lines(rule: npt.NDArray[np.bool_]) -> Iterator[Box]:
    """Find the level lines of an upright page."""
    shortest = round(_COMBS.shortest * rule.shape[1])
    thick = cv2.dilate(rule.view(np.uint8), np.ones((3, 1), np.uint8))
    long = find_runs(np.asarray(thick, np.uint8)).opened(shortest).draw()
    for left, top, width, height in sorted(bound_components(long).tolist()):
        yield Box(left, top, left + width, top + height)


def _find_places(line: Box, rule: npt.NDArray[np.bool_]) -> Points | None:
    """Find the teeth of a comb whose base is a line; None if it is no comb."""
    top = max(0, line.top - line.width // _COMBS.fewest)
    lengths = _measure_teeth(rule[top : line.top + 1, line.left : line.right][::-1])
    least = _COMBS.longer * line.height
    places = _fit_pitch(_find_teeth(lengths, least, _COMBS.wider * line.height), None)
    if places is None:
        return None
    pitch = float(np.diff(places).mean())
    if places[0] > pitch / 2 or places[-1] < line.width - pitch / 2:
        return None
    return places


def _find_room(line: Box, places: Points, taken: Mask, matrix: Points) -> Box | None:
    """Find the box around the cells of a comb; None if there is no room for them.

    Args:
        line: Its base.
        places: Where its teeth stand, from the left of the base.
        taken: (H, W) uint8, 255 = where no cell can be; the page as it lies.
        matrix: (2, 3) turn of the page that makes it upright.
    """
    pitch = float(np.diff(places).mean())
    left, right = (line.left + round(float(places[end])) for end in (0, -1))
    highest = max(0, round(line.top - _COMBS.height * pitch))
    if line.top - highest < _COMBS.lowest * pitch:
        return None
    moved = matrix - np.array([[0, 0, left], [0, 0, highest]])
    size = right - left, max(1, line.top - 1 - highest)
    drawn = cv2.warpAffine(taken, moved, size) > 127
    blocked = np.flatnonzero(drawn.mean(axis=1) > _COMBS.covered)
    highest += int(blocked[-1]) + 1 if blocked.size else 0
    if line.top - highest < _COMBS.lowest * pitch:
        return None
    return Box(left, highest, right, line.top)


def _measure_teeth(rule: npt.NDArray[np.bool_]) -> npt.NDArray[np.int_]:
    """Measure how far lines reach down from the first rows, for each column.

    A gap of a pixel or two, as scans have them, ends no tooth.
    """
    closed = cv2.morphologyEx(
        rule.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 1), np.uint8)
    )
    base = closed[: _COMBS.base_px]
    start = np.where(base.any(axis=0), base.argmax(axis=0), -1)
    length = np.zeros(rule.shape[1], np.int_)
    for first in range(len(base)):
        runs = closed[first:, start == first]
        ends = np.where(runs.all(axis=0), len(runs), runs.argmin(axis=0))
        length[start == first] = ends
    return length


def _find_teeth(lengths: npt.NDArray[np.int_], least: float, thickest: float) -> Points:
    """Find where lines reach far enough to be teeth, as the middles of these runs."""
    is_tooth = np.concatenate([[0], (lengths >= least).astype(int), [0]])
    edges = np.flatnonzero(np.diff(is_tooth)).reshape(-1, 2)
    thin = edges[:, 1] - edges[:, 0] <= thickest
    return np.asarray(edges[thin].mean(axis=1), np.float64)


def _fit_pitch(teeth: Points, height: float | None) -> Points | None:
    """Fit an even pitch to teeth, of which a few may be missing.

    Args:
        teeth: (N,) x of each, ascending; the first and last are certain.
        height: Of a digit's place, if it is known, with which the pitch must agree.

    Returns:
        (M,) x of all teeth, M >= N; None if they stand at no even pitch.
    """
    if len(teeth) < _COMBS.fewest:
        return None
    pitch = float(np.median(np.diff(teeth)))
    span = float(teeth[-1] - teeth[0])
    count = round(span / pitch)
    if count < _COMBS.fewest or len(teeth) - 2 < _COMBS.seen * (count - 1):
        return None
    pitch = span / count
    low, high = _COMBS.pitch
    if height is not None and not low * height <= pitch <= high * height:
        return None
    steps = (teeth - teeth[0]) / pitch
    if np.abs(steps - np.round(steps)).max() > _COMBS.uneven:
        return None
    return np.asarray(teeth[0] + pitch * np.arange(count + 1), np.float64)
