from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from drawn_pages import blank_page, draw_row, fill_row, turn, write_digit

from formreader.forms.authoring.authoring import propose_fields
from formreader.forms.authoring.candidates import Candidate
from formreader.forms.authoring.inspection import draw_template, find_doubts
from formreader.forms.authoring.naming import name_candidates
from formreader.forms.authoring.writing import write_template
from formreader.forms.matching import Form
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box
from formreader.layout.binarization import binarize
from formreader.layout.blanks import find_blanks

Page = np.ndarray


def draw_table(page: Page, rows: int, columns: int) -> None:
    for row in range(rows + 1):
        cv2.line(
            page, (100, 100 + 60 * row), (100 + 150 * columns, 100 + 60 * row), 0, 3
        )
    for column in range(columns + 1):
        x = 100 + 150 * column
        cv2.line(page, (x, 100), (x, 100 + 60 * rows), 0, 3)


def boxes_of(page: Page) -> dict[str, tuple[Box, int | None]]:
    return {f.name: (f.box, f.cells) for f in propose_fields(page).fields}


def assert_near(box: Box, other: Box, reach: int = 4) -> None:
    assert np.abs(np.subtract(box.corners, other.corners)).max() <= reach


def test_rows_of_boxes_become_fields_with_cells() -> None:
    page = blank_page()
    row = draw_row(page, 200, 300, 9)
    ((box, cells),) = boxes_of(page).values()
    assert cells == 9
    assert_near(box, row)


def test_a_place_with_a_printed_dash_is_skipped() -> None:
    page = blank_page()
    row = draw_row(page, 100, 300, 8)
    cv2.line(page, (235, 330), (265, 330), 0, 4)  # in the third box
    (field,) = propose_fields(page).fields
    assert (field.cells, field.skip) == (8, (3,))
    assert_near(field.box, row)


def test_groups_of_boxes_are_one_field_that_skips_the_marks_between() -> None:
    page = blank_page()
    first = draw_row(page, 100, 300, 3)
    second = draw_row(page, first.right + 60, 300, 2)
    third = draw_row(page, second.right + 60, 300, 4)
    (field,) = propose_fields(page).fields
    assert (field.cells, field.skip) == (11, (4, 7))
    assert_near(field.box, first.union(third), reach=6)


def test_printed_boxes_beside_what_is_skipped_are_read(tmp_path: Path) -> None:
    page = blank_page()
    first = draw_row(page, 100, 300, 3)
    second = draw_row(page, first.right + 66, 300, 2)  # a little more than one box
    form = Form(make_form(tmp_path, page, *propose_fields(page).fields))
    ((name, cells),) = form.cells.items()
    assert name == "field_01"
    assert len(cells) == 5
    assert abs(cells[3, 0, 0] - (second.left + 4)) <= 2  # inside its line


def test_cells_that_no_line_closes_above_or_to_the_right_are_found() -> None:
    page = blank_page()
    draw_table(page, 4, 4)
    page[98:102, 102:698] = 255  # the upper line, without its corners
    page[164:348, 698:703] = 255  # the right line, but for the first row
    page[98:160, 698:703] = 255
    found = [box for box, _ in boxes_of(page).values()]
    assert any(box.top < 130 for box in found)
    assert any(box.left > 540 and box.top > 150 for box in found)


def test_groups_with_a_line_between_stay_apart() -> None:
    page = blank_page()
    first = draw_row(page, 100, 300, 3)
    draw_row(page, first.right + 60, 300, 3)
    cv2.line(page, (first.right + 30, 250), (first.right + 30, 400), 0, 3)
    assert [field.cells for field in propose_fields(page).fields] == [3, 3]


def test_cells_of_a_table_are_named_by_row_and_column() -> None:
    page = blank_page()
    draw_table(page, 3, 2)
    found = boxes_of(page)
    assert list(found) == ["r1c1", "r1c2", "r2c1", "r2c2", "r3c1", "r3c2"]
    assert_near(found["r2c2"][0], Box(250, 160, 400, 220))


def test_cells_with_print_in_them_are_left_out() -> None:
    page = blank_page()
    draw_table(page, 4, 2)
    for row in range(4):
        write_digit(page, f"Q{row}", Box(130, 108 + 60 * row, 220, 152 + 60 * row), 2)
    assert list(boxes_of(page)) == ["r1c1", "r2c1", "r3c1", "r4c1"]


