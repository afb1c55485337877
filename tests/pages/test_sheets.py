from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from drawn_pages import blank_page, draw_row, fill_row
from fake_classifier import FakeClassifier
from PIL import Image

from formreader.errors import InputError, UnreadableFileError
from formreader.geometry import Box
from formreader.pages.loading import (
    count_pages,
    load_page,
    load_pages,
    walk_pages,
)
from formreader.pages.sheets import split_sheet
from formreader.pipeline import FormReader
from formreader.records import PageImage, TypedValue
from formreader.station.page_drawing import DrawPage, PagePicture, make_drawer
from formreader.workers.limits import PageLimits


def spread(gap: int, shadow: int = 255) -> np.ndarray:
    """Two pages of 600 x 700 beside each other, each with a row of boxes."""
    left, right = blank_page(600, 700), blank_page(600, 700)
    fill_row(left, draw_row(left, 300, 100, 4), "1234")
    fill_row(right, draw_row(right, 40, 300, 4), "5678")
    fold = np.full((700, gap), shadow, np.uint8)
    return np.hstack([left, fold, right])


@pytest.mark.parametrize(("gap", "shadow"), [(20, 255), (30, 90), (120, 255)])
def test_a_sheet_is_cut_between_its_two_pages(gap: int, shadow: int) -> None:
    left, right = split_sheet(PageImage(spread(gap, shadow), "book"))
    assert left.pixels.shape[1] + right.pixels.shape[1] == 1200 + gap
    assert 540 < left.pixels.shape[1] < 640 + gap
    for page, digits in ((left, "1234"), (right, "5678")):
        (field,) = (
            FormReader(FakeClassifier(digits), ink_layers=False).read_page(page).fields
        )
        assert field.value == digits


def test_writing_near_the_middle_is_not_cut() -> None:
    sheet = blank_page(1200, 700)
    fill_row(sheet, draw_row(sheet, 390, 100, 4), "1234")  # ends right of the middle
    left, _ = split_sheet(PageImage(sheet, "book"))
    assert left.pixels.shape[1] > 632


def test_an_upright_sheet_is_cut_into_an_upper_and_a_lower_page() -> None:
    upper, lower = split_sheet(PageImage(spread(20).T.copy(), "sheet"))
    assert upper.pixels.shape[1] == lower.pixels.shape[1] == 700
    assert upper.pixels.shape[0] == pytest.approx(610, abs=30)


def test_sheet_n_gives_pages_2n_minus_1_and_2n(tmp_path: Path) -> None:
    path = tmp_path / "book.pdf"
    sheets = [Image.fromarray(spread(20)) for _ in range(3)]
    sheets[0].save(path, save_all=True, append_images=sheets[1:], resolution=300)
    pages = list(load_pages(path, pages="2-3", split=True))
    assert [page.page_index for page in pages] == [2, 3, 4, 5]
    assert {page.page_count for page in pages} == {6}


def test_a_page_of_a_sheet_is_loaded_and_drawn_by_its_own_number(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sheet.png"
    Image.fromarray(spread(20)).save(path)
    assert count_pages(path, split=True) == 2
    halves = list(load_pages(path, split=True))
    draw = make_drawer(PageLimits())
    for index, half in enumerate(halves):
        page = load_page(path, index, split=True)
        assert np.array_equal(page.pixels, half.pixels)
        drawn = draw(DrawPage(path, index, split=True))
        assert isinstance(drawn, PagePicture)
        assert Image.open(io.BytesIO(drawn.large)).size == half.pixels.shape[::-1]


def test_all_that_a_page_carries_is_cut_alike() -> None:
    pixels = blank_page(1200, 700)
    page = PageImage(
        pixels,
        "sheet",
        colour=np.dstack([pixels] * 3),
        scan=blank_page(600, 350),
        typed=(
            TypedValue("1", Box(100, 10, 150, 30)),
            TypedValue("2", Box(900, 10, 950, 30)),
        ),
    )
    left, right = split_sheet(page)
    for half in (left, right):
        assert half.colour is not None
        assert half.scan is not None
        assert half.colour.shape[:2] == half.pixels.shape
        assert half.scan.shape[1] == half.pixels.shape[1] // 2
    assert left.typed == page.typed[:1]
    (moved,) = right.typed
    assert moved.box.left == 900 - left.pixels.shape[1]


def test_halves_too_small_for_a_digit_are_that_sheets_failure(tmp_path: Path) -> None:
    path = tmp_path / "sheets.tif"
    tiny, sheet = Image.new("L", (30, 22), 255), Image.fromarray(spread(20))
    tiny.save(path, save_all=True, append_images=[sheet])
    error, *halves = walk_pages(path, split=True)
    assert isinstance(error, InputError)
    assert str(error).startswith(f"{path}, page 1: ")
    assert len(halves) == 2
    with pytest.raises(UnreadableFileError):
        list(load_pages(path, split=True))
