"""Time the stages of a page, and say how well it was read."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
from benchmark_page import JPEG_QUALITY, PAGE_DPI, Written, draw_full_page
from PIL import Image

from formreader import FormReader
from formreader.geometry import Box
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage
from formreader.pages.loading import load_pages
from formreader.readings import FieldReading
from formreader.records import PageImage

_YARDSTICK, _TOTAL = "cv2.imread", "FormReader.read"
_REST = "read the fields"
_FOUND = "find the fields"
_SHARED = 0.5  # of the smaller box, that a field and its truth share


@dataclass(frozen=True)
class Score:
    """How well the fields of pages were read.

    Attributes:
        fields: Fields in the truth.
        digits: Digits in the truth.
        exact: Fields read as they were written.
        review: Fields that a person must look at, those not found among them.
        silent: Fields read wrongly that nobody would look at.
    """

    fields: int = 0
    digits: int = 0
    exact: int = 0
    review: int = 0
    silent: int = 0

    def __add__(self, other: Score) -> Score:
        """Add the scores of two pages."""
        return Score(
            self.fields + other.fields,
            self.digits + other.digits,
            self.exact + other.exact,
            self.review + other.review,
            self.silent + other.silent,
        )


def save_page(path: Path, seed: int) -> list[Written]:
    """Draw the page into a file."""
    pixels, truth = draw_full_page(seed)
    image = Image.fromarray(pixels)
    image.save(path, quality=JPEG_QUALITY, dpi=(PAGE_DPI, PAGE_DPI))
    return truth


def load_truth(path: Path, file: str) -> list[Written]:
    """Load the fields of one page that have a box."""
    with path.open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["file"] == file]
    fields = []
    for row in rows:
        if row["left"]:
            left, top = int(row["left"]), int(row["top"])
            box = Box(left, top, left + int(row["width"]), top + int(row["height"]))
            fields.append(Written(row["value"], box))
    return fields


def time_page(reader: FormReader, path: Path, repeats: int) -> dict[str, float]:
    """Time the reading of a page and its stages, in turns.

    Processor time counts, so what else the machine does matters little, and a second
    thread would be no gain.

    Args:
        reader: With the model to use.
        path: The page.
        repeats: Rounds; the fastest of each stage counts.

    Returns:
        Seconds of processor time by name; what no stage of its own accounts for is the
        reading of the fields.
    """
    loaded = next(load_pages(path))
    calls: dict[str, Callable[[], object]] = {
        _YARDSTICK: lambda: cv2.imread(str(path)),
        "load": lambda: list(load_pages(path)),
        "binarize": lambda: _binarize(_prepare(loaded, reader)),
        "tell inks apart": lambda: _prepare(loaded, reader).layers,
        _FOUND: lambda: find_fields(_prepare(loaded, reader)),
        _TOTAL: lambda: list(reader.read(path)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            started = time.process_time()
            call()
            seconds[name].append(time.process_time() - started)
    fastest = {name: min(of) for name, of in seconds.items()}
    total = fastest.pop(_TOTAL)
    rest = total - fastest["load"] - fastest[_FOUND]
    fastest[_FOUND] -= fastest["binarize"] + fastest["tell inks apart"]
    return {**fastest, _REST: max(0.0, rest), _TOTAL: total}


def _prepare(page: PageImage, reader: FormReader) -> PreparedPage:
    """Prepare a page of which nothing is known yet."""
    return PreparedPage(
        page.pixels, colour=page.colour, dpi=page.dpi, separator=reader.separator
    )


def _binarize(page: PreparedPage) -> None:
    """Find all ink of a page that its stages ask for."""
    assert page.ink.shape == page.faint_ink.shape


def print_times(seconds: dict[str, float]) -> None:
    """Print a line for each stage, with its ratio to the yardstick."""
    for name, of in seconds.items():
        print(f"{name:18}{1000 * of:8.1f} ms {of / seconds[_YARDSTICK]:7.2f} x")


def score_page(reader: FormReader, path: Path, written: list[Written]) -> Score:
    """Compare what is read on a page with what is written there."""
    found = [field for page in reader.read(path) for field in page.fields]
    score = Score()
    for truth in written:
        field = _find_field(truth.box, found)
        is_exact = field is not None and field.value == truth.value
        needs_review = field is None or field.needs_review
        score += Score(
            fields=1,
            digits=len(truth.value),
            exact=int(is_exact),
            review=int(needs_review),
            silent=int(not is_exact and not needs_review),
        )
    return score


def _find_field(box: Box, found: list[FieldReading]) -> FieldReading | None:
    """Find the field that shares most of its area with a box."""

    def share(field: FieldReading) -> float:
        smaller = max(1, min(box.area, field.box.area))
        return box.intersection_area(field.box) / smaller

    best = max(found, key=share, default=None)
    return best if best is not None and share(best) > _SHARED else None


def print_score(score: Score) -> None:
    """Print how well a page was read."""
    print(
        f"{score.digits} digits in {score.fields} fields: {score.exact} fields exact, "
        f"{score.review} to review, {score.silent} silently wrong"
    )
