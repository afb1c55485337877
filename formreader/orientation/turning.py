"""Turn pages by quarters and to their mirror image, and bring readings back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from formreader.errors import RegistrationError
from formreader.layout.slant import LevelView, find_level_view
from formreader.readings import FieldReading, PageReading
from formreader.records import PageImage

__all__ = [
    "AS_IT_LIES",
    "MIRRORED",
    "Side",
    "draw_level",
    "find_quarter_turns",
    "matrix_back",
    "read_at_scan",
    "read_level",
    "read_or_mirrored",
    "read_turned",
    "turn_back",
    "turn_page",
]

MIRRORED = "the page is mirrored and was turned over to be read; scan it as it is"
"""The warning about a page that shows its mirror image."""

_UPSIDE_DOWN = "the page lies upside down and was turned to be read; scan it upright"
_ON_ITS_SIDE = "the page lies on its side and was turned to be read; scan it upright"

_Item = TypeVar("_Item", bound=np.generic)


@dataclass(frozen=True)
class Side:
    """What must be done to a page so that it stands upright.

    Attributes:
        quarter_turns: Counter-clockwise, 0 to 3.
        mirrored: Whether left and right are swapped before that.
    """

    quarter_turns: int = 0
    mirrored: bool = False

    def turn(self, pixels: npt.NDArray[_Item]) -> npt.NDArray[_Item]:
        """Turn pixels, (H, W) or (H, W, C); `AS_IT_LIES` gives them as they are."""
        if self.mirrored:
            pixels = pixels[:, ::-1]
        return np.ascontiguousarray(np.rot90(pixels, self.quarter_turns))

    @property
    def warning(self) -> str | None:
        """What to tell whoever scanned a page that lies so."""
        if self.mirrored:
            return MIRRORED
        if self.quarter_turns == 0:
            return None
        return _UPSIDE_DOWN if self.quarter_turns == 2 else _ON_ITS_SIDE


AS_IT_LIES = Side()
_MIRROR_IMAGE = Side(mirrored=True)


def read_turned(
    page: PageImage, side: Side, read: Callable[[PageImage], PageReading]
) -> PageReading:
    """Read a page from a side of it.

    Args:
        page: The page.
        side: How it is turned to be read.
        read: Reads a page that stands upright.

    Returns:
        The reading; places are in pixels of the page as given. A side other than as it
        lies is told in a warning.
    """
    if side == AS_IT_LIES:
        return read(page)
    reading = read(turn_page(page, side))
    fields = turn_back(reading.fields, side, page.pixels.shape)
    warnings = (*reading.warnings, *([side.warning] if side.warning else []))
    return replace(reading, fields=fields, warnings=warnings)


def read_level(
    page: PageImage, read: Callable[[PageImage], PageReading]
) -> PageReading:
    """Read a page laid level, if it lies clearly askew or was photographed at a slant.

    Args:
        page: The page.
        read: Reads a page whose lines are level and upright.

    Returns:
        The reading; places are in pixels of the page as given.
    """
    view = find_level_view(page.pixels)
    if view is None:
        return read(page)
    reading = read(draw_level(page, view))
    fields = tuple(field.moved(view.back) for field in reading.fields)
    return replace(reading, fields=fields)


def draw_level(page: PageImage, view: LevelView) -> PageImage:
    """Draw a page as a view shows it; what was typed into it is left out."""
    colour = None if page.colour is None else view.draw(page.colour)
    return replace(page, pixels=view.draw(page.pixels), colour=colour, typed=())


def read_at_scan(
    page: PageImage, read: Callable[[PageImage], PageReading]
) -> PageReading:
    """Read a page as it is best read, and say where fields lie on its pixels.

    Args:
        page: The page; one without `scan` is read as it is.
        read: Reads a page by its pixels.
    """
    if page.scan is None:
        return read(page)
    reading = read(replace(page, pixels=page.scan, colour=None, scan=None, typed=()))
    (height, width), (high, wide) = page.pixels.shape, page.scan.shape
    scale = np.diag([width / wide, height / high, 1.0])
    fields = tuple(field.moved(scale) for field in reading.fields)
    return replace(reading, fields=fields)


def read_or_mirrored(
    page: PageImage, read: Callable[[PageImage], PageReading]
) -> PageReading:
    """Read a page by its form, or else its mirror image.

    Args:
        page: The page.
        read: Reads a page that shows the form.

    Returns:
        The reading; places are in pixels of the page as given.

    Raises:
        RegistrationError: If neither shows the form.
    """
    try:
        return read(page)
    except RegistrationError as error:
        try:
            return read_turned(page, _MIRROR_IMAGE, read)
        except RegistrationError:
            raise error from None


def turn_page(page: PageImage, side: Side) -> PageImage:
    """Turn a page upright.

    Args:
        page: The page.
        side: How it lies.
    """
    colour = None if page.colour is None else side.turn(page.colour)
    return replace(page, pixels=side.turn(page.pixels), colour=colour)


def turn_back(
    fields: Iterable[FieldReading], side: Side, shape: tuple[int, ...]
) -> tuple[FieldReading, ...]:
    """Bring what was read on a turned page back to pixels of the page as it was.

    Args:
        fields: What was read.
        side: As for `turn_page`.
        shape: (H, W) of the page as it was.
    """
    matrix = matrix_back(side, shape)
    return tuple(field.moved(matrix) for field in fields)


def find_quarter_turns(fields: Iterable[FieldReading]) -> int:
    """Tell by the outlines of its fields how a page was turned to be read.

    Returns:
        0 to 3 quarter turns counter-clockwise; 0 if there are no fields.
    """
    ways = [field.outline[1] - field.outline[0] for field in fields]
    if not ways:
        return 0
    x, y = np.sum(ways, axis=0)
    return round(float(np.arctan2(y, x)) / (np.pi / 2)) % 4


def matrix_back(side: Side, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Map points (x, y) of the turned page to those of the page as it was.

    Args:
        side: As for `turn_page`.
        shape: (H, W) of the page as it was.

    Returns:
        (3, 3) homography.
    """
    height, width = shape[:2]
    rows = {
        0: [[1, 0, 0], [0, 1, 0]],
        1: [[0, -1, width], [1, 0, 0]],
        2: [[-1, 0, width], [0, -1, height]],
        3: [[0, 1, 0], [-1, 0, height]],
    }
    turned = np.array([*rows[side.quarter_turns], [0, 0, 1]], dtype=np.float64)
    if not side.mirrored:
        return turned
    mirror = np.array([[-1.0, 0, width], [0, 1, 0], [0, 0, 1]])
    return np.asarray(mirror @ turned)
