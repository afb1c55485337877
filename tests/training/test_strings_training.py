from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from made_digits import make_source

from formreader.digits.ctc import (
    ALPHABET,
    BLANK,
    SYMBOLS,
    best_strings,
    log_probability,
    without_marks,
)
from formreader.digits.expected_marks import ExpectedMarks
from formreader.digits.mark_consensus import weigh_marks
from formreader.digits.strings import MARKED_MODEL_NAME, StringReader
from formreader.digits.strip_normalization import HEIGHT, MOST_WIDTH
from formreader.errors import ModelError, UnreadableFileError
from formreader.training.drawing.handwriting import draw_number, draw_writer
from formreader.training.loop import CHECKPOINT_NAME, LOG_NAME
from formreader.training.strings.alignment import align_strips, best_path
from formreader.training.strings.composition import compose, compose_text
from formreader.training.strings.examples import (
    Example,
    RealStrip,
    StripSet,
    draw_example,
    load_strip_set,
    load_strips,
    plain_example,
)
from formreader.training.strings.fit import (
    StringFitOptions,
    fit_strings,
    pass_over_marks,
    read_greedily,
)
from formreader.training.strings.measurement import Reading, StringMeasurement
from formreader.training.strings.network import open_string_network
from formreader.training.strings.numbers import load_numbers, write_number
from formreader.training.strings.paper import photograph, print_strip, read_ink
from formreader.training.strings.run import (
    StringPlan,
    run_string_training,
    split_strips,
)
from formreader.training.strings.stock import DigitStock
from formreader.training.strings.stream import StringData, StripStream, make_batch

UNSEEN_SEED = 77_000  # far from those of the runs


@pytest.fixture(scope="module")
def stock() -> DigitStock:
    return DigitStock([make_source(60, seed=3)], writers=6, seed=UNSEEN_SEED)


def make_strips(count: int, stock: DigitStock) -> list[RealStrip]:
    """Compose strips that pass for real ones."""
    rng = np.random.default_rng(5)
    strips = []
    for number in range(count):
        text = str(int(rng.integers(10, 9999)))
        written = compose_text(text, stock, rng)
        pixels = print_strip(written.ink, written.size_px, rng)
        strips.append(RealStrip(f"{number:03d}.png", pixels, text))
    return strips


def drop_marks(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


# Composition


def test_a_composed_strip_says_what_was_asked_for(stock: DigitStock) -> None:
    rng = np.random.default_rng(1)
    for text in ("", "0", "1234567890", "12/03/1999", "-4,5", "10:30"):
        written = compose_text(text, stock, rng)
        assert written.text.strip("-/.,").startswith(text.strip("-")[:1])
        assert drop_marks(written.text) == drop_marks(text)
        assert set(text) <= set(written.text)
        assert written.ink.dtype == np.uint8
        assert written.ink.size > 0


def test_composed_strings_have_no_digit_to_ten_digits(stock: DigitStock) -> None:
    rng = np.random.default_rng(2)
    texts = [compose(stock, rng).text for _ in range(400)]
    assert {len(drop_marks(text)) for text in texts} == set(range(11))


def test_every_mark_is_composed_and_nothing_that_cannot_be_read(
    stock: DigitStock,
) -> None:
    rng = np.random.default_rng(3)
    texts = [compose(stock, rng).text for _ in range(200)]
    assert set("".join(texts)) == set(ALPHABET)


def test_the_same_seed_composes_the_same(stock: DigitStock) -> None:
    first, second = (compose(stock, np.random.default_rng(4)) for _ in range(2))
    assert first.text == second.text
    assert np.array_equal(first.ink, second.ink)


def test_ink_stays_darker_than_any_paper(stock: DigitStock) -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        written = compose_text("88", stock, rng)
        pixels = print_strip(written.ink, written.size_px, rng).astype(float)
        ink = pixels[written.ink > 200].mean()
        assert ink < pixels[written.ink == 0].mean() - 5


def test_scanning_keeps_grey_pixels_of_some_size(stock: DigitStock) -> None:
    rng = np.random.default_rng(6)
    for _ in range(30):
        written = compose_text("305", stock, rng)
        seen = photograph(written.ink, written.size_px, rng)
        ink = read_ink(255 - seen, rng, written.ink)
        assert ink.shape == seen.shape
        assert ink.dtype == np.uint8
        assert ink.any()


def test_every_example_can_be_shown_to_the_network(stock: DigitStock) -> None:
    rng = np.random.default_rng(7)
    reals = [StripSet(make_strips(6, stock))]
    for share in (0.0, 1.0):
        for _ in range(60):
            example = draw_example(stock, reals, share, rng)
            assert example.strip.shape[0] == HEIGHT
            assert example.strip.shape[1] <= MOST_WIDTH
            assert example.strip.dtype == np.uint8
            assert set(example.text) <= set(ALPHABET)
            assert example.marks_known == (share == 0)


# Strips


def test_strips_are_loaded_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.png", "a.png"):
        cv2.imwrite(str(tmp_path / name), np.full((20, 40), 200, np.uint8))
    truth = tmp_path / "truth.csv"
    truth.write_text("file,value\nb.png,12\na.png,007\n", encoding="utf-8")
    strips = load_strips(tmp_path, truth)
    assert [(strip.name, strip.text) for strip in strips] == [
        ("a.png", "007"),
        ("b.png", "12"),
    ]


@pytest.mark.parametrize(
    "content", ["file,value\nmissing.png,1\n", "name,text\na,b\n", "file,value\nx,1a\n"]
)
def test_strips_without_an_image_or_digits_are_refused(
    content: str, tmp_path: Path
) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableFileError):
        load_strips(tmp_path, truth)


