from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from formreader.cli import main
from formreader.errors import ModelError, UnreadableFileError
from formreader.ink.separation import InkSeparator
from formreader.training.ink.blanks import load_blanks, split_print
from formreader.training.ink.crops import draw_crop
from formreader.training.ink.drawing import DrawnPages
from formreader.training.ink.fit import InkFitOptions, fit_ink
from formreader.training.ink.measurement import measure_classes
from formreader.training.ink.network import build_ink_network, shuffle_network
from formreader.training.ink.run import InkPlan, run_ink_training
from formreader.training.ink.stream import CropStream, PoolOptions
from formreader.training.loop import CHECKPOINT_NAME, LOG_NAME
from formreader.training.writers import load_writers

SMALL = PoolOptions(
    pages=4,
    first=2,
    fresh=0.5,
    page_size=128,
    crop_size=64,
    batch_size=2,
    background=False,
)


def draw_lines(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a page of level rules and one dark blot of pen."""
    pixels = np.full((size, size, 3), 255, np.uint8)
    classes = np.zeros((size, size), np.uint8)
    for y in range(int(rng.integers(4, 20)), size, 20):
        pixels[y : y + 2], classes[y : y + 2] = 90, 3
    x = int(rng.integers(size - 12))
    pixels[40:60, x : x + 8], classes[40:60, x : x + 8] = 20, 1
    return pixels, classes


def make_stream(folder: Path) -> CropStream:
    return CropStream(lambda: draw_lines, folder, SMALL, seed=1)


# Crops


def test_a_crop_shows_ink_where_its_classes_say() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        page = np.dstack(draw_lines(rng, 128))
        pixels, classes = draw_crop(page, 64, rng)
        assert pixels.shape == (64, 64, 3) and classes.shape == (64, 64)
        light = pixels.mean(axis=-1)
        assert light[classes > 0].mean() < light[classes == 0].mean() - 50


def test_the_same_seed_gives_the_same_batches_and_another_gives_others(
    tmp_path: Path,
) -> None:
    first = make_stream(tmp_path / "a").get(3)
    second = make_stream(tmp_path / "b").get(3)
    other = CropStream(lambda: draw_lines, tmp_path / "c", SMALL, seed=2).get(3)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    np.testing.assert_array_equal(first.classes, second.classes)
    assert not np.array_equal(first.pixels, other.pixels)


def test_pages_that_lie_in_the_pool_are_not_drawn_again(tmp_path: Path) -> None:
    batch = make_stream(tmp_path).get(2)

    def draw_nothing(
        rng: np.random.Generator, size: int
    ) -> tuple[np.ndarray, np.ndarray]:
        raise AssertionError("drawn anew")

    resumed = CropStream(lambda: draw_nothing, tmp_path, SMALL, seed=1)
    np.testing.assert_array_equal(resumed._make(2).pixels, batch.pixels)


def test_old_pages_give_way_to_new_ones(tmp_path: Path) -> None:
    stream = make_stream(tmp_path)
    stream._make(0)
    held = set(stream._held.tolist())
    stream._make(20)
    assert held == {-1, 0, 1}
    assert set(stream._held.tolist()) == {8, 9, 10, 11}


# The network


def test_the_network_answers_for_each_pixel_with_few_weights() -> None:
    model = build_ink_network()
    assert model.count_params() <= 500_000
    answer = model(np.zeros((1, 64, 96, 3), np.float32))
    assert answer.shape == (1, 64, 96, 4)


def test_the_network_for_conversion_computes_the_same() -> None:
    model = build_ink_network()
    rng = np.random.default_rng(4)
    model.set_weights([rng.normal(0.1, 0.1, w.shape) ** 2 for w in model.get_weights()])
    tile = rng.random((1, 64, 96, 3)).astype(np.float32)
    np.testing.assert_allclose(shuffle_network(model)(tile), model(tile), rtol=1e-3)


def test_precision_and_recall_count_pixels() -> None:
    truth = np.array([[1, 1, 1, 1, 3, 0]], np.uint8)
    said = np.array([[1, 1, 1, 0, 1, 0]])
    figures = measure_classes(
        lambda _: np.eye(4, dtype=np.float32)[said][None],
        [(np.zeros((1, 6, 3), np.uint8), truth)],
    )
    assert figures["pen_precision"] == figures["pen_recall"] == 0.75
    assert figures["rule_f1"] == figures["print_f1"] == 0


def test_a_run_writes_a_model_that_tells_rules_from_paper(tmp_path: Path) -> None:
    plan = InkPlan(
        InkFitOptions(epochs=1, steps=120, learning_rate=5e-3, average=0.5),
        SMALL,
        held_out=2,
    )
    pages = _Lines()
    manifest = run_ink_training(plan, pages, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} >= {
        "ink.keras",
        "ink.tflite",
        "ink.json",
        LOG_NAME,
    }
    assert manifest.accuracy["rule_recall"] > 0.2
    pixels, classes = draw_lines(np.random.default_rng(9), 128)
    layers = InkSeparator.load(tmp_path).separate(pixels)
    assert layers.rule[classes == 3].mean() > layers.rule[classes == 0].mean() + 20


class _Lines(DrawnPages):
    """Draws lines in place of forms."""

    def __call__(self) -> object:  # type: ignore[override]
        return draw_lines


def test_a_stopped_run_goes_on_where_it_ended(tmp_path: Path) -> None:
    options = InkFitOptions(epochs=1, steps=2)
    watched = [draw_lines(np.random.default_rng(1), 64)]
    stream = make_stream(tmp_path / "pool")
    fit_ink(stream, watched, tmp_path, options)
    seen: list[int] = []
    fit_ink(
        stream,
        watched,
        tmp_path,
        replace(options, epochs=2),
        resume=True,
        report=lambda done, logs: seen.append(done),
    )
    assert seen == [2]
    assert len((tmp_path / LOG_NAME).read_text().splitlines()) == 3


def test_a_run_whose_time_is_up_stops_after_the_epoch(tmp_path: Path) -> None:
    options = InkFitOptions(epochs=5, steps=2, minutes=1e-6)
    seen: list[int] = []
    (tmp_path / "seconds.txt").write_text("0\n")
    watched = [draw_lines(np.random.default_rng(1), 64)]
    fit_ink(
        make_stream(tmp_path / "pool"),
        watched,
        tmp_path,
        options,
        report=lambda done, logs: seen.append(done),
    )
    assert len(seen) <= 1


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT_NAME).write_bytes(b"damaged")
    with pytest.raises(ModelError, match="checkpoint"):
        fit_ink(
            make_stream(tmp_path / "pool"), [], tmp_path, InkFitOptions(), resume=True
        )


# Blank forms


def test_long_straight_runs_of_a_blank_form_are_rules_and_the_rest_is_print() -> None:
    form = np.full((300, 400, 3), 255, np.uint8)
    form[100:103, 20:380] = form[40:260, 200:202] = 60
    form[50:62, 40:46] = form[50:62, 60:66] = 0
    print_, rules = split_print(form)
    assert rules[101, 100] and rules[200, 200] and not rules[56, 42]
    assert print_[56, 42] and not print_[101, 100]


def test_a_blank_form_that_is_no_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "form.pdf"
    path.write_bytes(b"no form")
    with pytest.raises(UnreadableFileError):
        load_blanks([path])


# The command


def test_writers_to_leave_out_are_read_from_a_table(tmp_path: Path) -> None:
    path = tmp_path / "writers.csv"
    path.write_text("file,writer\npendigits,3\npendigits,4\nunipen,7\n")
    assert load_writers(path) == {"pendigits": (3, 4), "unipen": (7,)}


@pytest.mark.parametrize("text", ["file\npendigits\n", "file,writer\npendigits,x\n"])
def test_a_table_of_writers_without_numbers_is_refused(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "writers.csv"
    path.write_text(text)
    with pytest.raises(UnreadableFileError, match="writers"):
        load_writers(path)


def test_the_flag_for_ink_chooses_the_options_of_the_ink_network() -> None:
    ink = CliRunner().invoke(main, ["model", "train", "--ink", "--help"])
    digits = CliRunner().invoke(main, ["model", "train", "--help"])
    assert "--blank" in ink.stdout and "--from-reviews" not in ink.stdout
    assert "--blank" not in digits.stdout and "--from-reviews" in digits.stdout
    mixed = CliRunner().invoke(
        main, ["model", "train", "--ink", "-o", "out", "--patience", "3"]
    )
    assert mixed.exit_code == 2