def test_a_blank_on_a_page_slightly_askew_is_found() -> None:
    page = blank_page()
    cv2.line(page, (230, 400), (430, 404), 0, 2)
    ((box, _),) = boxes_of(page).values()
    assert box.width == pytest.approx(201, abs=3)


def test_an_underlined_blank_is_a_field_above_its_line() -> None:
    page = blank_page()
    cv2.putText(page, "Amount", (100, 398), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 0, 2)
    cv2.line(page, (230, 400), (420, 400), 0, 2)
    ((box, cells),) = boxes_of(page).values()
    assert cells is None
    assert box.left == pytest.approx(230, abs=3)
    assert box.right == pytest.approx(420, abs=3)
    assert box.bottom == pytest.approx(399, abs=2)
    assert 8 <= box.height <= 40


@pytest.mark.parametrize("what", ["underlined text", "a rule across", "a short dash"])
def test_other_lines_are_no_blanks(what: str) -> None:
    page = blank_page()
    if what == "underlined text":
        cv2.putText(page, "HEADING", (200, 395), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
        cv2.line(page, (200, 400), (330, 400), 0, 2)
    elif what == "a rule across":
        cv2.line(page, (50, 400), (950, 400), 0, 2)
    else:
        cv2.line(page, (200, 400), (225, 400), 0, 2)
    assert find_blanks(binarize(page), []) == []


def test_a_comb_is_a_field_with_a_cell_between_its_teeth() -> None:
    page = blank_page()
    cv2.line(page, (200, 400), (440, 400), 0, 2)
    for x in range(200, 441, 40):
        cv2.line(page, (x, 385), (x, 400), 0, 2)
    ((box, cells),) = boxes_of(page).values()
    assert cells == 6
    assert box.left == pytest.approx(200, abs=3)
    assert box.right == pytest.approx(440, abs=3)
    assert box.bottom == pytest.approx(399, abs=2)


def test_fields_come_in_reading_order() -> None:
    page = blank_page()
    for left, top in ((600, 95), (100, 300), (100, 100)):
        draw_row(page, left, top, 4)
    found = boxes_of(page)
    assert list(found) == ["field_01", "field_02", "field_03"]
    assert [box.left // 100 for box, _ in found.values()] == [1, 6, 1]


def test_a_page_that_is_filled_in_is_warned_of() -> None:
    page = blank_page()
    row = draw_row(page, 200, 300, 6)
    assert propose_fields(page).warnings == ()
    fill_row(page, row, "123456")
    # One digit stands higher than another, as by hand.
    page[310:350, 205:255] = np.roll(page[310:350, 205:255], 4, axis=0)
    page[303:325, 265:315] = 255
    (warning,) = propose_fields(page).warnings
    assert "looks filled in" in warning


def test_a_turned_page_is_warned_of() -> None:
    page = blank_page()
    draw_row(page, 200, 300, 6)
    (warning,) = propose_fields(turn(page, 3.0).pixels).warnings
    assert "3.0 degrees" in warning


def test_two_grids_have_names_of_their_own() -> None:
    def grid(left: int, width: int) -> list[Candidate]:
        return [
            Candidate(Box(left + x, y, left + x + width, y + 40))
            for y in (100, 145)
            for x in (0, width + 5)
        ]

    names = name_candidates([*grid(100, 80), *grid(600, 120)])
    assert names == [f"t{t}_r{r}c{c}" for t in (1, 2) for r in (1, 2) for c in (1, 2)]


def test_a_heading_that_makes_no_name_leaves_it_to_the_label() -> None:
    headed = Candidate(Box(0, 0, 90, 40), label="Born", heading="(MM/DD/YYYY)")
    assert name_candidates([headed]) == ["born"]


def make_form(folder: Path, page: Page, *fields: FieldTemplate) -> FormTemplate:
    path = folder / "form.png"
    cv2.imwrite(str(path), page)
    height, width = page.shape
    one = PageTemplate(number=1, reference=path, width=width, height=height)
    return FormTemplate(name="form", pages=(one,), fields=fields)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    page = blank_page()
    draw_row(page, 200, 300, 9)
    draw_table(page, 2, 2)
    form = make_form(tmp_path, page, *propose_fields(page).fields)
    text = write_template('a "name"', form.pages, form.fields)
    (tmp_path / "form.toml").write_text(text, encoding="utf-8")
    read = FormTemplate.load(tmp_path / "form.toml")
    assert read.name == 'a "name"'
    assert (read.pages, read.fields) == (form.pages, form.fields)
    assert "# checksum = " in text


def test_pages_are_written_as_tables(tmp_path: Path) -> None:
    pages = tuple(
        PageTemplate(number=n, reference=tmp_path / f"{n}.png", width=400, height=600)
        for n in (1, 2)
    )
    fields = tuple(
        FieldTemplate(name=f"f{n}", page=n, box=Box(10, 10, 90, 40)) for n in (1, 2)
    )
    path = tmp_path / "form.toml"
    path.write_text(write_template("form", pages, fields), encoding="utf-8")
    read = FormTemplate.load(path)
    assert (read.pages, read.fields) == (pages, fields)


def test_overlaps_and_boxes_beside_their_lines_are_doubted(tmp_path: Path) -> None:
    page = blank_page()
    row = draw_row(page, 200, 300, 6)
    good = FieldTemplate(name="good", box=row, cells=6)
    off = FieldTemplate(name="off", box=row.shifted(0, 25), cells=6)
    assert find_doubts(make_form(tmp_path, page, good)) == []
    doubts = find_doubts(make_form(tmp_path, page, good, off))
    assert doubts[0].text == "good and off overlap"
    assert doubts[0].names == ("good", "off")
    assert doubts[1].text.startswith("off: no line")


def draw_box() -> npt.NDArray[np.uint8]:
    page = blank_page()
    cv2.rectangle(page, (200, 300), (600, 380), 0, 2)
    return page


def draw_caption(page: npt.NDArray[np.uint8]) -> None:
    cv2.putText(page, "Total", (215, 330), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0, 2)


def draw_digits_inside(page: npt.NDArray[np.uint8]) -> None:
    cv2.putText(page, "12", (380, 360), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 0, 3)


def draw_line_through(page: npt.NDArray[np.uint8]) -> None:
    cv2.line(page, (180, 335), (640, 335), 0, 2)


def draw_currency(page: npt.NDArray[np.uint8]) -> None:
    cv2.putText(page, "$", (212, 358), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 2)


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (draw_caption, "a caption"),
        (draw_digits_inside, "as if it were written"),
        (draw_line_through, "line runs through it, 4"),
        (draw_currency, ""),
    ],
)
def test_what_stands_in_a_box_is_doubted_unless_reading_leaves_it_out(
    draw: Callable[[npt.NDArray[np.uint8]], None], said: str, tmp_path: Path
) -> None:
    page = draw_box()
    draw(page)
    field = FieldTemplate(name="box", box=Box(202, 302, 599, 379))
    doubts = [doubt.text for doubt in find_doubts(make_form(tmp_path, page, field))]
    assert len(doubts) == bool(said)
    assert all(said in doubt for doubt in doubts)


