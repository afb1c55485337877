"""Which of several forms a page is, and what it costs to find out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels, blank_page, draw_row, fill_row
from fake_classifier import FakeClassifier

from formreader import FormReader
from formreader.errors import RegistrationError, TemplateError
from formreader.forms import matching
from formreader.forms.matching import Form, match_page
from formreader.forms.registration import views
from formreader.forms.registration.features import find_features
from formreader.forms.registration.judgement import Placement
from formreader.forms.registration.registration import (
    estimate_agreement,
    find_placement,
    refine_field,
    register,
)
from formreader.forms.registration.views import FormPage, Reference
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box
from formreader.pages.loading import page_from_array
from formreader.records import Flag

WIDTH, HEIGHT = 800, 1000
TOPS = {"upper": 150, "middle": 450, "lower": 750}


def draw_form(kind: str) -> tuple[Pixels, Box]:
    """Draw words that all forms share, and a row of boxes between them."""
    page = blank_page(WIDTH, HEIGHT)
    for row in range(16):
        top = 60 + 60 * row
        if abs(top - 30 - TOPS[kind]) > 70:
            text = f"Line {row * 731} of every form, see overleaf"
            cv2.putText(page, text, (60, top), 0, 0.9, 0, 2)
    return page, draw_row(page, 100, TOPS[kind], 6)


def make_form(folder: Path, kind: str) -> Form:
    page, row = draw_form(kind)
    path = folder / f"{kind}.png"
    cv2.imwrite(str(path), page)
    sheet = PageTemplate(number=1, reference=path, width=WIDTH, height=HEIGHT)
    field = FieldTemplate(name="number", box=row.expanded(-2, -2), cells=6)
    return Form(FormTemplate(name=kind, pages=(sheet,), fields=(field,)))


def filled(kind: str) -> FormPage:
    page, row = draw_form(kind)
    fill_row(page, row, "402618")
    matrix = np.array([[0.95, 0.02, 10], [-0.02, 0.95, 30]])
    turned = cv2.warpAffine(page, matrix, (WIDTH, HEIGHT), borderValue=(255,))
    return FormPage(np.asarray(turned, np.uint8))


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> list[Reference]:
    """The references that were sought on pages."""
    seen: list[Reference] = []

    def remember(page: FormPage, reference: Reference) -> Placement | None:
        seen.append(reference)
        return find_placement(page, reference)

    monkeypatch.setattr(matching, "find_placement", remember)
    return seen


def test_the_right_form_alone_is_registered_whatever_their_order(
    tmp_path: Path, registered: list[Reference]
) -> None:
    forms = {kind: make_form(tmp_path, kind) for kind in TOPS}
    for order in (list(forms), list(forms)[::-1]):
        registered.clear()
        match = match_page(filled("middle"), [forms[kind] for kind in order])
        assert match.template.name == "middle"
        assert registered == [match.reference]


def test_of_forms_that_look_alike_the_first_given_is_taken(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    forms = [make_form(folder, "upper") for folder in (tmp_path, tmp_path / "other")]
    assert match_page(filled("upper"), forms).form is forms[0]
    assert match_page(filled("upper"), forms[::-1]).form is forms[1]


def test_a_page_of_no_form_is_held_against_all(
    tmp_path: Path, registered: list[Reference]
) -> None:
    forms = [make_form(tmp_path, kind) for kind in ("upper", "lower")]
    page = blank_page(WIDTH, HEIGHT)
    cv2.putText(page, "A letter to the editor", (60, 200), 0, 1.5, 0, 3)
    with pytest.raises(RegistrationError, match="none of the forms"):
        match_page(FormPage(page), forms)
    assert len(registered) == 2


def test_an_estimate_tells_forms_apart_that_share_their_words() -> None:
    page = filled("middle")
    estimates = {
        kind: estimate_agreement(page, Reference(draw_form(kind)[0])) for kind in TOPS
    }
    assert max(estimates, key=lambda kind: estimates[kind]) == "middle"
    nothing = FormPage(blank_page(WIDTH, HEIGHT))
    assert estimate_agreement(nothing, Reference(draw_form("upper")[0])) == 0


def test_features_of_a_page_are_found_once_for_all_forms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[int, ...]] = []

    def count(ink: Pixels) -> Any:
        sizes.append(ink.shape)
        return find_features(ink)

    monkeypatch.setattr(views, "find_features", count)
    forms = [make_form(tmp_path, kind) for kind in TOPS]
    for _ in range(2):
        match_page(filled("lower"), forms)
    assert len(sizes) == 2 + len(forms)


def test_the_edges_around_a_field_are_found_once_a_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pixels, row = draw_form("middle")
    reference, page = Reference(pixels), filled("middle")
    found = register(page, reference)
    first = refine_field(page, found, reference, row)

    def refuse(*args: Any, **named: Any) -> Any:
        raise AssertionError("edges were sought again")

    monkeypatch.setattr(views, "find_edges", refuse)
    again = refine_field(page, found, reference, row)
    assert first is not found.to_page
    assert np.array_equal(again, first)


def other_text(page: Pixels, row: Box) -> Pixels:
    """The same row of boxes under other words, as a form in another language."""
    other = blank_page(WIDTH, HEIGHT)
    other[row.slices] = page[row.slices]
    for place in range(16):
        top = 60 + 60 * place
        if not row.top - 40 < top < row.bottom + 40:
            text = f"Ligne {place * 977}, voir au verso du formulaire"
            cv2.putText(other, text, (60, top), 0, 0.9, 0, 2)
    return other


def test_a_page_that_is_told_to_be_a_form_is_read_with_every_field_in_doubt(
    tmp_path: Path,
) -> None:
    forms = [make_form(tmp_path, kind) for kind in ("upper", "lower")]
    blank, row = draw_form("lower")
    page = other_text(blank, row)
    with pytest.raises(RegistrationError, match="none of the forms") as caught:
        match_page(FormPage(page), forms)
    assert "% of its print is found" in str(caught.value)
    assert "--form lower" in str(caught.value)
    templates = [form.template for form in forms]
    told = FormReader(FakeClassifier(), template=templates, form="lower")
    reading = told.read_page(page_from_array(page, "page"))
    assert reading.form == "lower"
    (field,) = reading.fields
    assert Flag.REGISTRATION_WEAK in field.flags
    assert field.needs_review
    assert abs(field.box.top - row.top) < 8


def test_a_page_that_looks_like_the_form_it_is_told_to_be_is_not_doubted_for_that(
    tmp_path: Path,
) -> None:
    template = make_form(tmp_path, "upper").template
    told = FormReader(FakeClassifier(), template=template, form="upper")
    reading = told.read_page(page_from_array(filled("upper").pixels, "page"))
    assert Flag.REGISTRATION_WEAK not in reading.fields[0].flags


def test_a_form_must_be_one_of_those_given(tmp_path: Path) -> None:
    template = make_form(tmp_path, "upper").template
    with pytest.raises(TemplateError, match="no template is named 'lower'; given are"):
        FormReader(FakeClassifier(), template=template, form="lower")
