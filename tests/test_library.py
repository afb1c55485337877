"""What a program sees of formreader: what it may give, and what it gets back."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels, blank_page, draw_row, fill_row
from fake_classifier import FakeClassifier
from PIL import Image
from pyarrow import parquet

import formreader
from formreader.digits.classification import DigitClassifier
from formreader.errors import TemplateError, UnreadableFileError
from formreader.export.frames import to_frame
from formreader.export.json_files import to_dict
from formreader.export.writing import write_readings
from formreader.pages.given import Given
from formreader.pages.loading import load_pages
from formreader.pipeline import FormReader
from formreader.readings import PageReading

TEMPLATE = """
name = "{name}"
reference = "{name}.png"
width = 1000
height = 900

[[field]]
name = "id"
box = [100, 100, 240, 60]
cells = 4
"""


def form() -> Pixels:
    page = blank_page(1000, 900)
    fill_row(page, draw_row(page, 100, 100, 4), "0123")
    return page


@pytest.fixture
def reader() -> FormReader:
    return FormReader(FakeClassifier("0123"), ink_layers=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "page.png"
    cv2.imwrite(str(path), form())
    return path


@pytest.fixture
def page(reader: FormReader, file: Path) -> PageReading:
    return next(reader.read(file))


def test_a_page_reads_the_same_in_whatever_form_it_is_given(
    reader: FormReader, file: Path
) -> None:
    with file.open("rb") as opened, Image.open(file) as image:
        given: list[tuple[Given, str]] = [
            (file, str(file)),
            (str(file), str(file)),
            (file.read_bytes(), "bytes"),
            (opened, str(file)),
            (io.BytesIO(file.read_bytes()), "file"),
            (form(), "array"),
            (image, "image"),
            (image.convert("RGBA"), "image"),
            (image.convert("CMYK"), "image"),
        ]
        for one, name in given:
            (page,) = FormReader(FakeClassifier("0123"), ink_layers=False).read(one)
            assert (page.source, page[0].value) == (name, "0123"), name
    (named,) = reader.read(form(), name="desk 3")
    assert named.source == "desk 3"


def test_an_image_counts_with_its_orientation(reader: FormReader) -> None:
    image = Image.fromarray(np.rot90(form()))
    image.getexif()[0x0112] = 6  # to be turned clockwise
    (page,) = reader.read(image)
    assert page[0].value == "0123"
    assert page[0].box.top == pytest.approx(103, abs=6)


@pytest.mark.parametrize("given", [None, 7, ["a.png"], {"a": 1}])
def test_what_is_no_page_is_refused_at_once_and_named(
    reader: FormReader, given: object
) -> None:
    with pytest.raises(TypeError, match=f"not {type(given).__name__}"):
        reader.read(given)  # type: ignore[arg-type]


def test_a_file_open_as_text_is_refused_with_the_remedy(
    reader: FormReader, file: Path
) -> None:
    with (
        file.open(encoding="latin-1") as opened,
        pytest.raises(TypeError, match="'rb'"),
    ):
        reader.read(opened)  # type: ignore[arg-type]


def test_an_array_of_another_dtype_is_refused_at_once(reader: FormReader) -> None:
    with pytest.raises(ValueError, match="float64"):
        reader.read(np.zeros((300, 300)))  # type: ignore[arg-type]


def test_bytes_that_are_no_page_are_an_error_of_the_input(reader: FormReader) -> None:
    with pytest.raises(UnreadableFileError, match="bytes"):
        list(reader.read(b"no picture"))


@pytest.mark.parametrize("as_type", [str, Path])
def test_a_single_path_is_a_path_and_not_its_letters(
    file: Path, as_type: type[str] | type[Path]
) -> None:
    for given in (file, file.parent):
        found = list(
            FormReader(FakeClassifier("0123"), ink_layers=False).read_many(
                as_type(given)
            )
        )
        assert [page.source for page in found] == [str(file)]


def test_a_template_may_be_a_file_or_a_folder_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = tmp_path / "forms"
    forms.mkdir()
    for name in ("one", "two"):
        (forms / f"{name}.toml").write_text(TEMPLATE.format(name=name))
        cv2.imwrite(str(forms / f"{name}.png"), blank_page(1000, 900))
    monkeypatch.setattr(DigitClassifier, "load", lambda *_: FakeClassifier("0"))

    def names(*given: str | Path) -> list[str]:
        reader = FormReader(FakeClassifier("0"), template=given)
        return [form.template.name for form in reader.forms]

    assert names(forms) == ["one", "two"]
    assert names(str(forms / "two.toml"), forms / "one.toml") == ["two", "one"]
    alone = FormReader(FakeClassifier("0"), template=str(forms / "one.toml"))
    assert [form.template.name for form in alone.forms] == ["one"]
    with pytest.raises(TemplateError):
        FormReader(FakeClassifier("0"), template=tmp_path / "gone.toml")


def test_a_page_is_a_sequence_of_fields_that_knows_their_names(
    page: PageReading,
) -> None:
    assert len(page) == 1
    assert [field.name for field in page] == ["field_001"]
    assert page["field_001"] is page[0] is page.fields[0]
    with pytest.raises(KeyError, match=r"'total'.*there are: field_001"):
        page["total"]


def test_records_show_themselves_in_one_line(page: PageReading, file: Path) -> None:
    assert repr(page) == f"PageReading({str(file)!r}, page 1: 1 field, 0 to review)"
    shown = repr(page[0])
    assert shown.startswith("FieldReading('field_001': '0123', 0.")
    assert len(shown) < 80


def test_a_field_is_cut_out_of_its_page_and_no_further_than_the_page_goes(
    page: PageReading, file: Path
) -> None:
    pixels = next(load_pages(file)).pixels
    box = page[0].box
    assert page[0].crop(pixels, margin=0).shape == (box.height, box.width)
    assert page[0].crop(pixels, margin=1000).shape == pixels.shape
    coloured = np.dstack([pixels] * 3)
    assert page[0].crop(coloured, margin=0).shape == (box.height, box.width, 3)


def test_the_picture_of_a_field_holds_the_ink_of_its_digits(page: PageReading) -> None:
    inks = [digit.ink for digit in page[0].digits if digit.ink is not None]
    assert len(inks) == 4
    dark = int((255 - page[0].picture.astype(int)).sum())
    assert dark == sum(int(ink.astype(int).sum()) for ink in inks)


def test_a_notebook_shows_each_field_with_a_picture_and_no_name_raw(
    page: PageReading,
) -> None:
    shown = replace(page, source="<script>")._repr_html_()
    assert shown.count("<img") == 1
    assert "0123" in shown
    assert "<script>" not in shown


def test_a_page_as_dict_and_as_frame_says_what_the_csv_says(page: PageReading) -> None:
    (field,) = to_dict(page)["fields"]
    assert (field["value"], field["needs_review"], field["flags"]) == (
        "0123",
        False,
        [],
    )
    assert to_frame([page]).loc[0, "value"] == "0123"


def test_readings_are_written_as_their_ending_says(
    page: PageReading, tmp_path: Path
) -> None:
    write_readings([page], tmp_path / "a.csv", wide=True)
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["field_001"], row["needs_review"]) == ("0123", "")
    write_readings([page], str(tmp_path / "a.parquet"))
    assert parquet.read_table(tmp_path / "a.parquet")["value"].to_pylist() == ["0123"]
    for name, options in (("a.txt", {}), ("a.pdf", {}), ("a.json", {"wide": True})):
        with pytest.raises(ValueError):
            write_readings([page], tmp_path / name, **options)
        assert not (tmp_path / name).exists()


def test_the_version_is_that_of_the_package() -> None:
    assert formreader.__version__ == "0.1.0"
