from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from made_digits import make_source

from formreader.errors import UnreadableFileError
from formreader.training.digits.mixture import CROSSED, OTHER, Mixer, Recipe
from formreader.training.digits.supplement import Supplement, load_letters, load_penned
from formreader.training.drawing.letter_shapes import LETTERS, LIKE_DIGITS
from formreader.training.drawing.pens import (
    Nib,
    choose_nib,
    slash_zero,
    write_strokes,
)

SEVEN = [[[0, 0], [30, 0], [60, 2], [45, 50], [30, 100]]]
RING = [[[50 + 40 * np.cos(t), 50 + 50 * np.sin(t)] for t in np.linspace(0, 6.3, 30)]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("writing")
    crops = np.zeros((120, 32, 32), np.uint8)
    crops[:, 4:28, 10:14] = 255
    crops[:, 24:28, 10:24] = 255
    codes = np.array([ord(c) for c in "aohx" * 30], np.uint8)
    np.savez(folder / "abc.npz", x=crops, y=codes, w=np.arange(120) // 4)
    rows = [[d, w, False, r] for w in range(30) for d, r in ((7, SEVEN), ("0", RING))]
    rows.append(["47", 1, False, SEVEN])
    strokes = folder / "pen.json.gz"
    strokes.write_bytes(gzip.compress(json.dumps(rows).encode()))
    return str(folder / "abc.npz"), strokes


def test_letters_like_digits_are_left_out_and_x_is_crossed(
    files: tuple[str, Path],
) -> None:
    letters = load_letters(files[0])
    assert letters.labels.tolist() == [OTHER, OTHER, CROSSED] * 30
    assert letters.writers is not None and len(letters.writers) == 90


def test_no_letter_of_the_stroke_models_looks_like_a_digit() -> None:
    assert not LIKE_DIGITS & set(LETTERS)


def test_letters_without_writers_are_held_out_from_all_of_the_alphabet(
    tmp_path: Path,
) -> None:
    crops = np.full((60, 8, 8), 255, np.uint8)
    crops[:, 0, 0] = np.repeat(np.arange(5), 12)  # says which letter it is
    codes = np.repeat([ord(c) for c in "acdef"], 12)
    np.savez(tmp_path / "abc.npz", x=crops, y=codes)
    kept = load_letters(str(tmp_path / "abc.npz")).split()[1]
    assert sorted(kept.crops[:, 0, 0].tolist()) == list(range(5))


def test_single_digits_of_strokes_are_taken(files: tuple[str, Path]) -> None:
    penned = load_penned(files[1])
    assert len(penned) == 60
    assert set(penned.labels.tolist()) == {0, 7}


def test_the_same_writers_are_held_out_of_letters_and_strokes(
    files: tuple[str, Path],
) -> None:
    fitted, kept = Supplement.load([files[0]], [files[1]]).split()
    (letters,), (strokes,) = kept.letters, kept.penned
    assert letters.writers is not None
    assert set(letters.writers.tolist()) == set(strokes.writers.tolist())
    assert not set(fitted.penned[0].writers.tolist()) & set(strokes.writers.tolist())


def test_writers_can_be_left_out(files: tuple[str, Path]) -> None:
    gone = {"abc": [3], "pen": [3, 4]}
    found = Supplement.load([files[0]], [files[1]], gone)
    (letters,), (strokes,) = found.letters, found.penned
    assert letters.writers is not None and 3 not in letters.writers
    assert {4, 5} & set(letters.writers.tolist()) == {4, 5}
    assert not {3, 4} & set(strokes.writers.tolist())


def test_what_is_no_file_of_letters_is_named(tmp_path: Path) -> None:
    path = tmp_path / "abc.npz"
    np.savez(path, x=np.zeros((2, 4, 4), np.uint8))
    with pytest.raises(UnreadableFileError, match=r"abc\.npz: cannot read letters"):
        load_letters(str(path))


def test_letters_and_strokes_take_their_share_of_batches(
    files: tuple[str, Path],
) -> None:
    supplement = Supplement.load([files[0]], [files[1]])
    recipe = Recipe(pool=12).beside(supplement)
    assert Recipe(pool=12).beside(Supplement()) == Recipe(pool=12)
    assert recipe.letters > 0 and recipe.crosses > 0
    assert recipe.non_digit_odds < Recipe().non_digit_odds
    ones = make_source(30, 1)
    ones = ones.select(ones.labels == 1)
    mixer = Mixer([ones], recipe, 1, supplement)
    _, labels = mixer.batch(1200, (3,))
    digits = labels[labels < 10]
    penned = np.mean(np.isin(digits, [0, 7]))  # the source has ones alone
    drawn = recipe.drawn * 0.2
    assert penned == pytest.approx(recipe.penned + drawn, abs=0.03)
    assert np.mean(labels == OTHER) == pytest.approx(recipe.other, abs=0.03)


@pytest.mark.parametrize("width", [0.03, 0.1, 0.25])
def test_a_stroke_is_as_wide_as_the_pen(width: float) -> None:
    bar = [np.array([[0.0, 0.0], [0.0, 0.5], [0.0, 1.0]])]
    nib = Nib(width, 1.0, 0.0, 0.0)
    rng = np.random.default_rng(0)
    images = [write_strokes(bar, nib, rng, 112) for _ in range(20)]
    across = np.median([image[50:62].sum(axis=1).mean() / 255 for image in images])
    assert across == pytest.approx(width * 80, rel=0.2, abs=0.8)
    rows = np.flatnonzero(images[0].any(axis=1))
    assert np.ptp(rows) + 1 == pytest.approx(80, abs=2)


def test_a_flat_nib_draws_thin_along_and_wide_across() -> None:
    rng = np.random.default_rng(0)
    nib = Nib(0.2, 0.25, 0.0, 0.0)
    down, across = (
        [np.array(line)] for line in ([[0, 0], [0, 1.0]], [[0, 0], [1.0, 0]])
    )
    wide = (write_strokes(down, nib, rng, 56) > 127).sum(axis=1).max()
    thin = (write_strokes(across, nib, rng, 56) > 127).sum(axis=0).max()
    assert wide > 2 * thin


def test_pens_are_from_a_hairline_to_a_marker() -> None:
    rng = np.random.default_rng(0)
    widths = [choose_nib(rng).width for _ in range(400)]
    assert min(widths) < 0.04 and max(widths) > 0.2
    assert min(widths) >= 0.03 and max(widths) <= 0.25


def test_a_slash_crosses_the_zero_upwards() -> None:
    ring = [np.array(RING[0])]
    slashed = slash_zero(ring, np.random.default_rng(0))
    assert len(slashed) == 2
    (x0, y0), (x1, y1) = slashed[1]
    assert x0 < 50 < x1 and y1 < 50 < y0
