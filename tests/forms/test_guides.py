"""Guides that the reference prints in its boxes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from drawn_pages import Pixels, blank_page, write_digit

from formreader.forms.guides import find_guide
from formreader.forms.matching import Form, cut_fields, match_page
from formreader.forms.registration.views import FormPage
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box
from formreader.layout.binarization import binarize
from formreader.layout.prepared_page import PreparedPage

SIDE = 70
CELLS = [Box(250 + SIDE * n, 300, 250 + SIDE * (n + 1), 300 + SIDE) for n in range(4)]


def draw_form() -> Pixels:
    """Draw a form with a row of four boxes, an 8 of straight lines in each."""
    page = blank_page(800, 1000)
    for row, text in enumerate(("Register", "Number", "of readings", "and signature")):
        cv2.putText(page, text, (60, 80 + 290 * row), 0, 1.6, 0, 3)
    cv2.rectangle(page, (40, 600), (760, 900), 0, 3)
    for cell in CELLS:
        cv2.rectangle(page, (cell.left, cell.top), (cell.right, cell.bottom), 0, 3)
        left, right = cell.left + 20, cell.right - 20
        cv2.rectangle(page, (left, cell.top + 12), (right, cell.bottom - 12), 0, 1)
        cv2.line(page, (left, cell.top + 35), (right, cell.top + 35), 0, 1)
    return page


def make_form(folder: Path) -> Form:
    path = folder / "form.png"
    cv2.imwrite(str(path), draw_form())
    page = PageTemplate(number=1, reference=path, width=800, height=1000)
    box = Box(CELLS[0].left + 2, 302, CELLS[-1].right - 2, 298 + SIDE)
    field = FieldTemplate(name="number", box=box, cells=4)
    return Form(FormTemplate(name="form", pages=(page,), fields=(field,)))


def test_a_blank_field_with_a_black_guide_holds_nothing(tmp_path: Path) -> None:
    page = draw_form()
    match = match_page(FormPage(page), [make_form(tmp_path)])
    (field,) = cut_fields(PreparedPage(page), match)
    assert not any(field.ink[cell.slices][8:-8, 8:-8].any() for cell in field.cells)


def test_what_is_written_beside_the_guide_stays(tmp_path: Path) -> None:
    page = draw_form()
    cv2.line(page, (CELLS[2].left + 32, 310), (CELLS[2].left + 34, 358), 0, 5)
    match = match_page(FormPage(page), [make_form(tmp_path)])
    (field,) = cut_fields(PreparedPage(page), match)
    inked = [bool(field.ink[cell.slices][8:-8, 8:-8].any()) for cell in field.cells]
    assert inked == [False, False, True, False]


def test_writing_differs_from_box_to_box_and_is_no_guide() -> None:
    page = blank_page(800, 600)
    for cell, digit in zip(CELLS, "2957", strict=True):
        write_digit(page, digit, cell)
    corners = np.stack([cell.corners for cell in CELLS])
    assert find_guide(binarize(page), corners) is None


def test_one_box_alone_says_nothing_of_guides() -> None:
    corners = CELLS[0].corners[None]
    assert find_guide(binarize(draw_form()), corners) is None
