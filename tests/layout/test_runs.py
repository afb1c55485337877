from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from formreader.layout.runs import Runs, find_runs

masks = arrays(
    np.uint8,
    array_shapes(min_dims=2, max_dims=2, max_side=24),
    elements=st.sampled_from([0, 255]),
)
STEPS = {
    cv2.MORPH_ERODE: Runs.eroded,
    cv2.MORPH_DILATE: Runs.dilated,
    cv2.MORPH_OPEN: Runs.opened,
    cv2.MORPH_CLOSE: Runs.closed,
}


@given(masks, st.booleans())
def test_runs_draw_the_page_they_were_found_on(
    mask: npt.NDArray[np.uint8], level: bool
) -> None:
    assert np.array_equal(find_runs(mask, level=level).draw(), mask)


@pytest.mark.parametrize("step", STEPS)
@given(masks, st.booleans(), st.integers(1, 9))
def test_steps_along_runs_are_those_of_opencv(
    step: int, mask: npt.NDArray[np.uint8], level: bool, length: int
) -> None:
    element = np.ones((1, length) if level else (length, 1), np.uint8)
    expected = cv2.morphologyEx(mask, step, element)
    runs = STEPS[step](find_runs(mask, level=level), length)
    assert np.array_equal(runs.draw(), expected)
