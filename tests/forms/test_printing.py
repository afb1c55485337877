from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pytest

from formreader.errors import TemplateError
from formreader.forms.authoring.printing import (
    PAPERS,
    PrintingWay,
    print_form,
    render_reference,
)
from formreader.forms.registration.fiducials import (
    DICTIONARY,
    marker_corners,
    marker_modules,
)
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage

WIDTH, HEIGHT = 850, 1100
NUMBER = FieldTemplate(name="number", box=Box(200, 300, 560, 340), cells=9)
AMOUNT = FieldTemplate(name="amount", box=Box(200, 500, 400, 540))


def make_form(*fields: FieldTemplate, width: int = WIDTH) -> FormTemplate:
    page = PageTemplate(
        number=1, reference=Path("form.png"), width=width, height=HEIGHT
    )
    return FormTemplate(name="exam cover", pages=(page,), fields=fields)


def detect(pixels: np.ndarray) -> dict[int, np.ndarray]:
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARY)
    corners, numbers, _ = cv2.aruco.ArucoDetector(dictionary).detectMarkers(pixels)
    found = [] if numbers is None else [int(n) for n in np.asarray(numbers).ravel()]
    return {n: np.reshape(c, (4, 2)) for n, c in zip(found, corners, strict=True)}


def test_boxes_and_cells_are_printed_where_the_template_has_them() -> None:
    form = make_form(NUMBER, AMOUNT)
    pixels = render_reference(form, form.pages[0])
    assert pixels.shape == (HEIGHT, WIDTH)
    number, amount = find_fields(PreparedPage(pixels))
    assert len(number.cells or ()) == 9
    assert amount.cells == ()
    for found, field in ((number, NUMBER), (amount, AMOUNT)):
        drawn = np.subtract(found.outline, field.box.corners)
        assert np.abs(drawn).max() <= 2


def test_markers_are_printed_where_marker_corners_says() -> None:
    form = make_form(NUMBER)
    found = detect(render_reference(form, form.pages[0]))
    expected = marker_corners(WIDTH, HEIGHT)
    assert set(found) == set(expected) == {0, 1, 2, 3}
    for number, corners in expected.items():
        assert np.abs(found[number] - corners).max() <= 1.5


def test_markers_lie_clockwise_inside_the_page() -> None:
    corners = marker_corners(2480, 3508)
    middles = [corners[number].mean(axis=0) for number in range(4)]
    assert middles[0][0] < middles[1][0] and middles[0][1] == middles[1][1]
    assert middles[1][1] < middles[2][1] and middles[1][0] == middles[2][0]
    assert middles[3][0] == middles[0][0]
    everything = np.concatenate(list(corners.values()))
    assert everything.min() > 0
    assert everything.max() < 3508
    assert marker_modules(0)[0].all()  # the black border


def test_the_code_says_which_form_and_page_it_is() -> None:
    form = make_form(NUMBER)
    pixels = render_reference(form, form.pages[0])
    assert cv2.QRCodeDetector().detectAndDecode(pixels)[0] == "exam cover/1"


@pytest.mark.parametrize("paper", list(PAPERS))
def test_the_pdf_has_the_size_of_the_paper_and_the_form_on_it(paper: str) -> None:
    form = make_form(NUMBER)
    printed = print_form(form, PrintingWay(paper))
    assert printed.left_out == ()
    with pypdfium2.PdfDocument(printed.pdf) as document:
        assert len(document) == 1
        page = document[0]
        assert page.get_size() == pytest.approx(PAPERS[paper], abs=0.01)
        assert "number" in page.get_textpage().get_text_range()


def test_a_page_wider_than_high_is_printed_on_its_side() -> None:
    form = make_form(NUMBER, width=1500)
    with pypdfium2.PdfDocument(print_form(form).pdf) as document:
        width, height = document[0].get_size()
    assert width > height
    assert render_reference(form, form.pages[0]).shape == (HEIGHT, 1500)


def test_the_same_template_gives_the_same_file() -> None:
    form = make_form(NUMBER, AMOUNT)
    assert print_form(form).pdf == print_form(form).pdf


def test_a_marker_under_a_field_is_left_out_and_named() -> None:
    low = FieldTemplate(name="low", box=Box(20, 1030, 400, 1070))
    form = make_form(low)
    (told,) = print_form(form).left_out
    assert "marker 3" in told
    assert set(detect(render_reference(form, form.pages[0]))) == {0, 1, 2}


def test_a_form_without_room_for_any_marker_is_refused() -> None:
    form = make_form(FieldTemplate(name="all", box=Box(0, 0, WIDTH, HEIGHT)))
    with pytest.raises(TemplateError, match="all four corners"):
        print_form(form)


def test_a_name_goes_beside_a_box_that_has_none_above() -> None:
    below = FieldTemplate(name="below", box=Box(200, 342, 560, 380), cells=9)
    form = make_form(NUMBER, below)
    assert print_form(form).left_out == ()
    pixels = render_reference(form, form.pages[0])
    assert (pixels[345:377, 100:195] < 128).any()  # left of the lower box
    assert (pixels[300:338, 100:195] == 255).all()


def test_boxes_without_room_for_a_name_are_counted() -> None:
    upper = FieldTemplate(name="upper", box=Box(10, 300, 560, 340), cells=9)
    below = FieldTemplate(name="below", box=Box(10, 342, 560, 380), cells=9)
    (told,) = print_form(make_form(upper, below)).left_out
    assert "1 field" in told
