"""The samples are drawn the same each time and say the truth about themselves."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from formreader.geometry import Box, bounding_box, transform_points
from formreader.training.drawing.handwriting import (
    VARIANTS,
    draw_cross,
    draw_digit,
    draw_number,
    draw_writer,
)

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import make_samples as ms  # noqa: E402  # scripts are no package
from sample_forms import (  # noqa: E402
    FORM_NAMES,
    HEIGHT,
    LINE,
    PAPER,
    WIDTH,
    Answers,
    Pixels,
    cell_boxes,
    make_up_answers,
    print_form,
)

SAMPLES = ROOT / "samples"
SEED = 1  # the one that samples/ was made with


def count_components(ink: Pixels) -> int:
    return int(cv2.connectedComponents((ink > 64).astype(np.uint8))[0]) - 1


def read_expected() -> list[dict[str, str]]:
    with (SAMPLES / "expected.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_form(name: str, seed: int, *, careless: bool) -> tuple[Answers, Pixels]:
    rng = np.random.default_rng(seed)
    answers = make_up_answers(name, rng)
    writer = draw_writer(rng)
    layer = ms.write_page(print_form(name), answers, writer, rng, careless=careless)
    return answers, layer


@pytest.mark.parametrize(
    ("digit", "variant"),
    [(digit, variant) for digit, names in VARIANTS.items() for variant in names],
)
def test_a_digit_hangs_together_but_the_bar_of_a_lifted_5_may_stand_clear(
    digit: int, variant: str
) -> None:
    rng = np.random.default_rng(digit)
    most = 2 if (digit, variant) == (5, "lifted") else 1
    for _ in range(12):
        ink = draw_digit(digit, draw_writer(rng), rng, 50, variant=variant)
        assert 1 <= count_components(ink) <= most
        assert 35 < ink.shape[0] < 75


def test_a_drawing_is_cropped_to_its_ink() -> None:
    rng = np.random.default_rng(5)
    writer = draw_writer(rng)
    for ink in (draw_digit(4, writer, rng, 40), draw_cross(writer, rng, 40)):
        edges = (ink[0], ink[-1], ink[:, 0], ink[:, -1])
        assert all(edge.any() for edge in edges)
        assert ink.max() == 255


def test_one_seed_gives_the_same_pixels_and_another_seed_others() -> None:
    def draw(seed: int) -> Pixels:
        rng = np.random.default_rng(seed)
        return draw_number("0123456789", draw_writer(rng), rng, 40)

    assert np.array_equal(draw(3), draw(3))
    assert not np.array_equal(draw(3), draw(4))


def test_a_page_is_drawn_the_same_twice() -> None:
    page, answers = ms.plan_pages(SEED)[0]
    first, second = (
        ms.draw_page(page, answers, np.random.default_rng(9)) for _ in range(2)
    )
    assert np.array_equal(first, second)


def test_digits_of_a_number_keep_clear_of_each_other() -> None:
    rng = np.random.default_rng(11)
    for _ in range(20):
        ink = draw_number("2018", draw_writer(rng), rng, 40)
        assert count_components(ink) == 4


@pytest.mark.parametrize("text", ["", "  ", "12a"])
def test_a_number_is_made_of_digits(text: str) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="not made of digits"):
        draw_number(text, draw_writer(rng), rng, 40)


@pytest.mark.parametrize("name", FORM_NAMES)
def test_a_careful_hand_writes_within_the_lines_of_every_filled_box(name: str) -> None:
    answers, layer = write_form(name, 21, careless=False)
    form = print_form(name)
    for field in form.fields:
        inside = field.box.expanded(-LINE, -LINE)
        assert layer[inside.slices].any() == bool(answers[field.name])
        layer[inside.slices] = 0
    if form.signature is not None:
        layer[form.signature.expanded(60, 60).slices] = 0
    assert not layer.any()


def test_each_digit_of_a_row_stands_in_its_own_cell() -> None:
    rng = np.random.default_rng(2)
    answers = make_up_answers("exam-cover", rng, short=True)
    form = print_form("exam-cover")
    layer = ms.write_page(form, answers, draw_writer(rng), rng)
    row = form.fields[0]
    cells = cell_boxes(row.box, row.cells)
    filled = [bool(layer[cell.slices].any()) for cell in cells]
    assert filled == [False] + [True] * 7


@pytest.mark.parametrize("name", FORM_NAMES)
def test_a_careless_hand_runs_over_lines_without_merging_digits(name: str) -> None:
    answers, layer = write_form(name, 8, careless=True)
    form = print_form(name)
    if form.signature is not None:
        layer[form.signature.expanded(60, 60).slices] = 0
    digits = "".join(answers.values())
    # The bars of lifted 5s may add to the count, nothing may take from it.
    assert len(digits) <= count_components(layer) <= len(digits) + digits.count("5")
    for field in form.fields:
        layer[field.box.expanded(-LINE, -LINE).slices] = 0
    assert layer.any()


def test_the_box_of_a_turned_field_is_where_the_scan_shows_it() -> None:
    page = np.full((HEIGHT, WIDTH), PAPER, np.uint8)
    box = Box(500, 600, 900, 700)
    page[box.slices] = 0
    scan = ms.Scan(turn_deg=2.5, blur=0.3, noise=0, threshold=128)
    scanned = ms.scan_page(page, scan, np.random.default_rng(0))
    found = cv2.boundingRect(255 - scanned)
    expected = bounding_box(transform_points(box.corners, ms.turn_matrix(scan)))
    sides = (expected.left, expected.top, expected.width, expected.height)
    assert np.allclose(found, sides, atol=2)


def test_expected_csv_lists_what_the_script_writes() -> None:
    rows = [tuple(map(str, row)) for row in ms.list_truth(SEED)]
    expected = read_expected()
    assert list(expected[0]) == list(ms.COLUMNS)
    assert [tuple(row.values()) for row in expected] == rows


def test_expected_csv_and_the_image_files_belong_together() -> None:
    expected = read_expected()
    images = {
        path.name for path in SAMPLES.iterdir() if path.suffix in {".jpg", ".png"}
    }
    # Of an empty line or box with a caption there is nothing to list.
    assert {row["file"] for row in expected} == images - {"travel-claim-blank.png"}
    for name in images:
        with Image.open(SAMPLES / name) as image:
            assert image.size == (WIDTH, HEIGHT)


def test_cells_agree_with_values_and_blank_pages_hold_none() -> None:
    for row in read_expected():
        if row["cells"]:
            assert row["cells"].strip("_") == row["value"]
            assert len(row["cells"]) in {4, 8}
        if "blank" in row["file"]:
            assert row["value"] == ""
    assert any(row["cells"].startswith("_") and row["value"] for row in read_expected())


def test_filled_samples_hold_ink_where_expected_csv_says_so() -> None:
    pages: dict[str, Pixels] = {}
    for row in read_expected():
        file = row["file"]
        if file not in pages:
            with Image.open(SAMPLES / file) as image:
                pages[file] = np.array(image.convert("L"))
        left, top, width, height = (int(row[key]) for key in ms.COLUMNS[5:])
        field = pages[file][top : top + height, left : left + width]
        if file == "meter-reading-4.jpg":
            field = 255 - field
        inner = field[height // 4 : -height // 4, 18:-18]
        # Cell lines cross the middle of a row of boxes whether or not it is filled.
        lines = 7 * 4 * len(inner) if row["cells"] else 0
        dark = int(np.count_nonzero(inner < 0.8 * np.median(field)))
        assert (dark > lines + 60) == bool(row["value"]), row
