"""Measure what the rules of a template do to readings of real digits.

Numbers that keep a rule are composed of labelled digits, a box a digit, read, and put
through the rule: numbers of nine digits with a Luhn digit; numbers of four digits on a
roster half as long again as the batch; sums of two numbers. Some writers slip and write
another digit than they should; what they wrote is what counts as right.

    python scripts/measure_rules.py usps_test.npz --slips 0.01
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.acceptance import AcceptancePolicy, accept
from formreader.digits.classification import DigitClassifier
from formreader.digits.decoding import decode_field
from formreader.digits.normalization import normalize_all
from formreader.forms.assignment import assign_roster
from formreader.forms.rules.checksums import is_checksum_valid
from formreader.forms.rules.rules import apply_rules
from formreader.forms.templates.entries import FieldTemplate
from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import (
    ClassifiedField,
    FieldImage,
    FieldKind,
    FieldSegments,
    Flag,
    Segment,
)

BOX = Box(0, 0, 90, 20)
BLANK_CONFIDENCE = 0.999


@dataclass(frozen=True)
class Written:
    """A number as it was written, and how it was read before any rule."""

    number: str
    reading: FieldReading


class Writer:
    """Writes numbers with labelled digits and has them read.

    Args:
        images: (N, h, w) uint8 digits, 255 = ink.
        labels: (N,) what they show.
        slips: How often a number has a digit that it should not have.
        seed: Of everything random.
    """

    def __init__(
        self,
        images: npt.NDArray[np.uint8],
        labels: npt.NDArray[np.int64],
        slips: float,
        seed: int,
    ) -> None:
        """Classify all digits."""
        classifier = DigitClassifier.load()
        self.threshold = classifier.manifest.threshold
        self.random = np.random.default_rng(seed)
        self.slips = slips
        self._images = images
        self._probabilities = classifier.predict(normalize_all(list(images)))
        self._showing = [np.flatnonzero(labels == digit) for digit in range(10)]

    def number(self, digits: int) -> str:
        """Make up a number."""
        return "".join(map(str, self.random.integers(0, 10, digits)))

    def write(self, number: str, name: str = "number") -> Written:
        """Write a number, perhaps with a slip, and read it."""
        if self.random.random() < self.slips:
            place = int(self.random.integers(len(number)))
            digit = (int(number[place]) + int(self.random.integers(1, 10))) % 10
            number = number[:place] + str(digit) + number[place + 1 :]
        chosen = [int(self.random.choice(self._showing[int(d)])) for d in number]
        cells = tuple(Box(10 * n, 0, 10 * n + 10, 20) for n in range(len(number)))
        ink = np.zeros((20, 90), np.uint8)
        field = FieldImage(name, ink, BOX, FieldKind.CELLS, cells)
        segments = tuple(
            Segment(self._images[index], cell, place, place + 1)
            for place, (index, cell) in enumerate(zip(chosen, cells, strict=True))
        )
        cut = FieldSegments(segments, len(cells), frozenset(), BLANK_CONFIDENCE)
        classified = ClassifiedField(field, cut, self._probabilities[chosen])
        return Written(number, self.accept(decode_field(classified)))

    def accept(self, reading: FieldReading) -> FieldReading:
        """Decide whether a person would have to look."""
        return accept(reading, AcceptancePolicy(self.threshold))


def report(
    name: str, written: Sequence[Written], settled: Sequence[FieldReading]
) -> None:
    """Print how many numbers are right, reviewed, silently wrong and corrected."""
    right = [one.number == f.value for one, f in zip(written, settled, strict=True)]
    reviewed = [field.needs_review for field in settled]
    changed = [Flag.RULE_CORRECTED in field.flags for field in settled]
    rows = list(zip(right, reviewed, changed, strict=True))
    silent = sum(not ok and not review for ok, review, _ in rows)
    wrongly = sum(new and not ok for ok, _, new in rows)
    released = sum(new and not review for _, review, new in rows)
    unseen = sum(new and not review and not ok for ok, review, new in rows)
    print(
        f"{name:14} right {np.mean(right):6.2%}  review {np.mean(reviewed):6.2%}"
        f"  silent errors {silent / len(rows):5.2%}"
        f"  corrected {sum(changed):4}, wrongly {wrongly:3},"
        f" without review {released:4}, wrongly {unseen:2}"
    )


def measure_luhn(writer: Writer, count: int) -> None:
    """Measure a check digit."""
    template = FieldTemplate(name="number", box=BOX, checksum="luhn")
    written: list[Written] = []
    while len(written) < count:
        number = writer.number(9)
        if is_checksum_valid(number, "luhn"):
            written.append(writer.write(number))
    report("no rule", written, [one.reading for one in written])
    settled = [
        writer.accept(apply_rules([one.reading], [template], [], writer.threshold)[0])
        for one in written
    ]
    report("Luhn", written, settled)


def measure_roster(writer: Writer, count: int) -> None:
    """Measure a roster, for each form alone and for all together."""
    roster = list(dict.fromkeys(writer.number(4) for _ in range(count * 3 // 2)))
    template = FieldTemplate(name="number", box=BOX, one_of=tuple(roster))
    written = [writer.write(number) for number in roster[:count]]
    report("no rule", written, [one.reading for one in written])
    settled = [
        writer.accept(apply_rules([one.reading], [template], [], writer.threshold)[0])
        for one in written
    ]
    report("one_of", written, settled)
    together = assign_roster(settled, roster, AcceptancePolicy(writer.threshold))
    report("assign unique", written, together)


def measure_sums(writer: Writer, count: int) -> None:
    """Measure a rule between fields."""
    names = ("total", "valid", "invalid")
    templates = [FieldTemplate(name=name, box=BOX) for name in names]
    rule = "total == valid + invalid"
    written: list[Written] = []
    settled: list[FieldReading] = []
    for _ in range(count):
        valid, invalid = (int(n) for n in writer.random.integers((10, 1), (900, 100)))
        numbers = (valid + invalid, valid, invalid)
        form = [
            writer.write(str(number), name)
            for number, name in zip(numbers, names, strict=True)
        ]
        readings = [one.reading for one in form]
        written += form
        ruled = apply_rules(readings, templates, [rule], writer.threshold)
        settled += [writer.accept(reading) for reading in ruled]
    report("no rule", written, [one.reading for one in written])
    report("sum", written, settled)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("digits", type=Path, help="npz with x (N, h, w) and y")
    parser.add_argument("--slips", type=float, default=0.0, help="of a number, 0 to 1")
    parser.add_argument("--count", type=int, default=1000, help="numbers a rule")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with np.load(arguments.digits, allow_pickle=False) as arrays:
        images, labels = arrays["x"], arrays["y"].astype(np.int64)
    writer = Writer(images, labels, arguments.slips, arguments.seed)
    for measure in (measure_luhn, measure_roster, measure_sums):
        measure(writer, arguments.count)


if __name__ == "__main__":
    main()
