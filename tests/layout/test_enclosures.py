from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from formreader.layout.enclosures import add_enclosures, find_enclosures

HEIGHT, WIDTH = 1000, 1400
Mask = npt.NDArray[np.uint8]


def draw_boxes(count: int, gap: int = 0, radius: int = 0, dot: int = 0) -> Mask:
    """Draw a row of boxes of 60 x 70 pixels."""
    page = np.zeros((HEIGHT, WIDTH), np.uint8)
    for index in range(count):
        left, top = 200 + index * (60 + gap), 300
        x, y, r = left + 60, top + 70, radius
        for a, b in (
            ((left + r, top), (x - r, top)),
            ((left + r, y), (x - r, y)),
            ((left, top + r), (left, y - r)),
            ((x, top + r), (x, y - r)),
        ):
            cv2.line(page, a, b, 255, 2)
        for centre, turn in (
            ((left + r, top + r), 180),
            ((x - r, top + r), 270),
            ((x - r, y - r), 0),
            ((left + r, y - r), 90),
        ):
            if r:
                cv2.ellipse(page, centre, (r, r), turn, 0, 90, 255, 2)
    if dot:
        page[:, ::dot] = 0
        page[::dot] = 0
    return page


@pytest.mark.parametrize(
    "page",
    [draw_boxes(5), draw_boxes(5, radius=15), draw_boxes(5, dot=3), draw_boxes(5, 30)],
    ids=["plain", "rounded", "dotted", "apart"],
)
def test_boxes_of_any_line_and_corner_are_found(page: Mask) -> None:
    cells = find_enclosures(page)
    lefts = sorted(cell.box.left for cell in cells if cell.box.width > 40)
    assert len(lefts) == 5
    assert np.allclose(np.diff(lefts), np.diff(lefts)[0], atol=2)


def test_the_space_between_boxes_that_stand_apart_is_no_cell() -> None:
    page = draw_boxes(4, gap=20)
    page[299:302, 200:500] = page[369:372, 200:500] = 255
    [frame] = add_enclosures([], page)
    assert len(frame.cells) == 4
    assert all(cell.upright.width > 50 for cell in frame.cells)


def test_a_page_without_rules_encloses_nothing() -> None:
    assert find_enclosures(np.zeros((HEIGHT, WIDTH), np.uint8)) == []
    assert add_enclosures([], np.zeros((HEIGHT, WIDTH), np.uint8)) == []
