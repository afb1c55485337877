"""The strokes of a layer of ink: which stand side by side on one level."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from formreader.digits.components import Component
from formreader.geometry import Box, label_components
from formreader.layout.settings import SETTINGS

__all__ = ["Strokes", "find_strokes", "group_level", "span_of", "stands_beside"]

Mask = npt.NDArray[np.uint8]

_WRITING = SETTINGS.writing


@dataclass(frozen=True, eq=False)
class Strokes:
    """Connected components of one ink.

    Attributes:
        labels: (h, w) int32, the component of each pixel, from 1; 0 = none.
        boxes: (N, 4) float64 left, top, right, bottom of each.
        areas: (N,) int64, pixels of each.
    """

    labels: npt.NDArray[np.int32]
    boxes: npt.NDArray[np.float64]
    areas: npt.NDArray[np.int64]

    def cut(self, index: int) -> Component:
        """Cut out one component, by its place in `boxes`."""
        box = Box(*self.boxes[index].astype(int).tolist())
        mask = self.labels[box.slices] == index + 1
        return Component(mask, box, int(self.areas[index]))

    def count(self, layer: Mask) -> npt.NDArray[np.int64]:
        """Count for each component its pixels in another layer, (h, w) uint8."""
        labels = self.labels[layer > 127]
        return np.bincount(labels, minlength=len(self.boxes) + 1)[1:]


def find_strokes(layer: Mask) -> Strokes:
    """Find the connected components of a layer, (h, w) uint8, 255 = ink."""
    ink = np.asarray(cv2.compare(layer, np.array(127), cv2.CMP_GT), np.uint8)
    labels, stats, _ = label_components(ink)
    boxes = stats[1:, :4].astype(np.float64)
    boxes[:, 2:] += boxes[:, :2]
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.int64)
    return Strokes(labels, boxes, areas)


def group_level(boxes: npt.NDArray[np.float64]) -> list[npt.NDArray[np.intp]]:
    """Group strokes that stand side by side on one level.

    Args:
        boxes: (N, 4) left, top, right, bottom.

    Returns:
        Their positions, group by group.
    """
    if not len(boxes):
        return []
    order = np.argsort(boxes[:, 0])
    left, top, right, bottom = boxes[order].T
    tall = bottom - top
    reach = _WRITING.widest_gap * tall.max()
    pairs = []
    for first in range(len(order)):
        after = slice(
            first + 1, int(np.searchsorted(left, right[first] + reach, "right"))
        )
        gap = left[after] - right[first]
        shared = np.minimum(bottom[after], bottom[first]) - np.maximum(
            top[after], top[first]
        )
        near = gap <= _WRITING.widest_gap * np.maximum(tall[after], tall[first])
        level = shared >= _WRITING.shared_height * np.minimum(tall[after], tall[first])
        others = first + 1 + np.flatnonzero(near & level)
        pairs.append(np.column_stack([np.full_like(others, first), others]))
    links = np.concatenate(pairs)
    graph = coo_array((np.ones(len(links)), links.T), (len(order), len(order)))
    count, owners = connected_components(graph, directed=False)
    return [order[owners == owner] for owner in range(count)]


def span_of(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give left, top, right and bottom of all boxes together."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return np.concatenate([low, high])


def stands_beside(
    boxes: npt.NDArray[np.float64],
    span: npt.NDArray[np.float64],
    gap: float,
    *,
    marks: bool = False,
) -> npt.NDArray[np.bool_]:
    """Tell which components could go on with a line of writing, at either end.

    Args:
        boxes: (N, 4) left, top, right, bottom of the components.
        span: The same of the line.
        gap: How far they may be, in heights of the line.
        marks: Tell of those that are lower than digits and lie at half their height.
    """
    left, top, right, bottom = boxes.T
    height = span[3] - span[1]
    tall = bottom - top
    low, high = _WRITING.like_height
    away = np.maximum(span[0] - right, left - span[2])
    shared = np.minimum(bottom, span[3]) - np.maximum(top, span[1])
    near = away <= gap * height
    if marks:
        dashes = (tall < low * height) & (right - left >= _WRITING.dash * height)
        return np.asarray(dashes & (shared == tall) & near)
    alike = (low * height <= tall) & (tall <= high * height)
    level = shared >= _WRITING.shared_height * np.minimum(tall, height)
    return np.asarray(alike & level & near)
