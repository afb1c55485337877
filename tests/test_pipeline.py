from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels, blank_page, draw_row, fill_row
from fake_classifier import FakeClassifier

from formreader.errors import UnreadableFileError
from formreader.pages.loading import page_from_array
from formreader.pipeline import FormReader
from formreader.readings import FieldReading, PageFailure, PageReading
from formreader.records import Flag


def form(*texts: str) -> Pixels:
    """Draw a page with a row of boxes for each text."""
    page = blank_page()
    for index, text in enumerate(texts):
        fill_row(page, draw_row(page, 100, 100 + 150 * index, len(text)), text)
    return page


def read(page: Pixels, classes: str, confidence: float = 0.99) -> PageReading:
    reader = FormReader(FakeClassifier(classes, confidence), ink_layers=False)
    return reader.read_page(page_from_array(page, "memory"))


def test_fields_are_named_in_reading_order_and_keep_their_blanks() -> None:
    page = read(form("1234", " 56 "), classes="123456")
    names = [(field.name, field.raw, field.value) for field in page.fields]
    assert names == [("field_001", "1234", "1234"), ("field_002", "_56_", "56")]


def test_all_digits_of_a_page_are_classified_in_one_batch() -> None:
    classifier = FakeClassifier("1234567")
    reader = FormReader(classifier, ink_layers=False)
    reader.read_page(page_from_array(form("1234", "567"), "memory"))
    # Strokes like these have no upper side, so they are first looked at from all sides.
    asked, *read = (size for size in classifier.batches if size)
    assert asked % 8 == 0
    assert read == [7]


def test_digits_lie_where_they_were_written() -> None:
    (field,) = read(form("12345"), classes="12345").fields
    assert len(field.digits) == 5
    for index, digit in enumerate(field.digits):
        assert digit.box is not None
        assert digit.box.centre[0] == pytest.approx(130 + 60 * index, abs=8)
        assert digit.box.centre[1] == pytest.approx(130, abs=8)


@pytest.mark.parametrize("page", [blank_page(), np.zeros((300, 300), dtype=np.uint8)])
def test_a_page_without_boxes_has_one_field_as_large_as_it_that_says_so(
    page: Pixels,
) -> None:
    reading = read(page, classes="")
    (field,) = reading.fields
    assert (reading.has_no_field, reading.field_count) == (True, 0)
    assert (field.name, field.value, field.flags) == ("page", "", (Flag.NO_FIELD,))
    assert field.needs_review
    assert (field.box.height, field.box.width) == page.shape


def test_one_bad_file_does_not_cost_the_others(tmp_path: Path) -> None:
    for name in ("a.png", "c.png"):
        cv2.imwrite(str(tmp_path / name), form("12"))
    (tmp_path / "b.png").write_bytes(b"no image")
    reader = FormReader(FakeClassifier("12"), ink_layers=False)
    first, second, third = reader.read_many([tmp_path])
    assert isinstance(first, PageReading)
    assert isinstance(second, PageFailure)
    assert isinstance(third, PageReading)
    assert second.source == str(tmp_path / "b.png")
    with pytest.raises(UnreadableFileError):
        list(reader.read(tmp_path / "b.png"))


def test_a_table_has_the_columns_of_the_csv_and_values_are_text(
    tmp_path: Path,
) -> None:
    cv2.imwrite(str(tmp_path / "page.png"), form("007"))
    frame = FormReader(FakeClassifier("007"), ink_layers=False).read_frame(tmp_path)
    assert frame.loc[0, "value"] == "007"
    assert list(frame.columns[:4]) == ["source", "page", "field", "value"]
    assert frame["needs_review"].dtype == bool


def test_a_strip_is_read_as_one_field() -> None:
    strip = np.full((80, 300), 255, dtype=np.uint8)
    for left in (40, 120, 200):
        strip[15:65, left : left + 12] = 0
    field = FormReader(FakeClassifier("111"), ink_layers=False).read_strip(
        strip, "amount"
    )
    assert isinstance(field, FieldReading)
    assert (field.name, field.value) == ("amount", "111")


def test_a_threshold_outside_zero_to_one_is_refused() -> None:
    with pytest.raises(ValueError, match="threshold"):
        FormReader(FakeClassifier(), threshold=1.5)


def test_small_level_words_are_left_out_only_if_they_read_like_letters() -> None:
    page = blank_page()
    for line in range(4):  # enough text to know its size
        origin = (60, 420 + 60 * line)
        text = "please write clearly with a dark pen"
        cv2.putText(page, text, origin, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 2)
    cv2.rectangle(page, (100, 100), (500, 200), 0, 3)
    cv2.putText(page, "2023", (150, 160), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 2)
    image = page_from_array(page, "memory")
    (field,) = (
        FormReader(FakeClassifier("2" * 40), ink_layers=False).read_page(image).fields
    )
    assert field.needs_review
    letters = FakeClassifier(["other"] * 40)
    reader = FormReader(letters, ink_layers=False)
    assert reader.read_page(image).has_no_field
