"""Two pages on one sheet, as of an open book, cut apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.errors import UnreadableFileError
from formreader.pages.limits import check_size
from formreader.records import PageImage, TypedValue

__all__ = ["split_sheet"]

_AROUND = 0.1  # of the longer side, around its middle, where the cut may lie
_WINDOW = 0.005  # of it, over which the paper is judged
_DISTANCE = 8.0  # grey levels of unrest that the farthest cut must save

Pixels = npt.NDArray[np.uint8]


def split_sheet(page: PageImage) -> tuple[PageImage, PageImage]:
    """Cut a sheet across its longer side into two pages.

    The cut lies near the middle, where the paper is calmest: beside the writing, in the
    gap between two forms, or in the shadow of a fold.

    Args:
        page: The sheet; page N of a file.

    Returns:
        The left and the right page, or the upper and the lower; pages 2N - 1 and 2N of
        twice as many.

    Raises:
        UnreadableFileError: If what is left is too small for a page.
    """
    scan = page.pixels if page.scan is None else page.scan
    is_wide = scan.shape[1] >= scan.shape[0]
    cut = _find_cut(scan if is_wide else scan.T) / max(scan.shape)
    halves = []
    for number in (0, 1):
        pixels = _cut(page.pixels, cut, number, is_wide)
        _check_half(page, pixels)
        half = replace(
            page,
            pixels=pixels,
            page_index=2 * page.page_index + number,
            page_count=2 * page.page_count,
            colour=_cut_or_none(page.colour, cut, number, is_wide),
            scan=_cut_or_none(page.scan, cut, number, is_wide),
        )
        halves.append(replace(half, typed=_keep_typed(page, half, number, is_wide)))
    return halves[0], halves[1]


def _check_half(sheet: PageImage, pixels: Pixels) -> None:
    try:
        check_size((pixels.shape[1], pixels.shape[0]))
    except UnreadableFileError as error:
        index = sheet.page_index if sheet.page_count > 1 else None
        raise UnreadableFileError(
            error.message, path=Path(sheet.source), page_index=index
        ) from error


def _find_cut(pixels: Pixels) -> int:
    """Find the column between two pages that lie side by side."""
    width = pixels.shape[1]
    middle, reach = width / 2, max(1, round(_AROUND * width))
    first = max(1, round(middle) - reach)
    unrest = pixels[:, first : round(middle) + reach].astype(np.float32).std(axis=0)
    window = max(1, round(_WINDOW * width))
    calm = np.convolve(unrest, np.ones(window) / window, mode="same")
    columns = first + np.arange(len(calm))
    away = np.abs(columns - middle) / reach
    edge = min(window // 2, (len(calm) - 1) // 2)  # there the window reaches outside
    cost = (calm + _DISTANCE * away)[edge : len(calm) - edge]
    return int(columns[edge + int(np.argmin(cost))])


def _cut(pixels: Pixels, cut: float, number: int, is_wide: bool) -> Pixels:
    at = round(cut * pixels.shape[1 if is_wide else 0])
    part = slice(None, at) if number == 0 else slice(at, None)
    return np.ascontiguousarray(pixels[:, part] if is_wide else pixels[part])


def _cut_or_none(
    pixels: Pixels | None, cut: float, number: int, is_wide: bool
) -> Pixels | None:
    return None if pixels is None else _cut(pixels, cut, number, is_wide)


def _keep_typed(
    sheet: PageImage, half: PageImage, number: int, is_wide: bool
) -> tuple[TypedValue, ...]:
    """Keep what was typed on this half, in its own pixels."""
    dx = sheet.pixels.shape[1] - half.pixels.shape[1] if is_wide else 0
    dy = 0 if is_wide else sheet.pixels.shape[0] - half.pixels.shape[0]
    moved = [
        replace(value, box=value.box.shifted(-dx * number, -dy * number))
        for value in sheet.typed
    ]
    return tuple(
        value for value in moved if value.box.clipped(half.pixels.shape).area > 0
    )
