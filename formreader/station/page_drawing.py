"""What a worker process of the station does: draw a page from its file."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from formreader.errors import InputError, failed_page
from formreader.pages.loading import load_page
from formreader.workers.limits import (
    Loss,
    PageLimits,
    WorkerLostError,
    is_out_of_memory,
)

__all__ = ["DrawPage", "Drawn", "PagePicture", "make_drawer"]

_LONGEST_SIDE_PX = 2400  # of a page in the browser
_QUALITY = 80  # of its JPEG
_SMALL_SIDE_PX = 1000  # of what is shown first
_SMALL_QUALITY = 50


@dataclass(frozen=True)
class DrawPage:
    """Draw a page.

    Attributes:
        path: Its file.
        page_index: 0-based number of the page in it.
        split: The file has sheets of two pages each, and pages are counted.
    """

    path: Path
    page_index: int
    split: bool = False


@dataclass(frozen=True)
class PagePicture:
    """The picture of a page in two sizes.

    Attributes:
        large: JPEG in which writing can be looked at closely.
        small: JPEG of a tenth of its bytes, which is shown first.
    """

    large: bytes
    small: bytes


Drawn = PagePicture | InputError
"""A picture, or why there is none."""


def make_drawer(limits: PageLimits) -> Callable[[DrawPage], Drawn]:
    """Give what draws pages; whatever a page raises is its answer.

    Args:
        limits: What a page may take, to say it of one that took more.
    """
    return partial(_draw, limits)


def _draw(limits: PageLimits, task: DrawPage) -> Drawn:
    try:
        page = load_page(task.path, task.page_index, split=task.split)
        return _encode(page.pixels)
    except Exception as error:
        if is_out_of_memory(error):
            return WorkerLostError(Loss.MEMORY, limits).as_error(task.path)
        failure = failed_page(error, task.path, None)
        if isinstance(failure, InputError):
            return failure
        return InputError(failure.message, path=task.path)


def _encode(pixels: npt.NDArray[np.uint8]) -> PagePicture:
    """Shrink a page and make JPEGs of it."""
    picture = Image.fromarray(pixels)
    large = _shrink(picture, _LONGEST_SIDE_PX, _QUALITY)
    return PagePicture(large, _shrink(picture, _SMALL_SIDE_PX, _SMALL_QUALITY))


def _shrink(picture: Image.Image, longest_side: int, quality: int) -> bytes:
    """Make a JPEG of a picture, which is shrunk in place if it is larger."""
    picture.thumbnail((longest_side, longest_side), Image.Resampling.BOX)
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality)
    return content.getvalue()
