"""Tells signs of currency and percent, and struck-out digits, from those beside them.

A sign is no part of a number, but each looks like a digit or two: `$` like 8 or 5, `%`
like 96, and a digit that is struck out like another. What stands first and what stands
last in a field is shown to a small network, with its size and level beside the digits,
and what is none of the number is taken out before it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from formreader.digits.components import (
    Component,
    find_components,
    horizontal_gap,
    join_ink,
    measure_pen,
)
from formreader.digits.cutting import cut_component
from formreader.digits.model import shipped_folder
from formreader.digits.normalization import SIDE, normalize_all
from formreader.digits.perceptron import Layers, check_layers, run_layers
from formreader.digits.settings import SETTINGS
from formreader.manifests import ManifestRecord, load_manifest_file
from formreader.records import FieldImage, FieldKind

__all__ = [
    "INPUTS",
    "SIGNS_MODEL_NAME",
    "SIGN_CLASSES",
    "SignModel",
    "UnsignedField",
    "describe_groups",
    "find_signs",
    "lift_signs",
    "load_sign_model",
    "propose_groups",
]

Floats = npt.NDArray[np.float64]
Group = tuple[int, ...]
"""Positions of the components that may be a sign together."""

SIGN_CLASSES = ("none", "$", "€", "£", "%", "struck")
"""What a group of components may be; the last is a digit or two, struck out."""

_STRUCK = SIGN_CLASSES.index("struck")

SIGNS_MODEL_NAME = "signs.json"
"""The file of the network in a folder of models."""

_POOL = 2  # pixels of the picture of a group to one input, along each side
_PLACES = 10  # inputs that say how large a group is and where it stands
INPUTS = (SIDE // _POOL) ** 2 + _PLACES
"""Numbers that describe a group."""

_SIGNS = SETTINGS.signs
_NEAREST = 3  # digits that say where the line of writing runs
_FAR = 3.0  # digit heights; a gap beyond is as good as any


@dataclass(frozen=True)
class SignModel(ManifestRecord):
    """A network of two hidden layers that says whether ink is a sign.

    Attributes:
        mean: What is taken off each input.
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
        outputs = len(SIGN_CLASSES)
        check_layers(self.layers, self.mean, self.deviation, INPUTS, outputs)

    def predict(self, inputs: Floats) -> Floats:
        """Say what groups of components are.

        Args:
            inputs: (N, `INPUTS`), as `describe_groups` gives them.

        Returns:
            (N, 6) probabilities of `SIGN_CLASSES`, by how often there are signs on
            forms.
        """
        odds = run_layers(inputs, self.layers, self.mean, self.deviation)
        odds[:, 1:] *= _SIGNS.odds
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))


@cache
def load_sign_model() -> SignModel:
    """Load the network that ships.

    Raises:
        ModelError: If it is missing or damaged.
    """
    message = "damaged ({}); restore the file, or fit it again"
    return load_manifest_file(shipped_folder() / SIGNS_MODEL_NAME, SignModel, message)


@dataclass(frozen=True, eq=False)
class UnsignedField:
    """A field without its signs of currency and percent.

    Attributes:
        image: The field, the ink of its signs and struck-out digits erased.
        is_unsure: Whether there is ink at one of its ends that may or may not be one.
        struck_before: Whether a digit or two before the number were struck out.
        struck_after: The same behind it.
    """

    image: FieldImage
    is_unsure: bool = False
    struck_before: bool = False
    struck_after: bool = False


def lift_signs(
    fields: Sequence[FieldImage], model: SignModel | None = None
) -> list[UnsignedField]:
    """Take the signs of currency and percent, and struck-out digits, out of fields.

    Boxes for a digit each hold none.

    Args:
        fields: The fields.
        model: Says what a sign is; the one that ships by default.

    Returns:
        The fields in the same order.
    """
    network = model or load_sign_model()
    first = _lift_ends(fields, network)
    # A sign may be printed before one that is written, or after what is struck out.
    places = [
        place for place, one in enumerate(first) if one.image is not fields[place]
    ]
    again = _lift_ends([first[place].image for place in places], network)
    for place, more in zip(places, again, strict=True):
        known = first[place]
        first[place] = UnsignedField(
            more.image,
            known.is_unsure or more.is_unsure,
            known.struck_before or more.struck_before,
            known.struck_after or more.struck_after,
        )
    return first


