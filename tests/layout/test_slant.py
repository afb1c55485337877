"""How a page lies before a camera, told by its straight edges."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from drawn_pages import Pixels, blank_page, draw_row

from formreader.geometry import transform_points
from formreader.layout.slant import find_level_view

Matrix = npt.NDArray[np.float64]

DESK = 60
SHEET = (800, 1100)
CORNERS = np.array([[0.0, 0], [800, 0], [800, 1100], [0, 1100]])


def draw_form(rows: int = 12) -> Pixels:
    page = blank_page(*SHEET)
    for number in range(rows):
        draw_row(page, 100 + 40 * (number % 3), 80 + 80 * number, 10, 44, 2)
    return page


def photograph(page: Pixels, corners: Matrix) -> tuple[Pixels, Matrix]:
    """Show a page on a dark desk with its corners at these places."""
    matrix = cv2.getPerspectiveTransform(
        CORNERS.astype(np.float32), corners.astype(np.float32)
    )
    size = (1500, 1600)
    photo = cv2.warpPerspective(page, matrix, size, borderValue=(DESK,))
    return np.asarray(photo, np.uint8), np.asarray(matrix, np.float64)


def turn(angle_deg: float) -> Matrix:
    """Give the corners of a sheet that was turned about its middle."""
    radians = np.deg2rad(angle_deg)
    cos, sin = np.cos(radians), np.sin(radians)
    rotation = np.array([[cos, sin], [-sin, cos]])
    return np.asarray((CORNERS - [400, 550]) @ rotation + [750, 800])


SLANTED = np.array([[380.0, 300], [1120, 340], [1250, 1400], [220, 1330]])


@pytest.mark.parametrize("angle_deg", [-30, -6, 10, 20, 40])
def test_a_turned_sheet_is_laid_level(angle_deg: float) -> None:
    photo, matrix = photograph(draw_form(), turn(angle_deg))
    view = find_level_view(photo)
    assert view is not None
    assert_upright(view.matrix @ matrix, slack_deg=0.3)


def test_a_sheet_photographed_at_a_slant_is_laid_level() -> None:
    photo, matrix = photograph(draw_form(), SLANTED)
    view = find_level_view(photo)
    assert view is not None
    assert_upright(view.matrix @ matrix, slack_deg=0.6)


def assert_upright(to_view: Matrix, slack_deg: float) -> None:
    corners = transform_points(CORNERS, to_view)
    sides = np.roll(corners, -1, axis=0) - corners
    angles = np.degrees(np.arctan2(sides[:, 1], sides[:, 0]))
    away = (angles - [0, 90, 180, 270] + 180) % 360 - 180
    assert np.abs(away).max() <= slack_deg


def test_the_view_is_cut_to_the_sheet() -> None:
    view = find_level_view(photograph(draw_form(), turn(20))[0])
    assert view is not None
    assert view.size == pytest.approx((800, 1100), abs=60)


def test_places_of_the_view_come_back_to_the_photo() -> None:
    photo, _ = photograph(draw_form(), SLANTED)
    view = find_level_view(photo)
    assert view is not None
    drawn = view.draw(photo)
    assert drawn.shape == view.size[::-1]
    there = transform_points(np.array([[300.0, 400.0]]), view.back)
    assert transform_points(there, view.matrix) == pytest.approx(
        np.array([[300.0, 400.0]])
    )


@pytest.mark.parametrize("angle_deg", [0.0, 2.0])
def test_a_page_that_lies_well_is_left_as_it_is(angle_deg: float) -> None:
    assert find_level_view(photograph(draw_form(), turn(angle_deg))[0]) is None


def test_boxes_that_lie_askew_on_their_sheet_are_no_slant() -> None:
    page = draw_form(9)
    askew = cv2.getRotationMatrix2D((400, 950), -8, 1.0)
    patch = blank_page(*SHEET)
    for top in (880, 960):
        draw_row(patch, 200, top, 10, 44, 2)
    turned = cv2.warpAffine(patch, askew, SHEET, borderValue=(255,))
    assert find_level_view(np.minimum(page, turned)) is None


def test_a_page_without_lines_is_left_as_it_is() -> None:
    assert find_level_view(blank_page(*SHEET)) is None
