from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

from formreader.digits.ctc import (
    ALPHABET,
    BLANK,
    SYMBOLS,
    best_strings,
    log_probabilities,
    log_probability,
    without_marks,
)
from formreader.digits.strings import (
    StringManifest,
    StringReader,
    load_string_manifest,
)
from formreader.digits.strip_normalization import (
    HEIGHT,
    MOST_WIDTH,
    darkness,
    normalize_strip,
    pad_strip,
    padded_width,
)
from formreader.errors import ModelError


def random_logs(columns: int, seed: int, used: int = SYMBOLS) -> np.ndarray:
    """Draw log-probabilities where symbols from `used` on are all but impossible."""
    logits = np.random.default_rng(seed).normal(0, 2, (columns, SYMBOLS))
    logits[:, used:BLANK] = -60
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def spell(path: tuple[int, ...]) -> str:
    merged = [symbol for symbol, _ in itertools.groupby(path)]
    return "".join(str(symbol) for symbol in merged if symbol != BLANK)


def sum_paths(logs: np.ndarray, used: int) -> dict[str, float]:
    """Add up the probabilities of all paths by what they spell."""
    totals: dict[str, float] = {}
    symbols = [*range(used), BLANK]
    for path in itertools.product(symbols, repeat=len(logs)):
        value = spell(path)
        chance = math.exp(sum(logs[t, symbol] for t, symbol in enumerate(path)))
        totals[value] = totals.get(value, 0) + chance
    return totals


def write_model(folder: Path, content: bytes, sha256: str) -> None:
    manifest = StringManifest("strings", sha256={"strings.tflite": sha256})
    (folder / "strings.tflite").write_bytes(content)
    (folder / "strings.json").write_text(manifest.to_json(), encoding="utf-8")


# Probabilities of strings


@pytest.mark.parametrize("seed", range(4))
def test_a_strings_probability_is_the_sum_over_all_paths_that_spell_it(
    seed: int,
) -> None:
    logs = random_logs(6, seed, used=3)
    for value, chance in sum_paths(logs, used=3).items():
        assert math.exp(log_probability(logs, value)) == pytest.approx(chance)


def test_the_probabilities_of_all_strings_sum_to_one() -> None:
    logs = random_logs(3, seed=9)
    lengths = (itertools.product(ALPHABET, repeat=length) for length in range(4))
    values = ("".join(digits) for digits in itertools.chain(*lengths))
    assert sum(math.exp(log_probability(logs, v)) for v in values) == pytest.approx(1)


def test_a_repeated_digit_needs_a_column_between() -> None:
    logs = random_logs(2, seed=1)
    assert log_probability(logs, "77") == -math.inf
    assert log_probability(logs, "78") > -math.inf
    assert log_probability(logs, "789") == -math.inf


def test_strings_of_any_lengths_are_measured_together() -> None:
    logs = random_logs(4, seed=5)
    values = ["", "3", "33", "1234", "12345"]
    together = log_probabilities(logs, values)
    one_by_one = [log_probability(logs, value) for value in values]
    assert together == pytest.approx(one_by_one, abs=1e-9)
    assert log_probabilities(logs, []) == []


@pytest.mark.parametrize("seed", range(4))
def test_beam_search_finds_the_best_strings_in_order(seed: int) -> None:
    logs = random_logs(6, seed, used=3)
    chances = sum_paths(logs, used=3)
    expected = sorted(chances, key=lambda value: chances[value], reverse=True)[:5]
    found = best_strings(logs, 5)
    assert [value for value, _ in found] == expected
    assert [math.exp(log) for _, log in found] == pytest.approx(
        [chances[value] for value in expected]
    )


def test_a_strip_that_is_surely_blank_has_the_empty_string() -> None:
    logs = np.full((5, SYMBOLS), -np.inf)
    logs[:, BLANK] = 0
    assert best_strings(logs, 3)[0] == ("", 0.0)


@pytest.mark.parametrize("value", ["1a", "+1", " ", "1'5", "٣"])
def test_only_digits_and_marks_have_a_probability(value: str) -> None:
    with pytest.raises(ValueError, match="is not made of"):
        log_probability(random_logs(3, 0), value)


def test_a_network_of_digits_alone_has_no_probability_for_marks() -> None:
    logs = without_marks(random_logs(4, 0))
    assert log_probability(logs, "15") > -math.inf
    with pytest.raises(ValueError, match="is not made of"):
        log_probability(logs, "1.5")