def write_set(folder: Path, values: list[tuple[str, str]]) -> Path:
    """Write strips with their writers."""
    rows = ["file,value,writer"]
    for number, (value, writer) in enumerate(values):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((20, 40), 200, np.uint8))
        rows.append(f'{number}.png,"{value}",{writer}')
    (folder / "truth.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def test_strips_with_marks_keep_what_a_string_can_be_read_as(tmp_path: Path) -> None:
    values = [("$ 6,862", "w3"), ("12 May", "w3"), ("1/4", "w20")]
    found = load_strip_set(f"{write_set(tmp_path, values)}*0.3")
    assert [strip.text for strip in found.strips] == ["6,862", "1/4"]
    assert [strip.writer for strip in found.strips] == [3, 20]
    assert all(strip.marks_known for strip in found.strips)
    assert found.weight == 0.3


def test_all_strips_of_a_writer_are_fitted_or_held_out(tmp_path: Path) -> None:
    values = [(str(number), f"w{number // 2}") for number in range(80)]
    fitted, kept = load_strip_set(str(write_set(tmp_path, values))).split()
    assert len(fitted.strips) + len(kept.strips) == 80
    assert kept.strips
    writers = [{strip.writer for strip in part.strips} for part in (fitted, kept)]
    assert not writers[0] & writers[1]


# Numbers as pen strokes


def write_strokes_file(path: Path) -> Path:
    """Write two numbers as strokes, and a word."""
    line = [[[10 * step, 3 * step] for step in range(8)]]
    rows = [["4.5", 1, "x", line], ["12", 2, "x", line], ["May", 3, "x", line]]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump(rows, file)
    return path


def test_whole_numbers_are_written_again_with_any_pen(tmp_path: Path) -> None:
    numbers = load_numbers(write_strokes_file(tmp_path / "n.json.gz"), {"n": [2]})
    assert list(numbers.texts) == ["4.5"]
    rng = np.random.default_rng(1)
    first, second = (write_number(numbers, rng) for _ in range(2))
    assert first.text == second.text == "4.5"
    assert first.ink.shape != second.ink.shape
    assert first.ink.max() == 255


def test_the_halves_share_no_strip_and_are_always_the_same() -> None:
    strips = [RealStrip(str(n), np.zeros((4, 4), np.uint8), "1") for n in range(21)]
    fitted, unseen = split_strips(strips)
    assert len(fitted) == 10
    names = [strip.name for strip in (*fitted, *unseen)]
    assert sorted(names) == sorted(strip.name for strip in strips)
    assert [strip.name for strip in split_strips(strips)[0]] == names[:10]


def test_the_same_seed_serves_the_same_batches() -> None:
    data = StringData([make_source(40)], writers=2)
    streams = [StripStream(data, seed=3, size=4, background=False) for _ in range(2)]
    for step in (0, 5, 8):
        first, second = (stream.get(step) for stream in streams)
        assert first.texts == second.texts
        assert np.array_equal(first.strips, second.strips)
        assert first.strips.shape[:2] == (4, HEIGHT)
        assert first.strips.shape[2] % 32 == 0


# Alignment


def test_the_best_path_gives_the_middle_of_each_digit() -> None:
    path = [BLANK, 4, 4, 4, BLANK, 4, BLANK, 7, 7]
    logits = np.eye(SYMBOLS)[path] * 8
    assert best_path(logits, "447") == [2, 5, 7.5]
    assert best_path(np.eye(SYMBOLS)[[4, ALPHABET.index("."), 7]], "4.7") == [0, 1, 2]
    assert best_path(logits[:3], "447") is None


def test_cuts_lie_in_the_gaps_between_digits() -> None:
    pixels = np.full((32, 96), 200, np.uint8)
    for left in (10, 40, 70):
        pixels[6:26, left : left + 14] = 40
    path = np.full(48, BLANK)
    path[[8, 23, 38]] = (1, 2, 3)  # two pixels a column

    def network(strips: np.ndarray, training: bool) -> np.ndarray:
        assert not training
        assert strips.shape == (1, HEIGHT, 96, 1)
        return np.asarray(8 * np.eye(SYMBOLS)[path])

    [aligned] = align_strips(network, [RealStrip("a", pixels, "123")])
    first, second = aligned.cuts
    assert 24 <= first < 40
    assert 54 <= second < 70


def test_spliced_strips_follow_one_text_with_another(stock: DigitStock) -> None:
    pixels = np.full((32, 96), 200, np.uint8)
    strips = [RealStrip(t, pixels, t, cuts=(30, 60)) for t in ("111", "222")]
    reals = [StripSet(strips)]
    rng = np.random.default_rng(1)
    texts = {draw_example(stock, reals, 1.0, rng).text for _ in range(200)}
    assert {"111", "222", "12", "122", "112", "1122", "21"} <= texts


# Figures


def test_figures_are_those_counted_by_hand() -> None:
    readings = [
        Reading("12", "12", 0.95),
        Reading("3", "3", 0.85),
        Reading("4", "5", 0.75),
        Reading("6", "7", 0.05),
    ]
    measured = StringMeasurement(tuple(readings))
    assert measured.accuracy == 0.5
    assert measured.accuracy_of_surest(0.5) == 1
    assert measured.accuracy_of_surest(0.75) == pytest.approx(2 / 3)
    # Each is alone in its bin: gaps of 0.05, 0.15, 0.75 and 0.05.
    assert measured.calibration_error == pytest.approx(0.25)


def test_greedy_reading_merges_repeats_and_leaves_blanks_out() -> None:
    path = [BLANK, 4, 4, BLANK, 4, 7, BLANK]
    assert read_greedily(np.eye(SYMBOLS, dtype=np.float32)[[path]]) == ["447"]


# Training


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory, stock: DigitStock
) -> tuple[Path, list[str]]:
    """Train for a few steps, stop, and go on."""
    pytest.importorskip("tensorflow")
    folder = tmp_path_factory.mktemp("strings")
    options = StringFitOptions(epochs=1, epoch_size=32, batch_size=8)
    data = StringData([make_source(40)], [StripSet(make_strips(12, stock))], writers=2)
    lines: list[str] = []

    def report(done: int, logs: dict[str, float]) -> None:
        lines.append(f"{done} {sorted(logs)}")

    stream = StripStream(data, seed=1, size=8, background=False)
    fit_strings(stream, {}, folder, options, report=report)
    longer = replace(options, epochs=2)
    plan = StringPlan(longer, background=False, composed=8, splice_from=1)
    tests = make_strips(3, stock)
    run_string_training(plan, data, tests, folder, resume=True, report=report)
    return folder, lines


