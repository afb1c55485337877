from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from formreader.contents.classifier import ContentClassifier
from formreader.contents.model import Content
from formreader.contents.pictures import HEIGHT, WIDTH
from formreader.training.contents.drawing import cut_items, drop_hidden, join_rows
from formreader.training.contents.fit import ContentFitOptions, Pictures, fit_contents
from formreader.training.contents.run import (
    ContentPlan,
    draw_pictures,
    run_content_training,
)
from formreader.training.ink.drawing import DrawnPages
from formreader.training.ink.pages.page import InkPage, draw_ink_page
from formreader.training.ink.pages.sheet import PEN, PRINT, Item
from formreader.training.ink.pages.writing import WritingStock
from formreader.training.loop import CHECKPOINT_NAME


def test_items_of_a_page_lie_where_their_ink_is() -> None:
    stock = WritingStock.load([], [], [])
    inks = {"number": PEN, "print": PRINT}
    found: dict[str, list[bool]] = {kind: [] for kind in inks}
    for seed in range(4):
        page = draw_ink_page(np.random.default_rng([5, seed]), stock, 384)
        for item in page.items:
            rows = slice(int(item.top), int(item.bottom))
            area = page.classes[rows, int(item.left) : int(item.right)]
            if item.kind in inks:
                found[item.kind].append(bool((area == inks[item.kind]).any()))
    for inked in found.values():
        assert len(inked) > 5
        assert np.mean(inked) > 0.75


def test_of_print_below_a_number_the_number_stays() -> None:
    number, guide = Item("number", 10, 10, 30, 40), Item("print", 12, 12, 28, 38)
    word, apart = Item("word", 60, 10, 90, 40), Item("print", 100, 10, 130, 40)
    assert drop_hidden([guide, number, word, apart]) == [number, word, apart]
    over = Item("word", 10, 10, 30, 40)
    assert drop_hidden([number, over]) == []


def test_digits_of_a_row_are_joined_and_no_others() -> None:
    rng = np.random.default_rng(2)
    row = [Item("number", 30.0 * n, 0, 30.0 * n + 20, 30) for n in range(12)]
    joined = join_rows(row, rng)
    assert 1 < len(joined) < 12
    assert max(item.right for item in joined) == 350
    below = [Item("number", 0, 0, 20, 30), Item("number", 25, 40, 45, 70)]
    assert len(join_rows(below, rng)) == 2


def made_page() -> InkPage:
    """A page with a written 8 on a line and a printed word."""
    pixels = np.full((200, 300, 3), 240, np.uint8)
    classes = np.zeros((200, 300), np.uint8)
    for text, at, value in (("8", (40, 80), PEN), ("TOTAL", (150, 80), PRINT)):
        ink = np.zeros((200, 300), np.uint8)
        cv2.putText(ink, text, at, cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
        classes[ink > 0], pixels[ink > 0] = value, 20
    items = (Item("number", 30, 40, 80, 90), Item("print", 140, 40, 290, 90))
    return InkPage(pixels, classes, "made", items, is_level=True)


def test_what_is_cut_out_shows_the_ink_of_its_item() -> None:
    shown = list(cut_items(made_page(), np.random.default_rng(1)))
    contents = [content for _, content in shown]
    assert contents[:2] == [Content.NUMBER, Content.PRINT]
    for picture, _ in shown:
        assert picture.shape == (HEIGHT, WIDTH) and picture.dtype == np.uint8
    assert (shown[0][0] > 128).sum() > 100


def test_a_run_goes_on_and_writes_a_model_that_tells_what_it_saw(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(3)
    contents = rng.integers(0, 4, 240)
    pixels = np.zeros((240, HEIGHT, WIDTH), np.uint8)
    for picture, content in zip(pixels, contents.tolist(), strict=True):
        picture[4:28, 4 + 30 * content : 26 + 30 * content] = 200
    pictures = Pictures(pixels, contents)
    for name in ("pictures", "watched"):
        np.savez(tmp_path / f"{name}.npz", pixels=pixels, contents=contents)
    options = ContentFitOptions(
        epochs=1, epoch_size=640, batch_size=32, learning_rate=1e-2, average=0.5
    )
    fit_contents(pictures, options, tmp_path, watched=pictures)
    assert (tmp_path / CHECKPOINT_NAME).is_file()
    longer = ContentFitOptions(
        epochs=2, epoch_size=640, batch_size=32, learning_rate=1e-2, average=0.5
    )
    epochs: list[int] = []
    manifest = run_content_training(
        ContentPlan(longer),
        DrawnPages(),
        tmp_path,
        resume=True,
        report=lambda done, _: epochs.append(done),
    )
    assert epochs == [2]
    assert min(manifest.accuracy.values()) > 0.9
    classifier = ContentClassifier.load(tmp_path)
    assert classifier.manifest == manifest


def test_the_same_seed_draws_the_same_pictures() -> None:
    stock = WritingStock.load([], [], [])
    first, second = (draw_pictures(stock, 1, [4]) for _ in range(2))
    assert np.array_equal(first.pixels, second.pixels)
    assert np.array_equal(first.contents, second.contents)
