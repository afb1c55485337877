"""Forms of one's own: laid out from a list of questions, printed, and read back."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels
from fake_classifier import FakeClassifier

from formreader import FormReader
from formreader.errors import InputError
from formreader.forms.authoring.composing import Sheets, compose_form
from formreader.forms.authoring.fonts import find_fonts
from formreader.forms.authoring.printing import render_reference
from formreader.forms.authoring.questions import parse_questions
from formreader.forms.templates.template import FormTemplate
from formreader.pages.loading import page_from_array

QUESTIONS = """\
label,kind,cells,values,rows,hint,name
About you,heading,,,,,
Date of birth,date,,,,,
Your way to work,choice,,on foot|by bicycle|by car,,,way
"How satisfied are you, all in all, with everything?",bubbles,,1|2|3|4|5,,,happy
I agree,tick,,,,,
Visits,table,2,Doctor|Nurse,2024|2025,,visits
Remarks,text,2,,,,
"""


def make_form(folder: Path, text: str = QUESTIONS, columns: int = 1) -> FormTemplate:
    questions = parse_questions(text)
    toml = compose_form(questions, "survey", "A survey", Sheets(columns=columns))
    form = FormTemplate.parse(toml, folder / "survey.toml")
    for page in form.pages:
        cv2.imwrite(str(page.reference), render_reference(form, page))
    return form


def scan(page: Pixels) -> Pixels:
    """Turn a page a little, on a smaller scanner, with grain."""
    height, width = page.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 1.1, 0.95)
    seen = cv2.warpAffine(page, matrix, (width, height), borderValue=(255,))
    seen = cv2.resize(seen, None, fx=0.67, fy=0.67, interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(3).normal(0, 5, seen.shape)
    return np.asarray(np.clip(seen + noise, 0, 255), np.uint8)


@pytest.mark.parametrize("columns", [1, 2])
def test_a_composed_form_is_printed_filled_in_and_read(
    tmp_path: Path, columns: int
) -> None:
    form = make_form(tmp_path, columns=columns)
    fields = {field.name: field for field in form.fields}
    assert fields["date_of_birth"].skip == (3, 6)
    assert fields["way"].option_values == ("on_foot", "by_bicycle", "by_car")
    assert len([name for name in fields if name.startswith("visits_r")]) == 4
    page = form.pages[0].load_pixels().copy()
    ticked = fields["way"].mark_boxes[1], fields["happy"].mark_boxes[3]
    for box in ticked:
        ends = (box.left, box.top + 4), (box.right, box.bottom)
        cv2.line(page, *ends, 60, 6, cv2.LINE_AA)
        cv2.line(page, (box.right, box.top), (box.left, box.bottom), 60, 6, cv2.LINE_AA)
    reader = FormReader(FakeClassifier(), template=form)
    read = {one.name: one for one in reader.read_page(page_from_array(scan(page), "s"))}
    assert {name: read[name].value for name in ("way", "happy", "i_agree")} == {
        "way": "by_bicycle",
        "happy": "4",
        "i_agree": "0",
    }
    # What is printed between and below the boxes is not taken for writing.
    assert set(read["date_of_birth"].raw) == {"_"}
    assert all(not one.value for name, one in read.items() if "visits" in name)
    assert not any("registration_weak" in one.flags for one in read.values())


def test_what_does_not_fit_goes_on_the_next_page(tmp_path: Path) -> None:
    lines = "\n".join(f"Question {number},number,4" for number in range(40))
    form = make_form(tmp_path, f"label,kind,cells\n{lines}\n")
    assert len(form.pages) == 3
    assert len({field.box for field in form.fields_on(1)}) == len(form.fields_on(1))
    for page in form.pages:
        boxes = [field.box for field in form.fields_on(page.number)]
        assert max(box.bottom for box in boxes) < 0.9 * page.height


def test_a_bubbled_number_is_written_above_and_both_must_agree(tmp_path: Path) -> None:
    form = make_form(tmp_path, "label,kind,cells\nStudent,bubbled,5\n")
    written, bubbled = form.fields
    columns = np.split(np.array(bubbled.mark_boxes, dtype=object), 5)
    for cell, column in zip(written.cell_boxes, columns, strict=True):
        assert [abs(box.centre[0] - cell.centre[0]) < 3 for box in column] == [
            True
        ] * 10
    assert written.box.bottom < bubbled.box.top
    assert form.checks == ("student == student_bubbled",)


def test_a_label_breaks_before_it_reaches_its_field(tmp_path: Path) -> None:
    text = "label,kind,cells\n" + "a very long question indeed " * 6 + ",number,4\n"
    form = make_form(tmp_path, text)
    pixels = form.pages[0].load_pixels()
    box = form.fields[0].box
    assert (pixels[box.top : box.bottom, box.left - 40 : box.left - 12] > 200).all()


def test_letters_of_other_alphabets_are_found_or_named() -> None:
    assert find_fonts("Größe").regular == "Helvetica"
    fonts = find_fonts("Возраст \U000f0000")
    assert "\U000f0000" in fonts.missing


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Sex,choice,,female", "needs values"),
        ("Age,age,2,", "kind is one of"),
        ("Visits,table,2,Doctor", "values .* and rows"),
        ("Number,number,many,", "cells is a number"),
        ("Number,number,40,", "no room for 40 cells"),
    ],
)
def test_a_question_that_cannot_be_asked_is_named_by_its_line(
    line: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        compose_form(parse_questions(f"label,kind,cells,values\n{line}\n"), "form")
