from __future__ import annotations

import cv2
import numpy as np
import pytest
from made_digits import make_digits

from formreader.training.drawing import negatives
from formreader.training.drawing.digit_shapes import parse_shape
from formreader.training.drawing.letter_shapes import LETTERS

DIGITS = make_digits(40)


@pytest.mark.parametrize("name", negatives.DRAWN_KINDS)
def test_drawn_marks_fill_the_frame(name: str) -> None:
    draw, _ = negatives.DRAWN_KINDS[name]
    rng = np.random.default_rng(1)
    images = [draw(rng) for _ in range(30)]
    assert all(image.shape == (56, 56) for image in images)
    inked = [image for image in images if image.any()]
    assert len(inked) >= 20
    for image in inked:
        assert max(cv2.boundingRect(image)[2:]) in (39, 40, 41)


def test_the_shares_of_drawn_marks_make_one() -> None:
    assert sum(share for _, share in negatives.DRAWN_KINDS.values()) == pytest.approx(1)


def test_letters_like_digits_are_left_out_and_all_others_have_a_shape() -> None:
    known = {name for name in LETTERS if len(name) == 1}
    assert not known & set("oOlIizZsSbBqQgGxX")
    assert {name.lower() for name in known} == set("acdefhjklmnprtuvwy")
    for shapes in LETTERS.values():
        for shape in shapes:
            assert all(len(stroke) >= 2 for stroke in parse_shape(shape))


def test_a_pair_is_wider_than_its_digits() -> None:
    rng = np.random.default_rng(1)
    eights = DIGITS.images[DIGITS.labels == 8]
    wide = 0
    for _ in range(20):
        merged = negatives.merge_pair([eights[0], eights[1], eights[2]], rng)
        _, _, width, height = cv2.boundingRect(merged)
        wide += width > height
    assert wide >= 14  # the others stand one above the other


def test_no_half_is_cut_that_could_be_a_digit() -> None:
    rng = np.random.default_rng(1)
    cut = set()
    for image, label in zip(DIGITS.images, DIGITS.labels, strict=True):
        if negatives.take_half(image, int(label), rng) is not None:
            cut.add(int(label))
    assert {0, 2, 5} <= cut <= {0, 2, 3, 4, 5}


def test_a_turned_digit_has_the_same_ink() -> None:
    rng = np.random.default_rng(1)
    labels = set()
    for image, label in zip(DIGITS.images, DIGITS.labels, strict=True):
        turned = negatives.turn_digit(image, int(label), rng)
        if turned is not None:
            labels.add(int(label))
            assert turned.sum() == image.sum()
            assert (turned != image).any()
    assert labels == set(range(10)) - {0, 8}  # which look the same from every side


def test_a_barred_seven_and_a_slashed_zero_are_not_called_crossed() -> None:
    rng = np.random.default_rng(1)
    one_line = [
        negatives.strike_out(DIGITS.images[label], label, rng)
        for label in (0, 1, 7)
        for _ in range(40)
    ]
    assert 0.15 < np.mean([image is None for image in one_line]) < 0.45
    struck = negatives.strike_out(DIGITS.images[8], 8, rng)
    assert struck is not None
