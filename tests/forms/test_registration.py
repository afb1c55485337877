from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from drawn_pages import blank_page, draw_row, fill_row
from fake_classifier import FakeClassifier

from formreader import FormReader
from formreader.errors import RegistrationError, TemplateError
from formreader.forms.registration.alignment import (
    Agreement,
    measure_agreement,
)
from formreader.forms.registration.edges import find_edges
from formreader.forms.registration.judgement import Fit, Placement
from formreader.forms.registration.registration import (
    find_placement,
    refine_field,
    refine_placement,
    register,
)
from formreader.forms.registration.views import FormPage, Reference
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box, transform_points
from formreader.pages.loading import page_from_array
from formreader.records import Flag

Pixels = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]

WIDTH, HEIGHT = 850, 1100
FIELD = Box(300, 240, 660, 280)


def draw_form(rows: int = 8, title: str = "Meter reading") -> Pixels:
    """A heading, a row of boxes, a table of equal rows and some print."""
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    cv2.putText(page, title, (80, 120), cv2.FONT_HERSHEY_DUPLEX, 1.5, 0, 2)
    for left in range(FIELD.left, FIELD.right, 40):
        cv2.rectangle(page, (left, FIELD.top), (left + 40, FIELD.bottom), 0, 2)
    for row in range(rows):
        top = 350 + 45 * row
        cv2.rectangle(page, (80, top), (200, top + 45), 0, 2)
        cv2.rectangle(page, (200, top), (760, top + 45), 0, 2)
        place = (90, top + 32)
        cv2.putText(page, f"No {row + 1}", place, cv2.FONT_HERSHEY_DUPLEX, 0.8, 0, 1)
    for row in range(8):
        text, place = f"{title} {row * 731}, see overleaf", (80, 800 + 32 * row)
        cv2.putText(page, text, place, cv2.FONT_HERSHEY_DUPLEX, 0.8, 0, 1)
    return page


def other_form() -> Pixels:
    """Print of the same kind in other places."""
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for row in range(6):
        top = 160 + 140 * row
        cv2.putText(
            page,
            f"Part {row + 1} of six",
            (90, top),
            cv2.FONT_HERSHEY_DUPLEX,
            0.8,
            0,
            1,
        )
        for left in range(90, 690, 60):
            cv2.rectangle(page, (left, top + 20), (left + 60, top + 80), 0, 2)
    return page


def fill_in(page: Pixels) -> Pixels:
    filled = page.copy()
    font = cv2.FONT_HERSHEY_SCRIPT_SIMPLEX
    for place in ((305, 272), (230, 385), (230, 430), (230, 520)):
        cv2.putText(filled, "1 8 3 6 4 7", place, font, 1.1, 40, 2)
    return filled


def look_at(page: Pixels, corners: list[list[float]]) -> tuple[Pixels, Matrix]:
    """Show a page with its corners, clockwise from the upper left, at these points."""
    own = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    there = np.array(corners, np.float32)
    size = (int(there[:, 0].max()) + 30, int(there[:, 1].max()) + 30)
    matrix = np.asarray(cv2.getPerspectiveTransform(own, there), np.float64)
    shrunk = cv2.GaussianBlur(page, (0, 0), 0.6)
    seen = cv2.warpPerspective(shrunk, matrix, size, borderValue=(200,))
    return np.asarray(seen, np.uint8), matrix


def corner_error(found: Matrix, true: Matrix, box: Box | None = None) -> float:
    corners = (box or Box(0, 0, WIDTH, HEIGHT)).corners
    inverse = np.asarray(np.linalg.inv(true), np.float64)
    back = transform_points(transform_points(corners, found), inverse)
    return float(np.abs(back - corners).max())


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference(draw_form())


