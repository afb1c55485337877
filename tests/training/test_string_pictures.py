from __future__ import annotations

import numpy as np
import pytest
from made_digits import make_source

from formreader.digits.ctc import best_strings, without_marks
from formreader.digits.strings import PICTURE_MODEL_NAME, StringReader, darkness
from formreader.digits.strip_normalization import HEIGHT
from formreader.training.drawing.handwriting import draw_number, draw_writer
from formreader.training.strings.examples import draw_picture
from formreader.training.strings.stock import DigitStock
from formreader.training.strings.surroundings import draw_surroundings, space_out
from formreader.training.strings.words import LetterStock, compose_word, print_words

SEED = 78_000


def draw_bars() -> np.ndarray:
    ink = np.zeros((40, 90), np.uint8)
    for left in (10, 40, 70):
        ink[5:35, left : left + 6] = 255
    return ink


def test_digits_are_moved_apart_and_stay_as_they_are() -> None:
    ink = draw_bars()
    apart = space_out(ink, 30, np.random.default_rng(SEED))
    assert apart.shape[1] > ink.shape[1]
    assert apart.sum() == ink.sum()


def test_walls_stand_between_the_digits_of_a_row_of_boxes() -> None:
    ink = draw_bars()
    paper = np.full_like(ink, 240)
    drawn = [
        draw_surroundings(paper, ink, 30, "cells", np.random.default_rng(seed))
        for seed in range(8)
    ]
    middle = np.median(drawn, axis=0)[12:28]
    assert (middle[:, [28, 58]].min(axis=0) < 230).all()
    assert (middle[:, [20, 50]] == 240).all()


def test_what_a_form_prints_makes_no_paper_lighter() -> None:
    ink = draw_bars()
    paper = 240 - ink // 2
    rng = np.random.default_rng(SEED)
    for kind in ("none", "box", "cells", "comb", "line"):
        drawn = draw_surroundings(paper, ink, 30, kind, rng)
        assert (drawn <= paper).all()


def test_words_are_written_or_printed_and_have_no_text() -> None:
    rng = np.random.default_rng(SEED)
    letters = LetterStock([make_source(20, seed=4)])
    for _ in range(10):
        word = compose_word(letters, rng)
        assert word.text == ""
        assert word.ink.max() > 100
    assert print_words(20, 1, rng).any()


def test_pictures_are_grey_strips_of_one_height() -> None:
    stock = DigitStock([make_source(20, seed=3)], writers=3, seed=SEED)
    rng = np.random.default_rng(SEED)
    examples = [draw_picture(stock, (), 0, rng) for _ in range(12)]
    assert {example.strip.shape[0] for example in examples} == {HEIGHT}
    tones = np.concatenate([example.strip.ravel() for example in examples])
    assert len(np.unique(tones)) > 100


@pytest.mark.model
def test_the_shipped_network_reads_numbers_between_the_walls_of_boxes() -> None:
    rng = np.random.default_rng(SEED)
    reader = StringReader.load(name=PICTURE_MODEL_NAME)
    right = 0
    for text in [str(number) for number in rng.integers(100, 99_999, 20)]:
        ink = np.pad(draw_number(text, draw_writer(rng), rng, 40, 0.4), 8)
        ink = space_out(ink, 40, rng)
        paper = 240 - (ink // 4) * 3
        picture = draw_surroundings(paper, ink, 40, "cells", rng)
        [answer] = reader.predict([darkness(picture)])
        right += best_strings(without_marks(answer), 1)[0][0] == text
    assert right >= 14