def find_signs(
    components: Sequence[Component], places: Sequence[int]
) -> npt.NDArray[np.bool_]:
    """Tell which components are surely signs of currency or percent.

    Args:
        components: A number and what stands beside it, from left to right.
        places: Positions of those that are asked about.

    Returns:
        (N,) bool.
    """
    groups = [(place,) for place in places]
    chances = load_sign_model().predict(describe_groups(components, groups))
    return np.asarray(chances[:, 1:_STRUCK].sum(axis=1) >= _SIGNS.unsure[1])


def _lift_ends(fields: Sequence[FieldImage], model: SignModel) -> list[UnsignedField]:
    """Take what stands first and last out of fields if it is a sign."""
    inks = [_list_ink(one) for one in fields]
    groups = [list(propose_groups(ink)) for ink in inks]
    described = [
        describe_groups(ink, own) for ink, own in zip(inks, groups, strict=True) if own
    ]
    if not described:
        return [UnsignedField(one) for one in fields]
    chances = model.predict(np.concatenate(described))
    ends = np.cumsum([len(own) for own in groups])
    parts = np.split(chances, ends[:-1])
    return [
        _lift(one, ink, own, chance)
        for one, ink, own, chance in zip(fields, inks, groups, parts, strict=True)
    ]


def _list_ink(one: FieldImage) -> list[Component]:
    """List the components of a field in which a sign may stand, from left to right."""
    if one.kind is FieldKind.CELLS or not one.ink.any():
        return []
    found, specks = find_components(one)
    return _cut_ends(sorted([*found, *specks], key=lambda c: c.box.centre[0]))


def _cut_ends(components: list[Component]) -> list[Component]:
    """Cut what stands first and last where it is too broad for a digit or a sign."""
    tall = np.flatnonzero(_find_tall(components)).tolist()
    if not tall:
        return components
    usual = float(np.median([components[place].box.height for place in tall]))
    cut = {}
    for place in {tall[0], tall[-1]}:
        one = components[place]
        if one.box.width >= _SIGNS.broad * usual:
            pen = measure_pen([one])
            parts = [part.component for part in cut_component(one, usual, pen)]
            cut[place] = [replace(part, cut=True) for part in parts]
    parted = [cut.get(place, [one]) for place, one in enumerate(components)]
    every = [part for parts in parted for part in parts]
    return sorted(every, key=lambda c: c.box.centre[0])


def _lift(
    one: FieldImage, ink: list[Component], groups: Sequence[Group], chances: Floats
) -> UnsignedField:
    """Take the likeliest sign at each end out of a field."""
    gone: set[int] = set()
    struck: list[Group] = []
    unsure = False
    low, high = _SIGNS.unsure
    tall = set(np.flatnonzero(_find_tall(ink)).tolist())
    for index in np.argsort(chances[:, 0], kind="stable").tolist():
        group, chance = groups[index], 1 - float(chances[index, 0])
        if gone.intersection(group) or tall <= gone.union(group):
            continue
        is_cut = _is_cut_off(ink, group)
        is_struck = chances[index].argmax() == _STRUCK and not is_cut
        if chance >= (_SIGNS.struck if is_struck else high):
            gone.update(group)
            struck += [group] if is_struck else []
            unsure |= is_cut
        elif chance > low and not is_cut:
            unsure = True
    if not gone:
        return UnsignedField(one, unsure)
    rest = [place for place in range(len(ink)) if place not in gone]
    before = any(group[0] < rest[0] for group in struck)
    after = any(group[-1] > rest[-1] for group in struck)
    erased = _erase(one, [ink[place] for place in sorted(gone)])
    return UnsignedField(erased, unsure, before, after)


def _is_cut_off(ink: Sequence[Component], group: Group) -> bool:
    """Tell whether a group was cut off from what stands beside it."""
    beside = [place for place in (group[0] - 1, group[-1] + 1) if 0 <= place < len(ink)]
    return any(
        ink[place].cut
        and ink[other].cut
        # Where a cut goes, the parts on both its sides meet.
        and horizontal_gap(ink[place].box, ink[other].box) <= 1
        for place in beside
        for other in group
    )


def _erase(one: FieldImage, signs: Sequence[Component]) -> FieldImage:
    """Take components out of a field."""
    ink = one.ink.copy()
    restored = None if one.restored is None else one.restored.copy()
    for sign in signs:
        ink[sign.box.slices][sign.mask] = 0
        if restored is not None:
            restored[sign.box.slices][sign.mask] = 0
    return replace(one, ink=ink, restored=restored)


