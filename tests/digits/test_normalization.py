from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formreader.digits.normalization import normalize_all, to_mnist


def centre_of_mass(image: np.ndarray) -> tuple[float, float]:
    rows, columns = np.indices(image.shape)
    return (
        float((rows * image).sum() / image.sum()),
        float((columns * image).sum() / image.sum()),
    )


@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32 - 1))
def test_ink_fits_twenty_pixels_and_is_centred_by_mass(
    height: int, width: int, seed: int
) -> None:
    noise = np.random.default_rng(seed).random((height, width)) < 0.5
    noise[0, 0] = noise[-1, -1] = True
    image = to_mnist(np.where(noise, 255, 0).astype(np.uint8))
    assert image.shape == (28, 28)
    assert image.dtype == np.float32
    assert 0 <= image.min() <= image.max() <= 1
    inked = np.argwhere(image > 0)
    extent = inked.max(axis=0) - inked.min(axis=0) + 1
    assert extent.max() <= 20
    row, column = centre_of_mass(image)
    assert row == pytest.approx(13.5, abs=1.0)
    assert column == pytest.approx(13.5, abs=1.0)


def test_aspect_ratio_is_kept() -> None:
    image = to_mnist(np.full((80, 20), 255, dtype=np.uint8))
    assert np.count_nonzero(image.any(axis=1)) == 20
    assert np.count_nonzero(image.any(axis=0)) == 5


@pytest.mark.parametrize("scale", [2, 3])
def test_the_size_of_the_crop_hardly_matters(scale: float) -> None:
    ink = np.zeros((60, 40), dtype=np.uint8)
    cv2.ellipse(ink, (20, 30), (14, 24), 0, 0, 360, 255, 6)
    scaled = cv2.resize(ink, None, fx=scale, fy=scale).astype(np.uint8)
    assert np.abs(to_mnist(ink) - to_mnist(scaled)).mean() < 0.03


def test_the_margin_around_the_ink_does_not_matter() -> None:
    ink = np.zeros((50, 50), dtype=np.uint8)
    ink[10:40, 20:28] = 255
    padded = np.pad(ink, ((3, 20), (11, 0)))
    assert np.array_equal(to_mnist(ink), to_mnist(padded))


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((28, 28), dtype=np.uint8),
        np.ones((28, 28), dtype=np.float32),
        np.ones((28, 28, 3), dtype=np.uint8),
    ],
)
def test_what_is_no_crop_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="ink"):
        to_mnist(wrong)


def test_no_crops_make_an_empty_batch() -> None:
    assert normalize_all([]).shape == (0, 28, 28)