@pytest.mark.parametrize(
    "corners",
    [
        pytest.param([[0, 0], [850, 0], [850, 1100], [0, 1100]], id="as printed"),
        pytest.param([[1120, 20], [1120, 870], [20, 870], [20, 20]], id="on its side"),
        pytest.param([[870, 1120], [20, 1120], [20, 20], [870, 20]], id="head down"),
        pytest.param([[20, 870], [20, 20], [1120, 20], [1120, 870]], id="other side"),
        pytest.param(
            [[30, 20], [1780, 50], [1740, 2330], [0, 2300]], id="twice as large"
        ),
        pytest.param([[20, 20], [658, 20], [658, 845], [20, 845]], id="smaller"),
        pytest.param([[120, 60], [820, 20], [900, 1090], [10, 1040]], id="at a slant"),
    ],
)
def test_a_filled_page_is_aligned_to_a_pixel(
    reference: Reference, corners: list[list[float]]
) -> None:
    page, true = look_at(fill_in(draw_form()), corners)
    found = register(FormPage(page), reference)
    assert corner_error(found.to_page, true) < 1
    assert found.residual_px < 1
    assert found.to_page[2, 2] == 1
    assert not found.to_page.flags.writeable


def test_a_negative_in_a_shadow_is_aligned(reference: Reference) -> None:
    page, true = look_at(draw_form(), [[30, 40], [890, 20], [880, 1130], [20, 1140]])
    light = np.where(np.arange(page.shape[1]) > 500, 0.5, 0.95)
    shaded = (page * light).astype(np.uint8)
    assert corner_error(register(FormPage(shaded), reference).to_page, true) < 1
    assert corner_error(register(FormPage(~page), reference).to_page, true) < 1


def test_a_page_with_a_cut_off_edge_is_aligned(reference: Reference) -> None:
    page = fill_in(draw_form())[150:, :700].copy()
    true = np.array([[1, 0, 0], [0, 1, -150], [0, 0, 1.0]])
    assert corner_error(register(FormPage(page), reference).to_page, true) < 1.5


@pytest.mark.parametrize("cut", [Box(150, 340, 850, 720), Box(0, 400, 850, 780)])
def test_equal_rows_alone_are_never_taken_for_others(
    reference: Reference, cut: Box
) -> None:
    page = np.ascontiguousarray(draw_form()[cut.slices])
    true = np.array([[1, 0, -cut.left], [0, 1, -cut.top], [0, 0, 1.0]])
    try:
        found = register(FormPage(page), reference)
    except RegistrationError:
        return
    assert corner_error(found.to_page, true) < 1.5


def test_corner_markers_align_a_page_without_other_print() -> None:
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    for number, (left, top) in enumerate(
        ((40, 40), (750, 40), (750, 1000), (40, 1000))
    ):
        marker = cv2.aruco.generateImageMarker(dictionary, number, 60)
        page[top : top + 60, left : left + 60] = marker
    seen, true = look_at(page, [[120, 60], [820, 20], [900, 1090], [10, 1040]])
    assert corner_error(register(FormPage(seen), Reference(page)).to_page, true) < 1


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(other_form(), id="another form"),
        pytest.param(np.full((HEIGHT, WIDTH), 255, np.uint8), id="a blank page"),
        pytest.param(
            np.random.default_rng(0).integers(0, 256, (600, 500), np.uint8), id="noise"
        ),
        pytest.param(np.zeros((30, 40), np.uint8), id="a tiny page"),
        pytest.param(draw_form()[:, ::-1].copy(), id="a mirrored page"),
    ],
)
def test_what_is_not_the_form_is_refused(reference: Reference, page: Pixels) -> None:
    with pytest.raises(RegistrationError, match="does not show the form"):
        register(FormPage(page), reference)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9000), (9000, 2), (20, 20)])
def test_a_page_of_no_sensible_shape_is_refused(
    reference: Reference, shape: tuple[int, int]
) -> None:
    page = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    with pytest.raises(RegistrationError):
        register(FormPage(page), reference)


def test_a_form_whose_table_moved_is_refused(reference: Reference) -> None:
    moved = draw_form()
    moved[300:760] = np.roll(moved[300:760], 60, axis=0)
    moved[780:] = 255
    with pytest.raises(RegistrationError):
        register(FormPage(moved), reference)


