from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formreader.geometry import Box, bounding_box, transform_points

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
