"""Digits to learn from, out of runs that people have reviewed.

Pages are held out as a whole, so that what is learnt from a page never helps to judge
it. Which ones follows from the bytes of the file and the page in it: a page is held out
in every run that it is part of, now and later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.model import DIGITS, INPUT_SHAPE
from formreader.errors import InputError
from formreader.store.people.reviewed import ReviewedField, read_reviewed
from formreader.store.tables.connection import RunStore
from formreader.training.datasets import DigitSet
from formreader.training.reviewed.labels import label_field
from formreader.training.sources import Source

__all__ = ["FEWEST", "Reviews", "gather_reviews", "is_held_out"]

HELD_OUT_PAGES = 5  # one in
FEWEST = 20
"""Digits that are needed to learn from, and as many to judge by."""

_LARGEST_PNG = 8192  # bytes; 28 x 28 pixels never need as many
_PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


@dataclass(frozen=True)
class Reviews:
    """What people vouched for.

    Attributes:
        fitted: Digits to learn from.
        held_out: Digits of the pages that are held out.
        pages: How many pages gave digits, those held out among them.
        held_out_pages: How many of them are held out.
        corrected: How many of all digits the machine had read as something else.
    """

    fitted: Source
    held_out: DigitSet
    pages: int
    held_out_pages: int
    corrected: int

    def describe(self) -> str:
        """Say in a line what there is."""
        count = len(self.fitted) + len(self.held_out)
        return (
            f"{count} digits confirmed on {self.pages} pages, {self.corrected} of them "
            f"corrected; {len(self.held_out)} on {self.held_out_pages} pages are held "
            "out"
        )


@dataclass(frozen=True)
class _Crop:
    """A picture on a page; the same in all runs that have read it alike."""

    sha256: str
    page_index: int
    image: bytes


@dataclass(frozen=True)
class _Finding:
    """Which digit a crop shows; None if people disagree. And what it was read as."""

    label: str | None
    character: str


def gather_reviews(runs: Sequence[Path]) -> Reviews:
    """Gather the digits that people vouched for.

    Args:
        runs: Run folders. A page that several of them have counts once; where they
            disagree about a crop, it is left out.

    Raises:
        InputError: If there are too few to learn from, or to judge by.
        OutputError: If the store of a run cannot be opened.
    """
    found: dict[_Crop, _Finding] = {}
    for run in runs:
        with RunStore.open(run) as store, store.read() as connection:
            _collect(read_reviewed(connection), found)
    order = sorted(found, key=lambda c: (c.sha256, c.page_index, c.image))
    labelled = [(crop, found[crop]) for crop in order if found[crop].label is not None]
    split: dict[bool, list[tuple[_Crop, _Finding]]] = {False: [], True: []}
    for crop, finding in labelled:
        split[is_held_out(crop.sha256, crop.page_index)].append((crop, finding))
    _check_enough(len(split[False]), len(split[True]), runs[0])
    fitted, held_out = (_make_set(split[part]) for part in (False, True))
    return Reviews(
        fitted=Source("reviewed", fitted.images, fitted.labels),
        held_out=held_out,
        pages=_count_pages(crop for crop, _ in labelled),
        held_out_pages=_count_pages(crop for crop, _ in split[True]),
        corrected=sum(f.label != f.character for _, f in labelled),
    )


def is_held_out(sha256: str, page_index: int) -> bool:
    """Tell whether a page is kept from training, in whatever run.

    Args:
        sha256: Checksum of its file.
        page_index: 0-based page in the file.
    """
    digest = hashlib.sha256(f"{sha256} {page_index}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % HELD_OUT_PAGES == 0


def _collect(reviewed: Iterable[ReviewedField], found: dict[_Crop, _Finding]) -> None:
    """Add the crops of a run that have a label and a picture."""
    for field in reviewed:
        for digit, label in zip(field.digits, label_field(field), strict=True):
            if label is None or digit.image is None or _decode(digit.image) is None:
                continue
            crop = _Crop(field.sha256, field.page_index, digit.image)
            finding = _Finding(label, digit.character)
            if found.setdefault(crop, finding).label != label:
                found[crop] = _Finding(None, digit.character)


def _decode(png: bytes) -> npt.NDArray[np.uint8] | None:
    """Open the picture of a digit; None for anything else, and for one without ink.

    Its size is looked at before it is decoded.
    """
    size = b"".join(side.to_bytes(4, "big") for side in INPUT_SHAPE)
    if len(png) > _LARGEST_PNG or not png.startswith(_PNG_START + size):
        return None
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    if pixels is None or pixels.shape != INPUT_SHAPE or not pixels.any():
        return None
    return np.asarray(pixels, np.uint8)


def _make_set(crops: Sequence[tuple[_Crop, _Finding]]) -> DigitSet:
    """Open all pictures; each has been found to be one."""
    images = np.empty((len(crops), *INPUT_SHAPE), np.uint8)
    labels = np.empty(len(crops), np.uint8)
    for index, (crop, finding) in enumerate(crops):
        pixels = _decode(crop.image)
        assert pixels is not None
        images[index] = pixels
        labels[index] = DIGITS.index(finding.label or "")
    return DigitSet(images, labels)


def _count_pages(crops: Iterable[_Crop]) -> int:
    return len({(crop.sha256, crop.page_index) for crop in crops})


def _check_enough(fitted: int, held_out: int, run: Path) -> None:
    """Refuse runs that nothing can be learnt from, or judged by.

    Raises:
        InputError: If there are too few digits on either side.
    """
    if min(fitted, held_out) < FEWEST:
        raise InputError(
            f"{fitted} confirmed digits to learn from and {held_out} on pages that are "
            f"held out are too few, {FEWEST} of each are needed; review more pages, or "
            "add runs with --from-reviews",
            path=run,
        )
