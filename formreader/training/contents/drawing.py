"""Cuts what stands on drawn pages out of them, with what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.contents.model import Content
from formreader.contents.pictures import normalize_picture
from formreader.training.ink.pages.page import InkPage
from formreader.training.ink.pages.sheet import PAPER, PEN, PRINT, Item

__all__ = ["cut_items"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

_CONTENTS = {
    "number": Content.NUMBER,
    "word": Content.WORD,
    "print": Content.PRINT,
    "mark": Content.MARK,
}
_LEAST_PX = 7  # smaller ones are specks
_HIDDEN = 0.15  # of an item is covered by another at most
_JOINED = 0.5  # of neighbours in one row are seen as one
_NEAR = 1.2  # heights between such neighbours
_PART = 0.5  # of the words and prints are cut short
_EMPTY = 2  # pictures without any item, a page


def cut_items(page: InkPage, rng: Rng) -> Iterator[tuple[Gray, Content]]:
    """Cut the items of a page out of it as fields are.

    Args:
        page: A level page.
        rng: Source of the random draws.

    Yields:
        (32, 160) uint8, 255 = ink, and what it shows.
    """
    grey = np.asarray(cv2.cvtColor(page.pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    items = join_rows(drop_hidden(page.items), rng)
    for item in items:
        ink = PRINT if item.kind == "print" else PEN
        tight = _tighten(item, page.classes == ink)
        if tight is None:
            continue
        if item.kind in ("word", "print") and rng.random() < _PART:
            tight = _shorten(tight, rng)
        picture = _cut(grey, tight, rng)
        if picture is not None:
            yield normalize_picture(picture), _CONTENTS[item.kind]
    yield from _cut_bare(grey, page, rng)


def drop_hidden(items: Sequence[Item]) -> list[Item]:
    """Leave out what other items hide; of print and a number the number stays."""
    kept = []
    for item in items:
        others = [other for other in items if other is not item]
        if item.kind == "number":
            others = [other for other in others if other.kind == "word"]
        if all(_share(item, other) < _HIDDEN for other in others):
            kept.append(item)
    return kept


def _share(item: Item, other: Item) -> float:
    """Say how much of an item lies within another."""
    width = min(item.right, other.right) - max(item.left, other.left)
    height = min(item.bottom, other.bottom) - max(item.top, other.top)
    area = (item.right - item.left) * (item.bottom - item.top)
    return max(0.0, width) * max(0.0, height) / max(1.0, area)


def join_rows(items: Sequence[Item], rng: Rng) -> list[Item]:
    """Take some written neighbours in a row together, as boxes for a digit each are."""
    joined: list[Item] = []
    for item in sorted(items, key=lambda one: one.left):
        before = next(
            (one for one in reversed(joined) if _is_next(one, item)),
            None,
        )
        if before is None or rng.random() >= _JOINED:
            joined.append(item)
            continue
        joined.remove(before)
        joined.append(
            replace(
                before,
                kind="number" if "number" in (before.kind, item.kind) else "word",
                top=min(before.top, item.top),
                right=max(before.right, item.right),
                bottom=max(before.bottom, item.bottom),
            )
        )
    return joined


def _is_next(before: Item, item: Item) -> bool:
    """Tell whether an item follows another in its row, as digits and crosses do."""
    kinds = {before.kind, item.kind}
    if not (kinds == {"word"} or ("number" in kinds and kinds <= {"number", "mark"})):
        return False
    height = min(before.bottom - before.top, item.bottom - item.top)
    shared = min(before.bottom, item.bottom) - max(before.top, item.top)
    gap = item.left - before.right
    return shared > 0.6 * height and -0.3 * height < gap < _NEAR * height


def _tighten(item: Item, ink: npt.NDArray[np.bool_]) -> Item | None:
    """Bound the ink of an item; None if there is none to speak of."""
    left, top = max(0, int(item.left)), max(0, int(item.top))
    part = ink[top : int(item.bottom), left : int(item.right)]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    if not len(rows) or max(np.ptp(rows), np.ptp(columns)) < _LEAST_PX:
        return None
    return replace(
        item,
        left=left + columns[0],
        top=top + rows[0],
        right=left + columns[-1] + 1,
        bottom=top + rows[-1] + 1,
    )


def _shorten(item: Item, rng: Rng) -> Item:
    """Cut an item short at its sides, as where only a part was found."""
    width, height = item.right - item.left, item.bottom - item.top
    wanted = max(min(width, 0.8 * height), width * rng.uniform(0.2, 1.0))
    left = item.left + rng.uniform(0, width - wanted)
    return replace(item, left=left, right=left + wanted)


def _cut(grey: Gray, item: Item, rng: Rng) -> Gray | None:
    """Cut an item with some margin out of a page."""
    height = item.bottom - item.top
    margin = height * rng.uniform(0.0, 0.3, 4)
    left, top = (
        max(0, round(item.left - margin[0])),
        max(0, round(item.top - margin[1])),
    )
    right, bottom = round(item.right + margin[2]), round(item.bottom + margin[3])
    picture = grey[top:bottom, left:right]
    return picture if min(picture.shape) >= 3 else None


def _cut_bare(grey: Gray, page: InkPage, rng: Rng) -> Iterator[tuple[Gray, Content]]:
    """Cut places where nothing is written or printed but lines, or the page's edge."""
    bare = np.isin(page.classes, (PEN, PRINT))
    for _ in range(_EMPTY):
        height = int(rng.integers(10, 50))
        width = round(height * rng.uniform(0.3, 2.5))
        top = int(rng.integers(grey.shape[0] - height))
        left = int(rng.integers(max(1, grey.shape[1] - width)))
        area = (slice(top, top + height), slice(left, left + width))
        is_ruled = (page.classes[area] != PAPER).any()
        if not bare[area].any() and (is_ruled or rng.random() < 0.3):
            yield normalize_picture(grey[area]), Content.MARK