def other_edition() -> Pixels:
    """The form's fields with other words around them."""
    page = draw_form(title="Water usage in")
    page[780:] = 255
    for row in range(9):
        text, place = f"Ask {row * 219} at the counter", (60, 790 + 30 * row)
        cv2.putText(page, text, place, cv2.FONT_HERSHEY_DUPLEX, 0.9, 0, 1)
    return page


def test_another_edition_is_taken_if_its_fields_are_in_place() -> None:
    rows = tuple(Box(200, 350 + 45 * row, 760, 395 + 45 * row) for row in range(8))
    reference = Reference(draw_form(), (FIELD, *rows))
    page, true = look_at(other_edition(), [[30, 9], [890, 20], [880, 1130], [20, 1140]])
    assert corner_error(register(FormPage(page), reference).to_page, true, FIELD) < 1.5
    with pytest.raises(RegistrationError):
        register(FormPage(page), Reference(draw_form()))


def test_a_form_whose_pale_lines_are_not_seen_is_known_by_its_print() -> None:
    blank = other_edition()
    rows = tuple(Box(200, 350 + 45 * row, 760, 395 + 45 * row) for row in range(4))
    pale, lost = blank.copy(), blank.copy()
    for box in rows:
        around = box.expanded(3, 3).slices
        pale[around] = np.where(blank[around] < 128, 190, 255)
        lost[around] = 255
    assert register(FormPage(blank), Reference(blank, rows)).has_fields
    assert not register(FormPage(lost), Reference(pale, rows)).has_fields
    # Dark ones do not vanish: the fields are elsewhere.
    with pytest.raises(RegistrationError):
        register(FormPage(lost), Reference(blank, rows))


@pytest.mark.parametrize(("strong", "fit"), [(0.96, Fit.PRINT), (0.7, Fit.NONE)])
def test_a_copy_that_lost_the_thin_half_of_the_print_is_known_by_the_rest(
    strong: float, fit: Fit
) -> None:
    found = Agreement(0.6, 0.7, 1.0, 0.1, strong=strong, strong_blocks=strong)
    placement = Placement(np.eye(3), found, agreeing=15, judged=46, field_count=46)
    assert placement.fit is fit


def test_paper_that_bulges_is_followed(reference: Reference) -> None:
    x, y = np.meshgrid(np.arange(WIDTH) / WIDTH, np.arange(HEIGHT) / HEIGHT)
    down = 26 * np.sin(np.pi * x) * y
    bent = cv2.remap(
        fill_in(draw_form()),
        (x * WIDTH).astype(np.float32),
        (y * HEIGHT + down).astype(np.float32),
        cv2.INTER_LINEAR,
        borderValue=(255,),
    )
    page = FormPage(np.asarray(bent, np.uint8))
    placement = find_placement(page, reference)
    assert placement is not None and placement.fit is Fit.FIELDS
    assert placement.agreement.found > 0.9
    flat = measure_agreement(page.view.ink, reference.middle, placement.matrix)
    assert flat.found < 0.7
    box = Box(60, 700, 160, 730)
    registration = refine_placement(page, reference, placement)
    x, y = box.corners.T
    wanted = np.stack([x, y / (1 + 26 * np.sin(np.pi * x / WIDTH) / HEIGHT)], axis=1)
    near = transform_points(box.corners, registration.near(box))
    assert np.hypot(*(near - wanted).T).max() < 1
    as_a_whole = transform_points(box.corners, registration.to_page)
    assert np.hypot(*(as_a_whole - wanted).T).max() > 4


@pytest.mark.parametrize("edition", ["the form itself", "another edition"])
def test_every_field_of_a_page_with_little_of_the_print_is_doubted(
    tmp_path: Path, edition: str
) -> None:
    cv2.imwrite(str(tmp_path / "form.png"), draw_form())
    rows = tuple(Box(202, 352 + 45 * row, 758, 393 + 45 * row) for row in range(8))
    fields = tuple(
        FieldTemplate(name=f"row{n}", box=box, blank="allow")
        for n, box in enumerate(rows)
    )
    sheet = PageTemplate(
        number=1, reference=tmp_path / "form.png", width=WIDTH, height=HEIGHT
    )
    form = FormTemplate(name="form", pages=(sheet,), fields=fields)
    page = draw_form()
    if edition == "another edition":
        page = other_edition()
        page[:200] = 255  # without a heading
    reader = FormReader(FakeClassifier(), template=form)
    read = reader.read_page(page_from_array(page, "page")).fields
    doubted = [
        field.name
        for field in read
        if Flag.REGISTRATION_WEAK in field.flags and field.needs_review
    ]
    everyone = [field.name for field in fields]
    assert doubted == (everyone if edition == "another edition" else [])


