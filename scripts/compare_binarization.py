"""Compare ways to tell ink from patterned paper by how many strips are read.

    python scripts/compare_binarization.py --strings FOLDER --truth CSV

Every way makes the ink that the lattice cuts into digits; the string reader, which
sees the strip in grey, stays out. Only the half of the strips that `train_strings.py`
fits is read, since ways are chosen by it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import cv2
import numpy as np
import numpy.typing as npt

from formreader import DigitClassifier
from formreader.digits.decoding import decode_field
from formreader.digits.decoding_options import DecodingOptions
from formreader.digits.normalization import normalize_all
from formreader.digits.segmentation import segment_field
from formreader.geometry import Box
from formreader.layout.binarization import binarize
from formreader.layout.ruling import remove_long_lines
from formreader.layout.strips import cut_strip, measure_darkness
from formreader.pages.loading import page_from_array
from formreader.records import ClassifiedField, FieldImage, FieldKind
from formreader.training.strings.examples import load_strips
from formreader.training.strings.run import split_strips

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating]
WINDOW = 0.6  # of the strip's height
SPREAD = 128.0  # of grey levels, as Sauvola takes it


def otsu(pixels: Pixels) -> Pixels:
    """One threshold for the strip [Otsu 1979]."""
    smooth = cv2.GaussianBlur(pixels, (0, 0), 0.8)
    _, ink = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    return np.asarray(ink, np.uint8)


def local_threshold(
    pixels: Pixels,
    rule: Callable[[Floats, Floats], Floats],
) -> Pixels:
    """Compare each pixel with a threshold from its neighbourhood's mean and spread."""
    grey = cv2.GaussianBlur(pixels, (0, 0), 0.8).astype(np.float32)
    side = round(WINDOW * len(pixels)) | 1
    mean = np.asarray(cv2.blur(grey, (side, side)), np.float32)
    square = np.asarray(cv2.blur(grey * grey, (side, side)), np.float32)
    spread = np.sqrt(np.maximum(square - mean**2, 0))
    return np.where(grey < rule(mean, spread), 255, 0).astype(np.uint8)


def background_division(pixels: Pixels) -> Pixels:
    """Divide by the paper, then one threshold."""
    paper = cv2.subtract(np.full_like(pixels, 255), measure_darkness(pixels))
    return otsu(np.asarray(paper, np.uint8))


WAYS: dict[str, Callable[[Pixels], Pixels]] = {
    "Otsu": otsu,
    "Niblack, k = -0.2": lambda p: local_threshold(p, lambda m, s: m - 0.2 * s),
    "Niblack, k = -0.8": lambda p: local_threshold(p, lambda m, s: m - 0.8 * s),
    "Sauvola, k = 0.2": lambda p: local_threshold(
        p, lambda m, s: m * (1 + 0.2 * (s / SPREAD - 1))
    ),
    "Wolf, as for pages": binarize,
    "paper taken away, then Otsu": background_division,
}


@click.command()
@click.option("--strings", "folder", type=click.Path(path_type=Path), required=True)
@click.option("--truth", type=click.Path(path_type=Path), required=True)
def main(folder: Path, truth: Path) -> None:
    """Read strips after each way of binarization."""
    strips, _ = split_strips(load_strips(folder, truth))
    classifier = DigitClassifier.load()

    def read(field: FieldImage) -> str:
        options = DecodingOptions(ignore_marks=True)
        cut = segment_field(field)
        rows = classifier.predict(normalize_all([s.ink for s in cut.segments]))
        return decode_field(ClassifiedField(field, cut, rows), options).value

    for name, way in WAYS.items():
        right = [read(as_field(way(s.pixels))) == s.text for s in strips]
        click.echo(f"{np.mean(right):6.1%} of {len(right)}: {name}")
    right = [
        read(cut_strip(page_from_array(s.pixels, s.name), "strip")) == s.text
        for s in strips
    ]
    click.echo(f"{np.mean(right):6.1%} of {len(right)}: as --strip does it")


def as_field(ink: Pixels) -> FieldImage:
    """Make a field of a strip's ink, long lines removed."""
    cleaned = remove_long_lines(ink)
    frame = Box(0, 0, cleaned.shape[1], len(cleaned))
    return FieldImage("strip", cleaned, frame, FieldKind.STRIP)


if __name__ == "__main__":
    main()
