"""Digits drawn by seed, for tests that need labelled handwriting."""

from __future__ import annotations

import numpy as np

from formreader.digits.normalization import normalize_all
from formreader.training.datasets import DigitSet
from formreader.training.drawing.handwriting import draw_digit, draw_writer
from formreader.training.sources import Source


def make_digits(count: int, seed: int = 0) -> DigitSet:
    """Draw digits 0, 1, ..., 9, 0, ... in the MNIST format, each by another writer."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 10).astype(np.uint8)
    crops = [draw_digit(int(label), draw_writer(rng), rng, 60) for label in labels]
    return DigitSet((normalize_all(crops) * 255).round().astype(np.uint8), labels)


def make_source(count: int, seed: int = 0, name: str = "drawn") -> Source:
    """Draw the same digits as a source."""
    digits = make_digits(count, seed)
    return Source(name, digits.images, digits.labels)