def test_the_same_print_with_the_fields_elsewhere_is_refused() -> None:
    page = draw_form()
    row = page[230:290].copy()
    page[230:290] = 255
    page[130:190, :800] = row[:, 50:]
    # Without its fields the form is the same for the most part.
    page[700:] = 255
    with pytest.raises(RegistrationError):
        register(FormPage(page), Reference(draw_form(), (FIELD,)))


def test_a_reference_without_print_is_the_templates_fault() -> None:
    empty = Reference(np.full((HEIGHT, WIDTH), 255, np.uint8))
    with pytest.raises(TemplateError, match="too little print"):
        register(FormPage(draw_form()), empty)


def test_colour_is_a_programmers_mistake(reference: Reference) -> None:
    with pytest.raises(ValueError, match="uint8"):
        register(FormPage(np.zeros((50, 50, 3), np.uint8)), reference)


def test_a_field_on_curled_paper_is_followed(reference: Reference) -> None:
    page = fill_in(draw_form())
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    # A bump around the field's height; the rest of the page lies flat.
    bump = 4 * np.exp(-(((rows - 262) / 40) ** 2)).astype(np.float32)
    curled = np.asarray(
        cv2.remap(page, columns, rows - bump, cv2.INTER_LINEAR, borderValue=(255,)),
        np.uint8,
    )
    found = register(FormPage(curled), reference)
    local = refine_field(FormPage(curled), found, reference, FIELD)
    true = np.array([[1, 0, 0], [0, 1, 3.8], [0, 0, 1.0]])
    assert corner_error(found.to_page, true, FIELD) > 2
    assert corner_error(local, true, FIELD) < 1.2


def test_a_field_at_the_edge_or_off_the_page_keeps_the_alignment(
    reference: Reference,
) -> None:
    page = draw_form()
    found = register(FormPage(page), reference)
    for box in (
        Box(0, 0, 3, 3),
        Box(840, 1090, 900, 1200),
        Box(2000, 2000, 2100, 2050),
    ):
        assert refine_field(FormPage(page), found, reference, box) is found.to_page


def test_a_field_that_is_not_seen_keeps_the_alignment_of_the_page(
    reference: Reference,
) -> None:
    page = draw_form()
    page[200:320] = 255
    found = register(FormPage(page), reference)
    assert refine_field(FormPage(page), found, reference, FIELD) is found.to_page


def test_a_page_has_the_same_edges_wherever_its_arrays_lie_in_memory() -> None:
    page = blank_page()
    fill_row(page, draw_row(page, 100, 200, 9), "402618593")
    ink = np.asarray(255 - page, dtype=np.uint8)
    first = find_edges(ink, 0.47)
    in_the_way = []
    for count in range(40):
        in_the_way.append(np.zeros(1000 + count * 2384, np.uint8))
        edges = find_edges(ink, 0.47)
        assert np.array_equal(edges.points, first.points)
        assert np.array_equal(edges.normals, first.normals)


@pytest.mark.parametrize("tones", [(222, 190), (170, 90)])
def test_a_form_in_pale_ink_or_on_coloured_paper_is_a_reference(
    tones: tuple[int, int],
) -> None:
    paper, ink = tones
    pale = np.where(draw_form() > 127, paper, ink).astype(np.uint8)
    page, true = look_at(pale, [[30, 9], [890, 20], [880, 1130], [20, 1140]])
    found = register(FormPage(page), Reference(pale, (FIELD,)))
    assert corner_error(found.to_page, true) < 1
