from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from formreader.errors import UnreadableFileError
from formreader.training.drawing.handwriting import draw_digit, draw_writer
from formreader.training.ink.pages.capture import Capture, capture_sheet, sheet_side
from formreader.training.ink.pages.hands import Hand
from formreader.training.ink.pages.items import draw_items, draw_sections
from formreader.training.ink.pages.page import WritingStock, draw_ink_page
from formreader.training.ink.pages.printing import (
    bold_face,
    draw_typeface,
    item_number,
    print_text,
)
from formreader.training.ink.pages.scene import Scene
from formreader.training.ink.pages.sheet import (
    PAPER,
    PEN,
    PRINT,
    RULE,
    Ink,
    RuleStyle,
    Sheet,
)
from formreader.training.ink.pages.strokes import Pen, PenLayer
from formreader.training.ink.pages.tracing import trace_strokes

BLACK = Ink((0.05, 0.05, 0.05))
PEN_MADE = Pen("gel", Ink((0.1, 0.1, 0.6)), 3.0, 1.0, 0.0, 0.0)
PLAIN = Capture("colour scan", 1.0, 0.0, (0.0, 0.0), 0.0, edges=False, turns=0)
SIZE = 160


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Digits as images, of 4 writers, and as strokes, of 40."""
    folder = tmp_path_factory.mktemp("handwriting")
    rng = np.random.default_rng(4)
    hand = draw_writer(rng)
    crops = np.zeros((40, 32, 32), np.uint8)
    for place, crop in enumerate(crops):
        ink = draw_digit(place % 10, hand, rng, 22)[:30, :30]
        crop[1 : 1 + ink.shape[0], 1 : 1 + ink.shape[1]] = ink
    labels = np.arange(40, dtype=np.uint8) % 10
    np.savez(folder / "made.npz", x=crops, y=labels, w=np.arange(40) // 10)
    rows = [
        [str(digit), writer, "x", [[[0, 0], [10, 40 + digit], [20, 90]]]]
        for writer in range(40)
        for digit in range(10)
    ]
    with gzip.open(folder / "pens.json.gz", "wt") as file:
        json.dump(rows, file)
    return folder / "made.npz", folder / "pens.json.gz"


@pytest.fixture(scope="module")
def stock(files: tuple[Path, Path]) -> WritingStock:
    return WritingStock.load([str(files[0])], [], [files[1]])


def new_sheet() -> Sheet:
    return Sheet(sheet_side(PLAIN, SIZE), sheet_side(PLAIN, SIZE))


def classes_of(sheet: Sheet, layer: PenLayer | None = None) -> np.ndarray:
    rng = np.random.default_rng(0)
    written = PenLayer(sheet, PEN_MADE) if layer is None else layer
    return capture_sheet(sheet, [written.settle(rng)], PLAIN, SIZE, rng).classes


def test_a_printed_line_is_rule_over_its_whole_length_and_nothing_else() -> None:
    sheet = new_sheet()
    sheet.rule(0, 80, sheet.width, 80, RuleStyle(BLACK, 2.0))
    classes = classes_of(sheet)
    assert set(np.unique(classes)) == {PAPER, RULE}
    assert (classes == RULE).any(axis=0).all()
    assert np.count_nonzero(classes) <= 3 * SIZE


@pytest.mark.parametrize("grey", [0.1, 0.8])
def test_a_line_thinner_than_a_pixel_is_rule_however_pale(grey: float) -> None:
    sheet = new_sheet()
    sheet.rule(0, 80.3, sheet.width, 80.3, RuleStyle(Ink((grey, grey, grey)), 0.4))
    assert (classes_of(sheet) == RULE).any(axis=0).all()


@pytest.mark.parametrize("radius", [0.0, 12.0])
def test_the_thin_outline_of_a_box_is_rule_all_around(radius: float) -> None:
    sheet = new_sheet()
    side = sheet.width
    box = (side / 2 - 40.4, side / 2 - 30.3, side / 2 + 40.2, side / 2 + 30.1)
    sheet.outline(*box, RuleStyle(Ink((0.5, 0.5, 0.5)), 0.6), radius)
    ruled = (classes_of(sheet) == RULE).astype(np.uint8)
    joined = cv2.dilate(ruled, np.ones((3, 3), np.uint8))
    assert cv2.connectedComponents(joined)[0] == 2
    assert cv2.connectedComponents(1 - joined, connectivity=4)[0] == 3


def test_a_line_that_nobody_can_see_is_paper() -> None:
    sheet = new_sheet()
    sheet.rule(0, 80, sheet.width, 80, RuleStyle(Ink((0.997, 0.997, 0.997)), 1.0))
    assert not classes_of(sheet).any()


def test_the_small_gaps_of_a_dotted_line_are_rule_and_large_ones_paper() -> None:
    dotted, dashed = new_sheet(), new_sheet()
    dotted.rule(0, 80, dotted.width, 80, RuleStyle(BLACK, 2.0, period=4.0))
    dashed.rule(0, 80, dashed.width, 80, RuleStyle(BLACK, 2.0, period=16.0))
    assert (classes_of(dotted) == RULE).any(axis=0).all()
    share = (classes_of(dashed) == RULE).any(axis=0).mean()
    assert 0.4 < share < 0.65


def test_text_alone_is_print() -> None:
    sheet = new_sheet()
    face = draw_typeface(np.random.default_rng(3))
    print_text(sheet, "Total 48", 20, 60, 24, face, BLACK)
    classes = classes_of(sheet)
    assert set(np.unique(classes)) == {PAPER, PRINT}


def test_a_bold_face_lays_more_ink_than_its_regular_one() -> None:
    faces = [draw_typeface(np.random.default_rng(seed)) for seed in range(60)]
    heavy = ("bold", "black", "heavy", "medium", "demi", "cond")
    regular = [
        face
        for face in faces
        if not face.dots and not any(word in face.path.lower() for word in heavy)
    ]
    bolder = [(face, bold_face(face)) for face in regular]
    gains = [
        int(bold.draw("128", 30).sum()) - int(face.draw("128", 30).sum())
        for face, bold in bolder
        if bold.path != face.path
    ]
    assert gains and all(gain > 0 for gain in gains)


def test_items_are_numbered_as_forms_do() -> None:
    written = {item_number(7, form) for form in range(6)}
    assert written == {"7", "7.", "(7)", "7)", "7b"}


@pytest.mark.parametrize("draw", [draw_items, draw_sections])
def test_numbered_items_hold_print_pen_and_lines(
    draw: Callable[[Scene, float, float, float], float], stock: WritingStock
) -> None:
    held = set()
    for seed in range(6):
        rng, sheet = np.random.default_rng(seed), new_sheet()
        layer = PenLayer(sheet, PEN_MADE)
        hand = Hand(stock, layer, 16.0, rng)
        face = draw_typeface(rng)
        scene = Scene(sheet, rng, [hand], face, BLACK, 16.0, filled=1.0)
        lower = draw(scene, 5.0, 5.0, 0.9 * sheet.width)
        assert lower > 5 + 16
        held |= set(np.unique(classes_of(sheet, layer)).tolist())
    assert held == {PAPER, PEN, PRINT, RULE}


def test_white_text_on_a_dark_bar_is_print_with_its_bar() -> None:
    sheet = new_sheet()
    sheet.shade(10, 40, 150, 100, (0.05, 0.05, 0.05))
    face = draw_typeface(np.random.default_rng(3))
    print_text(sheet, "88", 40, 50, 30, face, Ink((1.0, 1.0, 1.0), opaque=True))
    inner = classes_of(sheet)[45:90, 20:130]
    assert (inner == PRINT).all()


def test_a_light_shade_is_paper() -> None:
    sheet = new_sheet()
    sheet.shade(10, 40, 150, 100, (0.8, 0.85, 0.8))
    assert not classes_of(sheet).any()


def test_a_stroke_is_pen_also_where_it_crosses_a_line_and_text() -> None:
    sheet = new_sheet()
    sheet.rule(0, 80, sheet.width, 80, RuleStyle(BLACK, 3.0))
    sheet.rectangle(0, 100, sheet.width, 110, BLACK, PRINT)
    layer = PenLayer(sheet, PEN_MADE)
    middle = sheet.width / 2
    ends = np.array([(middle, 0), (middle, sheet.height)])
    layer.stroke(ends, np.random.default_rng(0))
    classes = classes_of(sheet, layer)
    assert (classes[:, 78:82] == PEN).any(axis=1).all()
    assert set(np.unique(classes)) == {PAPER, PEN, PRINT, RULE}


def test_what_is_drawn_last_decides_between_print_and_rule() -> None:
    sheet = new_sheet()
    sheet.rectangle(60, 60, 120, 120, BLACK, PRINT)
    sheet.rectangle(60, 60, 120, 120, BLACK, RULE)
    assert set(np.unique(classes_of(sheet))) == {PAPER, RULE}


def test_classes_turn_with_the_page() -> None:
    sheet = new_sheet()
    sheet.rule(0, 40, sheet.width, 40, RuleStyle(BLACK, 2.0))
    rng = np.random.default_rng(0)
    pen = [PenLayer(sheet, PEN_MADE).settle(rng)]
    turned = Capture("scan", 1.0, 0.0, (0.0, 0.0), 0.0, edges=False, turns=1)
    seen = capture_sheet(sheet, pen, turned, SIZE, rng)
    pixels, classes = seen.pixels, seen.classes
    assert (classes == RULE).any(axis=1).all()
    dark = pixels[:, :, 1] < 128
    assert (cv2.dilate((classes == RULE).astype(np.uint8), np.ones((5, 5)))[dark]).all()


def test_the_same_seed_draws_the_same_page_and_another_does_not(
    stock: WritingStock,
) -> None:
    first, again, other = (
        draw_ink_page(np.random.default_rng(seed), stock, 96) for seed in (5, 5, 6)
    )
    assert first.kind == again.kind
    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.classes, again.classes)
    assert not np.array_equal(first.pixels, other.pixels)


@pytest.mark.parametrize("seed", range(12))
def test_pages_have_the_size_asked_for(stock: WritingStock, seed: int) -> None:
    page = draw_ink_page(np.random.default_rng(seed), stock, 128)
    assert page.pixels.shape == (128, 128, 3)
    assert page.classes.shape == (128, 128)
    assert page.pixels.dtype == page.classes.dtype == np.uint8
    assert page.classes.max() <= RULE
    assert page.kind


def test_pages_of_many_seeds_hold_every_class(stock: WritingStock) -> None:
    rng = np.random.default_rng(1)
    counts = sum(
        np.bincount(draw_ink_page(rng, stock, 128).classes.ravel(), minlength=4)
        for _ in range(10)
    )
    assert (np.asarray(counts) > 0).all()


def test_letters_and_digits_are_drawn_from_shapes_where_no_file_is_given() -> None:
    bare = WritingStock.load([], [], [])
    sheet = new_sheet()
    layer = PenLayer(sheet, PEN_MADE)
    hand = Hand(bare, layer, 40, np.random.default_rng(2))
    hand.fit(hand.word("Total 7"), 10, 50, 150, 50)
    assert (classes_of(sheet, layer) == PEN).any()


def test_held_out_writers_are_never_trained_on(files: tuple[Path, Path]) -> None:
    taken, _drawn = WritingStock.load([], [], [files[1]]).digits
    kept, _drawn = WritingStock.load([], [], [files[1]], held_out=True).digits
    assert not set(taken.hands) & set(kept.hands)
    assert sorted([*taken.hands, *kept.hands]) == list(range(40))
    assert len(kept.hands) < len(taken.hands)


def test_writers_named_are_left_out(files: tuple[Path, Path]) -> None:
    digits, strokes = [str(files[0])], [files[1]]
    without = {"made": [1], "pens": [2]}
    left = WritingStock.load(digits, [], strokes, without=without)
    images, pens, _drawn = left.digits
    assert 1 not in images.hands
    assert 2 in images.hands
    assert 2 not in pens.hands


def test_a_file_that_is_no_handwriting_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(UnreadableFileError) as caught:
        WritingStock.load([str(path)], [], [])
    assert caught.value.path == path


def test_tracing_finds_the_middle_of_a_stroke() -> None:
    image = np.zeros((40, 40), np.uint8)
    cv2.line(image, (20, 5), (20, 35), 255, 5)
    (stroke,) = trace_strokes(image)
    assert np.ptp(stroke[:, 1]) == pytest.approx(1.0, abs=0.25)
    assert np.ptp(stroke[:, 0]) < 0.1


def test_an_empty_image_has_no_strokes() -> None:
    assert trace_strokes(np.zeros((20, 20), np.uint8)) == []
