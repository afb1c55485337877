"""References from photos and from pages that are filled in."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from drawn_pages import Pixels, blank_page, draw_row, fill_row

from formreader.cli import main
from formreader.errors import InputError
from formreader.forms.authoring.flattening import erase_writing, flatten_page
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage

ROWS = [(120, 150, 8), (560, 150, 3), (120, 700, 5), (460, 980, 4)]
DESK = 60


def draw_form(text: str = "") -> tuple[Pixels, list[Box]]:
    page = blank_page(800, 1131)
    boxes = []
    for left, top, cells in ROWS:
        boxes.append(draw_row(page, left, top, cells, 44, 2))
        if text:
            fill_row(page, boxes[-1], text[:cells])
    cv2.putText(page, "Register of readings", (120, 90), 0, 1.2, 0, 2)
    return page, boxes


def photograph(page: Pixels) -> Pixels:
    """Look at a page on a dark desk with a phone that leans back and to the right."""
    height, width = page.shape
    lens = np.array([[1184.0, 0, 640], [0, 1184, 740], [0, 0, 1]])
    lean, _ = cv2.Rodrigues(np.array([0.35, -0.15, 0.05]))
    place = np.column_stack([lean[:, 0], lean[:, 1], [0.0, 0.0, 1150.0]])
    centre = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    photo = cv2.warpPerspective(
        page,
        lens @ place @ centre,
        (1280, 1480),
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(DESK,),
    )
    return np.asarray(photo, dtype=np.uint8)


def test_boxes_lie_level_and_upright_on_a_flat_page() -> None:
    flat = flatten_page(photograph(draw_form()[0]))
    fields = find_fields(PreparedPage(flat))
    assert [len(field.cells) for field in fields] == [8, 3, 5, 4]
    for field in fields:
        left, top, right, bottom = (
            field.outline[:, 0].min(),
            field.outline[:, 1].min(),
            field.outline[:, 0].max(),
            field.outline[:, 1].max(),
        )
        upright = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        assert np.abs(field.outline - upright).max() <= 2


def test_nothing_of_the_desk_is_left_on_a_flat_page() -> None:
    flat = flatten_page(photograph(draw_form()[0]))
    assert np.mean(flat < 2 * DESK) < 0.03  # print
    width, height = flat.shape[1], flat.shape[0]
    assert height / width == pytest.approx(1131 / 800, rel=0.02)


def test_a_photo_without_boxes_cannot_be_flattened() -> None:
    with pytest.raises(InputError, match="too few boxes"):
        flatten_page(blank_page())


def test_writing_is_painted_out_and_lines_and_words_stay() -> None:
    blank, boxes = draw_form()
    filled, _ = draw_form("12345678")
    cleaned = erase_writing(filled)
    assert np.count_nonzero(np.abs(cleaned.astype(int) - blank) > 100) < 50
    assert np.count_nonzero(np.abs(filled.astype(int) - blank) > 100) > 2000
    assert (cleaned[:120] == blank[:120]).all()
    assert not cleaned[boxes[0].top, boxes[0].left : boxes[0].right].any()


def test_new_makes_a_template_from_a_photo_of_a_filled_form(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), photograph(draw_form("12345678")[0]))
    form = tmp_path / "form.toml"
    arguments = ["template", "new", str(photo), "--flatten", "--filled", "-o"]
    result = CliRunner().invoke(main, [*arguments, str(form)])
    assert result.exit_code == 0, result.output
    assert "looks filled" not in result.stderr
    assert [field.cells for field in FormTemplate.load(form).fields] == [8, 3, 5, 4]
    beside = photo.with_suffix(".toml")
    again = CliRunner().invoke(main, [*arguments, str(beside)])
    assert again.exit_code == 6
    assert "the page itself" in again.stderr