def test_a_run_goes_on_where_it_was_stopped(trained: tuple[Path, list[str]]) -> None:
    folder, lines = trained
    assert lines == ["1 ['loss']", "2 ['composed', 'held_out', 'loss']"]
    log = (folder / LOG_NAME).read_text(encoding="utf-8").splitlines()
    assert [line.partition(",")[0] for line in log] == ["epoch", "1", "2"]
    assert (folder / CHECKPOINT_NAME).is_file()


def test_what_was_trained_can_be_loaded_and_read_with(
    trained: tuple[Path, list[str]],
) -> None:
    reader = StringReader.load(trained[0])
    assert reader.manifest.training["strips shown"] == 64
    assert {"held out", "composed", "unseen"} <= set(reader.manifest.accuracy)
    strips = [np.zeros((h, w), np.uint8) for h, w in ((1, 1), (40, 500), (9, 9000))]
    answers = reader.predict(strips)
    assert [answer.shape for answer in answers] == [(32, 16), (208, 16), (256, 16)]
    for answer in answers:
        assert answer.dtype == np.float32
        assert np.exp(answer).sum(axis=1) == pytest.approx(np.ones(len(answer)))
    assert reader.predict([]) == []


def test_training_goes_on_from_a_network_that_was_written(
    trained: tuple[Path, list[str]],
) -> None:
    first = open_string_network(trained[0] / "strings.keras")
    assert first.output_shape[-1] == 2 * SYMBOLS
    with pytest.raises(ModelError, match="cannot go on"):
        open_string_network(trained[0] / "strings.json")


