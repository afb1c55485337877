from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels, blank_page, draw_row, fill_row

from formreader.layout.binarization import FAINT, binarize, is_bilevel, measure_paper


@pytest.fixture
def page() -> Pixels:
    page = blank_page()
    fill_row(page, draw_row(page, 100, 200, 8), "12345678")
    return page


def overlap(found: Pixels, drawn: Pixels) -> float:
    """Intersection over union of ink."""
    both = np.count_nonzero((found > 0) & (drawn > 0))
    return both / np.count_nonzero((found > 0) | (drawn > 0))


def drawn_ink(page: Pixels) -> Pixels:
    return np.where(page < 128, 255, 0).astype(np.uint8)


def test_bilevel_ink_is_taken_as_it_is(page: Pixels) -> None:
    bilevel = 255 - drawn_ink(page)
    assert np.array_equal(binarize(bilevel), drawn_ink(page))
    assert np.array_equal(binarize(255 - bilevel), drawn_ink(page))


def test_one_grey_pixel_anywhere_makes_a_page_of_greys(page: Pixels) -> None:
    bilevel = 255 - drawn_ink(page)
    assert is_bilevel(bilevel)
    bilevel[-7, 33] = 200
    assert not is_bilevel(bilevel)


def test_paper_that_is_known_gives_the_same_ink(page: Pixels) -> None:
    grey = (page // 2 + 40).astype(np.uint8)
    for shown in (grey, 255 - grey):
        known = binarize(shown, FAINT, measure_paper(shown))
        assert np.array_equal(known, binarize(shown, FAINT))


def test_a_negative_page_gives_the_same_ink(page: Pixels) -> None:
    grey = cv2.GaussianBlur(page, (0, 0), 0.8).astype(np.uint8)
    assert overlap(binarize(255 - grey), drawn_ink(page)) > 0.85


def test_a_shadow_over_half_the_page_does_not_matter(page: Pixels) -> None:
    light = np.linspace(1.0, 0.35, page.shape[1])
    shaded = (cv2.GaussianBlur(page, (0, 0), 0.8) * light).astype(np.uint8)
    assert overlap(binarize(shaded), drawn_ink(page)) > 0.8


def test_pale_pencil_on_noisy_paper_is_found(page: Pixels) -> None:
    noise = np.random.default_rng(1).normal(0, 4, page.shape)
    pale = np.clip(255 - (255 - page.astype(float)) * 0.35 - 20 + noise, 0, 255)
    assert overlap(binarize(pale.astype(np.uint8)), drawn_ink(page)) > 0.8


def test_noisy_blank_paper_has_no_ink() -> None:
    noise = np.random.default_rng(2).normal(230, 3, (600, 500))
    ink = binarize(np.clip(noise, 0, 255).astype(np.uint8))
    assert np.count_nonzero(ink) < 1e-3 * ink.size


@pytest.mark.parametrize("scale", [2, 3, 5])
def test_fine_scans_are_marked_as_sharply_as_coarse_ones(
    page: Pixels, scale: int
) -> None:
    fine = np.kron(page, np.ones((scale, scale), dtype=np.uint8))
    grey = cv2.GaussianBlur(fine, (0, 0), 0.8).astype(np.uint8)
    assert overlap(binarize(grey), drawn_ink(fine)) > 0.95
    assert overlap(binarize(grey[:-7, :-3]), drawn_ink(fine[:-7, :-3])) > 0.95
