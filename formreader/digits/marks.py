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
    find_components,
    join_ink,
    measure_pen,
)
from formreader.digits.expected_marks import CLASSES, MARK_CLASSES, ExpectedMarks
from formreader.digits.model import shipped_folder
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
    layers: tuple[tuple[tuple[float, ...], ...], ...]
    training: Mapping[str, Any] = field(default_factory=dict)
    accuracy: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse layers that do not fit together.

        Raises:
            ValueError: If sizes differ, or a deviation is not positive.
        """
        sizes = [FEATURES, *(len(layer[0]) for layer in self.layers if layer)]
        fits = len(self.mean) == len(self.deviation) == FEATURES
        fits = fits and len(sizes) == len(self.layers) + 1 and sizes[-1] == len(CLASSES)
        for size, layer in zip(sizes, self.layers, strict=False):
            widths = {len(row) for row in layer}
            fits = fits and len(layer) == size + 1 and len(widths) == 1
        if not fits:
            raise ValueError("the layers do not fit together")
        if min(self.deviation) <= 0:
            raise ValueError("a deviation is not positive")

    def predict(self, features: Floats) -> Floats:
        """Say what components are.

        Args:
            features: (N, `FEATURES`), as `describe_components` gives them.

        Returns:
            (N, 7) probabilities of `CLASSES`, by how often there are marks on forms.
        """
        x = (features - np.array(self.mean)) / np.array(self.deviation)
        for index, layer in enumerate(self.layers):
            weights = np.array(layer)
            x = x @ weights[:-1] + weights[-1]
            if index < len(self.layers) - 1:
                x = np.tanh(x)
        odds = np.exp(x - x.max(axis=1, keepdims=True))
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
    """

    image: FieldImage
    marks: tuple[Mark, ...] = ()
    is_unsure: bool = False


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
        return LiftedField(image)
    components = sorted([*found, *specks], key=lambda c: c.box.centre[0])
    expected = expected or ExpectedMarks()
    predicted = (model or load_mark_model()).predict(describe_components(components))
    chances = expected.weigh(predicted)
    if not (chances.argmax(axis=1) == CLASSES.index("digit")).any():
        return LiftedField(image)
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
    return LiftedField(_erase(image, marks), joined, unsure or lone)


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


def _to_component(mark: Mark) -> Component:
    return Component(mark.ink > 0, mark.box, int(np.count_nonzero(mark.ink)))


def _erase(image: FieldImage, marks: Sequence[Mark]) -> FieldImage:
    """Take the ink of marks out of a field."""
    if not marks:
        return image
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
    shapes = np.array([_measure_shape(component) for component in components])
    rows = [
        _describe(index, boxes, tall, shapes, usual, pen)
        for index in range(len(components))
    ]
    return np.array(rows).reshape(len(components), FEATURES)


def _sides(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.right, box.bottom


def _find_tall(boxes: Floats) -> npt.NDArray[np.bool_]:
    """Tell which components are as high as digits."""
    heights = boxes[:, 3] - boxes[:, 1]
    return np.asarray(heights >= SETTINGS.proposals.tall * heights.max())


def _measure_shape(component: Component) -> tuple[float, float, float, float]:
    """Measure lean in degrees from upright, slimness, straightness, and fill."""
    y, x = np.nonzero(component.mask)
    points = np.column_stack([x, y]).astype(np.float64)
    spread = np.cov(points.T, bias=True) if len(points) > 1 else np.zeros((2, 2))
    values, vectors = np.linalg.eigh(spread + 0.08 * np.eye(2))
    dx, dy = vectors[:, 1]
    if dy > 0 or (dy == 0 and dx < 0):
        dx, dy = -dx, -dy
    lean = float(np.degrees(np.arctan2(dx, -dy)))
    slimness = float(np.log(values[1] / values[0]) / 2)
    straight = float(np.sqrt(values[0]) / (2 * np.sqrt(3 * values[1])))
    return lean, slimness, straight, component.area / component.box.area


def _describe(
    index: int,
    boxes: Floats,
    tall: npt.NDArray[np.bool_],
    shapes: Floats,
    usual: float,
    pen: float,
) -> list[float]:
    """Describe one component."""
    left, top, right, bottom = boxes[index]
    others = tall.copy()
    others[index] = False
    centre = (left + right) / 2
    middles = (boxes[:, 0] + boxes[:, 2]) / 2
    near = np.flatnonzero(others)
    near = near[np.argsort(np.abs(middles[near] - centre))[:_NEAREST]]
    known = near if near.size else np.array([index])
    high, low = np.median(boxes[known, 1]), np.median(boxes[known, 3])
    size = max(1.0, float(np.median(boxes[known, 3] - boxes[known, 1])))
    size = (size + usual) / 2
    lean, slim, straight, fill = shapes[index]
    lean_of_others = float(np.median(shapes[known, 0])) if near.size else 0.0
    before = near[middles[near] <= centre]
    after = near[middles[near] > centre]
    gap_left = (left - boxes[before, 2]).min(initial=_FAR * size) / size
    gap_right = (boxes[after, 0] - right).min(initial=_FAR * size) / size
    small = ~tall
    small[index] = False
    shares = np.minimum(boxes[small, 2], right) - np.maximum(boxes[small, 0], left)
    stacked = shares > 0.3 * np.minimum(right - left, boxes[small, 2] - boxes[small, 0])
    apart = np.abs((boxes[small, 1] + boxes[small, 3] - top - bottom) / 2)[stacked]
    over = np.minimum(boxes[near, 2], right) - np.maximum(boxes[near, 0], left)
    return [
        (bottom - top) / size,
        (right - left) / size,
        np.log(max(bottom - top, right - left) / size),
        ((top + bottom) / 2 - high) / size,
        (top - high) / size,
        (bottom - low) / size,
        fill,
        lean / 90,
        (lean - lean_of_others) / 90,
        abs(lean) / 90,
        slim,
        straight,
        float(np.clip(gap_left, -1, _FAR)),
        float(np.clip(gap_right, -1, _FAR)),
        float(before.size > 0),
        float(after.size > 0),
        pen / size,
        np.log(max(1.0, bottom - top) / pen),
        np.log(max(1.0, right - left) / pen),
        float(np.clip(apart.min(initial=2 * size) / size, 0, 2)),
        float(np.clip(over.max(initial=0.0) / size, 0, 1)),
        float(tall[index]),
    ]
