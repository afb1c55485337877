"""Joins two readings of one field, made of ink that was cleaned in two ways."""

from __future__ import annotations

from dataclasses import replace

from formreader.digits.composition import strip_unused
from formreader.readings import FieldReading
from formreader.records import FieldKind, Flag
from formreader.value_types import ValueType

__all__ = ["reconcile"]

_DIFFERENT = 0.5  # most confidence where the two differ
_CLEARLY = 0.2  # by which the other way must be surer in a box to be the guess


def reconcile(
    by_layers: FieldReading | None,
    by_geometry: FieldReading | None,
    type_: ValueType | None = None,
) -> FieldReading | None:
    """Join what was read of the pen's layer with what was read where lines were erased.

    Where both say the same, that is what stands there, as sure as the layers are: lines
    that were erased badly leave much doubt. Where they differ, a person must look. The
    guess is what the layers say, unless the other is clearly surer; in a row of boxes
    for a digit each, along whose many walls a stroke may be lost, the surer of the two.

    Args:
        by_layers: The reading of what the ink network calls the pen's; None if print.
        by_geometry: The reading of what is left where lines were erased.
        type_: What type of value the field holds; texts of one value are the same, and
            a mark that is in doubt in either reading is in doubt.
    """
    if by_layers is None or by_geometry is None:
        return by_layers
    if _are_same(by_layers, by_geometry, type_):
        if type_ is not None and Flag.SEPARATOR in by_geometry.flags:
            return by_layers.flagged(Flag.SEPARATOR)
        return by_layers
    margin = 0.0 if by_layers.kind is FieldKind.CELLS else _CLEARLY
    is_surer = by_geometry.confidence > by_layers.confidence + margin
    guess = by_geometry if is_surer else by_layers
    return replace(guess, confidence=min(guess.confidence, _DIFFERENT))


def _are_same(one: FieldReading, other: FieldReading, type_: ValueType | None) -> bool:
    """Tell whether two readings say the same."""
    if one.raw == other.raw and one.value == other.value:
        return True
    if type_ is None:
        return False
    values = [type_.canonicalize(strip_unused(each.raw)) for each in (one, other)]
    return values[0] is not None and values[0] == values[1]
