"""Joins two readings of one field, made of ink that was cleaned in two ways."""

from __future__ import annotations

from dataclasses import replace

from formreader.acceptance import AcceptancePolicy, accept
from formreader.readings import FieldReading
from formreader.records import FieldKind

__all__ = ["asks_second_reading", "reconcile"]

_DIFFERENT = 0.5  # most confidence where the two differ


def asks_second_reading(
    by_layers: FieldReading | None, policy: AcceptancePolicy
) -> bool:
    """Tell whether a field is read where its lines were erased, too.

    The second reading is there to doubt what nobody would look at. In a row of boxes
    for a digit each, which costs little, it also makes good what the layers lost.

    Args:
        by_layers: The reading of what the ink network calls the pen's; None if print.
        policy: What is asked of a field that no person looks at.
    """
    if by_layers is None:
        return False
    is_row = by_layers.kind is FieldKind.CELLS
    return is_row or not accept(by_layers, policy).needs_review


def reconcile(
    by_layers: FieldReading | None, by_geometry: FieldReading | None
) -> FieldReading | None:
    """Join what was read of the pen's layer with what was read where lines were erased.

    Where both say the same, that is what stands there, as sure as the layers are: lines
    that were erased badly leave much doubt. Where they differ, a person must look. The
    guess is what the layers say, and in a row of boxes for a digit each, along whose
    many walls a stroke may be lost, the surer of the two.

    Args:
        by_layers: The reading of what the ink network calls the pen's; None if print.
        by_geometry: The reading of what is left where lines were erased.
    """
    if by_layers is None or by_geometry is None:
        return by_layers
    if by_layers.raw == by_geometry.raw and by_layers.value == by_geometry.value:
        return by_layers
    guess = by_layers
    is_row = by_layers.kind is FieldKind.CELLS
    if is_row and by_geometry.confidence > by_layers.confidence:
        guess = by_geometry
    return replace(guess, confidence=min(guess.confidence, _DIFFERENT))
