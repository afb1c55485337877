"""The ink of a page, parted into what the pen wrote, what is print and what is a rule.

The threshold of `binarize` says what is ink, at the page's own resolution; the ink
network says whose it is. So strokes keep their edges, and the layers their knowledge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import bound_components
from formreader.ink.separation import InkLayers
from formreader.layout.runs import Runs, find_runs
from formreader.layout.settings import SETTINGS
from formreader.records import read_only

__all__ = ["SeparatedInk", "separate_ink"]

Mask = npt.NDArray[np.uint8]

_INK = SETTINGS.separated_ink


@dataclass(frozen=True, eq=False)
class SeparatedInk:
    """The ink of a page by whose it is.

    Attributes:
        pen: (H, W) uint8, 255 = ink of the pen; read-only.
        print_: The same for print.
        rule: (H, W) uint8, 255 = a line of the form, whether or not `binarize` saw it;
            read-only.
        unsure: (H, W) uint8, 255 = ink of which the network does not know whether it
            is the pen's; read-only.
        rest: (H, W) uint8, 255 = ink that is neither the pen's nor print: of lines;
            read-only.
        print_share: (H, W) uint8, by how much the network takes strokes for print
            rather than the pen's, 255 = wholly; 0 elsewhere; read-only. None if that
            is not known.
        scale: Pixels of the ink network to one of the page.
    """

    pen: Mask
    print_: Mask
    rule: Mask
    unsure: Mask
    rest: Mask
    print_share: Mask | None = None
    scale: float = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for name in ("pen", "print_", "rule", "unsure", "rest"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        if self.print_share is not None:
            object.__setattr__(self, "print_share", read_only(self.print_share))

    @cached_property
    def strokes(self) -> Mask:
        """(H, W) uint8, 255 = ink of the pen or of print; read-only."""
        return read_only(np.asarray(cv2.max(self.pen, self.print_), np.uint8))

    @cached_property
    def level_runs(self) -> Runs:
        """The runs of the rules along rows."""
        return find_runs(self.rule)

    @cached_property
    def upright_runs(self) -> Runs:
        """The runs of the rules along columns."""
        return find_runs(self.rule, level=False)

    @cached_property
    def pen_boxes(self) -> npt.NDArray[np.int32]:
        """(N, 4) left, top, width and height of the pen's components; read-only."""
        return read_only(bound_components(self.pen))

    def find_lines(self, faint_ink: Mask) -> Mask:
        """Give the ink in which the lines of the form are looked for.

        Args:
            faint_ink: (H, W) uint8, 255 = ink, pale lines included.

        Returns:
            (H, W) uint8: what is neither the pen's nor print, and all rules, also
            where the pen passed along them.
        """
        rest = cv2.bitwise_and(faint_ink, cv2.bitwise_not(self.strokes))
        lines = np.asarray(cv2.max(rest, self.rule), np.uint8)
        passed = cv2.max(_bridge(self.level_runs), _bridge(self.upright_runs))
        return np.asarray(cv2.max(lines, cv2.bitwise_and(passed, self.pen)), np.uint8)


def separate_ink(ink: Mask, layers: InkLayers) -> SeparatedInk:
    """Part the ink of a page by its layers.

    A line is told from what crosses it pixel by pixel. What is left hangs together, and
    a stroke is the pen's or print as a whole: connected components are judged by all of
    their pixels, and parted only if much of them is either.

    Args:
        ink: (H, W) uint8, 255 = ink.
        layers: What the ink network says of the same page.
    """
    pen, print_, rule = (
        layers.to_page(layer) for layer in (layers.pen, layers.print_, layers.rule)
    )
    raw_print = print_
    print_ = np.asarray(cv2.convertScaleAbs(print_, alpha=_INK.print_odds), np.uint8)
    written = np.asarray(cv2.max(pen, print_), np.uint8)
    off_lines = cv2.bitwise_and(ink, cv2.compare(written, rule, cv2.CMP_GE))
    likely = cv2.bitwise_and(off_lines, _at_least(written, _INK.least_ink * 255))
    sure = _at_least(pen, _INK.sure_pen * 255)
    strokes = np.asarray(cv2.max(likely, sure), np.uint8)
    # NumPy finds what is true in half the time it takes to find what is not zero.
    inked = np.flatnonzero(strokes > 0)
    pen_share = _judge_components(strokes, inked, pen, print_)
    low, high = _INK.unsure
    of_pen, unsure = np.zeros_like(strokes), np.zeros_like(strokes)
    of_pen.ravel()[inked[pen_share >= low]] = 255
    unsure.ravel()[inked[(low <= pen_share) & (pen_share <= high)]] = 255
    return SeparatedInk(
        of_pen,
        np.asarray(cv2.bitwise_xor(strokes, of_pen), np.uint8),
        _at_least(rule, 128),
        unsure,
        np.asarray(cv2.bitwise_and(ink, cv2.bitwise_not(strokes)), np.uint8),
        _share_print(pen, raw_print, inked),
        scale=layers.scale,
    )


def _share_print(pen: Mask, print_: Mask, inked: npt.NDArray[np.intp]) -> Mask:
    """Give what of pen and print together is print, (H, W) uint8, 255 = all.

    Args:
        pen: (H, W) uint8, probability of the pen.
        print_: The same of print.
        inked: (N,) the places of strokes, counted through all rows; elsewhere it is 0.
    """
    of_print = print_.ravel()[inked].astype(np.float32)
    both = np.maximum(of_print + pen.ravel()[inked], 1)
    share = np.zeros_like(pen)
    share.ravel()[inked] = 255 * of_print / both
    return share


def _at_least(values: Mask, limit: float) -> Mask:
    """Mark what is no less than a limit, as 255."""
    below = math.ceil(limit) - 1
    return np.asarray(cv2.threshold(values, below, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _bridge(runs: Runs) -> Mask:
    """Close the gaps of level lines, or upright ones, whatever lies in them."""
    side = min(runs.shape)
    shortest = max(3, side // _INK.runs_a_side)
    longest = max(3, side // _INK.bridges_a_side) | 1
    return runs.opened(shortest).closed(longest).draw()


def _judge_components(
    strokes: Mask, inked: npt.NDArray[np.intp], pen: Mask, print_: Mask
) -> npt.NDArray[np.float32]:
    """Measure for each stroke how much speaks for the pen and against print.

    Args:
        strokes: (H, W) uint8, 255 = ink of the pen or of print.
        inked: (N,) the places of this ink, counted through all rows.
        pen: (H, W) uint8, probability of the pen.
        print_: The same of print.

    Returns:
        (N,) float32 in [0, 1], alike over a component that is clearly one of the two.
    """
    count, labels = cv2.connectedComponents(strokes, connectivity=8)
    owners = labels.ravel()[inked]
    of_pen = np.bincount(owners, pen.ravel()[inked], count)
    of_print = np.bincount(owners, print_.ravel()[inked], count)
    share = of_pen / np.maximum(of_pen + of_print, 1.0)
    low, high = _INK.mixed
    mixed = (share > low) & (share < high)
    own = share[owners].astype(np.float32)
    is_mixed = mixed[owners]
    pixels = inked[is_mixed]
    both = pen.ravel()[pixels].astype(np.float32) + print_.ravel()[pixels]
    own[is_mixed] = pen.ravel()[pixels] / np.maximum(both, 1.0)
    return np.asarray(own, np.float32)
