"""Read labelled strips in parts and as a whole; say how well, and at what cost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from formreader import DigitClassifier
from formreader.digits.ctc import best_strings, without_marks
from formreader.digits.decoding import decode_field
from formreader.digits.decoding_options import DecodingOptions
from formreader.digits.normalization import normalize_all
from formreader.digits.segmentation import cut_writing, segment_field
from formreader.digits.strings import StringReader
from formreader.digits.strip_looks import show_strip
from formreader.layout.strips import cut_strip
from formreader.pages.loading import page_from_array
from formreader.records import ClassifiedField
from formreader.training.strings.examples import RealStrip

CERTAIN = 0.7  # share of the strips, the most confident ones
BINS = 15
STAGES = ("find the ink", "segment", "classify", "read as a whole", "decode")


@dataclass
class Answers:
    """What one way of reading made of all strips."""

    right: list[bool] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)

    def add(self, right: bool, confidence: float) -> None:
        """Take note of one strip."""
        self.right.append(right)
        self.confidence.append(confidence)

    def summary(self, threshold: float) -> str:
        """Say how many were right, and how well that was known."""
        right, confidence = np.array(self.right), np.array(self.confidence)
        order = np.argsort(-confidence, kind="stable")
        certain = order[: round(CERTAIN * len(order))]
        silent = np.mean(~right & (confidence >= threshold))
        return (
            f"{right.mean():6.1%} exact, {right[certain].mean():6.1%} of the "
            f"{CERTAIN:.0%} most confident, {silent:5.1%} silent, "
            f"{np.mean(confidence < threshold):5.1%} to review, "
            f"ECE {_calibration_error(right, confidence):.1%}"
        )


def read_strips(strips: Sequence[RealStrip]) -> list[str]:
    """Read strips with the lattice, with the string reader, and with both.

    Returns:
        Lines of a report.
    """
    classifier, string_reader = DigitClassifier.load(), StringReader.load()
    threshold = classifier.manifest.threshold
    answers = {name: Answers() for name in ("lattice", "string reader", "both")}
    seconds = dict.fromkeys(STAGES, 0.0)
    for strip in strips:
        watch = _Watch(seconds)
        image = cut_strip(page_from_array(strip.pixels, strip.name), "strip")
        watch.lap("find the ink")
        cut = segment_field(image)
        watch.lap("segment")
        rows = classifier.predict(normalize_all([s.ink for s in cut.segments]))
        watch.lap("classify")
        by_digits = ClassifiedField(image, cut, rows)
        writing = cut_writing(by_digits)
        looks: tuple[npt.NDArray[np.float32], ...] = ()
        if writing is not None:
            shown = string_reader.predict(show_strip(writing))
            looks = tuple(without_marks(answer) for answer in shown)
        watch.lap("read as a whole")
        options = DecodingOptions(ignore_marks=True)
        both = decode_field(replace(by_digits, string_looks=looks), options)
        watch.lap("decode")
        alone = decode_field(by_digits, options)
        value, chance = best_strings(looks[0], 1)[0] if looks else ("", 0.0)
        answers["lattice"].add(alone.value == strip.text, alone.confidence)
        answers["string reader"].add(value == strip.text, float(np.exp(chance)))
        answers["both"].add(both.value == strip.text, both.confidence)
    report = [f"{len(strips)} strips, threshold {threshold:g}"]
    report += [f"{n:14s} {a.summary(threshold)}" for n, a in answers.items()]
    return report + [
        f"{1000 * spent / len(strips):6.1f} ms a strip: {stage}"
        for stage, spent in seconds.items()
    ]


class _Watch:
    """Adds up the time between laps."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds, self._last = seconds, time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._seconds[stage] += now - self._last
        self._last = now


def _calibration_error(
    right: npt.NDArray[np.bool_], confidence: npt.NDArray[np.float64]
) -> float:
    """Compute the expected calibration error in `BINS` bins of equal width."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        np.sum(bins == b) * abs(right[bins == b].mean() - confidence[bins == b].mean())
        for b in np.unique(bins)
    ]
    return float(sum(gaps) / len(right))
