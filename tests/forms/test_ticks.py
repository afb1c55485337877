"""Boxes to tick: what is drawn into them, and what is read."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels
from test_printed_forms import scan_askew

from formreader.acceptance import AcceptancePolicy, accept
from formreader.forms.matching import Form, match_page
from formreader.forms.registration.views import FormPage, Reference
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.forms.ticks import find_printed_box
from formreader.forms.unwritten import join_readings
from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import FieldKind, Flag
from formreader.ticks.decisions import Question, decide_boxes

WIDTH, HEIGHT = 1654, 2339
CORNERS = Box(10, 10, 60, 30).corners
BLANK, MARKED = [0.98, 0.01, 0.0, 0.01], [0.01, 0.98, 0.005, 0.005]
STRUCK, DOUBTFUL = [0.0, 0.1, 0.9, 0.0], [0.3, 0.2, 0.0, 0.5]


def decide(question: Question, *chances: list[float]) -> FieldReading:
    return accept(
        decide_boxes(question, np.array(chances), CORNERS), AcceptancePolicy(0.9)
    )


def choice(*values: str, many: bool = False, columns: int = 1) -> Question:
    return Question("q", FieldKind.CHOICE, values, many, columns)


@pytest.mark.parametrize(
    ("chances", "value", "raw", "needs_review"),
    [
        (MARKED, "1", "X", False),
        (BLANK, "0", "_", False),
        (STRUCK, "", "?", True),
        (DOUBTFUL, "", "?", True),
        ([0.2, 0.8, 0.0, 0.0], "1", "X", True),
    ],
)
def test_a_tick_is_1_or_0_and_for_review_in_doubt(
    chances: list[float], value: str, raw: str, needs_review: bool
) -> None:
    reading = decide(Question("q", FieldKind.TICK), chances)
    assert (reading.value, reading.raw) == (value, raw)
    assert reading.needs_review is needs_review


def test_of_two_ticked_boxes_the_one_perhaps_scribbled_over_was_taken_back() -> None:
    perhaps = [0.0, 0.7, 0.28, 0.02]
    reading = decide(choice("a", "b", "c"), perhaps, MARKED, BLANK)
    assert (reading.value, reading.raw, reading.needs_review) == ("b", "?X_", True)
    assert Flag.STRUCK_OUT in reading.flags


@pytest.mark.parametrize(("second", "needs_review"), [(0.01, False), (0.45, True)])
def test_many_boxes_a_little_in_doubt_leave_none_about_a_clear_one(
    second: float, needs_review: bool
) -> None:
    slight = [0.95, 0.01, 0.0, 0.04]
    rows = [slight, MARKED, slight, slight, [0.99 - second, second, 0.0, 0.01]]
    asked = decide_boxes(choice(*"ABCDE"), np.array(rows), CORNERS)
    reading = accept(asked, AcceptancePolicy(0.95))
    assert (reading.value, reading.needs_review) == ("B", needs_review)


@pytest.mark.parametrize(
    ("rows", "value", "raw", "flags", "needs_review"),
    [
        ([BLANK, MARKED, BLANK], "b", "_X_", (), False),
        ([BLANK, STRUCK, MARKED], "c", "_?X", (Flag.STRUCK_OUT,), True),
        ([MARKED, MARKED, BLANK], "", "XX_", (Flag.RULE_FAILED,), True),
        ([BLANK, BLANK, BLANK], "", "___", (Flag.BLANK,), False),
        ([DOUBTFUL, BLANK, BLANK], "", "?__", (Flag.LOW_CONFIDENCE,), True),
    ],
)
def test_one_of_a_choice_is_its_value(
    rows: list[list[float]],
    value: str,
    raw: str,
    flags: tuple[Flag, ...],
    needs_review: bool,
) -> None:
    reading = decide(choice("a", "b", "c"), *rows)
    assert (reading.value, reading.raw) == (value, raw)
    assert set(flags) <= set(reading.flags)
    assert reading.needs_review is needs_review


def test_two_that_are_ticked_are_both_offered() -> None:
    reading = decide(choice("a", "b", "c"), MARKED, MARKED, BLANK)
    assert [one.value for one in reading.alternatives][:2] == ["a", "b"]


def test_many_are_listed_and_columns_are_a_number() -> None:
    many = decide(choice("a", "b", "c", many=True), MARKED, BLANK, MARKED)
    assert (many.value, many.needs_review) == ("a c", False)
    columns = choice("0", "1", "2", columns=3)
    rows = [BLANK, BLANK, MARKED, MARKED, BLANK, BLANK, BLANK, BLANK, BLANK]
    number = decide(columns, *rows)
    assert (number.value, number.raw) == ("20", "20_")
    gap = decide(columns, *(rows[:3] + rows[6:] + rows[3:6]))
    assert (gap.value, gap.raw, gap.needs_review) == ("", "2_0", True)


def draw_form(folder: Path) -> tuple[FormTemplate, Pixels]:
    """Draw a form with a row of boxes, and one of bubbles."""
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for line in range(30):
        place = (120, 200 + 60 * line)
        text = f"{line}: what is asked for here, and how"
        cv2.putText(page, text, place, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 2)
    for x in range(4):
        cv2.rectangle(page, (1000 + 70 * x, 420), (1030 + 70 * x, 450), 0, 2)
        cv2.circle(page, (1015 + 70 * x, 615), 16, 90, 2, cv2.LINE_AA)
    path = folder / "form.png"
    cv2.imwrite(str(path), page)
    ticks = [
        FieldTemplate(
            name=f"t{x}", box=Box(1002 + 70 * x, 422, 1029 + 70 * x, 449), kind="tick"
        )
        for x in range(4)
    ]
    bubbles = FieldTemplate(
        name="c",
        box=Box(980, 590, 1260, 640),
        kind="choice",
        values=("1", "2", "3", "4"),
    )
    who = FieldTemplate(name="who", box=Box(100, 900, 900, 960), kind="text")
    entry = PageTemplate(number=1, reference=path, width=WIDTH, height=HEIGHT)
    form = FormTemplate(name="f", pages=(entry,), fields=(*ticks, who, bubbles))
    return form, page


def test_ticks_and_bubbles_of_a_scanned_form_are_read(tmp_path: Path) -> None:
    form, page = draw_form(tmp_path)
    cv2.line(page, (1000, 422), (1032, 452), 60, 3, cv2.LINE_AA)  # a cross
    cv2.line(page, (1030, 418), (1002, 450), 60, 3, cv2.LINE_AA)
    cv2.polylines(  # a tick that leaves its box
        page, [np.array([[1146, 432], [1154, 446], [1180, 410]])], False, 60, 4
    )
    cv2.circle(page, (1155, 615), 14, 70, -1, cv2.LINE_AA)
    scan, _ = scan_askew(page, 1.2, 5)
    prepared = FormPage(scan)
    readings = join_readings([], prepared, match_page(prepared, [Form(form)]))
    values = {reading.name: reading.value for reading in readings}
    expected = {"t0": "1", "t1": "0", "t2": "1", "t3": "0", "who": "", "c": "3"}
    assert list(values) == list(expected)
    assert values == expected
    assert min(r.confidence for r in readings if r.kind is not FieldKind.TEXT) > 0.9


def test_a_printed_bubble_is_found_in_its_part_of_a_row(tmp_path: Path) -> None:
    form, page = draw_form(tmp_path)
    place = form.fields[-1].mark_boxes[1]
    found = find_printed_box(Reference(page), place)
    expected = Box(1071, 601, 1100, 630)
    assert np.abs(found.corners - expected.corners).max() <= 2


def test_a_text_is_for_review_only_where_it_is_asked_for() -> None:
    text = FieldReading.of_text("name", CORNERS)
    assert not accept(text, AcceptancePolicy(0.9)).needs_review
    assert accept(text, AcceptancePolicy(0.9, "review")).needs_review