def test_without_marks_a_number_has_the_probability_of_all_its_spellings() -> None:
    logs = random_logs(3, seed=2)
    spellings = [
        "".join(parts)
        for count in range(4)
        for parts in itertools.product(ALPHABET, repeat=count)
        if [part for part in parts if part.isdigit()] == ["7", "7"]
    ]
    total = sum(math.exp(log_probability(logs, text)) for text in spellings)
    bare = math.exp(log_probability(without_marks(logs), "77"))
    assert bare == pytest.approx(total, rel=1e-4)
    assert bare > math.exp(log_probability(logs, "77"))


@pytest.mark.parametrize("shape", [(0, SYMBOLS), (4, 10), (SYMBOLS,)])
def test_arrays_that_are_no_answer_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape"):
        log_probability(np.zeros(shape), "1")
    with pytest.raises(ValueError, match="shape"):
        best_strings(np.zeros(shape), 1)


def test_no_strings_at_all_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="0"):
        best_strings(random_logs(3, 0), 0)


# Normalisation


@pytest.mark.parametrize(
    ("shape", "width"),
    [
        ((32, 100), 100),
        ((64, 100), 50),
        ((16, 100), 200),
        ((1, 1), HEIGHT),
        ((1, 3000), MOST_WIDTH),
        ((3000, 1), 8),
        ((40, 9000), MOST_WIDTH),
    ],
)
def test_a_strip_keeps_its_aspect_within_bounds(
    shape: tuple[int, int], width: int
) -> None:
    strip = normalize_strip(np.full(shape, 255, np.uint8))
    assert strip.shape == (HEIGHT, width)
    assert strip.dtype == np.uint8
    assert strip.min() == 255


def test_padding_is_paper_on_the_right() -> None:
    strip = pad_strip(np.full((HEIGHT, 70), 9, np.uint8), padded_width(70))
    assert strip.shape == (HEIGHT, 96)
    assert strip[:, :70].min() == 9
    assert strip[:, 70:].max() == 0
    assert [padded_width(width) for width in (8, 64, 65, 512)] == [64, 64, 96, 512]


def test_darkness_does_not_depend_on_the_light() -> None:
    page = np.full((40, 120), 210, np.uint8)
    page[8:32, 30:34] = 60
    shaded = (page * np.linspace(0.5, 1, 120)).astype(np.uint8)
    assert (darkness(page) > 128).tolist() == (darkness(shaded) > 128).tolist()
    assert darkness(page)[20, 32] == 255


def test_paper_alone_has_no_ink() -> None:
    noise = np.random.default_rng(1).normal(200, 1.5, (40, 120)).astype(np.uint8)
    assert darkness(noise).mean() < 30
    assert darkness(np.full((40, 120), 7, np.uint8)).max() == 0


@pytest.mark.parametrize(
    "strip",
    [
        np.zeros((4, 4), np.float32),
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((0, 4), np.uint8),
        np.zeros((4001, 4001), np.uint8),
    ],
    ids=["float", "colour", "empty", "huge"],
)
def test_what_is_no_strip_is_refused(strip: np.ndarray) -> None:
    for function in (normalize_strip, darkness):
        with pytest.raises(ValueError, match="strip"):
            function(strip)


# Files


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"strings\.json"):
        StringReader.load(tmp_path)


def test_a_file_that_its_manifest_does_not_know_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path, b"something", "0" * 64)
    with pytest.raises(ModelError, match="manifest"):
        StringReader.load(tmp_path)


def test_a_damaged_network_is_refused(tmp_path: Path) -> None:
    import hashlib

    content = b"no network at all"
    write_model(tmp_path, content, hashlib.sha256(content).hexdigest())
    with pytest.raises(ModelError, match="cannot be opened"):
        StringReader.load(tmp_path)


@pytest.mark.parametrize(
    "values",
    [
        {"format": 2, "network": "strings"},
        {"format": 1, "network": "strings", "temperature": 0},
        {"format": 1, "network": "strings", "temperature": 5e-324},
        {"format": 1, "network": "strings", "sha256": ["strings.tflite"]},
        {"format": 1, "network": "strings", "height": 48},
        {"format": 1, "network": "strings", "colour": "red"},
        [],
    ],
)
def test_a_wrong_manifest_is_refused(values: object, tmp_path: Path) -> None:
    path = tmp_path / "strings.json"
    path.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(ModelError, match="manifest"):
        load_string_manifest(path)


def test_a_manifest_survives_its_file(tmp_path: Path) -> None:
    manifest = StringManifest("strings", temperature=1.2, accuracy={"a": 0.5})
    (tmp_path / "strings.json").write_text(manifest.to_json(), encoding="utf-8")
    assert load_string_manifest(tmp_path / "strings.json") == manifest