def test_a_field_smaller_than_its_printed_box_is_not_doubted(tmp_path: Path) -> None:
    field = FieldTemplate(name="typed", box=Box(220, 325, 480, 355))
    assert find_doubts(make_form(tmp_path, draw_box(), field)) == []


def test_cells_that_are_not_as_printed_are_doubted(tmp_path: Path) -> None:
    page = blank_page()
    row = draw_row(page, 200, 300, 6)
    cv2.line(page, (row.left + 130, 330), (row.left + 150, 330), 0, 4)  # in cell 3
    fields = [
        FieldTemplate(name=f"cells_{n}", box=row, cells=n, page=1) for n in (6, 7)
    ]
    for field, said in zip(fields, ("skip = [3]", "6 boxes are printed"), strict=True):
        (doubt,) = find_doubts(make_form(tmp_path, page, field))
        assert said in doubt.text


def test_the_picture_shows_each_field_in_its_place() -> None:
    page = blank_page()
    field = FieldTemplate(name="number", box=Box(200, 300, 560, 360), cells=6)
    picture = draw_template(page, [field])
    assert picture.shape == (700, 1000, 3)
    coloured = np.ptp(picture, axis=2) > 60
    assert coloured[300, 200:560].all()
    assert coloured[310:350, 260].all()
    coloured[300:360, 200:560] = False
    assert not coloured.any()
