from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from formreader.digits.ctc import ALPHABET, BLANK, SYMBOLS, without_marks
from formreader.digits.decoding import decode_field
from formreader.digits.decoding_options import DecodingOptions
from formreader.digits.expected_marks import ExpectedMarks
from formreader.digits.mark_consensus import weigh_marks, write_text
from formreader.geometry import Box
from formreader.readings import DigitReading, FieldReading
from formreader.records import (
    ClassifiedField,
    FieldImage,
    FieldKind,
    FieldSegments,
    Flag,
    Mark,
    Segment,
)

INK = np.full((8, 4), 255, dtype=np.uint8)
ANY = ExpectedMarks()


def answer(*texts: tuple[str, float]) -> npt.NDArray[np.float32]:
    """Answer as a CTC network would that sees one of some texts of equal length."""
    length = len(texts[0][0])
    chances = np.full((2 * length + 1, SYMBOLS), 1e-7)
    chances[::2, BLANK] = 1
    for text, chance in texts:
        for place, character in enumerate(text):
            symbol = BLANK if character == " " else ALPHABET.index(character)
            chances[2 * place + 1, symbol] += chance
    chances /= chances.sum(axis=1, keepdims=True)
    return np.asarray(np.log(chances), np.float32)


def read(
    digits: str,
    log_probs: npt.NDArray[np.float32] | None,
    marks: tuple[tuple[float, str], ...] = (),
    options: DecodingOptions | None = None,
    *,
    unsure: bool = False,
) -> FieldReading:
    """Read a box of digits, of which the classifier is sure, with marks by looks."""
    segments = tuple(
        Segment(INK, Box(10 * i, 5, 10 * i + 4, 13), i, i + 1)
        for i in range(len(digits))
    )
    frame = Box(0, 0, 10 * len(digits), 20)
    image = FieldImage("n", np.zeros((20, frame.width), np.uint8), frame, FieldKind.BOX)
    rows = np.full((len(digits), 12), 1e-4, np.float32)
    rows[np.arange(len(digits)), [int(digit) for digit in digits]] = 0.999
    found = tuple(
        Mark(character, 0.97, Box(round(10 * at), 12, round(10 * at) + 2, 14), INK)
        for at, character in marks
    )
    classified = ClassifiedField(
        image,
        FieldSegments(segments, len(digits), frozenset(), 0.999),
        rows,
        () if log_probs is None else (without_marks(log_probs),),
        log_probs,
        found,
        unsure,
    )
    return decode_field(classified, options)


# What the string reader says of marks


def test_the_share_of_a_text_is_that_among_all_with_the_same_digits() -> None:
    own, other = weigh_marks("125", answer(("12.5", 0.6), ("12 5", 0.4)), ANY)
    assert (own.text, other.text) == ("125", "12.5")
    assert own.share == pytest.approx(0.4, abs=0.01)
    assert other.share == pytest.approx(0.6, abs=0.01)


def test_a_slash_instead_of_a_one_is_weighed_as_well() -> None:
    own, other = weigh_marks("3115", answer(("3/15", 0.7), ("3115", 0.3)), ANY)
    assert (own.text, other.text) == ("3115", "3/15")
    assert other.slashes == (1,)
    assert other.share == pytest.approx(0.7, abs=0.01)


def test_marks_behind_a_number_do_not_make_another_of_it() -> None:
    texts = weigh_marks("200", answer(("200,-", 0.5), ("200  ", 0.5)), ANY)
    assert [one.text for one in texts] == ["200"]
    assert texts[0].share > 0.9


def test_marks_that_mean_the_same_are_the_same() -> None:
    log_probs = answer(("1/2/03", 0.5), ("1-2-03", 0.5))
    dates = ExpectedMarks(groups=("/-.",), count=2)
    assert weigh_marks("1/2/03", log_probs, dates)[0].share > 0.9
    assert weigh_marks("1/2/03", log_probs, ANY)[0].share < 0.6


def test_marks_that_a_field_cannot_hold_are_left_out() -> None:
    texts = weigh_marks(
        "125", answer(("12/5", 0.9), ("12 5", 0.1)), ExpectedMarks((".",))
    )
    assert [one.text for one in texts] == ["125"]


def test_digits_that_the_string_reader_does_not_see_have_no_marks_by_it() -> None:
    assert weigh_marks("998877", answer(("1234567", 1.0)), ANY) == []


def test_a_text_is_written_with_the_ink_that_is_known() -> None:
    digits = [DigitReading(character, 0.9, Box(0, 0, 1, 1)) for character in "3115"]
    _, other = weigh_marks("3115", answer(("3/1.5", 0.9), ("311 5", 0.1)), ANY)[:2]
    written = write_text(other, digits)
    assert "".join(one.character for one in written) == "3/1.5"
    assert [one.box is None for one in written] == [False, False, False, True, False]


# What becomes of it


def test_a_mark_that_both_see_is_sure() -> None:
    reading = read("125", answer(("12.5", 1.0)), ((1.6, "."),), unsure=True)
    assert reading.value == "12.5"
    assert Flag.SEPARATOR not in reading.flags
    assert reading.confidence > 0.95


@pytest.mark.parametrize(
    ("seen", "marks", "value"),
    [
        ("12.5", (), "12.5"),
        ("12 5", ((1.6, "."),), "125"),
        ("12,5", ((1.6, "."),), "12,5"),
    ],
)
def test_a_mark_that_one_sees_is_flagged_and_the_likelier_given(
    seen: str, marks: tuple[tuple[float, str], ...], value: str
) -> None:
    reading = read("125", answer((seen, 1.0)), marks)
    assert reading.value == value
    assert Flag.SEPARATOR in reading.flags
    assert len(reading.alternatives) > 0


def test_a_one_that_may_be_a_slash_is_flagged() -> None:
    reading = read("3115", answer(("3/15", 0.95), ("3115", 0.05)))
    assert Flag.SEPARATOR in reading.flags
    assert reading.value == "3/15"
    assert "3115" in [other.value for other in reading.alternatives]


def test_what_the_looks_leave_open_the_string_reader_may_settle() -> None:
    assert Flag.SEPARATOR in read("125", None, unsure=True).flags
    settled = read("125", answer(("12 5", 1.0)), unsure=True)
    assert Flag.SEPARATOR not in settled.flags
    assert settled.value == "125"


def test_marks_that_are_ignored_are_not_asked_for() -> None:
    options = DecodingOptions(ignore_marks=True)
    reading = read("125", answer(("12.5", 1.0)), (), options)
    assert reading.value == "125"
    assert Flag.SEPARATOR not in reading.flags


def test_a_point_that_the_string_reader_sees_stands_where_the_decimals_begin() -> None:
    options = DecodingOptions(decimals=1)
    reading = read("125", answer(("12.5", 1.0)), (), options)
    assert reading.value == "12.5"
    assert Flag.SEPARATOR not in reading.flags
