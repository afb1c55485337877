from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from made_digits import make_digits

from formreader.errors import UnreadableFileError
from formreader.training.sources import Source, load_source

DIGITS = make_digits(20)


def save(path: Path, **arrays: Any) -> str:
    np.savez(path, **arrays)
    return str(path)


def write_idx(path: Path, array: np.ndarray) -> None:
    shape = np.array(array.shape, ">i4").tobytes()
    data = bytes([0, 0, 8, array.ndim]) + shape + array.tobytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    loaded = load_source(save(tmp_path / "a.npz", x=DIGITS.images, y=DIGITS.labels))
    assert loaded.name == "a"
    np.testing.assert_array_equal(loaded.crops, DIGITS.images)
    np.testing.assert_array_equal(loaded.labels, DIGITS.labels)


@pytest.mark.parametrize(
    ("part", "labels"),
    [("0:0.5", range(10)), ("0.9:1", [8, 9]), (":0.1", [0, 1]), (".95:", [9])],
)
def test_a_part_is_taken_in_order(tmp_path: Path, part: str, labels: Any) -> None:
    path = save(tmp_path / "a.npz", x=DIGITS.images, y=DIGITS.labels)
    assert load_source(f"{path}@{part}").labels.tolist() == list(labels)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_an_idx_file_is_loaded_with_its_labels(tmp_path: Path, suffix: str) -> None:
    images = tmp_path / f"train-images-idx3-ubyte{suffix}"
    write_idx(images, DIGITS.images)
    write_idx(tmp_path / f"train-labels-idx1-ubyte{suffix}", DIGITS.labels)
    loaded = load_source(str(images))
    np.testing.assert_array_equal(loaded.crops, DIGITS.images)
    np.testing.assert_array_equal(loaded.labels, DIGITS.labels)


def test_a_folder_of_folders_gives_ink_on_either_paper(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "other").mkdir()
    ink = np.zeros((40, 20), np.uint8)
    ink[5:35, 8:12] = 255
    cv2.imwrite(str(tmp_path / "7" / "a.png"), 255 - ink)
    cv2.imwrite(str(tmp_path / "other" / "b.png"), ink)
    loaded = load_source(str(tmp_path))
    assert loaded.labels.tolist() == [7, 11]
    assert loaded.crops.shape == (2, 40, 40)
    np.testing.assert_array_equal(loaded.crops[0], loaded.crops[1])
    assert np.count_nonzero(loaded.crops[0]) == 120


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"x": DIGITS.images}, "arrays x and y"),
        ({"x": DIGITS.images / 255, "y": DIGITS.labels}, "float64"),
        ({"x": DIGITS.images[:3], "y": DIGITS.labels}, "3, 28, 28"),
        ({"x": DIGITS.images[0], "y": DIGITS.labels}, "not uint8"),
        ({"x": DIGITS.images[:0], "y": DIGITS.labels[:0]}, "not from 0 to 11"),
        ({"x": DIGITS.images[:1], "y": np.array([12])}, "not from 0 to 11"),
        ({"x": DIGITS.images[:1], "y": np.array([0.5])}, "not from 0 to 11"),
    ],
)
def test_arrays_that_are_no_labelled_digits_are_refused(
    tmp_path: Path, arrays: dict[str, Any], complaint: str
) -> None:
    path = save(tmp_path / "bad.npz", **arrays)
    with pytest.raises(UnreadableFileError, match=complaint) as caught:
        load_source(path)
    assert caught.value.path == Path(path)


@pytest.mark.parametrize("name", ["bad.npz", "bad-images-idx3-ubyte", "gone.npz"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if not name.startswith("gone"):
        path.write_bytes(b"text")
    with pytest.raises(UnreadableFileError, match="cannot read digits"):
        load_source(str(path))


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no folders 0 to 9"):
        load_source(str(tmp_path))


def test_mnist_images_stay_as_they_are() -> None:
    source = Source("drawn", DIGITS.images, DIGITS.labels)
    assert source.is_mnist
    np.testing.assert_array_equal(source.normalize().images, DIGITS.images)


def test_a_pale_crop_is_stretched_and_its_paper_goes() -> None:
    crop = np.full((1, 40, 40), 5, np.uint8)
    crop[0, 10:30, 18:22] = 100
    image = Source("pale", crop, np.array([1], np.uint8)).normalize().images[0]
    rows = np.flatnonzero(image.any(axis=1))
    assert image.max() == 255
    assert rows[-1] - rows[0] == 19


def test_an_empty_crop_stays_empty() -> None:
    crops = np.zeros((1, 16, 16), np.uint8)
    source = Source("empty", crops, np.array([11], np.uint8))
    assert not source.normalize().images.any()
    assert not source.enlarge(56).any()


def test_enlarging_keeps_the_shape_in_the_middle() -> None:
    crop = np.zeros((1, 16, 16), np.uint8)
    crop[0, 2:14, 6:10] = 255
    large = Source("bar", crop, np.array([1], np.uint8)).enlarge(56)[0]
    left, top, width, height = cv2.boundingRect(np.where(large > 127, large, 0))
    assert abs(height - 40) <= 2
    assert abs(width - 40 / 3) <= 2
    assert abs(left + width / 2 - 28) <= 1
    assert abs(top + height / 2 - 28) <= 1


def test_one_writer_in_ten_is_held_out_wherever_his_digits_stand() -> None:
    writers = np.tile(np.arange(60, dtype=np.int64), 2)
    images = np.repeat(DIGITS.images, 6, axis=0)
    source = Source("a", images, np.repeat(DIGITS.labels, 6), writers)
    fitted, kept = source.split()
    assert fitted.writers is not None and kept.writers is not None
    assert 0 < len(kept) < 0.25 * len(source)
    assert not set(fitted.writers.tolist()) & set(kept.writers.tolist())
    again = source.select(np.flatnonzero(writers < 30)).split()[1].writers
    assert again is not None  # who is kept does not depend on who else is there
    assert set(again.tolist()) == {w for w in set(kept.writers.tolist()) if w < 30}


def test_the_last_twelfth_is_held_out_where_nobody_says_who_wrote() -> None:
    source = Source("a", DIGITS.images, DIGITS.labels)
    assert source.split()[1].labels.tolist() == [8, 9]


def test_of_classes_in_a_row_a_part_of_each_is_held_out() -> None:
    images, labels = np.tile(DIGITS.images, (12, 1, 1)), np.tile(DIGITS.labels, 12)
    order = np.argsort(labels, kind="stable")
    source = Source("a", images[order], labels[order])
    fitted, kept = source.split()
    assert sorted(set(kept.labels.tolist())) == list(range(10))
    assert len(fitted) + len(kept) == len(source)


def test_writers_and_weights_come_with_a_source(tmp_path: Path) -> None:
    writers = np.arange(20) // 4
    path = save(tmp_path / "a.npz", x=DIGITS.images, y=DIGITS.labels, w=writers)
    loaded = load_source(f"{path}@0:0.5*0.3")
    assert loaded.weight == 0.3
    assert loaded.without([0, 7]).labels.tolist() == [4, 5, 6, 7, 8, 9]
    assert load_source(path).weight == 1


def test_writers_of_another_number_of_digits_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npz", x=DIGITS.images, y=DIGITS.labels, w=np.arange(3))
    with pytest.raises(UnreadableFileError, match="20 labels, \\(3,\\) writers"):
        load_source(path)
