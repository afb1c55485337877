from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_digits import make_digits

from formreader.errors import UnreadableFileError
from formreader.training.datasets import DigitSet, load_all, load_npz, split_held_out

DIGITS = make_digits(20)


def save(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npz", x=DIGITS.images, y=DIGITS.labels)
    loaded = load_npz(path)
    np.testing.assert_array_equal(loaded.images, DIGITS.images)
    np.testing.assert_array_equal(loaded.labels, DIGITS.labels)


def test_files_and_folders_are_joined(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    one = save(tmp_path / "one.npz", x=DIGITS.images[:3], y=DIGITS.labels[:3])
    save(tmp_path / "more" / "two.npz", x=DIGITS.images[3:5], y=DIGITS.labels[3:5])
    assert load_all([one, tmp_path / "more"]).labels.tolist() == [0, 1, 2, 3, 4]


def test_a_folder_without_digits_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no npz file"):
        load_all([tmp_path])


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"x": DIGITS.images}, "arrays x and y"),
        ({"x": DIGITS.images[:, :16, :16], "y": DIGITS.labels}, "not uint8"),
        ({"x": DIGITS.images / 255, "y": DIGITS.labels}, "float64"),
        ({"x": DIGITS.images[:3], "y": DIGITS.labels}, r"\(20, 28, 28\)"),
        ({"x": DIGITS.images[:0], "y": DIGITS.labels[:0]}, "labels from 0 to 11"),
        ({"x": DIGITS.images[:1], "y": np.array([12])}, "labels from 0 to 11"),
        ({"x": DIGITS.images[:1], "y": np.array([0.5])}, "labels from 0 to 11"),
    ],
)
def test_arrays_that_are_no_labelled_digits_are_refused(
    tmp_path: Path, arrays: dict[str, Any], complaint: str
) -> None:
    path = save(tmp_path / "bad.npz", **arrays)
    with pytest.raises(UnreadableFileError, match=complaint) as caught:
        load_npz(path)
    assert caught.value.path == path


@pytest.mark.parametrize("content", [None, b"", b"text", b"PK\3\4broken"])
def test_a_file_that_is_no_npz_is_refused(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "bad.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match="cannot read digits"):
        load_npz(path)


def test_a_split_shares_no_digit_and_loses_none() -> None:
    images = np.zeros((50, 28, 28), dtype=np.uint8)
    images[:, 0, 0] = np.arange(50)
    numbered = DigitSet(images, np.zeros(50, dtype=np.uint8))
    fitted, held_out = split_held_out(numbered, 10, np.random.default_rng(1))
    assert (len(fitted), len(held_out)) == (40, 10)
    together = [*fitted.images[:, 0, 0], *held_out.images[:, 0, 0]]
    assert sorted(together) == list(range(50))