def test_marks_that_nobody_knows_cost_nothing() -> None:
    tf = pytest.importorskip("tensorflow")
    logits = np.random.default_rng(1).normal(0, 1, (1, 5, SYMBOLS)).astype(np.float32)
    counted = tf.nn.log_softmax(pass_over_marks(tf.constant(logits))).numpy()[0]
    plain = tf.nn.log_softmax(logits).numpy()[0]
    expected = log_probability(without_marks(plain), "12")
    assert log_probability(counted, "12") == pytest.approx(expected, abs=1e-4)


# The model that ships


@pytest.mark.model
@pytest.mark.parametrize(("gap", "least"), [(0.16, 19), (-0.04, 17)])
def test_the_shipped_model_reads_strings_of_unknown_hands(
    gap: float, least: int
) -> None:
    rng = np.random.default_rng(UNSEEN_SEED)
    texts = [str(number) for number in rng.integers(100, 99_999, 20)]
    inks = [draw_number(text, draw_writer(rng), rng, 40, gap) for text in texts]
    answers = StringReader.load().predict([np.pad(ink, 3) for ink in inks])
    found = [best_strings(without_marks(answer), 1)[0][0] for answer in answers]
    right = sum(value == text for value, text in zip(found, texts, strict=True))
    assert right >= least, list(zip(texts, found, strict=True))


@pytest.mark.model
def test_the_shipped_network_of_marks_tells_numbers_with_marks_from_those_without(
    stock: DigitStock,
) -> None:
    rng = np.random.default_rng(UNSEEN_SEED)
    reader = StringReader.load(name=MARKED_MODEL_NAME)
    assert reader.knows_marks
    right = 0
    for text in ["24.7", "3,50", "12/05/2021", "10:30", "-48", "555-1234", "2470"] * 6:
        written = compose_text(text, stock, rng)
        [answer] = reader.predict([written.ink])
        own, *others = weigh_marks(written.text, answer, ExpectedMarks())
        right += all(own.share > other.share for other in others)
    assert right >= 32
    assert StringReader.load().predict([written.ink])[0].shape[1] == SYMBOLS - 5


@pytest.mark.model
def test_the_shipped_model_finds_no_digit_on_blank_paper() -> None:
    paper = np.random.default_rng(1).normal(200, 3, (48, 150)).astype(np.uint8)
    blank = plain_example(RealStrip("blank", paper, "0")).strip
    answers = StringReader.load().predict([blank, np.zeros((48, 150), np.uint8)])
    assert [best_strings(answer, 1)[0][0] for answer in answers] == ["", ""]


@pytest.mark.model
def test_a_strip_is_read_the_same_alone_and_among_others(stock: DigitStock) -> None:
    rng = np.random.default_rng(8)
    strips = [compose_text("4071", stock, rng).ink for _ in range(5)]
    reader = StringReader.load()
    together = reader.predict(strips)
    for strip, answer in zip(strips, together, strict=True):
        assert np.allclose(reader.predict([strip])[0], answer, atol=1e-3)


def test_a_batch_takes_the_width_of_its_widest_strip() -> None:
    examples = [Example(np.zeros((HEIGHT, width), np.uint8), "1") for width in (10, 97)]
    assert make_batch(examples).strips.shape == (2, HEIGHT, 128)
