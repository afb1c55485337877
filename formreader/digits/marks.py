"""Tells the marks of a number from its digits: points, commas, dashes, slashes, colons.

Digits are told by their shape; a mark is told by how it stands beside them: how large
it is, how high, how it leans, and how far away. So each connected component of a field
is described relative to the digits around it, and a small network says what it is. What
is surely a mark is lifted out before the digits are read, and put back between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from formreader.digits.components import (
    Component,
    Found,
    find_components,
    join_ink,
    measure_pen,
)
from formreader.digits.expected_marks import CLASSES, MARK_CLASSES, ExpectedMarks
from formreader.digits.model import shipped_folder
from formreader.digits.perceptron import Layers, check_layers, run_layers
from formreader.digits.settings import SETTINGS
from formreader.geometry import Box
from formreader.manifests import ManifestRecord, load_manifest_file
from formreader.records import FieldImage, Mark

__all__ = [
    "CLASSES",
    "FEATURES",
    "MODEL_NAME",
    "LiftedField",
    "MarkModel",
    "describe_components",
    "lift_marks",
    "load_mark_model",
]

Floats = npt.NDArray[np.float64]

FEATURES = 22
"""Numbers that describe a component."""

_FAR = 3.0  # digit heights; nothing further away is a neighbour
_BLOCK = 256  # components that are compared with all others at once
_NEAREST = 3  # digits that say where the line of writing runs


MODEL_NAME = "marks.json"
"""The file of the network in a folder of models."""


@dataclass(frozen=True)
class MarkModel(ManifestRecord):
    """A network of two hidden layers that says what a component is.

    Attributes:
        mean: What is taken off each feature.
        deviation: What it is divided by.
        layers: For each layer its weights, a row an input, and last its biases.
        training: How it was fitted.
        accuracy: What was measured, by name.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    layers: Layers
    training: Mapping[str, Any] = field(default_factory=dict)
    accuracy: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse layers that do not fit together.

        Raises:
            ValueError: If sizes differ, or a deviation is not positive.
        """
        outputs = len(CLASSES)
        check_layers(self.layers, self.mean, self.deviation, FEATURES, outputs)

    def predict(self, features: Floats) -> Floats:
        """Say what components are.

        Args:
            features: (N, `FEATURES`), as `describe_components` gives them.

        Returns:
            (N, 7) probabilities of `CLASSES`, by how often there are marks on forms.
        """
        odds = run_layers(features, self.layers, self.mean, self.deviation)
        odds[:, : len(MARK_CLASSES)] *= SETTINGS.marks.odds
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))


@cache
def load_mark_model() -> MarkModel:
    """Load the network that ships.

    Raises:
        ModelError: If it is missing or damaged.
    """
    message = "damaged ({}); restore the file, or fit it again"
    return load_manifest_file(shipped_folder() / MODEL_NAME, MarkModel, message)


@dataclass(frozen=True, eq=False)
class LiftedField:
    """A field without its marks.

    Attributes:
        image: The field, the ink of its marks erased.
        marks: The marks, from left to right.
        is_unsure: Whether there is ink that may or may not be a mark.
        found: What `find_components` says of the image, if it was asked.
    """

    image: FieldImage
    marks: tuple[Mark, ...] = ()
    is_unsure: bool = False
    found: Found | None = None


def lift_marks(
    image: FieldImage,
    model: MarkModel | None = None,
    expected: ExpectedMarks | None = None,
) -> LiftedField:
    """Lift the marks out of a field, so that only digits are left to read.

    A mark is one beside digits: what stands alone in a field is left as it is.

    Args:
        image: The field.
        model: Says what a component is; the one that ships by default.
        expected: Which marks the field may hold; any by default.
    """
    found, specks = find_components(image)
    if not found or len(found) + len(specks) < 2:
        return LiftedField(image, found=(found, specks))
    components = sorted([*found, *specks], key=lambda c: c.box.centre[0])
    expected = expected or ExpectedMarks()
    predicted = (model or load_mark_model()).predict(describe_components(components))
    chances = _forbid_outer_slashes(expected.weigh(predicted))
    if not (chances.argmax(axis=1) == CLASSES.index("digit")).any():
        return LiftedField(image, found=(found, specks))
    chosen = expected.choose(chances)
    marks = [
        Mark(character, sure, c.box, c.mask.astype(np.uint8) * 255)
        for c, (character, sure) in zip(components, chosen, strict=True)
        if character
    ]
    as_mark = chances[:, : len(MARK_CLASSES)].sum(axis=1)
    low, high = SETTINGS.marks.unsure
    unsure = bool(((low < as_mark) & (as_mark < high)).any())
    joined, lone = _join_colons(marks)
    if not marks:
        return LiftedField(image, is_unsure=unsure, found=(found, specks))
    return LiftedField(_erase(image, marks), joined, unsure or lone)


def _forbid_outer_slashes(chances: Floats) -> Floats:
    """Let a slash stand between digits only: before or behind all of them it is a 1.

    Args:
        chances: (N, 7) probabilities of `CLASSES`, from left to right.
    """
    digits = np.flatnonzero(chances.argmax(axis=1) == CLASSES.index("digit"))
    if not len(digits):
        return chances
    places = np.arange(len(chances))
    is_outer = (places < digits[0]) | (places > digits[-1])
    left = chances.copy()
    left[is_outer, CLASSES.index("/")] = 0
    return np.asarray(left / left.sum(axis=1, keepdims=True))


def _join_colons(marks: Sequence[Mark]) -> tuple[tuple[Mark, ...], bool]:
    """Join the two points of each colon; tells whether one stands alone."""
    left = list(marks)
    joined = []
    for one, other in combinations(marks, 2):
        if {one.character, other.character} - {":", "."} or one not in left:
            continue
        if other not in left or ":" not in one.character + other.character:
            continue
        shared = min(one.box.right, other.box.right) - max(one.box.left, other.box.left)
        size = max(one.box.width, other.box.width)
        if shared > -size:
            ink, box = join_ink(
                [
                    Component(m.ink > 0, m.box, int((m.ink > 0).sum()))
                    for m in (one, other)
                ]
            )
            sure = min(one.confidence, other.confidence)
            joined.append(Mark(":", sure, box, ink))
            left.remove(one)
            left.remove(other)
    lone = any(mark.character == ":" for mark in left)
    every = sorted([*left, *joined], key=lambda mark: mark.box.centre[0])
    return tuple(every), lone


def _erase(image: FieldImage, marks: Sequence[Mark]) -> FieldImage:
    """Take the ink of marks out of a field."""
    ink = image.ink.copy()
    restored = None if image.restored is None else image.restored.copy()
    for mark in marks:
        ink[mark.box.slices][mark.ink > 0] = 0
        if restored is not None:
            restored[mark.box.slices][mark.ink > 0] = 0
    return replace(image, ink=ink, restored=restored)


def describe_components(components: Sequence[Component]) -> Floats:
    """Describe each component relative to the digits around it.

    Args:
        components: The ink of a field, specks included, from left to right.

    Returns:
        (N, `FEATURES`) float64; lengths in heights of a digit.
    """
    boxes = np.array([_sides(c.box) for c in components], dtype=np.float64)
    tall = _find_tall(boxes)
    heights = (boxes[:, 3] - boxes[:, 1])[tall]
    usual = float(np.median(heights))
    pen = measure_pen(
        [c for c, is_tall in zip(components, tall, strict=True) if is_tall]
    )
    shapes = _measure_shapes(components)
    count = len(components)
    blocks = [
        np.arange(first, min(first + _BLOCK, count))
        for first in range(0, count, _BLOCK)
    ]
    return np.concatenate(
        [_describe(block, boxes, tall, shapes, usual, pen) for block in blocks]
    )


def _sides(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.right, box.bottom


def _find_tall(boxes: Floats) -> npt.NDArray[np.bool_]:
    """Tell which components are as high as digits."""
    heights = boxes[:, 3] - boxes[:, 1]
    return np.asarray(heights >= SETTINGS.proposals.tall * heights.max())


def _measure_shapes(components: Sequence[Component]) -> Floats:
    """Measure lean in degrees from upright, slimness, straightness, and fill of each.

    Returns:
        (N, 4) float64.
    """
    spread = np.array([_measure_spread(component.mask) for component in components])
    values, vectors = np.linalg.eigh(spread + 0.08 * np.eye(2))
    dx, dy = vectors[:, :, 1].T
    is_down = (dy > 0) | ((dy == 0) & (dx < 0))
    dx, dy = np.where(is_down, -dx, dx), np.where(is_down, -dy, dy)
    lean = np.degrees(np.arctan2(dx, -dy))
    slimness = np.log(values[:, 1] / values[:, 0]) / 2
    straight = np.sqrt(values[:, 0]) / (2 * np.sqrt(3 * values[:, 1]))
    fill = [component.area / component.box.area for component in components]
    return np.column_stack([lean, slimness, straight, fill])


def _measure_spread(mask: npt.NDArray[np.bool_]) -> Floats:
    """Measure the (2, 2) covariance of x and y over the ink of a component."""
    y, x = np.nonzero(mask)
    points = np.column_stack([x, y]).astype(np.float64).T
    points -= points.mean(axis=1, keepdims=True)
    return np.asarray(points @ points.T / points.shape[1])


def _describe(
    own: npt.NDArray[np.intp],
    boxes: Floats,
    tall: npt.NDArray[np.bool_],
    shapes: Floats,
    usual: float,
    pen: float,
) -> Floats:
    """Describe the components at some positions."""
    left, top, right, bottom = boxes[own].T
    middles = (boxes[:, 0] + boxes[:, 2]) / 2
    centre = middles[own]
    is_other = np.arange(len(boxes)) != own[:, None]
    apart = np.where(tall & is_other, np.abs(middles - centre[:, None]), np.inf)
    near = np.argsort(apart, axis=1, kind="stable")[:, :_NEAREST]
    seen = np.isfinite(np.take_along_axis(apart, near, axis=1))
    known = near.copy()  # without any other, a component is all that is known
    known[~seen[:, 0], 0] = own[~seen[:, 0]]
    counts = np.maximum(1, seen.sum(axis=1))
    high, low, size, lean_of_others = (
        _median(values[known], counts)
        for values in (
            boxes[:, 1],
            boxes[:, 3],
            boxes[:, 3] - boxes[:, 1],
            shapes[:, 0],
        )
    )
    size = (np.maximum(1.0, size) + usual) / 2
    lean, slim, straight, fill = shapes[own].T
    lean_of_others[~seen[:, 0]] = 0.0
    before = seen & (middles[near] <= centre[:, None])
    after = seen & (middles[near] > centre[:, None])
    far = _FAR * size
    gap_left = _least(left[:, None] - boxes[near, 2], before, far) / size
    gap_right = _least(boxes[near, 0] - right[:, None], after, far) / size
    over = -_least(-_share(boxes[own], boxes[near]), seen, np.zeros(len(own)))
    shared = _share(boxes[own], boxes[None])
    widths = boxes[:, 2] - boxes[:, 0]
    stacked = shared > 0.3 * np.minimum(widths, (right - left)[:, None])
    heights = np.abs((boxes[:, 1] + boxes[:, 3] - (top + bottom)[:, None]) / 2)
    beside = _least(heights, stacked & ~tall & is_other, 2 * size)
    return np.column_stack(
        [
            (bottom - top) / size,
            (right - left) / size,
            np.log(np.maximum(bottom - top, right - left) / size),
            ((top + bottom) / 2 - high) / size,
            (top - high) / size,
            (bottom - low) / size,
            fill,
            lean / 90,
            (lean - lean_of_others) / 90,
            np.abs(lean) / 90,
            slim,
            straight,
            np.clip(gap_left, -1, _FAR),
            np.clip(gap_right, -1, _FAR),
            before.any(axis=1),
            after.any(axis=1),
            pen / size,
            np.log(np.maximum(1.0, bottom - top) / pen),
            np.log(np.maximum(1.0, right - left) / pen),
            np.clip(beside / size, 0, 2),
            np.clip(over / size, 0, 1),
            tall[own],
        ]
    )


def _median(values: Floats, counts: npt.NDArray[np.intp]) -> Floats:
    """Take the median of the first few values of each row."""
    inside = np.arange(values.shape[1]) < counts[:, None]
    ordered = np.sort(np.where(inside, values, np.inf), axis=1)
    rows = np.arange(len(values))
    return np.asarray(
        (ordered[rows, (counts - 1) // 2] + ordered[rows, counts // 2]) / 2
    )


def _least(values: Floats, chosen: npt.NDArray[np.bool_], most: Floats) -> Floats:
    """Take the least of the chosen values of each row, and at most so much."""
    least = np.where(chosen, values, np.inf).min(axis=1)
    return np.asarray(np.minimum(least, most))


def _share(own: Floats, others: Floats) -> Floats:
    """Measure how many columns boxes (N, 4) share with others, (N or 1, M, 4)."""
    right = np.minimum(own[:, 2, None], others[..., 2])
    return np.asarray(right - np.maximum(own[:, 0, None], others[..., 0]))