def propose_groups(components: Sequence[Component]) -> Iterator[Group]:
    """Propose which components at the ends of a number may be a sign together.

    Args:
        components: The ink of a field, specks included, from left to right.

    Yields:
        Positions of components. Something as high as a digit is always left over.
    """
    if len(components) < 2:
        return
    sizes = np.array([c.box.height for c in components], dtype=np.float64)
    tall = _find_tall(components)
    count, usual = len(components), float(np.median(sizes[tall]))
    for step in (1, -1):
        order = range(count) if step == 1 else range(count - 1, -1, -1)
        for first in range(min(_SIGNS.most_beyond + 1, count)):
            if any(sizes[p] > _SIGNS.low * usual for p in order[:first]):
                break  # a mark or dirt may stand beyond a sign, a digit does not
            for parts in range(1, _SIGNS.most_parts + 1):
                group = tuple(sorted(order[first : first + parts]))
                left = np.delete(tall, group)
                is_whole = len(group) == parts and left.any()
                if is_whole and _has_size_of_sign(components, group, usual):
                    yield group


def _find_tall(components: Sequence[Component]) -> npt.NDArray[np.bool_]:
    """Tell which components are as high as digits."""
    sizes = np.array([c.box.height for c in components], dtype=np.float64)
    return np.asarray(sizes >= SETTINGS.proposals.tall * sizes.max(initial=0))


def _has_size_of_sign(
    components: Sequence[Component], group: Group, usual: float
) -> bool:
    """Tell whether components together are about as large as a digit."""
    boxes = [components[place].box for place in group]
    width = max(b.right for b in boxes) - min(b.left for b in boxes)
    height = max(b.bottom for b in boxes) - min(b.top for b in boxes)
    low, high = _SIGNS.height
    return low * usual <= height <= high * usual and width <= _SIGNS.widest * usual


def describe_groups(components: Sequence[Component], groups: Sequence[Group]) -> Floats:
    """Describe groups of components by their picture and by the digits beside them.

    Args:
        components: The ink of a field, specks included, from left to right.
        groups: Positions, as `propose_groups` gives them.

    Returns:
        (N, `INPUTS`) float64; lengths in heights of a digit.
    """
    joined = [join_ink([components[p] for p in group]) for group in groups]
    images = normalize_all([ink for ink, _ in joined]).astype(np.float64)
    side = SIDE // _POOL
    pooled = images.reshape(-1, side, _POOL, side, _POOL).mean(axis=(2, 4))
    boxes = np.array(
        [(c.box.left, c.box.top, c.box.right, c.box.bottom) for c in components],
        dtype=np.float64,
    )
    pen = measure_pen(components)
    places = [_describe_place(boxes, list(group), pen) for group in groups]
    return np.column_stack([pooled.reshape(len(groups), side * side), places])


def _describe_place(boxes: Floats, group: list[int], pen: float) -> list[float]:
    """Say how large a group is and how it stands beside the nearest digits."""
    own = boxes[group]
    left, top = own[:, :2].min(axis=0)
    right, bottom = own[:, 2:].max(axis=0)
    rest = np.delete(boxes, group, axis=0)
    heights = rest[:, 3] - rest[:, 1]
    rest = rest[heights >= SETTINGS.proposals.tall * heights.max()]
    middles = (rest[:, 0] + rest[:, 2]) / 2
    middle = (left + right) / 2
    near = rest[np.argsort(np.abs(middles - middle), kind="stable")[:_NEAREST]]
    high, low = np.median(near[:, 1]), np.median(near[:, 3])
    size = max(1.0, float(np.median(rest[:, 3] - rest[:, 1])))
    leads = float(middles.mean()) > middle
    gap = near[:, 0].min() - right if leads else left - near[:, 2].max()
    tall, wide = float(bottom - top), float(right - left)
    return [
        tall / size,
        wide / size,
        float(top - high) / size,
        float(bottom - low) / size,
        float(np.clip(gap / size, -1, _FAR)),
        pen / size,
        float(np.log(max(1.0, tall) / pen)),
        float(np.log(max(1.0, wide) / pen)),
        float(len(group)),
        float(leads),
    ]
