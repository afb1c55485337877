from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formreader.geometry import (
    Box,
    bound_components,
    bounding_box,
    label_components,
    transform_points,
)

sizes = st.integers(0, 500)
places = st.integers(-500, 500)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, top = draw(places), draw(places)
    return Box(left, top, left + draw(sizes), top + draw(sizes))


@given(boxes(), boxes())
def test_the_union_covers_both_boxes_and_no_more(one: Box, other: Box) -> None:
    both = one.union(other)
    assert one.intersection_area(both) == one.area
    assert other.intersection_area(both) == other.area
    assert both.left in {one.left, other.left}
    assert both.bottom in {one.bottom, other.bottom}


@given(boxes())
def test_a_clipped_box_lies_inside_the_image(box: Box) -> None:
    image = np.zeros((100, 200), dtype=np.uint8)
    clipped = box.clipped(image.shape)
    assert image[clipped.slices].size == clipped.area
    assert clipped.area == box.intersection_area(Box(0, 0, 200, 100))


def test_a_box_turned_inside_out_is_refused() -> None:
    with pytest.raises(ValueError, match="negative size"):
        Box(5, 0, 4, 10)


def test_points_follow_a_perspective() -> None:
    homography = np.array([[2.0, 0, 10], [0, 2.0, 20], [0, 0.01, 1.0]])
    moved = transform_points([[0, 0], [3, 100]], homography)
    assert moved.tolist() == [[10, 20], [8, 110]]


def test_the_bounding_box_holds_every_pixel_touched() -> None:
    assert bounding_box([[1.2, 3.9], [7.5, 4.1]]) == Box(1, 3, 8, 5)


def test_components_touch_at_corners_and_the_paper_comes_first() -> None:
    ink = np.zeros((6, 9), np.uint8)
    ink[1, 1] = ink[2, 2] = 255
    ink[4:6, 5:8] = 255
    labels, stats, centres = label_components(ink)
    assert stats[1:].tolist() == [[1, 1, 2, 2, 2], [5, 4, 3, 2, 6]]
    assert centres[1:].tolist() == [[1.5, 1.5], [6.0, 4.5]]
    assert labels[2, 2] == labels[1, 1] == 1
    assert labels[0, 0] == 0


@pytest.mark.parametrize("shape", [(0, 5), (5, 0)])
def test_nothing_holds_no_component(shape: tuple[int, int]) -> None:
    nothing = np.zeros(shape, np.uint8)
    assert len(label_components(nothing)[1]) == 1
    assert len(bound_components(nothing)) == 0


def test_boxes_are_those_of_components_within_a_ring_too() -> None:
    ink = np.zeros((9, 9), np.uint8)
    ink[0:9, 0:9] = 255
    ink[1:8, 1:8] = 0
    ink[4, 3:6] = 255
    assert sorted(bound_components(ink).tolist()) == [[0, 0, 9, 9], [3, 4, 3, 1]]
