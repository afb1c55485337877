"""What layout saw on a page, and why it dropped a box; kept for people who ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import numpy.typing as npt

from formreader.layout.cells import Cell, Row
from formreader.records import FieldImage

__all__ = ["DroppedBox", "LayoutTrace", "Reason", "note_drop"]


class Reason(Enum):
    """Why a box is no field; the value says it to people."""

    TOO_SMALL = "one of several that are too small for a digit"
    NOT_BOXY = "its inside is no rectangle"
    LONE_SMALL = "alone and small, like the inside of a letter"
    LONE_ROUND = "alone and round, like the inside of a letter"
    NO_LINES = "no straight lines around it"
    NOT_CLOSED = "its lines leave no whole rectangle"
    THICK_LINE = "its lines are too thick for its size"
    NO_CORNERS = "no lines meet at its corners"
    CROOKED_SIDES = "alone, and no straight line along each side"
    HOLDS_BOXES = "other boxes stand in it"
    GUIDE = "a printed guide to write along"
    CUT_OFF = "part of a cell, cut off by a stroke"
    PRINT = "full of printed text"


@dataclass(frozen=True, eq=False)
class DroppedBox:
    """A box that was looked at and left out.

    Attributes:
        corners: (4, 2) corners (x, y) in pixels of the page, clockwise from the upper
            left.
        reason: Why.
    """

    corners: npt.NDArray[np.float64]
    reason: Reason


@dataclass
class LayoutTrace:
    """Collects what the steps of layout saw on one page, in the order of the steps.

    Attributes:
        layers: (H, W) uint8 masks of the page by name, 255 = seen: `ink`, which is
            read; `lines`, in which lines are looked for; `frames`, the connected
            components of lines that enclose a cell.
        cells: The cells that were found, those that were dropped later among them.
        rows: The rows of cells that became fields, before print was left out.
        fields: The fields.
        dropped: The boxes that were left out.
    """

    layers: dict[str, npt.NDArray[np.uint8]] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    fields: list[FieldImage] = field(default_factory=list)
    dropped: list[DroppedBox] = field(default_factory=list)

    def add_component(
        self, component: npt.NDArray[np.uint8], origin: tuple[int, int]
    ) -> None:
        """Add one connected component to the layer `frames`.

        Args:
            component: (h, w) uint8, non-zero = line.
            origin: Its upper left corner (x, y) on the page.
        """
        lines = self.layers["lines"]
        frames = self.layers.setdefault("frames", np.zeros_like(lines))
        (x, y), (height, width) = origin, component.shape
        np.maximum(
            frames[y : y + height, x : x + width],
            component,
            out=frames[y : y + height, x : x + width],
        )


def note_drop(
    trace: LayoutTrace | None, corners: npt.NDArray[np.float64], reason: Reason
) -> None:
    """Say that a box was dropped, if anybody asked.

    Args:
        trace: Where it is said, or None.
        corners: (4, 2) corners (x, y) of the box in pixels of the page.
        reason: Why it was dropped.
    """
    if trace is not None:
        trace.dropped.append(DroppedBox(corners, reason))
