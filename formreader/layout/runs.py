"""Morphology along the rows or columns of a page: erosion, dilation, and what of them.

A page has few long runs of ink beside its many pixels. So they are found once, and
shortened, lengthened and joined as numbers, which takes a small part of the time that
OpenCV takes for as many steps with long structuring elements.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Runs", "find_runs"]

Mask = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Runs:
    """The runs of ink of a page along its rows, or its columns.

    Operations give what OpenCV's give with a structuring element of one row, anchored
    at its middle; beyond the page lies what changes nothing.

    Attributes:
        starts: First pixel of each, ascending, counted through all rows; after each row
            comes one place more, which is paper.
        ends: The place after its last pixel.
        shape: Rows, and pixels in each.
        level: Whether they run along rows of the page; else along its columns.
    """

    starts: Places
    ends: Places
    shape: tuple[int, int]
    level: bool

    def eroded(self, length: int) -> Runs:
        """Shorten the runs to where all of an element of some pixels is ink."""
        before, after = length // 2, length - 1 - length // 2
        width = self.shape[1]
        starts = self.starts + before * (self.starts % (width + 1) > 0)
        ends = self.ends - after * (self.ends % (width + 1) < width)
        left = starts < ends
        return replace(self, starts=starts[left], ends=ends[left])

    def dilated(self, length: int) -> Runs:
        """Lengthen the runs to where any of an element of some pixels is ink."""
        before, after = length // 2, length - 1 - length // 2
        width = self.shape[1]
        rows = self.starts - self.starts % (width + 1)
        starts = np.maximum(self.starts - after, rows)
        ends = np.minimum(self.ends + before, rows + width)
        parted = starts[1:] > ends[:-1]
        first = np.concatenate([[True], parted])[: len(starts)]
        last = np.concatenate([parted, [True]])[: len(starts)]
        return replace(self, starts=starts[first], ends=ends[last])

    def opened(self, length: int) -> Runs:
        """Leave out the runs that are shorter."""
        return self.eroded(length).dilated(length)

    def closed(self, length: int) -> Runs:
        """Join runs between which the gap is shorter."""
        return self.dilated(length).eroded(length)

    def draw(self) -> Mask:
        """Draw the runs as (H, W) uint8, 255 = ink, of the page."""
        height, width = self.shape
        padded = np.zeros((height, width + 1), np.uint8)
        flat = padded.reshape(-1)
        for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True):
            flat[start:end] = 255
        drawn = padded[:, :width]
        return np.ascontiguousarray(drawn if self.level else cv2.transpose(drawn))


def find_runs(mask: Mask, *, level: bool = True) -> Runs:
    """Find the runs of ink along rows, or along columns.

    Args:
        mask: (H, W) uint8, non-zero = ink, of one level.
        level: Along rows; else along columns.
    """
    lines = mask if level else np.asarray(cv2.transpose(mask), np.uint8)
    height, width = lines.shape
    # Paper before all and after each row, so that runs begin and end by turns.
    padded = np.zeros(1 + height * (width + 1), np.uint8)
    padded[1:].reshape(height, width + 1)[:, :width] = lines
    changes = np.flatnonzero(padded[1:] != padded[:-1])
    return Runs(changes[::2], changes[1::2], (height, width), level)
