"""The pen's strokes on a page, whole across the lines of the form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import label_components
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS

__all__ = ["PageStrokes"]

_OVERHANG = SETTINGS.overhang

Labels = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class PageStrokes:
    """The strokes of a page; where a line parts one, the ink between joins it.

    Attributes:
        inks: The ink of the page by whose it is.
    """

    inks: SeparatedInk

    @cached_property
    def _found(self) -> tuple[Labels, Labels]:
        size = 2 * _OVERHANG.bridge_px + 1
        near = cv2.dilate(self.inks.pen, np.ones((size, 1), np.uint8))
        near = cv2.max(near, cv2.dilate(self.inks.pen, np.ones((1, size), np.uint8)))
        under = cv2.bitwise_and(near, self.inks.rule)
        labels, stats, _ = label_components(
            np.asarray(cv2.max(self.inks.pen, under), np.uint8)
        )
        return labels, stats

    @property
    def labels(self) -> Labels:
        """(H, W) the label of each pixel, 0 = paper."""
        return self._found[0]

    @property
    def stats(self) -> Labels:
        """(N, 5) left, top, width, height and area of each label."""
        return self._found[1]

    def find_at(self, places: npt.NDArray[np.float64]) -> Labels:
        """Find the labels at some places.

        Args:
            places: (N, 2) x and y; what lies off the page is taken for its edge.

        Returns:
            (N,) the label at each, 0 = paper.
        """
        height, width = self.labels.shape
        x = np.clip(places[:, 0].round().astype(int), 0, width - 1)
        y = np.clip(places[:, 1].round().astype(int), 0, height - 1)
        return np.asarray(self.labels[y, x], np.int32)
