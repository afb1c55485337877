"""Measures the ink that a pen added to a box, against the box of the blank page."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import label_components, measure_stroke_width

__all__ = [
    "INPUTS",
    "MARGIN_PX",
    "PATCH_PX",
    "REACH_PX",
    "SIDE_PX",
    "measure_marks",
    "to_darkness",
]

Floats = npt.NDArray[np.float32]

SIDE_PX = 24
"""Side of a box as it is measured, whatever its size and shape on the page."""
MARGIN_PX = 12
"""How much of the page around the box is measured with it."""
PATCH_PX = SIDE_PX + 2 * MARGIN_PX
REACH_PX = 10
"""How far a box may lie beside the place where it is expected; also more margin."""
_PAPER = 80  # per cent of a box and its surroundings are darker than paper at most
_LEAST_DEPTH = 40.0  # grey levels between paper and ink
_GRID = 12  # parts of a patch, each way
_INKED = 0.3  # darkness added that counts as a stroke
_STRONG = 0.6
_SLACK = np.ones((3, 3), np.uint8)  # print may be this much broader than expected
_INNER = slice(MARGIN_PX, MARGIN_PX + SIDE_PX)
_CORE = slice(MARGIN_PX + 4, MARGIN_PX + SIDE_PX - 4)
_MEASURES = 16
INPUTS = 2 * _GRID**2 + _MEASURES
"""Numbers that describe a box."""


def to_darkness(grey: npt.NDArray[np.uint8], darkest: int) -> Floats:
    """Say how dark a part of a page is, whatever its paper, its light and its ink.

    Args:
        grey: (h, w) uint8, 0 = black, dark on light.
        darkest: Grey level of the darkest ink of the page.

    Returns:
        (h, w) float32 in [0, 1], 0 = paper.
    """
    paper = float(np.percentile(grey, _PAPER))
    depth = max(paper - darkest, _LEAST_DEPTH)
    return np.asarray(np.clip((paper - grey) / depth, 0, 1), np.float32)


def measure_marks(
    boxes: npt.NDArray[np.float32], references: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Describe what was added to boxes.

    Args:
        boxes: (N, P, P) float32 in [0, 1], 1 = as dark as the page's ink, where P is
            `PATCH_PX` + 2 `REACH_PX`: boxes with what is around them.
        references: (N, Q, Q), where Q is `PATCH_PX`: the same on the blank page.

    Returns:
        (N, `INPUTS`) float64.
    """
    rows = [_describe(box, own) for box, own in zip(boxes, references, strict=True)]
    return np.array(rows, np.float64).reshape(-1, INPUTS)


def _describe(box: Floats, reference: Floats) -> list[float]:
    placed, likeness = _place(box, reference)
    printed = cv2.dilate(reference, _SLACK)
    added = np.clip(placed - printed, 0, 1).astype(np.float32)
    # Where it is printed nothing can be added, and the stroke of a pen is cut.
    mended = np.where(
        printed > _INKED, cv2.morphologyEx(added, cv2.MORPH_CLOSE, _SLACK), added
    )
    size = (_GRID, _GRID)
    coarse = cv2.resize(added, size, interpolation=cv2.INTER_AREA)
    print_ = cv2.resize(reference, size, interpolation=cv2.INTER_AREA)
    measures = _measure(added, mended.astype(np.float32), reference)
    return [*coarse.ravel(), *print_.ravel(), likeness, *measures]


def _place(box: Floats, reference: Floats) -> tuple[Floats, float]:
    """Find where exactly a box lies, by what is printed in and around it.

    Returns:
        The box as large as the reference, and how much of its print was found, from -1
        to 1; 0 where there is none.
    """
    side = len(reference)
    if float(reference.std()) < 0.02:
        return box[REACH_PX:-REACH_PX, REACH_PX:-REACH_PX], 0.0
    found = cv2.matchTemplate(box, reference, cv2.TM_CCOEFF_NORMED)
    found = np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0)
    steps = np.arange(-REACH_PX, REACH_PX + 1)
    # Far from where it is expected, likeness is more likely chance.
    far = 0.01 * np.hypot(*np.meshgrid(steps, steps))
    top, left = np.unravel_index(int((found - far).argmax()), found.shape)
    return box[top : top + side, left : left + side], float(found[top, left])


def _measure(added: Floats, mended: Floats, reference: Floats) -> list[float]:
    """Measure the strokes that were added, lengths in sides of the box."""
    inner, core = mended[_INNER, _INNER], mended[_CORE, _CORE]
    strokes = np.where(mended > _INKED, 255, 0).astype(np.uint8)
    labels, stats, _ = label_components(strokes)
    inside = np.bincount(labels[_INNER, _INNER].ravel(), minlength=len(stats))
    inside[0] = 0
    largest = int(inside.argmax())
    touching = np.isin(labels, np.flatnonzero(inside))
    of_largest = labels == largest if inside[largest] else np.zeros_like(touching)
    width = measure_stroke_width(touching)
    area = float(touching.sum())
    within = float(inside.sum())
    extent = _extent(of_largest)
    depth = _extent(of_largest[_INNER, _INNER])
    return [
        float(inner.mean()),
        float(core.mean()),
        float((inner > _STRONG).mean()),
        float(cv2.blur(mended, (5, 5))[_INNER, _INNER].max()),
        float(np.sort(inner, axis=None)[-40:].mean()),
        float(mended[touching].mean()) if area else 0.0,
        within / SIDE_PX**2,
        within / max(area, 1.0),
        area / max(width, 1.0) / SIDE_PX,
        width / SIDE_PX,
        *extent,
        *depth,
        float(reference[_CORE, _CORE].mean()),
    ]


def _extent(mask: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Measure how wide and how high something is, in sides of the box."""
    if not mask.any():
        return 0.0, 0.0
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return float(np.ptp(columns) + 1) / SIDE_PX, float(np.ptp(rows) + 1) / SIDE_PX
