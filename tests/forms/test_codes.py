"""Serial numbers of printed sheets: printed in a code, scanned, and read."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pytest
from drawn_pages import Pixels

from formreader.acceptance import AcceptancePolicy, accept
from formreader.forms.authoring.composing import Sheets, compose_form
from formreader.forms.authoring.printing import (
    PrintingWay,
    print_form,
    render_reference,
)
from formreader.forms.authoring.questions import parse_questions
from formreader.forms.codes import read_codes
from formreader.forms.matching import Form, Match
from formreader.forms.registration.registration import Registration
from formreader.forms.templates.template import FormTemplate
from formreader.layout.prepared_page import PreparedPage
from formreader.readings import FieldReading

QUESTIONS = "label,kind,cells\n" + "\n".join(f"Q {n},number,4" for n in range(24))


def make_form(folder: Path, name: str = "survey") -> FormTemplate:
    questions = parse_questions(QUESTIONS)
    toml = compose_form(questions, name, "", Sheets(has_serial=True))
    form = FormTemplate.parse(toml, folder / f"{name}.toml")
    for page in form.pages:
        cv2.imwrite(str(page.reference), render_reference(form, page))
    return form


def print_sheets(form: FormTemplate, copies: range, colour: str = "") -> list[Pixels]:
    way = PrintingWay(colour=colour or None)
    pdf = io.BytesIO(print_form(form, way, copies).pdf)
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.render(scale=300 / 72, grayscale=True) for page in document]
        return [np.asarray(page.to_numpy(), np.uint8).squeeze() for page in pages]


def read(sheet: Pixels, form: FormTemplate, page: int = 1) -> FieldReading:
    """Read the code of a sheet as a small, coarse scan shows it."""
    prepared = Form(form)
    seen = cv2.resize(sheet, None, fx=0.45, fy=0.45, interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(3).normal(0, 12, seen.shape)
    scan = np.asarray(np.clip(seen + noise, 0, 255), np.uint8)
    _, reference = prepared.references[page - 1]
    place = Registration(np.diag([0.45, 0.45, 1.0]), 0.0, 1.0)
    found = read_codes(PreparedPage(scan), Match(prepared, page, reference, place))
    (reading,) = found.values()
    return accept(reading, AcceptancePolicy(0.9))


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> FormTemplate:
    return make_form(tmp_path_factory.mktemp("serial"))


def test_each_page_of_a_copy_says_its_serial_number(form: FormTemplate) -> None:
    sheets = print_sheets(form, range(7, 9))
    assert len(sheets) == 4
    found = [read(sheets[1], form, 2), read(sheets[2], form)]
    assert [(one.value, one.name) for one in found] == [
        ("000007", "serial_2"),
        ("000008", "serial"),
    ]
    assert not any(one.needs_review for one in found)


def test_a_code_that_is_covered_or_of_another_form_is_for_review(
    form: FormTemplate, tmp_path: Path
) -> None:
    (sheet, *_) = print_sheets(form, range(1, 2))
    box = form.fields[-2].box
    sheet = sheet.copy()
    (strange, *_) = print_sheets(make_form(tmp_path, "other"), range(1, 2))
    wrong = sheet.copy()
    wrong[box.slices] = strange[box.slices]
    sheet[box.slices] = 255
    for pixels in (sheet, wrong):
        reading = read(pixels, form)
        assert (reading.value, reading.needs_review) == ("", True)


def test_lines_that_drop_out_are_paler_than_any_pen(form: FormTemplate) -> None:
    (sheet, *_) = print_sheets(form, range(1, 2), "red")
    box = form.fields[0].box
    around = box.expanded(12, 12)
    seen = sheet[around.slices]
    assert 120 < seen.min() < 200
