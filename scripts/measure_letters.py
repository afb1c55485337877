"""Measure how many letters of the NIST Handwriting Sample Form are taken for digits.

The form has a box with the small and one with the capital letters of the alphabet. They
are found and cut by formreader itself. The letters are in no fixed order: write a sheet
of the crops first, then say what each shows, with ? for a part of a letter or a line.

    python scripts/measure_letters.py FORM.png --sheet crops.png
    python scripts/measure_letters.py FORM.png --truth 'FTUJSPN...'
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.classification import DigitClassifier
from formreader.digits.components import find_components, join_ink
from formreader.digits.model import CLASSES, DIGITS
from formreader.digits.normalization import normalize_all
from formreader.layout.binarization import binarize
from formreader.layout.cells import Row
from formreader.layout.field_cutting import cut_field
from formreader.layout.frames import find_frames
from formreader.pages.loading import load_pages
from formreader.training.digits.measurement import REJECTED
from formreader.training.drawing.letter_shapes import LIKE_DIGITS

UNKNOWN = "?"
"""In the truth: a crop that is no single letter."""

_FRAGMENT = 0.45  # of the usual height; lower components are parts of letters
_ALPHABET = (18, 40)  # how many segments a box of letters has
_ASPECT = (15, 30)  # width / height of such a box


def find_letters(path: Path) -> list[npt.NDArray[np.uint8]]:
    """Cut the letters out of the boxes that are wide and hold about 26 components."""
    page = next(load_pages(path, source=str(path)))
    ink = binarize(page.pixels)
    crops: list[npt.NDArray[np.uint8]] = []
    for frame in find_frames(ink):
        for cell in frame.cells:
            box = cell.box
            if not _ASPECT[0] <= box.width / box.height <= _ASPECT[1]:
                continue
            components, _ = find_components(cut_field(ink, Row((cell,)), ""))
            height = np.median(
                [component.box.height for component in components] or [0]
            )
            whole = [p for p in components if p.box.height > _FRAGMENT * height]
            if _ALPHABET[0] <= len(whole) <= _ALPHABET[1]:
                crops += [join_ink([component])[0] for component in whole]
    return crops


def measure_letters(
    images: npt.NDArray[np.float32], truth: str, classifier: DigitClassifier
) -> list[tuple[str, str, float]]:
    """Say for each letter what it was taken for, and how surely."""
    probabilities = classifier.predict(images)
    refused = probabilities[:, len(DIGITS) :].sum(axis=1) > REJECTED
    best = probabilities.argmax(axis=1)
    taken = [
        CLASSES[index] if index >= len(DIGITS) or not no_digit else f"{index}, rejected"
        for index, no_digit in zip(best, refused, strict=True)
    ]
    sure = probabilities.max(axis=1).tolist()
    return list(zip(truth, taken, sure, strict=True))


def write_sheet(images: npt.NDArray[np.float32], path: Path) -> None:
    """Write all crops, fifteen to a line, black on white."""
    large = [cv2.resize(1 - image, (84, 84), interpolation=0) for image in images]
    blank = np.ones((84, 84), np.float32)
    large += [blank] * (-len(large) % 15)
    lines = [np.hstack(large[first : first + 15]) for first in range(0, len(large), 15)]
    cv2.imwrite(str(path), (np.vstack(lines) * 255).astype(np.uint8))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("form", type=Path)
    parser.add_argument("--model", type=Path, help="a model of your own")
    parser.add_argument("--sheet", type=Path, help="write the crops as a picture")
    parser.add_argument("--truth", help="a character for each crop")
    arguments = parser.parse_args()
    images = normalize_all(find_letters(arguments.form))
    if arguments.sheet is not None:
        write_sheet(images, arguments.sheet)
    truth = arguments.truth or UNKNOWN * len(images)
    rows = measure_letters(images, truth, DigitClassifier.load(arguments.model))
    unfair = LIKE_DIGITS | {UNKNOWN}
    fair = [row for row in rows if row[0] not in unfair]
    rejected = sum(taken not in DIGITS for _, taken, _ in fair)
    for letter, taken, sure in rows:
        print(f"{letter}  {taken:13}{sure:.3f}")
    print(f"{len(rows)} crops, {len(fair)} of them letters unlike digits")
    if fair:
        print(f"rejected of those: {rejected} ({rejected / len(fair):.1%})")


if __name__ == "__main__":
    main()
