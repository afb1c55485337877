from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from fake_classifier import FakeClassifier, answer

from formreader import field_reader
from formreader.digits.signs import UnsignedField
from formreader.field_reader import FieldReader
from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import FieldImage, FieldKind, Flag, Print

TALL = 60


def draw_line(count: int, kind: FieldKind, print_like: Print = Print.NO) -> FieldImage:
    """Draw a line of `count` strokes that do not touch."""
    ink = np.zeros((TALL + 40, 20 + 50 * count), np.uint8)
    for n in range(count):
        cv2.ellipse(ink, (40 + 50 * n, 20 + TALL // 2), (17, 28), 0, 0, 360, 255, 5)
    frame = Box(20, 20, ink.shape[1] - 10, 20 + TALL)
    return FieldImage("", ink, frame, kind, print_like=print_like)


class RepeatingClassifier(FakeClassifier):
    """Begins again with its classes where a line is cut in more parts."""

    def predict(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return answer(
            [name for name, _ in zip(cycle(self.classes), images, strict=False)]
        )


def read(line: FieldImage, classes: str) -> tuple[FieldReading, ...]:
    names = ["other" if name == "?" else name for name in classes]
    return FieldReader(RepeatingClassifier(names), None, 0.9).read([line])


@pytest.mark.parametrize("kind", [FieldKind.LINE, FieldKind.PLAIN])
def test_a_line_that_reads_as_letters_is_no_field(kind: FieldKind) -> None:
    assert not read(draw_line(4, kind), "????")
    assert len(read(draw_line(4, kind), "4207")) == 1


def test_what_is_struck_out_before_a_number_is_told_and_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lift(fields: Sequence[FieldImage]) -> list[UnsignedField]:
        return [UnsignedField(one, struck_before=True) for one in fields]

    monkeypatch.setattr(field_reader, "lift_signs", lift)
    [reading] = read(draw_line(2, FieldKind.BOX), "42")
    assert (reading.value, reading.raw) == ("42", "X42")
    assert Flag.STRUCK_OUT in reading.flags


def test_what_may_be_a_sign_before_a_number_is_doubted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lift(fields: Sequence[FieldImage]) -> list[UnsignedField]:
        return [UnsignedField(one, is_unsure=True) for one in fields]

    monkeypatch.setattr(field_reader, "lift_signs", lift)
    [reading] = read(draw_line(2, FieldKind.BOX), "42")
    assert (reading.value, reading.flags) == ("42", (Flag.NOT_A_DIGIT,))


def test_letters_in_a_box_are_a_field_all_the_same() -> None:
    assert len(read(draw_line(4, FieldKind.BOX), "????")) == 1


def test_a_line_that_nobody_looked_at_is_doubted() -> None:
    [reading] = read(draw_line(6, FieldKind.LINE), "420735")
    assert (reading.value, reading.flags) == ("420735", (Flag.LOW_CONFIDENCE,))


def test_a_number_that_reads_otherwise_once_its_lines_are_erased_is_doubted() -> None:
    box = draw_line(4, FieldKind.BOX)
    other = replace(draw_line(3, FieldKind.BOX), name=box.name)
    reader = FieldReader(RepeatingClassifier("4"), None, 0.9)
    [alone] = reader.read([box])
    [checked] = reader.read([replace(box, by_geometry=other)])
    assert (alone.value, checked.value) == ("4444", "4444")
    assert alone.confidence >= 0.9 > checked.confidence
