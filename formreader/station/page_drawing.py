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

__all__ = ["DrawPage", "Drawn", "make_drawer"]

_LONGEST_SIDE_PX = 2400  # of a page in the browser
_QUALITY = 80  # of its JPEG


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


Drawn = bytes | InputError
"""A JPEG, or why there is none."""


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


def _encode(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Shrink a page and make a JPEG of it."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((_LONGEST_SIDE_PX, _LONGEST_SIDE_PX), Image.Resampling.BOX)
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=_QUALITY)
    return content.getvalue()
