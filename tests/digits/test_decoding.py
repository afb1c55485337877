from __future__ import annotations

import numpy as np
import pytest
from fake_classifier import answer

from formreader.acceptance import AcceptancePolicy, accept
from formreader.digits.composition import extract_value
from formreader.digits.decoding import decode_field
from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import (
    ClassifiedField,
    FieldImage,
    FieldKind,
    FieldSegments,
    Flag,
    Print,
    Segment,
)

INK = np.full((8, 4), 255, dtype=np.uint8)
NAMES = {"X": "crossed", "?": "other"}


def decode(
    raw: str,
    *,
    cells: bool = True,
    confidence: float = 0.999,
    threshold: float = 0.9,
    flags: frozenset[Flag] = frozenset(),
    print_like: Print = Print.NO,
    pen_seen: bool = False,
) -> FieldReading:
    """Decode a field whose classifier says `raw`; `_` is a cell without ink."""
    boxes = tuple(Box(10 * i, 0, 10 * i + 10, 20) for i in range(len(raw)))
    ink = np.zeros((20, 10 * max(len(raw), 1)), dtype=np.uint8)
    frame = Box(0, 0, ink.shape[1], 20)
    kind = FieldKind.CELLS if cells else FieldKind.BOX
    printed = boxes if cells else ()
    field = FieldImage(
        "number", ink, frame, kind, printed, print_like=print_like, pen_seen=pen_seen
    )
    marks = [(i, mark) for i, mark in enumerate(raw) if mark != "_"]
    segments = tuple(
        Segment(
            np.full((8, 4), 255, dtype=np.uint8),
            Box(10 * i, 5, 10 * i + 4, 13),
            i,
            i + 1,
        )
        for i, _ in marks
    )
    rows = answer([NAMES.get(mark, mark) for _, mark in marks], confidence)
    cut = FieldSegments(segments, len(raw), flags, 0.999)
    reading = decode_field(ClassifiedField(field, cut, rows))
    return accept(reading, AcceptancePolicy(threshold))


@pytest.mark.parametrize(
    ("raw", "value", "flags", "needs_review"),
    [
        ("781528989", "781528989", set(), False),
        ("0042", "0042", set(), False),
        ("__42", "42", set(), False),
        ("42__", "42", set(), False),
        ("XX7", "7", {Flag.CROSSED_OUT}, False),
        ("X_7", "7", {Flag.CROSSED_OUT}, False),
        ("4_2", "", {Flag.WRONG_LENGTH}, True),
        ("4X2", "", {Flag.CROSSED_OUT, Flag.WRONG_LENGTH}, True),
        ("4?2", "", {Flag.NOT_A_DIGIT}, True),
        ("?42", "", {Flag.NOT_A_DIGIT}, True),
        ("XXX", "", {Flag.CROSSED_OUT}, True),
        ("____", "", {Flag.BLANK}, False),
    ],
)
def test_cells_become_a_value_as_the_contract_says(
    raw: str, value: str, flags: set[Flag], needs_review: bool
) -> None:
    reading = decode(raw)
    assert reading.raw == raw
    assert reading.value == value
    assert set(reading.flags) == flags
    assert reading.needs_review is needs_review


def test_a_box_without_ink_and_without_cells_is_blank() -> None:
    reading = decode("", cells=False)
    assert (reading.raw, reading.value) == ("", "")
    assert reading.flags == (Flag.BLANK,)
    assert reading.confidence == pytest.approx(0.999)
    assert not reading.needs_review


def test_the_field_is_less_certain_than_any_of_its_digits() -> None:
    reading = decode("1234", confidence=0.97)
    assert reading.confidence == pytest.approx(0.97**4, rel=1e-4)
    assert reading.confidence < min(digit.confidence for digit in reading.digits)


@pytest.mark.parametrize(("threshold", "flagged"), [(0.85, False), (0.95, True)])
def test_a_field_below_the_threshold_needs_review(
    threshold: float, flagged: bool
) -> None:
    reading = decode("12", confidence=0.95, threshold=threshold)
    assert reading.needs_review is flagged
    assert (Flag.LOW_CONFIDENCE in reading.flags) is flagged


@pytest.mark.parametrize("flag", [Flag.SEPARATOR, Flag.TOUCHING, Flag.CLIPPED])
def test_a_doubtful_cut_needs_review_whatever_the_threshold(flag: Flag) -> None:
    reading = decode("12", threshold=0.0, flags=frozenset({flag}))
    assert reading.needs_review
    assert flag in reading.flags


def test_what_may_be_print_needs_review_whatever_the_threshold() -> None:
    assert decode(
        "12", cells=False, threshold=0.0, print_like=Print.PERHAPS
    ).needs_review


def test_a_stroke_in_two_boxes_and_what_may_be_print_halve_the_confidence() -> None:
    sure = decode("12").confidence
    touching = decode("12", flags=frozenset({Flag.TOUCHING})).confidence
    assert touching == pytest.approx(sure / 2)
    sure = decode("12", cells=False).confidence
    printed = decode("12", cells=False, print_like=Print.PERHAPS).confidence
    assert printed == pytest.approx(sure / 2)
    # In an open box the readers say how sure they are of a cut.
    cut = decode("12", cells=False, flags=frozenset({Flag.TOUCHING})).confidence
    assert cut == pytest.approx(sure)


def test_one_doubtful_digit_flags_the_field_and_keeps_the_others() -> None:
    reading = decode("12?4")
    assert reading.needs_review
    assert [digit.character for digit in reading.digits] == ["1", "2", "?", "4"]


def test_a_value_is_made_of_ascii_digits_alone() -> None:
    assert extract_value("4\N{ARABIC-INDIC DIGIT TWO}") == ""


@pytest.mark.parametrize("raw", ["", "__"])
def test_a_blank_in_which_the_pen_left_something_is_in_doubt(raw: str) -> None:
    assert not decode(raw, cells=bool(raw)).needs_review
    doubted = decode(raw, cells=bool(raw), pen_seen=True)
    assert Flag.BLANK in doubted.flags
    assert doubted.needs_review
    assert doubted.confidence < 0.9
    assert not decode("12", pen_seen=True).needs_review


def test_where_nothing_stands_nothing_may_be_print() -> None:
    empty = decode("", cells=False, print_like=Print.PERHAPS)
    assert (empty.flags, empty.needs_review) == ((Flag.BLANK,), False)
